"""The monthly review of who may sign in, unit by unit."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, operational


class AccessReview(Base):
    """Somebody looked through the accounts of a unit in a month; without a unit, those of none.

    `month` is its first day; `kept` and `questioned` count accounts, `note` says what was found.
    """

    __tablename__ = "access_reviews"
    __table_args__ = (UniqueConstraint("unit_id", "month"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    month: Mapped[date] = operational(nullable=False)
    kept: Mapped[int] = operational(nullable=False)
    questioned: Mapped[int] = operational(nullable=False)
    note: Mapped[str] = operational(nullable=False, default="")
    reviewed_by: Mapped[UUID | None] = operational()
    reviewed_at: Mapped[datetime] = operational(nullable=False, default=now)
