"""Whether a post may be given, decided without the database.

Nobody holds the same post twice on a day, some posts have one holder at a time, and a post lies
within the life of its body.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core.forms import RuleBroken
from casework.core.i18n import day as written
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.members.models import (
    FITTING,
    HELD_BY_ONE,
    IN_GROUPS,
    Member,
    MemberRole,
    Post,
)
from casework.organisation.members.rules import Held


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

    @property
    def group_id(self) -> UUID | None:
        """The group, if it is a post in one."""
        return self.group.id if self.group else None

    def columns(self) -> dict[str, Any]:
        """The columns of Post that say the same."""
        return {
            "body_id": self.body.id,
            "group_id": self.group_id,
            "role": str(self.role),
            "from_on": self.from_on,
            "until_on": self.until_on,
            "decision": self.decision,
        }


def check_post(member: Member, terms: Terms, others: Sequence[Held], *, least_age: int) -> None:
    """Refuse a post that breaks a rule. `others` are the posts of the body, without this one;
    `least_age` is that of a volunteer team on the post's first day. `member` may be somebody about
    to be recorded.
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
        if held.member.id == member.id and held.post.group_id == terms.group_id:
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
