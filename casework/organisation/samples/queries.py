"""Reading requests for samples: the units' side by what it reaches, the inspectors' by id."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.samples.models import PaperSample
from casework.organisation.units.models import Unit


def list_samples(access: Access) -> Sequence[tuple[PaperSample, Unit]]:
    """What was asked of the units an access reaches, newest first."""
    query = (
        select(PaperSample, Unit)
        .join(Unit, Unit.id == PaperSample.unit_id)
        .where(access.within(PaperSample.unit_id))
        .order_by(PaperSample.asked_at.desc(), PaperSample.id)
    )
    return [(sample, unit) for sample, unit in db.session.execute(query)]


def list_waiting(access: Access) -> Sequence[PaperSample]:
    """What the units an access reaches have not looked at yet, the oldest first."""
    query = select(PaperSample).where(
        access.within(PaperSample.unit_id),
        PaperSample.shown_at.is_(None),
        PaperSample.closed_at.is_(None),
    )
    return db.session.scalars(query.order_by(PaperSample.asked_at, PaperSample.id)).all()


def get_sample(access: Access, sample_id: UUID) -> tuple[PaperSample, Unit]:
    """A request to a unit within reach, with the unit. Raises OutOfReach."""
    query = (
        select(PaperSample, Unit)
        .join(Unit, Unit.id == PaperSample.unit_id)
        .where(PaperSample.id == sample_id, access.within(PaperSample.unit_id))
    )
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return row[0], row[1]


def find_sample(sample_id: UUID | None) -> PaperSample | None:
    """A request that somebody keeps the id of."""
    return db.session.get(PaperSample, sample_id) if sample_id else None
