"""Due meetings come from the schedule; a meeting that is held answers the nearest due one.

A due day is the nth weekday of a month, every n months. When it is a public or lunar holiday of
Vietnam the meeting is due on the same weekday of the next week, and so on until a day that is none.
Months are counted from that of the first such weekday on or after the day the schedule begins.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from holidays import country_holidays
from sqlalchemy import delete, insert, select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, month_end
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import LATEST_DAYS, ON_TIME_DAYS, Meeting, Schedule

LAST_WEEK = 5
WEEK = timedelta(days=7)


def set_schedule(
    group: Group, *, week: int, weekday: int, interval_months: int, by: Actor, on: date
) -> Schedule:
    """The group meets by this schedule from a day on.

    The earlier one ends, and what it still made due from that day on is dropped.
    """
    previous = db.session.scalar(
        select(Schedule).where(Schedule.group_id == group.id, Schedule.until_on.is_(None))
    )
    if previous is not None:
        if on <= previous.from_on:
            raise RuleBroken(_l("The schedule before this one begins later."), field="on")
        previous.until_on = on - timedelta(days=1)
        db.session.execute(
            delete(Meeting).where(
                Meeting.group_id == group.id,
                Meeting.due_on >= on,
                Meeting.held_on.is_(None),
                Meeting.excuse.is_(None),
            )
        )
    schedule = Schedule(
        id=uuid4(),
        group_id=group.id,
        from_on=on,
        week=week,
        weekday=weekday,
        interval_months=interval_months,
    )
    db.session.add(schedule)
    audit.record("meeting.schedule", "group", group.id, by=by, unit_id=group.unit_id)
    return schedule


def make_due_meetings(group: Group, until: date) -> int:
    """Note every meeting due up to a day, inclusive, none twice. Returns how many are new."""
    return make_due_meetings_of([group], until)


def make_due_meetings_of(groups: Sequence[Group], until: date) -> int:
    """The same for many groups, in three statements."""
    by_id = {group.id: group for group in groups}
    schedules = db.session.scalars(select(Schedule).where(Schedule.group_id.in_(by_id))).all()
    known = {
        (group_id, due_on)
        for group_id, due_on in db.session.execute(
            select(Meeting.group_id, Meeting.due_on).where(
                Meeting.group_id.in_(by_id), Meeting.due_on.is_not(None)
            )
        )
    }
    wanted = {
        (group_id, day)
        for schedule in schedules
        if (group_id := schedule.group_id) is not None
        for day in due_days(schedule, min(until, by_id[group_id].active_until or until))
    }
    rows = [
        {"id": uuid4(), "unit_id": by_id[group_id].unit_id, "group_id": group_id, "due_on": day}
        for group_id, day in sorted(wanted - known, key=lambda pair: pair[1])
    ]
    if rows:
        db.session.execute(insert(Meeting), [{**row, "version": 1} for row in rows])
    return len(rows)


def due_days(schedule: Schedule, until: date) -> list[date]:
    """The days the schedule makes meetings due, up to a day, inclusive."""
    last = min(until, schedule.until_on or until)
    found = []
    for regular in _regular_days(schedule, last):
        day = after_holidays(regular)
        if day <= last:
            found.append(day)
    return found


def nth_weekday(month: date, week: int, weekday: int) -> date:
    """The nth weekday (0 Monday … 6 Sunday) of the month a day lies in; week 5 is the last one."""
    if week == LAST_WEEK:
        end = month_end(month.year, month.month)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = month.replace(day=1)
    return first + timedelta(days=(weekday - first.weekday()) % 7) + (week - 1) * WEEK


def after_holidays(day: date) -> date:
    """The day itself, or the same weekday of the first week in which it is no holiday."""
    while _is_holiday(day):
        day += WEEK
    return day


def hold_meeting(group: Group, on: date, *, by: Actor) -> Meeting:
    """The group met on a day, which answers the nearest meeting due then.

    A meeting may be held up to seven days early and is answered up to three weeks late. Of two as
    near it is the earlier one; where none is open a meeting is noted that was not due.
    """
    earliest, latest = on - timedelta(days=LATEST_DAYS), on + timedelta(days=ON_TIME_DAYS)
    nearby = db.session.scalars(
        select(Meeting).where(
            Meeting.group_id == group.id,
            Meeting.held_on.is_(None),
            Meeting.excuse.is_(None),
            Meeting.due_on.between(earliest, latest),
        )
    ).all()
    dated = [(abs((m.due_on - on).days), m.due_on, m) for m in nearby if m.due_on is not None]
    if dated:
        meeting = min(dated, key=lambda found: found[:2])[2]
    else:
        meeting = Meeting(id=uuid4(), unit_id=group.unit_id, group_id=group.id)
        db.session.add(meeting)
    hold(meeting, on, by=by)
    return meeting


def hold(meeting: Meeting, on: date, *, by: Actor) -> None:
    """This very meeting was held on a day. Raises RuleBroken when it was held before."""
    if meeting.held_on is not None:
        raise RuleBroken(_l("This meeting was held already."), field="on")
    meeting.held_on = on
    audit.record("meeting.hold", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def excuse(meeting: Meeting, reason: str, *, by: Actor) -> None:
    """A due meeting is postponed for a reason (Tết, a storm): it no longer counts as due."""
    if meeting.due_on is None or meeting.held_on is not None:
        raise RuleBroken(_l("Only a due meeting that was not held can be excused."))
    if not reason.strip():
        raise RuleBroken(_l("Say why the meeting is postponed."), field="excuse")
    meeting.excuse = reason.strip()
    audit.record("meeting.excuse", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def _regular_days(schedule: Schedule, last: date) -> Iterator[date]:
    month = schedule.from_on.replace(day=1)
    if nth_weekday(month, schedule.week, schedule.weekday) < schedule.from_on:
        month = add_months(month, 1)
    while month <= last:
        yield nth_weekday(month, schedule.week, schedule.weekday)
        month = add_months(month, schedule.interval_months)


def _is_holiday(day: date) -> bool:
    return day in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("VN", years=year))
