"""Two servers: the whole program, and the inspection side alone. The second runs from a copy in
which the confidential folders do not stand, connects as a role of its own, and reads figures from a
streaming replica.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    ProxyHandler,
    Request,
    build_opener,
)

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.engine import URL

from casework import create_app, create_inspection_app
from casework.core.clock import today
from casework.core.database import Base, ReadBase, db
from casework.inspection_role import ROWS, decided
from tests.cast import PASSWORD, PEPPER, Cast, assemble
from tests.conftest import MIGRATIONS, make_settings
from tests.inspection.editions import judge, publish, tell_open
from tests.page import Visitor
from tests.postgresql import plain
from tests.replica import Pair, running_pair, running_server, wait_until

pytestmark = pytest.mark.postgresql
ROOT = Path(__file__).parents[2]
ROLE, OWNER, DATABASE = "casework_inspection", "casework", "casework"
SIDE = {"inspector", "inspector-elsewhere", "manager", "unithead", "unithead-b"}
ABSENT = ("confidential", "anonymisation", "demonstration", "cli.py", "inspection_role.py")
NEW = "bông lúa trĩu hạt cúi đầu"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: HTTPMessage
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class Browser:
    """Plain HTTP to a server, with cookies."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = build_opener(ProxyHandler({}), _Stay, HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._open(Request(self._address + path))

    def post(self, path: str, form_at: str, **values: str) -> Answer:
        """Send the form at an address, with what it holds hidden."""
        hidden = re.findall(
            r'<input[^>]* name="(csrf_token|operation|version)"[^>]* value="([^"]*)',
            self.get(form_at).text,
        )
        data = urlencode({**dict(hidden), **values}).encode()
        return self._open(Request(self._address + path, data))

    def sign_in(self, username: str, password: str = PASSWORD) -> Answer:
        return self.post("/sign-in", "/sign-in", username=username, password=password)

    def _open(self, request: Request) -> Answer:
        try:
            answer = self._opener.open(request, timeout=30)
        except HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))


@dataclass(frozen=True)
class Two:
    """Both servers, and what stands behind them."""

    pair: Pair
    app: Flask
    cast: Cast
    whole: str
    alone: str

    def address(self, server: URL, role: str) -> URL:
        return server.set(username=role, database=DATABASE)

    def publish(self, period: str, open_cases: int) -> None:
        """An edition of a month, written to the primary."""
        with self.app.app_context():
            edition = publish(self.cast.units["province"], period)
            for key in ("a", "b"):
                judge(edition, self.cast.units[key], {"A1": "met", "A2": "not_met"}, edition.id)
                tell_open(edition, self.cast.units[key], open_cases, open_cases + 4)
            db.session.commit()

    def narrow(self, role: str = ROLE) -> tuple[int, str]:
        """What the command answers."""
        done = self.app.test_cli_runner().invoke(args=["database", "inspection-role", role])
        return done.exit_code, done.output


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two", numbered=True)
    with running_pair() as pair, ExitStack() as running:
        for statement in (
            f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE {ROLE} LOGIN",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        ):  # fmt: skip
            pair.ask(pair.primary, statement)
        own = _told(pair.primary, OWNER)
        app = create_app(make_settings(folder, own, own))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            cast = assemble()
            db.session.commit()
        two = Two(pair, app, cast, "", "")
        assert two.narrow()[0] == 0
        two.publish("2026-08", 10)
        pair.wait_for_replay()
        whole = running.enter_context(served("app", ROOT, folder, own, own))
        role, replica = _told(pair.primary, ROLE), _told(pair.replica, ROLE)
        copy = stripped(folder / "copy")
        alone = running.enter_context(served("inspection_app", copy, folder, role, replica))
        yield Two(pair, app, cast, whole, alone)
        _dispose(app)


def _dispose(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _told(server: URL, role: str) -> str:
    address = server.set(username=role, database=DATABASE)
    return address.render_as_string(hide_password=False)


def stripped(target: Path) -> Path:
    """The program as it stands on the inspection side's server."""
    for part in ("casework", "templates"):
        ignored = shutil.ignore_patterns("__pycache__", *ABSENT)
        shutil.copytree(ROOT / part, target / part, ignore=ignored)
    shutil.copy(ROOT / "inspection_app.py", target)
    return target


@contextmanager
def served(module: str, where: Path, instance: Path, url: str, inspection: str) -> Iterator[str]:
    """A server process of its own, until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        environment = {
            "PATH": os.environ["PATH"],
            "CASEWORK_INSTANCE": str(instance),
            "CASEWORK_SECRET_KEY": "a secret key for tests",
            "CASEWORK_PEPPER": PEPPER.decode(),
            "CASEWORK_DATABASE_URL": url,
            "CASEWORK_INSPECTION_DATABASE_URL": inspection,
            "CASEWORK_LOCALE": "en",
            "CASEWORK_HTMX": "local",
        }
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}",
                   "--threads", "4", "--log-level", "warning", f"{module}:app"]  # fmt: skip
        server = subprocess.Popen(
            command, cwd=where, env=environment, pass_fds=[listening.fileno()]
        )
        try:
            address = "http://{}:{}".format(*listening.getsockname())
            assert Browser(address).get("/healthz").status == 200
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture
def inspector(two: Two) -> Browser:
    browser = Browser(two.alone)
    answer = browser.sign_in("inspector")
    assert (answer.status, answer.location) == (303, "/")
    return browser


@contextmanager
def connected(two: Two, server: URL, role: str = ROLE) -> Iterator[psycopg.Connection]:
    with psycopg.connect(plain(two.address(server, role)), autocommit=True) as connection:
        yield connection


def test_figures_are_read_from_the_replica(two: Two, inspector: Browser):
    unit = two.cast.units["a"]
    assert inspector.get("/").location == "/figures"
    assert "10–14" in inspector.get("/figures").text
    compare = inspector.get("/figures/compare")
    assert compare.status == 200 and "Bạc Liêu" in compare.text and "Năm Căn" in compare.text
    page = inspector.get(f"/figures/{unit}")
    assert page.status == 200 and "10–14" in page.text
    assert inspector.get(f"/figures/{unit}/excel").status == 200
    with connected(two, two.pair.replica) as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        used = (
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()"
        )
        assert (connection.execute(used, [ROLE]).fetchone() or (0,))[0] > 0


def test_the_whole_program_runs_beside_it(two: Two):
    counselor = Browser(two.whole)
    assert counselor.sign_in("counselor").status == 303
    assert counselor.get("/cases").status == 200
    refused = Browser(two.alone).sign_in("counselor")
    assert refused.status == 422 and "do not open an account" in refused.text


def test_an_address_of_the_other_side_does_not_exist_there(two: Two, inspector: Browser):
    rules = [r for r in two.app.url_map.iter_rules() if "GET" in (r.methods or ())]
    known = {
        str(r)
        for r in rules
        if r.endpoint.split(".")[0] in ("cases", "contacts", "publishing", "members", "access_log")
    }
    assert len(known) > 15
    for rule in known:
        address = re.sub(r"<[^>]+>", str(two.cast.units["a"]), rule)
        assert inspector.get(address).status == 404, address


def test_the_account_is_kept_there(two: Two):
    head = Browser(two.alone)
    assert head.sign_in("unithead-b").status == 303
    changed = head.post(
        "/account/password", "/account/password", password=PASSWORD, new_password=NEW, repeat=NEW
    )
    assert (changed.status, changed.location) == (303, "/account")
    assert head.post("/account/recovery-codes", "/account", password=NEW).status == 200
    assert head.post("/sign-out", "/account").status == 303
    assert head.sign_in("unithead-b").status == 422
    assert head.sign_in("unithead-b", NEW).status == 303


def test_a_forgotten_password_and_a_draft_are_kept_there_too(two: Two):
    head = Browser(two.alone)
    head.sign_in("unithead")
    shown = head.post("/account/recovery-codes", "/account", password=PASSWORD).text
    code = re.findall(r"\b[A-Z2-9]{20}\b|(?:[A-Z2-9]{4,5}-){3,4}[A-Z2-9]{4,5}", shown)[0]
    draft = {"shown_at": "/account/password", "note": "chưa xong"}
    kept = head.post("/drafts", "/account", **draft)
    assert (kept.status, kept.text[:11]) == (200, "Draft saved")
    opened = head.post(
        "/recover", "/recover", username="unithead", code=code, new_password=NEW, repeat=NEW
    )
    assert (opened.status, opened.location) == (303, "/sign-in")
    assert head.get("/account").status == 303  # every session of before has ended
    assert head.sign_in("unithead", NEW).status == 303


def test_a_round_is_planned_there(two: Two, inspector: Browser):
    first = today() + timedelta(days=30)
    planned = inspector.post(
        "/inspections/plans/new", "/inspections/plans/new", title="Kiểm tra mô hình",
        legal_basis="Kế hoạch công tác năm", purpose="Đánh giá hoạt động",
        from_on=str(first - timedelta(days=300)), until_on=str(first - timedelta(days=60)),
        visits_from_on=str(first), visits_until_on=str(first + timedelta(days=14)),
    )  # fmt: skip
    assert planned.status == 303, planned.text
    assert inspector.get(planned.location).status == 200
    kept = "SELECT count(*) FROM rounds.inspection_plans"
    with connected(two, two.pair.primary) as connection:
        assert connection.execute(kept).fetchone() == (1,)
        newest = connection.execute("SELECT max(position) FROM core.audit_entries").fetchone()
        assert newest and newest[0] > 1


@pytest.mark.parametrize("server", ["primary", "replica"])
def test_permission_is_denied_on_every_table_that_was_not_granted(two: Two, server: str):
    two.pair.wait_for_replay()
    denied = granted = 0
    with connected(two, getattr(two.pair, server)) as connection:
        for table in (*Base.metadata.tables, *ReadBase.metadata.tables):
            may = {each.partition(" ")[0] for each in decided(table) or ()}
            look = f"SELECT count(*) FROM {table}"
            if "SELECT (position, digest)" in (decided(table) or ()):
                look = f"SELECT count(digest) FROM {table}"
            if "SELECT" in may:
                connection.execute(look.encode())
                granted += 1
                continue
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                connection.execute(look.encode())
            denied += 1
    confidential = [t for t in Base.metadata.tables if t.startswith("confidential.")]
    assert denied > len(confidential) > 30 and granted > 20


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT wrapped FROM vault.grants",
        "SELECT id FROM vault.data_keys",
        "SELECT action, subject_id FROM core.audit_entries",
        "UPDATE core.audit_entries SET detail = ''",
        "DELETE FROM core.audit_entries",
        "INSERT INTO inspection.editions SELECT * FROM inspection.editions",
        "UPDATE organisation.accounts SET username = 'x'",
        "UPDATE organisation.account_roles SET role = 'administrator'",
        "CREATE TABLE rounds.mine (a int)",
        "ALTER TABLE vault.key_locks DISABLE ROW LEVEL SECURITY",
        "SET ROLE casework",
        "TRUNCATE rounds.inspections CASCADE",
    ],
)
def test_what_else_the_role_may_not_do(two: Two, statement: str):
    with connected(two, two.pair.primary) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement.encode())
    assert refused.value.sqlstate == "42501"  # insufficient privilege


def test_a_role_that_sees_cases_is_not_used(two: Two, tmp_path: Path):
    """An operator wrote the address of the whole program into the settings of this server."""
    own = _told(two.pair.primary, OWNER)
    narrow = _told(two.pair.primary, ROLE)
    for urls, status in (((own, own), 500), ((narrow, narrow), 200)):
        app = create_inspection_app(make_settings(tmp_path, *urls))
        assert app.test_client().get("/healthz").status_code == status
        _dispose(app)


def test_rows_of_other_accounts_are_out_of_its_reach(two: Two):
    admin, inspector = two.cast.accounts["admin"], two.cast.accounts["inspector"]
    with connected(two, two.pair.primary) as connection:
        holders = {row[0] for row in connection.execute("SELECT holder_id FROM vault.key_locks")}
        assert holders == {two.cast.accounts[username] for username in SIDE}
        stolen = (
            "INSERT INTO organisation.account_sessions "
            "(id, account_id, token_digest, started_at, seen_at, awaits_code) "
            "VALUES (gen_random_uuid(), %s, %s, now(), now(), false)"
        )
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            connection.execute(stolen, [admin, b"a token of the thief"])
        connection.execute(stolen, [inspector, b"its own side can be trusted no more"])
        taken = "UPDATE organisation.accounts SET totp_sealed = NULL WHERE id = %s"
        assert connection.execute(taken, [admin]).rowcount == 0
        assert connection.execute(taken, [inspector]).rowcount == 1
        lock = (
            "INSERT INTO vault.key_locks (id, holder_id, kind, salt, sealed, made_at) "
            "VALUES (gen_random_uuid(), %s, 'password', '', '', now())"
        )
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            connection.execute(lock, [admin])


def test_others_see_every_row_as_before(two: Two):
    """The owner, and another role that was given the tables by hand."""
    two.pair.ask(
        two.pair.primary,
        "DO $$ BEGIN CREATE ROLE another LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    with connected(two, two.pair.primary, OWNER) as owner:
        owner.execute("GRANT USAGE ON SCHEMA core, vault, organisation TO another")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA core, vault, organisation TO another")
        with connected(two, two.pair.primary, "another") as another:
            for table in ROWS:
                count = f"SELECT count(*) FROM {table}".encode()
                assert owner.execute(count).fetchone() == another.execute(count).fetchone()


def test_the_command_takes_back_what_was_granted_by_hand_and_can_be_repeated(two: Two):
    with connected(two, two.pair.primary, OWNER) as owner:
        owner.execute(f"GRANT USAGE ON SCHEMA confidential TO {ROLE}")
        owner.execute(f"GRANT SELECT ON confidential.cases TO {ROLE}")
        owner.execute(f"GRANT INSERT ON ALL TABLES IN SCHEMA inspection TO {ROLE}")
    for _again in range(2):
        code, told = two.narrow()
        assert code == 0, told
    for statement in (
        "SELECT id FROM confidential.cases",
        "INSERT INTO inspection.editions SELECT * FROM inspection.editions",
    ):
        with connected(two, two.pair.primary) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(statement.encode())


def test_a_role_that_stays_too_wide_is_refused(two: Two):
    for statement in (
        "CREATE ROLE mighty LOGIN CREATEROLE",
        "CREATE ROLE clerk LOGIN IN ROLE casework",
    ):
        two.pair.ask(two.pair.primary, statement)
    code, told = two.narrow("mighty")
    assert code == 1 and "no grant would hold it back" in told
    code, told = two.narrow("nobody_of_this_name")
    assert code == 1 and "There is no role" in told
    code, told = two.narrow("clerk")
    assert code == 1 and "a role that it is a member of" in told
    with connected(two, two.pair.primary, OWNER) as owner:
        owner.execute("GRANT SELECT ON confidential.cases TO PUBLIC")
        code, told = two.narrow()
        assert code == 1 and "SELECT on confidential.cases" in told
        owner.execute("REVOKE SELECT ON confidential.cases FROM PUBLIC")
    assert two.narrow()[0] == 0


def test_an_edition_appears_once_it_is_replayed(two: Two, inspector: Browser):
    page = f"/figures/{two.cast.units['a']}"
    assert "25–29" not in inspector.get(page).text
    two.pair.wait_for_replay()
    two.pair.ask(two.pair.replica, "SELECT pg_wal_replay_pause()")
    two.publish("2026-09", 25)
    assert "25–29" not in inspector.get(page).text
    two.pair.ask(two.pair.replica, "SELECT pg_wal_replay_resume()")
    two.pair.wait_for_replay()
    assert "25–29" in inspector.get(page).text


def test_a_publication_of_the_read_model_alone_serves_too(two: Two, tmp_path: Path):
    """The way that carries nothing confidential: a database of its own subscribes to figures."""
    primary, ask = two.pair.primary, two.pair.ask
    source = two.address(primary, "postgres")
    ask(primary, "CREATE ROLE casework_publication LOGIN REPLICATION")
    ask(source, "GRANT USAGE ON SCHEMA inspection TO casework_publication")
    ask(source, "GRANT SELECT ON ALL TABLES IN SCHEMA inspection TO casework_publication")
    ask(source, "CREATE PUBLICATION casework_inspection FOR TABLES IN SCHEMA inspection")
    with running_server() as (_programs, third):
        for statement in (
            f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE {ROLE} LOGIN",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        ):  # fmt: skip
            ask(third, statement)
        urls = _told(primary, OWNER), _told(third, OWNER)
        between = create_app(make_settings(tmp_path, *urls))
        with between.app_context():
            upgrade(directory=MIGRATIONS)
        done = between.test_cli_runner().invoke(args=["database", "inspection-role", ROLE])
        assert done.exit_code == 0, done.output
        target = two.address(third, "postgres")
        place = f"host={primary.query['host']} dbname={DATABASE} user=casework_publication"
        ask(
            target,
            f"CREATE SUBSCRIPTION figures CONNECTION '{place}' PUBLICATION casework_inspection",
        )
        two.publish("2026-10", 35)
        count = "SELECT count(*) FROM inspection.figures"
        wait_until(lambda: ask(target, count) == ask(source, count))
        there = "SELECT array_agg(nspname::text) FROM pg_namespace"
        parts = {"confidential", "vault", "anonymisation", "organisation", "inspection"}
        assert parts & set(ask(target, there)) == {"inspection"}
        settings = make_settings(tmp_path, _told(primary, ROLE), _told(third, ROLE))
        alone = create_inspection_app(settings)
        visitor = Visitor(alone.test_client())
        visitor.submit("/sign-in", "/sign-in", username="manager", password=PASSWORD)
        assert "35–39" in visitor.get(f"/figures/{two.cast.units['a']}").words
        for app in (between, alone):
            _dispose(app)
        ask(target, "DROP SUBSCRIPTION figures")


def test_without_its_replica_the_page_says_so_and_the_rest_goes_on(two: Two, inspector: Browser):
    two.pair.stop_replica()
    for address in ("/figures", "/figures/compare", f"/figures/{two.cast.units['a']}"):
        answer = inspector.get(address)
        assert answer.status == 503
        assert "The published figures can't be read at the moment" in unescape(answer.text)
        assert "Traceback" not in answer.text
    assert inspector.get("/account").status == inspector.get("/inspections").status == 200
    two.pair.start_replica()
    assert inspector.get("/figures").status == 200
