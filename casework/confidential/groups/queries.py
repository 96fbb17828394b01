"""Reading groups. An account reaches the groups it leads today; holding a Group is the proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, ScalarSelect, and_, func, or_, select

from casework.authz.enforce import Access
from casework.confidential.groups.models import Facilitator, GroupSession
from casework.core import audit
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.calendar import PlannedDay, plan_days
from casework.organisation.meetings.models import ON_TIME_DAYS, Meeting, Schedule
from casework.organisation.meetings.queries import of_circle, pauses_of
from casework.organisation.meetings.schedules import MONTHS_AHEAD
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in the list of one's own."""

    group: Group
    next_due: date | None
    last_held: date | None

    @property
    def has_ended(self) -> bool:
        """Whether the group meets no more."""
        return self.group.active_until is not None and self.group.active_until < today()


@dataclass(frozen=True, slots=True)
class YearLine:
    """A meeting due in a year, and what the schedule says of its day (None: it says nothing)."""

    meeting: Meeting
    planned: PlannedDay | None


def get_group(access: Access, group_id: UUID) -> Group:
    """A group the account leads today. Raises OutOfReach."""
    group = db.session.scalar(select(Group).where(Group.id == group_id, led_by(access)))
    if group is None:
        raise OutOfReach
    return group


def list_groups(access: Access) -> Sequence[GroupLine]:
    """The groups the account leads today, with their next due session and the last one held."""
    upcoming = _of_group(func.min(Meeting.due_on, type_=Date), *_still_due())
    query = select(Group, upcoming, _of_group(func.max(Meeting.held_on, type_=Date))).where(
        led_by(access)
    )
    lines = [GroupLine(*row) for row in db.session.execute(query)]
    return sorted(lines, key=lambda line: (line.has_ended, words_key(line.group.name)))


def list_own_units(access: Access) -> Sequence[Unit]:
    """The units in which the account may set a group up."""
    units = db.session.scalars(select(Unit).where(Unit.id.in_(access.units))).all()
    return sorted(units, key=lambda unit: words_key(unit.name))


def next_due(group: Group) -> date | None:
    """The next session due; one whose usual window has not passed is still it."""
    query = select(func.min(Meeting.due_on, type_=Date)).where(
        Meeting.group_id == group.id, *_still_due()
    )
    return db.session.scalar(query)


def last_held(group: Group) -> date | None:
    """The day of the last session."""
    query = select(func.max(GroupSession.held_on, type_=Date))
    return db.session.scalar(query.where(GroupSession.group_id == group.id))


def list_year(group: Group) -> Sequence[YearLine]:
    """What is due from today on for a year, in order, and what is still open from before."""
    first, until = today() - timedelta(days=ON_TIME_DAYS), add_months(today(), MONTHS_AHEAD)
    lasting = or_(Schedule.until_on.is_(None), Schedule.until_on >= first)
    schedules = db.session.scalars(select(Schedule).where(of_circle(Schedule, group), lasting))
    planned = {each.due_on: each for of in schedules for each in plan_days(of, until)}
    query = (
        select(Meeting)
        .where(Meeting.group_id == group.id, Meeting.due_on.between(first, until))
        .order_by(Meeting.due_on)
    )
    return [YearLine(each, planned.get(each.due_on)) for each in db.session.scalars(query)]


def plan_year(group: Group, schedule: Schedule) -> Sequence[PlannedDay]:
    """The series that a schedule would make due in its first year, with the pauses of the unit."""
    until = add_months(schedule.from_on, MONTHS_AHEAD)
    return plan_days(schedule, until, pauses_of([group.unit_id])[group.unit_id])


def list_excusable(group: Group, first: date, last: date) -> Sequence[Meeting]:
    """What is due in a stretch of days, was not held and has no reason to be postponed yet."""
    query = select(Meeting).where(
        Meeting.group_id == group.id,
        Meeting.due_on.between(first, last),
        Meeting.held_on.is_(None),
        Meeting.excuse.is_(None),
    )
    return db.session.scalars(query.order_by(Meeting.due_on)).all()


def note_read(group: Group, access: Access, action: str) -> None:
    """Leave a row in the log before names or notes of a group are shown."""
    audit.record_read(action, "group", [group.id], by=access.actor, unit_id=group.unit_id)


def leads_today() -> ColumnElement[bool]:
    """Who leads a group today; the first and the last day count."""
    lasting = or_(Facilitator.until_on.is_(None), Facilitator.until_on >= today())
    return and_(Facilitator.from_on <= today(), lasting)


def led_by(access: Access) -> ColumnElement[bool]:
    """The groups an account leads today, in units where it still works."""
    led = select(Facilitator.group_id).where(
        Facilitator.account_id == access.account_id, leads_today()
    )
    return and_(Group.id.in_(led), access.own(Group.unit_id))


def _still_due() -> tuple[ColumnElement[bool], ...]:
    # By the usual window: it only decides how long a meeting not held is still named.
    since = today() - timedelta(days=ON_TIME_DAYS)
    return Meeting.held_on.is_(None), Meeting.excuse.is_(None), Meeting.due_on >= since


def _of_group(value: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    query = select(value).where(Meeting.group_id == Group.id, *conditions)
    return query.correlate(Group).scalar_subquery()
