"""Consent: the person's answer, purpose by purpose. The latest answer counts; earlier ones stay as
history.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class Purpose(Labelled):
    """What the person agrees to, each apart."""

    RECORD = "record", _l("Keep this record")
    REFERRAL = "referral", _l("Refer to partners")
    PHONE_CONTACT = "phone_contact", _l("Contact by phone")
    ANONYMOUS_STATISTICS = "anonymous_statistics", _l("Count in anonymous statistics")


class Standing(Labelled):
    """What a person's answers to one purpose come to on a day."""

    UNASKED = "unasked", _l("not asked")
    AGREES = "agrees", _l("agrees")
    EXPIRED = "expired", _l("has expired")
    REFUSED = "refused", _l("does not agree")
    WITHDRAWN = "withdrawn", _l("withdrawn")


class ConsentMethod(Labelled):
    """How the answer was given. A spoken word alone refuses and withdraws; it never agrees."""

    SIGNED = "signed", _l("signed")
    FINGERPRINT = "fingerprint", _l("fingerprint")
    ORAL_WITNESSED = "oral_witnessed", _l("oral, with a witness")
    GUARDIAN = "guardian", _l("by a guardian")
    SPOKEN = "spoken", _l("spoken")


AGREEING = tuple(method for method in ConsentMethod if method is not ConsentMethod.SPOKEN)


class Consent(Base):
    """One answer to one purpose on one day."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "case_id", "purpose"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    purpose: Mapped[str] = coded(nullable=False)
    # Consent to a referral is to one partner; to a transfer, to one unit.
    partner_id: Mapped[UUID | None] = coded(ForeignKey("organisation.partners.id"))
    to_unit_id: Mapped[UUID | None] = coded(ForeignKey("organisation.units.id"))
    is_given: Mapped[bool] = coded(nullable=False)
    method: Mapped[str] = coded(nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    until_on: Mapped[date | None] = coded()
    # Under 18 a guardian agrees; from 7 on the child is asked too. None: not asked.
    child_agrees: Mapped[bool | None] = coded()
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
