"""The series of a year: shown before it is made, moved by holidays, excused with a reason."""

from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.confidential.groups.models import GroupSession
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.meetings.calendar import due_days, plan_days
from casework.organisation.meetings.models import Meeting, Pause, PauseKind, Schedule
from casework.organisation.pauses.operations import declare_pause
from casework.organisation.units.models import Unit
from tests.confidential.test_groups import SignIn, add, count, log, open_group
from tests.page import Page, Visitor


@pytest.fixture(autouse=True)
def pinned_clock():
    with time_machine.travel(date(2026, 10, 15), tick=False):
        yield


@pytest.fixture
def counselor(client_as: SignIn) -> Visitor:
    return client_as("counselor")


@pytest.fixture
def group(counselor: Visitor) -> str:
    """A group that meets on the first Monday of every month."""
    return open_group(counselor)


def due(app) -> list[date]:
    with app.app_context():
        query = select(Meeting.due_on).where(Meeting.excuse.is_(None)).order_by(Meeting.due_on)
        return [day for day in db.session.scalars(query) if day]


def look(counselor: Visitor, group: str, **fields: object) -> Page:
    told = {"week": 1, "weekday": 4, "interval_months": 1, "on": "2026-11-01", **fields}
    query = "&".join(f"{name}={value}" for name, value in told.items())
    return counselor.get(f"{group}/schedule?{query}")


def flood(app, cast, first: date, last: date) -> None:
    with app.app_context():
        unit = db.session.get_one(Unit, cast.units["a"])
        declare_pause(
            unit,
            kind=PauseKind.FLOOD,
            from_on=first,
            until_on=last,
            reason="Mùa nước nổi",
            by=SYSTEM,
        )
        db.session.commit()


def test_the_days_are_shown_before_anything_changes(app, cast, counselor, group):
    flood(app, cast, date(2027, 9, 15), date(2027, 10, 31))
    before = due(app)
    page = look(counselor, group)
    # 1 January 2027 is a Friday and a holiday: a week later.
    assert "01/01/2027" in page.words and "08/01/2027" in page.words
    assert "moved by a public holiday" in page.words and "Mùa nước nổi" in page.words
    assert due(app) == before
    address = f"{group}/schedule"
    answer = counselor.post(address, _second_form(page, address))
    assert answer.status == 303
    after = due(app)
    assert [day for day in after if day < date(2026, 11, 1)] == [
        day for day in before if day < date(2026, 11, 1)
    ]
    assert date(2027, 1, 8) in after and date(2026, 11, 2) not in after
    year = counselor.follow(answer)
    assert "moved from 01/01/2027" in year.words and "Mùa nước nổi" in year.words


def _second_form(page: Page, address: str) -> dict[str, str]:
    form = next(f for f in page.all("form", method="post") if f.get("action") == address)
    return {e.get("name") or "": e.get("value") or "" for e in form.iter("input") if e.get("name")}


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "2026-10-14"},
        {"on": "2028-01-01"},
        {"on": "x"},
        {"week": 9},
        {"weekday": "x"},
        {"interval_months": 0},
    ],
)
def test_a_schedule_that_can_not_be_is_refused(app, counselor, group, fields):
    before = due(app)
    page = look(counselor, group, **fields)
    assert page.status == 200 and not [
        f for f in page.all("form", method="post") if f.get("action") == f"{group}/schedule"
    ]
    token = counselor.get("/account").all("input", name="csrf_token")[0].get("value")
    told = {"week": 1, "weekday": 4, "interval_months": 1, "on": "2026-11-01", **fields}
    assert counselor.post(f"{group}/schedule", {**told, "csrf_token": token}).status == 422
    assert due(app) == before


def test_a_whole_stretch_is_postponed_with_one_reason(app, counselor, group):
    address = f"{group}/year"
    form = {"from_on": "2026-11-01", "until_on": "2027-01-31", "excuse": "Mùa nước nổi"}
    answer = counselor.submit(address, address, **form)
    page = counselor.follow(answer)
    assert page.words.count("Mùa nước nổi") == 3
    assert [day for day in due(app) if date(2026, 11, 1) <= day <= date(2027, 1, 31)] == []
    again = counselor.submit(address, address, **form)
    assert again.status == 422 and "Nothing is due on these days" in again.words
    assert again.form(address)["excuse"] == "Mùa nước nổi"
    back = counselor.submit(address, address, **{**form, "until_on": "2026-10-31"})
    assert back.status == 422 and "before the first" in back.words
    # One of them is due after all.
    expect = next(
        f.get("action") or "" for f in page.all("form") if "/expect" in (f.get("action") or "")
    )
    opened_before = counselor.get(answer.location)
    assert counselor.submit(page, expect).status == 303
    assert date(2026, 11, 2) in due(app)
    # The same form again is the same act; another one finds nothing to do.
    assert counselor.submit(page, expect).status == 303
    assert counselor.submit(opened_before, expect).status == 422


def test_what_was_held_is_not_postponed(app, counselor, group):
    add(counselor, group, ["Chị Bảy"])
    log(counselor, group, on="2026-10-05")
    address = f"{group}/year"
    form = {"from_on": "2026-10-01", "until_on": "2026-10-31", "excuse": "Bão"}
    assert counselor.submit(address, address, **form).status == 422
    assert count(app, GroupSession) == 1


def test_a_group_ends_and_goes_on_again(app, counselor, group):
    log(counselor, group, on="2026-10-05")
    address = f"{group}/end"
    early = counselor.submit(address, address, active_until="2026-10-04")
    assert early.status == 422 and "05/10/2026" in early.words
    assert counselor.submit(address, address, active_until="2025-01-01").status == 422
    stale = counselor.get(address)
    assert counselor.submit(address, address, active_until="2026-10-10").status == 303
    assert counselor.submit(stale, address, active_until="2026-10-12").status == 409
    assert "ended on 10/10/2026" in counselor.get(group).words
    assert max(due(app)) <= date(2026, 10, 10)
    late = log(counselor, group, on="2026-10-15")
    assert late.status == 422 and "ended on 10/10/2026" in late.words
    assert counselor.submit(address, address, active_until="").status == 303
    assert date(2026, 11, 2) in due(app)
    assert log(counselor, group, on="2026-10-15").status == 303


def test_an_attendance_year_counts_as_the_meetings_do(app, counselor, group):
    add(counselor, group, ["Chị Bảy", "Anh Tư"], on=date(2026, 6, 1))
    for on in ("2026-06-01", "2026-07-06", "2026-09-21"):
        form = counselor.get(f"{group}/sessions/new?on={on}")
        log(counselor, group, form, on=on, visitors="2")
    form = counselor.get(f"{group}/sessions/new?on=2026-10-05")
    log(counselor, group, form, on="2026-10-05", present=[])
    page = counselor.get(f"{group}/attendance")
    # June, July on time; September two weeks late; August not held; October on time.
    assert "3 of 5 due meetings" in page.words and "(60 %)" in page.words
    # From 6 July to 21 September.
    assert "77 days" in page.words
    assert "3/4" in page.words and "75" in page.words
    assert "Attendances 12" in page.words


@given(
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    week=st.integers(1, 5),
    weekday=st.integers(0, 6),
    interval=st.sampled_from((1, 2, 3, 6, 12)),
    stretch=st.tuples(st.integers(0, 400), st.integers(0, 120)),
)
def test_a_plan_loses_no_day(start, week, weekday, interval, stretch):
    schedule = Schedule(from_on=start, week=week, weekday=weekday, interval_months=interval)
    first = start + timedelta(days=stretch[0])
    pause = Pause(from_on=first, until_on=first + timedelta(days=stretch[1]), reason="nước nổi")
    until = start + timedelta(days=365)
    plan = plan_days(schedule, until, [pause])
    assert [each.due_on for each in plan if each.due_on] == due_days(schedule, until)
    for each in plan:
        assert each.regular.weekday() == weekday and each.regular >= start
        assert each.due_on is None or each.due_on >= each.regular
        covered = each.due_on is not None and pause.from_on <= each.due_on <= pause.until_on
        assert (each.pause is pause) == covered
