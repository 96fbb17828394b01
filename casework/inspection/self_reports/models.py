"""What a unit reports on itself before a visit: prefilled, completed, submitted with a day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import VIETNAM, now
from casework.core.database import Base, Versioned, operational
from casework.inspection.inspections.models import Inspection


class SelfReport(Versioned, Base):
    """A unit's report for an inspection. `figures` are the criteria as published for `period` on
    the day it was submitted, as JSON; a submitted report is frozen.
    """

    __tablename__ = "self_reports"

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(
        ForeignKey(Inspection.id), nullable=False, unique=True
    )
    achieved: Mapped[str] = operational(nullable=False, default="")
    difficulties: Mapped[str] = operational(nullable=False, default="")
    causes: Mapped[str] = operational(nullable=False, default="")
    proposals: Mapped[str] = operational(nullable=False, default="")
    period: Mapped[str] = operational(nullable=False, default="")
    figures: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    submitted_by: Mapped[UUID | None] = operational()
    submitted_at: Mapped[datetime | None] = operational()

    @property
    def submitted_on(self) -> date | None:
        """The day in Vietnam on which it was submitted."""
        return self.submitted_at.astimezone(VIETNAM).date() if self.submitted_at else None


class SelfReportRemark(Base):
    """What a unit says to one criterion."""

    __tablename__ = "self_report_remarks"
    __table_args__ = (UniqueConstraint("report_id", "code"),)

    id: Mapped[UUID] = operational(primary_key=True)
    report_id: Mapped[UUID] = operational(ForeignKey(SelfReport.id), nullable=False)
    code: Mapped[str] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
