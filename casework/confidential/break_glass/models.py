"""Opening a case out of turn: asked with a reason, approved by a data-protection officer who is not
the asker, for one compartment and one hour, read only, told to the counselor at once, and reviewed.
"""

from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Peppered

LASTS = timedelta(hours=1)
# Nobody decided for so long: the emergency is over, one way or the other.
LAPSES_AFTER = timedelta(days=1)


class Part(Labelled):
    """What of a case may be opened: one of its compartments, never both at once."""

    IDENTITY = Compartment.IDENTITY, _l("who the person is and how to reach them safely")
    NOTES = Compartment.NOTES, _l("what was said, assessed and agreed")


class EmergencyReason(Labelled):
    """Why the counselor can't be waited for."""

    DANGER = "danger", _l("somebody is in danger")
    COUNSELOR_AWAY = "counselor_away", _l("the counselor can't be reached")
    PERSON_ASKS = "person_asks", _l("the person is here and asks for it")
    OTHER = "other", _l("other reason")


class EmergencyStatus(Labelled):
    """Where an emergency opening stands."""

    ASKED = "asked", _l("asked for")
    APPROVED = "approved", _l("approved")
    DECLINED = "declined", _l("declined")


class State(Labelled):
    """The status, and what time made of it."""

    WAITING = "waiting", _l("waiting for a decision")
    LAPSED = "lapsed", _l("lapsed, nobody decided")
    DECLINED = "declined", _l("declined")
    RUNNING = "running", _l("open")
    TO_REVIEW = "to_review", _l("over, to be reviewed")
    REVIEWED = "reviewed", _l("over and reviewed")


class ReviewVerdict(Labelled):
    """What the review afterwards found."""

    IN_ORDER = "in_order", _l("in order")
    NOT_IN_ORDER = "not_in_order", _l("not in order")


class EmergencyOpening(Versioned, Base):
    """One request to open one compartment of one case. What it says is sealed by the program: who
    asks and who approves hold no key of the case.
    """

    __tablename__ = "emergency_openings"
    __table_args__ = (Index(None, "asked_by", "expires_at"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    compartment: Mapped[str] = coded(nullable=False)
    reason: Mapped[str] = coded(nullable=False)
    status: Mapped[str] = coded(nullable=False)
    explanation_sealed: Mapped[bytes | None] = sensitive()
    asked_by: Mapped[UUID] = operational(nullable=False)
    asked_at: Mapped[datetime] = operational(nullable=False, default=now)
    decided_by: Mapped[UUID | None] = operational()
    decided_at: Mapped[datetime | None] = operational()
    expires_at: Mapped[datetime | None] = operational()
    decision_note_sealed: Mapped[bytes | None] = sensitive()
    verdict: Mapped[str | None] = coded()
    review_note_sealed: Mapped[bytes | None] = sensitive()
    reviewed_by: Mapped[UUID | None] = operational()
    reviewed_at: Mapped[datetime | None] = operational()

    explanation = Peppered("explanation_sealed")
    decision_note = Peppered("decision_note_sealed")
    review_note = Peppered("review_note_sealed")

    @property
    def state(self) -> State:
        """Where it stands now."""
        if self.status == EmergencyStatus.DECLINED:
            return State.DECLINED
        if self.expires_at is None:
            return State.LAPSED if self.asked_at + LAPSES_AFTER <= now() else State.WAITING
        if self.expires_at > now():
            return State.RUNNING
        return State.TO_REVIEW if self.reviewed_at is None else State.REVIEWED
