"""A blind sample of paper files: an inspector asks for so many, the unit's own screen says which.

The request knows no case, so that both sides may read it: the confidential one draws and shows the
codes, the inspectors' one keeps ticks by number. Nor does it know how many files there were to
draw: in a unit with fewer than were asked for that would be an exact count of persons, which no
edition prints. A number without a file is a number the inspector leaves empty.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, operational


class PaperSample(Base):
    """A request for `size` files of a unit. `shown_at` is when the unit saw which ones, whether
    there were any or not. A sample that is closed shows none any more.
    """

    __tablename__ = "paper_samples"
    __table_args__ = (Index(None, "unit_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    size: Mapped[int] = operational(nullable=False)
    asked_by: Mapped[UUID | None] = operational()
    asked_at: Mapped[datetime] = operational(nullable=False, default=now)
    shown_by: Mapped[UUID | None] = operational()
    shown_at: Mapped[datetime | None] = operational()
    closed_at: Mapped[datetime | None] = operational()
