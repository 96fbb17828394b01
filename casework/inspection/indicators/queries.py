"""Reading published figures. Nothing here asks the records: what was not published can't be
read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.core.clock import add_months, month_end, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.inspection.readmodel.models import (
    ActivityFigure,
    ActivityMeasure,
    CriterionFigure,
    Edition,
    Figure,
    Measure,
)
from casework.organisation.units.models import Cluster, Unit

TREND_PERIODS = 12
LONGEST_DAYS = 100
QUARTER = 3


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """Everything published of one unit or cluster, by measure, oldest first."""

    unit: Unit | Cluster
    period: str
    periods: Sequence[str]
    figures: dict[Measure, Sequence[Figure]]

    def latest(self, measure: Measure) -> Figure | None:
        """The newest figure of a measure up to the chosen period."""
        return self.figures[measure][-1] if self.figures[measure] else None

    def trend(self, measure: Measure) -> Sequence[Figure]:
        """The newest figures of the same length as the latest one, oldest first."""
        return self.figures[measure][-TREND_PERIODS:]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was published yet."""
        return not self.periods

    def of_period(self, figures: Sequence[CriterionFigure]) -> list[CriterionFigure]:
        """Those of the chosen period alone."""
        return [each for each in figures if f"{each.until_on:%Y-%m}" == self.period]


def list_units(access: Access) -> Sequence[Unit]:
    """The units whose figures an access reaches today, provinces first, then in the order of
    names.
    """
    query = select(Unit).where(
        access.within(Unit.id, Unit.province_id),
        Unit.valid_from <= today(),
        Unit.valid_until.is_(None) | (Unit.valid_until >= today()),
    )
    units = db.session.scalars(query).all()
    return sorted(units, key=lambda unit: (not unit.is_province, words_key(unit.name)))


def get_unit(access: Access, unit_id: UUID) -> Unit:
    """A unit whose figures this access reaches, of today or of before. Raises OutOfReach."""
    query = select(Unit).where(Unit.id == unit_id, access.within(Unit.id, Unit.province_id))
    unit = db.session.scalar(query)
    if unit is None:
        raise OutOfReach
    return unit


def choose_period(unit: Unit | Cluster, asked: str | None) -> tuple[Sequence[str], str]:
    """The periods published, and the one asked for, or the newest; empty where there is none."""
    periods = _periods(unit)
    newest = periods[-1] if periods else ""
    return periods, asked if asked is not None and asked in periods else newest


def unit_figures(unit: Unit | Cluster, period: str | None = None) -> UnitFigures:
    """The published figures of a unit or cluster up to a period (YYYY-MM), or up to the newest."""
    periods, chosen = choose_period(unit, period)
    figures: dict[Measure, list[Figure]] = {measure: [] for measure in Measure}
    if chosen:
        end = last_day(chosen)
        query = (
            select(Figure)
            .where(
                Figure.unit_id == unit.id,
                Figure.measure.in_(figures),  # wholes: what is told apart has a panel of its own
                Figure.until_on <= end,
                Figure.until_on > add_months(end, -TREND_PERIODS),
            )
            .order_by(Figure.until_on, Figure.from_on)
        )
        for figure in db.session.scalars(query):
            # A year's figure stands beside its quarters; the page shows months and quarters.
            if (figure.until_on - figure.from_on).days < LONGEST_DAYS:
                figures[Measure(figure.measure)].append(figure)
    return UnitFigures(unit, chosen, periods, {key: tuple(value) for key, value in figures.items()})


def last_day(period: str) -> date:
    """The last day of a period (YYYY-MM)."""
    return month_end(int(period[:4]), int(period[5:]))


def criteria_of(
    unit_ids: Collection[UUID], province_id: UUID | None, period: str
) -> dict[UUID, list[CriterionFigure]]:
    """The criteria of units as judged for a period, by unit, in the order of the checklist; in one
    statement, however many units.
    """
    query = (
        select(CriterionFigure)
        .join(Edition, Edition.id == CriterionFigure.edition_id)
        .where(
            Edition.province_id == province_id,
            Edition.period == period,
            CriterionFigure.unit_id.in_(unit_ids),
        )
        .order_by(CriterionFigure.position)
    )
    found: dict[UUID, list[CriterionFigure]] = {unit_id: [] for unit_id in unit_ids}
    for figure in db.session.scalars(query):
        found[figure.unit_id].append(figure)
    return found


def criteria_over_time(unit: Unit, period: str) -> Sequence[CriterionFigure]:
    """The criteria of a unit in the twelve periods up to one, oldest first, in the order of the
    checklist.
    """
    end = last_day(period)
    query = (
        select(CriterionFigure)
        .where(
            CriterionFigure.unit_id == unit.id,
            CriterionFigure.until_on <= end,
            CriterionFigure.until_on > add_months(end, -TREND_PERIODS),
        )
        .order_by(CriterionFigure.until_on, CriterionFigure.position)
    )
    return db.session.scalars(query).all()


def activity_of(unit: Unit, period: str) -> dict[tuple[ActivityMeasure, str], ActivityFigure]:
    """The newest figures of a unit's activity up to a period, by measure and kind; those of a
    quarter come with its last month.
    """
    end = last_day(period)
    query = (
        select(ActivityFigure)
        .join(Edition, Edition.id == ActivityFigure.edition_id)
        .where(
            ActivityFigure.unit_id == unit.id,
            Edition.until_on <= end,
            Edition.until_on > add_months(end, -QUARTER),
        )
        .order_by(Edition.until_on)
    )
    found: dict[tuple[ActivityMeasure, str], ActivityFigure] = {}
    editions: dict[ActivityMeasure, UUID] = {}
    for figure in db.session.scalars(query):
        measure = ActivityMeasure(figure.measure)
        if editions.get(measure) != figure.edition_id:  # a kind of before may be no more
            editions[measure] = figure.edition_id
            found = {key: each for key, each in found.items() if key[0] is not measure}
        found[measure, figure.kind] = figure
    return found


def sees_money(access: Access, unit: Unit) -> bool:
    """Whether amounts of a unit's money may be shown: to those who may read its budgets."""
    reading = access.identity.access(Permission.BUDGET_READ)
    return reading is not None and (
        reading.everywhere or unit.id in reading.units or unit.province_id in reading.provinces
    )


def latest_open(units: Sequence[Unit]) -> dict[UUID, Figure]:
    """The newest published figure of open cases of each unit, for the list of units."""
    query = (
        select(Figure)
        .where(Figure.unit_id.in_([unit.id for unit in units]), Figure.measure == Measure.OPEN)
        .order_by(Figure.until_on)
    )
    return {figure.unit_id: figure for figure in db.session.scalars(query)}


def published_on(unit: Unit | Cluster, period: str) -> date | None:
    """The day on which a period's figures were published."""
    query = select(Edition.published_at).where(
        Edition.province_id == unit.province_id, Edition.period == period
    )
    moment = db.session.scalar(query)
    return moment.date() if moment else None


def _periods(unit: Unit | Cluster) -> Sequence[str]:
    query = select(Edition.period).where(Edition.province_id == unit.province_id)
    return sorted(db.session.scalars(query))
