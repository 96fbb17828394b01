"""Reading meetings, who meets, their schedules, and the pauses that hold for them.

Meetings keep the unit as it was: whoever works in a merged unit reads what its predecessors left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, func, or_, select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.core.clock import last_year_to, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Body, Group
from casework.organisation.bodies.queries import active_on
from casework.organisation.meetings.models import Circle, Meeting, Minutes, Pause, Schedule
from casework.organisation.units.models import Succession, Unit
from casework.organisation.units.queries import reached


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting in a list, with who meets and its minutes."""

    meeting: Meeting
    body: Body | None
    group: Group | None
    unit: Unit
    minutes: Minutes | None

    @property
    def circle(self) -> Circle:
        """The body or the group that meets: a meeting is of one of them."""
        return cast(Circle, self.body or self.group)

    @property
    def on(self) -> date | None:
        """The day it is listed under."""
        return self.meeting.due_on or self.meeting.held_on

    @property
    def is_confidential(self) -> bool:
        """Whether its session is kept by those who lead the group, and not here."""
        return self.group is not None and self.group.is_confidential

    @property
    def lacks_minutes(self) -> bool:
        """Whether it was held and nobody wrote minutes."""
        return bool(self.meeting.held_on and not self.minutes and not self.is_confidential)


def list_meetings(
    unit_ids: Sequence[UUID], first: date, last: date, circle_id: UUID | None = None
) -> list[MeetingLine]:
    """Meetings of units: due in a stretch of days, or held in it without having been due.

    What was due after a body or group ended is left out.
    """
    ended = func.coalesce(Body.active_until, Group.active_until, type_=Date)
    query = _lines().where(
        Meeting.unit_id.in_(unit_ids),
        _listed_between(first, last),
        or_(Meeting.held_on.is_not(None), ended.is_(None), Meeting.due_on <= ended),
    )
    if circle_id is not None:
        query = query.where(or_(Meeting.body_id == circle_id, Meeting.group_id == circle_id))
    lines = [MeetingLine(*row) for row in db.session.execute(query)]
    return sorted(lines, key=lambda line: (line.on or first, words_key(line.circle.name)))


def list_missing_minutes(unit_ids: Sequence[UUID], since: date) -> list[MeetingLine]:
    """Meetings of bodies and open groups held since a day without minutes, the oldest first."""
    query = (
        _lines()
        .where(Meeting.unit_id.in_(unit_ids), Meeting.held_on >= since, Minutes.id.is_(None))
        .where(or_(Group.id.is_(None), Group.kind.not_in(CONFIDENTIAL_KINDS)))
        .order_by(Meeting.held_on)
    )
    return [MeetingLine(*row) for row in db.session.execute(query)]


def get_line(access: Access, meeting_id: UUID) -> MeetingLine:
    """A meeting within reach, whoever noted it. Raises OutOfReach."""
    row = db.session.execute(
        _lines().where(Meeting.id == meeting_id, _within(_with_own(access)))
    ).first()
    if row is None:
        raise OutOfReach
    return MeetingLine(*row)


def get_open_line(access: Access, meeting_id: UUID) -> MeetingLine:
    """A meeting within reach whose minutes stand here. Raises OutOfReach for a confidential one."""
    line = get_line(access, meeting_id)
    if line.is_confidential:
        raise OutOfReach
    return line


def may_correct(access: Access | None, line: MeetingLine) -> bool:
    """Whether an account may change what the meeting says: a unit head all of the unit, others
    what they noted themselves.
    """
    if access is None or line.is_confidential:
        return False
    if _noted_by(line) == access.account_id:
        return True
    query = select(Unit.id).where(Unit.id == line.meeting.unit_id, _within(access))
    return db.session.scalar(query) is not None


def get_line_to_correct(access: Access, meeting_id: UUID) -> MeetingLine:
    """A meeting whose record this account may change. Raises OutOfReach."""
    line = get_open_line(access, meeting_id)
    if not may_correct(access, line):
        raise OutOfReach
    return line


def may_approve(access: Access, line: MeetingLine) -> bool:
    """Whether an account stands for the minutes of the meeting's unit."""
    approver = access.identity.access(Permission.ACTIVITY_APPROVE)
    if approver is None:
        return False
    query = select(Unit.id).where(Unit.id == line.meeting.unit_id, _within(approver))
    return db.session.scalar(query) is not None


def get_line_to_minute(access: Access, meeting_id: UUID) -> MeetingLine:
    """A held meeting whose minutes this account may write. Raises OutOfReach.

    Missing ones may be written by whoever logs meetings; a correction is one's own.
    """
    line = get_open_line(access, meeting_id)
    if line.meeting.held_on is None or (line.minutes and not may_correct(access, line)):
        raise OutOfReach
    return line


def list_circles(unit_ids: Sequence[UUID], on: date) -> list[Circle]:
    """The bodies, then the groups, of units on a day, each in alphabetical order."""
    bodies = db.session.scalars(select(Body).where(Body.unit_id.in_(unit_ids), active_on(Body, on)))
    groups = db.session.scalars(
        select(Group).where(Group.unit_id.in_(unit_ids), active_on(Group, on))
    )
    return [
        *sorted(bodies, key=lambda body: words_key(body.name)),
        *sorted(groups, key=lambda group: words_key(group.name)),
    ]


def list_loggable(access: Access) -> list[tuple[Circle, Unit]]:
    """The bodies and open groups within reach; those that ended in the last twelve months too, for
    a meeting of theirs may still have to be logged.
    """
    since, _last = last_year_to(today())
    found: list[tuple[Circle, Unit]] = []
    for kind in (Body, Group):
        query = (
            select(kind, Unit)
            .join(Unit, Unit.id == kind.unit_id)
            .where(_within(_with_own(access)))
            .where(or_(kind.active_until.is_(None), kind.active_until >= since))
        )
        if kind is Group:
            query = query.where(Group.kind.not_in(CONFIDENTIAL_KINDS))
        rows: list[Any] = list(db.session.execute(query))
        rows.sort(key=lambda row: (words_key(row[0].name), row[1].code))
        found += [(circle, unit) for circle, unit in rows]
    return found


def find_schedule(of: Circle, on: date) -> Schedule | None:
    """The schedule of a body or a group on a day; before its first day the one to come."""
    query = (
        select(Schedule)
        .where(of_circle(Schedule, of), or_(Schedule.until_on.is_(None), Schedule.until_on >= on))
        .order_by(Schedule.from_on)
        .limit(1)
    )
    return db.session.scalar(query)


def get_meeting(of: Circle, meeting_id: UUID) -> Meeting:
    """A meeting of this body or group. Raises OutOfReach."""
    meeting = db.session.scalar(
        select(Meeting).where(of_circle(Meeting, of), Meeting.id == meeting_id)
    )
    if meeting is None:
        raise OutOfReach
    return meeting


def of_circle(kind: type[Meeting] | type[Schedule], of: Circle) -> ColumnElement[bool]:
    """The meetings or schedules of a body or a group."""
    return kind.body_id == of.id if isinstance(of, Body) else kind.group_id == of.id


def key_of(of: Circle) -> dict[str, UUID]:
    """Whose a meeting or schedule is, as its columns say it."""
    return {"body_id" if isinstance(of, Body) else "group_id": of.id}


def pauses_of(unit_ids: Collection[UUID]) -> dict[UUID, list[Pause]]:
    """The pauses that hold for units: their own, their successors' and their provinces'."""
    found: dict[UUID, list[Pause]] = {unit_id: [] for unit_id in unit_ids}
    line = (
        select(Unit.id.label("first_id"), Unit.id.label("unit_id"))
        .where(Unit.id.in_(unit_ids))
        .cte("line", recursive=True)
    )
    later = select(line.c.first_id, Succession.successor_id).join(
        Succession,
        (Succession.predecessor_id == line.c.unit_id) & (Succession.on <= today()),
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


def _lines() -> Select[Meeting, Body, Group, Unit, Minutes]:
    return (
        select(Meeting, Body, Group, Unit, Minutes)
        .outerjoin(Body, Body.id == Meeting.body_id)
        .outerjoin(Group, Group.id == Meeting.group_id)
        .join(Unit, Unit.id == Meeting.unit_id)
        .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
    )


def _listed_between(first: date, last: date) -> ColumnElement[bool]:
    return or_(
        Meeting.due_on.between(first, last),
        Meeting.due_on.is_(None) & Meeting.held_on.between(first, last),
    )


def _within(access: Access) -> ColumnElement[bool]:
    return reached(access, Unit.id, Unit.province_id)


def _with_own(access: Access) -> Access:
    """The same account, where writing one's own is enough."""
    return replace(access, units=access.units | access.own_units)


def _noted_by(line: MeetingLine) -> UUID | None:
    return line.minutes.recorded_by if line.minutes else line.meeting.recorded_by
