"""What an administrator may change of units: those within reach, and what they followed."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.accounts.models import AccountRole
from casework.organisation.accounts.queries import in_force
from casework.organisation.units.models import Succession, Unit, UnitKind
from casework.organisation.units.queries import reached, valid_on


def get_unit_to_change(access: Access, unit_id: UUID) -> Unit:
    """A unit within reach, past ones too. Raises OutOfReach."""
    query = select(Unit).where(Unit.id == unit_id, reached(access, Unit.id, Unit.province_id))
    unit = db.session.scalar(query)
    if unit is None:
        raise OutOfReach
    return unit


def list_possible_parents(access: Access) -> list[Unit]:
    """The provinces and districts within reach, past ones too."""
    query = select(Unit).where(
        or_(Unit.is_province, Unit.kind == UnitKind.DISTRICT),
        reached(access, Unit.id, Unit.province_id),
    )
    return _sorted(db.session.scalars(query).all())


def list_possible_successors(access: Access, unit: Unit, province: Unit | None) -> list[Unit]:
    """The units of a province that exist after a unit began; other provinces for a province."""
    query = select(Unit).where(
        Unit.id != unit.id,
        or_(Unit.valid_until.is_(None), Unit.valid_until > unit.valid_from),
        reached(access, Unit.id, Unit.province_id),
    )
    if unit.is_province:
        query = query.where(Unit.is_province)
    else:
        province_id = province.id if province else None
        query = query.where(~Unit.is_province, Unit.province_id == province_id)
    return _sorted(db.session.scalars(query).all())


def list_units_with_code(code: str, since: date) -> Sequence[Unit]:
    """The units that have a code on a day or later."""
    lasting = or_(Unit.valid_until.is_(None), Unit.valid_until >= since)
    query = select(Unit).where(Unit.code == code, lasting)
    return db.session.scalars(query.order_by(Unit.valid_from)).all()


def is_followed(unit: Unit) -> bool:
    """Whether another unit followed this one."""
    query = select(Succession.id).where(Succession.predecessor_id == unit.id)
    return db.session.scalar(query.limit(1)) is not None


def count_units_below(unit: Unit, on: date) -> int:
    """How many units stand directly below one on a day."""
    query = select(func.count(Unit.id)).where(Unit.parent_id == unit.id, valid_on(on))
    return db.session.scalar(query) or 0


def count_roles_in(unit: Unit) -> int:
    """How many accounts hold a role in a unit today."""
    query = select(func.count(AccountRole.account_id.distinct())).where(
        AccountRole.unit_id == unit.id, in_force(today())
    )
    return db.session.scalar(query) or 0


def _sorted(units: Sequence[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (words_key(unit.name), unit.code))
