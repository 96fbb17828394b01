"""What a whole year says of a province: borrowers, persons by kind of support, needs at its end.

Printed with December, of the province, and of borrowers also in its units. What stands behind it in
each unit is implied, and is protected by a proof of its own:

* Borrowers were supported, so a unit has hardly more of them than persons supported in the year's
  quarters. It is no relation: who borrows and moves away within a quarter is a borrower here and
  supported there, and a loan may be recorded late. But a reader may take it for one. So the ranges
  that a unit's borrowers can be told in depend on what is printed of these quarters alone
  (``scales``), and the proof never puts more borrowers into a unit than were supported in its
  strongest quarter: it holds against who believes that, and against who doesn't.
* Persons by kind of support hang on no other printed count of a unit.
* Who has a need is open: needs are at most the open cases. These stand still in the proof. Where
  fewer than two are open it takes two: the months' own proof leaves a unit at least that many (its
  values lie two apart or more), and whoever is counted there instead brings their needs along. The
  same goes for borrowers and the persons supported.

A person counts once a year and kind, in the unit that helped last; with a need when the newest
assessment by the last day finds at least some. What was recorded after the year's edition is in
none of these: each is printed once (``late`` says why).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
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
    STRONGEST,
    YEARLY,
    YEARLY_PROOF,
    Cell,
    Level,
    whole,
)
from casework.anonymisation.protection import OPEN, Prints, Result, Shown, protect
from casework.anonymisation.relations import Frame, frame_of_year
from casework.anonymisation.scales import Range, scale_of_some
from casework.anonymisation.sequence import Past, Print
from casework.confidential.assessments.models import WANTED, AssessedArea, Assessment
from casework.confidential.cases.models import Episode
from casework.confidential.services.models import Service, ServiceKind
from casework.inspection.readmodel.models import Measure

SURELY = 2

Proof = tuple[Frame, Result]
"""The frame whose counts move, and the moves."""


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


def print_year(
    past: Past, year: str, counted: Tally, ids: Mapping[str, UUID]
) -> tuple[list[Print], Proof]:
    """The prints of a year and their proof; `past` has its months and takes the counts in. Where
    anything stays unproved, as it may with two units that know each other, nothing of the year is
    printed.
    """
    frame = frame_of_year(past.units, year, YEARLY_PROOF)
    counts = {
        cell: counted.get((ids[cell.unit], cell.measure), 0)
        for cell in frame.to_count
        if cell.measure in YEARLY
    }
    told = _tell_borrowers(past, year, counts)
    result = _protect(past, frame, year, counts, told)
    is_proved = not result.unproved and not result.verify()
    place = {cell: number for number, cell in enumerate(frame.cells)}
    past.counts |= counts
    prints = [
        _print(result, place[cell], cell, count, is_proved)
        if cell.level == "province" or cell in told
        else Print(cell, count, False, Shown.NONE, None, None)
        for cell, count in counts.items()
    ]
    return prints, (frame, result)


def prove_again(past: Past, year: str) -> Proof:
    """A proof of a year as it was printed, for the auditor: a year's is not kept."""
    frame = frame_of_year(past.units, year, YEARLY_PROOF)
    counts = {cell: past.counts.get(cell, 0) for cell in frame.to_count if cell.measure in YEARLY}
    printed = (past.printed[cell] for cell in counts if cell in past.printed)
    told = {
        one.cell: None if one.shown is Shown.NONE else (one.low or 0, one.high) for one in printed
    }
    return frame, _protect(past, frame, year, counts, told)


def years_told(past: Past) -> list[str]:
    """The years of which anything was printed before."""
    return sorted({cell.period for cell in past.printed if cell.measure in YEARLY})


def _protect(
    past: Past,
    frame: Frame,
    year: str,
    counts: Mapping[Cell, int],
    told: Mapping[Cell, Range | None],
) -> Result:
    standing = _standing(past, year, counts)
    table = frame.table(
        {
            cell: counts.get(cell, standing.get(cell._replace(period=""), 0))
            for cell in frame.to_count
        }
    )
    stands = np.array([cell.measure in (Measure.OPEN, STRONGEST) for cell in frame.cells])
    table = replace(
        table,
        floor=np.where(stands, table.true, table.floor),
        ceiling=np.where(stands, table.true, table.ceiling),
    )
    return protect(table, _decided(past, counts, told))


def printed_quarters(past: Past, unit: str, year: str) -> list[Range]:
    """What is printed of the persons a unit, or the province, supported in a year's quarters."""
    return [
        (0, 0) if past.is_known_zero(cell) else (one.low or 0, one.high) if one else (0, None)
        for cell in _quarters(unit, year)
        for one in (past.printed.get(cell),)
    ]


def _quarters(unit: str, year: str) -> list[Cell]:
    level: Level = "province" if unit == PROVINCE else "unit"
    return [Cell(level, unit, Measure.SUPPORTED, f"{year}-Q{number}") for number in range(1, 5)]


def _tell_borrowers(past: Past, year: str, counts: Mapping[Cell, int]) -> dict[Cell, Range | None]:
    """The borrowers of the units that were there, each on the scale that its quarters give."""
    return {
        cell: scale_of_some(printed_quarters(past, cell.unit, year)).range_of(count)
        for cell, count in counts.items()
        if (cell.level, cell.measure) == ("unit", BORROWERS) and not past.is_known_zero(cell)
    }


def _standing(past: Past, year: str, counts: Mapping[Cell, int]) -> dict[Cell, int]:
    """What stands still in the proof, of each unit and of all of them, whatever the month: the open
    cases, and the persons supported in the strongest quarter.
    """
    found: Counter[Cell] = Counter()
    for unit in past.units:
        own = {cell.measure: count for cell, count in counts.items() if cell.unit == unit}
        there = past.counts.get(Cell("unit", unit, Measure.OPEN, f"{year}-12"), 0)
        needs = (count for name, count in own.items() if name.startswith(f"{NEEDED}."))
        quarters = (past.counts.get(cell, 0) for cell in _quarters(unit, year))
        for measure, count in (
            (Measure.OPEN, max(there, SURELY, *needs)),
            (STRONGEST, max(own[BORROWERS], SURELY, *quarters)),
        ):
            found[Cell("unit", unit, measure, "")] = count
            found[Cell("province", PROVINCE, measure, "")] += count
    return found


def _decided(past: Past, counts: Collection[Cell], told: Mapping[Cell, Range | None]) -> Prints:
    """What does not wait for the proof: the borrowers of units; and that units that were not there
    counted nobody, as anybody knows.
    """
    ends: dict[Cell, Range | None] = dict.fromkeys(filter(past.is_known_zero, counts), (0, 0))
    ends |= told
    return Prints(
        tuple(cell.id for cell in ends),
        np.array([each[0] if each else 0 for each in ends.values()], dtype=np.int64),
        np.array(
            [OPEN if each is None or each[1] is None else each[1] for each in ends.values()],
            dtype=np.int64,
        ),
        tuple(shown_as(each) for each in ends.values()),
    )


def shown_as(ends: Range | None) -> Shown:
    """How a reader meets what is told so."""
    if ends is None:
        return Shown.NONE
    return Shown.EXACT if ends[0] == ends[1] else Shown.BAND


def _print(result: Result, place: int, cell: Cell, count: int, is_proved: bool) -> Print:
    shown, prints = result.prints.shown[place], result.prints
    if shown is Shown.NONE or not is_proved:
        return Print(cell, count, True, Shown.NONE, None, None)
    low, high = int(prints.low[place]), int(prints.high[place])
    return Print(cell, count, True, shown, low, None if high >= OPEN else high)
