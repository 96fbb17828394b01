"""The visit: the checklist as it came prefilled and as the inspectors answered it, skills observed,
and the ticks of a blind sample of paper files.
"""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.inspection.inspections.models import Inspection
from casework.organisation.members.models import Skill


class PaperQuestion(Labelled):
    """What is ticked of a paper file of a blind sample."""

    FILE = "file", _l("The file is there")
    CONSENT = "consent", _l("The consents are signed, by purpose")
    ASSESSMENT = "assessment", _l("The needs assessment is there")
    PLAN = "plan", _l("The support plan is there and was reviewed")
    CONTACTS = "contacts", _l("The contacts are written down")


class Answer(Labelled):
    """An inspector's tick."""

    YES = "yes", _l("yes")
    NO = "no", _l("no")
    NA = "na", _l("does not apply")


class Visit(Versioned, Base):
    """The meeting with a unit: from when until when (times of day, written 08:00), who was there of
    the unit, and what the unit itself says (K1).
    """

    __tablename__ = "visits"

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(
        ForeignKey(Inspection.id), nullable=False, unique=True
    )
    period: Mapped[str] = operational(nullable=False)
    started_at: Mapped[str] = operational(nullable=False, default="")
    ended_at: Mapped[str] = operational(nullable=False, default="")
    attendees: Mapped[str] = operational(nullable=False, default="")
    favourable: Mapped[str] = operational(nullable=False, default="")
    difficulties: Mapped[str] = operational(nullable=False, default="")
    proposals: Mapped[str] = operational(nullable=False, default="")
    sample_id: Mapped[UUID | None] = operational(ForeignKey("organisation.paper_samples.id"))
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    closed_by: Mapped[UUID | None] = operational()
    closed_at: Mapped[datetime | None] = operational()

    @property
    def unit_words(self) -> tuple[str, str, str]:
        """What the unit itself says: favourable conditions, difficulties, proposals."""
        return self.favourable, self.difficulties, self.proposals

    @property
    def is_open(self) -> bool:
        """Whether the visit goes on."""
        return self.closed_at is None


class Check(Versioned, Base):
    """One criterion at a visit. What was published (`computed`, the figure, the thresholds) is a
    copy of the edition the visit goes by, so that neither a later edition nor a new checklist
    changes it; `rating` and `remark` are the inspectors' own.
    """

    __tablename__ = "checks"
    __table_args__ = (UniqueConstraint("inspection_id", "code"),)

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(ForeignKey(Inspection.id), nullable=False)
    code: Mapped[str] = operational(nullable=False)
    position: Mapped[int] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    method: Mapped[str] = operational(nullable=False)
    set_id: Mapped[UUID] = operational(nullable=False)
    set_number: Mapped[int] = operational(nullable=False)
    met: Mapped[int | None] = operational()
    partly: Mapped[int | None] = operational()
    numerator: Mapped[int | None] = operational(BigInteger)
    denominator: Mapped[int | None] = operational(BigInteger)
    value: Mapped[int | None] = operational(BigInteger)
    unit_of_value: Mapped[str] = operational(nullable=False, default="")
    computed: Mapped[str] = operational(nullable=False, default="")
    rating: Mapped[str] = operational(nullable=False, default="")
    remark: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime | None] = operational()


class ObservedSkill(Base):
    """A skill of a member of the unit's staff, seen at work: 1 (weak) to 5 (strong)."""

    __tablename__ = "observed_skills"
    __table_args__ = (UniqueConstraint("inspection_id", "member_id", "skill"),)

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(ForeignKey(Inspection.id), nullable=False)
    member_id: Mapped[UUID] = operational(ForeignKey("organisation.members.id"), nullable=False)
    skill: Mapped[str] = operational(nullable=False)
    level: Mapped[int] = operational(nullable=False)
    remark: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def skill_label(self) -> str:
        """The skill's word on screens."""
        return Skill(self.skill).label


class SampleTick(Base):
    """An inspector's tick for file number so and so of a sample. Whose file it is, nobody here
    knows.
    """

    __tablename__ = "sample_ticks"
    __table_args__ = (UniqueConstraint("sample_id", "position", "question"),)

    id: Mapped[UUID] = operational(primary_key=True)
    sample_id: Mapped[UUID] = operational(
        ForeignKey("organisation.paper_samples.id"), nullable=False
    )
    position: Mapped[int] = operational(nullable=False)
    question: Mapped[str] = operational(nullable=False)
    answer: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
