"""The minutes of a visit: drafted, numbered, signed by both sides, and from then on never changed.

What has to be added is a supplement with its own day and its own digest.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.inspection.inspections.models import Inspection


class Minutes(Versioned, Base):
    """The minutes of one inspection. `content` is everything they say, as JSON, from the moment
    the team froze them; `digest` is its SHA-256, which the page computes again. `number` counts
    within the province and the year.
    """

    __tablename__ = "inspection_minutes"
    __table_args__ = (UniqueConstraint("province_id", "year", "number"),)

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(
        ForeignKey(Inspection.id), nullable=False, unique=True
    )
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    year: Mapped[int] = operational(nullable=False)
    number: Mapped[int | None] = operational()
    on: Mapped[date] = operational("on_day", nullable=False)
    place: Mapped[str] = operational(nullable=False, default="")
    assessment: Mapped[str] = operational(nullable=False, default="")
    unit_opinion: Mapped[str] = operational(nullable=False, default="")
    content: Mapped[str] = operational(nullable=False, default="")
    digest: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    frozen_by: Mapped[UUID | None] = operational()
    frozen_at: Mapped[datetime | None] = operational()
    head_signed_by: Mapped[UUID | None] = operational()
    head_signed_name: Mapped[str] = operational(nullable=False, default="")
    head_signed_at: Mapped[datetime | None] = operational()
    unit_signed_by: Mapped[UUID | None] = operational()
    unit_signed_name: Mapped[str] = operational(nullable=False, default="")
    unit_signed_at: Mapped[datetime | None] = operational()


class MinutesSupplement(Base):
    """What was added after signing: a text with its day, its author and its digest, which covers
    the digest before it.
    """

    __tablename__ = "inspection_minutes_supplements"
    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    id: Mapped[UUID] = operational(primary_key=True)
    minutes_id: Mapped[UUID] = operational(ForeignKey(Minutes.id), nullable=False)
    number: Mapped[int] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    digest: Mapped[str] = operational(nullable=False)
    by_id: Mapped[UUID | None] = operational()
    by_name: Mapped[str] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False, default=now)
