"""What is published and how it hangs together: one plan as data, from which the arrays are built.

A *plan* says which measure is printed at which level how often, and which public relations hold.
``relations_of`` lays the cells of all periods up to the one being published out in one frame:
time (month → quarter → year), level (unit → cluster and province), crossing (total = Σ categories),
``stock(t) = stock(t - 1) + new - closed`` and "at most" with a slack cell.

Months that no table prints are cells all the same: they are implied, and so protected too.
A new table is a new line in the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal, NamedTuple

import numpy as np

from casework.anonymisation.protection.table import SHARED, Relations, Table, TableWrong

Level = Literal["unit", "cluster", "province"]
Every = Literal["month", "quarter", "year"]
Dimension = Literal["group", "sex", "age", "service"]

DIMENSIONS: tuple[Dimension, ...] = ("group", "sex", "age", "service")
PROVINCE = "province"


class Cell(NamedTuple):
    """One count. An empty category means "all"; ``unit`` is the code of the unit or cluster."""

    level: Level
    unit: str
    measure: str
    period: str
    group: str = ""
    sex: str = ""
    age: str = ""
    service: str = ""

    @property
    def id(self) -> str:
        return ":".join(self).rstrip(":")


@dataclass(frozen=True)
class Measure:
    """A count of persons, reckoned every ``finest`` period. A stock is taken at its end."""

    name: str
    kind: Literal["stock", "flow"]
    finest: Every = "month"
    personal: bool = True


@dataclass(frozen=True)
class Printed:
    """A table of the publication. The higher ``usefulness``, the later it is widened."""

    level: Level
    measure: str
    every: Every
    usefulness: int
    by: tuple[Dimension, ...] = ()


@dataclass(frozen=True)
class Balance:
    """``stock(t) = stock(t - 1) + inflow - outflow``, every month, at unit level."""

    stock: str
    inflow: str
    outflow: str


@dataclass(frozen=True)
class AtMost:
    """``measure <= stock at the end + flow``, every quarter, at unit level."""

    measure: str
    stock: str
    flow: str


@dataclass(frozen=True)
class Plan:
    measures: tuple[Measure, ...]
    printed: tuple[Printed, ...]
    balances: tuple[Balance, ...] = ()
    limits: tuple[AtMost, ...] = ()
    categories: Mapping[Dimension, tuple[str, ...]] | None = None

    def measure(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)


PLAN = Plan(
    measures=(
        Measure("open", "stock"),
        Measure("new", "flow"),
        Measure("closed", "flow"),
        Measure("supported", "flow", finest="quarter"),
        Measure("attendances", "flow", finest="quarter"),
    ),
    printed=(
        Printed("unit", "attendances", "quarter", 0),
        Printed("unit", "supported", "quarter", 0),
        Printed("unit", "new", "quarter", 0),
        Printed("unit", "closed", "quarter", 0),
        Printed("unit", "new", "year", 1),
        Printed("unit", "closed", "year", 1),
        Printed("unit", "open", "month", 2),
        Printed("province", "attendances", "quarter", 3),
        Printed("province", "supported", "quarter", 3),
        Printed("province", "new", "quarter", 3),
        Printed("province", "closed", "quarter", 3),
        Printed("province", "new", "year", 3),
        Printed("province", "closed", "year", 3),
        Printed("province", "open", "month", 4),
    ),
    balances=(Balance("open", "new", "closed"),),
    limits=(AtMost("supported", "open", "closed"),),
)
"""Person figures of a period: what the foundation publishes (ends of months, quarters, years)."""

CLUSTER_PLAN = Plan(
    PLAN.measures,
    (
        *PLAN.printed,
        Printed("cluster", "new", "quarter", 2),
        Printed("cluster", "closed", "quarter", 2),
        Printed("cluster", "open", "month", 3),
    ),
    PLAN.balances,
    PLAN.limits,
)
"""The same with totals of clusters (free groupings of units; each unit in at most one)."""


def previous_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def months_between(first: str, last: str) -> tuple[str, ...]:
    """``YYYY-MM`` from first to last, both included."""
    count = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return tuple(f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, start + count))


def quarter_of(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def whole(months: Sequence[str], every: Every) -> dict[str, tuple[str, ...]]:
    """The periods whose every month is among ``months``: period → its months."""
    if every == "month":
        return {month: (month,) for month in months}
    size = 3 if every == "quarter" else 12
    found: dict[str, list[str]] = {}
    for month in months:
        found.setdefault(quarter_of(month) if size == 3 else month[:4], []).append(month)
    return {period: tuple(held) for period, held in found.items() if len(held) == size}


@dataclass(frozen=True)
class Frame:
    """The cells of a province up to a month, and the relations between them.

    ``to_count`` are the cells whose true count the publisher must give (all but slack cells, whose
    relation gives them).
    """

    cells: tuple[Cell, ...]
    printed: frozenset[Cell]
    usefulness: Mapping[Cell, int]
    personal: Mapping[str, bool]
    rows: tuple[tuple[tuple[Cell, int], ...], ...]
    units: tuple[str, ...]

    @property
    def to_count(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if not _is_slack(cell))

    def table(self, counts: Mapping[Cell, int]) -> Table:
        """The arrays, with ``counts`` taken from the records at every level.

        Raises ``TableWrong`` when a count is missing; ``protect`` checks that relations hold.
        """
        place = {cell: number for number, cell in enumerate(self.cells)}
        true = np.zeros(len(self.cells), dtype=np.int64)
        missing = [cell.id for cell in self.to_count if cell not in counts]
        if missing:
            raise TableWrong(f"{len(missing)} counts are missing, first {missing[0]}")
        for cell in self.to_count:
            true[place[cell]] = counts[cell]
        for row in self.rows:
            if _is_slack(row[-1][0]):  # slack is the last cell of its row, with coefficient -1
                true[place[row[-1][0]]] = sum(sign * counts[cell] for cell, sign in row[:-1])
        entries = [
            (number, place[cell], sign)
            for number, row in enumerate(self.rows)
            for cell, sign in row
        ]
        rel, at, coef = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        block = {code: number for number, code in enumerate(self.units)}
        return Table(
            ids=tuple(cell.id for cell in self.cells),
            true=true,
            personal=np.array([self.personal.get(cell.measure, False) for cell in self.cells]),
            printed=np.array([cell in self.printed for cell in self.cells]),
            block=np.array(
                [block[cell.unit] if cell.level == "unit" else SHARED for cell in self.cells],
                dtype=np.int64,
            ),
            usefulness=np.array([self.usefulness.get(cell, 0) for cell in self.cells]),
            relations=Relations(rel, at, coef, np.zeros(len(self.rows), dtype=np.int64)),
        )


def _is_slack(cell: Cell) -> bool:
    return cell.measure.startswith("slack-")


def relations_of(
    plan: Plan,
    *,
    units: Sequence[str],
    months: Sequence[str],
    clusters: Mapping[str, str] | None = None,
) -> Frame:
    """All cells and relations of ``plan`` for ``months`` (without a gap, the published one last).

    ``clusters``: unit code → cluster code. Quarters and years appear once all their months do.
    """
    places = _places(plan, units, clusters or {})
    builder = _Builder(plan, tuple(months))
    for level, code in places:
        for measure in plan.measures:
            for slice_ in builder.slices:
                builder.add_times(level, code, measure, slice_)
    builder.add_levels(units, clusters or {}, [place for place in places if place[0] != "unit"])
    builder.add_crossings(places)
    for unit in units:
        builder.add_balances(unit)
        builder.add_limits(unit)
    return builder.frame(tuple(units))


Place = tuple[Level, str]
Slice = tuple[str, str, str, str]


def _places(plan: Plan, units: Sequence[str], clusters: Mapping[str, str]) -> list[Place]:
    levels = {table.level for table in plan.printed}
    places: list[Place] = [("unit", unit) for unit in units]
    if "cluster" in levels:
        places += [("cluster", code) for code in sorted(set(clusters.values()))]
    return [*places, ("province", PROVINCE)]


class _Builder:
    def __init__(self, plan: Plan, months: tuple[str, ...]) -> None:
        self.plan, self.months = plan, months
        self.cells: dict[Cell, None] = {}
        self.printed: dict[Cell, int] = {}
        self.rows: list[tuple[tuple[Cell, int], ...]] = []
        self.slices = tuple(_slices(plan))

    def periods(self, measure: Measure) -> list[str]:
        """The finest periods of a measure; a stock also has the month before the first."""
        found = list(whole(self.months, measure.finest))
        if measure.kind == "stock":
            found.insert(0, previous_month(self.months[0]))
        return found

    def add_times(self, level: Level, code: str, measure: Measure, slice_: Slice) -> None:
        """Cells of every period, and ``quarter = Σ months``, ``year = Σ quarters``."""
        for period in self.periods(measure):
            self.cells[Cell(level, code, measure.name, period, *slice_)] = None
        self._print(level, code, measure, slice_)
        if measure.kind == "stock":
            return
        finer: Every = measure.finest
        coarser: tuple[Every, ...] = ("quarter", "year") if finer == "month" else ("year",)
        for every in coarser:
            if not any(t.measure == measure.name and t.every == every for t in self.plan.printed):
                continue
            for period, months in whole(self.months, every).items():
                parts = whole(months, finer)
                cell = Cell(level, code, measure.name, period, *slice_)
                self.cells[cell] = None
                self.rows.append((*((cell._replace(period=part), 1) for part in parts), (cell, -1)))
            finer = every

    def _print(self, level: Level, code: str, measure: Measure, slice_: Slice) -> None:
        for table in self.plan.printed:
            by = tuple(d for d, value in zip(DIMENSIONS, slice_, strict=True) if value)
            if (table.level, table.measure) != (level, measure.name) or set(by) != set(table.by):
                continue
            for period, months in whole(self.months, table.every).items():
                at = months[-1] if measure.kind == "stock" else period
                cell = Cell(level, code, measure.name, at, *slice_)
                self.printed[cell] = max(table.usefulness, self.printed.get(cell, 0))

    def add_levels(
        self, units: Sequence[str], clusters: Mapping[str, str], above: Iterable[Place]
    ) -> None:
        """``cluster = Σ its units`` and ``province = Σ all units``, at the finest period."""
        for (level, code), measure, slice_ in product(above, self.plan.measures, self.slices):
            below = [unit for unit in units if level == "province" or clusters.get(unit) == code]
            for period in self.periods(measure):
                total = Cell(level, code, measure.name, period, *slice_)
                parts = tuple((total._replace(level="unit", unit=unit), 1) for unit in below)
                self.rows.append((*parts, (total, -1)))

    def add_crossings(self, places: Iterable[Place]) -> None:
        """``total = Σ categories`` over each dimension, at the finest period."""
        if len(self.slices) == 1:
            return
        known = set(self.slices)
        for (level, code), measure, slice_ in product(places, self.plan.measures, self.slices):
            for axis, dimension in enumerate(DIMENSIONS):
                parts = [
                    (*slice_[:axis], category, *slice_[axis + 1 :])
                    for category in (self.plan.categories or {}).get(dimension, ())
                ]
                if slice_[axis] or not parts or not known.issuperset(parts):
                    continue
                for period in self.periods(measure):
                    cells = [Cell(level, code, measure.name, period, *part) for part in parts]
                    total = Cell(level, code, measure.name, period, *slice_)
                    self.rows.append((*((cell, 1) for cell in cells), (total, -1)))

    def add_balances(self, unit: str) -> None:
        for balance, month, slice_ in product(self.plan.balances, self.months, self.slices):
            now = Cell("unit", unit, balance.stock, month, *slice_)
            self.rows.append(
                (
                    (now._replace(period=previous_month(month)), 1),
                    (now._replace(measure=balance.inflow), 1),
                    (now._replace(measure=balance.outflow), -1),
                    (now, -1),
                )
            )

    def add_limits(self, unit: str) -> None:
        quarters = whole(self.months, "quarter")
        for limit, quarter, slice_ in product(self.plan.limits, quarters, self.slices):
            cell = Cell("unit", unit, limit.measure, quarter, *slice_)
            slack = cell._replace(measure=f"slack-{limit.measure}")
            self.cells[slack] = None
            end = cell._replace(measure=limit.stock, period=quarters[quarter][-1])
            flow = cell._replace(measure=limit.flow)
            self.rows.append(((end, 1), (flow, 1), (cell, -1), (slack, -1)))

    def frame(self, units: tuple[str, ...]) -> Frame:
        return Frame(
            tuple(self.cells),
            frozenset(self.printed),
            self.printed,
            {measure.name: measure.personal for measure in self.plan.measures},
            tuple(self.rows),
            units,
        )


def _slices(plan: Plan) -> Iterator[Slice]:
    """The total, and every combination of categories that a table or its margins need."""
    wanted = {
        part
        for table in plan.printed
        for size in range(len(table.by) + 1)
        for part in combinations(sorted(table.by), size)
    }
    for dimensions in sorted(wanted, key=lambda found: (len(found), found)):
        axes = [
            (plan.categories or {})[name] if name in dimensions else ("",) for name in DIMENSIONS
        ]
        for values in product(*axes):
            yield (values[0], values[1], values[2], values[3])
