"""Due meetings come from the schedule; a meeting that is held answers the nearest due one.

A due day is the nth weekday of a month, every n months. When it is a public or lunar holiday of
Vietnam the meeting is due on the same weekday of the next week, and so on until a day that is none;
where four weeks on end are holidays that month has no meeting. Months are counted from that of the
first such weekday on or after the day the schedule begins.

What a pause covers is excused with its reason, when the pause is declared or when the meeting is
made due, and is due again when the pause is corrected.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from holidays import country_holidays
from sqlalchemy import delete, insert, or_, select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, month_end, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body
from casework.organisation.meetings.models import Circle, Meeting, Pause, Schedule
from casework.organisation.meetings.queries import of_circle, pauses_of
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit

LAST_WEEK = 5
WEEK = timedelta(days=7)
MOST_WEEKS_MOVED = 4
# Nothing is due early by more than this, whatever a province sets.
WIDEST_WINDOW = timedelta(days=62)


def set_schedule(
    of: Circle,
    *,
    week: int,
    weekday: int,
    interval_months: int,
    by: Actor,
    on: date,
    regulation_id: UUID | None = None,
) -> Schedule:
    """The body or the group meets by this schedule from a day on.

    The earlier one ends, and what it still made due from that day on is dropped. Raises RuleBroken
    when the earlier one begins later, and when a whole round of the schedule falls on holidays.
    """
    previous = db.session.scalar(
        select(Schedule).where(of_circle(Schedule, of), Schedule.until_on.is_(None))
    )
    if previous is not None and on <= previous.from_on:
        raise RuleBroken(_l("The schedule before this one begins later."), field="on")
    schedule = Schedule(
        id=uuid4(),
        **_key_of(of),
        regulation_id=regulation_id,
        from_on=on,
        week=week,
        weekday=weekday,
        interval_months=interval_months,
    )
    if not due_days(schedule, add_months(on, max(12, interval_months) + 1)):
        raise RuleBroken(
            _l("Meetings of this schedule would fall on holidays only. Choose another day."),
            field="weekday",
        )
    if previous is not None:
        previous.until_on = on - timedelta(days=1)
        db.session.execute(
            delete(Meeting).where(
                of_circle(Meeting, of),
                Meeting.due_on >= on,
                Meeting.held_on.is_(None),
                or_(Meeting.excuse.is_(None), Meeting.pause_id.is_not(None)),
            )
        )
    db.session.add(schedule)
    kind = "body" if isinstance(of, Body) else "group"
    audit.record("meeting.schedule", kind, of.id, by=by, unit_id=of.unit_id)
    return schedule


def make_due_meetings(of: Circle, until: date) -> int:
    """Note every meeting due up to a day, inclusive, none twice. Returns how many are new."""
    return make_due_meetings_of([of], until)


def make_due_meetings_of(circles: Sequence[Circle], until: date) -> int:
    """The same for many bodies and groups, in two statements, and in four more when some are new.

    Each gets the on-time window that its province has set today.
    """
    by_id = {circle.id: circle for circle in circles}
    schedules = db.session.scalars(
        select(Schedule).where(or_(Schedule.group_id.in_(by_id), Schedule.body_id.in_(by_id)))
    ).all()
    known = {
        (body_id or group_id, due_on)
        for body_id, group_id, due_on in db.session.execute(
            select(Meeting.body_id, Meeting.group_id, Meeting.due_on).where(
                or_(Meeting.group_id.in_(by_id), Meeting.body_id.in_(by_id)),
                Meeting.due_on.is_not(None),
            )
        )
    }
    wanted = {
        (circle_id, day)
        for schedule in schedules
        if (circle_id := schedule.body_id or schedule.group_id) is not None
        for day in due_days(schedule, min(until, by_id[circle_id].active_until or until))
    }
    new = sorted(wanted - known, key=lambda pair: (pair[1], pair[0].hex))
    if new:
        db.session.execute(insert(Meeting), _due_rows([(by_id[i], day) for i, day in new]))
    return len(new)


def due_days(schedule: Schedule, until: date) -> list[date]:
    """The days the schedule makes meetings due, up to a day, inclusive."""
    last = min(until, schedule.until_on or until)
    found = []
    for regular in _regular_days(schedule, last):
        day = after_holidays(regular)
        if day is not None and day <= last:
            found.append(day)
    return found


def nth_weekday(month: date, week: int, weekday: int) -> date:
    """The nth weekday (0 Monday … 6 Sunday) of the month a day lies in; week 5 is the last one."""
    if week == LAST_WEEK:
        end = month_end(month.year, month.month)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = month.replace(day=1)
    return first + timedelta(days=(weekday - first.weekday()) % 7) + (week - 1) * WEEK


def after_holidays(day: date) -> date | None:
    """The day itself, or the same weekday of the first week in which it is no holiday; None when
    it is one for four weeks more.
    """
    weeks = (day + moved * WEEK for moved in range(MOST_WEEKS_MOVED + 1))
    return next((each for each in weeks if not is_holiday(each)), None)


def is_holiday(day: date) -> bool:
    """Whether a day is a public or lunar holiday of Vietnam."""
    return day in _holidays(day.year)


def hold_meeting(of: Circle, on: date, *, by: Actor) -> Meeting:
    """The body or the group met on a day, which answers the nearest meeting due then.

    A meeting may be held as early as its window lets it and is answered up to three weeks late (a
    setting). Of two as near it is the earlier one; where none is open a meeting is noted that was
    not due.
    """
    latest = latest_days(of.unit_id)
    nearby = db.session.scalars(
        select(Meeting).where(
            of_circle(Meeting, of),
            Meeting.due_on.between(on - timedelta(days=latest), on + WIDEST_WINDOW),
        )
    ).all()
    meeting = answered(nearby, on, latest)
    if meeting is None:
        meeting = Meeting(id=uuid4(), unit_id=of.unit_id, **_key_of(of))
        db.session.add(meeting)
    hold(meeting, on, by=by)
    return meeting


def latest_days(unit_id: UUID) -> int:
    """How many days late a meeting of a unit may answer a due one."""
    unit = db.session.get_one(Unit, unit_id)
    return number_of(Setting.LATEST_DAYS, unit.province_id, today())


def answered(meetings: Iterable[Meeting], on: date, latest: int) -> Meeting | None:
    """Which open due meeting is answered by one held on a day: the nearest, else the earlier."""
    dated = [
        (abs((meeting.due_on - on).days), meeting.due_on, meeting)
        for meeting in meetings
        if meeting.due_on is not None
        and meeting.held_on is None
        and not meeting.excuse
        and -meeting.window_days <= (on - meeting.due_on).days <= latest
    ]
    return min(dated, key=lambda found: found[:2])[2] if dated else None


def hold(meeting: Meeting, on: date, *, by: Actor) -> None:
    """This very meeting was held on a day. Raises RuleBroken when it was held before."""
    if meeting.held_on is not None:
        raise RuleBroken(_l("This meeting was held already."), field="on")
    meeting.held_on, meeting.recorded_by = on, by.id
    audit.record("meeting.hold", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def excuse(meeting: Meeting, reason: str, *, by: Actor) -> None:
    """A due meeting is postponed for a reason (Tết, a storm): it no longer counts as due."""
    if meeting.due_on is None or meeting.held_on is not None:
        raise RuleBroken(_l("Only a due meeting that was not held can be excused."))
    if not reason.strip():
        raise RuleBroken(_l("Say why the meeting is postponed."), field="excuse")
    meeting.excuse = reason.strip()
    audit.record("meeting.excuse", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def _due_rows(due: Sequence[tuple[Circle, date]]) -> list[dict[str, object]]:
    unit_ids = {circle.unit_id for circle, _ in due}
    provinces = dict(
        db.session.execute(select(Unit.id, Unit.province_id).where(Unit.id.in_(unit_ids))).all()
    )
    windows = {
        province: number_of(Setting.ON_TIME_DAYS, province, today())
        for province in set(provinces.values())
    }
    pauses = pauses_of(unit_ids)
    rows: list[dict[str, object]] = []
    for circle, day in due:
        pause = _covering(pauses[circle.unit_id], day)
        rows.append(
            {
                "id": uuid4(),
                "unit_id": circle.unit_id,
                "group_id": None,
                "body_id": None,
                **_key_of(circle),
                "due_on": day,
                "window_days": windows[provinces[circle.unit_id]],
                "excuse": pause.reason if pause else None,
                "pause_id": pause.id if pause else None,
                "version": 1,
            }
        )
    return rows


def _covering(pauses: Iterable[Pause], day: date) -> Pause | None:
    return next((pause for pause in pauses if pause.from_on <= day <= pause.until_on), None)


def _key_of(of: Circle) -> dict[str, UUID]:
    return {"body_id" if isinstance(of, Body) else "group_id": of.id}


def _regular_days(schedule: Schedule, last: date) -> Iterator[date]:
    month = schedule.from_on.replace(day=1)
    if nth_weekday(month, schedule.week, schedule.weekday) < schedule.from_on:
        month = add_months(month, 1)
    while month <= last:
        yield nth_weekday(month, schedule.week, schedule.weekday)
        month = add_months(month, schedule.interval_months)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("VN", years=year))
