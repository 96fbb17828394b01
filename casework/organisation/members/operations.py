"""Recording members, giving posts and ending them.

Nobody holds the same post twice on a day, some posts have one holder at a time, and a post lies
within the life of its body. Nobody is deleted: who left is one whose posts have ended. Every
change keeps what it changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day as written
from casework.core.sheets import Fault, SheetRefused
from casework.core.text import fold
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.history.operations import keep_revision
from casework.organisation.members.models import (
    FITTING,
    HELD_BY_ONE,
    IN_GROUPS,
    Member,
    MemberRole,
    MemberSkill,
    Post,
)
from casework.organisation.members.queries import (
    Held,
    find_member_of,
    find_namesakes,
    list_members,
    list_posts,
    list_posts_of,
    list_skills,
)
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors

_OF_THE_MEMBER = (
    "name",
    "birth_year",
    "phone",
    "occupation",
    "is_voluntary",
    "lives_here_since",
    "works_here",
    "account_id",
)


class Taken(RuleBroken):
    """Somebody else holds the post, which only one may hold; `holder` says who and how long."""

    def __init__(self, message: Any, holder: Held) -> None:
        super().__init__(message, "role")
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Terms:
    """What a post is: the role in a body (or a group of it), from a day until a day."""

    body: Body
    role: MemberRole
    from_on: date
    until_on: date | None = None
    group: Group | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet: who, and (unless the row says nothing of it) which post."""

    number: int
    answer: dict[str, Any]
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class Imported:
    """How many members and posts a sheet brings, and how many of its rows were known already."""

    members: int
    posts: int
    known: int


@dataclass
class _Register:
    """Members and posts, known and new, while the rows of a sheet are checked."""

    unit_id: UUID
    least_age: int
    members: list[Member]
    posts: list[Held]
    new_members: list[Member] = field(default_factory=list)
    new_posts: list[Post] = field(default_factory=list)
    known: int = 0


def add_member(unit_id: UUID, answer: dict[str, Any], *, by: Actor) -> Member:
    """Somebody who works in a unit. `answer` holds columns of Member, and `skills` as codes."""
    member = Member(id=uuid4(), unit_id=unit_id, recorded_by=by.id)
    _check_member(member, answer)
    _fill(member, answer)
    db.session.add(member)
    db.session.flush()
    _set_skills(member, answer.get("skills", ()))
    audit.record("member.add", "member", member.id, by=by, unit_id=unit_id)
    return member


def change_member(member: Member, answer: dict[str, Any], *, by: Actor) -> None:
    """Correct what is recorded of a member; what it said stays readable."""
    _check_member(member, answer)
    skills = list_skills([member.id])[member.id]
    keep_revision(member, "member", by=by, skills=[str(skill) for skill in skills])
    _fill(member, answer)
    flag_modified(member, "name")  # new skills alone make a new version too
    db.session.execute(delete(MemberSkill).where(MemberSkill.member_id == member.id))
    _set_skills(member, answer.get("skills", ()))
    audit.record("member.change", "member", member.id, by=by, unit_id=member.unit_id)


def give_post(member: Member, terms: Terms, *, by: Actor) -> Post:
    """A post from a day on. Raises RuleBroken (Taken where somebody else holds it)."""
    _check_alone(member, terms)
    post = Post(id=uuid4(), member_id=member.id, **_columns(terms))
    db.session.add(post)
    audit.record(
        "post.give",
        "post",
        post.id,
        by=by,
        unit_id=member.unit_id,
        member=str(member.id),
        body=str(terms.body.id),
        role=str(terms.role),
    )
    return post


def correct_post(held: Held, terms: Terms, *, by: Actor) -> None:
    """Correct what a post says, under the rules of giving it."""
    _check_alone(held.member, terms, leaving_out=held.post)
    keep_revision(held.post, "post", by=by)
    for column, value in _columns(terms).items():
        setattr(held.post, column, value)
    if held.post.until_on is None:
        held.post.end_reason = ""
    _note("post.correct", held.post, held.member, by)


def end_post(held: Held, *, on: date, reason: str, by: Actor, never_held: bool = False) -> None:
    """Set the last day of a post and why. One entered by mistake was never held."""
    if never_held:
        on = held.post.from_on - timedelta(days=1)
    elif on < held.post.from_on:
        raise RuleBroken(
            _l("The post begins on %(day)s only.", day=written(held.post.from_on)), "until_on"
        )
    elif held.post.until_on and on > held.post.until_on:
        raise RuleBroken(
            _l(
                "The post ends on %(day)s already. Correct it to make it last longer.",
                day=written(held.post.until_on),
            ),
            "until_on",
        )
    elif held.body.active_until and on > held.body.active_until:
        raise RuleBroken(
            _l("The body was dissolved on %(day)s.", day=written(held.body.active_until)),
            "until_on",
        )
    keep_revision(held.post, "post", by=by)
    held.post.until_on, held.post.end_reason = on, reason
    _note("post.end", held.post, held.member, by)


def leave_work(member: Member, *, on: date, reason: str, by: Actor) -> None:
    """End every post on a day; those that would begin later are never taken up."""
    lasting = [
        held
        for held in list_posts_of(member)
        if not held.post.never_held and (held.until_on is None or held.until_on > on)
    ]
    if not lasting:
        raise RuleBroken(_l("No post lasts beyond this day."), "until_on")
    for held in lasting:
        end_post(held, on=on, reason=reason, by=by, never_held=held.post.from_on > on)
    audit.record("member.leave", "member", member.id, by=by, unit_id=member.unit_id)


def import_members(
    unit_id: UUID, rows: Sequence[Row], *, by: Actor, only_check: bool = False
) -> Imported:
    """Take in members and posts: all rows or none, raising SheetRefused with every fault.

    Several rows of one person are several posts. A post that is known already is left as it is, so
    that repeating an import changes nothing.
    """
    unit_ids = list_ids_with_predecessors([unit_id])
    db.session.execute(select(Body.id).where(Body.unit_id.in_(unit_ids)).with_for_update())
    register = _Register(
        unit_id, least_age_in(unit_id), list_members(unit_ids), list_posts(unit_ids)
    )
    faults = []
    for row in rows:
        try:
            _take_in(row, register)
        except RuleBroken as broken:
            faults.append(Fault(row.number, broken.field, str(broken.message)))
    if faults:
        raise SheetRefused(faults)
    done = Imported(len(register.new_members), len(register.new_posts), register.known)
    if not only_check and (done.members or done.posts):
        _write(register, done, by)
    return done


def check_post(member: Member, terms: Terms, others: Sequence[Held], *, least_age: int) -> None:
    """Refuse a post that breaks a rule. `others` are the posts of the body, without this one.
    `member` may be somebody about to be recorded.
    """
    _check_place(terms)
    _check_days(terms)
    _check_age(member, terms, least_age)
    same = [
        held
        for held in others
        if held.post.role == terms.role
        and held.body.id == terms.body.id
        and _overlap(terms, held.post)
    ]
    for held in same:
        if held.member.id == member.id and held.post.group_id == _id(terms.group):
            raise RuleBroken(
                _l("%(name)s holds this post already %(days)s.", **_said(held)), "from_on"
            )
    if terms.role in HELD_BY_ONE:
        for held in same:
            message = _l(
                "%(name)s holds this post %(days)s, and only one person may. "
                "End their post first, or choose other days.",
                **_said(held),
            )
            raise Taken(message, held)


def least_age_in(unit_id: UUID) -> int:
    """How old a member of a volunteer team must be at least, by today's setting."""
    unit = db.session.get_one(Unit, unit_id)
    return number_of(Setting.LEAST_AGE, unit.province_id, today())


def _check_alone(member: Member, terms: Terms, leaving_out: Post | None = None) -> None:
    # Two people who give the same post at once come one after the other.
    db.session.scalar(select(Body.id).where(Body.id == terms.body.id).with_for_update())
    others = [held for held in list_posts(body_ids=[terms.body.id]) if held.post is not leaving_out]
    check_post(member, terms, others, least_age=least_age_in(member.unit_id))


def _check_place(terms: Terms) -> None:
    fitting = FITTING[BodyKind(terms.body.kind)]
    if terms.role not in fitting:
        raise RuleBroken(
            _l(
                "A %(body)s has these posts: %(roles)s.",
                body=terms.body.kind_label.lower(),
                roles=", ".join(role.label for role in fitting),
            ),
            "role",
        )
    if terms.group is None:
        return
    if terms.group.body_id != terms.body.id:
        raise RuleBroken(_l("This group belongs to another body."), "group")
    if terms.role not in IN_GROUPS:
        raise RuleBroken(
            _l("%(role)s is a post of the whole body: leave the group out.", role=terms.role.label),
            "group",
        )


def _check_days(terms: Terms) -> None:
    first, last = terms.body.active_from, terms.body.active_until
    if terms.until_on and terms.until_on < terms.from_on:
        raise RuleBroken(_l("The last day is before the first."), "until_on")
    if terms.from_on < first:
        raise RuleBroken(
            _l("The body was set up on %(day)s; a post begins then or later.", day=written(first)),
            "from_on",
        )
    if last and (terms.until_on is None or terms.until_on > last):
        raise RuleBroken(
            _l("The body was dissolved on %(day)s; a post ends by then.", day=written(last)),
            "from_on" if terms.from_on > last else "until_on",
        )


def _check_age(member: Member, terms: Terms, least: int) -> None:
    if terms.body.kind != BodyKind.VOLUNTEER_TEAM or member.birth_year is None:
        return
    if terms.from_on.year - member.birth_year < least:
        raise RuleBroken(
            _l(
                "A member of a volunteer team is at least %(age)s years old; "
                "%(name)s was born in %(year)s.",
                age=least,
                name=member.name,
                year=member.birth_year,
            ),
            "body",
        )


def _check_member(member: Member, answer: dict[str, Any]) -> None:
    name, birth_year = answer["name"], answer.get("birth_year")
    unit_ids = list_ids_with_predecessors([member.unit_id])
    for other in find_namesakes(unit_ids, name):
        if other.id != member.id and other.birth_year == birth_year:
            raise RuleBroken(
                _l(
                    "Somebody of this name and birth year is recorded here already. "
                    "Who comes back gets a new post on their own page."
                ),
                "name",
            )
    account_id = answer.get("account_id")
    owner = find_member_of(account_id) if account_id else None
    if owner is not None and owner.id != member.id:
        raise RuleBroken(_l("This account is another member's."), "account_id")
    if birth_year is not None and birth_year != member.birth_year and member.name:
        _check_posts_at_age(member, birth_year)


def _check_posts_at_age(member: Member, birth_year: int) -> None:
    least = least_age_in(member.unit_id)
    for held in list_posts_of(member):
        in_team = held.body.kind == BodyKind.VOLUNTEER_TEAM and not held.post.never_held
        if in_team and held.post.from_on.year - birth_year < least:
            raise RuleBroken(
                _l(
                    "They hold a post in a volunteer team since %(day)s, "
                    "which asks for %(age)s years.",
                    day=written(held.post.from_on),
                    age=least,
                ),
                "birth_year",
            )


def _take_in(row: Row, register: _Register) -> None:
    """Add what a row says to the register. Raises RuleBroken."""
    member = _find_in(register, row.answer)
    is_known = member is not None
    if member is None:
        member = Member(id=uuid4(), unit_id=register.unit_id)
        _fill(member, row.answer)
        register.members.append(member)
        register.new_members.append(member)
    else:
        _compare(member, row.answer, is_new=member in register.new_members)
    terms = row.terms
    if terms is None:
        if is_known and member in register.new_members:
            raise RuleBroken(_l("An earlier row says the same."), "name")
        register.known += is_known
        return
    twin = next((held for held in register.posts if _is_same(held, member, terms)), None)
    if twin is not None and twin.post in register.new_posts:
        raise RuleBroken(_l("An earlier row says the same."), "role")
    if twin is not None and twin.post.until_on == terms.until_on:
        register.known += 1
        return
    check_post(member, terms, register.posts, least_age=register.least_age)
    post = Post(id=uuid4(), member_id=member.id, **_columns(terms))
    register.new_posts.append(post)
    register.posts.append(Held(post, member, terms.body, terms.group))


def _find_in(register: _Register, answer: dict[str, Any]) -> Member | None:
    """Who a row is about: name and birth year tell people apart."""
    namesakes = [each for each in register.members if fold(each.name) == fold(answer["name"])]
    for member in namesakes:
        if member.birth_year == answer["birth_year"]:
            return member
    if any(None in (member.birth_year, answer["birth_year"]) for member in namesakes):
        raise RuleBroken(
            _l("Somebody of this name stands there without a birth year. Give both their year."),
            "birth_year",
        )
    return None


def _compare(member: Member, answer: dict[str, Any], *, is_new: bool) -> None:
    """A row may leave out what another says of the person, and say more, but nothing else."""
    for column in ("phone", "occupation", "lives_here_since", "works_here"):
        said, told = getattr(member, column), answer[column]
        if not told or told == said:
            continue
        if said or not is_new:
            raise RuleBroken(
                _l("Something else is recorded of this person. Correct it on their own page."),
                column,
            )
        setattr(member, column, told)


def _is_same(held: Held, member: Member, terms: Terms) -> bool:
    return (
        held.member.id,
        held.body.id,
        held.post.group_id,
        held.post.role,
        held.post.from_on,
    ) == (
        member.id,
        terms.body.id,
        _id(terms.group),
        terms.role,
        terms.from_on,
    )


def _write(register: _Register, done: Imported, by: Actor) -> None:
    for member in register.new_members:
        member.recorded_by = by.id
    db.session.add_all(register.new_members)
    db.session.flush()
    db.session.add_all(register.new_posts)
    audit.record(
        "members.import",
        "unit",
        register.unit_id,
        by=by,
        unit_id=register.unit_id,
        members=done.members,
        posts=done.posts,
    )


def _fill(member: Member, answer: dict[str, Any]) -> None:
    for column in _OF_THE_MEMBER:
        if column in answer:
            setattr(member, column, answer[column])


def _set_skills(member: Member, skills: Sequence[str]) -> None:
    db.session.add_all(MemberSkill(member_id=member.id, skill=str(skill)) for skill in set(skills))


def _columns(terms: Terms) -> dict[str, Any]:
    return {
        "body_id": terms.body.id,
        "group_id": _id(terms.group),
        "role": str(terms.role),
        "from_on": terms.from_on,
        "until_on": terms.until_on,
        "decision": terms.decision,
    }


def _note(action: str, post: Post, member: Member, by: Actor) -> None:
    audit.record(action, "post", post.id, by=by, unit_id=member.unit_id, member=str(member.id))


def _overlap(terms: Terms, post: Post) -> bool:
    return terms.from_on <= (post.until_on or date.max) and post.from_on <= (
        terms.until_on or date.max
    )


def _said(held: Held) -> dict[str, Any]:
    first, last = written(held.post.from_on), held.post.until_on
    days = (
        _l("from %(first)s until %(last)s", first=first, last=written(last))
        if last
        else _l("since %(first)s, without a last day", first=first)
    )
    return {"name": held.member.name, "days": days}


def _id(group: Group | None) -> UUID | None:
    return group.id if group else None
