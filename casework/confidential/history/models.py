"""What a record of a case said before it was changed: a correction never destroys what it corrects.

The organisation keeps its own history in clear; here it is sealed like the record itself.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, coded, identifier, operational, sensitive
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class CaseRevision(Base):
    """The values of one row before somebody changed it: a JSON object by attribute, sealed like the
    row itself. Whoever holds the key of the notes alone does not learn from here who the person is.
    """

    __tablename__ = "case_revisions"
    __table_args__ = (Index(None, "record_id", "replaced_at"),)

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    record_kind: Mapped[str] = coded(nullable=False)
    record_id: Mapped[UUID] = operational(nullable=False)
    said_sealed: Mapped[bytes | None] = sensitive()
    named_sealed: Mapped[bytes | None] = identifier()
    replaced_by: Mapped[UUID] = operational(nullable=False)
    replaced_at: Mapped[datetime] = operational(nullable=False, default=now)

    said = Sealed("said_sealed", Compartment.NOTES)
    named = Sealed("named_sealed", Compartment.IDENTITY)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
