"""Money in whole đồng: budget lines, and every movement of a line.

Movements are only added. A mistake is taken back by a movement that corrects it; both stay
readable. What a line has left is never stored: it is summed from its movements
(budgets/balance.py).
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.organisation.programmes.models import Phase


class FundingSource(Labelled):
    """Where money or goods come from."""

    STATE_BUDGET = "state_budget", _l("state budget")
    LOCAL_BUDGET = "local_budget", _l("local budget")
    PROGRAMME = "programme", _l("programme funds")
    SOCIAL_MOBILISATION = "social_mobilisation", _l("social mobilisation")
    VBSP_LOAN = "vbsp_loan", _l("loan of the Bank for Social Policies")
    NGO = "ngo", _l("non-governmental organisation")
    CHARITY = "charity", _l("charitable donors")
    FAMILY = "family", _l("family")
    CLUB_FUND = "club_fund", _l("club fund")


class Purpose(Labelled):
    """What a budget line pays for."""

    ACTIVITY = "activity", _l("meetings and activities")
    COMMUNICATION = "communication", _l("communication")
    SUPPORT = "support", _l("support of persons")
    TRAINING = "training", _l("training")
    REMUNERATION = "remuneration", _l("remuneration")
    EQUIPMENT = "equipment", _l("equipment")
    OTHER = "other", _l("other")


class MovementKind(Labelled):
    """What happens to the money of a line."""

    ALLOTMENT = "allotment", _l("allotted")
    ADVANCE = "advance", _l("advanced")
    EXPENSE = "expense", _l("spent")
    REFUND = "refund", _l("paid back")
    SETTLEMENT = "settlement", _l("settled")


class BudgetLine(Versioned, Base):
    """Money of one body, year, source and purpose. `estimate_amount` is what the plan asked for;
    `due_on` the day by which it must be settled.
    """

    __tablename__ = "budget_lines"
    __table_args__ = (Index(None, "unit_id", "year"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    body_id: Mapped[UUID] = operational(
        ForeignKey("organisation.bodies.id"), nullable=False, index=True
    )
    year: Mapped[int] = operational(nullable=False)
    funding_source: Mapped[str] = operational(nullable=False)
    purpose: Mapped[str] = operational(nullable=False)
    phase_id: Mapped[UUID | None] = operational(ForeignKey(Phase.id))
    title: Mapped[str] = operational(nullable=False)
    estimate_amount: Mapped[int] = operational(BigInteger, nullable=False)
    due_on: Mapped[date] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def source_label(self) -> str:
        """The funding source's word on screens."""
        return FundingSource(self.funding_source).label

    @property
    def purpose_label(self) -> str:
        """The purpose's word on screens."""
        return Purpose(self.purpose).label


class Movement(Base):
    """One movement of a line's money on a day. `amount` is above zero, except where `corrects_id`
    takes back an earlier movement: then it is the negative of that amount, of the same kind.

    Settlements count once a unit head approved them; other movements at once.
    """

    __tablename__ = "movements"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="moves"),
        CheckConstraint("(amount > 0) = (corrects_id IS NULL)", name="sign"),
        UniqueConstraint("corrects_id"),
        Index(None, "line_id", "on_day"),
        Index(None, "unit_id", "voucher"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    line_id: Mapped[UUID] = operational(ForeignKey(BudgetLine.id), nullable=False)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    on: Mapped[date] = operational("on_day", nullable=False)
    amount: Mapped[int] = operational(BigInteger, nullable=False)
    voucher: Mapped[str] = operational(nullable=False, default="")
    note: Mapped[str] = operational(nullable=False, default="")
    corrects_id: Mapped[UUID | None] = operational(ForeignKey("organisation.movements.id"))
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    approved_by: Mapped[UUID | None] = operational()
    approved_at: Mapped[datetime | None] = operational()

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return MovementKind(self.kind).label


class ClosedYear(Base):
    """A unit's money of a year is closed until reopened: nothing dated in it is added any more, and
    its lines stay as they are.
    """

    __tablename__ = "closed_years"
    __table_args__ = (Index(None, "unit_id", "year"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    year: Mapped[int] = operational(nullable=False)
    closed_by: Mapped[UUID | None] = operational()
    closed_at: Mapped[datetime] = operational(nullable=False, default=now)
    reopened_by: Mapped[UUID | None] = operational()
    reopened_at: Mapped[datetime | None] = operational()
    reopen_reason: Mapped[str] = operational(nullable=False, default="")
