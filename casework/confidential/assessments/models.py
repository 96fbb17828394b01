"""Needs assessments: eleven areas, each none to urgent, repeated so that change is visible."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class NeedArea(Labelled):
    """What a person may need help with."""

    HOUSING = "housing", _l("housing")
    IDENTITY_PAPERS = "identity_papers", _l("identity papers")
    JOB = "job", _l("work")
    LOAN = "loan", _l("a loan")
    VOCATIONAL = "vocational", _l("learning a trade")
    HEALTH_LINK = "health_link", _l("a link to health care")
    LEGAL = "legal", _l("legal help")
    PSYCHOSOCIAL = "psychosocial", _l("psychological help")
    FAMILY = "family", _l("family")
    SCHOOLING = "schooling", _l("schooling")
    SAFETY = "safety", _l("safety")


LEVELS = (_l("no need"), _l("little need"), _l("some need"), _l("pressing need"))
"""The words of the levels 0 to 3."""
WANTED = 2
"""From this level on, a plan has to answer a need."""


class Assessment(Versioned, Base):
    """What a person needs on a day. `is_urgent`: somebody's safety can't wait."""

    __tablename__ = "assessments"
    __table_args__ = (Index(None, "case_id", "on_day"), Index(None, "unit_id", "on_day"))

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    is_urgent: Mapped[bool] = coded(nullable=False, default=False)
    summary_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    summary = Sealed("summary_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


class AssessedArea(Base):
    """One area of an assessment: its level 0 to 3, and why."""

    __tablename__ = "assessed_areas"
    __table_args__ = (UniqueConstraint("assessment_id", "area"),)

    id: Mapped[UUID] = operational(primary_key=True)
    assessment_id: Mapped[UUID] = operational(ForeignKey(Assessment.id), nullable=False)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    area: Mapped[str] = coded(nullable=False)
    level: Mapped[int] = coded(nullable=False)
    note_sealed: Mapped[bytes | None] = sensitive()

    note = Sealed("note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
