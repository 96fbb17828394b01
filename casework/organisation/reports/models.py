"""Report periods with explicit days, and the reports that units hand in for them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational


class ReportPeriod(Versioned, Base):
    """What a province wants reported: from and until which day (half-years have run 15/12–14/6),
    and by when.
    """

    __tablename__ = "report_periods"
    __table_args__ = (UniqueConstraint("province_id", "name"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    name: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    due_on: Mapped[date] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False, default="")


class UnitReport(Versioned, Base):
    """A unit's report on itself. `figures` are the counts of the day it was submitted, as JSON.

    A submitted report is frozen; what has to be added is a supplement with its own day.
    """

    __tablename__ = "unit_reports"
    __table_args__ = (UniqueConstraint("unit_id", "period_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period_id: Mapped[UUID] = operational(ForeignKey(ReportPeriod.id), nullable=False, index=True)
    achieved: Mapped[str] = operational(nullable=False, default="")
    difficulties: Mapped[str] = operational(nullable=False, default="")
    proposals: Mapped[str] = operational(nullable=False, default="")
    figures: Mapped[str] = operational(nullable=False, default="")
    supplement: Mapped[str] = operational(nullable=False, default="")
    supplemented_at: Mapped[datetime | None] = operational()
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    submitted_by: Mapped[UUID | None] = operational()
    submitted_at: Mapped[datetime | None] = operational()
