"""Papers and pictures attached to a record of the organisation: a decision, minutes, a regulation.

A scan may name whoever it names, so the content is ciphertext in the database, under a key derived
from the pepper that stands outside of it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, deferred

from casework.core.clock import now
from casework.core.database import Base, operational


class AttachedFile(Base):
    """A file of one record. Removed ones keep their row and their content, which nobody can open:
    who put it there and who took it away.
    """

    __tablename__ = "attached_files"
    __table_args__ = (Index(None, "owner_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    owner_kind: Mapped[str] = operational(nullable=False)
    owner_id: Mapped[UUID] = operational(nullable=False)
    filename: Mapped[str] = operational(nullable=False)
    media_type: Mapped[str] = operational(nullable=False)
    size: Mapped[int] = operational(nullable=False)
    sealed: Mapped[bytes | None] = deferred(operational(LargeBinary))
    added_by: Mapped[UUID | None] = operational()
    added_at: Mapped[datetime] = operational(nullable=False, default=now)
    removed_by: Mapped[UUID | None] = operational()
    removed_at: Mapped[datetime | None] = operational()
