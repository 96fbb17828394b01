"""Reading what was published of whole years."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from casework.core.database import db
from casework.inspection.readmodel.models import Figure
from casework.organisation.units.models import Unit


def list_years(unit: Unit) -> list[int]:
    """The years that anything whole was published of, the newest first."""
    days = select(Figure.from_on, Figure.until_on).where(Figure.unit_id == unit.id).distinct()
    return sorted(
        {from_on.year for from_on, until_on in db.session.execute(days)
         if (from_on, until_on) == _days(from_on.year)},
        reverse=True,
    )  # fmt: skip


def list_figures(unit: Unit, year: int) -> Sequence[Figure]:
    """The figures of a whole year."""
    first, last = _days(year)
    query = select(Figure).where(
        Figure.unit_id == unit.id, Figure.from_on == first, Figure.until_on == last
    )
    return db.session.scalars(query).all()


def _days(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)
