"""Reading meetings: due, held, and the one definition of "on schedule"."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from casework.authz.enforce import Access
from casework.core.clock import month_end
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.bodies.models import Body, Group
from casework.organisation.meetings.models import Circle, Meeting, MeetingStatus, Pause, Schedule
from casework.organisation.units.models import Succession, Unit


@dataclass(frozen=True, slots=True)
class OnSchedule:
    """Held on time ÷ due. Excused meetings and those still open are out of the divisor."""

    on_time: int
    due: int
    excused: int
    still_open: int


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting in the list of a month."""

    meeting: Meeting
    group: Group
    unit: Unit

    @property
    def on(self) -> date | None:
        """The day it is listed under."""
        return self.meeting.due_on or self.meeting.held_on


def list_meetings(access: Access, month: date) -> Sequence[MeetingLine]:
    """Meetings of the units reached: due in a month, or held in it without having been due."""
    first, last = month.replace(day=1), month_end(month.year, month.month)
    query = (
        select(Meeting, Group, Unit)
        .join(Group, Group.id == Meeting.group_id)
        .join(Unit, Unit.id == Meeting.unit_id)
        .where(access.within(Meeting.unit_id, Unit.province_id))
        .where(
            or_(
                Meeting.due_on.between(first, last),
                Meeting.due_on.is_(None) & Meeting.held_on.between(first, last),
            )
        )
    )
    lines = [MeetingLine(*row) for row in db.session.execute(query)]
    return sorted(lines, key=lambda line: (line.on or first, words_key(line.group.name)))


def count_on_schedule(meetings: Iterable[Meeting], on: date) -> OnSchedule:
    """How well due meetings were kept, as it stands on a day. Extra ones are left out."""
    statuses = [meeting.status(on) for meeting in meetings if meeting.due_on is not None]
    excused = statuses.count(MeetingStatus.EXCUSED)
    still_open = statuses.count(MeetingStatus.DUE)
    return OnSchedule(
        on_time=statuses.count(MeetingStatus.ON_TIME),
        due=len(statuses) - excused - still_open,
        excused=excused,
        still_open=still_open,
    )


def find_schedule(of: Circle, on: date) -> Schedule | None:
    """The schedule of a body or a group on a day; before its first day the one to come."""
    query = (
        select(Schedule)
        .where(of_circle(Schedule, of), or_(Schedule.until_on.is_(None), Schedule.until_on >= on))
        .order_by(Schedule.from_on)
        .limit(1)
    )
    return db.session.scalar(query)


def get_meeting(group: Group, meeting_id: UUID) -> Meeting:
    """A meeting of this group. Raises OutOfReach."""
    meeting = db.session.scalar(
        select(Meeting).where(Meeting.group_id == group.id, Meeting.id == meeting_id)
    )
    if meeting is None:
        raise OutOfReach
    return meeting


def of_circle(kind: type[Meeting] | type[Schedule], of: Circle) -> ColumnElement[bool]:
    """The meetings or schedules of a body or a group."""
    return kind.body_id == of.id if isinstance(of, Body) else kind.group_id == of.id


def pauses_of(unit_ids: Collection[UUID]) -> dict[UUID, list[Pause]]:
    """The pauses that hold for units: their own, their successors' and their provinces'."""
    found: dict[UUID, list[Pause]] = {unit_id: [] for unit_id in unit_ids}
    line = (
        select(Unit.id.label("first_id"), Unit.id.label("unit_id"))
        .where(Unit.id.in_(unit_ids))
        .cte("line", recursive=True)
    )
    later = select(line.c.first_id, Succession.successor_id).join(
        Succession, Succession.predecessor_id == line.c.unit_id
    )
    line = line.union(later)
    query = (
        select(line.c.first_id, Pause)
        .join(Unit, Unit.id == line.c.unit_id)
        .join(Pause, or_(Pause.unit_id == Unit.id, Pause.unit_id == Unit.province_id))
        .where(~Pause.is_withdrawn)
        .order_by(Pause.recorded_at)
    )
    for unit_id, pause in db.session.execute(query):
        found[unit_id].append(pause)
    return found
