"""Meetings that were held, their minutes, and those that are postponed.

A meeting that is held answers the nearest due one. What is corrected or taken back stays readable.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, now, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.documents.operations import keep_with
from casework.organisation.history.operations import keep_revision
from casework.organisation.meetings.calendar import covering
from casework.organisation.meetings.models import Circle, Meeting, Minutes
from casework.organisation.meetings.queries import MeetingLine, key_of, of_circle, pauses_of
from casework.organisation.meetings.schedules import MONTHS_AHEAD, make_due_ahead
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit

MOST_PRESENT, OLDEST_MONTHS = 5000, 60
# Nothing is due early by more than this, whatever a province sets.
WIDEST_WINDOW = timedelta(days=62)


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
        meeting = Meeting(id=uuid4(), unit_id=of.unit_id, **key_of(of))
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
    db.session.refresh(logged.of, with_for_update={"key_share": True})
    make_due_ahead([logged.of])
    found = Diary([logged.of], logged.on, logged.on).take(logged)
    return keep_meeting(logged, found, by=by)


def keep_meeting(logged: Logged, found: Meeting | None, *, by: Actor) -> Meeting:
    """The meeting is held, with its minutes; it answers the due one that was found, or is extra."""
    if found is None:
        found = Meeting(id=uuid4(), unit_id=logged.of.unit_id, **key_of(logged.of))
        db.session.add(found)
    hold(found, logged.on, by=by)
    if logged.has_minutes:
        names = ("present", "content", "resolutions")
        _new_minutes(found, {name: getattr(logged, name) for name in names}, by)
    return found


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


def undo_meeting(line: MeetingLine, reason: str, *, by: Actor, by_approver: bool) -> None:
    """The meeting was logged wrongly: it was not held. What it and its minutes said is kept.

    A due one is due again, or excused where a pause covers its day. Once its minutes are approved
    only who may approve them takes it back.
    """
    meeting, minutes = line.meeting, line.minutes
    if minutes is not None and minutes.approved_at is not None and not by_approver:
        raise RuleBroken(_l("Its minutes are approved: only the unit head takes it back."))
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
    pause = covering(pauses, meeting.due_on) if meeting.due_on else None
    if pause is not None:
        meeting.excuse, meeting.pause_id = pause.reason, pause.id
    audit.record("meeting.undo", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def excuse(meeting: Meeting, reason: str, *, by: Actor) -> None:
    """A due meeting is postponed for a reason (Tết, a storm): it no longer counts as due.

    An earlier reason is kept; where a pause gave it, the meeting stays postponed without the pause.
    """
    if meeting.due_on is None or meeting.held_on is not None:
        raise RuleBroken(_l("Only a due meeting that was not held can be excused."))
    if not reason.strip():
        raise RuleBroken(_l("Say why the meeting is postponed."), field="excuse")
    if meeting.excuse:
        keep_revision(meeting, "meeting", by=by)
    meeting.excuse, meeting.pause_id = reason.strip(), None
    audit.record("meeting.excuse", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


def expect_again(meeting: Meeting, *, by: Actor) -> None:
    """An excuse is taken back: the meeting is due after all. What it said is kept."""
    if not meeting.excuse or meeting.held_on is not None:
        raise RuleBroken(_l("This meeting is not postponed."))
    keep_revision(meeting, "meeting", by=by)
    meeting.excuse = meeting.pause_id = None
    audit.record("meeting.expect", "meeting", meeting.id, by=by, unit_id=meeting.unit_id)


@keep_with("minutes")
def _are_approved(meeting_id: UUID) -> bool:
    minutes = db.session.get(Minutes, meeting_id)
    return minutes is not None and minutes.approved_at is not None


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
