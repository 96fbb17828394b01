"""How bodies and groups kept their schedules: the one definition of "on schedule"."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, literal, null, or_, select, union_all

from casework.core.clock import today
from casework.core.database import db
from casework.core.text import words_key
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Body, BodyKind, Group, GroupKind
from casework.organisation.meetings.calendar import longest_gap
from casework.organisation.meetings.models import Meeting, MeetingStatus, Minutes, Schedule


@dataclass(frozen=True, slots=True)
class OnSchedule:
    """Held on time ÷ due. Excused meetings and those still open are out of the divisor."""

    on_time: int
    due: int
    excused: int
    still_open: int


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

    @property
    def meets(self) -> bool:
        """Whether it had to meet in these days, or did: else no gap tells anything of it."""
        kept = self.on_schedule
        was_due = kept.due or kept.excused or kept.still_open
        return bool(self.interval_months or was_due or self.held)

    def allowed_gap(self, percent: int) -> int | None:
        """The longest gap in days that is still right."""
        return self.interval_months and allowed_gap(self.interval_months, percent)


@dataclass(frozen=True, slots=True)
class HeldByMonth:
    """Meetings held in each month of a year, January first."""

    bodies: tuple[int, ...]
    groups: tuple[int, ...]


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
        excused = (m.due_on for m, _ in rows if m.due_on and m.excuse and m.held_on is None)
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
                    (day for day, _ in held),
                    max(from_on, circle.active_from),
                    min(end, on),
                    excused,
                ),
                sum(minutes_id is None for _, minutes_id in held) if is_open else 0,
            )
        )
    return sorted(found, key=lambda each: (not each.is_body, words_key(each.name)))


def allowed_gap(interval_months: int, percent: int) -> int:
    """The longest gap in days that is still right: a part of the interval between meetings."""
    return interval_months * 365 * percent // 1200


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


def _was_due(meeting: Meeting, first: date, last: date) -> bool:
    return meeting.due_on is not None and first <= meeting.due_on <= last


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
