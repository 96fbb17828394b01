"""The inspection side alone: what its app imports, whom it lets in, where its links lead, and what
its database role may do (on PostgreSQL, with a replica: test_two_deployments.py).
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from casework import create_inspection_app
from casework.authz.permissions import Role
from casework.core.audit import SYSTEM
from casework.core.database import Base, ReadBase, db
from casework.inspection_role import REVISED, ROWS, SCHEMAS, TABLES, decided
from casework.organisation.accounts.models import Account, AccountSession
from casework.organisation.accounts.operations import give_role
from tests.cast import PASSWORD
from tests.conftest import Program
from tests.inspection.conftest import refused_to_the_role
from tests.inspection.editions import judge, publish
from tests.inspection.rounds import make_plan
from tests.page import Page, Visitor
from tests.rules.sweep import statements_of
from tests.rules.test_inspection import names_a_secret_table
from tests.rules.test_routes import OPEN_IN_CORE
from tests.rules.world import undeclared

ROOT = Path(__file__).parents[2]
ROLE_PASSWORD = "of a role that lives as long as a test"
# In a process of its own: everything is imported in this one.
LOOK = """
import sys
from pathlib import Path
from casework import create_inspection_app
from casework.config import Settings
from casework.core.database import Base
from casework.inspection_role import decided
url = "sqlite:///" + sys.argv[1] + "/nothing.sqlite3"
create_inspection_app(Settings("key", b"pepper", Path(sys.argv[1]), url, url))
print(*sorted(name for name in sys.modules if name.startswith("casework.")))
for name, table in Base.metadata.tables.items():
    if {"INSERT", "UPDATE"} & set(decided(name)):
        [key.column for key in table.foreign_keys]  # one that leads nowhere can't be written
"""
TEMPLATES = [
    path
    for folder in (
        "layouts", "components", "errors", "inspection",
        "organisation/accounts", "organisation/documents", "organisation/roles",
    )
    for path in sorted((ROOT / "templates" / folder).rglob("*.html"))
]  # fmt: skip
MODULES = sorted((ROOT / "casework/inspection").rglob("*.py"))
LEADS = re.compile(r'(?:<a[^>]* href|hx-get)="([^"]+)')
ENDPOINT = re.compile(r"""url_for\(\s*["']([a-z_]+\.[a-z_]+)["']""")
ADDRESS = re.compile(r"""(?:href|action|hx-get|hx-post)="(/[^"{]*)|redirect\("(/[^"]*)""")


@pytest.fixture
def alone(program: Program) -> Iterator[Flask]:
    """The inspection side's own app, on the databases of the whole program; on PostgreSQL with a
    role that may do nothing else.
    """
    settings = program.app.config["SETTINGS"]
    with ExitStack() as until_the_end:
        if settings.database_url.startswith("postgresql"):
            role = until_the_end.enter_context(narrow_role(program.app))
            url = make_url(settings.database_url).set(username=role, password=ROLE_PASSWORD)
            told = url.render_as_string(hide_password=False)
            settings = replace(settings, database_url=told, inspection_database_url=told)
        app = create_inspection_app(settings)
        yield app
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@contextmanager
def narrow_role(app: Flask) -> Iterator[str]:
    """A role as the command of docs/operators.md makes it; it is gone at the end."""
    role = f"casework_test_{os.getpid()}_inspection"
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD '{ROLE_PASSWORD}'")
    try:
        done = app.test_cli_runner().invoke(args=["database", "inspection-role", role])
        assert done.exit_code == 0, done.output
        yield role
    finally:
        with app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")


def sign_in(app: Flask, username: str) -> tuple[Visitor, Page]:
    """Through the form, as people do; and what came of it."""
    visitor = Visitor(app.test_client())
    page = visitor.submit("/sign-in", "/sign-in", username=username, password=PASSWORD)
    return visitor, page


def test_nothing_confidential_is_imported(tmp_path: Path):
    command = [sys.executable, "-c", LOOK, str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    parts = {name.split(".")[1] for name in run.stdout.split()}
    assert {"inspection", "organisation", "vault", "core"} <= parts
    assert not parts & {"confidential", "anonymisation", "demonstration", "cli"}


@pytest.mark.parametrize("username", ["inspector", "manager", "unithead"])
def test_whoever_holds_no_key_signs_in_and_begins_with_figures(alone, username):
    visitor, page = sign_in(alone, username)
    assert (page.status, page.location) == (303, "/")
    assert visitor.follow(page).location == "/figures"
    assert visitor.get("/account").status == 200


@pytest.mark.parametrize("username", ["counselor", "coordinator", "volunteer", "dpo", "admin"])
def test_whoever_may_hold_a_key_does_not(alone, app, cast, username):
    _visitor, page = sign_in(alone, username)
    assert page.status == 422 and "do not open an account" in page.words
    with app.app_context():
        sessions = select(func.count()).where(AccountSession.account_id == cast.accounts[username])
        assert db.session.scalar(sessions) == 0


@pytest.mark.parametrize("until", [None, date(2026, 1, 31)])
def test_one_other_role_is_enough_to_be_refused_also_when_it_is_over(alone, app, cast, until):
    with app.app_context():
        head = db.session.get_one(Account, cast.accounts["unithead"])
        since = date(2026, 1, 1)
        give_role(head, Role.COUNSELOR, cast.units["a"], by=SYSTEM, on=since, until=until)
        db.session.commit()
    assert sign_in(alone, "unithead")[1].status == 422


def test_a_cookie_of_the_whole_program_signs_nobody_in_who_may_hold_a_key(alone, client_as):
    for username, status in (("counselor", 303), ("inspector", 200)):
        cookie = client_as(username).client.get_cookie("casework")
        client = alone.test_client()
        client.set_cookie("casework", cookie.value)
        assert client.get("/account").status_code == status


def test_signing_in_and_out_asks_for_no_key_of_a_case(alone, cast):
    with statements_of(alone) as statements:
        visitor, _page = sign_in(alone, "inspector")
        visitor.submit("/figures", "/sign-out")
    assert any("key_locks" in statement for statement in statements)
    assert [s for s in statements if names_a_secret_table(s)] == []


def test_every_endpoint_names_its_permission_there_too(alone):
    assert undeclared(alone, OPEN_IN_CORE) == set()
    strangers = alone.test_client()
    assert strangers.get("/").location == "/sign-in?next=/"


def test_what_is_not_mounted_is_not_there(alone, app):
    visitor, _page = sign_in(alone, "inspector")
    for address in (
        "/cases",
        "/publishing",
        "/publishing/notices",
        "/groups",
        "/members",
        "/audit",
    ):
        assert visitor.get(address).status == 404, address


def test_the_menu_and_the_pages_lead_nowhere_else(alone, app, cast):
    with app.app_context():
        edition = publish(cast.units["province"], "2026-09")
        judge(edition, cast.units["a"], {"A1": "met", "A2": "not_met"}, edition.id)
        make_plan(cast, "a", "b")
        db.session.commit()
    for username in ("inspector", "manager", "unithead"):
        visitor, _page = sign_in(alone, username)
        seen, ahead = set(), ["/account", "/figures"]
        while ahead:
            address = ahead.pop().partition("#")[0]
            if address in seen or not address.startswith("/"):
                continue
            seen.add(address)
            answer = visitor.client.get(address)
            assert answer.status_code in (200, 303), f"{username} {address}: {answer.status}"
            if answer.mimetype == "text/html":
                ahead += map(unescape, re.findall(LEADS, answer.text))
                visitor.get(address)  # with the checks of every page
        assert "/figures" in seen and len(seen) > 12


def test_a_read_model_that_is_away_is_said_in_a_sentence(sqlite_program, tmp_path):
    sqlite_program.reset()
    settings = sqlite_program.app.config["SETTINGS"]
    away = f"sqlite:///{tmp_path}/nowhere/inspection.sqlite3"
    app = create_inspection_app(replace(settings, inspection_database_url=away))
    client = sign_in(app, "inspector")[0].client
    answer = client.get("/figures")
    assert answer.status_code == 503
    assert "The published figures can&#39;t be read at the moment" in answer.text
    assert client.get("/account").status_code == 200


def test_every_table_is_decided_about(app):
    tables = {str(table) for table in Base.metadata.tables.values()}
    published = {str(table) for table in ReadBase.metadata.tables.values()}
    assert [table for table in sorted(tables | published) if decided(table) is None] == []
    assert set(TABLES) - tables == set()
    assert set(ROWS) <= set(TABLES)


def test_nothing_that_is_confidential_is_granted(app):
    for table in Base.metadata.tables:
        if table.startswith(("confidential.", "anonymisation.")):
            assert decided(table) == ()
    assert decided("vault.grants") == decided("vault.data_keys") == ()
    assert SCHEMAS["inspection"] == ("SELECT",)


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("SELECT cases.id FROM cases", {("SELECT", "confidential.cases")}),
        ("SELECT core.audit_entries.position FROM core.audit_entries", set()),
        ("SELECT audit_entries.detail FROM audit_entries", {("SELECT", "core.audit_entries")}),
        ("UPDATE accounts SET totp_step=?, version=? WHERE accounts.id = ?", set()),
        ("UPDATE accounts SET username=? WHERE id = ?", {("UPDATE", "organisation.accounts")}),
        ("DELETE FROM rounds.inspections WHERE id = %s", set()),
        ("DELETE FROM units", {("DELETE", "organisation.units")}),
        ("SELECT id FROM organisation.units FOR UPDATE", {("UPDATE", "organisation.units")}),
        ("SELECT id FROM units JOIN inspections ON x FOR UPDATE OF inspections", set()),
        ("INSERT INTO figures (id) VALUES (?)", {("INSERT", "inspection.figures")}),
    ],
)
def test_the_guard_of_this_folder_sees_what_it_looks_for(app, statement, refused):
    assert refused_to_the_role(statement) == refused


def test_what_a_record_of_inspection_said_earlier_is_within_the_role():
    """A revision of another kind is a row that PostgreSQL would not take from it."""
    kinds = set()
    for path in MODULES:
        for name in re.findall(r"keep_revision\(\s*\w+,\s*([\w\"]+)", path.read_text()):
            module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            kinds.add(name.strip('"') if '"' in name else getattr(module, name))
    assert kinds
    assert [kind for kind in kinds if not kind.startswith(REVISED)] == []


def test_sqlite_has_no_roles(sqlite_program):
    sqlite_program.reset()
    runner = sqlite_program.app.test_cli_runner()
    done = runner.invoke(args=["database", "inspection-role", "casework_inspection"])
    assert done.exit_code == 1
    assert "SQLite has none" in done.output


@pytest.mark.parametrize("path", [*TEMPLATES, *MODULES], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_what_is_mounted(path: Path, mounted):
    """Or the template asks first (`is_mounted`)."""
    whole, endpoints = mounted
    text = path.read_text()
    asked_first = set(re.findall(r"""is_mounted\(["']([a-z_.]+)""", text))
    led = set(ENDPOINT.findall(text))
    for found in ADDRESS.findall(text):
        led.add(endpoint_of(whole, found[0] or found[1]))
    assert led - asked_first - endpoints == set()


@pytest.fixture(scope="module")
def mounted(sqlite_program: Program) -> tuple[MapAdapter, set[str]]:
    whole = sqlite_program.app
    alone = create_inspection_app(whole.config["SETTINGS"])
    return whole.url_map.bind("x"), set(alone.view_functions)


def endpoint_of(whole: MapAdapter, address: str) -> str:
    for method in ("GET", "POST"):
        try:
            endpoint, _values = whole.match(address.partition("?")[0], method)
        except HTTPException:
            continue
        return "start_page.begin" if address == "/" else endpoint
    return f"nothing at {address}"
