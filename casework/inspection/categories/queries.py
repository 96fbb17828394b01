"""Reading what was published of a province by group, sex, age and reason."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from casework.core.clock import add_months
from casework.core.database import db
from casework.inspection.categories.rules import COUNTED
from casework.inspection.readmodel.models import Figure
from casework.organisation.units.models import Unit

TWO_YEARS, ONE_YEAR = 24, 12


def list_by_category(unit: Unit, until: date, months: int = TWO_YEARS) -> Sequence[Figure]:
    """Of the months up to a day, oldest first: the figures told apart, and the wholes they are of.
    Nothing, where a unit is no province.
    """
    if not unit.is_province:
        return ()
    query = (
        select(Figure)
        .where(
            Figure.unit_id == unit.id,
            Figure.until_on <= until,
            Figure.until_on > add_months(until, -months),
            or_(
                Figure.measure.in_(COUNTED),
                *(Figure.measure.startswith(f"{measure}.") for measure in COUNTED),
            ),
        )
        .order_by(Figure.until_on, Figure.from_on, Figure.measure)
    )
    return db.session.scalars(query).all()
