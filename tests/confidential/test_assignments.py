"""Work passes from one colleague to another with its keys: one case, a caseload, for a time."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select, update

from casework.authz.permissions import Role
from casework.confidential.cases.models import Assignment, Case
from casework.confidential.groups.models import Facilitator
from casework.confidential.reminders.models import Reminder
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import (
    create_account,
    disable_account,
    end_role,
    give_role,
    reset_access,
)
from casework.organisation.accounts.queries import list_roles
from casework.vault import locks
from casework.vault.grants import Compartment, Grant, Keyring, NoKey
from tests.cast import PASSWORD
from tests.confidential.test_cases import open_case
from tests.days import in_days

NAME = "Đào Thị Ngọc Ánh"


@pytest.fixture
def cast(program):
    """A copy, to which a test may add people."""
    cast = program.cast
    return replace(cast, accounts=dict(cast.accounts), secrets=dict(cast.secrets))


@pytest.fixture
def counselor(client_as):
    return client_as("counselor")


@pytest.fixture
def opens(app, cast):
    """Whether an account opens the notes of a case or the roster of a group, from its private key
    alone.
    """

    def try_to(username: str, address: str) -> bool:
        subject = UUID(address.split("/")[2])
        compartment = Compartment.ROSTER if "groups" in address else Compartment.NOTES
        with app.test_request_context():
            ring = Keyring(cast.accounts[username], cast.secrets[username])
            try:
                ring.sealing_key(subject, compartment)
            except NoKey:
                return False
            return True

    return try_to


def open_group(visitor, name="Hoa Sen"):
    page = visitor.submit("/groups/new", "/groups/new", name=name)
    assert page.status == 303, page.words
    return page.location.removesuffix("/members")


def caseload_of(cast, username):
    return f"/caseloads/{cast.accounts[username]}"


def stand_in(visitor, address, colleague, days=3):
    last_day = today() + timedelta(days=days)
    cover = address + "/cover"
    return visitor.submit(cover, cover, colleague=str(colleague), last_day=str(last_day))


def actions(app, subject):
    with app.app_context():
        query = select(AuditEntry.action).where(AuditEntry.subject_id == subject)
        return list(db.session.scalars(query.order_by(AuditEntry.position)))


def test_a_leavers_whole_caseload_goes_over_in_one_act(counselor, client_as, cast, opens):
    cases = [open_case(counselor, name=f"Người {number}", alias="") for number in range(3)]
    closed = open_case(counselor)
    shut = closed + "/closure"
    assert counselor.submit(shut, shut, reason="moved").status == 303
    group = open_group(counselor)
    coordinator = client_as("coordinator")
    overview = coordinator.get("/caseloads")
    assert "Nguyễn Thị Hoa 3 1 1" in overview.words
    address = caseload_of(cast, "counselor")
    page = coordinator.get(address)
    assert "Người" not in page.text
    assert "Đào" not in page.text
    receiver = str(cast.accounts["counselor2"])
    assert coordinator.submit(page, address, receiver=receiver).status == 303
    for subject in (*cases, closed, group):
        assert opens("counselor2", subject), subject
        assert not opens("counselor", subject), subject
        assert not opens("coordinator", subject), subject
        assert counselor.get(subject).status == 404
    second = client_as("counselor2")
    assert "Người 1" in second.get("/cases").text
    assert NAME in second.get(closed).text
    assert second.get(group).status == 200
    assert coordinator.get(address).status == 404


def test_a_caseload_is_distributed_over_several(counselor, client_as, cast, opens, app):
    third(app, cast)
    first, second = open_case(counselor), open_case(counselor)
    coordinator, address = client_as("coordinator"), caseload_of(cast, "counselor")
    other = {f"to_{UUID(second.split('/')[2]).hex}": str(cast.accounts["counselor3"])}
    page = coordinator.submit(address, address, receiver=str(cast.accounts["counselor2"]), **other)
    assert page.status == 303, page.words
    assert opens("counselor2", first)
    assert not opens("counselor2", second)
    assert client_as("counselor3").get(second).status == 200


def third(app, cast):
    """Another counselor of unit a."""
    with app.test_request_context():
        account = create_account("counselor3", "Võ Thị Bé", PASSWORD, by=SYSTEM, temporary=False)
        db.session.flush()
        give_role(account, Role.COUNSELOR, cast.units["a"], by=SYSTEM, on=today())
        secret = locks.open_with_organisation_key(account.id, cast.organisation_secret)
        cast.accounts["counselor3"], cast.secrets["counselor3"] = account.id, secret
        db.session.commit()


def test_everything_goes_over_or_nothing(counselor, client_as, cast, opens, app):
    kept, lost = open_case(counselor), open_case(counselor)
    case_id = UUID(lost.split("/")[2])
    with app.app_context():
        mine = update(Grant).where(
            Grant.subject_id == case_id, Grant.holder_id == cast.accounts["coordinator"]
        )
        db.session.execute(mine.values(holder_id=UUID(int=1)))
        reference = db.session.get_one(Case, case_id).reference
        db.session.commit()
    address, coordinator = caseload_of(cast, "counselor"), client_as("coordinator")
    page = coordinator.submit(address, address, receiver=str(cast.accounts["counselor2"]))
    assert page.status == 422
    assert f"no keys of: {reference}" in page.words
    assert "Nguyễn Thị Hoa" in page.words, "who holds them is said"
    assert opens("counselor", kept)
    assert not opens("counselor2", kept)
    with app.app_context():
        assert len(db.session.scalars(select(Assignment)).all()) == 2


def test_somebody_is_chosen_for_every_case(counselor, client_as, cast):
    open_case(counselor)
    address, coordinator = caseload_of(cast, "counselor"), client_as("coordinator")
    page = coordinator.submit(address, address)
    assert page.status == 422
    assert "for every case" in page.words
    for who in ("counselor-b", "unithead", "coordinator"):
        page = coordinator.submit(address, address, receiver=str(cast.accounts[who]))
        assert page.status == 422, who


def test_a_caseload_opens_for_its_coordinator_only(counselor, client_as, cast):
    open_case(counselor)
    address = caseload_of(cast, "counselor")
    for who in ("counselor", "unithead", "dpo", "admin", "inspector"):
        assert client_as(who).get(address).status == 403
    assert client_as("coordinator-b").get(address).status == 404
    assert client_as("coordinator").get(caseload_of(cast, "counselor-b")).status == 404


def test_cases_of_a_disabled_account_show_up_as_without_a_counselor(
    counselor, client_as, cast, app, opens
):
    address = open_case(counselor)
    coordinator = client_as("coordinator")
    assert "Without a counselor" not in coordinator.get("/caseloads").words
    with app.test_request_context():
        disable_account(db.session.get_one(Account, cast.accounts["counselor"]), by=SYSTEM)
        db.session.commit()
    page = coordinator.get("/caseloads")
    assert "Without a counselor: 1" in page.words
    assert "no counselor here any more" in page.words
    caseload = caseload_of(cast, "counselor")
    receiver = str(cast.accounts["counselor2"])
    assert coordinator.submit(caseload, caseload, receiver=receiver).status == 303
    assert "Without a counselor" not in coordinator.get("/caseloads").words
    assert opens("counselor2", address)


@pytest.mark.parametrize("why", ["role", "expiry"])
def test_who_has_no_role_or_no_account_any_more_looks_after_nobody(
    counselor, client_as, cast, app, why
):
    open_case(counselor)
    with app.test_request_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        if why == "role":
            (role, _unit) = list_roles([account.id])[0]
            end_role(role, by=SYSTEM, on=today() - timedelta(days=1))
        else:
            account.expires_on = today() - timedelta(days=1)
        db.session.commit()
    assert "Without a counselor: 1" in client_as("coordinator").get("/caseloads").words


def test_keys_lost_by_a_reset_are_given_again_to_the_same_counselor(
    counselor, client_as, cast, app
):
    address = open_case(counselor)
    with app.test_request_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        reset_access(account, "chiếc xuồng trên sông", by=SYSTEM)
        db.session.commit()
    coordinator, path = client_as("coordinator"), address + "/assignment"
    again = {"counselor": str(cast.accounts["counselor"])}
    assert coordinator.submit(path, path, **again).status == 303
    page = coordinator.submit(path, path, counselor=str(cast.accounts["counselor"]))
    assert page.status == 422, "holds it already"
    with app.app_context():
        assert len(db.session.scalars(select(Assignment)).all()) == 1
        mine = select(Grant).where(Grant.holder_id == cast.accounts["counselor"])
        assert len(db.session.scalars(mine).all()) == 2


def test_a_colleague_stands_in_until_a_day_and_no_longer(counselor, client_as, cast, opens, app):
    with time_machine.travel("2026-10-05 03:00+00:00", tick=False) as clock:
        address = open_case(counselor, opened_on="2026-10-01")
        assert client_as("counselor2").get(address).status == 404
        assert stand_in(counselor, address, cast.accounts["counselor2"], days=2).status == 303
        shown = "Trần Văn Đức stands in until 07/10/2026"
        assert shown in counselor.get(address).words
        assert shown in counselor.get(address + "/contacts").words
        assert opens("counselor", address)
        clock.move_to("2026-10-07 16:59+00:00")  # 23:59 of the last day in Vietnam
        colleague = client_as("counselor2")
        assert NAME in colleague.get(address).text
        new = address + "/contacts/new"
        assert colleague.submit(new, new, note="đến thăm").status == 303
        clock.move_to("2026-10-07 17:01+00:00")
        colleague, own = client_as("counselor2"), client_as("counselor")
        assert colleague.get(address).status == 404
        assert NAME not in colleague.get("/cases").text
        assert not opens("counselor2", address)
        assert "stands in until" not in own.get(address).words
        assert "Trần Văn Đức opened the case" in own.get(address + "/looks").words


def test_standing_in_ends_early(counselor, client_as, cast, opens):
    address = open_case(counselor)
    stand_in(counselor, address, cast.accounts["counselor2"])
    end = address + "/cover/end"
    assert counselor.submit(address + "/cover", end).status == 303
    assert not opens("counselor2", address)
    assert client_as("counselor2").get(address).status == 404
    assert opens("counselor", address)
    token = counselor.get(address + "/cover").form(address + "/cover")["csrf_token"]
    assert counselor.post(end, {"csrf_token": token}).status == 303, "once more ends nothing"


def test_the_coordinator_arranges_it_too_without_reading(counselor, client_as, cast, opens):
    address, coordinator = open_case(counselor), client_as("coordinator")
    assert "Đào" not in coordinator.get(address + "/cover").text
    assert stand_in(coordinator, address, cast.accounts["counselor2"]).status == 303
    assert opens("counselor2", address)
    assert not opens("coordinator", address)


def test_who_stands_in_passes_nothing_on(counselor, client_as, cast, app):
    third(app, cast)
    address = open_case(counselor)
    stand_in(counselor, address, cast.accounts["counselor2"])
    colleague = client_as("counselor2")
    assert colleague.get(address + "/cover").status == 404
    assert address + "/cover" not in colleague.get(address).text
    assert colleague.get(caseload_of(cast, "counselor") + "/cover").status == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colleague", "counselor"),
        ("colleague", "counselor-b"),
        ("colleague", "coordinator"),
        ("colleague", ""),
        ("last_day", "2020-01-01"),
        ("last_day", in_days(300)),
        ("last_day", ""),
        ("last_day", "31/31/2026"),
    ],
)
def test_standing_in_is_refused_in_words(counselor, cast, field, value):
    address = open_case(counselor) + "/cover"
    sent = {
        "colleague": str(cast.accounts["counselor2"]),
        "last_day": str(today()),
        field: str(cast.accounts.get(value, value)),
    }
    page = counselor.submit(address, address, **sent)
    assert page.status == 422
    assert "is-invalid" in page.text


def test_one_stands_in_at_a_time(counselor, cast, app):
    third(app, cast)
    address = open_case(counselor)
    form = counselor.get(address + "/cover")
    stand_in(counselor, address, cast.accounts["counselor2"])
    page = counselor.submit(
        form,
        address + "/cover",
        operation="",
        colleague=str(cast.accounts["counselor3"]),
        last_day=str(today()),
    )
    assert page.status == 422
    assert "End that first" in page.words


def test_somebody_stands_in_for_all_my_open_cases(counselor, client_as, cast, opens):
    first, second = open_case(counselor), open_case(counselor)
    stand_in(counselor, first, cast.accounts["counselor2"])
    path = caseload_of(cast, "counselor")
    assert stand_in(counselor, path, cast.accounts["counselor2"]).status == 303
    assert opens("counselor2", second)
    page = stand_in(counselor, path, cast.accounts["counselor2"])
    assert "nobody stands in yet" in page.words
    assert page.status == 422


def test_handing_over_to_who_stands_in_makes_it_theirs_for_good(
    counselor, client_as, cast, opens, app
):
    address = open_case(counselor)
    stand_in(counselor, address, cast.accounts["counselor2"], days=0)
    coordinator, path = client_as("coordinator"), address + "/assignment"
    receiver = str(cast.accounts["counselor2"])
    assert coordinator.submit(path, path, counselor=receiver).status == 303
    assert not opens("counselor", address)
    with time_machine.travel(today() + timedelta(days=40)):
        assert opens("counselor2", address)
        assert client_as("counselor2").get(address).status == 200


def test_covers_end_with_the_caseload_of_who_gave_them(counselor, client_as, cast, opens, app):
    third(app, cast)
    covered = open_case(counselor)
    stand_in(counselor, covered, cast.accounts["counselor2"])
    own = open_case(client_as("counselor2"))
    path = caseload_of(cast, "counselor2")
    page = client_as("coordinator").submit(path, path, receiver=str(cast.accounts["counselor3"]))
    assert page.status == 303
    assert not opens("counselor2", covered)
    assert not opens("counselor2", own)
    assert opens("counselor", covered)


def test_a_new_coordinator_gets_custody_of_groups_too(counselor, cast, app):
    case, group = open_case(counselor), open_group(counselor)
    with app.test_request_context():
        newcomer = create_account("coordinator-new", "Cao Thị Mới", PASSWORD, by=SYSTEM)
        db.session.flush()
        give_role(newcomer, Role.COORDINATOR, cast.units["a"], by=SYSTEM, on=today())
        newcomer_id = newcomer.id
        db.session.commit()
    assert counselor.submit("/", "/cases/custody").status == 303
    with app.app_context():
        held = select(Grant.subject_id, Grant.use).where(Grant.holder_id == newcomer_id)
        assert set(db.session.execute(held)) == {
            (UUID(case.split("/")[2]), "custody"),
            (UUID(group.split("/")[2]), "custody"),
        }


def test_custody_goes_to_the_coordinators_of_the_very_unit(counselor, cast, app):
    """A counselor of two units gives the coordinator of one no key of the other."""
    open_case(counselor)
    with app.test_request_context():
        account = db.session.get_one(Account, cast.accounts["counselor"])
        give_role(account, Role.COUNSELOR, cast.units["b"], by=SYSTEM, on=today())
        db.session.commit()
    assert "holds no keys" not in counselor.get("/").words


def test_former_facilitators_lead_the_group_no_more(counselor, client_as, cast, app):
    group = open_group(counselor)
    path = caseload_of(cast, "counselor")
    client_as("coordinator").submit(path, path, receiver=str(cast.accounts["counselor2"]))
    assert counselor.get(group).status == 404
    with app.app_context():
        query = select(Facilitator.account_id).where(Facilitator.until_on.is_(None))
        assert db.session.scalars(query).all() == [cast.accounts["counselor2"]]


def test_each_step_leaves_a_row(counselor, client_as, cast, app):
    address = open_case(counselor)
    stand_in(counselor, address, cast.accounts["counselor2"])
    counselor.submit(address + "/cover", address + "/cover/end")
    path = caseload_of(cast, "counselor")
    client_as("coordinator").submit(path, path, receiver=str(cast.accounts["counselor2"]))
    rows = actions(app, UUID(address.split("/")[2]))
    assert [each for each in rows if each in ("case.cover", "case.cover_end", "case.assign")] == [
        "case.assign",
        "case.cover",
        "case.cover_end",
        "case.assign",
    ]


def test_the_same_form_twice_hands_over_once(counselor, client_as, cast, app):
    open_case(counselor)
    path, coordinator = caseload_of(cast, "counselor"), client_as("coordinator")
    shown, receiver = coordinator.get(path), str(cast.accounts["counselor2"])
    for _ in range(2):
        assert coordinator.submit(shown, path, receiver=receiver).status in (303, 404)
    with app.app_context():
        assert len(db.session.scalars(select(Assignment)).all()) == 2


def test_thirty_cases_go_over_in_a_handful_of_statements(counselor, client_as, cast):
    for number in range(30):
        open_case(counselor, name=f"Người {number}", opened_on=str(date(2026, 1, 5)))
    path, coordinator = caseload_of(cast, "counselor"), client_as("coordinator")
    page = coordinator.submit(path, path, receiver=str(cast.accounts["counselor2"]), budget=40)
    assert page.status == 303
    assert len(page.statements) <= 40


def test_reminders_go_with_the_case_and_end_with_the_support(counselor, client_as, cast, app):
    address = open_case(counselor)
    new = address + "/reminders/new"
    assert counselor.submit(new, new, text="gọi lại", due_on=str(today())).status == 303
    path = address + "/assignment"
    receiver = str(cast.accounts["counselor2"])
    assert client_as("coordinator").submit(path, path, counselor=receiver).status == 303
    second = client_as("counselor2")
    assert "gọi lại" in second.get(address + "/reminders").words
    with app.app_context():
        assert db.session.scalars(select(Reminder.account_id)).one() == cast.accounts["counselor2"]
    close = address + "/closure"
    assert second.submit(close, close, reason="moved").status == 303
    with app.app_context():
        assert db.session.scalars(select(Reminder.dropped_on)).one() == today()
