"""Referrals to partners: only with consent to that very partner, followed until answered."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class ReferralStatus(Labelled):
    """How the partner answered."""

    SENT = "sent", _l("sent")
    ACCEPTED = "accepted", _l("accepted")
    WAITLISTED = "waitlisted", _l("waiting list")
    COMPLETED = "completed", _l("completed")
    DECLINED = "declined", _l("declined")
    NO_SHOW = "no_show", _l("did not come")
    UNKNOWN = "unknown", _l("no answer")


class Referral(Versioned, Base):
    """A person sent on to a partner. `answered_on` is the day of the partner's first answer;
    `names_person` whether the person agreed to be named in the letter. One recorded by mistake is
    taken back and counts nowhere.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        Index(None, "case_id", "sent_on"),
        Index(None, "unit_id", "sent_on"),
        Index(None, "partner_id"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    partner_id: Mapped[UUID] = coded(ForeignKey("organisation.partners.id"), nullable=False)
    consent_id: Mapped[UUID] = operational(ForeignKey("confidential.consents.id"), nullable=False)
    area: Mapped[str] = coded(nullable=False)
    sent_on: Mapped[date] = coded(nullable=False)
    feedback_due_on: Mapped[date] = coded(nullable=False)
    status: Mapped[str] = coded(nullable=False)
    answered_on: Mapped[date | None] = coded()
    names_person: Mapped[bool] = coded(nullable=False, default=False, server_default=false())
    reason_sealed: Mapped[bytes | None] = sensitive()
    taken_back_at: Mapped[datetime | None] = operational()
    taken_back_by: Mapped[UUID | None] = operational()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    reason = Sealed("reason_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


class ReferralStep(Base):
    """One answer of the partner, or what became known otherwise; steps are only added."""

    __tablename__ = "referral_steps"
    __table_args__ = (Index(None, "referral_id", "on_day"),)

    id: Mapped[UUID] = operational(primary_key=True)
    referral_id: Mapped[UUID] = operational(ForeignKey(Referral.id), nullable=False)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    status: Mapped[str] = coded(nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    note_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
