"""Reminders a counselor sets for themselves; everything else that is due comes from the records."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class Reminder(Versioned, Base):
    """Something to do about a case on a day; done or dropped, it stays readable."""

    __tablename__ = "reminders"
    __table_args__ = (Index(None, "account_id", "due_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    account_id: Mapped[UUID] = operational(ForeignKey("organisation.accounts.id"), nullable=False)
    due_on: Mapped[date] = coded(nullable=False)
    text_sealed: Mapped[bytes | None] = sensitive()
    done_on: Mapped[date | None] = coded()
    dropped_on: Mapped[date | None] = coded()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    text = Sealed("text_sealed", Compartment.NOTES)

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_on is None and self.dropped_on is None

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
