"""What a unit is asked to do, by whom and until when; what it answered; who found it done."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.inspection.findings.models import Finding
from casework.inspection.inspections.models import Inspection


class RecommendationStatus(Labelled):
    """How far a recommendation is. Overdue is derived: it is no status."""

    OPEN = "open", _l("not done yet")
    IN_PROGRESS = "in_progress", _l("being remedied")
    DONE = "done", _l("remedied, says the unit")
    VERIFIED = "verified", _l("confirmed")
    WAIVED = "waived", _l("waived")


ASKED = (RecommendationStatus.OPEN, RecommendationStatus.IN_PROGRESS)
"""Something is asked of the unit still."""
SETTLED = (RecommendationStatus.VERIFIED, RecommendationStatus.WAIVED)
"""Nothing more is asked of anybody."""


class StepKind(Labelled):
    """What happened to a recommendation."""

    ANSWER = "answer", _l("answer of the unit")
    VERIFICATION = "verification", _l("confirmed by the inspector")
    RETURN = "return", _l("returned by the inspector")
    EXTENSION = "extension", _l("more time given")
    WAIVER = "waiver", _l("waived")


class Recommendation(Versioned, Base):
    """One recommendation. It binds the unit from the day the minutes were signed (`in_force_on`);
    before that it is a draft of the inspectors. `due_on` is the day that holds now, `first_due_on`
    the one the minutes say. `done_on` is the day the unit says it was done. `is_money`: the unit's
    accountant answers too.
    """

    __tablename__ = "recommendations"
    __table_args__ = (Index(None, "inspection_id"), Index(None, "unit_id", "due_on"))

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(ForeignKey(Inspection.id), nullable=False)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    finding_id: Mapped[UUID | None] = operational(ForeignKey(Finding.id))
    code: Mapped[str] = operational(nullable=False, default="")
    position: Mapped[int] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    responsible: Mapped[str] = operational(nullable=False)
    due_on: Mapped[date] = operational(nullable=False)
    first_due_on: Mapped[date] = operational(nullable=False)
    is_money: Mapped[bool] = operational(nullable=False, default=False)
    status: Mapped[str] = operational(nullable=False, default=RecommendationStatus.OPEN)
    in_force_on: Mapped[date | None] = operational()
    done_on: Mapped[date | None] = operational()
    verified_on: Mapped[date | None] = operational()
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def status_label(self) -> str:
        """The status's words on screens."""
        return RecommendationStatus(self.status).label

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is asked of the unit."""
        return self.status in SETTLED

    def is_overdue(self, on: date) -> bool:
        """Whether the unit is late on a day. What it says is done waits for the inspectors."""
        return self.in_force_on is not None and self.status in ASKED and self.due_on < on

    @property
    def file_kind(self) -> str:
        """Under which kind evidence is attached: an accountant reads that about money alone."""
        return "money_recommendation" if self.is_money else "recommendation"


class RecommendationStep(Base):
    """What somebody said or decided about a recommendation; never changed. Evidence is attached to
    the recommendation.

    `on` is the new due day of an extension; the day on which it was done, of an answer that says so
    and of its confirmation; of an answer without it the work goes on.
    """

    __tablename__ = "recommendation_steps"
    __table_args__ = (Index(None, "recommendation_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    recommendation_id: Mapped[UUID] = operational(ForeignKey(Recommendation.id), nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False, default="")
    on: Mapped[date | None] = operational("on_day")
    by_id: Mapped[UUID | None] = operational()
    by_name: Mapped[str] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def kind_label(self) -> str:
        """The kind's words on screens."""
        return StepKind(self.kind).label
