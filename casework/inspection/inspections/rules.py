"""Which units are drawn, on which days they are visited, and what speaks against a day: arithmetic
without a database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from itertools import combinations
from uuid import UUID

from flask_babel import gettext as _

from casework.core.i18n import day
from casework.organisation.meetings.calendar import is_holiday

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """A unit's place in the calendar of a round. `goers` are the names by member id of those of the
    team who go there; without any the whole team goes. `ended_on`: the unit's last day.
    """

    inspection_id: UUID
    unit: str
    visit_on: date | None
    goers: Mapping[UUID, str] = field(default_factory=dict)
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """What speaks against the day of a visit."""

    inspection_id: UUID
    text: str


def draw_units(plan_id: UUID, candidates: Iterable[UUID], count: int) -> list[UUID]:
    """So many of some units. Chance is in the plan's own id: drawn again within a plan, the same
    units come first, so nobody draws until the result pleases; and anybody can draw again to check.
    """
    ranked = sorted(candidates, key=lambda unit: sha256(plan_id.bytes + unit.bytes).digest())
    return ranked[:count]


def is_working_day(on: date) -> bool:
    """Whether people are at work: no weekend and no public holiday of Vietnam."""
    return on.weekday() < SATURDAY and not is_holiday(on)


def working_days(first: date, last: date) -> list[date]:
    """The working days from one day to another, both inclusive."""
    days = (first + timedelta(days=passed) for passed in range((last - first).days + 1))
    return [each for each in days if is_working_day(each)]


def suggest_days(count: int, first: date, last: date, taken: Iterable[date] = ()) -> list[date]:
    """Days for so many visits, in their order, spread evenly over the working days of a window.

    Days that are `taken` are left out as long as the others are enough for one visit a day. Where
    days are fewer than visits, some have one more than others, never two. Empty where the window
    has no working day.
    """
    days = working_days(first, last)
    busy = set(taken)
    free = [each for each in days if each not in busy]
    if len(free) >= count:
        days = free
    return [days[number * len(days) // count] for number in range(count)] if days else []


def find_conflicts(
    visits: Sequence[Planned],
    first: date,
    last: date,
    elsewhere: Mapping[date, Iterable[UUID]],
    team: Mapping[UUID, str],
) -> list[Hint]:
    """What speaks against the days of a round; none of it forbids them. `team` has the names by
    member id; `elsewhere` says which of them are on a visit of another round, by day.
    """
    hints = [
        Hint(visit.inspection_id, text)
        for visit in visits
        for text in _alone(visit, first, last, elsewhere, team)
    ]
    for one, other in combinations(visits, 2):
        if one.visit_on is not None and one.visit_on == other.visit_on:
            hints += [Hint(other.inspection_id, text) for text in _together(one, other)]
    return hints


def _alone(
    visit: Planned,
    first: date,
    last: date,
    elsewhere: Mapping[date, Iterable[UUID]],
    team: Mapping[UUID, str],
) -> Iterable[str]:
    on, unit = visit.visit_on, visit.unit
    if visit.ended_on is not None:
        yield _("%(unit)s ended on %(day)s.", unit=unit, day=day(visit.ended_on))
    if on is None:
        return
    told = {"unit": unit, "day": day(on)}
    if not first <= on <= last:
        yield _("%(unit)s: %(day)s lies outside the days of the visits.", **told)
    if on.weekday() >= SATURDAY:
        yield _("%(unit)s: %(day)s is a weekend.", **told)
    elif is_holiday(on):
        yield _("%(unit)s: %(day)s is a public holiday.", **told)
    going = visit.goers or team
    for member_id in elsewhere.get(on, ()):
        if member_id in going:
            name = going[member_id]
            yield _(
                "%(unit)s: %(name)s is on a visit of another plan on %(day)s.", name=name, **told
            )


def _together(one: Planned, other: Planned) -> Iterable[str]:
    units = {"unit": one.unit, "other": other.unit, "day": day(one.visit_on)}
    if not one.goers or not other.goers:
        yield _("%(unit)s and %(other)s: one team can't visit both on %(day)s.", **units)
        return
    for member_id, name in one.goers.items():
        if member_id in other.goers:
            yield _("%(unit)s and %(other)s: %(name)s goes to both on %(day)s.", name=name, **units)
