"""What a record said before it was changed: a correction never destroys what it corrects.

For records of the organisation, which name no person supported. Cases keep their own history,
sealed.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, operational


class Revision(Base):
    """The values of one row before somebody changed it, as a JSON object by column."""

    __tablename__ = "revisions"
    __table_args__ = (Index(None, "subject_id", "replaced_at"),)

    id: Mapped[UUID] = operational(primary_key=True)
    subject_kind: Mapped[str] = operational(nullable=False)
    subject_id: Mapped[UUID] = operational(nullable=False)
    said: Mapped[str] = operational(nullable=False)
    reason: Mapped[str] = operational(nullable=False, default="")
    replaced_by: Mapped[UUID | None] = operational()
    replaced_at: Mapped[datetime] = operational(nullable=False, default=now)
