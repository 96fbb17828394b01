"""Reading the sessions of a group. Queries take the group: holding it is the proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Date, func, or_, select

from casework.confidential.groups.models import (
    Attendance,
    GroupMember,
    GroupSession,
    GroupSessionRevision,
)
from casework.confidential.rosters.queries import by_name
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import Meeting

MEETINGS_A_PAGE = 12


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting in the list of a group, with its session once it was held."""

    meeting: Meeting
    session: GroupSession | None
    present: int
    listed: int

    @property
    def on(self) -> date:
        """The day it is listed under: when it was held, else when it was due."""
        return self.meeting.held_on or self.meeting.due_on or date.min

    @property
    def attendances(self) -> int:
        """Members present and unnamed visitors."""
        return self.present + (self.session.visitors if self.session else 0)


@dataclass(frozen=True, slots=True)
class ListedMember:
    """A member and what a session says of them; None where its list does not know them."""

    member: GroupMember
    attendance: Attendance | None

    @property
    def was_present(self) -> bool:
        """Whether the session lists them as present."""
        return self.attendance is not None and self.attendance.was_present


def list_meetings(group: Group, until: date | None = None) -> Sequence[MeetingLine]:
    """What was held, what was missed and the next meeting due, newest first.

    A page of them and one more; `until` begins a later page with that day.
    """
    listed = select(func.count()).where(Attendance.session_id == GroupSession.id)
    day = func.coalesce(Meeting.held_on, Meeting.due_on, type_=Date)
    coming = select(func.min(Meeting.due_on, type_=Date)).where(
        Meeting.group_id == group.id,
        Meeting.due_on >= today(),
        Meeting.held_on.is_(None),
        Meeting.excuse.is_(None),
    )
    query = (
        select(
            Meeting,
            GroupSession,
            listed.where(Attendance.was_present).correlate(GroupSession).scalar_subquery(),
            listed.correlate(GroupSession).scalar_subquery(),
        )
        .outerjoin(GroupSession, GroupSession.meeting_id == Meeting.id)
        .where(
            Meeting.group_id == group.id,
            or_(
                Meeting.held_on.is_not(None),
                Meeting.due_on <= func.coalesce(coming.scalar_subquery(), today(), type_=Date),
            ),
        )
        .order_by(day.desc(), Meeting.id)
        .limit(MEETINGS_A_PAGE + 1)
    )
    if until is not None:
        query = query.where(day <= until)
    return [MeetingLine(*row) for row in db.session.execute(query)]


def find_session_on(group: Group, on: date) -> GroupSession | None:
    """The session of a day, if one is logged."""
    return db.session.scalar(
        select(GroupSession).where(GroupSession.group_id == group.id, GroupSession.held_on == on)
    )


def get_session(group: Group, session_id: UUID) -> tuple[GroupSession, Meeting, str]:
    """A session of this group, its meeting and the name of who logged it. Raises OutOfReach."""
    row = db.session.execute(
        select(GroupSession, Meeting, Account.display_name)
        .join(Meeting, Meeting.id == GroupSession.meeting_id)
        .join(Account, Account.id == GroupSession.recorded_by)
        .where(GroupSession.group_id == group.id, GroupSession.id == session_id)
    ).first()
    if row is None:
        raise OutOfReach
    return row[0], row[1], row[2]


def list_attendances(group: Group, session: GroupSession) -> Sequence[ListedMember]:
    """Everybody who ever belonged, by given name, with what the session says of them."""
    query = (
        select(GroupMember, Attendance)
        .outerjoin(
            Attendance,
            (Attendance.member_id == GroupMember.id) & (Attendance.session_id == session.id),
        )
        .where(GroupMember.group_id == group.id)
    )
    found = {row[0]: row[1] for row in db.session.execute(query)}
    return [ListedMember(member, found[member]) for member in by_name(found)]


def list_revisions(session: GroupSession) -> Sequence[tuple[GroupSessionRevision, str]]:
    """What the session said before each correction, and who corrected it; newest first."""
    query = (
        select(GroupSessionRevision, Account.display_name)
        .join(Account, Account.id == GroupSessionRevision.replaced_by)
        .where(GroupSessionRevision.session_id == session.id)
        .order_by(GroupSessionRevision.replaced_at.desc())
    )
    return [(revision, name) for revision, name in db.session.execute(query)]
