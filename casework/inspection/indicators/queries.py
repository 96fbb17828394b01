"""Reading published figures. Nothing here asks the records: what was not published can't be
read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.core.clock import add_months, month_end, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.inspection.readmodel.models import Edition, Figure, Measure
from casework.organisation.units.models import Unit

TREND_PERIODS = 12
LONGEST_DAYS = 100


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """Everything published of one unit, by measure, oldest first."""

    unit: Unit
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


def unit_figures(unit: Unit, period: str | None = None) -> UnitFigures:
    """The published figures of a unit up to a period (YYYY-MM), or up to the newest one."""
    periods = _periods(unit)
    newest = periods[-1] if periods else ""
    chosen = period if period is not None and period in periods else newest
    figures: dict[Measure, list[Figure]] = {measure: [] for measure in Measure}
    if chosen:
        end = month_end(int(chosen[:4]), int(chosen[5:]))
        query = (
            select(Figure)
            .where(
                Figure.unit_id == unit.id,
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


def latest_open(units: Sequence[Unit]) -> dict[UUID, Figure]:
    """The newest published figure of open cases of each unit, for the list of units."""
    query = (
        select(Figure)
        .where(Figure.unit_id.in_([unit.id for unit in units]), Figure.measure == Measure.OPEN)
        .order_by(Figure.until_on)
    )
    return {figure.unit_id: figure for figure in db.session.scalars(query)}


def published_on(unit: Unit, period: str) -> date | None:
    """The day on which a period's figures were published."""
    query = select(Edition.published_at).where(
        Edition.province_id == unit.province_id, Edition.period == period
    )
    moment = db.session.scalar(query)
    return moment.date() if moment else None


def _periods(unit: Unit) -> Sequence[str]:
    query = select(Edition.period).where(Edition.province_id == unit.province_id)
    return sorted(db.session.scalars(query))
