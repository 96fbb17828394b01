"""The computed criteria of the checklist: what is found of a unit, and how it is judged.

A unit is judged for the twelve months that end with the month, by the version of the checklist in
force on its last day; the version stays with the figure. `judge` is pure: numbers and thresholds
in, a rating out.

* A share is met from the threshold on, partly met from the lower one on. A checklist that sets no
  threshold is taken at its word: met when it is wholly so, not met when not at all, else partly.
* Nothing to divide by is "not enough data", unless the criterion does not apply: no body that could
  have a regulation, everything postponed with a reason.
* What singles persons out is judged from what is printed of it, never from the records: a rating
  tells no more than the figures do. Where they leave it open there is not enough data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from casework.anonymisation.activity import FEW_RATIO, Range, Told
from casework.anonymisation.places import Kept, Place
from casework.anonymisation.records import Records
from casework.inspection.readmodel.models import ActivityMeasure, Rating, UnitOfCount
from casework.organisation.bodies.models import BodyKind, GroupKind
from casework.organisation.budgets.balance import Balance
from casework.organisation.budgets.models import FundingSource
from casework.organisation.members.models import LEADING
from casework.organisation.settings.models import USUAL, Setting

WANTED_GROUPS = (GroupKind.COMMUNICATION, GroupKind.COUNSELLING, GroupKind.SELF_HELP)
BANDED = ("D1", "D2", "D3", "D5")
"""Shares of persons: known as bands only, and judged by `judge_band`."""
USUAL_SHARE = 90, 70
"""What bands are judged by where the checklist sets no share: the ends of bands themselves."""


class Band(StrEnum):
    """How large a share of persons is; none where there are too few to tell."""

    UNDER_50 = "under_50"
    FROM_50 = "50_69"
    FROM_70 = "70_89"
    FROM_90 = "90_up"
    NONE = "none"


_ENDS = {Band.UNDER_50: (0, 49), Band.FROM_50: (50, 69), Band.FROM_70: (70, 89),
         Band.FROM_90: (90, 100)}  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion of a unit with its rating."""

    unit_id: UUID
    from_on: date
    until_on: date
    rule: Rule
    found: Found
    rating: Rating


def judge(rule: Rule, found: Found) -> Rating:
    """How a criterion that is computed is rated."""
    if not found.applies:
        return Rating.NA
    return _WAYS[rule.code](rule, found)


def judge_band(rule: Rule, band: Band) -> Rating:
    """How a share of persons is rated of which only the band is known. Where the thresholds cut
    through the band it stays open.
    """
    if band is Band.NONE:
        return Rating.NO_DATA
    low, high = _ENDS[band]
    met, partly = _share_of(rule)
    ratings = {_by_least(share, met, partly) for share in (low, high)}
    return ratings.pop() if len(ratings) == 1 else Rating.NO_DATA


def rules_on(records: Records, province: Place) -> list[Rule]:
    """The computed criteria of the checklist in force on a day: the province's own if it has one,
    else the country's; the newest begun.
    """
    begun = [each for each in records.sets if each.from_on <= province.on]
    if not begun:
        return []
    held = max(begun, key=lambda each: (each.province_id is not None, each.from_on))
    rules = [
        Rule(row.set_id, held.number, row.code, row.position, row.text, row.met, row.partly)
        for row in records.criteria.get(held.id, ())
        if row.code in _WAYS or row.code in BANDED
    ]
    return [_with_settings(rule, records, province) for rule in rules]


def _with_settings(rule: Rule, records: Records, province: Place) -> Rule:
    if rule.code != "A4":
        return rule
    least, most = (
        records.number(setting, province.on)
        for setting in (Setting.LEAST_MEMBERS, Setting.MOST_MEMBERS)
    )
    return replace(rule, met=least, partly=most)


def judge_unit(
    place: Place, rules: Iterable[Rule], told: Told, bands: Mapping[str, Band] | None = None
) -> Iterator[Judged]:
    """The criteria of a unit. Those that are bands come along once the protected side gives them:
    `bands` by code.
    """
    for rule in rules:
        if rule.code in BANDED:
            if bands and rule.code in bands:
                rating = judge_band(rule, bands[rule.code])
                found = Found(unit=UnitOfCount.PERSONS)
                yield Judged(place.unit_id, *place.twelve_months, rule, found, rating)
            continue
        found = _FINDING[rule.code](place, told, rule)
        yield Judged(place.unit_id, *place.twelve_months, rule, found, judge(rule, found))


# How it is judged.


def _by_least(value: Fraction | int, met: int, partly: int | None) -> Rating:
    if value >= met:
        return Rating.MET
    return Rating.PARTLY if partly is not None and value >= partly else Rating.NOT_MET


def _wholly(part: int, whole: int) -> Rating:
    if part >= whole:
        return Rating.MET
    return Rating.PARTLY if part else Rating.NOT_MET


def _share(rule: Rule, found: Found) -> Rating:
    if found.share is not None:
        met, partly = _share_of(rule)
        ratings = {_by_least(share, met, partly) for share in found.share}
        return ratings.pop() if len(ratings) == 1 else Rating.NO_DATA
    if not found.denominator or found.numerator is None:
        return Rating.NO_DATA
    if rule.met is None:
        return _wholly(found.numerator, found.denominator)
    share = Fraction(100 * found.numerator, found.denominator)
    return _by_least(share, rule.met, rule.partly)


def _share_of(rule: Rule) -> tuple[int, int | None]:
    # What D3 sets are days, not a share.
    if rule.met is None or rule.code == "D3":
        return USUAL_SHARE
    return rule.met, rule.partly


def _in_force(rule: Rule, found: Found) -> Rating:
    """Without any body there is no decision in force either."""
    return _wholly(found.numerator or 0, max(found.denominator or 0, 1))


def _members(_rule: Rule, found: Found) -> Rating:
    if not found.denominator:
        return Rating.NO_DATA
    return _wholly(found.numerator or 0, found.denominator)


def _at_least(rule: Rule, found: Found) -> Rating:
    if found.value is None:
        return Rating.NO_DATA
    return _by_least(found.value, 1 if rule.met is None else rule.met, rule.partly)


def _reach(rule: Rule, found: Found) -> Rating:
    if rule.met is not None:
        return _at_least(rule, found)
    if not found.value:
        return Rating.NOT_MET
    return _share(rule, found)


def _vacant(rule: Rule, found: Found) -> Rating:
    """Every body stands under a unit that exists, and no post is vacant for longer."""
    if (found.numerator or 0) < (found.denominator or 0):
        return Rating.NOT_MET
    return _by_most(Fraction(found.value or 0), _limit(rule, Setting.VACANT_DAYS), rule.partly)


def _gap(rule: Rule, found: Found) -> Rating:
    """Per cent of the interval, a month being 365/12 days."""
    if found.value is None or not found.denominator:
        return Rating.NO_DATA
    share = Fraction(found.value * 1200, found.denominator * 365)
    return _by_most(share, _limit(rule, Setting.LONGEST_GAP), rule.partly)


def _by_most(value: Fraction, met: int, partly: int | None) -> Rating:
    if value <= met:
        return Rating.MET
    return Rating.PARTLY if partly is not None and value <= partly else Rating.NOT_MET


def _limit(rule: Rule, setting: Setting) -> int:
    return int(USUAL[setting][0]) if rule.met is None else rule.met


def _nothing(_rule: Rule, _found: Found) -> Rating:
    return Rating.NO_DATA


_WAYS: dict[str, Callable[[Rule, Found], Rating]] = {
    "A1": _in_force,
    "A2": _share,
    "A3": _at_least,
    "A4": _members,
    "A5": _vacant,
    "A6": _share,
    "B1": _share,
    "B2": _share,
    "B3": _gap,
    "B4": _share,
    "C1": _reach,
    "D4": _share,
    "D6": _at_least,
    "E1": _share,
    "E2": _share,
    "E3": _share,
    "F1": _share,
    "G1": _share,
    "G2": _share,
    "H1": _at_least,
    "H2": _nothing,
}


# What is found of a unit.


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
    found = place.sources
    return Found(
        max(found.values(), default=None),
        sum(found.values()) or None,
        len(giving | found.keys()),
        UnitOfCount.SOURCES,
    )


def _allotted(place: Place, _told: Told, _rule: Rule) -> Found:
    total = Balance.total(line.balance for line in place.lines_of_year)
    estimate = sum(line.row.estimate_amount for line in place.lines_of_year)
    return Found(total.allotted, estimate, unit=UnitOfCount.DONG)


def _settled(place: Place, _told: Told, _rule: Rule) -> Found:
    return Found(len(place.lines_on_time), len(place.lines_due), place.days_late, UnitOfCount.DAYS)


def _paid(place: Place, _told: Told, _rule: Rule) -> Found:
    paid = place.remuneration
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


def _no_recommendations(_place: Place, _told: Told, _rule: Rule) -> Found:
    """There are none before there are inspections."""
    return Found(unit=UnitOfCount.ITEMS)


_FINDING: dict[str, Callable[[Place, Told, Rule], Found]] = {
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
    "H2": _no_recommendations,
}
