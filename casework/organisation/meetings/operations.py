"""Due meetings come from the schedule; a meeting that is held answers the nearest due one.

A due day is the nth weekday of a month, every n months. When it is a public or lunar holiday of
Vietnam the meeting is due on the same weekday of the next week, and so on until a day that is none;
where four weeks on end are holidays that month has no meeting. Months are counted from that of the
first such weekday on or after the day the schedule begins.

What a pause covers is excused with its reason, when the pause is declared or when the meeting is
made due, and is due again when the pause is corrected.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from holidays import country_holidays
from sqlalchemy import delete, insert, or_, select, update

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, month_end, now, today
from casework.core.database import db
from casework.core.forms import LONG, RuleBroken
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.organisation.bodies.models import Body
from casework.organisation.history.operations import keep_revision
from casework.organisation.meetings.models import (
    Circle,
    Meeting,
    Minutes,
    Pause,
    PauseKind,
    Schedule,
)
from casework.organisation.meetings.queries import MeetingLine, of_circle, pauses_of
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors

LAST_WEEK = 5
WEEK = timedelta(days=7)
MOST_WEEKS_MOVED = 4
MONTHS_AHEAD, OLDEST_MONTHS = 12, 60
LONGEST_PAUSE = 366
MOST_PRESENT = 5000
COLUMNS = ("body_or_group", "held_on", "present", "content", "resolutions")
"""What a sheet of meetings must have; `extra` may stand beside them."""
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


@dataclass(frozen=True, slots=True)
class Logged:
    """A meeting about to be noted: who met when, and what the minutes say, if they are there."""

    of: Circle
    on: date
    extra: bool = False
    present: int | None = None
    content: str = ""
    resolutions: str = ""

    @property
    def has_minutes(self) -> bool:
        """Whether minutes come along; else they follow."""
        return self.present is not None and bool(self.content)


class Diary:
    """What is known of some bodies and groups around the days that are being logged.

    One day has one meeting of a body or group at most, and a due meeting is answered once: what
    is found for one meeting is taken for the next.
    """

    def __init__(self, circles: Collection[Circle], first: date, last: date) -> None:
        self._latest = {unit: latest_days(unit) for unit in {of.unit_id for of in circles}}
        self._open: dict[UUID | None, list[Meeting]] = defaultdict(list)
        self._held: set[tuple[UUID | None, date]] = set()
        ids = [of.id for of in circles]
        earliest = first - timedelta(days=max(self._latest.values(), default=0))
        query = select(Meeting).where(
            or_(Meeting.body_id.in_(ids), Meeting.group_id.in_(ids)),
            or_(
                Meeting.due_on.between(earliest, add_months(today(), MONTHS_AHEAD)),
                Meeting.held_on.between(first, last),
            ),
        )
        for meeting in db.session.scalars(query):
            if meeting.held_on is not None:
                self._held.add((meeting.circle_id, meeting.held_on))
            elif not meeting.excuse:
                self._open[meeting.circle_id].append(meeting)

    def take(self, logged: Logged) -> Meeting | None:
        """The due meeting that this one answers; None for an extra one. Raises RuleBroken."""
        of, on = logged.of, logged.on
        _check_day(of, on)
        if (of.id, on) in self._held:
            raise RuleBroken(
                _l("A meeting of this day is already logged. Open it to correct it."), field="on"
            )
        found = None if logged.extra else self._find(of, on)
        self._held.add((of.id, on))
        if found is not None:
            self._open[of.id].remove(found)
        return found

    def _find(self, of: Circle, on: date) -> Meeting | None:
        found = answered(self._open[of.id], on, self._latest[of.unit_id])
        if found is not None:
            return found
        days = [m.due_on for m in self._open[of.id] if m.due_on and m.due_on > on]
        if days:
            raise RuleBroken(
                _l(
                    "Not due yet: the next meeting is due on %(day)s. "
                    "If this one was held besides it, log it as an extra meeting.",
                    day=f"{min(days):%d/%m/%Y}",
                ),
                field="on",
            )
        return None


def log_meeting(logged: Logged, *, by: Actor) -> Meeting:
    """A meeting that was held, with its minutes where they are there. Raises RuleBroken for a day
    that has one, or on which none was due and it is not said to be an extra one.
    """
    # Two forms of the same day wait for each other here; SQLite has one writer anyway.
    db.session.refresh(logged.of, with_for_update=True)
    make_due_meetings(logged.of, add_months(today(), MONTHS_AHEAD))
    found = Diary([logged.of], logged.on, logged.on).take(logged)
    return _keep(logged, found, by=by)


def import_meetings(
    rows: Sequence[SheetRow], circles: Sequence[Circle], *, by: Actor, dry_run: bool = False
) -> Sequence[tuple[Logged, bool]]:
    """Log the meetings of a sheet: all of them, or none when a row is wrong.

    Returns each with whether it answers a due one. A dry run checks everything and writes nothing.
    Raises SheetRefused.
    """
    names = defaultdict(list)
    for of in circles:
        names[fold(of.name)].append(of)
    logged, faults = _read_rows(rows, names)
    if not dry_run:
        known = {each.of.id: each.of for _, each in logged}
        make_due_meetings_of(list(known.values()), add_months(today(), MONTHS_AHEAD))
    answers = _take_all(logged, faults)
    if faults:
        raise SheetRefused(sorted(faults, key=lambda fault: fault.row))
    if not dry_run:
        for each, found in answers:
            _keep(each, found, by=by)
    return [(each, found is not None) for each, found in answers]


def write_minutes(
    line: MeetingLine, *, present: int, content: str, resolutions: str, by: Actor
) -> Minutes:
    """The minutes of a meeting that was held, or a correction of them: what they said is kept, and
    an approval is gone.
    """
    meeting, minutes = line.meeting, line.minutes
    if meeting.held_on is None:
        raise RuleBroken(_l("Minutes belong to a meeting that was held."))
    values = {"present": present, "content": content, "resolutions": resolutions}
    if minutes is None:
        minutes = _new_minutes(meeting, values, by)
        audit.record("minutes.write", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)
        return minutes
    keep_revision(minutes, "minutes", by=by)
    for name, value in values.items():
        setattr(minutes, name, value)
    minutes.approved_by = minutes.approved_at = None
    audit.record("minutes.correct", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)
    return minutes


def approve_minutes(minutes: Minutes, *, by: Actor) -> None:
    """The unit head stands for what the minutes say. Raises RuleBroken for the second time."""
    if minutes.approved_at is not None:
        raise RuleBroken(_l("These minutes are approved already."))
    minutes.approved_by, minutes.approved_at = by.id, now()
    audit.record("minutes.approve", "meeting", minutes.meeting_id, by=by, unit_id=minutes.unit_id)


def undo_meeting(line: MeetingLine, reason: str, *, by: Actor) -> None:
    """The meeting was logged wrongly: it was not held. What it and its minutes said is kept.

    A due one is due again, or excused where a pause covers its day.
    """
    meeting, minutes = line.meeting, line.minutes
    if meeting.held_on is None:
        raise RuleBroken(_l("This meeting is not logged as held."))
    said = {}
    if minutes is not None:
        names = ("present", "content", "resolutions")
        said = {name: str(getattr(minutes, name)) for name in names}
        db.session.delete(minutes)
    keep_revision(meeting, "meeting", by=by, reason=reason, **said)
    meeting.held_on = meeting.recorded_by = None
    pauses = pauses_of([meeting.unit_id])[meeting.unit_id]
    pause = _covering(pauses, meeting.due_on) if meeting.due_on else None
    if pause is not None:
        meeting.excuse, meeting.pause_id = pause.reason, pause.id
    audit.record("meeting.undo", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def expect_again(meeting: Meeting, *, by: Actor) -> None:
    """An excuse is taken back: the meeting is due after all. What it said is kept."""
    if not meeting.excuse or meeting.held_on is not None:
        raise RuleBroken(_l("This meeting is not postponed."))
    keep_revision(meeting, "meeting", by=by)
    meeting.excuse = meeting.pause_id = None
    audit.record("meeting.expect", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def declare_pause(
    unit: Unit, *, kind: PauseKind, from_on: date, until_on: date, reason: str, by: Actor
) -> Pause:
    """Nobody of a unit, or of a province, is expected to meet from a day until a day.

    What is due then and was not held is excused at once. Raises RuleBroken.
    """
    _check_stretch(from_on, until_on)
    pause = Pause(
        id=uuid4(),
        unit_id=unit.id,
        kind=kind,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        recorded_by=by.id,
    )
    db.session.add(pause)
    db.session.flush()
    _excuse_within(pause, unit)
    audit.record("pause.declare", "pause", pause.id, by=by, unit_id=unit.id)
    return pause


def correct_pause(
    pause: Pause,
    *,
    kind: PauseKind,
    from_on: date,
    until_on: date,
    reason: str,
    is_withdrawn: bool,
    by: Actor,
) -> None:
    """Other days or another reason. What the pause alone excused is due again when it is left out;
    what another pause covers stays excused. What the pause said is kept.
    """
    _check_stretch(from_on, until_on)
    keep_revision(pause, "pause", by=by)
    pause.kind, pause.from_on, pause.until_on = kind, from_on, until_on
    pause.reason, pause.is_withdrawn = reason, is_withdrawn
    db.session.flush()
    db.session.execute(
        update(Meeting)
        .where(Meeting.pause_id == pause.id, Meeting.held_on.is_(None))
        .values(excuse=None, pause_id=None, version=Meeting.version + 1)
    )
    unit = db.session.get_one(Unit, pause.unit_id)
    others = (
        select(Pause, Unit)
        .join(Unit, Unit.id == Pause.unit_id)
        .where(Unit.province_id == unit.province_id, ~Pause.is_withdrawn)
        .order_by(Pause.id != pause.id, Pause.recorded_at)
    )
    for each, where in db.session.execute(others).all():
        _excuse_within(each, where)
    audit.record("pause.correct", "pause", pause.id, by=by, unit_id=pause.unit_id)


def excuse(meeting: Meeting, reason: str, *, by: Actor) -> None:
    """A due meeting is postponed for a reason (Tết, a storm): it no longer counts as due."""
    if meeting.due_on is None or meeting.held_on is not None:
        raise RuleBroken(_l("Only a due meeting that was not held can be excused."))
    if not reason.strip():
        raise RuleBroken(_l("Say why the meeting is postponed."), field="excuse")
    meeting.excuse = reason.strip()
    audit.record("meeting.excuse", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def _excuse_within(pause: Pause, unit: Unit) -> None:
    units = (
        select(Unit.id).where(Unit.province_id == unit.id)
        if unit.is_province
        else list_ids_with_predecessors([unit.id])
    )
    db.session.execute(
        update(Meeting)
        .where(
            Meeting.unit_id.in_(units),
            Meeting.due_on.between(pause.from_on, pause.until_on),
            Meeting.held_on.is_(None),
            Meeting.excuse.is_(None),
        )
        .values(excuse=pause.reason, pause_id=pause.id, version=Meeting.version + 1)
    )


def _check_stretch(from_on: date, until_on: date) -> None:
    if until_on < from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    if (until_on - from_on).days > LONGEST_PAUSE:
        raise RuleBroken(_l("A pause is at most a year long."), field="until_on")


def _check_day(of: Circle, on: date) -> None:
    if on > today():
        raise RuleBroken(
            _l("This day has not come yet. Log a meeting once it was held."), field="on"
        )
    if on < of.active_from:
        day = f"{of.active_from:%d/%m/%Y}"
        raise RuleBroken(_l("This body or group exists from %(day)s on.", day=day), field="on")
    if of.active_until is not None and on > of.active_until:
        day = f"{of.active_until:%d/%m/%Y}"
        raise RuleBroken(_l("This body or group ended on %(day)s.", day=day), field="on")


def _keep(logged: Logged, found: Meeting | None, *, by: Actor) -> Meeting:
    if found is None:
        found = Meeting(id=uuid4(), unit_id=logged.of.unit_id, **_key_of(logged.of))
        db.session.add(found)
    hold(found, logged.on, by=by)
    if logged.has_minutes:
        names = ("present", "content", "resolutions")
        _new_minutes(found, {name: getattr(logged, name) for name in names}, by)
    return found


def _new_minutes(meeting: Meeting, values: dict[str, Any], by: Actor) -> Minutes:
    db.session.flush()
    minutes = Minutes(
        id=meeting.id,
        meeting_id=meeting.id,
        unit_id=meeting.unit_id,
        recorded_by=by.id,
        **values,
    )
    db.session.add(minutes)
    return minutes


def _take_all(
    logged: Sequence[tuple[SheetRow, Logged]], faults: list[Fault]
) -> list[tuple[Logged, Meeting | None]]:
    days = [each.on for _, each in logged]
    if not days:
        return []
    answers = []
    diary = Diary([each.of for _, each in logged], min(days), max(days))
    for row, each in logged:
        try:
            answers.append((each, diary.take(each)))
        except RuleBroken as broken:
            faults.append(Fault(row.number, "held_on", str(broken.message)))
    return answers


def _read_rows(
    rows: Iterable[SheetRow], names: Mapping[str, list[Circle]]
) -> tuple[list[tuple[SheetRow, Logged]], list[Fault]]:
    logged, faults = [], []
    for row in rows:
        wrong = list(_faults_of(row, names))
        if wrong:
            faults += [Fault(row.number, column, str(reason)) for column, reason in wrong]
            continue
        told = Logged(
            names[fold(row["body_or_group"])][0],
            day_of(row["held_on"]),
            extra=bool(row["extra"]),
            present=int(row["present"]) if row["present"] else None,
            content=row["content"],
            resolutions=row["resolutions"],
        )
        logged.append((row, told))
    return logged, faults


def _faults_of(row: SheetRow, names: Mapping[str, list[Circle]]) -> Iterator[tuple[str, Any]]:
    found = names.get(fold(row["body_or_group"]), [])
    if len(found) != 1:
        yield (
            "body_or_group",
            _l("Two are called so: log this meeting by hand.")
            if found
            else _l("No body or open group of your unit is called so."),
        )
    try:
        if day_of(row["held_on"]) < add_months(today(), -OLDEST_MONTHS):
            yield "held_on", _l("This date is too long ago.")
    except ValueError:
        yield "held_on", _l("Not a date. Write day/month/year, such as 05/02/2026.")
    yield from _faults_of_minutes(row)


def _faults_of_minutes(row: SheetRow) -> Iterator[tuple[str, Any]]:
    present, content = row["present"], row["content"]
    if present and not (
        present.isdecimal() and len(present) < 9 and 0 < int(present) <= MOST_PRESENT
    ):
        yield "present", _l("A number from %(min)s to %(max)s.", min=1, max=MOST_PRESENT)
    if not present and (content or row["resolutions"]):
        yield "present", _l("Minutes need the number present and what was discussed.")
    if not content and (present or row["resolutions"]):
        yield "content", _l("Minutes need the number present and what was discussed.")
    for column in ("content", "resolutions"):
        if len(row[column]) > LONG:
            yield column, _l("At most %(max)d characters.", max=LONG)


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
