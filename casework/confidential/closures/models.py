"""The end of a record: after its retention it is proposed for erasure by one person and carried out
by another.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational
from casework.core.labels import Labelled


class ErasureCause(Labelled):
    """Why a record is erased."""

    RETENTION = "retention", _l("the retention period has ended")
    REQUEST = "request", _l("the person asked for it")
    MISTAKE = "mistake", _l("the case was opened by mistake")


class ErasureStatus(Labelled):
    """Where a proposed erasure stands."""

    PROPOSED = "proposed", _l("proposed")
    DONE = "done", _l("erased")
    DECLINED = "declined", _l("kept")


class KeepReason(Labelled):
    """Why a record is kept although its erasure was proposed."""

    REQUEST_OPEN = "request_open", _l("a request or a complaint of the person is not answered yet")
    LAW = "law", _l("a law or an authority requires it")
    SUPPORT_AGAIN = "support_again", _l("the person may need support again soon")
    OTHER = "other", _l("other")


class Erasure(Versioned, Base):
    """A case proposed for erasure. What remains afterwards are coded facts that name nobody."""

    __tablename__ = "erasures"

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False, index=True)
    cause: Mapped[str] = coded(nullable=False)
    status: Mapped[str] = coded(nullable=False)
    proposed_by: Mapped[UUID | None] = operational()
    proposed_at: Mapped[datetime] = operational(nullable=False, default=now)
    decided_by: Mapped[UUID | None] = operational()
    decided_at: Mapped[datetime | None] = operational()
    kept_because: Mapped[str | None] = coded()
    # Declined: not to be proposed again for its retention before this day.
    keep_until: Mapped[date | None] = coded()
