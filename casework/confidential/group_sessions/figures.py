"""Attendance: who came how often, and whether the group met when it was due.

What counts as on schedule and as a gap is defined with the meetings (meetings/figures.py); a member
counts only in sessions whose list they stand on.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from casework.confidential.groups.models import Attendance, GroupMember, GroupSession
from casework.confidential.rosters.queries import by_name
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.calendar import longest_gap
from casework.organisation.meetings.figures import OnSchedule, allowed_gap, count_on_schedule
from casework.organisation.meetings.models import Meeting
from casework.organisation.meetings.queries import find_schedule


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
    """A group's attendance in a stretch of days; sessions oldest first, members by name.

    `interval_months` is that of its schedule, None without one.
    """

    sessions: Sequence[GroupSession]
    members: Sequence[MemberLine]
    on_schedule: OnSchedule
    longest_gap: int
    interval_months: int | None

    def present_at(self, session: GroupSession) -> int:
        """Members who came to a session."""
        return sum(line.came.get(session.id, False) for line in self.members)

    @property
    def attendances(self) -> int:
        """Members present and unnamed visitors, over all sessions."""
        return sum(self.present_at(each) + each.visitors for each in self.sessions)

    def allowed_gap(self, percent: int) -> int | None:
        """The longest gap in days that is still right."""
        return self.interval_months and allowed_gap(self.interval_months, percent)


def attendance_between(group: Group, first: date, last: date) -> GroupAttendance:
    """Who came to the sessions held in a stretch of days, and how its due meetings were kept."""
    query = (
        select(Meeting, GroupSession)
        .outerjoin(GroupSession, GroupSession.meeting_id == Meeting.id)
        .where(
            Meeting.group_id == group.id,
            or_(Meeting.due_on.between(first, last), Meeting.held_on.between(first, last)),
        )
        .order_by(Meeting.held_on)
    )
    found = db.session.execute(query).all()
    sessions = [each for _, each in found if each and first <= each.held_on <= last]
    end, schedule = min(last, group.active_until or last), find_schedule(group, last)
    due = [meeting for meeting, _ in found if meeting.due_on and first <= meeting.due_on <= end]
    return GroupAttendance(
        sessions,
        _members(sessions),
        count_on_schedule(due, today()),
        longest_gap(
            (each.held_on for each in sessions),
            max(first, group.active_from),
            min(end, today()),
        ),
        schedule.interval_months if schedule else None,
    )


def _members(sessions: Sequence[GroupSession]) -> list[MemberLine]:
    query = (
        select(GroupMember, Attendance)
        .join(Attendance, Attendance.member_id == GroupMember.id)
        .where(Attendance.session_id.in_([session.id for session in sessions]))
    )
    came: dict[GroupMember, dict[UUID, bool]] = defaultdict(dict)
    for member, attendance in db.session.execute(query):
        came[member][attendance.session_id] = attendance.was_present
    return [MemberLine(member, came[member]) for member in by_name(came)]
