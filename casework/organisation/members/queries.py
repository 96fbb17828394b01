"""Reading members, the posts they hold, how bodies are manned and who counsels.

A post that ended before it began was entered by mistake, and nobody but the member's own page shows
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission, Role
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, name_key, words_key
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.queries import in_force
from casework.organisation.bodies.models import Body, BodyKind, Group, GroupKind
from casework.organisation.bodies.queries import active_on
from casework.organisation.history.queries import Earlier, list_earlier
from casework.organisation.members.models import Member, MemberRole, MemberSkill, Post, Skill
from casework.organisation.members.rules import Held, Sign, Staffing, conditions_of, count_staff
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import Dated, read_settings, settings_on
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors, reached

_RANK = {role: rank for rank, role in enumerate(MemberRole)}


@dataclass(frozen=True, slots=True)
class Line:
    """A member on one line of a list: all posts that last today or begin later, and the conditions
    of a volunteer team for those in one.
    """

    member: Member
    posts: list[Held]
    signs: list[Sign]
    skills: list[Skill]


@dataclass(frozen=True, slots=True)
class UnitShown:
    """What the list of a unit shows. Phone numbers are for those who work in the unit."""

    staffing: list[Staffing]
    lines: list[Line]
    former: list[Line]
    sees_phones: bool
    may_change: bool
    today: date


@dataclass(frozen=True, slots=True)
class MemberShown:
    """What the page of a member shows."""

    member: Member
    unit: Unit
    posts: list[Held]
    signs: list[Sign]
    skills: list[Skill]
    account: Account | None
    earlier: list[Earlier]
    names: dict[str, str]
    sees_phones: bool
    may_change: bool
    today: date

    @property
    def holds_posts(self) -> bool:
        """Whether a post is held, or begins later."""
        return any(held.lasts_on(self.today) for held in self.posts)

    @property
    def has_left(self) -> bool:
        """Whether every post has ended."""
        real = [held for held in self.posts if not held.post.never_held]
        return bool(real) and not self.holds_posts


def list_members(unit_ids: Sequence[UUID], on: date | None = None) -> list[Member]:
    """Who holds a post on a day, or without a day everybody ever recorded; by name."""
    if on is not None:
        found = {held.member.id: held.member for held in list_posts(unit_ids, on=on)}
        return sorted(found.values(), key=by_name)
    query = select(Member).where(Member.unit_id.in_(unit_ids))
    return sorted(db.session.scalars(query), key=by_name)


def list_posts(
    unit_ids: Sequence[UUID] = (), *, body_ids: Sequence[UUID] = (), on: date | None = None
) -> list[Held]:
    """Posts of the members and bodies of units, or of some bodies; only those held on a day when
    one is given. By body, then role, then name. Never those entered by mistake.
    """
    # By ids that are indexed: a condition on joined tables would read every post of the country.
    of_units = select(Body.id).where(Body.unit_id.in_(unit_ids))
    wanted = or_(
        Post.member_id.in_(select(Member.id).where(Member.unit_id.in_(unit_ids))),
        Post.body_id.in_(of_units),
        Post.body_id.in_(body_ids),
    )
    query = _posts().where(wanted, or_(Post.until_on.is_(None), Post.until_on >= Post.from_on))
    if on is not None:
        running = or_(Post.until_on.is_(None), Post.until_on >= on)
        query = query.where(Post.from_on <= on, running, active_on(Body, on))
    return sorted(_held(query), key=_by_place)


def list_posts_of(member: Member) -> list[Held]:
    """Every post of a member, newest first, those entered by mistake too."""
    held = _held(_posts().where(Post.member_id == member.id))
    return sorted(held, key=lambda each: each.post.from_on, reverse=True)


def get_member(access: Access, staff_id: UUID) -> Member:
    """A member within reach. Raises OutOfReach."""
    query = select(Member).join(Unit, Unit.id == Member.unit_id)
    member = db.session.scalar(query.where(Member.id == staff_id, _within(access)))
    if member is None:
        raise OutOfReach
    return member


def get_post(access: Access, post_id: UUID) -> Held:
    """A post of a member within reach. Raises OutOfReach."""
    query = _posts().join(Unit, Unit.id == Member.unit_id)
    for held in _held(query.where(Post.id == post_id, _within(access))):
        return held
    raise OutOfReach


def find_member_of(account_id: UUID) -> Member | None:
    """The member whose account this is."""
    return db.session.scalar(select(Member).where(Member.account_id == account_id))


def find_namesakes(unit_ids: Sequence[UUID], name: str) -> list[Member]:
    """Members of units whose name is written alike, marks and case aside."""
    return [each for each in list_members(unit_ids) if fold(each.name) == fold(name)]


def counselling_members(unit_ids: Sequence[UUID], on: date) -> list[Member]:
    """Who counsels on a day, by name: as counselor, in any post of a counselling group, or with an
    account that has the role of counselor in these units.
    """
    counsels = [
        held.member
        for held in list_posts(unit_ids, on=on)
        if held.post.role == MemberRole.COUNSELOR
        or (held.group and held.group.kind == GroupKind.COUNSELLING)
    ]
    roles = select(AccountRole.account_id).where(
        AccountRole.role == Role.COUNSELOR, AccountRole.unit_id.in_(unit_ids), in_force(on)
    )
    query = (
        select(Member)
        .join(Account, Account.id == Member.account_id)
        .where(Member.unit_id.in_(unit_ids), Account.disabled_at.is_(None), Account.id.in_(roles))
    )
    found = {member.id: member for member in (*counsels, *db.session.scalars(query))}
    return sorted(found.values(), key=by_name)


def show_unit(
    access: Access,
    unit: Unit,
    unit_ids: Sequence[UUID],
    bodies: Sequence[Body],
    *,
    body_id: UUID | None = None,
    words: str | None = None,
) -> UnitShown:
    """The list of a unit's members, today's and former ones; of one body, or with a name."""
    on, writing = today(), access.identity.access(Permission.BODY_WRITE)
    settings, posts = settings_on(unit.province_id, on), list_posts(unit_ids)
    members = {member.id: member for member in list_members(unit_ids)}
    members |= {held.member.id: held.member for held in posts}
    of_member: dict[UUID, list[Held]] = {member_id: [] for member_id in members}
    for held in posts:
        of_member[held.member.id].append(held)
    skills, own = list_skills(list(members)), _own_lines(access, unit.id)
    lines: list[Line] = []
    former: list[Line] = []
    for member in sorted(members.values(), key=by_name):
        every = of_member[member.id]
        lasting = [each for each in every if each.lasts_on(on)]
        shown = lasting or every
        if fold(words or "") not in fold(member.name):
            continue
        if body_id and body_id not in [each.body.id for each in shown]:
            continue
        in_team = any(each.body.kind == BodyKind.VOLUNTEER_TEAM for each in lasting)
        signs = conditions_of(member, settings, on) if in_team else []
        line = Line(member, shown, signs, skills[member.id])
        (former if every and not lasting else lines).append(line)
    return UnitShown(
        staffing=count_staff(bodies, posts, on, settings),
        lines=lines,
        former=former,
        sees_phones=bool(own),
        may_change=writing is not None and bool(writing.units & own.keys()),
        today=on,
    )


def show_member(access: Access, member: Member) -> MemberShown:
    """A member with posts over time, conditions, skills, and what was said earlier."""
    on, writing = today(), access.identity.access(Permission.BODY_WRITE)
    unit, own = db.session.get_one(Unit, member.unit_id), _own_lines(access, member.unit_id)
    posts = list_posts_of(member)
    earlier = list_earlier([member.id, *(held.post.id for held in posts)])
    return MemberShown(
        member=member,
        unit=unit,
        posts=posts,
        signs=conditions_of(member, settings_on(unit.province_id, on), on),
        skills=list_skills([member.id])[member.id],
        account=db.session.get(Account, member.account_id) if member.account_id else None,
        earlier=earlier,
        names=_names_of(earlier, posts),
        sees_phones=bool(own),
        may_change=writing is not None and bool(writing.units & own.keys()),
        today=on,
    )


def list_skills(member_ids: Sequence[UUID]) -> dict[UUID, list[Skill]]:
    """The skills members bring along, by member."""
    query = select(MemberSkill.member_id, MemberSkill.skill).where(
        MemberSkill.member_id.in_(member_ids)
    )
    found: dict[UUID, set[str]] = {member_id: set() for member_id in member_ids}
    for member_id, skill in db.session.execute(query):
        found[member_id].add(skill)
    return {
        member_id: [skill for skill in Skill if skill in codes]
        for member_id, codes in found.items()
    }


def list_linkable(unit_ids: Sequence[UUID], member: Member | None = None) -> list[Account]:
    """Accounts with a role in units today that are no other member's, and the member's own."""
    taken = select(Member.account_id).where(Member.account_id.is_not(None))
    roles = select(AccountRole.account_id).where(
        AccountRole.unit_id.in_(unit_ids), in_force(today())
    )
    free = Account.id.in_(roles) & Account.id.not_in(taken) & Account.disabled_at.is_(None)
    own = Account.id == (member.account_id if member else None)
    query = select(Account).where(or_(free, own))
    return sorted(db.session.scalars(query), key=lambda account: name_key(account.display_name))


def list_line_of_unit(access: Access, unit_id: UUID) -> list[UUID]:
    """The account's own units that are this unit or followed it, with all they followed: the unit's
    members may hold posts in their bodies. Empty for whoever only looks in from outside.
    """
    return list({each for ids in _own_lines(access, unit_id).values() for each in ids})


def works_in(access: Access, unit_id: UUID) -> bool:
    """Whether the account works in a unit or in one that followed it."""
    return bool(_own_lines(access, unit_id))


def read_least_age(unit_id: UUID) -> Dated:
    """How old a member of a volunteer team of a unit must be at least, over time."""
    unit = db.session.get_one(Unit, unit_id)
    return read_settings(unit.province_id)[Setting.LEAST_AGE]


def by_name(member: Member) -> tuple[object, ...]:
    """Order of members: given name, family name, middle names."""
    return (name_key(member.name), str(member.id))


def _posts() -> Any:
    return (
        select(Post, Member, Body, Group)
        .join(Member, Member.id == Post.member_id)
        .join(Body, Body.id == Post.body_id)
        .outerjoin(Group, Group.id == Post.group_id)
    )


def _held(query: Any) -> list[Held]:
    return [Held(*row) for row in db.session.execute(query)]


def _by_place(held: Held) -> tuple[object, ...]:
    role = MemberRole(held.post.role)
    return (words_key(held.body.name), str(held.body.id), _RANK[role], by_name(held.member))


def _within(access: Access) -> ColumnElement[bool]:
    condition = reached(access, Unit.id, Unit.province_id)
    return or_(condition, Unit.id.in_(access.own_units)) if access.own_units else condition


def _own_lines(access: Access, unit_id: UUID) -> dict[UUID, list[UUID]]:
    """The account's own units that are a unit or followed it, each with all it followed."""
    lines = {own: list_ids_with_predecessors([own]) for own in access.units}
    return {own: ids for own, ids in lines.items() if unit_id in ids}


def _names_of(earlier: Sequence[Earlier], posts: Sequence[Held]) -> dict[str, str]:
    """The names of the bodies and groups that were said, by id as text."""
    known = {str(held.body.id): held.body.name for held in posts}
    known |= {str(held.group.id): held.group.name for held in posts if held.group}
    for kind, column in ((Body, "body_id"), (Group, "group_id")):
        ids = {each.said.get(column) for each in earlier} - {None} - known.keys()
        if ids:
            found = select(kind.id, kind.name).where(kind.id.in_(map(UUID, ids)))
            known |= {str(each_id): name for each_id, name in db.session.execute(found)}
    return known
