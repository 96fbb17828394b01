"""Which reports are expected of which unit, how they stand, and what is counted for them.

A report is expected of a unit that existed on the last day of the period and whose first body was
set up by then. It is due from the day after the period; on time until its due day, inclusive.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.clock import month_end, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, words_key
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.bodies.queries import active_on, list_working_units
from casework.organisation.budgets.balance import Balance
from casework.organisation.budgets.queries import totals_by_source
from casework.organisation.communications.models import CommunicationSession, CoveredHamlet
from casework.organisation.meetings.figures import CircleFigures, add_up, on_schedule_by_circle
from casework.organisation.members.models import LEADING, Post
from casework.organisation.partners.models import JointActivity, JointPartner
from casework.organisation.plans.queries import planned_between
from casework.organisation.regulations.models import Regulation
from casework.organisation.remuneration.queries import count_paid, months_due
from casework.organisation.reports.models import (
    Figure,
    ReportPeriod,
    ReportStatus,
    UnitReport,
)
from casework.organisation.trainings.models import Training
from casework.organisation.units.models import Hamlet, Unit
from casework.organisation.units.queries import reached

Figures = Mapping[Figure, int | None]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report expected of a unit for a period, and how it stands on a day."""

    period: ReportPeriod
    unit: Unit
    report: UnitReport | None
    on: date

    @property
    def status(self) -> ReportStatus:
        """Handed in on time or late, missing, due, or not due yet."""
        submitted = self.report.submitted_on if self.report else None
        if submitted is not None:
            late = submitted > self.period.due_on
            return ReportStatus.LATE if late else ReportStatus.ON_TIME
        if self.on <= self.period.until_on:
            return ReportStatus.COMING
        return ReportStatus.MISSING if self.on > self.period.due_on else ReportStatus.DUE

    @property
    def days_late(self) -> int:
        """Days after the due day on which it was handed in, or that have passed until now."""
        submitted = self.report.submitted_on if self.report else None
        return max(0, ((submitted or self.on) - self.period.due_on).days)


@dataclass(frozen=True, slots=True)
class OnTime:
    """Reports handed in on time, of those whose due day has passed or that were handed in."""

    on_time: int
    due: int


def list_reports(unit_ids: Sequence[UUID], on: date) -> list[ReportLine]:
    """Every report expected of units, newest period first."""
    return _lines(_expected().where(Unit.id.in_(unit_ids)), on)


def reports_due(unit: Unit, on: date) -> list[ReportLine]:
    """The reports a unit still has to hand in on a day: due or missing, oldest first."""
    open_ = (ReportStatus.DUE, ReportStatus.MISSING)
    return [line for line in reversed(list_reports([unit.id], on)) if line.status in open_]


def on_time_reports(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> OnTime:
    """How punctual units were with the reports due between two days (checklist G1)."""
    query = _expected().where(Unit.id.in_(unit_ids), ReportPeriod.due_on.between(from_on, until_on))
    return count_on_time(_lines(query, today()))


def count_on_time(lines: Iterable[ReportLine]) -> OnTime:
    """How punctual the reports of some lines are. One that can still be on time counts nowhere."""
    settled = (ReportStatus.ON_TIME, ReportStatus.LATE, ReportStatus.MISSING)
    statuses = [line.status for line in lines if line.status in settled]
    return OnTime(statuses.count(ReportStatus.ON_TIME), len(statuses))


def list_of_period(access: Access, period: ReportPeriod) -> list[ReportLine]:
    """The reports expected for a period of the units at work within reach, by their names."""
    units = [unit.id for unit in list_working_units(access)]
    query = _expected().where(ReportPeriod.id == period.id, Unit.id.in_(units))
    return sorted(_lines(query, today()), key=lambda line: words_key(line.unit.name))


def list_periods(province_id: UUID) -> Sequence[ReportPeriod]:
    """The periods of a province, newest first."""
    query = select(ReportPeriod).where(ReportPeriod.province_id == province_id)
    return db.session.scalars(query.order_by(ReportPeriod.until_on.desc(), ReportPeriod.name)).all()


def get_period(access: Access, period_id: UUID) -> ReportPeriod:
    """A period of a province within reach. Raises OutOfReach."""
    query = (
        select(ReportPeriod)
        .join(Unit, Unit.id == ReportPeriod.province_id)
        .where(ReportPeriod.id == period_id, reached(access, Unit.id, Unit.province_id))
    )
    period = db.session.scalar(query)
    if period is None:
        raise OutOfReach
    return period


def find_same_name(province_id: UUID, name: str, but: UUID | None) -> ReportPeriod | None:
    """Another period of a province with this name, however it is spelt."""
    periods = list_periods(province_id)
    return next((p for p in periods if p.id != but and fold(p.name) == fold(name)), None)


def list_overlapping(period: ReportPeriod) -> list[ReportPeriod]:
    """The other periods of the province that share days with this one."""
    return [
        other
        for other in list_periods(period.province_id)
        if other.id != period.id
        and other.from_on <= period.until_on
        and period.from_on <= other.until_on
    ]


def is_answered(period: ReportPeriod) -> bool:
    """Whether a unit handed in a report for the period."""
    query = select(UnitReport.id).where(
        UnitReport.period_id == period.id, UnitReport.submitted_at.is_not(None)
    )
    return db.session.scalar(query.limit(1)) is not None


def get_line(unit: Unit, unit_ids: Sequence[UUID], period_id: UUID) -> ReportLine:
    """The report of a unit for a period; where it did not exist yet, that of a predecessor which
    it can read and not change. Raises OutOfReach when none is expected.
    """
    query = _expected().where(Unit.id.in_(unit_ids), ReportPeriod.id == period_id)
    lines = _lines(query, today())
    if not lines:
        raise OutOfReach
    return next((line for line in lines if line.unit.id == unit.id), lines[0])


def count_figures(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> Figures:
    """What a report counts of a unit and its predecessors from a day until a day, but for money, in
    five statements. What stands (bodies, posts) is that of the last day, or of today while the
    period runs.
    """
    on = min(until_on, today())
    circles = on_schedule_by_circle(unit_ids, from_on, until_on, on)
    bodies = [each for each in circles if each.is_body]
    groups = [each for each in circles if not each.is_body]
    found: dict[Figure, int | None] = {
        **_count_rows(unit_ids, from_on, until_on, on),
        **_staff(unit_ids, on),
        **_schedule(bodies, _OF_BODIES),
        **_schedule(groups, _OF_GROUPS),
        Figure.MISSING_MINUTES: sum(each.missing_minutes for each in circles),
        Figure.PLANNED: planned_between(unit_ids, from_on, until_on),
    }
    found[Figure.DONE] = sum(found[each] or 0 for each in _PLANNABLE)
    return {figure: found[figure] for figure in Figure if figure in found}


def count_money(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> Figures:
    """What a report counts of money that moved between two days, and of the remuneration of the
    months that end between them, in six statements.
    """
    balances = list(totals_by_source(unit_ids, from_on, until_on).values())
    total = Balance.total(balances)
    last = until_on.replace(day=1) - timedelta(days=1)
    if until_on == month_end(until_on.year, until_on.month):
        last = until_on
    months = months_due(unit_ids, from_on, last) if last >= from_on else []
    remuneration = count_paid(months)
    return {
        Figure.ALLOTTED: total.allotted,
        Figure.ADVANCED: total.advanced,
        Figure.SPENT: total.spent,
        Figure.SETTLED: total.settled,
        Figure.SOURCES: sum(balance.allotted > 0 for balance in balances),
        Figure.MONTHS_DUE: remuneration.due,
        Figure.MONTHS_PAID: remuneration.paid,
    }


_PLANNABLE = (
    Figure.MEETINGS_HELD,
    Figure.SESSIONS_HELD,
    Figure.COMMUNICATION,
    Figure.TRAININGS,
    Figure.JOINT_ACTIVITIES,
)
_OF_BODIES = (
    Figure.MEETINGS_DUE,
    Figure.MEETINGS_HELD,
    Figure.MEETINGS_ON_TIME,
    Figure.MEETINGS_EXCUSED,
    Figure.MEETINGS_GAP,
)
_OF_GROUPS = (
    Figure.SESSIONS_DUE,
    Figure.SESSIONS_HELD,
    Figure.SESSIONS_ON_TIME,
    Figure.SESSIONS_EXCUSED,
    Figure.SESSIONS_GAP,
)


def _expected() -> Select[ReportPeriod, Unit, UnitReport | None]:
    own = aliased(Body)
    begun = select(func.min(own.active_from)).where(own.unit_id == Unit.id).scalar_subquery()
    return (
        select(ReportPeriod, Unit, UnitReport)
        .join(Unit, Unit.province_id == ReportPeriod.province_id)
        .outerjoin(
            UnitReport,
            (UnitReport.period_id == ReportPeriod.id) & (UnitReport.unit_id == Unit.id),
        )
        .where(
            ~Unit.is_province,
            Unit.valid_from <= ReportPeriod.until_on,
            or_(Unit.valid_until.is_(None), Unit.valid_until >= ReportPeriod.until_on),
            or_(begun.is_(None), begun <= ReportPeriod.until_on),
        )
        .order_by(ReportPeriod.until_on.desc(), ReportPeriod.name)
    )


def _lines(query: Select[ReportPeriod, Unit, UnitReport | None], on: date) -> list[ReportLine]:
    rows = db.session.execute(query)
    return [ReportLine(period, unit, report, on) for period, unit, report in rows]


def _schedule(circles: Sequence[CircleFigures], figures: Sequence[Figure]) -> Figures:
    kept = add_up(circles)
    gap = max((each.longest_gap for each in circles if each.meets), default=None)
    held = sum(each.held for each in circles)
    return dict(zip(figures, (kept.due, held, kept.on_time, kept.excused, gap), strict=True))


def _staff(unit_ids: Sequence[UUID], on: date) -> Figures:
    """Bodies, persons in their posts, and leading posts that nobody holds, in one statement."""
    held = (Post.from_on <= on) & or_(Post.until_on.is_(None), Post.until_on >= on)
    query = (
        select(Body.id, Body.kind, Post.role, Post.member_id)
        .outerjoin(Post, (Post.body_id == Body.id) & held)
        .where(Body.unit_id.in_(unit_ids), active_on(Body, on))
    )
    rows = db.session.execute(query).all()
    filled = {(row.id, row.role) for row in rows}
    wanted = {(row.id, role) for row in rows for role in LEADING[BodyKind(row.kind)]}
    return {
        Figure.BODIES: len({row.id for row in rows}),
        Figure.MEMBERS: len({row.member_id for row in rows if row.member_id}),
        Figure.VACANCIES: len(wanted - filled),
    }


def _count_rows(
    unit_ids: Sequence[UUID], from_on: date, until_on: date, on: date
) -> dict[Figure, int | None]:
    """What is counted by adding up rows, in one statement."""
    sessions = CommunicationSession.unit_id.in_(unit_ids) & CommunicationSession.held_on.between(
        from_on, until_on
    )
    together = JointActivity.unit_id.in_(unit_ids) & JointActivity.held_on.between(
        from_on, until_on
    )
    hamlets = Hamlet.unit_id.in_(unit_ids) & (Hamlet.active_from <= on)
    hamlets &= or_(Hamlet.active_until.is_(None), Hamlet.active_until >= on)
    rules = (Regulation.valid_from <= on) & or_(
        Regulation.valid_until.is_(None), Regulation.valid_until >= on
    )
    counts = {
        Figure.GROUPS: select(func.count())
        .select_from(Group)
        .where(Group.unit_id.in_(unit_ids), active_on(Group, on)),
        Figure.REGULATIONS: select(func.count(Body.id.distinct()))
        .join(Regulation, Regulation.body_id == Body.id)
        .where(Body.unit_id.in_(unit_ids), active_on(Body, on), rules),
        Figure.COMMUNICATION: select(func.count())
        .select_from(CommunicationSession)
        .where(sessions),
        Figure.ATTENDANCES: select(
            func.coalesce(func.sum(CommunicationSession.attendances), 0)
        ).where(sessions),
        Figure.MATERIALS: select(func.coalesce(func.sum(CommunicationSession.materials), 0)).where(
            sessions
        ),
        Figure.HAMLETS_COVERED: select(func.count(CoveredHamlet.hamlet_id.distinct()))
        .join(CommunicationSession, CommunicationSession.id == CoveredHamlet.session_id)
        .join(Hamlet, Hamlet.id == CoveredHamlet.hamlet_id)
        .where(sessions, hamlets),
        Figure.HAMLETS: select(func.count()).select_from(Hamlet).where(hamlets),
        Figure.TRAININGS: select(func.count())
        .select_from(Training)
        .where(Training.unit_id.in_(unit_ids), Training.until_on.between(from_on, until_on)),
        Figure.JOINT_ACTIVITIES: select(func.count()).select_from(JointActivity).where(together),
        Figure.PARTNERS: select(func.count(JointPartner.partner_id.distinct()))
        .join(JointActivity, JointActivity.id == JointPartner.activity_id)
        .where(together),
    }
    columns = [query.scalar_subquery().label(figure.value) for figure, query in counts.items()]
    row = db.session.execute(select(*columns)).one()
    return {figure: int(value) for figure, value in zip(counts, row, strict=True)}
