"""Monthly remuneration paid to members. What is owed is computed from posts and rates."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, operational


class Payment(Base):
    """Remuneration of a member of a body for one month (its first day), in whole đồng.

    Taken back by a payment that corrects it, with the negative amount; both stay readable.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("(amount > 0) = (corrects_id IS NULL)", name="sign"),
        UniqueConstraint("corrects_id"),
        Index(None, "unit_id", "month"),
        Index(None, "member_id", "month"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    body_id: Mapped[UUID] = operational(ForeignKey("organisation.bodies.id"), nullable=False)
    member_id: Mapped[UUID] = operational(ForeignKey("organisation.members.id"), nullable=False)
    month: Mapped[date] = operational(nullable=False)
    amount: Mapped[int] = operational(BigInteger, nullable=False)
    paid_on: Mapped[date] = operational(nullable=False)
    voucher: Mapped[str] = operational(nullable=False)
    note: Mapped[str] = operational(nullable=False, default="")
    corrects_id: Mapped[UUID | None] = operational(ForeignKey("organisation.payments.id"))
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    approved_by: Mapped[UUID | None] = operational()
    approved_at: Mapped[datetime | None] = operational()
