"""Reading which cases stand behind the numbers of a sample."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from casework.authz.enforce import Access
from casework.confidential.cases.models import OPEN_STATUSES, Case, CaseStatus
from casework.confidential.samples.models import SampledCase
from casework.core import audit
from casework.core.clock import last_year_to, today
from casework.core.database import db
from casework.organisation.samples.models import PaperSample


def list_drawable(unit_id: UUID) -> Sequence[UUID]:
    """The cases whose paper files a unit keeps at hand: open today, or closed in the last twelve
    months; none that was erased, and none that another unit took over.
    """
    recently, _until = last_year_to(today())
    query = select(Case.id).where(
        Case.unit_id == unit_id,
        Case.erased_at.is_(None),
        or_(
            Case.status.in_(OPEN_STATUSES),
            (Case.status == CaseStatus.CLOSED) & (Case.closed_on >= recently),
        ),
    )
    return db.session.scalars(query).all()


def show_drawn(sample: PaperSample, access: Access) -> Sequence[tuple[int, str]]:
    """Numbers and codes of a sample, in order; nothing of one that is closed. Each case leaves a
    row in the log before anything is shown.
    """
    if sample.closed_at is not None:
        return []
    query = (
        select(SampledCase.position, Case.id, Case.reference)
        .join(Case, Case.id == SampledCase.case_id)
        .where(SampledCase.sample_id == sample.id, Case.erased_at.is_(None))
        .order_by(SampledCase.position)
    )
    drawn = db.session.execute(query).all()
    audit.record_read(
        "sample.show",
        "case",
        [case_id for _, case_id, _ in drawn],
        by=access.actor,
        unit_id=sample.unit_id,
    )
    return [(position, reference) for position, _, reference in drawn]
