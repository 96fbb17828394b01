"""Transfers to another unit: the sender chooses, the person agrees, the receiver sees the case only
once it accepted.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class TransferStatus(Labelled):
    """Where a transfer stands."""

    OFFERED = "offered", _l("offered")
    ACCEPTED = "accepted", _l("accepted")
    DECLINED = "declined", _l("declined")
    WITHDRAWN = "withdrawn", _l("withdrawn")


class DeclineReason(Labelled):
    """Why a unit does not take a case it was offered."""

    NOT_HERE = "not_here", _l("the person does not live here")
    NO_COUNSELOR = "no_counselor", _l("no counselor has room now")
    AGREED_OTHERWISE = "agreed_otherwise", _l("agreed otherwise with the unit")
    OTHER = "other", _l("other")


class Transfer(Versioned, Base):
    """A case offered to another unit, with the consent that allows it.

    The note is for the receiving counselor; it opens once the case is theirs.
    """

    __tablename__ = "transfers"
    __table_args__ = (Index(None, "to_unit_id", "status"), Index(None, "case_id"))

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    from_unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    to_unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    consent_id: Mapped[UUID] = operational(ForeignKey("confidential.consents.id"), nullable=False)
    status: Mapped[str] = coded(nullable=False)
    offered_by: Mapped[UUID] = operational(nullable=False)
    offered_at: Mapped[datetime] = operational(nullable=False, default=now)
    answered_by: Mapped[UUID | None] = operational()
    answered_on: Mapped[date | None] = coded()
    decline_reason: Mapped[str | None] = coded()
    note_sealed: Mapped[bytes | None] = sensitive()

    note = Sealed("note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
