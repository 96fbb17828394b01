"""A case: coded facts in clear for the counts, everything that names the person sealed."""

from datetime import date, datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, identifier, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class TargetGroup(Labelled):
    """The neutral letters are all that lists and titles ever show; the legend is inside the
    case.
    """

    POST_REHAB = "A", _l("person after rehabilitation")
    LEFT_SEX_WORK = "B", _l("person who left sex work")
    TRAFFICKING_SURVIVOR = "C", _l("person returned after trafficking")
    OTHER = "D", _l("other, or not said")


class Sex(Labelled):
    """As the person says."""

    FEMALE = "female", _l("female")
    MALE = "male", _l("male")
    OTHER = "other", _l("other")


class IntakeSource(Labelled):
    """Through whom the person came."""

    SELF = "self", _l("came themselves")
    FAMILY = "family", _l("family")
    REHAB_CENTRE = "rehab_centre", _l("rehabilitation centre")
    POLICE = "police", _l("police")
    HEALTH = "health", _l("health service")
    SHELTER = "shelter", _l("shelter")
    OUTREACH = "outreach", _l("outreach")
    OTHER_UNIT = "other_unit", _l("another unit")
    AGENCY = "agency", _l("agency or association")


class CaseStatus(Labelled):
    """Where a case stands."""

    INTAKE = "intake", _l("intake")
    ASSESSING = "assessing", _l("being assessed")
    ACTIVE = "active", _l("being supported")
    FOLLOW_UP = "follow_up", _l("follow-up after support")
    PAUSED = "paused", _l("paused")
    CLOSED = "closed", _l("closed")
    TRANSFERRED = "transferred", _l("transferred")


OPEN_STATUSES = tuple(s for s in CaseStatus if s not in (CaseStatus.CLOSED, CaseStatus.TRANSFERRED))


class ClosureReason(Labelled):
    """Why a case ended."""

    GOALS_MET = "goals_met", _l("goals met")
    MOVED = "moved", _l("moved away")
    WITHDREW = "withdrew", _l("no longer takes part")
    LOST_CONTACT = "lost_contact", _l("contact lost")
    DECEASED = "deceased", _l("deceased")
    OTHER = "other", _l("other")


class ReopeningReason(Labelled):
    """Why support begins again after it had ended."""

    NEEDS_AGAIN = "needs_again", _l("needs support again")
    CAME_BACK = "came_back", _l("came back to this place")
    CLOSED_BY_MISTAKE = "closed_by_mistake", _l("was closed by mistake")
    OTHER = "other", _l("other")


class Case(Versioned, Base):
    """One person's support. People quote the random `reference`; it says nothing.

    Unit, `opened_on`, `closed_on` and `closure_reason` are those of the newest episode: the day on
    which support was taken up here and now. Since when the person is known at all, the first
    episode says.
    """

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
    # What the newest assessment says: somebody's safety can't wait.
    is_urgent: Mapped[bool] = coded(nullable=False, default=False, server_default=false())
    created_at: Mapped[datetime] = operational(nullable=False, default=now)
    # Its keys are gone: what remains are coded facts that name nobody.
    erased_at: Mapped[datetime | None] = operational()

    @property
    def is_open(self) -> bool:
        """Whether support goes on."""
        return self.closed_on is None


class EpisodeEnd(Labelled):
    """What ended a stretch of support in a unit."""

    CLOSURE = "closure", _l("closure")
    TRANSFER = "transfer", _l("transfer to another unit")


class Episode(Base):
    """One stretch of support in one unit, which is what is counted: reopening a case begins a new
    one, a transfer ends one here and begins one there. The newest episode is what the case itself
    says.
    """

    __tablename__ = "episodes"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "unit_id", "opened_on"),
        Index(None, "unit_id", "closed_on"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey(Case.id), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    opened_on: Mapped[date] = coded(nullable=False)
    closed_on: Mapped[date | None] = coded()
    ended_by: Mapped[str | None] = coded()
    closure_reason: Mapped[str | None] = coded()
    # Of a stretch that followed an earlier one's closure.
    reopened_because: Mapped[str | None] = coded()
    closing_note_sealed: Mapped[bytes | None] = sensitive()

    closing_note = Sealed("closing_note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


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
    safe_times_sealed: Mapped[bytes | None] = identifier()
    never_say_sealed: Mapped[bytes | None] = identifier()
    no_message_sealed: Mapped[bytes | None] = identifier()
    guardian_sealed: Mapped[bytes | None] = identifier()
    guardian_phone_sealed: Mapped[bytes | None] = identifier()

    name = Sealed("name_sealed", Compartment.IDENTITY)
    alias = Sealed("alias_sealed", Compartment.IDENTITY)
    birth_date = Sealed("birth_date_sealed", Compartment.IDENTITY)
    phone = Sealed("phone_sealed", Compartment.IDENTITY)
    address = Sealed("address_sealed", Compartment.IDENTITY)
    # How to reach the person; when; what must not be said, and to whom no message may be left.
    safe_contact = Sealed("safe_contact_sealed", Compartment.IDENTITY)
    safe_times = Sealed("safe_times_sealed", Compartment.IDENTITY)
    never_say = Sealed("never_say_sealed", Compartment.IDENTITY)
    no_message = Sealed("no_message_sealed", Compartment.IDENTITY)
    guardian = Sealed("guardian_sealed", Compartment.IDENTITY)
    guardian_phone = Sealed("guardian_phone_sealed", Compartment.IDENTITY)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.id

    @property
    def case_id(self) -> UUID:
        """The case it is about."""
        return self.id


class Assignment(Base):
    """A case entrusted to an account, from a day until a day (on which it holds no more). Its grant
    stands in the vault. A cover stands beside the case's own counselor for a time.
    """

    __tablename__ = "assignments"
    __table_args__ = (Index(None, "account_id", "until_on"), Index(None, "case_id"))

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey(Case.id), nullable=False)
    account_id: Mapped[UUID] = operational(ForeignKey("organisation.accounts.id"), nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    assigned_by: Mapped[UUID] = operational(nullable=False)
    is_cover: Mapped[bool] = operational(nullable=False, default=False, server_default=false())

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds."""
        return self.until_on - timedelta(days=1) if self.until_on else None
