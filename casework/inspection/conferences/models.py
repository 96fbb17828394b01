"""A review conference: a province looks back over a phase of several years and sets directions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational


class ReviewConference(Versioned, Base):
    """A conference and what people wrote for its report. The rest of the report is computed from
    published figures, findings and recommendations; `content` is the whole of it as JSON once it
    was `closed_at`, with its digest. `written_by` is the agency that reports.
    """

    __tablename__ = "review_conferences"
    __table_args__ = (Index(None, "province_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    title: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    held_on: Mapped[date | None] = operational()
    place: Mapped[str] = operational(nullable=False, default="")
    written_by: Mapped[str] = operational(nullable=False, default="")
    situation: Mapped[str] = operational(nullable=False, default="")
    causes: Mapped[str] = operational(nullable=False, default="")
    lessons: Mapped[str] = operational(nullable=False, default="")
    directions: Mapped[str] = operational(nullable=False, default="")
    tasks: Mapped[str] = operational(nullable=False, default="")
    content: Mapped[str] = operational(nullable=False, default="")
    digest: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    closed_by: Mapped[UUID | None] = operational()
    closed_at: Mapped[datetime | None] = operational()

    @property
    def is_closed(self) -> bool:
        """Whether its report is frozen."""
        return self.closed_at is not None


class BestPractice(Base):
    """What one unit did that others may follow."""

    __tablename__ = "best_practices"

    id: Mapped[UUID] = operational(primary_key=True)
    conference_id: Mapped[UUID] = operational(
        ForeignKey(ReviewConference.id), nullable=False, index=True
    )
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    text: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
