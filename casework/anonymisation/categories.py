"""What is told of a province by group, sex, age and reason. Pure: counts in, prints and proof out.

The province alone is printed: by group and sex at quarters' ends, per quarter and per year; by age
and reason once a year. What stands behind it in each unit is implied, and so every small count
there is proved as well, dimension by dimension, with everything printed of all together.

**Counts that fit.** The values of a dimension add up to the counts of their edition, whose flows
carry what was recorded late. So a flow by category is what was recorded up to now less what was
recorded up to the period before; below zero is zero, and the most frequent value takes what is left
over. Where a group or a sex was put right since, some ``came`` and some ``went``: the stocks are
true, the flows are those of the totals, and these two make up the difference. A reader may think
that nothing was put right where nothing was.

**Why the proofs go together.** Each shows other tables of one dimension; each must be a table of
all persons, with all that is printed of them:

* Moves by category exchange what persons are. They leave totals alone, or move them as the months'
  own proof does.
* The months' proof moves persons between units, never in or out of the province at a quarter's end.
  It takes persons of the most frequent group and sex, of whom there must be enough in the unit
  (``bound``): so whatever is told of the province by group and sex stays as it is.
* What can't be proved so is proved with group and sex and all persons in one (the slowest way).
* Ages and reasons are counted once a year, and growing older breaks every balance: persons who
  move take theirs along, whichever they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

import numpy as np

from casework.anonymisation.counting import ByCategory
from casework.anonymisation.measures import Counted, Part, days_of, last_month
from casework.anonymisation.plan import (
    CATEGORIES,
    CATEGORY_PLANS,
    LASTING,
    LASTING_TOGETHER,
    PROVINCE,
    Cell,
    Dimension,
    Plan,
    ends_quarter,
    previous_month,
    quarters_of,
)
from casework.anonymisation.protection import (
    OPEN,
    SHARED,
    BoolArray,
    Move,
    Prints,
    Protection,
    Result,
    Shown,
    Table,
    protect,
)
from casework.anonymisation.relations import CAME, WENT, Frame, Membership
from casework.anonymisation.sequence import (
    MONTHS,
    RECORDED_CLOSED,
    RECORDED_OPENED,
    Batch,
    Past,
    Print,
    Watch,
    next_months,
    owned,
    print_of,
)
from casework.anonymisation.witnesses import moves_in, steps_of
from casework.inspection.readmodel.models import Measure

MANY = 8
"""With fewer units there is too little to exchange: nothing is told by category."""

RECORDED = {Measure.NEW: RECORDED_OPENED, Measure.CLOSED: RECORDED_CLOSED}

SETTINGS = Protection(partners=4, window=1200, crowd=20, hides=True, exchanges=True)
"""Lives are long, so all months change together, and few units do."""

TOGETHER = replace(SETTINGS, partners=6, crowd=None, hides=False, exchanges=False, patience=30.0)
"""For the few counts that are left over: among all units, if it must be, and as long as it takes:
what is not found means silence.
"""

ALL = "all"
"""The name of the proof of what is left over."""

Ends = dict[str, tuple[int, int, Shown]]
"""By the id of a cell: between what it lies, and how it is shown."""
NOBODY = 0, 0, Shown.EXACT


class Silence(StrEnum):
    """What is not told where the proof of everything fails: nothing by category, if it never was;
    else nothing new of persons, for what was told by category stays.
    """

    NONE = "none"
    BY_CATEGORY = "by_category"
    ALL_NEW = "all_new"


@dataclass(frozen=True)
class Told:
    """The prints of each month by category; what was widened, and what could not be proved, of
    these or of the months' own counts (empty: good); and on what it is silent. ``proofs`` and all
    ``counts`` by category are there for the auditor, with the most ``frequent`` values.
    """

    months: Mapping[str, Sequence[Print]]
    widened: tuple[tuple[str, str], ...]
    wrong: tuple[str, ...]
    silence: Silence
    proofs: tuple[tuple[Frame, Result], ...]
    counts: Mapping[Cell, int]
    frequent: Mapping[Dimension, str]


@dataclass(frozen=True)
class Proved:
    """Months and what is told of them, with what came before as they leave it."""

    past: Past
    batch: Batch
    told: Told


def _unwatched(stage: str, settled: int, all_: int) -> None:
    """Tells nobody."""


def prove_months(
    past: Past,
    months: Sequence[str],
    counted: Counted,
    labelled: ByCategory,
    parts: Mapping[str, Part],
    ids: Mapping[str, UUID],
    clusters: Mapping[str, Membership] | None = None,
    *,
    progress: Callable[[list[str]], Iterable[str]] = iter,
    watch: Watch = _unwatched,
) -> Proved:
    """Count months after ``past`` and prove them, with what is told by category, at once.

    ``labelled``: at ``quarter_ends``; ``ids``: units and the province by name; ``progress`` goes
    through the months while they are counted. Raises ``TableWrong``.
    """
    was_told = any(cell.category for cell in past.printed)
    for silence in (Silence.NONE, Silence.ALL_NEW if was_told else Silence.BY_CATEGORY):
        here = past.copy()
        categories = Categories(here, labelled, ids, silence)
        batch = next_months(
            here,
            progress(list(months)),
            counted,
            parts,
            ids[PROVINCE],
            clusters,
            watch=watch,
            bound=categories.bound,
        )
        told = categories.prove(batch, watch)
        if not told.wrong:
            break
    names = (MONTHS, *map(name_of, CATEGORY_PLANS), ALL)
    here.witnesses = {
        name: steps_of(*proof) for name, proof in zip(names, told.proofs, strict=False)
    }
    for prints in told.months.values():
        here.counts |= {one.cell: one.count for one in prints}
        here.printed |= {one.cell: one for one in prints if one.is_printed}
    return Proved(here, batch, told)


class Categories:
    """A province's counts by category, for the months that `past` takes in.

    ``counted``: at the ends of quarters, from the records. ``ids``: units by name.
    """

    def __init__(
        self,
        past: Past,
        counted: ByCategory,
        ids: Mapping[str, UUID],
        silence: Silence = Silence.NONE,
    ) -> None:
        self.past, self.counted, self.ids, self.silence = past, counted, ids, silence
        self._last = past.months[-1] if past.months else ""
        self._counts: dict[Cell, int] = {}
        self._fitted: dict[tuple[str, str, Dimension, str], dict[str, int]] = {}

    def bound(self, frame: Frame, table: Table) -> Table:
        """The months' table, with moves kept to those that what is told by category allows."""
        if not self._are_told(frame.units):
            return table
        if self.silence is Silence.ALL_NEW:
            table = replace(table, printed=table.printed & ~table.personal)
        return self._bounded(frame, table, LASTING)

    def prove(self, batch: Batch, watch: Watch = _unwatched) -> Told:
        """The prints of a batch of months that `past` has taken in; and a proof of what the months'
        own one left open.
        """
        months: dict[str, list[Print]] = {}
        widened: list[tuple[str, str]] = []
        wrong: list[str] = []
        proofs = [(batch.frame, batch.result)]
        left = list(batch.result.unproved)
        if self._are_told(batch.frame.units):
            decided = _ends_of(batch.frame, batch.result)
            for frame, result in self._prove_apart(batch, decided, watch):
                decided |= _ends_of(frame, result)
                widened += [(cell, width.name.lower()) for cell, width in result.widened]
                proofs.append((frame, result))
                wrong += result.check()
                left += result.unproved
                for one in self._prints(frame, result, batch):
                    months.setdefault(last_month(one.cell.period), []).append(one)
            if left:
                together = self._prove_together(left, batch, decided, watch)
                proofs.append(together)
                known = set(together[1].table.ids)
                left = [cell for cell in left if cell not in known]
                left += [*together[1].unproved, *together[1].check()]
        for month in filter(ends_quarter, batch.months):
            months.setdefault(month, []).extend(self._ledger(month, batch.frame.units))
        frequent = {each: self._most_frequent(each, batch.frame.units) for each in LASTING}
        return Told(
            months,
            tuple(widened),
            (*wrong, *left),
            self.silence,
            tuple(proofs),
            self._counts,
            frequent,
        )

    def _prove_together(
        self, left: Collection[str], batch: Batch, decided: Ends, watch: Watch
    ) -> tuple[Frame, Result]:
        """What is `left` unproved, with groups and sexes moving together with all persons."""
        frame = self.past.frame(batch.frame.units, self.past.months, LASTING_TOGETHER)
        table = self._together(frame)
        is_known = np.array([cell.id not in left for cell in frame.cells])
        table = replace(
            table, personal=table.personal & ~is_known, printed=np.zeros_like(table.printed)
        )
        known = self._known(frame, ALL)
        return frame, protect(table, _prints_of(frame, decided), TOGETHER, watch, known)

    def _are_told(self, units: Collection[str]) -> bool:
        """Whether enough units are there; once told, it is proved for ever."""
        if any(cell.category for cell in self.past.printed):
            return True
        return self._may_tell(units)

    def _may_tell(self, units: Collection[str]) -> bool:
        if self.silence is not Silence.NONE:
            return False
        now = self.past.months[-1]
        there = (Cell("unit", unit, Measure.OPEN, now) for unit in units)
        return sum(not self.past.is_known_zero(cell) for cell in there) >= MANY

    def _prove_apart(self, batch: Batch, decided: Ends, watch: Watch) -> list[tuple[Frame, Result]]:
        """The proofs of the plans. None hangs on another, and a solver at work lets other threads
        run: so they go beside each other. The first, the longest, is watched.
        """
        with ThreadPoolExecutor() as threads:
            jobs = []
            for plan in CATEGORY_PLANS:
                frame = self.past.frame(batch.frame.units, self.past.months, plan)
                table, frozen = self._to_prove(frame, batch, decided)
                known = self._known(frame, name_of(plan))
                job = threads.submit(protect, table, frozen, SETTINGS, watch, known)
                jobs.append((frame, job))
                watch = _unwatched
            return [(frame, job.result()) for frame, job in jobs]

    def _to_prove(self, frame: Frame, batch: Batch, decided: Ends) -> tuple[Table, Prints]:
        """A plan's table, and what is printed already."""
        own = {name for cell in frame.cells for name, one in cell.categories.items() if one}
        table = self._table(frame, [each for each in LASTING if each not in own])
        new = self._new(frame, batch)
        is_new = np.array([cell in new for cell in frame.cells])
        table = replace(
            table,
            personal=table.personal & np.array([cell.category is not None for cell in frame.cells]),
            printed=is_new,
            candidate=is_new & _may_be_exact(frame, table),
        )
        before = {cell.id: one.ends for cell, one in self.past.printed.items() if cell.category}
        nobody = {cell.id: NOBODY for cell in self._zeros(frame)}
        return table, _prints_of(frame, nobody | before | decided)

    def _known(self, frame: Frame, name: str) -> Iterable[Move]:
        """What proved the last edition."""
        return moves_in(frame, self.past.witnesses.get(name, ()), self._last) if self._last else ()

    def _table(self, frame: Frame, dimensions: Iterable[Dimension]) -> Table:
        """The counts of a frame; who is of a lasting category is kept in mind (`dimensions`)."""
        counts = {cell: self._count(cell, frame.units) for cell in frame.to_count}
        self._counts |= counts
        table = owned(frame, frame.table(counts), self._zeros(frame))
        return self._bounded(frame, table, dimensions)

    def _together(self, frame: Frame) -> Table:
        """The counts of a frame that holds group and sex: only what is told by age and by reason
        keeps the province still, in December and over a year.
        """
        table = self._table(frame, ())
        is_of_year = np.array(
            [len(cell.period) == 4 or cell.period.endswith("-12") for cell in frame.cells]
        )
        is_total = np.array([cell.category is None for cell in frame.cells])
        is_free = (table.block == SHARED) & is_total & ~is_of_year
        return replace(
            table,
            floor=np.where(is_free, 0, table.floor),
            ceiling=np.where(is_free, OPEN, table.ceiling),
        )

    def _zeros(self, frame: Frame) -> set[Cell]:
        return {cell for cell in frame.cells if self.past.is_known_zero(cell)}

    def _new(self, frame: Frame, batch: Batch) -> set[Cell]:
        """The cells that this batch prints."""
        if not self._may_tell(frame.units):
            return set()
        return {
            cell
            for cell in frame.printed
            if cell.category and last_month(cell.period) in batch.months
        }

    def _bounded(self, frame: Frame, table: Table, dimensions: Iterable[Dimension]) -> Table:
        """The province stands still at quarters' ends; each unit keeps who is not of the most
        frequent value; where nobody was put right, nobody is.
        """
        floor, ceiling = table.floor.copy(), table.ceiling.copy()
        frequent = {each: self._most_frequent(each, frame.units) for each in dimensions}
        for place, cell in enumerate(frame.cells):
            true = table.true[place]
            if cell.measure in (CAME, WENT):
                ceiling[place] = ceiling[place] if true else 0
            elif cell.level == "province" and _is_of_quarter(cell):
                floor[place] = ceiling[place] = true
            elif cell.level == "unit" and _is_of_quarter(cell) and len(cell.period) > 4:
                of_them = (
                    self._values(cell.unit, cell.measure, each, cell.period)[value]
                    for each, value in frequent.items()
                )
                floor[place] = true - min((true, *of_them))
        return replace(table, floor=floor, ceiling=ceiling)

    def _most_frequent(self, dimension: Dimension, units: Collection[str]) -> str:
        """The value of most persons, over all quarters: moves of a unit last."""
        ends = [month for month in self.past.months if ends_quarter(month)]
        found = dict.fromkeys(CATEGORIES[dimension], 0)
        for unit in units:
            for month in ends:
                for value, count in self._values(unit, Measure.OPEN, dimension, month).items():
                    found[value] += count
        return max(found, key=lambda value: found[value])

    def _prints(self, frame: Frame, result: Result, batch: Batch) -> Iterator[Print]:
        printed = frozenset(self._new(frame, batch))
        for place, cell in enumerate(frame.cells):
            is_new = cell not in self.past.counts and last_month(cell.period) in batch.months
            if cell.category and cell.measure not in (CAME, WENT) and is_new:
                yield print_of(result, place, cell, int(result.table.true[place]), printed)

    def _ledger(self, month: str, units: Iterable[str]) -> Iterator[Print]:
        """What the flows by category have now taken into account."""
        for unit in units:
            for measure, recorded in RECORDED.items():
                for dimension in _dimensions(measure):
                    for value, count in self._recorded(unit, measure, dimension, month).items():
                        cell = Cell("unit", unit, recorded, month)._replace(**{dimension: value})  # type: ignore[arg-type]
                        yield Print(cell, count, False, Shown.NONE, None, None)

    def _count(self, cell: Cell, units: Collection[str]) -> int:
        if cell.category is None:
            return self.past.counts[cell]
        if cell.level == "province":
            return sum(self._count(cell._replace(level="unit", unit=unit), ()) for unit in units)
        dimension, value = cell.category
        if cell.measure in (CAME, WENT):
            came = self._came(cell.unit, dimension, cell.period)[value]
            return max(came if cell.measure == CAME else -came, 0)
        return self._values(cell.unit, cell.measure, dimension, cell.period)[value]

    def _values(self, unit: str, measure: str, dimension: Dimension, period: str) -> dict[str, int]:
        """The values of a dimension: as they were published, or as they fit."""
        key = unit, measure, dimension, period
        if key not in self._fitted:
            self._fitted[key] = self._published(key) or self._fit(key)
        return self._fitted[key]

    def _published(self, key: tuple[str, str, Dimension, str]) -> dict[str, int]:
        unit, measure, dimension, period = key
        whole = Cell("unit", unit, measure, period)
        found = {
            value: self.past.counts.get(whole._replace(**{dimension: value}))  # type: ignore[arg-type]
            for value in CATEGORIES[dimension]
        }
        return {value: count for value, count in found.items() if count is not None}

    def _fit(self, key: tuple[str, str, Dimension, str]) -> dict[str, int]:
        unit, measure, dimension, period = key
        if measure != Measure.OPEN and dimension in LASTING and len(period) == 4:
            quarters = [
                self._values(unit, measure, dimension, each) for each in quarters_of(period)
            ]
            return {each: sum(one[each] for one in quarters) for each in CATEGORIES[dimension]}
        total = self.past.counts[Cell("unit", unit, measure, period)]
        if measure == Measure.OPEN:
            return fit(self._of(self.counted.open, unit, dimension, period), total)
        now = self._recorded(unit, measure, dimension, last_month(period))
        before = previous_month(f"{days_of(period)[0]:%Y-%m}")
        taken = self._recorded(unit, measure, dimension, before)
        return fit({value: count - taken[value] for value, count in now.items()}, total)

    def _came(self, unit: str, dimension: Dimension, quarter: str) -> dict[str, int]:
        """How many more of each value are open than the flows of a quarter tell."""
        end, before = last_month(quarter), previous_month(f"{days_of(quarter)[0]:%Y-%m}")
        now = self._values(unit, Measure.OPEN, dimension, end)
        then = self._values(unit, Measure.OPEN, dimension, before)
        new = self._values(unit, Measure.NEW, dimension, quarter)
        closed = self._values(unit, Measure.CLOSED, dimension, quarter)
        return {each: now[each] - then[each] - new[each] + closed[each] for each in now}

    def _recorded(
        self, unit: str, measure: str, dimension: Dimension, month: str
    ) -> dict[str, int]:
        """Openings or closures up to a month: as an edition took them, or as the records say."""
        key = unit, RECORDED[Measure(measure)], dimension, month
        tally = self.counted.opened if measure == Measure.NEW else self.counted.closed
        return self._published(key) or self._of(tally, unit, dimension, month)

    def _of(
        self,
        tally: Mapping[tuple[UUID, str, Dimension, str], int],
        unit: str,
        dimension: Dimension,
        month: str,
    ) -> dict[str, int]:
        key = self.ids[unit], month, dimension
        return {value: tally.get((*key, value), 0) for value in CATEGORIES[dimension]}


def name_of(plan: Plan) -> str:
    """What a plan tells persons apart by."""
    return "+".join(dict.fromkeys(each for table in plan.printed for each in table.by))


def _ends_of(frame: Frame, result: Result) -> Ends:
    """What was decided on each cell, by its id."""
    prints = result.prints
    return {
        cell.id: (int(prints.low[place]), int(prints.high[place]), prints.shown[place])
        for place, cell in enumerate(frame.cells)
    }


def _prints_of(frame: Frame, decided: Ends) -> Prints:
    """What is decided on a frame's cells, as it stands for the next proof."""
    rows = {cell.id: decided[cell.id] for cell in frame.cells if cell.id in decided}
    return Prints(
        tuple(rows),
        np.array([low for low, _, _ in rows.values()], dtype=np.int64),
        np.array([high for _, high, _ in rows.values()], dtype=np.int64),
        tuple(shown for _, _, shown in rows.values()),
    )


def quarter_ends(past: Sequence[str], months: Sequence[str]) -> list[str]:
    """The months at whose ends persons are told apart, for `months` after `past`: also the one
    before the first, and Decembers.
    """
    first = (*past, *months)[0]
    return [month for month in (previous_month(first), *past, *months) if ends_quarter(month)]


def fit(raw: Mapping[str, int], total: int) -> dict[str, int]:
    """Counts that add up to `total`, none below zero; the most frequent makes up the difference."""
    found = {value: max(count, 0) for value, count in raw.items()}
    left = total - sum(found.values())
    for value in sorted(found, key=lambda each: -found[each]):
        step = max(left, -found[value])
        found[value] += step
        left -= step
    return found


def _dimensions(measure: str) -> tuple[Dimension, ...]:
    lasting_and_age: tuple[Dimension, ...] = (*LASTING, "age")
    return (*lasting_and_age, "reason") if measure == Measure.CLOSED else lasting_and_age


def _is_of_quarter(cell: Cell) -> bool:
    """Whether it counts all persons at a quarter's end, or of a quarter or a year."""
    if cell.category is not None:
        return False
    if cell.measure == Measure.OPEN:
        return ends_quarter(cell.period)
    return cell.measure in RECORDED and ("Q" in cell.period or len(cell.period) == 4)


def _may_be_exact(frame: Frame, table: Table) -> BoolArray:
    """Not what is few in the province; nor, where one value of a table alone is few, the next: the
    rest of the total would tell it. This asks for nothing that prints do not show.
    """
    may = np.zeros(len(frame.cells), dtype=np.bool_)
    tables: dict[tuple[str, str, Dimension], list[int]] = {}
    for place, cell in enumerate(frame.cells):
        if cell.level == "province" and cell.category is not None:
            tables.setdefault((cell.measure, cell.period, cell.category[0]), []).append(place)
    for places in tables.values():
        many = sorted(
            (place for place in places if table.true[place] >= SETTINGS.k),
            key=lambda place: int(table.true[place]),
        )
        may[many[1:] if len(many) == len(places) - 1 else many] = True
    return may
