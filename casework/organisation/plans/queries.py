"""A unit's plan of a year beside what was done.

What was done is never stored: it is counted from meetings, sessions, trainings and joint
activities. A merged unit's plan of the year of the merger stands beside those of its predecessors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from casework.core.clock import month_end, today
from casework.core.database import db
from casework.organisation.bodies.models import Body, Group
from casework.organisation.communications import queries as communications
from casework.organisation.meetings import figures as meetings
from casework.organisation.meetings.calendar import due_days
from casework.organisation.meetings.models import Schedule
from casework.organisation.partners import queries as partners
from casework.organisation.plans.models import Activity, PlannedActivity, YearlyPlan
from casework.organisation.trainings import queries as trainings

MONTHS = range(1, 13)
# Counts of every activity by month; what is missing is none.
Grid = Mapping[Activity, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One activity in one month. Behind: the month is over and less was done than planned."""

    month: int
    planned: int
    done: int
    is_behind: bool


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity over the year."""

    activity: Activity
    months: Sequence[MonthLine]

    @property
    def planned(self) -> int:
        """Planned for the year."""
        return sum(month.planned for month in self.months)

    @property
    def done(self) -> int:
        """Done until now."""
        return sum(month.done for month in self.months)


@dataclass(frozen=True, slots=True)
class YearShown:
    """The plan of a unit for a year, of its predecessors too, beside what was done."""

    plan: YearlyPlan | None
    has_others: bool
    lines: Sequence[ActivityLine]

    @property
    def planned(self) -> int:
        """Everything planned for the year."""
        return sum(line.planned for line in self.lines)

    @property
    def done(self) -> int:
        """Everything done until now."""
        return sum(line.done for line in self.lines)

    @property
    def behind(self) -> Sequence[int]:
        """The months in which something is behind."""
        return sorted({m.month for line in self.lines for m in line.months if m.is_behind})


def find_plan(unit_id: UUID, year: int) -> YearlyPlan | None:
    """The plan of one unit for a year."""
    query = select(YearlyPlan).where(YearlyPlan.unit_id == unit_id, YearlyPlan.year == year)
    return db.session.scalar(query)


def grid_of(plan: YearlyPlan) -> Grid:
    """What a plan says by activity and month."""
    query = select(PlannedActivity).where(PlannedActivity.plan_id == plan.id)
    return _grid(db.session.scalars(query).all())


def show_year(unit_id: UUID, unit_ids: Sequence[UUID], year: int) -> YearShown:
    """The plan of a unit (its id stands in `unit_ids` with those of its predecessors)."""
    query = (
        select(YearlyPlan, PlannedActivity)
        .outerjoin(PlannedActivity, PlannedActivity.plan_id == YearlyPlan.id)
        .where(YearlyPlan.unit_id.in_(unit_ids), YearlyPlan.year == year)
    )
    rows = db.session.execute(query).all()
    plans = {plan.unit_id: plan for plan, _ in rows}
    planned, done = _grid([each for _, each in rows if each]), done_by_month(unit_ids, year)
    lines = [_line(activity, planned[activity], done[activity], year) for activity in Activity]
    return YearShown(plans.get(unit_id), bool(plans.keys() - {unit_id}), lines)


def done_by_month(unit_ids: Sequence[UUID], year: int) -> Grid:
    """What units did in each month of a year."""
    held = meetings.count_by_month(unit_ids, year)
    return {
        Activity.BODY_MEETING: dict(zip(MONTHS, held.bodies, strict=True)),
        Activity.GROUP_SESSION: dict(zip(MONTHS, held.groups, strict=True)),
        Activity.COMMUNICATION: communications.count_by_month(unit_ids, year),
        Activity.TRAINING: trainings.count_by_month(unit_ids, year),
        Activity.COORDINATION: partners.count_by_month(unit_ids, year),
    }


def planned_between(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> int | None:
    """Everything planned for the months that end between two days; None without a plan."""
    years = range(from_on.year, until_on.year + 1)
    query = (
        select(YearlyPlan.year, PlannedActivity.month, PlannedActivity.count)
        .outerjoin(PlannedActivity, PlannedActivity.plan_id == YearlyPlan.id)
        .where(YearlyPlan.unit_id.in_(unit_ids), YearlyPlan.year.in_(years))
    )
    rows = db.session.execute(query).all()
    counts = [
        count
        for year, month, count in rows
        if month and from_on <= month_end(year, month) <= until_on
    ]
    return sum(counts) if rows else None


def due_by_month(unit_ids: Sequence[UUID], year: int) -> Grid:
    """The meetings that the schedules of bodies and groups make due in each month of a year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    query = (
        select(Schedule, Body.active_until, Group.active_until)
        .outerjoin(Body, Body.id == Schedule.body_id)
        .outerjoin(Group, Group.id == Schedule.group_id)
        .where(or_(Body.unit_id.in_(unit_ids), Group.unit_id.in_(unit_ids)))
    )
    found = {activity: dict.fromkeys(MONTHS, 0) for activity in Activity}
    for schedule, body_until, group_until in db.session.execute(query):
        activity = Activity.BODY_MEETING if schedule.body_id else Activity.GROUP_SESSION
        for day in due_days(schedule, min(last, body_until or group_until or last)):
            if day >= first:
                found[activity][day.month] += 1
    return found


def _grid(rows: Sequence[PlannedActivity]) -> dict[Activity, dict[int, int]]:
    found = {activity: dict.fromkeys(MONTHS, 0) for activity in Activity}
    for each in rows:
        found[Activity(each.activity)][each.month] += each.count
    return found


def _line(
    activity: Activity, planned: Mapping[int, int], done: Mapping[int, int], year: int
) -> ActivityLine:
    on = today()
    return ActivityLine(
        activity,
        [
            MonthLine(
                month,
                planned[month],
                done[month],
                done[month] < planned[month] and month_end(year, month) < on,
            )
            for month in MONTHS
        ],
    )
