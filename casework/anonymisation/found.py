"""What is found of a unit for each computed criterion, out of its place on the last day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from uuid import UUID

from casework.anonymisation.activity import FEW_RATIO, Range, Told
from casework.anonymisation.places import Kept, Place
from casework.inspection.readmodel.models import ActivityMeasure, UnitOfCount
from casework.organisation.bodies.models import BodyKind, GroupKind
from casework.organisation.budgets.balance import Balance
from casework.organisation.budgets.models import FundingSource
from casework.organisation.members.models import LEADING

WANTED_GROUPS = (GroupKind.COMMUNICATION, GroupKind.COUNSELLING, GroupKind.SELF_HELP)


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a checklist with its thresholds (of A4: least and most members)."""

    set_id: UUID
    set_number: int
    code: str
    position: int
    text: str
    met: int | None = None
    partly: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a criterion is judged by: so many of so many, and a value in its unit.

    `share`: the least and the most per cent that what is printed allows, where it is all that may
    be known.
    """

    numerator: int | None = None
    denominator: int | None = None
    value: int | None = None
    unit: UnitOfCount = UnitOfCount.BODIES
    applies: bool = True
    share: tuple[Fraction, Fraction] | None = None


def _decisions(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(sum(body.is_decided for body in place.bodies), len(place.bodies))


def _regulations(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(len(place.regulations), len(place.bodies), applies=bool(place.bodies))


def _groups(place: Place, _told: Told, _rule: Rule) -> Found:
    kinds = {group.kind for group in place.groups} & set(WANTED_GROUPS)
    return Found(value=len(kinds), unit=UnitOfCount.GROUPS, applies=bool(place.bodies))


def _staff(place: Place, _told: Told, rule: Rule) -> Found:
    """Leader, deputy and number of members of each body: conditions met, of those asked."""
    met = asked = 0
    for body in place.bodies:
        posts = LEADING[BodyKind(body.kind)][:2]
        vacant = {each.role for each in place.vacancies if each.body.id == body.id}
        members = len(place.members(body))
        met += len(set(posts) - vacant) + (rule.met <= members <= rule.partly)  # type: ignore[operator]
        asked += len(posts) + 1
    return Found(met, asked, len(place.members()), UnitOfCount.CONDITIONS, bool(place.bodies))


def _vacancies(place: Place, _told: Told, _rule: Rule) -> Found:
    days = max((each.days for each in place.vacancies), default=0)
    bound = len(place.bodies) - len(place.unbound)
    return Found(bound, len(place.bodies), days, UnitOfCount.DAYS, bool(place.bodies))


def _plan(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(int(place.has_plan), 1, unit=UnitOfCount.PLANS)


def _meetings_of_bodies(place: Place, _told: Told, _rule: Rule) -> Found:
    return _on_schedule([kept for kept in place.kept if kept.circle.is_body])


def _meetings_of_groups(place: Place, _told: Told, _rule: Rule) -> Found:
    """The group that kept its schedule worst; of two alike the one that was due more often."""
    groups = [kept for kept in place.kept if not kept.circle.is_body]
    due = [kept for kept in groups if kept.due]
    if not due:
        return _on_schedule(groups)
    return _on_schedule([min(due, key=lambda kept: (Fraction(kept.on_time, kept.due), -kept.due))])


def _on_schedule(kept: list[Kept]) -> Found:
    due, excused = sum(each.due for each in kept), sum(each.excused for each in kept)
    return Found(
        sum(each.on_time for each in kept),
        due,
        excused,
        UnitOfCount.SESSIONS,
        applies=bool(due or not excused),
    )


def _longest_gap(place: Place, _told: Told, _rule: Rule) -> Found:
    """The longest gap in proportion to the interval, which is the denominator, in months."""
    bound = [kept for kept in place.kept if kept.circle.interval and kept.meets]
    worst = max(bound, key=lambda each: Fraction(each.gap, each.circle.interval or 1), default=None)
    if worst is None:
        return Found(unit=UnitOfCount.DAYS)
    return Found(None, worst.circle.interval, worst.gap, UnitOfCount.DAYS)


def _minutes(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(
        sum(kept.minuted for kept in place.kept),
        sum(kept.to_minute for kept in place.kept),
        unit=UnitOfCount.SESSIONS,
    )


def _communication(place: Place, _told: Told, _rule: Rule) -> Found:
    first, last = place.twelve_months
    held = [row for row in place.communications if first <= row.held_on <= last]
    return Found(len(place.covered), len(place.hamlets), len(held), UnitOfCount.SESSIONS)


def _referrals(place: Place, told: Told, _rule: Rule) -> Found:
    """Out of what the last four quarters printed; under ten referrals no share is told."""
    sent = told.of(place.unit_id, ActivityMeasure.REFERRALS_SENT, "", place.on)
    answered = told.of(place.unit_id, ActivityMeasure.REFERRALS_ANSWERED, "", place.on)
    least, most = _sum(sent)
    least_answered, most_answered = _sum(answered)
    unknown = Found(unit=UnitOfCount.REFERRALS)
    if least < FEW_RATIO:
        return unknown
    if least == most and least_answered == most_answered:
        share = Fraction(100 * least_answered, least)
        return replace(unknown, numerator=least_answered, denominator=least, share=(share, share))
    low = Fraction(100 * least_answered, most)
    high = min(Fraction(100), Fraction(100 * most_answered, least))
    return replace(unknown, share=(low, high))


def _sum(ranges: Iterable[Range]) -> tuple[int, int]:
    listed = list(ranges)
    return sum(low for low, _ in listed), sum(high or 0 for _, high in listed)


def _sources(place: Place, told: Told, _rule: Rule) -> Found:
    """Sources that allotted money, or gave five items of support or more in a quarter; the share of
    the largest is of the money.
    """
    giving = {
        source
        for source in FundingSource
        for low, _ in told.of(place.unit_id, ActivityMeasure.SUPPORT_ITEMS, source, place.on)
        if low
    }
    found = place.books.sources
    return Found(
        max(found.values(), default=None),
        sum(found.values()) or None,
        len(giving | found.keys()),
        UnitOfCount.SOURCES,
    )


def _allotted(place: Place, _told: Told, _rule: Rule) -> Found:
    total = Balance.total(line.balance for line in place.books.lines_of_year)
    estimate = sum(line.row.estimate_amount for line in place.books.lines_of_year)
    return Found(total.allotted, estimate, unit=UnitOfCount.DONG)


def _settled(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(
        len(place.books.lines_on_time),
        len(place.books.lines_due),
        place.books.days_late,
        UnitOfCount.DAYS,
    )


def _paid(place: Place, _told: Told, _rule: Rule) -> Found:
    paid = place.books.remuneration
    has_team = any(each.is_body and each.kind == BodyKind.VOLUNTEER_TEAM for each in place.circles)
    return Found(paid.in_time, paid.due, paid.owed_amount, UnitOfCount.DONG, applies=has_team)


def _trained(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(len(place.trained), len(place.counsellors), unit=UnitOfCount.MEMBERS)


def _reports(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(*place.reports, unit=UnitOfCount.REPORTS)


def _reviews(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(*place.reviews, unit=UnitOfCount.REVIEWS)


def _partners(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(value=len(place.partners), unit=UnitOfCount.PARTNERS)


def _recommendations(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(*place.recommendations, unit=UnitOfCount.RECOMMENDATIONS)


FINDING: dict[str, Callable[[Place, Told, Rule], Found]] = {
    "A1": _decisions,
    "A2": _regulations,
    "A3": _groups,
    "A4": _staff,
    "A5": _vacancies,
    "A6": _plan,
    "B1": _meetings_of_bodies,
    "B2": _meetings_of_groups,
    "B3": _longest_gap,
    "B4": _minutes,
    "C1": _communication,
    "D4": _referrals,
    "D6": _sources,
    "E1": _allotted,
    "E2": _settled,
    "E3": _paid,
    "F1": _trained,
    "G1": _reports,
    "G2": _reviews,
    "H1": _partners,
    "H2": _recommendations,
}
