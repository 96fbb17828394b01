"""Who belongs to a self-help group, who came, what was said. The group is organisation data."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, identifier, operational, sensitive
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class Facilitator(Base):
    """An account that leads a group, from a day until a day. Its grant stands in the vault."""

    __tablename__ = "facilitators"
    __table_args__ = (Index(None, "account_id"), Index(None, "group_id"))

    id: Mapped[UUID] = operational(primary_key=True)
    group_id: Mapped[UUID] = operational(ForeignKey("organisation.groups.id"), nullable=False)
    account_id: Mapped[UUID] = operational(ForeignKey("organisation.accounts.id"), nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()

    def leads_on(self, on: date) -> bool:
        """Whether they lead the group on a day; the first and the last day count."""
        return self.from_on <= on and (self.until_on is None or self.until_on >= on)


class GroupMember(Versioned, Base):
    """A member of a group from a day until a day, by the name the group uses; some have a case."""

    __tablename__ = "group_members"
    __table_args__ = (Index(None, "group_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    group_id: Mapped[UUID] = operational(ForeignKey("organisation.groups.id"), nullable=False)
    case_id: Mapped[UUID | None] = operational(ForeignKey("confidential.cases.id"), index=True)
    name_sealed: Mapped[bytes | None] = identifier()
    joined_on: Mapped[date] = coded(nullable=False)
    left_on: Mapped[date | None] = coded()

    name = Sealed("name_sealed", Compartment.ROSTER)

    def has_left(self, on: date) -> bool:
        """Whether the last day as a member lies before a day."""
        return self.left_on is not None and self.left_on < on

    def belongs_on(self, on: date) -> bool:
        """Whether this is a member on a day; the first and the last day count."""
        return self.joined_on <= on and not self.has_left(on)

    @property
    def subject_id(self) -> UUID:
        """The group whose keys seal this."""
        return self.group_id


class GroupSession(Versioned, Base):
    """What took place at one meeting of a group: unnamed visitors counted, notes sealed."""

    __tablename__ = "group_sessions"
    __table_args__ = (Index(None, "group_id", "held_on"), Index(None, "unit_id", "held_on"))

    id: Mapped[UUID] = operational(primary_key=True)
    group_id: Mapped[UUID] = operational(ForeignKey("organisation.groups.id"), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    meeting_id: Mapped[UUID] = operational(
        ForeignKey("organisation.meetings.id"), nullable=False, unique=True
    )
    held_on: Mapped[date] = coded(nullable=False)
    visitors: Mapped[int] = coded(nullable=False, default=0)
    note_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.ROSTER)

    @property
    def subject_id(self) -> UUID:
        """The group whose keys seal this."""
        return self.group_id


class Attendance(Base):
    """A member of the roster at a session: present or not."""

    __tablename__ = "attendances"
    __table_args__ = (UniqueConstraint("session_id", "member_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    session_id: Mapped[UUID] = operational(ForeignKey(GroupSession.id), nullable=False)
    member_id: Mapped[UUID] = operational(ForeignKey(GroupMember.id), nullable=False, index=True)
    was_present: Mapped[bool] = coded(nullable=False)


class GroupSessionRevision(Base):
    """What a session said before it was corrected: correcting loses nothing that was written."""

    __tablename__ = "group_session_revisions"

    id: Mapped[UUID] = operational(primary_key=True)
    session_id: Mapped[UUID] = operational(ForeignKey(GroupSession.id), nullable=False, index=True)
    group_id: Mapped[UUID] = operational(
        ForeignKey("organisation.groups.id"), nullable=False, index=True
    )
    visitors: Mapped[int] = coded(nullable=False)
    note_sealed: Mapped[bytes | None] = sensitive()
    absent_sealed: Mapped[bytes | None] = sensitive()
    replaced_by: Mapped[UUID] = operational(nullable=False)
    replaced_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.ROSTER)
    # The ids of the members who were marked absent, one a line.
    absent = Sealed("absent_sealed", Compartment.ROSTER)

    @property
    def subject_id(self) -> UUID:
        """The group whose keys seal this."""
        return self.group_id
