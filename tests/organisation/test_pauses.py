"""What pauses excuse and free again, through pages and beneath them."""

from datetime import date
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.bodies.models import Body
from casework.organisation.meetings.models import Meeting, Pause, PauseKind
from casework.organisation.meetings.operations import hold_meeting
from casework.organisation.meetings.schedules import make_due_meetings, set_schedule
from casework.organisation.pauses.operations import correct_pause, declare_pause
from casework.organisation.units.models import Succession, Unit
from tests.cast import TODAY, Cast

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def today():
    """15 October 2026, a Thursday."""
    with time_machine.travel(TODAY, tick=False):
        yield TODAY


def a_club(cast: Cast, unit: str = "a", name: str = "CLB Hướng Dương") -> Body:
    """A club that is due on the first Monday of every month of 2026."""
    club = Body(unit_id=cast.units[unit], kind="club", name=name, active_from=date(2026, 1, 1))
    db.session.add(club)
    db.session.flush()
    set_schedule(club, week=1, weekday=0, interval_months=1, by=SYSTEM, on=date(2026, 1, 1))
    make_due_meetings([club], date(2026, 12, 31))
    return club


@pytest.fixture
def club(app, cast, today):
    with app.app_context():
        found = a_club(cast)
        db.session.commit()
        return found.id


def statuses(circle_id: UUID) -> list[str | None]:
    query = select(Meeting.excuse).where(Meeting.body_id == circle_id).order_by(Meeting.due_on)
    return list(db.session.scalars(query))


def declare(visitor, **values):
    told = {"kind": "flood", "from_on": "2026-09-01", "until_on": "2026-11-15",
            "reason": "Nước nổi", **values}  # fmt: skip
    return visitor.submit("/meetings/pauses", "/meetings/pauses", **told)


def test_a_pause_excuses_what_is_due_and_frees_it_when_it_ends_early(app, cast, client_as, club):
    with app.app_context():
        theirs = a_club(cast, "b", "CLB Bần Xanh").id
        hold_meeting(db.session.get_one(Body, club), date(2026, 10, 5), by=SYSTEM)
        db.session.commit()
    head = client_as("unithead")
    page = head.follow(declare(head))
    assert "Nước nổi" in page.words and "now" in page.words
    with app.app_context():
        assert statuses(club)[8:12] == ["Nước nổi", None, "Nước nổi", None], "October was held"
        assert set(statuses(theirs)) == {None}
        pause = db.session.scalars(select(Pause.id)).one()
    assert "Nước nổi" in client_as("volunteer").get("/meetings?month=2026-11").words
    address = f"/meetings/pauses/{pause}"
    assert client_as("unithead-b").get(address).status == 404
    form = head.get(address)
    assert head.submit(form, address, until_on="2026-10-01").status == 303
    with app.app_context():
        assert statuses(club)[8:12] == ["Nước nổi", None, None, None]
    stale = head.submit(form, address, until_on="2026-10-02", operation=str(uuid4()))
    assert stale.status == 409 and "01/10/2026" in stale.words
    page = head.get(address)
    assert "15/11/2026" in page.words, "what it said earlier"
    assert head.submit(page, address, is_withdrawn="y").status == 303
    with app.app_context():
        assert set(statuses(club)) == {None}
    assert "taken back" in head.get("/meetings/pauses").words


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"until_on": "2026-08-31"}, "The last day is before the first."),
        ({"until_on": "2027-11-15"}, "A pause is at most a year long."),
        ({"from_on": "2024-01-01"}, "This date is too long ago."),
        ({"reason": ""}, "Fill this in."),
        ({"until_on": "mai"}, "Not a date. Write day/month/year, such as 05/02/2026."),
    ],
)
def test_a_pause_with_a_fault_is_refused(app, client_as, club, values, said):
    page = declare(client_as("unithead"), **values)
    assert page.status == 422 and said in page.words
    with app.app_context():
        assert set(statuses(club)) == {None}


def test_who_may_not_declare_sees_pauses_without_the_form(client_as, club):
    visitor = client_as("volunteer")
    page = visitor.get("/meetings/pauses")
    assert page.status == 200 and "Declare a pause" not in page.words
    assert client_as("inspector").get("/meetings/pauses").status == 403
    token = visitor.get("/meetings/log").form("/meetings/log")["csrf_token"]
    assert visitor.post("/meetings/pauses", {"csrf_token": token}).status == 403


def test_what_a_pause_covers_is_excused_when_it_is_made_due(app, cast, today):
    with app.app_context():
        unit = db.session.get_one(Unit, cast.units["a"])
        province = db.session.get_one(Unit, cast.units["province"])
        told = {"kind": PauseKind.FLOOD, "by": SYSTEM}
        declare_pause(unit, from_on=date(2026, 9, 1), until_on=date(2026, 9, 30),
                      reason="Lũ", **told)  # fmt: skip
        declare_pause(province, from_on=date(2026, 11, 1), until_on=date(2026, 11, 30),
                      reason="Dịch", **told)  # fmt: skip
        ours, theirs = a_club(cast), a_club(cast, "b", "CLB Bần Xanh")
        elsewhere = a_club(cast, "c", "CLB Mai Vàng")
        assert statuses(ours.id)[8:] == ["Lũ", None, "Dịch", None]
        assert statuses(theirs.id)[8:] == [None, None, "Dịch", None]
        assert set(statuses(elsewhere.id)) == {None}


def test_a_pause_covers_what_a_merged_unit_left_and_pauses_overlap(app, cast, today):
    with app.app_context():
        unit = db.session.get_one(Unit, cast.units["a"])
        db.session.add(
            Succession(
                predecessor_id=cast.units["b"],
                successor_id=unit.id,
                kind="merge",
                on=date(2026, 1, 1),
                document="test",
            )
        )
        before = a_club(cast, "b", "CLB Bần Xanh")
        told = {"kind": PauseKind.FLOOD, "by": SYSTEM}
        long = declare_pause(unit, from_on=date(2026, 9, 1), until_on=date(2026, 11, 30),
                             reason="Lũ", **told)  # fmt: skip
        declare_pause(unit, from_on=date(2026, 11, 1), until_on=date(2026, 12, 30),
                      reason="Bão", **told)  # fmt: skip
        assert statuses(before.id)[8:] == ["Lũ", "Lũ", "Lũ", "Bão"]
        correct_pause(long, from_on=date(2026, 9, 1), until_on=date(2026, 9, 30),
                                 reason="Lũ lớn", is_withdrawn=False, **told)  # fmt: skip
        assert statuses(before.id)[8:] == ["Lũ lớn", None, "Bão", "Bão"]
        late = a_club(cast, "b", "CLB Khác")
        assert statuses(late.id)[8:] == ["Lũ lớn", None, "Bão", "Bão"]


def test_a_province_pauses_for_all_its_units(app, cast, client_as, club):
    """Tết of a province excuses what is due in its units, and nothing elsewhere."""
    with app.app_context():
        other = a_club(cast, "c", "CLB Ở Xa")
        db.session.commit()
        elsewhere = other.id
    admin = client_as("admin")
    address = f"/meetings/pauses/province?province={cast.units['province']}"
    told = {"kind": "flood", "from_on": "2026-11-01", "until_on": "2026-11-30"}
    token = admin.get("/account").form("/sign-out")["csrf_token"]
    page = admin.post(address, {"csrf_token": token, "reason": "Mùa lũ", **told})
    assert page.status == 303, page.words
    with app.app_context():
        due = {
            circle: db.session.scalars(
                select(Meeting.excuse).where(
                    Meeting.body_id == circle, Meeting.due_on.between(*NOVEMBER)
                )
            ).all()
            for circle in (club, elsewhere)
        }
        pause = db.session.scalars(select(Pause)).one().id
    assert due == {club: ["Mùa lũ"], elsewhere: [None]}
    assert "Mùa lũ" in client_as("unithead").get("/meetings/pauses").words
    change = f"/meetings/pauses/province/{pause}"
    page = admin.submit(change, change, until_on="2026-10-31", from_on="2026-10-30")
    assert (page.status, page.location) == (303, address)
    with app.app_context():
        assert set(db.session.scalars(select(Meeting.excuse).where(Meeting.body_id == club))) == {
            None
        }


def test_a_unit_head_declares_nothing_for_a_province(client_as, club):
    assert client_as("unithead").get("/meetings/pauses/province").status == 403
