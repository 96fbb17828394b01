"""What was true and what was printed of it, edition by edition.

Later proofs need the table that was true at publication, and late records must not change it. The
read model never holds these counts; an inspection page can't reach them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, coded, operational


class Publication(Base):
    """An edition of a province's figures. It has the id of its edition in the read model.

    Prepared: counted, proved and attacked. Published: the read model has it.
    """

    __tablename__ = "publications"
    __table_args__ = (UniqueConstraint("province_id", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period: Mapped[str] = operational(nullable=False)
    prepared_at: Mapped[datetime] = operational(nullable=False, default=now)
    prepared_by: Mapped[str] = operational(nullable=False)
    published_at: Mapped[datetime | None] = operational()


class PublishedCount(Base):
    """A count as it was true at publication, and its print: a figure if `is_printed`.

    Without an upper end `high` is empty. The measures `recorded_opened` and `recorded_closed` say
    how many openings and closures the flows have taken into account so far.
    """

    __tablename__ = "published_counts"
    __table_args__ = (UniqueConstraint("publication_id", "unit_id", "measure", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    publication_id: Mapped[UUID] = operational(ForeignKey(Publication.id), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    level: Mapped[str] = operational(nullable=False)
    measure: Mapped[str] = coded(nullable=False)
    period: Mapped[str] = coded(nullable=False)
    count: Mapped[int] = coded(nullable=False)
    is_printed: Mapped[bool] = operational(nullable=False)
    shown: Mapped[str] = operational(nullable=False)
    low: Mapped[int | None] = coded()
    high: Mapped[int | None] = coded()
