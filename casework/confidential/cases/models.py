"""A case: coded facts in clear for the counts, everything that names the person sealed."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, identifier, operational
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class TargetGroup(StrEnum):
    """The neutral letters are all that lists and titles ever show; the legend is inside the
    case.
    """

    POST_REHAB = "A"
    LEFT_SEX_WORK = "B"
    TRAFFICKING_SURVIVOR = "C"
    OTHER = "D"

    @property
    def label(self) -> str:
        """What the letter means; only inside a case."""
        return str(_TARGET_LABELS[self])


class Sex(StrEnum):
    """As the person says."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The word on screens."""
        return str(_SEX_LABELS[self])


class IntakeSource(StrEnum):
    """Through whom the person came."""

    SELF = "self"
    FAMILY = "family"
    REHAB_CENTRE = "rehab_centre"
    POLICE = "police"
    HEALTH = "health"
    SHELTER = "shelter"
    OUTREACH = "outreach"
    OTHER_UNIT = "other_unit"
    AGENCY = "agency"

    @property
    def label(self) -> str:
        """The word on screens."""
        return str(_SOURCE_LABELS[self])


class CaseStatus(StrEnum):
    """Where a case stands."""

    INTAKE = "intake"
    ASSESSING = "assessing"
    ACTIVE = "active"
    FOLLOW_UP = "follow_up"
    PAUSED = "paused"
    CLOSED = "closed"
    TRANSFERRED = "transferred"

    @property
    def label(self) -> str:
        """The word on screens."""
        return str(_STATUS_LABELS[self])


OPEN_STATUSES = tuple(s for s in CaseStatus if s not in (CaseStatus.CLOSED, CaseStatus.TRANSFERRED))


class ClosureReason(StrEnum):
    """Why a case ended."""

    GOALS_MET = "goals_met"
    MOVED = "moved"
    WITHDREW = "withdrew"
    LOST_CONTACT = "lost_contact"
    DECEASED = "deceased"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The word on screens."""
        return str(_CLOSURE_LABELS[self])


class Case(Versioned, Base):
    """One person's support in one unit. People quote the random `reference`; it says nothing."""

    __tablename__ = "cases"
    __table_args__ = (Index(None, "unit_id", "opened_on"), Index(None, "unit_id", "closed_on"))

    id: Mapped[UUID] = operational(primary_key=True)
    reference: Mapped[str] = operational(nullable=False, unique=True)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    target_group: Mapped[str] = coded(nullable=False)
    sex: Mapped[str] = coded(nullable=False)
    birth_year: Mapped[int | None] = coded()
    source: Mapped[str] = coded(nullable=False)
    status: Mapped[str] = coded(nullable=False)
    opened_on: Mapped[date] = coded(nullable=False)
    closed_on: Mapped[date | None] = coded()
    closure_reason: Mapped[str | None] = coded()
    next_on: Mapped[date | None] = coded()
    created_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def is_open(self) -> bool:
        """Whether support goes on."""
        return self.closed_on is None


class PersonIdentity(Versioned, Base):
    """Who the person is and how to reach them safely. Its id is the case's."""

    __tablename__ = "identities"

    id: Mapped[UUID] = operational(ForeignKey(Case.id), primary_key=True)
    name_sealed: Mapped[bytes | None] = identifier()
    alias_sealed: Mapped[bytes | None] = identifier()
    birth_date_sealed: Mapped[bytes | None] = identifier()
    phone_sealed: Mapped[bytes | None] = identifier()
    address_sealed: Mapped[bytes | None] = identifier()
    safe_contact_sealed: Mapped[bytes | None] = identifier()

    name = Sealed("name_sealed", Compartment.IDENTITY)
    alias = Sealed("alias_sealed", Compartment.IDENTITY)
    birth_date = Sealed("birth_date_sealed", Compartment.IDENTITY)
    phone = Sealed("phone_sealed", Compartment.IDENTITY)
    address = Sealed("address_sealed", Compartment.IDENTITY)
    safe_contact = Sealed("safe_contact_sealed", Compartment.IDENTITY)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.id


class Assignment(Base):
    """A case entrusted to an account, from a day until a day. Its grant stands in the vault."""

    __tablename__ = "assignments"
    __table_args__ = (Index(None, "account_id", "until_on"), Index(None, "case_id"))

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey(Case.id), nullable=False)
    account_id: Mapped[UUID] = operational(ForeignKey("organisation.accounts.id"), nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    assigned_by: Mapped[UUID] = operational(nullable=False)


_TARGET_LABELS = {
    TargetGroup.POST_REHAB: _l("person after rehabilitation"),
    TargetGroup.LEFT_SEX_WORK: _l("person who left sex work"),
    TargetGroup.TRAFFICKING_SURVIVOR: _l("person returned after trafficking"),
    TargetGroup.OTHER: _l("other, or not said"),
}
_SEX_LABELS = {Sex.FEMALE: _l("female"), Sex.MALE: _l("male"), Sex.OTHER: _l("other")}
_SOURCE_LABELS = {
    IntakeSource.SELF: _l("came themselves"),
    IntakeSource.FAMILY: _l("family"),
    IntakeSource.REHAB_CENTRE: _l("rehabilitation centre"),
    IntakeSource.POLICE: _l("police"),
    IntakeSource.HEALTH: _l("health service"),
    IntakeSource.SHELTER: _l("shelter"),
    IntakeSource.OUTREACH: _l("outreach"),
    IntakeSource.OTHER_UNIT: _l("another unit"),
    IntakeSource.AGENCY: _l("agency or association"),
}
_STATUS_LABELS = {
    CaseStatus.INTAKE: _l("intake"),
    CaseStatus.ASSESSING: _l("being assessed"),
    CaseStatus.ACTIVE: _l("being supported"),
    CaseStatus.FOLLOW_UP: _l("follow-up after support"),
    CaseStatus.PAUSED: _l("paused"),
    CaseStatus.CLOSED: _l("closed"),
    CaseStatus.TRANSFERRED: _l("transferred"),
}
_CLOSURE_LABELS = {
    ClosureReason.GOALS_MET: _l("goals met"),
    ClosureReason.MOVED: _l("moved away"),
    ClosureReason.WITHDREW: _l("no longer takes part"),
    ClosureReason.LOST_CONTACT: _l("contact lost"),
    ClosureReason.DECEASED: _l("deceased"),
    ClosureReason.OTHER: _l("other"),
}
