"""Attendance: who came how often, and whether the group met when it was due.

What counts as on schedule and as a gap is defined with the meetings (meetings/figures.py); a member
counts only in sessions whose list they stand on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from casework.confidential.groups.models import Attendance, GroupMember, GroupSession
from casework.confidential.rosters.queries import list_members
from casework.core.database import db
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.figures import CircleFigures, on_schedule_by_circle


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member and how they came: by session, present or absent; a session missing here did not
    list them.
    """

    member: GroupMember
    came: Mapping[UUID, bool]

    @property
    def present(self) -> int:
        """Sessions they came to."""
        return sum(self.came.values())

    @property
    def listed(self) -> int:
        """Sessions whose list they stand on."""
        return len(self.came)

    @property
    def percent(self) -> int:
        """Their share, in whole per cent."""
        return round(100 * self.present / self.listed)


@dataclass(frozen=True, slots=True)
class GroupAttendance:
    """A group's attendance in a stretch of days; sessions oldest first, members by name."""

    sessions: Sequence[GroupSession]
    members: Sequence[MemberLine]
    schedule: CircleFigures | None

    def present_at(self, session: GroupSession) -> int:
        """Members who came to a session."""
        return sum(line.came.get(session.id, False) for line in self.members)

    @property
    def attendances(self) -> int:
        """Members present and unnamed visitors, over all sessions."""
        return sum(self.present_at(each) + each.visitors for each in self.sessions)


def attendance_between(group: Group, first: date, last: date) -> GroupAttendance:
    """Who came to the sessions held in a stretch of days."""
    held = select(GroupSession).where(
        GroupSession.group_id == group.id, GroupSession.held_on.between(first, last)
    )
    sessions = db.session.scalars(held.order_by(GroupSession.held_on)).all()
    rows = select(Attendance.member_id, Attendance.session_id, Attendance.was_present).where(
        Attendance.session_id.in_([session.id for session in sessions])
    )
    came: dict[UUID, dict[UUID, bool]] = {}
    for member_id, session_id, was_present in db.session.execute(rows):
        came.setdefault(member_id, {})[session_id] = was_present
    members = [
        MemberLine(member, came[member.id]) for member in list_members(group) if member.id in came
    ]
    circles = on_schedule_by_circle([group.unit_id], first, last)
    return GroupAttendance(
        sessions, members, next((each for each in circles if each.id == group.id), None)
    )
