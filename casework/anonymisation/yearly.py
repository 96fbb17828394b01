"""What a whole year says of a province: borrowers, persons by kind of support, needs at its end.

Printed with December, of the province alone. What stands behind it in each unit is implied, and is
protected by a proof of its own:

* Borrowers and persons by kind of support hang on no other printed count of a unit.
* Who has a need is open: needs are at most the open cases. These stand still in the proof. Where
  fewer than two are open it takes two: the months' own proof leaves a unit at least that many (its
  values lie two apart or more), and whoever is counted there instead brings their needs along.

A person counts once a year and kind, in the unit that helped last; with a need when the newest
assessment by the last day finds at least some. What was recorded late, after the year's edition, is
in none: a year is printed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, func, or_, select

from casework.anonymisation.measures import Helped, Tally, count_in_province, days_of
from casework.anonymisation.plan import (
    BORROWERS,
    NEEDED,
    PROVINCE,
    SERVED,
    SERVICES,
    YEARLY,
    Cell,
    whole,
)
from casework.anonymisation.protection import OPEN, Prints, Result, Shown, protect
from casework.anonymisation.relations import frame_of_year
from casework.anonymisation.sequence import Past, Print, known_zero
from casework.confidential.assessments.models import WANTED, AssessedArea, Assessment
from casework.confidential.cases.models import Episode
from casework.confidential.services.models import Service, ServiceKind
from casework.inspection.readmodel.models import Measure

SURELY_OPEN = 2


def years_ended(months: Sequence[str], new: Collection[str]) -> list[str]:
    """The years all of whose months are among `months`, and whose last is among `new`."""
    return [year for year, held in whole(months, "year").items() if held[-1] in new]


def count_year(connection: Connection, province_id: UUID, year: str) -> Tally:
    """Persons by (unit or province, measure), from the records."""
    days = days_of(year)
    helped = Helped(connection, province_id)
    kinds = {kind: f"{SERVED}.{kind}" for kind in SERVICES} | {str(ServiceKind.LOAN): BORROWERS}
    found = Counter(helped.last_units(helped.select(Service, days, Service.kind), kinds))
    found.update(_needs(connection, province_id, helped.may, days[1]))
    return found


def _needs(connection: Connection, province_id: UUID, may: Any, end: Any) -> Tally:
    newest = (
        select(
            Assessment.id,
            Assessment.case_id,
            func.row_number()
            .over(
                partition_by=Assessment.case_id,
                order_by=(Assessment.on.desc(), Assessment.recorded_at.desc(), Assessment.id),
            )
            .label("from_last"),
        )
        .where(Assessment.on <= end)
        .subquery()
    )
    source = (
        Episode.__table__.join(may, may.c.case_id == Episode.case_id)
        .join(newest, (newest.c.case_id == Episode.case_id) & (newest.c.from_last == 1))
        .join(AssessedArea, AssessedArea.assessment_id == newest.c.id)
    )
    areas = [name.partition(".")[2] for name in YEARLY if name.startswith(f"{NEEDED}.")]
    return count_in_province(
        connection,
        province_id,
        source,
        Episode.unit_id,
        {f"{NEEDED}.{area}": func.count().filter(AssessedArea.area == area) for area in areas},
        AssessedArea.level >= WANTED,
        Episode.opened_on <= end,
        or_(Episode.closed_on.is_(None), Episode.closed_on > end),
        or_(may.c.until.is_(None), may.c.until > end),
    )


def print_year(past: Past, year: str, counted: Tally, ids: Mapping[str, UUID]) -> list[Print]:
    """The prints of a year, proved; `past` has its months and takes the counts in. Where anything
    stays unproved, as it may with two units that know each other, nothing of the year is printed.
    """
    frame = frame_of_year(past.units, year)
    counts = {
        cell: counted.get((ids[cell.unit], cell.measure), 0)
        for cell in frame.to_count
        if cell.measure in YEARLY
    }
    standing = _standing(past, year, counts)
    table = frame.table({cell: counts.get(cell, standing[cell.unit]) for cell in frame.to_count})
    result = protect(table, _nobody(past, counts))
    is_proved = not result.unproved and not result.verify()
    place = {cell: number for number, cell in enumerate(frame.cells)}
    past.counts |= counts
    return [_print(result, place[cell], cell, count, is_proved) for cell, count in counts.items()]


def _standing(past: Past, year: str, counts: Mapping[Cell, int]) -> dict[str, int]:
    """What stands still in the proof: the open cases of each unit, and of all of them."""
    found = {}
    for unit in past.units:
        there = past.counts.get(Cell("unit", unit, Measure.OPEN, f"{year}-12"), 0)
        needs = [
            count
            for cell, count in counts.items()
            if cell.unit == unit and cell.measure.startswith(f"{NEEDED}.")
        ]
        found[unit] = max(there, SURELY_OPEN, *needs)
    found[PROVINCE] = sum(found.values())
    return found


def _nobody(past: Past, counts: Mapping[Cell, int]) -> Prints:
    """Units that were not there: anybody knows that they counted nobody."""
    first = past.months[0]
    ids = tuple(cell.id for cell in counts if known_zero(cell, first, past.first_in, past.last_in))
    zeros = np.zeros(len(ids), dtype=np.int64)
    return Prints(ids, zeros, zeros, (Shown.EXACT,) * len(ids))


def _print(result: Result, place: int, cell: Cell, count: int, is_proved: bool) -> Print:
    shown, prints = result.prints.shown[place], result.prints
    if cell.unit != PROVINCE:
        return Print(cell, count, False, Shown.NONE, None, None)
    if shown is Shown.NONE or not is_proved:
        return Print(cell, count, True, Shown.NONE, None, None)
    low, high = int(prints.low[place]), int(prints.high[place])
    return Print(cell, count, True, shown, low, None if high >= OPEN else high)
