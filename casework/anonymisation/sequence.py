"""How one month's figures follow another's. Pure: counts in, prints and their proof out.

A published month is frozen: its true counts and its prints stay what they were, and later months
are proved together with them. What is recorded late is counted in the first month not yet
published, so that ``stock(t) = stock(t - 1) + new - closed`` is true of every edition:

    new(t)    = openings recorded up to t  - openings that earlier editions took into account
    closed(t) = closures recorded up to t  - closures that earlier editions took into account

A difference below zero (a case transferred, reopened or erased since) is raised to zero and the
other one by as much: who leaves a unit's stock is closed there, who comes back is new. The same
amount is added to the province's flows, so that levels agree. What is counted by quarter (persons
supported, attendances) is counted once, with the quarter's last month; persons supported come once
more for the whole year, with what was recorded late (``late``).

A cluster counts the records of its units, as the province counts those of all: their true counts
are added, raised ones too, never what was printed of them. Which units these are is settled with
the first month of a quarter and holds for the whole of it; who comes later is in no cluster until
the next. A year adds up its quarters.

A unit before it takes part, or after it was dissolved and is empty, is publicly zero. The proof
must not hide anybody there, so such cells are fixed at zero although no figure is written. That the
last stock of a unit was zero becomes known when the unit is gone. What stands beside it is never
drawn again, so the proof of its last edition counts on that already; a unit whose end was recorded
only afterwards stays for one edition more.

Few contacts tell how few persons they were with: a unit's contacts under five in a month are
printed as "under 5", and the province's then only as the range its units leave.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import date
from uuid import UUID

import numpy as np

from casework.anonymisation.measures import ACTIVITY, Counted, Part, days_of, last_month
from casework.anonymisation.plan import (
    PLAN,
    PROVINCE,
    REST,
    SMALLEST_CLUSTER,
    Cell,
    Level,
    Plan,
    previous_month,
    quarter_of,
    whole,
)
from casework.anonymisation.protection import (
    OPEN,
    Prints,
    Protection,
    Result,
    Shown,
    Table,
    protect,
)
from casework.anonymisation.relations import Frame, Membership, relations_of
from casework.anonymisation.witnesses import Witnesses, moves_in
from casework.inspection.readmodel.models import Measure

RECORDED_OPENED, RECORDED_CLOSED = "recorded_opened", "recorded_closed"
ENDED = "ended"
MONTHS = "months"
"""The name of the months' own proof."""
FEW_CONTACTS = 5

Watch = Callable[[str, int, int], None]
"""Told the stage, how many cells are settled and how many there are."""


@dataclass(frozen=True, slots=True)
class Print:
    """One count: what is true, and what is shown of it. No high means no upper end."""

    cell: Cell
    count: int
    is_printed: bool
    shown: Shown
    low: int | None
    high: int | None

    @property
    def ends(self) -> tuple[int, int, Shown]:
        """Between what it lies, and how it is shown."""
        return self.low or 0, OPEN if self.high is None else self.high, self.shown


@dataclass
class Past:
    """What earlier editions of a province said: everything the next one must agree with.

    ``taken``: openings and closures taken into account, by unit (or PROVINCE). ``first_in`` and
    ``last_in``: the months between which a unit's figures run; no last month while they go on.
    ``ended``: units of which the last edition counted on their being gone with the next.
    ``clusters``: who is in which cluster, by quarter. ``witnesses``: the moves that proved the last
    edition.
    """

    plan: Plan = PLAN
    months: list[str] = field(default_factory=list)
    counts: dict[Cell, int] = field(default_factory=dict)
    printed: dict[Cell, Print] = field(default_factory=dict)
    taken: dict[str, tuple[int, int]] = field(default_factory=dict)
    first_in: dict[str, str] = field(default_factory=dict)
    last_in: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    clusters: dict[str, Membership] = field(default_factory=dict)
    witnesses: Witnesses = field(default_factory=dict)

    def add(self, month: str, prints: Sequence[Print]) -> None:
        """Take an edition into account."""
        self.months.append(month)
        taken: dict[str, dict[str, int]] = {}
        here: set[str] = set()
        self.ended = {one.cell.unit for one in prints if one.cell.measure == ENDED}
        for one in prints:
            cell = one.cell
            if cell.measure == ENDED:
                continue
            if cell.measure in (RECORDED_OPENED, RECORDED_CLOSED) and cell.category is None:
                taken.setdefault(cell.unit, {})[cell.measure] = one.count
            elif cell.measure in ACTIVITY:
                here.add(cell.unit)
            else:
                self.counts[cell] = one.count
            if one.is_printed:
                self.printed[cell] = one
        for unit, both in taken.items():
            self.taken[unit] = both[RECORDED_OPENED], both[RECORDED_CLOSED]
        self._note_presence(month, here)

    def _note_presence(self, month: str, here: set[str]) -> None:
        for unit in self.taken:
            if unit in here:
                self.first_in.setdefault(unit, month)
                self.last_in.pop(unit, None)
            elif unit in self.first_in:
                self.last_in.setdefault(unit, previous_month(month))

    def copy(self) -> Past:
        """One that takes editions in for itself."""
        own = {each.name: copy(getattr(self, each.name)) for each in fields(self)}
        return replace(self, **own)

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(sorted(unit for unit in self.taken if unit != PROVINCE))

    def frame(self, units: Sequence[str], months: Sequence[str], plan: Plan | None = None) -> Frame:
        """The cells and relations of ``months``, with the clusters as they were taken."""
        return relations_of(
            plan or self.plan,
            units=units,
            months=months,
            clusters=lambda at: self.clusters.get(at, {}),
        )

    def is_known_zero(self, cell: Cell) -> bool:
        """Whether anybody knows that the unit had no figures then."""
        return known_zero(cell, self.months[0], self.first_in, self.last_in)


@dataclass(frozen=True)
class Batch:
    """Months ready to be published together, with their one proof. ``clusters``: who is in which
    from a month on, where a quarter begins with it.
    """

    months: dict[str, tuple[Print, ...]]
    clusters: dict[str, Membership]
    frame: Frame
    result: Result


def known_zero(
    cell: Cell, first: str, first_in: Mapping[str, str], last_in: Mapping[str, str]
) -> bool:
    """Whether anybody knows that the unit had no figures then. ``first``: the first edition."""
    if cell.level != "unit":
        return False
    begins, ends = first_in.get(cell.unit, first), last_in.get(cell.unit)
    before = begins > first and last_month(cell.period) < begins
    return before or (ends is not None and f"{days_of(cell.period)[0]:%Y-%m}" > ends)


def next_months(
    past: Past,
    months: Iterable[str],
    counted: Counted,
    parts: Mapping[str, Part],
    province_id: UUID,
    clusters: Mapping[str, Membership] | None = None,
    settings: Protection | None = None,
    watch: Watch = lambda stage, settled, all_: None,
    bound: Callable[[Frame, Table], Table] = lambda frame, table: table,
) -> Batch:
    """Count months one after the other, then protect and prove them at once; `past` takes them in.

    They come out together, so one proof over all of them serves: no reader has less than the last
    edition and everything before it. ``parts``: the units that take part, by name. ``clusters``:
    who is in which on the first day of each month. ``bound`` keeps the proof's moves to those that
    other tables allow, once everything is counted.
    Raises ``TableWrong`` when the counts break a relation or an earlier print.
    """
    before = frozenset(past.counts)
    last = past.months[-1] if past.months else ""
    others: dict[str, list[Print]] = {}
    cells: dict[str, list[Cell]] = {}
    taken: dict[str, Membership] = {}
    for month in months:
        counting = _Counting(past, month, counted, parts, province_id)
        if quarter_of(month) not in map(quarter_of, past.months):
            taken[month] = counting.take(clusters.get(month, {}) if clusters else {})
            past.clusters[quarter_of(month)] = taken[month]
        frame = past.frame(counting.units, (*past.months, month))
        counts = counting.counts_of(frame)
        zeros = counting.known_zeros(frame)
        cells[month] = [cell for cell in counts if cell.unit != REST]
        others[month] = [*counting.ledger(), *counting.activity()]
        unprinted = [Print(cell, n, False, Shown.NONE, None, None) for cell, n in counts.items()]
        past.add(month, [*unprinted, *others[month]])
    foreseen = counting.foreseen()
    nobody = zeros | counting.emptied() | foreseen
    table = bound(frame, owned(frame, frame.table(past.counts), nobody))
    known = moves_in(frame, past.witnesses.get(MONTHS, ()), last) if last else ()
    frozen = _frozen(past, frame, zeros, foreseen, before)
    result = protect(table, frozen, settings, watch, known)
    may_print = frame.printed - zeros
    place = {cell: number for number, cell in enumerate(frame.cells)}
    ready = {
        month: (
            *(
                print_of(result, place[cell], cell, past.counts[cell], may_print, foreseen)
                for cell in cells[month]
            ),
            *others[month],
        )
        for month in cells
    }
    past.printed |= {one.cell: one for prints in ready.values() for one in prints if one.is_printed}
    return Batch(ready, taken, frame, result)


def owned(frame: Frame, table: Table, zeros: set[Cell]) -> Table:
    """Count cells of the province and of clusters to a unit while it is the only one there: it
    knows them anyway.
    """
    there: dict[tuple[str, str], set[str]] = {}
    for cell in frame.cells:
        if cell.level == "unit" and cell not in zeros:
            there.setdefault((cell.measure, cell.period), set()).add(cell.unit)
    number = {unit: place for place, unit in enumerate(frame.units)}
    block = table.block.copy()
    for place, cell in enumerate(frame.cells):
        if cell.level == "unit":
            continue
        units = there.get((cell.measure, cell.period), set())
        if cell.level == "cluster":
            units = {part.unit for part in frame.parts_of(cell) if part not in zeros}
        if len(units) == 1:
            block[place] = number[next(iter(units))]
    return replace(table, block=block)


def _frozen(
    past: Past, frame: Frame, zeros: set[Cell], foreseen: set[Cell], before: frozenset[Cell]
) -> Prints:
    """Earlier prints as they stand, what anybody knows, or will, to be zero, and what was not
    printed.
    """
    rows = {
        cell: (one.low or 0, one.high, one.shown)
        for cell, one in past.printed.items()
        if cell in before
    }
    rows |= dict.fromkeys(foreseen, (0, 0, Shown.BAND))
    rows |= dict.fromkeys(zeros - rows.keys(), (0, 0, Shown.EXACT))
    unprinted = (frame.printed & before) - rows.keys()
    rows |= dict.fromkeys(unprinted, (0, None, Shown.NONE))
    return Prints(
        tuple(cell.id for cell in rows),
        np.array([low for low, _, _ in rows.values()], dtype=np.int64),
        np.array([OPEN if high is None else high for _, high, _ in rows.values()], dtype=np.int64),
        tuple(shown for _, _, shown in rows.values()),
    )


def print_of(
    result: Result,
    place: int,
    cell: Cell,
    count: int,
    may_print: frozenset[Cell],
    foreseen: Collection[Cell] = (),
) -> Print:
    """A count with what was decided on it; a figure if it is one of ``may_print``."""
    is_printed = cell in may_print
    shown, low, high = (
        result.prints.shown[place],
        int(result.prints.low[place]),
        int(result.prints.high[place]),
    )
    if cell in foreseen:  # as long as nobody knows, it is told like any small count
        high = result.settings.width - 1
    if not is_printed or shown is Shown.NONE:
        return Print(cell, count, is_printed, Shown.NONE, None, None)
    return Print(cell, count, True, shown, low, None if high >= OPEN else high)


class _Counting:
    """The counts of one month, from the records and from what earlier editions counted."""

    def __init__(
        self,
        past: Past,
        month: str,
        counted: Counted,
        parts: Mapping[str, Part],
        province_id: UUID,
    ) -> None:
        self.past, self.month, self.counted, self.parts = past, month, counted, parts
        self.first = past.months[0] if past.months else month
        self.ids = {name: part.id for name, part in parts.items()} | {PROVINCE: province_id}
        begin, end = days_of(month)
        self.over = {
            name for name, part in parts.items() if part.valid_until and part.valid_until < begin
        }
        begun = {
            name
            for name, part in parts.items()
            if part.since <= end and (name not in self.over or self._recorded(name, month)[0])
        }
        self.units = tuple(sorted(begun | set(past.units)))
        self.flows = self._flows()
        self.gone = {
            name
            for name in self.over.intersection(self.units)
            if self._is_empty(name) and self._was_foreseen(name)
        }
        self.ending = {
            name
            for name in self.units
            if name not in self.gone
            and (parts[name].valid_until or date.max) <= end
            and self._recorded(name, month)[0] == self._recorded(name, month)[1]
        }

    def take(self, clusters: Membership) -> Membership:
        """The clusters with the units of theirs that are there, where these are enough."""
        here = set(self.units) - self.gone
        found = {code: here.intersection(units) for code, units in clusters.items()}
        return {code: units for code, units in found.items() if len(units) >= SMALLEST_CLUSTER}

    def counts_of(self, frame: Frame) -> dict[Cell, int]:
        """The counts that this month adds."""
        past = self.past.counts
        new = [cell for cell in frame.to_count if cell not in past]
        counts = {cell: self._count(cell) for cell in new if cell.level != "cluster"}
        known = ChainMap(counts, past)
        for cell in new:
            if cell.level == "cluster":
                counts[cell] = sum(known[part] for part in frame.parts_of(cell))
        return counts

    def known_zeros(self, frame: Frame) -> set[Cell]:
        """Cells of units that were not there."""
        begun = dict.fromkeys(self.units, self.month) | self.past.first_in
        ended = self._ended()
        return {cell for cell in frame.cells if known_zero(cell, self.first, begun, ended)}

    def foreseen(self) -> set[Cell]:
        """Stocks of zero of units that have ended: known to be zero once these are gone."""
        return {Cell("unit", name, Measure.OPEN, self.month) for name in self.ending}

    def emptied(self) -> set[Cell]:
        """The last stock of units that are gone: nobody was left, or they would not be gone."""
        return {Cell("unit", name, Measure.OPEN, month) for name, month in self._ended().items()}

    def _ended(self) -> dict[str, str]:
        before = previous_month(self.month)
        return {name: self.past.last_in.get(name, before) for name in self.gone}

    def ledger(self) -> list[Print]:
        """What the flows have now taken into account."""
        rows = []
        for name in (*self.units, PROVINCE):
            both = self._recorded(name, self.month)
            for measure, count in zip((RECORDED_OPENED, RECORDED_CLOSED), both, strict=True):
                cell = Cell(_level(name), name, measure, self.month)
                rows.append(Print(cell, count, False, Shown.NONE, None, None))
        ended = (Cell("unit", name, ENDED, self.month) for name in sorted(self.ending))
        return [*rows, *(Print(cell, 1, False, Shown.NONE, None, None) for cell in ended)]

    def activity(self) -> list[Print]:
        """Work done, exact; few contacts of a unit as "under 5"."""
        rows = []
        ends: list[tuple[int, int]] = []
        here = [name for name in self.units if name not in self.gone]
        for name in (*here, PROVINCE):
            for measure in ACTIVITY:
                count = self.counted.activity[measure].get((self.ids[name], self.month), 0)
                low = high = count
                if measure is Measure.CONTACTS and name == PROVINCE:
                    low, high = sum(low for low, _ in ends), sum(high for _, high in ends)
                elif measure is Measure.CONTACTS:
                    if count < FEW_CONTACTS:
                        low, high = 0, FEW_CONTACTS - 1
                    ends.append((low, high))
                shown = Shown.EXACT if low == high else Shown.BAND
                cell = Cell(_level(name), name, measure, self.month)
                rows.append(Print(cell, count, True, shown, low, high))
        return rows

    def _recorded(self, name: str, month: str) -> tuple[int, int]:
        key = (self.ids[name], month)
        return self.counted.opened.get(key, 0), self.counted.closed.get(key, 0)

    def _taken(self, name: str) -> tuple[int, int]:
        if self.past.months:
            return self.past.taken.get(name, (0, 0))
        return self._recorded(name, previous_month(self.month))

    def _flows(self) -> dict[str, tuple[int, int]]:
        """New and closed of the month, by unit and for the province."""
        flows, raised = {}, 0
        for name in self.units:
            new, closed = self._difference(name)
            more = max(0, -new, -closed)
            more += max(0, self._came_back(name, closed + more))
            flows[name] = new + more, closed + more
            raised += more
        new, closed = self._difference(PROVINCE)
        flows[PROVINCE] = new + raised, closed + raised
        return flows

    def _difference(self, name: str) -> tuple[int, int]:
        now, taken = self._recorded(name, self.month), self._taken(name)
        return now[0] - taken[0], now[1] - taken[1]

    def _came_back(self, name: str, closed: int) -> int:
        """Persons supported beyond stock and closures: reopened cases hide as many closures."""
        quarter = quarter_of(self.month)
        months = whole((*self.past.months, self.month), "quarter").get(quarter)
        if months is None or months[-1] != self.month:
            return 0
        opened, ended = self._recorded(name, self.month)
        for month in months[:-1]:
            closed += self.past.counts.get(Cell("unit", name, Measure.CLOSED, month), 0)
        supported = self.counted.supported.get((self.ids[name], quarter), 0)
        return supported - (opened - ended) - closed

    def _count(self, cell: Cell) -> int:
        measure, period = cell.measure, cell.period
        if last_month(period) < self.month:
            # The stock before the first month; a unit that was not there yet had nobody.
            opened, closed = (0, 0) if self.past.months else self._recorded(cell.unit, period)
            return opened - closed
        if measure == Measure.OPEN:
            opened, closed = self._recorded(cell.unit, period)
            return opened - closed
        if measure in (Measure.NEW, Measure.CLOSED):
            return self._flow(cell)
        tally = self.counted.supported if measure == Measure.SUPPORTED else self.counted.attendances
        return tally.get((self.ids[cell.unit], period), 0)

    def _flow(self, cell: Cell) -> int:
        """The month's flow, and with it the frozen ones of its quarter or year."""
        total = self.flows[cell.unit][0 if cell.measure == Measure.NEW else 1]
        if len(cell.period) == 7 and "Q" not in cell.period:
            return total
        begin = f"{days_of(cell.period)[0]:%Y-%m}"
        return total + sum(
            self.past.counts.get(cell._replace(period=month), 0)
            for month in self.past.months
            if month >= begin
        )

    def _was_foreseen(self, name: str) -> bool:
        """Whether nothing printed of a unit, or beside it, is told more by its being gone."""
        past = self.past
        return name not in past.taken or name in past.last_in or name in past.ended

    def _is_empty(self, name: str) -> bool:
        quarter = quarter_of(self.month)
        opened, closed = self._recorded(name, self.month)
        tallies = (self.counted.supported, self.counted.attendances)
        return (
            opened == closed
            and self.flows[name] == (0, 0)
            and not any(tally.get((self.ids[name], quarter), 0) for tally in tallies)
        )


def _level(name: str) -> Level:
    return "province" if name == PROVINCE else "unit"
