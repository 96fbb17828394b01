"""Which units take part: the pilot units' successors first, then by code."""

from collections.abc import Sequence

from sqlalchemy import select

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.organisation.units.models import Succession, Unit
from casework.organisation.units.operations import load_built_in_units

EVERYWHERE = "all"


class NoSuchPlace(ValueError):
    """A province with this code does not exist today."""


def choose_units(provinces: Sequence[str], count: int | None) -> list[Unit]:
    """So many communes of provinces (codes, or `all`) as they are today. Raises NoSuchPlace."""
    if db.session.scalar(select(Unit.id).limit(1)) is None:
        load_built_in_units(by=SYSTEM)
        db.session.flush()
    query = select(Unit).where(~Unit.is_province, Unit.valid_until.is_(None))
    if EVERYWHERE not in provinces:
        query = query.where(Unit.province_id.in_([_province(code).id for code in provinces]))
    successors = set(db.session.scalars(select(Succession.successor_id)))
    units = db.session.scalars(query).all()
    ordered = sorted(units, key=lambda unit: (unit.id not in successors, unit.code))
    return ordered[:count]


def _province(code: str) -> Unit:
    query = select(Unit).where(Unit.code == code, Unit.is_province, Unit.valid_until.is_(None))
    province = db.session.scalar(query)
    if province is None:
        raise NoSuchPlace(f"There is no province with the code {code}.")
    return province
