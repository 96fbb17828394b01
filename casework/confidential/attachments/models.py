"""Papers of a case: sealed under its keys before they touch a disk, saved and never previewed."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, deferred

from casework.core.clock import now
from casework.core.database import Base, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed, SealedBytes


class PaperKind(Labelled):
    """What sort of paper it is."""

    CONSENT = "consent", _l("signed consent")
    PLAN = "plan", _l("signed plan")
    REFERRAL = "referral", _l("answer of a partner")
    DECISION = "decision", _l("decision or certificate")
    OTHER = "other", _l("other")


class Attachment(Base):
    """A file of a case. One taken away keeps its row; its content is gone."""

    __tablename__ = "attachments"

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    kind: Mapped[str] = coded(nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    media_type: Mapped[str] = coded(nullable=False)
    size: Mapped[int] = operational(nullable=False)
    filename_sealed: Mapped[bytes | None] = sensitive()
    content_sealed: Mapped[bytes | None] = deferred(sensitive(LargeBinary))
    added_by: Mapped[UUID] = operational(nullable=False)
    added_at: Mapped[datetime] = operational(nullable=False, default=now)
    removed_by: Mapped[UUID | None] = operational()
    removed_at: Mapped[datetime | None] = operational()

    filename = Sealed("filename_sealed", Compartment.NOTES)
    content = SealedBytes("content_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
