"""What is asked of members and bodies, decided without the database: who meets the conditions of a
volunteer team, which posts stand vacant, how names and phone numbers are written.

A post is held at most as long as its body exists.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.core.clock import add_months
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.members.models import LEADING, Condition, Member, MemberRole, Post
from casework.organisation.settings.models import Setting

OLDEST = 1900
"""Nobody alive was born before."""
NOT_A_PHONE = _l("A phone number has ten digits and begins with 0.")
NOT_A_YEAR = _l("A year such as 1985.")


def name_of(text: str | None) -> str:
    """A name with single spaces."""
    return " ".join((text or "").split())


def phone_of(text: str | None) -> str:
    """The digits of a phone number. A spreadsheet loses the nought in front: it comes back."""
    digits = re.sub(r"[\s.-]", "", text or "").replace("+84", "0", 1)
    return f"0{digits}" if re.fullmatch(r"[1-9][0-9]{8}", digits) else digits


def is_phone(digits: str) -> bool:
    """Whether these are ten digits that begin with 0."""
    return bool(re.fullmatch(r"0[0-9]{9}", digits))


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

    def lasts_on(self, on: date) -> bool:
        """Whether it is held on a day or begins later."""
        return not self.post.never_held and (self.until_on is None or self.until_on >= on)

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
