"""Who leads a group: several at once, never nobody; the key goes with it, also from custody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select, update

from casework.confidential.groups.models import Facilitator, GroupSession
from casework.core.audit import AuditEntry
from casework.core.clock import now
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.vault.grants import Grant, Use, holders_of
from tests.confidential.test_groups import TWELVE, SignIn, add, count, log, open_group, ticked
from tests.page import Visitor


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(date(2026, 10, 15), tick=False):
        yield


@pytest.fixture
def counselor(client_as: SignIn) -> Visitor:
    return client_as("counselor")


@pytest.fixture
def group(counselor: Visitor) -> str:
    address = open_group(counselor)
    assert add(counselor, address, TWELVE).status == 303
    return address


def join(visitor: Visitor, group: str, account: UUID) -> int:
    address = f"{group}/facilitators"
    return visitor.submit(address, address, counselor=str(account)).status


def remove(visitor: Visitor, group: str, account: UUID, app) -> int:
    with app.app_context():
        query = select(Facilitator.id).where(Facilitator.account_id == account)
        found = db.session.scalars(query.order_by(Facilitator.until_on.is_not(None))).first()
    address = f"{group}/facilitators/{found}/remove"
    shown = visitor.get(f"{group}/facilitators").text
    token = visitor.get("/account").all("input", name="csrf_token")[0].get("value")
    assert address in shown or shown.count("/remove") == 0
    return visitor.post(address, {"csrf_token": token}).status


def test_a_second_facilitator_reads_writes_and_corrects(app, cast, client_as, counselor, group):
    second = client_as("counselor2")
    assert second.get(group).status == 404
    assert join(counselor, group, cast.accounts["counselor2"]) == 303
    assert TWELVE[0] in second.get(f"{group}/members").words
    session = log(second, group, note="buổi của người thứ hai").location
    assert "buổi của người thứ hai" in counselor.get(session).words
    form = counselor.get(f"{session}/correct")
    present = ticked(form, f"{session}/correct")
    assert counselor.submit(form, f"{session}/correct", present=present[1:]).status == 303
    assert "11 of 12" in second.get(session).words
    words = second.get(f"{group}/facilitators").words
    assert "Nguyễn Thị Hoa" in words and "Trần Văn Đức" in words


def test_two_who_log_the_same_day_at_once_make_one_session(app, cast, client_as, counselor, group):
    join(counselor, group, cast.accounts["counselor2"])
    address = f"{group}/sessions/new"
    both = [counselor, client_as("counselor2")]
    forms = [visitor.get(address) for visitor in both]
    with ThreadPoolExecutor(2) as pool:
        pairs = zip(both, forms, strict=True)
        answers = list(pool.map(lambda pair: log(pair[0], group, pair[1], note="một"), pairs))
    assert sorted(answer.status for answer in answers) == [303, 422]
    loser = next(answer for answer in answers if answer.status == 422)
    assert "already logged" in loser.words and loser.form(address)["note"] == "một"
    assert count(app, GroupSession) == 1


@pytest.mark.parametrize("who", ["counselor", "counselor-b", "coordinator", "unithead"])
def test_only_another_counselor_of_the_unit_is_added(app, cast, counselor, group, who):
    assert join(counselor, group, cast.accounts[who]) == 422
    assert count(app, Facilitator) == 1


def test_who_holds_no_key_adds_nobody(app, cast, counselor, group):
    with app.app_context():
        db.session.query(Grant).filter(Grant.subject_id == UUID(group[-36:])).delete()
        db.session.commit()
    page = counselor.submit(
        f"{group}/facilitators", f"{group}/facilitators", counselor=str(cast.accounts["counselor2"])
    )
    assert page.status == 422 and "do not hold the key" in page.words
    assert count(app, Facilitator) == 1


def test_somebody_always_leads(app, cast, client_as, counselor, group):
    first, second = cast.accounts["counselor"], cast.accounts["counselor2"]
    assert remove(counselor, group, first, app) == 422
    join(counselor, group, second)
    with time_machine.travel(date(2026, 10, 16), tick=False):
        assert remove(client_as("counselor2"), group, first, app) == 303
        assert client_as("counselor").get(f"{group}/members").status == 404
        with app.app_context():
            assert holders_of(UUID(group[-36:])) & {first, second} == {second}
            gone = db.session.scalars(
                select(Facilitator.until_on).where(Facilitator.account_id == first)
            ).one()
            assert gone == date(2026, 10, 15)
        assert remove(client_as("counselor2"), group, second, app) == 422


def test_who_can_not_sign_in_does_not_count_as_leading(app, cast, client_as, counselor, group):
    join(counselor, group, cast.accounts["counselor2"])
    with app.app_context():
        db.session.get_one(Account, cast.accounts["counselor2"]).disabled_at = now()
        db.session.commit()
    assert remove(counselor, group, cast.accounts["counselor"], app) == 422
    assert "signs in no more" in counselor.get(f"{group}/facilitators").words


def test_two_who_remove_each_other_leave_one(app, cast, client_as, counselor, group):
    first, second = cast.accounts["counselor"], cast.accounts["counselor2"]
    join(counselor, group, second)
    other = client_as("counselor2")
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(remove, counselor, group, second, app),
            pool.submit(remove, other, group, first, app),
        ]
        statuses = sorted(job.result() for job in jobs)
    assert statuses[0] == 303 and statuses[1] in (404, 422)
    assert count(app, Facilitator, Facilitator.until_on.is_(None)) == 1


def test_a_coordinator_hands_a_group_over_without_reading_it(
    app, cast, client_as, counselor, group
):
    coordinator, second = client_as("coordinator"), client_as("counselor2")
    page = coordinator.get("/groups/assignments")
    assert "Hoa Sen" in page.words and "Nguyễn Thị Hoa" in page.words
    address = f"{group}/assignment"
    for wrong in ("", str(cast.accounts["counselor-b"]), str(cast.accounts["coordinator"])):
        assert coordinator.submit(address, address, counselor=wrong).status == 422
    answer = coordinator.submit(address, address, counselor=str(cast.accounts["counselor2"]))
    assert answer.status == 303
    assert TWELVE[0] in second.get(f"{group}/members").words
    assert counselor.get(group).status == 404
    assert coordinator.get(f"{group}/members").status == 403
    with app.app_context():
        holders = holders_of(UUID(group[-36:]))
        assert cast.accounts["counselor"] not in holders
        assert cast.accounts["coordinator"] not in holders
        rows = set(
            db.session.scalars(
                select(AuditEntry.action).where(AuditEntry.subject_id == UUID(group[-36:]))
            )
        )
        assert {"group.facilitator.add", "group.facilitator.remove"} <= rows


def test_a_coordinator_of_another_unit_reaches_no_group(client_as, counselor, group):
    stranger = client_as("coordinator-b")
    assert "Hoa Sen" not in stranger.get("/groups/assignments").words
    assert stranger.get(f"{group}/assignment").status == 404


def test_a_group_nobody_leads_stands_out(app, client_as, counselor, group):
    with app.app_context():
        db.session.execute(update(Facilitator).values(until_on=date(2026, 10, 1)))
        db.session.commit()
    assert "nobody" in client_as("coordinator").get("/groups/assignments").words


def test_a_coordinator_without_custody_is_told(app, cast, client_as, counselor, group):
    with app.app_context():
        db.session.query(Grant).filter(Grant.use == Use.CUSTODY).delete()
        db.session.commit()
    address = f"{group}/assignment"
    page = client_as("coordinator").submit(
        address, address, counselor=str(cast.accounts["counselor2"])
    )
    assert page.status == 422 and "hold no keys of this group" in page.words
    assert count(app, Facilitator) == 1
