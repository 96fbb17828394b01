"""Reading pauses: those of a unit and its province."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

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


def get_pause(access: Access, pause_id: UUID) -> Pause:
    """A pause of a unit within reach; a province's is changed elsewhere. Raises OutOfReach."""
    pause = db.session.scalar(
        select(Pause)
        .join(Unit, Unit.id == Pause.unit_id)
        .where(Pause.id == pause_id, ~Unit.is_province, reached(access, Unit.id, Unit.province_id))
    )
    if pause is None:
        raise OutOfReach
    return pause
