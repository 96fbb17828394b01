"""Recording members and correcting what is recorded; every change keeps what it changed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day as written
from casework.organisation.bodies.models import BodyKind
from casework.organisation.history.operations import keep_revision
from casework.organisation.members.models import Member, MemberSkill
from casework.organisation.members.queries import (
    find_member_of,
    find_namesakes,
    list_posts_of,
    list_skills,
    read_least_age,
)
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
    ages = read_least_age(member.unit_id)
    for held in list_posts_of(member):
        least = int(ages.on(held.post.from_on))
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


def _fill(member: Member, answer: dict[str, Any]) -> None:
    for column in _OF_THE_MEMBER:
        if column in answer:
            setattr(member, column, answer[column])


def _set_skills(member: Member, skills: Sequence[str]) -> None:
    db.session.add_all(MemberSkill(member_id=member.id, skill=str(skill)) for skill in set(skills))
