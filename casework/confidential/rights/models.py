"""What a person may ask about their own record, with a clock; and what authorities asked for."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Peppered, Sealed


class RequestKind(Labelled):
    """What a person asks for (Law 91/2025/QH15)."""

    SEE = "see", _l("to see what is kept")
    CORRECT = "correct", _l("to have it corrected")
    WITHDRAW = "withdraw", _l("to withdraw consent")
    ERASE = "erase", _l("to be erased")
    RESTRICT = "restrict", _l("to restrict its use")


class RequestOutcome(Labelled):
    """How it was answered."""

    DONE = "done", _l("done")
    PARTLY = "partly", _l("done in part")
    REFUSED = "refused", _l("refused, with the reason told")


class DisclosureDecision(Labelled):
    """What was answered to an authority."""

    GIVEN = "given", _l("given")
    PARTLY = "partly", _l("given in part")
    REFUSED = "refused", _l("refused")


class RightsRequest(Versioned, Base):
    """A person's request about their record. `due_on` is computed when it comes in."""

    __tablename__ = "rights_requests"
    __table_args__ = (Index(None, "unit_id", "due_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = coded(nullable=False)
    received_on: Mapped[date] = coded(nullable=False)
    due_on: Mapped[date] = coded(nullable=False)
    answered_on: Mapped[date | None] = coded()
    outcome: Mapped[str | None] = coded()
    wish_sealed: Mapped[bytes | None] = sensitive()
    reply_sealed: Mapped[bytes | None] = sensitive()
    # What the person says instead, where a correction was refused: it stands beside the record.
    statement_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    wish = Sealed("wish_sealed", Compartment.NOTES)
    reply = Sealed("reply_sealed", Compartment.NOTES)
    statement = Sealed("statement_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


class Disclosure(Versioned, Base):
    """An authority's written request about a case, and what was answered.

    The data-protection officer reads the register without holding a key of any case, so agency,
    number and legal ground are sealed by the program; what was told is sealed under the case's
    keys.
    """

    __tablename__ = "disclosures"
    __table_args__ = (Index(None, "unit_id", "received_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    received_on: Mapped[date] = coded(nullable=False)
    answered_on: Mapped[date | None] = coded()
    decision: Mapped[str | None] = coded()
    agency_sealed: Mapped[bytes | None] = sensitive()
    number_sealed: Mapped[bytes | None] = sensitive()
    ground_sealed: Mapped[bytes | None] = sensitive()
    told_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    agency = Peppered("agency_sealed")
    number = Peppered("number_sealed")
    ground = Peppered("ground_sealed")
    told = Sealed("told_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
