"""What an inspection found: strengths first, then shortcomings, the unit's difficulties and its
proposals.
"""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.inspection.inspections.models import Inspection


class FindingKind(Labelled):
    """What a finding is, in the order of a report: praise first."""

    STRENGTH = "strength", _l("Strength")
    SHORTCOMING = "shortcoming", _l("Shortcoming")
    DIFFICULTY = "difficulty", _l("Difficulty")
    PROPOSAL = "proposal", _l("Proposal of the unit")


class Cause(Labelled):
    """Where a shortcoming comes from."""

    OBJECTIVE = "objective", _l("objective")
    SUBJECTIVE = "subjective", _l("subjective")


class FindingStatus(Labelled):
    """Whether an inspector stands by it. What figures propose is nothing until then."""

    PROPOSED = "proposed", _l("proposed")
    ACCEPTED = "accepted", _l("accepted")
    DECLINED = "declined", _l("declined")


class Finding(Versioned, Base):
    """One finding. `proposed_text` is what figures proposed for the criterion `code`, in the
    inspectors' phrasing; what an inspector wrote himself has none. Declining needs a reason.
    """

    __tablename__ = "findings"
    __table_args__ = (Index(None, "inspection_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(ForeignKey(Inspection.id), nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    code: Mapped[str] = operational(nullable=False, default="")
    position: Mapped[int] = operational(nullable=False)
    proposed_text: Mapped[str] = operational(nullable=False, default="")
    text: Mapped[str] = operational(nullable=False)
    cause: Mapped[str] = operational(nullable=False, default="")
    cause_text: Mapped[str] = operational(nullable=False, default="")
    status: Mapped[str] = operational(nullable=False)
    decline_reason: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return FindingKind(self.kind).label

    @property
    def cause_label(self) -> str:
        """The cause's word on screens; empty where none was said."""
        return Cause(self.cause).label if self.cause else ""
