"""Reading members, the posts they hold, what stands vacant and who counsels.

A post is held at most as long as its body exists. One that ended before it began was entered by
mistake, and nobody but the member's own page shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_, select

from casework.authz.enforce import Access
from casework.authz.permissions import Role
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, name_key, words_key
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.queries import in_force
from casework.organisation.bodies.models import Body, BodyKind, Group, GroupKind
from casework.organisation.bodies.queries import active_on
from casework.organisation.members.models import (
    LEADING,
    Condition,
    Member,
    MemberRole,
    MemberSkill,
    Post,
    Skill,
)
from casework.organisation.settings.models import Setting
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors, reached

_RANK = {role: rank for rank, role in enumerate(MemberRole)}


@dataclass(frozen=True, slots=True)
class Held:
    """A post with who holds it and where."""

    post: Post
    member: Member
    body: Body
    group: Group | None

    @property
    def until_on(self) -> date | None:
        """The last day: the post's own, or that of its body if it comes first."""
        ends = [day for day in (self.post.until_on, self.body.active_until) if day]
        return min(ends, default=None)

    @property
    def place(self) -> str:
        """The body, and the group in it."""
        return f"{self.body.name}, {self.group.name}" if self.group else self.body.name

    def held_on(self, on: date) -> bool:
        """Whether it is held on a day; the first and the last day count."""
        return self.post.from_on <= on and (self.until_on is None or self.until_on >= on)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A leading post nobody holds, since a day (the first without a holder), for so many days."""

    body: Body
    role: MemberRole
    since: date
    days: int
    too_long: bool


@dataclass(frozen=True, slots=True)
class Staffing:
    """How a body is manned on a day: persons, each counted once, against the least and most."""

    body: Body
    members: int
    least: int
    most: int
    vacancies: list[Vacancy]


@dataclass(frozen=True, slots=True)
class Sign:
    """Whether a member meets a condition of a volunteer team (None: not recorded), and why."""

    condition: Condition
    met: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """A member with all posts of a day, on one line of a list."""

    member: Member
    posts: list[Held]
    signs: list[Sign]
    skills: list[Skill]


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
    wanted = or_(
        Member.unit_id.in_(unit_ids), Body.unit_id.in_(unit_ids), Post.body_id.in_(body_ids)
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


def list_vacancies(
    bodies: Sequence[Body], on: date, settings: Mapping[Setting, str]
) -> list[Vacancy]:
    """The leading posts of bodies active on a day that nobody holds then. `settings` are those of
    the day (settings_on). One statement.
    """
    posts = list_posts(body_ids=[body.id for body in bodies])
    return [
        vacancy
        for staffing in count_staff(bodies, posts, on, settings)
        for vacancy in staffing.vacancies
    ]


def count_staff(
    bodies: Sequence[Body], posts: Sequence[Held], on: date, settings: Mapping[Setting, str]
) -> list[Staffing]:
    """How the bodies active on a day are manned, out of their posts (list_posts without a day)."""
    limits = (int(settings[Setting.LEAST_MEMBERS]), int(settings[Setting.MOST_MEMBERS]))
    found = []
    for body in bodies:
        if body.active_from > on or (body.active_until and body.active_until < on):
            continue
        own = [held for held in posts if held.body.id == body.id]
        members = {held.member.id for held in own if held.held_on(on)}
        vacancies = _vacancies(body, own, on, int(settings[Setting.VACANT_DAYS]))
        found.append(Staffing(body, len(members), *limits, vacancies))
    return found


def conditions_of(member: Member, settings: Mapping[Setting, str], on: date) -> list[Sign]:
    """What Circular 24/2012 asks of a volunteer, condition by condition."""
    return [
        _age(member, int(settings[Setting.LEAST_AGE]), on),
        Sign(
            Condition.VOLUNTARY,
            member.is_voluntary,
            _("joined of their own free will")
            if member.is_voluntary
            else _("has not said that they join of their own free will"),
        ),
        _residence(member, int(settings[Setting.RESIDENT_MONTHS]), on),
    ]


def list_lines(
    members: Iterable[Member], posts: Sequence[Held], settings: Mapping[Setting, str], on: date
) -> list[Line]:
    """Members with what they hold on a day, signs for those in a volunteer team, and skills."""
    members = list(members)
    skills = list_skills([member.id for member in members])
    lines = []
    for member in members:
        held = [each for each in posts if each.member.id == member.id and each.held_on(on)]
        in_team = any(each.body.kind == BodyKind.VOLUNTEER_TEAM for each in held)
        signs = conditions_of(member, settings, on) if in_team else []
        lines.append(Line(member, held, signs, skills[member.id]))
    return lines


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
    found: set[UUID] = set()
    for own in access.units:
        ids = list_ids_with_predecessors([own])
        if unit_id in ids:
            found.update(ids)
    return list(found)


def by_name(member: Member) -> tuple[object, ...]:
    """Order of members: given name, family name, middle names."""
    return (name_key(member.name), str(member.id))


def _posts() -> Select[Any]:
    return (
        select(Post, Member, Body, Group)
        .join(Member, Member.id == Post.member_id)
        .join(Body, Body.id == Post.body_id)
        .outerjoin(Group, Group.id == Post.group_id)
    )


def _held(query: Select[Any]) -> list[Held]:
    return [Held(*row) for row in db.session.execute(query)]


def _by_place(held: Held) -> tuple[object, ...]:
    role = MemberRole(held.post.role)
    return (words_key(held.body.name), str(held.body.id), _RANK[role], by_name(held.member))


def _within(access: Access) -> ColumnElement[bool]:
    condition = reached(access, Unit.id, Unit.province_id)
    return or_(condition, Unit.id.in_(access.own_units)) if access.own_units else condition


def _vacancies(body: Body, posts: Sequence[Held], on: date, limit: int) -> list[Vacancy]:
    found = []
    for role in LEADING[BodyKind(body.kind)]:
        own = [held for held in posts if held.post.role == role]
        if any(held.held_on(on) for held in own):
            continue
        ended = [held.until_on for held in own if held.until_on and held.until_on < on]
        since = max(ended) + timedelta(days=1) if ended else body.active_from
        days = (on - since).days + 1
        found.append(Vacancy(body, role, since, days, days > limit))
    return found


def _age(member: Member, least: int, on: date) -> Sign:
    if member.birth_year is None:
        return Sign(Condition.AGE, None, _("the birth year is not recorded"))
    met = on.year - member.birth_year >= least
    born = _("born in %(year)s", year=member.birth_year)
    return Sign(
        Condition.AGE, met, born if met else _("%(born)s, under %(age)s", born=born, age=least)
    )


def _residence(member: Member, months: int, on: date) -> Sign:
    if member.works_here:
        return Sign(Condition.RESIDENCE, True, _("works here"))
    since = member.lives_here_since
    if since is None:
        return Sign(Condition.RESIDENCE, None, _("neither a home nor work here is recorded"))
    met = add_months(since, months) <= on
    text = _("lives here since %(day)s", day=since.strftime("%d/%m/%Y"))
    if not met:
        text = _("%(text)s, not yet %(months)s months", text=text, months=months)
    return Sign(Condition.RESIDENCE, met, text)
