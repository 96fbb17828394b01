"""The monthly review of who may sign in, and what unit heads propose to the administrator."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class AccessReview(Base):
    """Somebody looked through the accounts of a unit (or all, without one) in a month.

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


class ProposalKind(Labelled):
    """What is proposed to be changed."""

    ACCOUNT = "account", _l("accounts and roles")
    UNIT = "unit", _l("units and clusters")
    SETTING = "setting", _l("settings")


class ProposalStatus(Labelled):
    """What became of a proposal."""

    OPEN = "open", _l("waiting")
    DONE = "done", _l("done")
    DECLINED = "declined", _l("declined")


class Proposal(Versioned, Base):
    """What a unit asks the administrator to change, and the answer."""

    __tablename__ = "proposals"
    __table_args__ = (Index(None, "unit_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    status: Mapped[str] = operational(nullable=False, default=ProposalStatus.OPEN)
    answer: Mapped[str] = operational(nullable=False, default="")
    proposed_by: Mapped[UUID | None] = operational()
    proposed_at: Mapped[datetime] = operational(nullable=False, default=now)
    answered_by: Mapped[UUID | None] = operational()
    answered_at: Mapped[datetime | None] = operational()
