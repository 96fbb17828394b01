"""Reading rosters. Queries take the group, not its id: holding the group is the proof."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case
from casework.confidential.cases.queries import CaseLine, get_case, list_cases, reached
from casework.confidential.groups.models import Attendance, GroupMember, GroupSession
from casework.confidential.groups.queries import led_by
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, name_key
from casework.organisation.bodies.models import Group


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


def list_memberships(access: Access, case: Case) -> Sequence[tuple[Group, GroupMember]]:
    """The groups in which the person of a case is or was a member, newest first: those that the
    account leads. Of others it learns nothing.
    """
    leading = access.identity.access(Permission.GROUP_READ)
    if leading is None:
        return []
    query = (
        select(Group, GroupMember)
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.case_id == case.id, led_by(leading))
        .order_by(GroupMember.joined_on.desc(), GroupMember.id)
    )
    return [(group, member) for group, member in db.session.execute(query)]


def list_linkable(
    access: Access, members: Iterable[GroupMember], words: str = ""
) -> Sequence[CaseLine]:
    """The account's own open cases that none of a group's members of today is linked to, by name;
    with `words` those whose name, alias or code holds them.
    """
    reading = _reading(access)
    taken = {member.case_id for member in members if member.belongs_on(today())}
    lines = [line for line in list_cases(reading, aliases=True) if line.id not in taken]
    folded = fold(words)
    return [line for line in lines if line.matches(folded)] if folded else lines


def own_references(access: Access, members: Iterable[GroupMember]) -> dict[UUID, str]:
    """The codes of the members' cases that the account may read; of the others it learns none."""
    ids = [member.case_id for member in members if member.case_id]
    query = select(Case.id, Case.reference).where(Case.id.in_(ids), reached(_reading(access)))
    return {row.id: row.reference for row in db.session.execute(query)} if ids else {}


def get_own_case(access: Access, case_id: UUID) -> Case:
    """A case that the account may read. Raises OutOfReach."""
    return get_case(_reading(access), case_id)


def find_member_of(group: Group, case: Case) -> GroupMember | None:
    """Who of today's roster is linked to a case."""
    return next((each for each in list_roster(group, today()) if each.case_id == case.id), None)


def _reading(access: Access) -> Access:
    """The account's own cases. Raises OutOfReach for an account that has none."""
    reading = access.identity.access(Permission.CASE_READ)
    if reading is None:
        raise OutOfReach
    return reading


def by_name(members: Iterable[GroupMember]) -> list[GroupMember]:
    """Members in the order of their given names; names that can't be opened come first."""
    return sorted(members, key=lambda member: (name_key(member.name), member.id))
