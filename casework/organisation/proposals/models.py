"""What unit heads ask the administrator to change: accounts, units, settings."""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


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

    @property
    def kind_label(self) -> str:
        """What it is about, in the words of screens."""
        return ProposalKind(self.kind).label

    @property
    def status_label(self) -> str:
        """What became of it, in the words of screens."""
        return ProposalStatus(self.status).label

    @property
    def is_open(self) -> bool:
        """Whether nobody answered yet."""
        return self.status == ProposalStatus.OPEN
