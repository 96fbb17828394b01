"""A status given by law: what it is and how long it lasts, nothing else about it."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational
from casework.core.labels import Labelled


class StatutoryKind(Labelled):
    """Management after rehabilitation, by what came before it. How long is a setting, with its
    source.
    """

    PR_VOLUNTARY = "pr_voluntary", _l("after voluntary rehabilitation")
    PR_COMPULSORY = "pr_compulsory", _l("after compulsory rehabilitation")
    PR_SUBSTITUTION = "pr_substitution", _l("after substitution treatment")
    PR_MINOR = "pr_minor", _l("under 18")


class StatutoryStatus(Versioned, Base):
    """A status from a day on. `until_on` is its computed last day; `ended_on` where an authority
    ended it earlier.
    """

    __tablename__ = "statutory_statuses"

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    kind: Mapped[str] = coded(nullable=False)
    from_on: Mapped[date] = coded(nullable=False)
    until_on: Mapped[date] = coded(nullable=False)
    ended_on: Mapped[date | None] = coded()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
