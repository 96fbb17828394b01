"""Reading meetings: due, held, and the one definition of "on schedule" and of the longest gap.

Meetings keep the unit as it was: whoever works in a merged unit reads what its predecessors left.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from casework.authz.enforce import Access
from casework.core.clock import month_end, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Body, BodyKind, Group, GroupKind
from casework.organisation.bodies.queries import active_on
from casework.organisation.meetings.models import (
    Circle,
    Meeting,
    MeetingStatus,
    Minutes,
    Pause,
    Schedule,
)
from casework.organisation.units.models import Succession, Unit
from casework.organisation.units.queries import reached


@dataclass(frozen=True, slots=True)
class OnSchedule:
    """Held on time ÷ due. Excused meetings and those still open are out of the divisor."""

    on_time: int
    due: int
    excused: int
    still_open: int


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


@dataclass(frozen=True, slots=True)
class CircleFigures:
    """How a body or a group kept its schedule in a stretch of days.

    `interval_months` is that of its newest schedule, None without one.
    """

    id: UUID
    is_body: bool
    kind: str
    name: str
    unit_id: UUID
    interval_months: int | None
    on_schedule: OnSchedule
    held: int
    longest_gap: int
    missing_minutes: int

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return (BodyKind if self.is_body else GroupKind)(self.kind).label

    def allowed_gap(self, percent: int) -> int | None:
        """The longest gap in days that is still right: a part of the interval."""
        return self.interval_months and self.interval_months * 365 * percent // 1200


@dataclass(frozen=True, slots=True)
class HeldByMonth:
    """Meetings held in each month of a year, January first."""

    bodies: tuple[int, ...]
    groups: tuple[int, ...]


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


def list_loggable(access: Access, since: date) -> list[tuple[Circle, Unit]]:
    """The bodies and open groups within reach that met since a day or may still meet."""
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


def longest_gap(held_days: Iterable[date], from_on: date, until_on: date) -> int:
    """Most days without a meeting between two days: from one held to the next, and from the last
    one held to the end.

    Days before the first meeting count from the beginning, so that who never met has a gap of the
    whole stretch. 0 for a stretch that has not begun.
    """
    held = sorted(day for day in held_days if from_on <= day <= until_on)
    marks = [from_on, *held, max(from_on, until_on)]
    return max((later - earlier).days for earlier, later in pairwise(marks))


def on_schedule_by_circle(
    unit_ids: Sequence[UUID], from_on: date, until_on: date, on: date | None = None
) -> list[CircleFigures]:
    """How each body and group of units kept its schedule from a day until a day, in two statements.

    As it stands on the day `on`, today unless told: gaps end there when it comes before `until_on`.
    """
    on = on or today()
    by_circle: dict[UUID | None, list[tuple[Meeting, UUID | None]]] = defaultdict(list)
    query = (
        select(Meeting, Minutes.id)
        .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
        .where(
            Meeting.unit_id.in_(unit_ids),
            or_(
                Meeting.due_on.between(from_on, until_on),
                Meeting.held_on.between(from_on, until_on),
            ),
        )
    )
    for meeting, minutes_id in db.session.execute(query):
        by_circle[meeting.circle_id].append((meeting, minutes_id))
    found = []
    for circle in db.session.execute(_circles_between(unit_ids, from_on, until_on)):
        rows = by_circle[circle.id]
        held = [
            (meeting.held_on, minutes_id)
            for meeting, minutes_id in rows
            if meeting.held_on is not None and from_on <= meeting.held_on <= until_on
        ]
        is_open = circle.is_body or circle.kind not in CONFIDENTIAL_KINDS
        end = min(until_on, circle.active_until or until_on)
        found.append(
            CircleFigures(
                circle.id,
                bool(circle.is_body),
                circle.kind,
                circle.name,
                circle.unit_id,
                circle.interval_months,
                count_on_schedule((m for m, _ in rows if _was_due(m, from_on, end)), on),
                len(held),
                longest_gap(
                    (day for day, _ in held), max(from_on, circle.active_from), min(end, on)
                ),
                sum(minutes_id is None for _, minutes_id in held) if is_open else 0,
            )
        )
    return sorted(found, key=lambda each: (not each.is_body, words_key(each.name)))


def add_up(figures: Iterable[CircleFigures]) -> OnSchedule:
    """The figures of several bodies and groups together."""
    told = [each.on_schedule for each in figures]
    return OnSchedule(
        sum(each.on_time for each in told),
        sum(each.due for each in told),
        sum(each.excused for each in told),
        sum(each.still_open for each in told),
    )


def count_by_month(unit_ids: Sequence[UUID], year: int) -> HeldByMonth:
    """Meetings of bodies and of groups held in each month of a year: what was done of a plan."""
    bodies, groups = [0] * 12, [0] * 12
    query = select(Meeting.body_id, Meeting.held_on).where(
        Meeting.unit_id.in_(unit_ids),
        Meeting.held_on.between(date(year, 1, 1), date(year, 12, 31)),
    )
    for body_id, held_on in db.session.execute(query):
        if held_on is not None:
            (bodies if body_id else groups)[held_on.month - 1] += 1
    return HeldByMonth(tuple(bodies), tuple(groups))


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


def list_pauses(unit: Unit, unit_ids: Sequence[UUID]) -> list[tuple[Pause, Unit]]:
    """The pauses of a unit, of those it followed and of its province, newest first."""
    query = (
        select(Pause, Unit)
        .join(Unit, Unit.id == Pause.unit_id)
        .where(or_(Pause.unit_id.in_(unit_ids), Pause.unit_id == unit.province_id))
        .order_by(Pause.from_on.desc())
    )
    return [(pause, where) for pause, where in db.session.execute(query)]


def get_pause(access: Access, pause_id: UUID) -> Pause:
    """A pause of a unit within reach; a province's is changed elsewhere. Raises OutOfReach."""
    pause = db.session.scalar(
        select(Pause)
        .join(Unit, Unit.id == Pause.unit_id)
        .where(Pause.id == pause_id, ~Unit.is_province, _within(access))
    )
    if pause is None:
        raise OutOfReach
    return pause


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


def _was_due(meeting: Meeting, first: date, last: date) -> bool:
    return meeting.due_on is not None and first <= meeting.due_on <= last


def _within(access: Access) -> ColumnElement[bool]:
    return reached(access, Unit.id, Unit.province_id)


def _with_own(access: Access) -> Access:
    """The same account, where writing one's own is enough."""
    return replace(access, units=access.units | access.own_units)


def _noted_by(line: MeetingLine) -> UUID | None:
    return line.minutes.recorded_by if line.minutes else line.meeting.recorded_by


def _circles_between(unit_ids: Sequence[UUID], first: date, last: date) -> CompoundSelect[Any]:
    """Bodies and groups that existed in a stretch of days, with the interval they meet in."""
    parts = [
        select(
            kind.id,
            literal(1 if kind is Body else 0).label("is_body"),
            kind.kind,
            kind.name,
            kind.unit_id,
            kind.active_from,
            kind.active_until,
            Schedule.interval_months,
        )
        .outerjoin(Schedule, (key == kind.id) & Schedule.until_on.is_(null()))
        .where(
            kind.unit_id.in_(unit_ids),
            kind.active_from <= last,
            or_(kind.active_until.is_(None), kind.active_until >= first),
        )
        for kind, key in ((Body, Schedule.body_id), (Group, Schedule.group_id))
    ]
    return union_all(*parts)


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month a day lies in."""
    return day.replace(day=1), month_end(day.year, day.month)
