"""The persons counted, told apart by group, sex, age and why their cases ended.

The very episodes that ``measures`` counts: the values of a dimension add up to its counts, in each
unit and in the province. An episode stands in one unit, so the province is the sum of its units.

* Group and sex are those the record has now.
* Age is the calendar year less the year of birth, so that it changes on 1 January alone: of an
  opening or an ending in the year of that day, of an open case in the year of the month.
* The reason is why an episode ended. Who went to another unit was transferred; where nobody said
  why, or the counting ended before the case did, it is "other": no reason tells of consents.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Connection,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)

from casework.anonymisation.measures import countable_cases, counts_from
from casework.anonymisation.plan import CATEGORIES, OTHER, TRANSFERRED, UNKNOWN, Dimension
from casework.confidential.cases.models import Case, Episode, EpisodeEnd
from casework.organisation.units.models import Unit

Labelled = Mapping[tuple[UUID, str, Dimension, str], int]
"""Count by (unit or province, month, dimension, value). What is not there is zero."""

_Runs = dict[tuple[UUID, str, str | None], list[int]]
"""By (unit, what is told apart, what the record says), up to the end of each month."""
_BORN = "born"
_OF_OPEN: Mapping[str, Dimension] = {"group": "group", "sex": "sex", _BORN: "age"}
_OF_OPENED: Mapping[str, Dimension] = {"group": "group", "sex": "sex", "age": "age"}
_OF_CLOSED: Mapping[str, Dimension] = {**_OF_OPENED, "reason": "reason"}


@dataclass(frozen=True)
class ByCategory:
    """`open` at each month's end; `opened` and `closed` up to it, however long ago.

    `closed` alone has reasons.
    """

    open: Labelled
    opened: Labelled
    closed: Labelled


def count_by_category(
    connection: Connection, province_id: UUID, months: Sequence[str]
) -> ByCategory:
    """Count a province for `months` (in order). One statement, however many units and months."""
    ends, none = [_number(month) for month in months], [0] * len(months)
    begun: _Runs = defaultdict(none.copy)
    ended: _Runs = defaultdict(none.copy)
    for is_end, told_apart, label, unit, at, number in connection.execute(_query(province_id)):
        place = bisect_left(ends, at)
        if place < len(ends):
            (ended if is_end else begun)[unit, told_apart, label][place] += number
    begun, ended = _up_to(begun), _up_to(ended)
    still = {
        key: [n - gone for n, gone in zip(run, ended.get(key, none), strict=True)]
        for key, run in begun.items()
    }
    return ByCategory(
        _tell(province_id, months, still, _OF_OPEN),
        _tell(province_id, months, begun, _OF_OPENED),
        _tell(province_id, months, ended, _OF_CLOSED),
    )


def age_band(age: int) -> str:
    """The band of an age in years."""
    under_18, under_30, under_45, older, _ = CATEGORIES["age"]
    if age < 30:
        return under_18 if age < 18 else under_30
    return under_45 if age < 45 else older


def _up_to(runs: _Runs) -> _Runs:
    return {key: list(accumulate(run)) for key, run in runs.items()}


def _tell(
    province_id: UUID, months: Sequence[str], runs: _Runs, dimensions: Mapping[str, Dimension]
) -> Labelled:
    """By the values of CATEGORIES, in each unit and in the province."""
    told = Counter[tuple[UUID, str, Dimension, str]]()
    for (unit, told_apart, label), run in runs.items():
        if told_apart in dimensions:
            for month, number in zip(months, run, strict=True):
                value = _value(told_apart, label, int(month[:4]))
                for place in (unit, province_id):
                    told[place, month, dimensions[told_apart], value] += number
    return +told


def _value(told_apart: str, label: str | None, year: int) -> str:
    if told_apart not in (_BORN, "age"):
        return str(label)
    if label is None:
        return UNKNOWN
    return age_band(int(label) if told_apart == "age" else year - int(label))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _query(province_id: UUID) -> CompoundSelect[Any]:
    """Is it an end, what is told apart, label, unit, month (by its number), how many episodes."""
    episodes = _labelled(province_id)
    c = episodes.c
    both = {"group": c.target_group, "sex": c.sex, _BORN: c.birth_year}
    begun = both | {"age": c.age_begun}
    ended = both | {"age": c.age_ended, "reason": c.reason}
    return union_all(
        *(
            select(
                literal(is_end),
                literal(told_apart),
                cast(label, String),
                c.unit_id,
                at,
                func.count(),
            )
            .where(at.is_not(None))
            .group_by(c.unit_id, label, at)
            for is_end, at, labels in ((0, c.begun_in, begun), (1, c.ended_in, ended))
            for told_apart, label in labels.items()
        )
    )


def _labelled(province_id: UUID) -> Any:
    """Every episode that counts, with all that is told apart. It ends when its counting does."""
    may = countable_cases(province_id)
    until = may.c.until
    is_its_own_end = or_(until.is_(None), Episode.closed_on <= until)
    ended_on = case((is_its_own_end, Episode.closed_on), else_=until)
    was_transferred = Episode.ended_by == EpisodeEnd.TRANSFER
    reason = case(
        (and_(is_its_own_end, was_transferred), TRANSFERRED),
        (is_its_own_end, func.coalesce(Episode.closure_reason, OTHER)),
        else_=OTHER,
    )

    def month(day: Any) -> Any:
        return extract("year", day) * 12 + extract("month", day)

    return (
        select(
            Episode.unit_id,
            month(Episode.opened_on).label("begun_in"),
            month(ended_on).label("ended_in"),
            (extract("year", Episode.opened_on) - Case.birth_year).label("age_begun"),
            (extract("year", ended_on) - Case.birth_year).label("age_ended"),
            Case.target_group,
            Case.sex,
            Case.birth_year,
            reason.label("reason"),
        )
        .join(may, may.c.case_id == Episode.case_id)
        .join(Case, Case.id == Episode.case_id)
        .join(Unit, Unit.id == Episode.unit_id)
        .where(Unit.province_id == province_id, counts_from(may))
        .cte("labelled")
    )
