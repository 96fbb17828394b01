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
from fractions import Fraction
from uuid import UUID

from casework.anonymisation.activity import Told
from casework.anonymisation.bands import BANDED, ENDS, Band
from casework.anonymisation.found import FINDING, Found, Rule
from casework.anonymisation.places import Place
from casework.anonymisation.records import Records
from casework.inspection.readmodel.models import Rating, UnitOfCount
from casework.organisation.settings.models import USUAL, Setting

USUAL_SHARE = 90, 70
"""What bands are judged by where the checklist sets no share: the ends of bands themselves."""


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
    low, high = ENDS[band]
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
    place: Place, rules: Iterable[Rule], told: Told, bands: Mapping[str, Band]
) -> Iterator[Judged]:
    """The criteria of a unit. Those on persons come along where the protected side gives a band:
    `bands` by code.
    """
    for rule in rules:
        if rule.code in FINDING:
            found = FINDING[rule.code](place, told, rule)
            yield Judged(place.unit_id, *place.twelve_months, rule, found, judge(rule, found))
        elif rule.code in bands:
            band = bands[rule.code]
            low, high = ENDS.get(band, (None, None))
            found = Found(denominator=high, value=low, unit=UnitOfCount.PERSONS)
            rating = judge_band(rule, band)
            yield Judged(place.unit_id, *place.twelve_months, rule, found, rating)


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
    "H2": _share,
}
