"""Which cases stand behind the numbers of a blind sample. The inspectors' side can't read this."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.confidential.cases.models import Case
from casework.core.database import Base, coded, operational


class SampledCase(Base):
    """Number so and so of a sample is this case. Drawn once: who looks again sees the same."""

    __tablename__ = "sampled_cases"
    __table_args__ = (UniqueConstraint("sample_id", "position"),)

    id: Mapped[UUID] = operational(primary_key=True)
    sample_id: Mapped[UUID] = operational(
        ForeignKey("organisation.paper_samples.id"), nullable=False
    )
    position: Mapped[int] = coded(nullable=False)
    case_id: Mapped[UUID] = operational(ForeignKey(Case.id), nullable=False, index=True)
