"""Reading groups. An account reaches the groups it leads today; holding a Group is the proof."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, ScalarSelect, func, or_, select

from casework.authz.enforce import Access
from casework.confidential.groups.models import (
    Attendance,
    Facilitator,
    GroupMember,
    GroupSession,
    GroupSessionRevision,
)
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import name_key, words_key
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import ON_TIME_DAYS, Meeting
from casework.organisation.units.models import Unit

SESSIONS_A_PAGE = 24


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in the list of one's own."""

    group: Group
    next_due: date | None
    last_held: date | None


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in the list of a group. Attendances are the members present and the visitors."""

    session: GroupSession
    meeting: Meeting
    present: int
    listed: int

    @property
    def attendances(self) -> int:
        """Members present and unnamed visitors."""
        return self.present + self.session.visitors


def get_group(access: Access, group_id: UUID) -> Group:
    """A group the account leads today. Raises OutOfReach."""
    group = db.session.scalar(select(Group).where(Group.id == group_id, _led_by(access)))
    if group is None:
        raise OutOfReach
    return group


def list_groups(access: Access) -> Sequence[GroupLine]:
    """The groups the account leads today, with their next due session and the last one held."""
    next_due = _of_group(
        func.min(Meeting.due_on, type_=Date),
        Meeting.held_on.is_(None),
        Meeting.excuse.is_(None),
        Meeting.due_on >= today() - timedelta(days=ON_TIME_DAYS),
    )
    query = select(Group, next_due, _of_group(func.max(Meeting.held_on, type_=Date))).where(
        _led_by(access)
    )
    lines = [GroupLine(*row) for row in db.session.execute(query)]
    return sorted(lines, key=lambda line: words_key(line.group.name))


def list_own_units(access: Access) -> Sequence[Unit]:
    """The units in which the account may set a group up."""
    units = db.session.scalars(select(Unit).where(Unit.id.in_(access.units))).all()
    return sorted(units, key=lambda unit: words_key(unit.name))


def list_roster(group: Group, on: date) -> Sequence[GroupMember]:
    """The members of a group on a day, by given name."""
    query = select(GroupMember).where(
        GroupMember.group_id == group.id,
        GroupMember.joined_on <= on,
        or_(GroupMember.left_on.is_(None), GroupMember.left_on >= on),
    )
    return by_name(db.session.scalars(query).all())


def list_members(group: Group) -> Sequence[GroupMember]:
    """Everybody who ever belonged to a group, by given name."""
    query = select(GroupMember).where(GroupMember.group_id == group.id)
    return by_name(db.session.scalars(query).all())


def get_member(group: Group, member_id: UUID) -> GroupMember:
    """A member of this group. Raises OutOfReach."""
    member = db.session.scalar(
        select(GroupMember).where(GroupMember.group_id == group.id, GroupMember.id == member_id)
    )
    if member is None:
        raise OutOfReach
    return member


def attended_days(member: GroupMember) -> tuple[date | None, date | None]:
    """The first and the last session whose list the member stands on."""
    query = (
        select(func.min(GroupSession.held_on), func.max(GroupSession.held_on))
        .join(Attendance, Attendance.session_id == GroupSession.id)
        .where(Attendance.member_id == member.id, Attendance.was_present)
    )
    first, last = db.session.execute(query).one()
    return first, last


def list_sessions(group: Group, before: date | None = None) -> Sequence[SessionLine]:
    """The newest sessions of a group, or those before a day: a page of them, and one more."""
    listed = select(func.count()).where(Attendance.session_id == GroupSession.id)
    query = (
        select(
            GroupSession,
            Meeting,
            listed.where(Attendance.was_present).correlate(GroupSession).scalar_subquery(),
            listed.correlate(GroupSession).scalar_subquery(),
        )
        .join(Meeting, Meeting.id == GroupSession.meeting_id)
        .where(GroupSession.group_id == group.id)
        .order_by(GroupSession.held_on.desc())
        .limit(SESSIONS_A_PAGE + 1)
    )
    if before is not None:
        query = query.where(GroupSession.held_on < before)
    return [SessionLine(*row) for row in db.session.execute(query)]


def find_session_on(group: Group, on: date) -> GroupSession | None:
    """The session of a day, if one is logged."""
    return db.session.scalar(
        select(GroupSession).where(GroupSession.group_id == group.id, GroupSession.held_on == on)
    )


def get_session(group: Group, session_id: UUID) -> tuple[GroupSession, Meeting]:
    """A session of this group and its meeting. Raises OutOfReach."""
    row = db.session.execute(
        select(GroupSession, Meeting)
        .join(Meeting, Meeting.id == GroupSession.meeting_id)
        .where(GroupSession.group_id == group.id, GroupSession.id == session_id)
    ).first()
    if row is None:
        raise OutOfReach
    return row[0], row[1]


def list_attendances(session: GroupSession) -> dict[UUID, Attendance]:
    """Who stands on the session's list, by member."""
    query = select(Attendance).where(Attendance.session_id == session.id)
    return {attendance.member_id: attendance for attendance in db.session.scalars(query)}


def list_revisions(session: GroupSession) -> Sequence[GroupSessionRevision]:
    """What the session said before each correction, newest first."""
    query = (
        select(GroupSessionRevision)
        .where(GroupSessionRevision.session_id == session.id)
        .order_by(GroupSessionRevision.replaced_at.desc())
    )
    return db.session.scalars(query).all()


def by_name(members: Iterable[GroupMember]) -> list[GroupMember]:
    """Members in the order of their given names; names that can't be opened come first."""
    return sorted(members, key=lambda member: (name_key(member.name), member.id))


def _led_by(access: Access) -> ColumnElement[bool]:
    day = today()
    return Group.id.in_(
        select(Facilitator.group_id).where(
            Facilitator.account_id == access.account_id,
            Facilitator.from_on <= day,
            or_(Facilitator.until_on.is_(None), Facilitator.until_on >= day),
        )
    )


def _of_group(value: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    query = select(value).where(Meeting.group_id == Group.id, *conditions)
    return query.correlate(Group).scalar_subquery()
