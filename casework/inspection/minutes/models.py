"""The minutes of a visit: drafted, numbered, signed by both sides, and from then on never changed.

What has to be added is a supplement with its own day and its own digest.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.inspection.inspections.models import Inspection


class Side(Labelled):
    """Who signs minutes."""

    UNIT = "unit", _l("the unit")
    TEAM = "team", _l("the head of the team")


class Minutes(Versioned, Base):
    """The minutes of one inspection. `content` is everything they say, as JSON, from the moment
    the team froze them; `digest` is its SHA-256, which the page computes again. `number` counts
    within the province and the year; it stays when they are opened again to be corrected.
    """

    __tablename__ = "inspection_minutes"
    __table_args__ = (UniqueConstraint("province_id", "year", "number"), Index(None, "digest"))

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

    @property
    def is_frozen(self) -> bool:
        """Whether what they say is fixed."""
        return self.frozen_at is not None

    @property
    def code(self) -> str:
        """Their number as papers say it."""
        return f"{self.number:02}/BB-ĐKT" if self.number else ""


class MinutesSignature(Base):
    """One side's signature under a digest: given here by the account `by_id`, or on paper, recorded
    by it with the scan attached. Never changed.
    """

    __tablename__ = "inspection_minutes_signatures"
    __table_args__ = (UniqueConstraint("minutes_id", "side"),)

    id: Mapped[UUID] = operational(primary_key=True)
    minutes_id: Mapped[UUID] = operational(ForeignKey(Minutes.id), nullable=False)
    side: Mapped[str] = operational(nullable=False)
    digest: Mapped[str] = operational(nullable=False)
    name: Mapped[str] = operational(nullable=False)
    on: Mapped[date] = operational("on_day", nullable=False)
    is_on_paper: Mapped[bool] = operational(nullable=False, default=False)
    by_id: Mapped[UUID | None] = operational()
    by_name: Mapped[str] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def side_label(self) -> str:
        """The side's words on screens."""
        return Side(self.side).label


class MinutesReopening(Base):
    """Frozen minutes that were opened again before anybody signed: why, and what their digest was.
    Never changed.
    """

    __tablename__ = "inspection_minutes_reopenings"
    __table_args__ = (Index(None, "minutes_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    minutes_id: Mapped[UUID] = operational(ForeignKey(Minutes.id), nullable=False)
    digest: Mapped[str] = operational(nullable=False)
    reason: Mapped[str] = operational(nullable=False)
    by_id: Mapped[UUID | None] = operational()
    by_name: Mapped[str] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False, default=now)


class MinutesSupplement(Base):
    """What was added after signing: a text with its day, its author and its digest, which covers
    the digest before it. Never changed.
    """

    __tablename__ = "inspection_minutes_supplements"
    __table_args__ = (UniqueConstraint("minutes_id", "number"), Index(None, "digest"))

    id: Mapped[UUID] = operational(primary_key=True)
    minutes_id: Mapped[UUID] = operational(ForeignKey(Minutes.id), nullable=False)
    number: Mapped[int] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    digest: Mapped[str] = operational(nullable=False)
    on: Mapped[date] = operational("on_day", nullable=False)
    by_id: Mapped[UUID | None] = operational()
    by_name: Mapped[str] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False, default=now)


Content = dict[str, Any]
"""What minutes say, by name: texts, numbers, days as 2026-02-05, lists of the same."""
