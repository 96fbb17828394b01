"""Reading pauses: those of a unit and its province."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.meetings.models import Pause
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached


def list_pauses(unit: Unit, unit_ids: Sequence[UUID]) -> list[tuple[Pause, Unit]]:
    """The pauses of a unit, of those it followed and of its province, newest first."""
    query = (
        select(Pause, Unit)
        .join(Unit, Unit.id == Pause.unit_id)
        .where(or_(Pause.unit_id.in_(unit_ids), Pause.unit_id == unit.province_id))
        .order_by(Pause.from_on.desc())
    )
    return [(pause, where) for pause, where in db.session.execute(query)]


def list_pauses_of_province(province: Unit) -> list[tuple[Pause, Unit]]:
    """The pauses that hold for a whole province, newest first."""
    query = select(Pause).where(Pause.unit_id == province.id).order_by(Pause.from_on.desc())
    return [(pause, province) for pause in db.session.scalars(query)]


def get_pause(access: Access, pause_id: UUID) -> Pause:
    """A pause of a unit within reach; a province's is changed elsewhere. Raises OutOfReach."""
    return _get(pause_id, ~Unit.is_province, reached(access, Unit.id, Unit.province_id))


def get_pause_of_province(access: Access, pause_id: UUID) -> Pause:
    """A pause of a province within reach. Raises OutOfReach."""
    return _get(pause_id, Unit.is_province.is_(True), access.within(Unit.id, Unit.province_id))


def _get(pause_id: UUID, *conditions: ColumnElement[bool]) -> Pause:
    query = select(Pause).join(Unit, Unit.id == Pause.unit_id)
    pause = db.session.scalar(query.where(Pause.id == pause_id, *conditions))
    if pause is None:
        raise OutOfReach
    return pause
