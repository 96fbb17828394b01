"""Due days against an independent count, meetings held, and the page of a month."""

from calendar import monthcalendar
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from holidays import country_holidays
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Group, GroupKind
from casework.organisation.bodies.operations import open_group
from casework.organisation.meetings.models import Meeting, MeetingStatus, Schedule
from casework.organisation.meetings.operations import (
    due_days,
    excuse,
    hold,
    hold_meeting,
    make_due_meetings,
    set_schedule,
)
from casework.organisation.meetings.queries import count_on_schedule
from tests.cast import Cast

MONDAY, WEDNESDAY = 0, 2


def count_days_by_hand(schedule: Schedule, until: date) -> list[date]:
    """The rule read off the sheets of a calendar, without the program's own arithmetic."""
    found, counted, year, month = [], 0, schedule.from_on.year, schedule.from_on.month
    while (year, month) <= (until.year, until.month):
        column = [week[schedule.weekday] for week in monthcalendar(year, month)]
        dates = [date(year, month, number) for number in column if number]
        due = dates[-1] if schedule.week == 5 else dates[schedule.week - 1]
        if counted > 0 or due >= schedule.from_on:
            if counted % schedule.interval_months == 0:
                while due in country_holidays("VN", years=due.year):
                    due += timedelta(weeks=1)
                found.append(due)
            counted += 1
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return [due for due in found if due <= until]


@settings(deadline=None)  # the first look at a year's holidays takes its time
@given(
    from_on=st.dates(date(2017, 1, 1), date(2035, 12, 31)),
    week=st.integers(1, 5),
    weekday=st.integers(0, 6),
    interval=st.sampled_from([1, 2, 3, 6, 12]),
    days=st.integers(0, 1200),
)
def test_due_days_are_those_of_the_calendar(from_on, week, weekday, interval, days):
    schedule = Schedule(
        group_id=uuid4(), from_on=from_on, week=week, weekday=weekday, interval_months=interval
    )
    until = from_on + timedelta(days=days)
    found = due_days(schedule, until)
    assert found == count_days_by_hand(schedule, until)
    assert len(found) == len(set(found)) and all(from_on <= day <= until for day in found)
    assert all(day.weekday() == weekday for day in found)


def test_a_due_day_in_tet_moves_by_weeks():
    schedule = Schedule(
        group_id=uuid4(), from_on=date(2027, 2, 1), week=1, weekday=4, interval_months=1
    )
    # Friday 5 February 2027 is New Year's Eve of the lunar year; the 12th is none of its holidays.
    assert due_days(schedule, date(2027, 2, 28)) == [date(2027, 2, 12)]


def a_group(
    cast: Cast, unit: str = "a", name: str = "Hoa Sen", on: date = date(2026, 1, 1)
) -> Group:
    group = open_group(cast.units[unit], GroupKind.SELF_HELP, name, by=SYSTEM, on=on)
    db.session.flush()
    set_schedule(group, week=1, weekday=MONDAY, interval_months=1, by=SYSTEM, on=on)
    make_due_meetings(group, date(2026, 12, 31))
    return group


def due_of(group: Group) -> list[date | None]:
    query = select(Meeting.due_on).where(Meeting.group_id == group.id).order_by(Meeting.due_on)
    return list(db.session.scalars(query))


def test_due_meetings_are_made_once(app, cast):
    with app.app_context():
        group = a_group(cast)
        assert len(due_of(group)) == 12
        assert make_due_meetings(group, date(2026, 12, 31)) == 0
        assert make_due_meetings(group, date(2027, 1, 31)) == 1


def test_another_schedule_replaces_what_is_still_open(app, cast):
    with app.app_context():
        group = a_group(cast)
        hold_meeting(group, date(2026, 8, 3), by=SYSTEM)
        set_schedule(
            group, week=2, weekday=WEDNESDAY, interval_months=2, by=SYSTEM, on=date(2026, 7, 1)
        )
        make_due_meetings(group, date(2026, 12, 31))
        assert due_of(group)[6:] == [
            date(2026, 7, 8),
            date(2026, 8, 3),
            date(2026, 9, 9),
            date(2026, 11, 11),
        ]
        with pytest.raises(RuleBroken):
            set_schedule(
                group, week=1, weekday=1, interval_months=1, by=SYSTEM, on=date(2026, 7, 1)
            )


@pytest.mark.parametrize(
    ("held", "answers", "status"),
    [
        (date(2026, 6, 1), date(2026, 6, 1), MeetingStatus.ON_TIME),
        (date(2026, 6, 8), date(2026, 6, 1), MeetingStatus.ON_TIME),
        (date(2026, 5, 25), date(2026, 6, 1), MeetingStatus.ON_TIME),
        (date(2026, 6, 9), date(2026, 6, 1), MeetingStatus.LATE),
        (date(2026, 6, 22), date(2026, 6, 1), MeetingStatus.LATE),
        (date(2026, 6, 23), None, MeetingStatus.ON_TIME),
    ],
)
def test_a_meeting_answers_the_due_one_of_its_window(app, cast, held, answers, status):
    with app.app_context():
        group = a_group(cast)
        meeting = hold_meeting(group, held, by=SYSTEM)
        assert (meeting.due_on, meeting.held_on) == (answers, held)
        assert meeting.status(date(2026, 12, 1)) is status


def test_the_earlier_of_two_as_near_is_answered_and_none_twice(app, cast):
    with app.app_context():
        group = a_group(cast)
        db.session.add(Meeting(unit_id=group.unit_id, group_id=group.id, due_on=date(2026, 6, 7)))
        db.session.flush()
        assert hold_meeting(group, date(2026, 6, 4), by=SYSTEM).due_on == date(2026, 6, 1)
        second = hold_meeting(group, date(2026, 6, 4), by=SYSTEM)
        assert second.due_on == date(2026, 6, 7)
        db.session.flush()
        assert hold_meeting(group, date(2026, 6, 5), by=SYSTEM).due_on is None
        with pytest.raises(RuleBroken):
            hold(second, date(2026, 6, 6), by=SYSTEM)


def test_excused_is_out_of_the_divisor_and_held_can_not_be_excused(app, cast):
    with app.app_context():
        group = a_group(cast)
        hold_meeting(group, date(2026, 1, 5), by=SYSTEM)
        meetings = list(db.session.scalars(select(Meeting).order_by(Meeting.due_on)).all())
        excuse(meetings[1], "Tết", by=SYSTEM)
        with pytest.raises(RuleBroken):
            excuse(meetings[0], "bão", by=SYSTEM)
        with pytest.raises(RuleBroken):
            excuse(meetings[2], "  ", by=SYSTEM)
        counted = count_on_schedule(meetings, date(2026, 4, 8))
        # January held, February excused, March missed; April's window is open, the rest is to come.
        assert (counted.on_time, counted.due, counted.excused) == (1, 2, 1)
        assert counted.still_open == 9


def test_the_month_says_who_met_and_asks_no_confidential_table(app, cast, client_as):
    with app.app_context():
        group = a_group(cast)
        a_group(cast, "b", "Bằng Lăng")
        hold_meeting(group, date(2026, 9, 7), by=SYSTEM)
        hold_meeting(group, date(2026, 9, 20), by=SYSTEM)
        db.session.commit()
    with time_machine.travel(date(2026, 10, 15), tick=False):
        page = client_as("unithead").get("/meetings?month=2026-09")
        assert page.status == 200 and "Hoa Sen" in page.words and "Bằng Lăng" not in page.words
        assert "1 of 1 due" in page.words and "extra" in page.words and "07/09/2026" in page.words
        assert "Bằng Lăng" in client_as("unithead-b").get("/meetings?month=2026-09").words
    confidential = (
        "confidential",
        "group_members",
        "group_sessions",
        "attendances",
        "facilitators",
    )
    assert page.statements and not [
        sql for sql in page.statements if any(name in sql for name in confidential)
    ]


@pytest.mark.parametrize("month", ["", "2026-13", "9999-12", "0000-00", "x", "2026-09-01", "%00"])
def test_a_month_that_is_none_shows_the_current_one(client_as, month):
    assert client_as("volunteer").get(f"/meetings?month={month}").status == 200


@pytest.mark.parametrize("username", ["inspector", "dpo", "admin", "accountant", "manager"])
def test_who_has_no_business_with_meetings_is_refused(client_as, username):
    assert client_as(username).get("/meetings").status == 403
