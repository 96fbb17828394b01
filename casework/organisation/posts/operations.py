"""Giving posts, correcting and ending them, and taking in whole sheets of members with their posts.

Whoever left is one whose posts have ended: nobody is deleted. Every change keeps what it changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day as written
from casework.core.sheets import Fault, SheetRefused
from casework.core.text import fold
from casework.organisation.bodies.models import Body
from casework.organisation.history.operations import keep_revision
from casework.organisation.members.models import Member, Post
from casework.organisation.members.queries import (
    list_members,
    list_posts,
    list_posts_of,
    read_least_age,
)
from casework.organisation.members.rules import Held
from casework.organisation.posts.rules import Terms, check_post
from casework.organisation.settings.queries import Dated
from casework.organisation.units.queries import list_ids_with_predecessors


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
    least_ages: Dated
    members: list[Member]
    posts: list[Held]
    new_members: list[Member] = field(default_factory=list)
    new_posts: list[Post] = field(default_factory=list)
    known: int = 0


def give_post(member: Member, terms: Terms, *, by: Actor) -> Post:
    """A post from a day on. Raises RuleBroken (Taken where somebody else holds it)."""
    _check_alone(member, terms)
    post = Post(id=uuid4(), member_id=member.id, **terms.columns())
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
    for column, value in terms.columns().items():
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
        unit_id, read_least_age(unit_id), list_members(unit_ids), list_posts(unit_ids)
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


def _check_alone(member: Member, terms: Terms, leaving_out: Post | None = None) -> None:
    # Two people who give the same post at once come one after the other.
    db.session.scalar(select(Body.id).where(Body.id == terms.body.id).with_for_update())
    others = [held for held in list_posts(body_ids=[terms.body.id]) if held.post is not leaving_out]
    least = int(read_least_age(member.unit_id).on(terms.from_on))
    check_post(member, terms, others, least_age=least)


def _take_in(row: Row, register: _Register) -> None:
    """Add what a row says to the register. Raises RuleBroken."""
    member = _find_in(register, row.answer)
    is_known = member is not None
    if member is None:
        member = Member(id=uuid4(), unit_id=register.unit_id, **row.answer)
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
    least = int(register.least_ages.on(terms.from_on))
    check_post(member, terms, register.posts, least_age=least)
    post = Post(id=uuid4(), member_id=member.id, **terms.columns())
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
        terms.group_id,
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


def _note(action: str, post: Post, member: Member, by: Actor) -> None:
    audit.record(action, "post", post.id, by=by, unit_id=member.unit_id, member=str(member.id))
