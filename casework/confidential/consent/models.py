"""Consent: the person's answer, purpose by purpose. The latest answer counts; earlier ones stay as
history.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, coded, operational, sensitive
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class Purpose(StrEnum):
    """What the person agrees to, each apart."""

    RECORD = "record"
    REFERRAL = "referral"
    PHONE_CONTACT = "phone_contact"
    ANONYMOUS_STATISTICS = "anonymous_statistics"

    @property
    def label(self) -> str:
        """The question on screens."""
        return str(_PURPOSE_LABELS[self])


class ConsentMethod(StrEnum):
    """How the answer was given."""

    SIGNED = "signed"
    FINGERPRINT = "fingerprint"
    ORAL_WITNESSED = "oral_witnessed"
    GUARDIAN = "guardian"

    @property
    def label(self) -> str:
        """The word on screens."""
        return str(_METHOD_LABELS[self])


class Consent(Base):
    """One answer to one purpose on one day."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "case_id", "purpose"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    purpose: Mapped[str] = coded(nullable=False)
    is_given: Mapped[bool] = coded(nullable=False)
    method: Mapped[str] = coded(nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    until_on: Mapped[date | None] = coded()
    # The witness or guardian: a person too.
    witness_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    witness = Sealed("witness_sealed", Compartment.IDENTITY)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id

    def holds(self, on: date) -> bool:
        """Whether the answer is yes and has not expired."""
        return self.is_given and (self.until_on is None or self.until_on >= on)


_PURPOSE_LABELS = {
    Purpose.RECORD: _l("Keep this record"),
    Purpose.REFERRAL: _l("Refer to partners"),
    Purpose.PHONE_CONTACT: _l("Contact by phone"),
    Purpose.ANONYMOUS_STATISTICS: _l("Count in anonymous statistics"),
}
_METHOD_LABELS = {
    ConsentMethod.SIGNED: _l("signed"),
    ConsentMethod.FINGERPRINT: _l("fingerprint"),
    ConsentMethod.ORAL_WITNESSED: _l("oral, with a witness"),
    ConsentMethod.GUARDIAN: _l("by a guardian"),
}
