"""A contact with the person: kind, day, minutes in clear for the counts; what was said sealed."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class ContactKind(Labelled):
    """Where the contact took place."""

    OFFICE = "office", _l("at the office")
    HOME = "home", _l("at home")
    GROUP = "group", _l("in a group")
    PHONE = "phone", _l("by phone")
    ONLINE = "online", _l("online")
    FIELD = "field", _l("outreach")


class Topic(Labelled):
    """What was talked about, coarsely enough to stand in clear."""

    SITUATION = "situation", _l("how things are")
    NEEDS = "needs", _l("needs and plan")
    FAMILY = "family", _l("family")
    WORK = "work", _l("work and income")
    PAPERS = "papers", _l("papers and policy")
    HEALTH_LINK = "health_link", _l("link to health care")
    SUPPORT = "support", _l("support given or arranged")
    SAFETY = "safety", _l("safety")
    OTHER = "other", _l("other")


class Contact(Versioned, Base):
    """One contact. The closed note is for the counselor who wrote it alone. One logged by mistake
    is taken back: it stays readable and counts nowhere.
    """

    __tablename__ = "contacts"
    __table_args__ = (Index(None, "case_id", "on_day"), Index(None, "unit_id", "on_day"))

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = coded(nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    minutes: Mapped[int | None] = coded()
    # Codes of `Topic`, separated by spaces.
    topics: Mapped[str] = coded(nullable=False, default="", server_default="")
    next_on: Mapped[date | None] = coded()
    note_sealed: Mapped[bytes | None] = sensitive()
    closed_note_sealed: Mapped[bytes | None] = sensitive()
    taken_back_at: Mapped[datetime | None] = operational()
    taken_back_by: Mapped[UUID | None] = operational()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.NOTES)
    closed_note = Sealed("closed_note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id

    @property
    def topic_labels(self) -> list[str]:
        """What was talked about, in words."""
        return [Topic(code).label for code in self.topics.split()]


class ContactRevision(Base):
    """What a contact said before it was corrected. Nothing written is ever lost by correcting it.
    `kind` is empty where only the texts were kept.
    """

    __tablename__ = "contact_revisions"

    id: Mapped[UUID] = operational(primary_key=True)
    contact_id: Mapped[UUID] = operational(ForeignKey(Contact.id), nullable=False, index=True)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    kind: Mapped[str | None] = coded()
    on: Mapped[date | None] = coded("on_day")
    minutes: Mapped[int | None] = coded()
    topics: Mapped[str | None] = coded()
    next_on: Mapped[date | None] = coded()
    note_sealed: Mapped[bytes | None] = sensitive()
    closed_note_sealed: Mapped[bytes | None] = sensitive()
    replaced_by: Mapped[UUID] = operational(nullable=False)
    replaced_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.NOTES)
    closed_note = Sealed("closed_note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
