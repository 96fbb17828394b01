"""A blind sample of paper files: an inspector asks for so many, the unit's own screen says which.

The request knows no case, so that both sides may read it: the confidential one draws and shows the
codes, the inspectors' one keeps ticks by number.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, operational


class PaperSample(Base):
    """A request for `size` files of a unit. `drawn` is how many there were to draw, never more;
    `shown_at` when the unit saw the codes. A sample that is closed shows none any more.
    """

    __tablename__ = "paper_samples"
    __table_args__ = (Index(None, "unit_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    size: Mapped[int] = operational(nullable=False)
    asked_by: Mapped[UUID | None] = operational()
    asked_at: Mapped[datetime] = operational(nullable=False, default=now)
    drawn: Mapped[int | None] = operational()
    shown_by: Mapped[UUID | None] = operational()
    shown_at: Mapped[datetime | None] = operational()
    closed_at: Mapped[datetime | None] = operational()
