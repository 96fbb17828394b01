"""The administrator shuts people out and lets them in, and never gets at what they can read."""

from datetime import timedelta

import pytest
from flask_migrate import upgrade
from sqlalchemy import func, select

from casework import create_app
from casework.authz.permissions import Role
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.operations import create_account, give_role
from casework.organisation.administration.operations import read_key_file
from casework.vault import locks
from casework.vault.grants import Compartment, make_keys
from tests.cast import PASSWORD
from tests.conftest import MIGRATIONS, make_settings
from tests.page import Visitor

ACCOUNTS = "/admin/accounts"


def new_account(visitor, cast, **changes):
    fields = {
        "username": "hoa.nguyen",
        "display_name": "Nguyễn Thị Hoa",
        "role": "counselor",
        "unit": str(cast.units["a"]),
        **changes,
    }
    address = f"{ACCOUNTS}/new?province={cast.units['province']}"
    return visitor.submit(address, ACCOUNTS, **fields)


def password_on(page):
    return "".join(page.all("code")[1].itertext())


def give(app, cast, username, role, unit, until=None):
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts[username])
        unit_id = cast.units[unit] if unit else None
        give_role(account, role, unit_id, by=SYSTEM, on=today() - timedelta(days=30), until=until)
        db.session.commit()


def done_to(app, account_id):
    """What was done to an account, since the cast was assembled at the server."""
    with app.app_context():
        query = select(AuditEntry.action).where(
            AuditEntry.subject_id == account_id,
            AuditEntry.actor_id.is_not(None),
            AuditEntry.outcome == "done",
        )
        return list(db.session.scalars(query.order_by(AuditEntry.position)))


def test_accounts_are_listed_by_given_name_and_found_without_marks(client_as):
    visitor = client_as("admin")
    page = visitor.get(ACCOUNTS)
    names = ["".join(a.itertext()) for a in page.all("a") if len(a.get("href") or "") == 52]
    assert names.index("Lê Thị Ánh") < names.index("Huỳnh Văn Ba") < names.index("Trần Văn Đức")
    page = visitor.get(f"{ACCOUNTS}?q=tran van duc")
    assert "1 accounts" in page.words and "Counselor · Phường Bạc Liêu" in page.words
    assert visitor.get(f"{ACCOUNTS}?q=zzz").status == 200
    assert visitor.get(f"{ACCOUNTS}?q=" + "x" * 101).status == 422
    assert visitor.get(f"{ACCOUNTS}?page=99").status == 200


def test_a_new_account_signs_in_once_with_what_was_shown_once(app, cast, client_as):
    page = new_account(client_as("admin"), cast)
    assert page.status == 200
    visitor = Visitor(app.test_client())
    values = {"username": "hoa.nguyen", "password": password_on(page)}
    answer = visitor.submit("/sign-in", "/sign-in", **values)
    assert answer.status == 303
    assert visitor.get("/units").location == "/account/password"
    assert "temporary password" in visitor.get("/account/password").words
    with app.app_context():
        role = db.session.scalars(
            select(AccountRole).join(Account).where(Account.username == "hoa.nguyen")
        ).one()
        assert (role.role, role.unit_id, role.until_on) == ("counselor", cast.units["a"], None)


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "counselor"},
        {"username": "Hoa"},
        {"username": "hoa nguyễn"},
        {"username": "x" * 50},
        {"display_name": ""},
        {"display_name": "x" * 201},
        {"role": "police"},
        {"role": ""},
        {"unit": ""},
        {"unit": "nonsense"},
        {"from_on": ""},
        {"from_on": "9999-12-31"},
        {"until_on": "garbage"},
        {"until_on": "2022-01-01", "from_on": "2023-01-01"},
    ],
)
def test_a_bad_account_is_refused_with_what_was_typed(app, cast, client_as, changes):
    page = new_account(client_as("admin"), cast, **changes)
    assert page.status == 422
    if "display_name" not in changes:
        assert "Nguyễn Thị Hoa" in page.form(ACCOUNTS)["display_name"]
    with app.app_context():
        assert db.session.scalar(select(Account).where(Account.username == "hoa.nguyen")) is None


def test_a_unit_out_of_reach_can_t_be_chosen(app, cast, client_as):
    give(app, cast, "manager", Role.ADMINISTRATOR, "province")
    visitor = client_as("manager")
    assert new_account(visitor, cast, unit=str(cast.units["c"])).status == 422
    assert new_account(visitor, cast, unit="", role="dpo").status == 422
    assert new_account(visitor, cast).status == 200


def test_nobody_gets_at_an_account_that_reaches_further(app, cast, client_as):
    give(app, cast, "manager", Role.ADMINISTRATOR, "province")
    give(app, cast, "admin", Role.INSPECTOR, "province")
    visitor, page = client_as("manager"), f"{ACCOUNTS}/{cast.accounts['admin']}"
    assert visitor.get(page).status == 200
    assert visitor.get(f"{page}/reset").status == 404
    assert visitor.submit(page, f"{page}/disable").status == 404
    assert visitor.get(f"{ACCOUNTS}/{cast.accounts['inspector-elsewhere']}").status == 404
    own = f"{ACCOUNTS}/{cast.accounts['counselor']}"
    assert visitor.submit(own, f"{own}/disable").status == 303


def test_a_role_is_given_and_ended(app, cast, client_as):
    visitor, page = client_as("admin"), f"{ACCOUNTS}/{cast.accounts['counselor']}"
    shown = visitor.get(f"{page}?province={cast.units['province']}")
    unit = str(cast.units["b"])
    answer = visitor.submit(shown, f"{page}/roles", role="volunteer", unit=unit)
    assert answer.status == 303
    assert "Volunteer" in visitor.follow(answer).words
    with app.app_context():
        role = db.session.scalars(select(AccountRole).where(AccountRole.role == "volunteer",
                                  AccountRole.unit_id == cast.units["b"])).one().id  # fmt: skip
    end = f"{page}/roles/{role}/end"
    early = visitor.submit(end, end, until_on=str(today() - timedelta(days=1)))
    assert early.status == 422 and "before the first" in early.words
    assert visitor.submit(end, end).status == 303
    other = f"{ACCOUNTS}/{cast.accounts['counselor2']}/roles/{role}/end"
    assert visitor.get(other).status == 404, "a role belongs to its account"


def test_a_role_holds_from_its_first_until_its_last_day(app, cast, client_as):
    give(app, cast, "volunteer", Role.DPO, None, until=today() - timedelta(days=1))
    assert client_as("volunteer").get("/audit").status == 403
    give(app, cast, "volunteer", Role.DPO, None, until=today())
    assert client_as("volunteer").get("/audit").status == 200


def test_administrators_can_t_shut_themselves_out(app, cast, client_as):
    visitor, page = client_as("admin"), f"{ACCOUNTS}/{cast.accounts['admin']}"
    shown = visitor.get(page)
    assert "Disable at once" not in shown.words
    token = shown.form(f"{page}/roles")["csrf_token"]
    assert visitor.post(f"{page}/disable", {"csrf_token": token}).status == 422
    with app.app_context():
        role = db.session.scalars(select(AccountRole).where(
            AccountRole.account_id == cast.accounts["admin"])).one().id  # fmt: skip
    end = f"{page}/roles/{role}/end"
    assert visitor.submit(end, end).status == 422
    assert visitor.get(ACCOUNTS).status == 200


def test_a_disabled_account_is_out_at_the_next_request(app, cast, client_as):
    signed_in, admin = client_as("counselor"), client_as("admin")
    assert signed_in.get("/units").status == 200
    page = f"{ACCOUNTS}/{cast.accounts['counselor']}"
    answer = admin.submit(page, f"{page}/disable")
    assert "signed in with it is signed out" in admin.follow(answer).words
    assert signed_in.get("/units").location.startswith("/sign-in")
    shown = admin.get(page)
    assert "disabled" in shown.words
    assert admin.submit(shown, f"{page}/enable").status == 303
    assert signed_in.get("/units").location.startswith("/sign-in"), "the session is over for good"
    assert client_as("counselor").get("/units").status == 200
    assert done_to(app, cast.accounts["counselor"]) == ["account.disable", "account.enable"]


def test_an_account_has_a_last_day_that_can_be_changed(app, cast, client_as):
    signed_in, admin = client_as("counselor"), client_as("admin")
    page = f"{ACCOUNTS}/{cast.accounts['counselor']}"
    expiry = f"{page}/expiry"
    assert admin.submit(expiry, expiry, expires_on=str(today())).status == 303
    assert f"Account's last day {today():%d/%m/%Y}" in admin.get(page).words
    assert admin.get(expiry).form(expiry)["expires_on"] == str(today())
    assert signed_in.get("/units").status == 200, "the last day counts"
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        account.expires_on = today() - timedelta(days=1)
        db.session.commit()
    assert signed_in.get("/units").location.startswith("/sign-in")
    assert "expired" in admin.get(page).words
    assert "expired" in admin.get(f"{ACCOUNTS}?q=nguyen thi hoa").words
    answer = admin.submit(expiry, expiry, expires_on="")
    assert "No end is set." in admin.follow(answer).words
    assert signed_in.get("/units").status == 200
    assert done_to(app, cast.accounts["counselor"]) == ["account.expiry"] * 2


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (lambda: today() - timedelta(days=1), "This date is too long ago."),
        (lambda: today() + timedelta(days=6 * 366), "This date is too far ahead."),
        (lambda: "31/02/2027", "Not a date."),
    ],
)
def test_a_last_day_that_makes_no_sense_is_refused(app, cast, client_as, day, message):
    expiry = f"{ACCOUNTS}/{cast.accounts['counselor']}/expiry"
    refused = client_as("admin").submit(expiry, expiry, expires_on=str(day()))
    assert refused.status == 422 and message in refused.words
    assert refused.form(expiry)["expires_on"] == str(day())
    assert done_to(app, cast.accounts["counselor"]) == []


def test_administrators_can_t_let_themselves_expire(cast, client_as):
    expiry = f"{ACCOUNTS}/{cast.accounts['admin']}/expiry"
    refused = client_as("admin").submit(expiry, expiry, expires_on=str(today()))
    assert refused.status == 422 and "You can't end your own account." in refused.words


def test_a_new_account_may_come_with_its_last_day(app, cast, client_as):
    last = today() + timedelta(days=90)
    assert new_account(client_as("admin"), cast, expires_on=str(last)).status == 200
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.username == "hoa.nguyen")).one()
        assert account.expires_on == last


def test_the_reset_page_counts_what_is_lost_and_names_what_loses_nothing(app, cast, client_as):
    with app.app_context():
        for _ in range(3):
            case, readers = cast.accounts["dpo"], [cast.accounts["counselor"]]
            case = type(case)(int=case.int + _)
            make_keys(case, [Compartment.IDENTITY, Compartment.NOTES], readers=readers,
                      custodians=[cast.accounts["coordinator"]], by=None)  # fmt: skip
        db.session.commit()
    visitor = client_as("admin")
    page = visitor.get(f"{ACCOUNTS}/{cast.accounts['counselor']}/reset")
    assert "can open 3 cases and groups" in page.words
    assert "recover-account counselor" in page.words and "recovery code" in page.words
    page = visitor.get(f"{ACCOUNTS}/{cast.accounts['coordinator']}/reset")
    assert "keeps the keys of 3 cases" in page.words


def test_the_data_protection_officer_looks_and_changes_nothing(cast, client_as):
    visitor, page = client_as("dpo"), f"{ACCOUNTS}/{cast.accounts['counselor']}"
    shown = visitor.get(page)
    assert "Disable" not in shown.words and "Give a role" not in shown.words
    assert visitor.get(f"{page}/reset").status == 403
    assert visitor.get(f"{page}/expiry").status == 403
    assert visitor.get(f"{ACCOUNTS}/new").status == 403


@pytest.mark.parametrize("username", ["counselor", "unithead", "inspector", "manager"])
def test_accounts_are_no_business_of_others(client_as, username):
    assert client_as(username).get(ACCOUNTS).status == 403


# Commands


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(*arguments, **how):
        return runner.invoke(args=[str(argument) for argument in arguments], **how)

    return invoke


def test_setup_is_refused_once_there_are_accounts(app, run, tmp_path):
    result = run("setup", "--username", "boss", "--name", "Sếp", "--generate-password",
                 "--recovery-key-file", tmp_path / "key")  # fmt: skip
    assert result.exit_code == 1 and "accounts already" in result.output
    assert not (tmp_path / "key").exists()


def test_setup_makes_the_first_administrator_and_the_recovery_key(tmp_path):
    urls = [f"sqlite:///{tmp_path / name}.sqlite3" for name in ("casework", "inspection")]
    app = create_app(make_settings(tmp_path, *urls))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    run = app.test_cli_runner().invoke
    key = tmp_path / "organisation.key"
    first = ["setup", "--username", "boss", "--name", "Sếp"]
    assert run(args=first, input="x\n").exit_code == 2, "the key must have a place"
    first += ["--recovery-key-file", str(key)]
    assert run(args=first, input="short\nshort\n").exit_code == 1
    assert not key.exists()
    result = run(args=first, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    visitor = Visitor(app.test_client())
    visitor.submit("/sign-in", "/sign-in", username="boss", password=PASSWORD)
    assert visitor.get(ACCOUNTS).status == 200
    with app.app_context():
        boss = db.session.scalars(select(Account)).one()
        assert locks.open_with_organisation_key(boss.id, read_key_file(key))
        db.engine.dispose()
        db.engines["inspection"].dispose()


@pytest.mark.parametrize(
    ("before", "after"), [("first line\n", "\n"), ("", "\n"), ("\ufefffirst line\r\n", "\r\n\r\n")]
)
def test_an_account_is_recovered_with_the_organisation_s_key(
    app, cast, run, tmp_path, client_as, before, after
):
    inside = client_as("counselor")
    key = tmp_path / "key"
    key.write_text(before + cast.organisation_secret.hex() + after, newline="")
    result = run("keys", "recover-account", "counselor", "--key", key)
    assert result.exit_code == 0, result.output
    password = result.output.split()[-1]
    assert inside.get("/account").status == 303
    with app.app_context():
        pepper = app.config["SETTINGS"].pepper
        account_id = cast.accounts["counselor"]
        secret = locks.open_with_password(account_id, password, pepper)
        assert secret == cast.secrets["counselor"], "nothing readable is lost"
        assert locks.open_with_password(account_id, PASSWORD, pepper) is None
        log = select(func.count()).where(AuditEntry.action == "account.recover")
        assert db.session.scalar(log.where(AuditEntry.subject_id == account_id)) == 1


@pytest.mark.parametrize(
    "content", ["", "one line", "x\nnot hex\n", "x\nabcd\n", f"x\n{'00' * 32}\n"]
)
def test_a_wrong_key_recovers_nothing(run, tmp_path, content, client_as):
    (tmp_path / "key").write_text(content)
    result = run("keys", "recover-account", "counselor", "--key", tmp_path / "key")
    assert result.exit_code == 1 and "Error" in result.output
    assert run("keys", "recover-account", "nobody", "--key", tmp_path / "key").exit_code == 1


def test_a_key_is_written_for_its_owner_and_never_over_another(app, run, tmp_path):
    file = tmp_path / "key"
    assert run("keys", "make-organisation", "--output", file).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    with app.app_context():
        newest = locks.find_organisation().id
    result = run("keys", "make-organisation", "--output", file)
    assert result.exit_code == 1 and file.read_text() == before
    with app.app_context():
        assert locks.find_organisation().id == newest, "a key nobody holds is not used"
        create_account("later", "Sau", PASSWORD, by=SYSTEM)
        db.session.commit()
    result = run("keys", "recover-account", "later", "--key", file)
    assert result.exit_code == 0


def test_units_are_imported_by_command_or_every_fault_is_listed(run, tmp_path):
    head = "code,name,kind,valid_from,valid_until,parent_code,source\n"
    (tmp_path / "bad.csv").write_text(head + ",A,province,x,,,\n1,B,village,2025-07-01,,,\n")
    result = run("units", "import", tmp_path / "bad.csv")
    assert result.exit_code == 1
    for words in ("row 2, code", "row 2, valid_from", "row 3, kind", "nothing was written"):
        assert words in result.output
    (tmp_path / "good.csv").write_text(head + "990,Thử,province,2025-07-01,,,test\n")
    assert "1 units added" in run("units", "import", tmp_path / "good.csv").output
