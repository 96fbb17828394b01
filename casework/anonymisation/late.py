"""The edition of a year for what was recorded late: the persons supported in the whole year.

Printed once, with March of the year after, and counted then: what was recorded until that edition
is in it, also what came too late for its quarter. No earlier edition had this count: each person
once in the year, in the unit that helped last. A second print of the quarters, of borrowers or of
kinds of support would stand beside the first, and where the two differ by three, three persons
came late. This one is no sum of anything printed.

It is bound all the same to what is printed. Who was supported in a quarter was supported in the
year, so a reader takes a unit's year to be at least its largest quarter, though a transfer or a
record taken back breaks that now and then. How many came late nobody knows, so nothing bounds it
from above. Its proof needs no search:

* **A unit's year** is told on the scale that the prints of its quarters give (``scale_of_all``). So
  whatever values these are printed with, the year may have every value of its range from the
  largest of them on. The lowest range is ten wide: a small count may be anything from the largest
  quarter (four at most) up to nine.
* **The province's year** is exact where that leaves all of this as it is; else it is told by the
  range that its units leave, from its own largest quarter on, which bounds no unit from above. It
  is exact where the units' years lie together two or more above their *floors*: the lower end of
  the range, the upper end of the largest quarter, the borrowers, or four, whichever is most. Then
  for all values of the quarters together there are years of units that add up to it; and while a
  unit with a small count has one or two persons more, others have as many fewer. The same holds
  without each one of the units, against its head who knows its own.

A unit that had no figures in the year, and to which records of that year came since, is not shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from casework.anonymisation.measures import Tally
from casework.anonymisation.plan import BORROWERS, PROVINCE, Cell, whole
from casework.anonymisation.protection import Shown
from casework.anonymisation.relations import frame_of_late
from casework.anonymisation.scales import Range, scale_of_all
from casework.anonymisation.sequence import Past, Print
from casework.anonymisation.yearly import printed_quarters, shown_as

FEW, SPARE = 4, 2
"""Up to which a count is small, and how much higher each must be able to lie."""


def years_due(months: Sequence[str], new: Collection[str]) -> list[str]:
    """The years all of whose months are among `months`, and the March after them among `new`."""
    return [year for year in whole(months, "year") if month_of(year) in new]


def month_of(year: str) -> str:
    """The month with whose edition the year before comes once more."""
    return f"{int(year) + 1}-03"


def print_late(past: Past, year: str, counted: Tally, ids: Mapping[str, UUID]) -> list[Print]:
    """The prints of a year's persons supported; `past` has the year and takes the counts in."""
    counts = {
        cell: counted.get((ids[cell.unit], year), 0)
        for cell in frame_of_late(past.units, year).to_count
    }
    there = [
        cell
        for cell, count in counts.items()
        if cell.level == "unit" and (count or not past.is_known_zero(cell))
    ]
    quarters = {cell: printed_quarters(past, cell.unit, year) for cell in there}
    told: dict[Cell, Range | None] = {
        cell: scale_of_all(parts).range_of(counts[cell]) for cell, parts in quarters.items()
    }
    spare = [
        counts[cell] - _floor(told[cell], parts, _borrowers(past, cell))
        for cell, parts in quarters.items()
    ]
    of_all = next(cell for cell in counts if cell.unit == PROVINCE)
    least = max(low for low, _high in printed_quarters(past, PROVINCE, year))
    told[of_all] = _tell_province(counts[of_all], least, spare, [told[cell] for cell in there])
    past.counts |= counts
    return [_print(cell, count, told) for cell, count in counts.items()]


def _borrowers(past: Past, cell: Cell) -> int:
    return past.counts.get(cell._replace(measure=BORROWERS), 0)


def _floor(told: Range | None, parts: Sequence[Range], borrowers: int) -> float:
    """The lowest that a unit's year can be whatever values its quarters have."""
    highs = [float("inf") if high is None else high for _low, high in parts]
    return max(told[0] if told else 0, borrowers, FEW, *highs)


def _tell_province(
    count: int, least: int, spare: Sequence[float], units: Sequence[Range | None]
) -> Range | None:
    """`least`: what is printed of the province's largest quarter. `spare`: how far each unit's year
    lies above its floor.
    """
    if spare and sum(spare) - max(0.0, *spare) >= SPARE:
        return count, count
    highs = [ends[1] if ends else None for ends in units]
    low = sum(ends[0] for ends in units if ends)
    high = None if None in highs else sum(high or 0 for high in highs)
    if low < least <= count:
        low = least
    return None if (low, high) == (0, None) else (low, high)


def _print(cell: Cell, count: int, told: Mapping[Cell, Range | None]) -> Print:
    ends = told.get(cell)
    shown = shown_as(ends) if cell in told else Shown.NONE
    return Print(cell, count, cell in told, shown, *(ends or (None, None)))
