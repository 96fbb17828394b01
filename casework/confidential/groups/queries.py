"""Reading groups. An account reaches the groups it leads today; holding a Group is the proof."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, ScalarSelect, and_, func, or_, select

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
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import ON_TIME_DAYS, Meeting
from casework.organisation.units.models import Unit

MEETINGS_A_PAGE = 12


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in the list of one's own."""

    group: Group
    next_due: date | None
    last_held: date | None


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


def get_group(access: Access, group_id: UUID) -> Group:
    """A group the account leads today. Raises OutOfReach."""
    group = db.session.scalar(select(Group).where(Group.id == group_id, led_by(access)))
    if group is None:
        raise OutOfReach
    return group


def list_groups(access: Access) -> Sequence[GroupLine]:
    """The groups the account leads today, with their next due session and the last one held."""
    # By the usual window: it only decides how long a meeting not held is still named here.
    next_due = _of_group(
        func.min(Meeting.due_on, type_=Date),
        Meeting.held_on.is_(None),
        Meeting.excuse.is_(None),
        Meeting.due_on >= today() - timedelta(days=ON_TIME_DAYS),
    )
    query = select(Group, next_due, _of_group(func.max(Meeting.held_on, type_=Date))).where(
        led_by(access)
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


def by_name(members: Iterable[GroupMember]) -> list[GroupMember]:
    """Members in the order of their given names; names that can't be opened come first."""
    return sorted(members, key=lambda member: (name_key(member.name), member.id))


def led_by(access: Access) -> ColumnElement[bool]:
    """The groups the account leads today."""
    led = select(Facilitator.group_id).where(
        Facilitator.account_id == access.account_id, leads_today()
    )
    return and_(Group.id.in_(led), access.own(Group.unit_id))


def leads_today() -> ColumnElement[bool]:
    """Who leads a group today; the last day counts."""
    day = today()
    return and_(
        Facilitator.from_on <= day,
        or_(Facilitator.until_on.is_(None), Facilitator.until_on >= day),
    )


def _of_group(value: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    query = select(value).where(Meeting.group_id == Group.id, *conditions)
    return query.correlate(Group).scalar_subquery()
