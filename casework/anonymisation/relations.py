"""The cells of a province up to a month and the public relations between them, as arrays.

``relations_of`` lays a plan out over units, clusters and months in one frame: time (month → quarter
→ year), level (units → cluster, units → province), crossing (total = Σ categories), ``stock(t) =
stock(t - 1) + new - closed``, and "at most" with a slack cell. Relations that others imply are left
out where that is plain to see.

Counts that no table prints are cells all the same: they are implied, and so protected too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from casework.anonymisation.plan import (
    BORROWERS,
    CATEGORY_PLANS,
    DIMENSIONS,
    EVERY,
    LASTING,
    LATE_PLAN,
    LEVELS,
    PROVINCE,
    REST,
    SUPPORTED,
    TELLING,
    YEARLY_PLAN,
    By,
    Cell,
    Every,
    Layer,
    Level,
    Measure,
    Plan,
    Printed,
    ends_quarter,
    months_between,
    previous_month,
    quarter_of,
    quarters_of,
    whole,
)
from casework.anonymisation.protection.table import OPEN, SHARED, Relations, Table, TableWrong

Membership = Mapping[str, Collection[str]]
"""Code of a cluster → codes of its units. A unit may be in several, or in none."""

Row = tuple[tuple[Cell, int], ...]

Categories = tuple[str, str, str, str, str]
"""One category by dimension, in their order; empty: all."""

CAME, WENT = "came", "went"
"""Persons whose category was put right since the last period: one came to it, one went from it."""


@dataclass(frozen=True)
class Frame:
    """The cells of a province up to a month, and the relations between them.

    ``to_count`` are the cells whose true count the publisher must give (all but slack cells, whose
    relation gives them). ``candidates`` are printed exactly where the proof allows it. ``members``
    are the units of each cluster by quarter, and as REST those of none.
    """

    cells: tuple[Cell, ...]
    printed: frozenset[Cell]
    candidates: frozenset[Cell]
    usefulness: Mapping[Cell, int]
    personal: Mapping[str, bool]
    rows: tuple[Row, ...]
    units: tuple[str, ...]
    members: Mapping[str, Mapping[str, tuple[str, ...]]]

    @property
    def to_count(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if not _is_slack(cell))

    @cached_property
    def place(self) -> Mapping[Cell, int]:
        """Where each cell stands in the arrays."""
        return {cell: number for number, cell in enumerate(self.cells)}

    def parts_of(self, cell: Cell) -> Iterator[Cell]:
        """The cells of units that a cluster's adds up. A year takes each quarter as it was then."""
        quarters = quarters_of(cell.period)
        for quarter in quarters:
            period = quarter if len(quarters) > 1 else cell.period
            for unit in self.members[quarter][cell.unit]:
                yield cell._replace(level="unit", unit=unit, period=period)

    def table(self, counts: Mapping[Cell, int]) -> Table:
        """The arrays, with ``counts`` taken from the records at every level.

        Raises ``TableWrong`` when a count is missing; ``protect`` checks that relations hold.
        """
        place = self.place
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
        parts = self._parts()
        part = np.array([parts[cell.level, cell.unit] for cell in self.cells], dtype=np.int64)
        first, last = zip(*(_months(cell.period) for cell in self.cells), strict=True)
        return Table(
            ids=tuple(cell.id for cell in self.cells),
            true=true,
            personal=np.array([self.personal.get(cell.measure, False) for cell in self.cells]),
            printed=np.array([cell in self.printed for cell in self.cells]),
            candidate=np.array([cell in self.candidates for cell in self.cells]),
            telling=np.array(
                [cell.level == "unit" and cell.group in TELLING for cell in self.cells]
            ),
            part=part,
            block=np.where(part < len(self.units), part, SHARED),
            first=np.array(first, dtype=np.int64) - min(first),
            last=np.array(last, dtype=np.int64) - min(first),
            usefulness=np.array([self.usefulness.get(cell, 0) for cell in self.cells]),
            floor=np.zeros(len(self.cells), dtype=np.int64),
            ceiling=np.full(len(self.cells), OPEN, dtype=np.int64),
            relations=Relations(rel, at, coef, np.zeros(len(self.rows), dtype=np.int64)),
        )

    def with_cells_of(self, others: Iterable[Frame]) -> Frame:
        """This frame with the cells and relations of others; of what both have, as it is here."""
        cells, printed, personal = dict.fromkeys(self.cells), self.printed, dict(self.personal)
        rows = dict.fromkeys(self.rows)
        for other in others:
            cells |= dict.fromkeys(other.cells)
            printed |= other.printed - set(self.cells)
            personal = dict(other.personal) | personal
            rows |= dict.fromkeys(other.rows)
        return replace(
            self, cells=tuple(cells), printed=printed, personal=personal, rows=tuple(rows)
        )

    def _parts(self) -> dict[tuple[Level, str], int]:
        """Units first, in their order; then clusters, then the province."""
        found = {(cell.level, cell.unit) for cell in self.cells if cell.level != "unit"}
        shared = sorted(found, key=lambda one: (LEVELS.index(one[0]), one[1]))
        units = [(LEVELS[0], code) for code in self.units]
        return {one: number for number, one in enumerate([*units, *shared])}


def _months(period: str) -> tuple[int, int]:
    """The first and last month of a period, counted from the year 0."""
    year = 12 * int(period[:4])
    if len(period) == 4:
        return year, year + 11
    if "Q" in period:
        return year + 3 * int(period[-1]) - 3, year + 3 * int(period[-1]) - 1
    return year + int(period[5:]) - 1, year + int(period[5:]) - 1


def _is_slack(cell: Cell) -> bool:
    return cell.measure.startswith("slack-")


def relations_of(
    plan: Plan,
    *,
    units: Sequence[str],
    months: Sequence[str],
    clusters: Callable[[str], Membership] | Membership | None = None,
) -> Frame:
    """All cells and relations of ``plan`` for ``months`` (without a gap, the published one last).

    ``clusters``: who belongs to which, always or by quarter (``2026-Q1`` and the like). Quarters
    and years appear once all their months do.
    """
    if clusters is None or isinstance(clusters, Mapping):
        always: Membership = clusters or {}
        return relations_of(plan, units=units, months=months, clusters=lambda quarter: always)
    builder = _Builder(plan, tuple(units), tuple(months), clusters)
    for measure in plan.measures:
        builder.lay(measure)
    for measure in plan.measures:
        builder.add_levels(measure)
        builder.add_crossings(measure)
    builder.add_balances()
    builder.add_limits()
    return builder.frame()


def frame_of_year(units: Sequence[str], year: str, plan: Plan = YEARLY_PLAN) -> Frame:
    """The cells and relations of what a year says besides."""
    return relations_of(plan, units=units, months=months_between(f"{year}-01", f"{year}-12"))


def frame_of_late(units: Sequence[str], year: str) -> Frame:
    """The cells and relations of what comes once more of a year."""
    return frame_of_year(units, year, LATE_PLAN)


def frames_besides(
    prints: Collection[Cell],
    units: Sequence[str],
    months: Sequence[str],
    clusters: Callable[[str], Membership],
) -> list[Frame]:
    """The frames of what is told by category, and of the years that anything is printed of."""
    by_category = [
        relations_of(plan, units=units, months=months, clusters=clusters)
        for plan in CATEGORY_PLANS
        if any(cell.category for cell in prints)
    ]
    return by_category + _frames_of_years(prints, units)


def _frames_of_years(prints: Iterable[Cell], units: Sequence[str]) -> list[Frame]:
    years = {(cell.measure, cell.period) for cell in prints if len(cell.period) == len("2026")}
    plans = {BORROWERS: YEARLY_PLAN, SUPPORTED: LATE_PLAN}
    return [
        frame_of_year(units, year, plans[measure])
        for measure, year in sorted(years)
        if measure in plans
    ]


class _Builder:
    def __init__(
        self,
        plan: Plan,
        units: tuple[str, ...],
        months: tuple[str, ...],
        clusters: Callable[[str], Membership],
    ) -> None:
        self.plan, self.units, self.months = plan, units, months
        self.cells: dict[Cell, None] = {}
        self.printed: dict[Cell, int] = {}
        self.candidates: set[Cell] = set()
        self.rows: list[Row] = []
        self.layers = {measure.name: plan.layers_of(measure) for measure in plan.measures}
        quarters = dict.fromkeys(quarter_of(month) for month in months)
        self.members = {quarter: self._members(clusters(quarter)) for quarter in quarters}
        # The stock before the first month counts with the clusters of its quarter's follower.
        self.members.setdefault(
            quarter_of(previous_month(months[0])), self.members[next(iter(quarters))]
        )
        codes = {code for held in self.members.values() for code in held}
        self.codes: dict[Level, tuple[str, ...]] = {
            "unit": units,
            "cluster": tuple(sorted(codes)),
            "province": (PROVINCE,),
        }

    def _members(self, clusters: Membership) -> dict[str, tuple[str, ...]]:
        """Cluster → its units; those of none in REST, when there is any cluster at all."""
        inside = {unit for units in clusters.values() for unit in units}
        wanted = dict(sorted(clusters.items()))
        if wanted:
            wanted[REST] = set(self.units) - inside
        held = {code: tuple(u for u in self.units if u in units) for code, units in wanted.items()}
        return {code: units for code, units in held.items() if units}

    def _is_there(self, cell: Cell) -> bool:
        """Whether a cluster has units in every quarter of a period. Other cells always are."""
        quarters = quarters_of(cell.period) if cell.level == "cluster" else ()
        return all(cell.unit in self.members[quarter] for quarter in quarters)

    def lay(self, measure: Measure) -> None:
        """The cells of a measure, ``quarter = Σ months`` and ``year = Σ quarters``."""
        for layer in self.layers[measure.name]:
            tables = [
                table
                for table in self.plan.printed
                if (table.level, table.measure) == (layer.level, measure.name)
                and set(table.by) == set(layer.by)
            ]
            for code, values in product(self.codes[layer.level], self._values(layer.by)):
                cell = Cell(layer.level, code, measure.name, "", *values)
                periods = (cell._replace(period=at) for at in self._at(measure, layer.finest))
                self.cells.update((at, None) for at in periods if self._is_there(at))
                if measure.kind == "flow":
                    self._add_times(measure, layer, cell)
                if code != REST:
                    self._print(tables, measure, cell)

    def _add_times(self, measure: Measure, layer: Layer, cell: Cell) -> None:
        finer = layer.finest
        for every in EVERY[EVERY.index(finer) + 1 :]:
            if every not in self._used(measure):
                continue
            for period, months in whole(self.months, every).items():
                total = cell._replace(period=period)
                if not self._is_there(total):
                    continue
                self.cells[total] = None
                parts = tuple((cell._replace(period=part), 1) for part in whole(months, finer))
                self.rows.append((*parts, (total, -1)))
            finer = every

    def _print(self, tables: Iterable[Printed], measure: Measure, cell: Cell) -> None:
        for table in tables:
            for period, months in whole(self.months, table.every).items():
                at = cell._replace(period=months[-1] if measure.kind == "stock" else period)
                if not self._is_there(at):
                    continue
                self.printed[at] = max(table.usefulness, self.printed.get(at, 0))
                if table.exact:
                    self.candidates.add(at)

    def _used(self, measure: Measure) -> set[str]:
        """How often a measure is printed, laid or compared with another, at any level."""
        tables: set[str] = {
            table.every for table in self.plan.printed if table.measure == measure.name
        }
        limits = {
            self.plan.measure(limit.measure).finest
            for limit in self.plan.limits
            if limit.flow == measure.name
        }
        return tables | limits | {layer.finest for layer in self.layers[measure.name]}

    def _at(self, measure: Measure, every: Every) -> list[str]:
        """The periods of a flow; the months at whose end a stock is taken, and the one before."""
        if measure.kind == "flow":
            return list(whole(self.months, every))
        months = [previous_month(self.months[0]), *self.months]
        if every == "month":
            return months
        if every == "quarter":
            return [month for month in months if ends_quarter(month)]
        return [month for month in months if month.endswith("-12")]

    def _values(self, by: By) -> Iterator[Categories]:
        axes = [self.plan.values(name) if name in by else ("",) for name in DIMENSIONS]
        return product(axes[0], axes[1], axes[2], axes[3], axes[4])

    def add_levels(self, measure: Measure) -> None:
        """Units add up to the province, and to each cluster that holds them."""
        # Clusters last: that of its newest relation is a unit's home in the search for moves.
        for layer in sorted(self.layers[measure.name], key=lambda layer: layer.level == "cluster"):
            if layer.level == "unit":
                continue
            for at, values in product(self._at(measure, layer.finest), self._values(layer.by)):
                held = {PROVINCE: self.units}
                if layer.level == "cluster":
                    held = self.members[quarters_of(at)[-1]]
                for code, units in held.items():
                    total = Cell(layer.level, code, measure.name, at, *values)
                    parts = ((total._replace(level="unit", unit=unit), 1) for unit in units)
                    self.rows.append((*parts, (total, -1)))

    def add_crossings(self, measure: Measure) -> None:
        """``total = Σ categories``: each crossing to the next finer ones at its level."""
        layers = self.layers[measure.name]
        for coarse, fine in product(layers, layers):
            if coarse.level != fine.level or not set(coarse.by) < set(fine.by):
                continue
            between = (set(other.by) for other in layers if other.level == fine.level)
            if any(set(coarse.by) < other < set(fine.by) for other in between):
                continue
            more = tuple(name for name in fine.by if name not in coarse.by)
            every = max(coarse.finest, fine.finest, key=EVERY.index)
            for code, at, values in product(
                self.codes[fine.level], self._at(measure, every), self._values(coarse.by)
            ):
                total = Cell(fine.level, code, measure.name, at, *values)
                if not self._is_there(total):
                    continue
                parts = (
                    total._replace(**{name: one[DIMENSIONS.index(name)] for name in more})  # type: ignore[arg-type]
                    for one in self._values(more)
                )
                self.rows.append((*((part, 1) for part in parts), (total, -1)))

    def add_balances(self) -> None:
        for balance in self.plan.balances:
            flows = [
                {(layer.level, layer.by): layer.finest for layer in self.layers[name]}
                for name in (balance.inflow, balance.outflow)
            ]
            for layer in self.layers[balance.stock]:
                key = layer.level, layer.by
                if any(finest.get(key) != layer.finest for finest in flows):
                    continue
                if not set(layer.by) <= set(LASTING):
                    continue
                if self._follows(layer, self.layers[balance.stock]):
                    continue
                for code, values in product(self.codes[layer.level], self._values(layer.by)):
                    for row in self._balances(
                        balance.stock, balance.inflow, balance.outflow, layer, code, values
                    ):
                        self.rows.append(row)

    def _follows(self, layer: Layer, layers: Sequence[Layer]) -> bool:
        """Whether a layer's balance is the sum of others' as fine in time."""
        return any(
            other != layer
            and other.finest == layer.finest
            and (
                (other.level == layer.level and set(other.by) > set(layer.by))
                or (other.by == layer.by and LEVELS.index(other.level) < LEVELS.index(layer.level))
            )
            and (other.level != "cluster" or self.codes["cluster"])
            for other in layers
        )

    def _balances(
        self,
        stock: str,
        inflow: str,
        outflow: str,
        layer: Layer,
        code: str,
        values: Categories,
    ) -> Iterator[Row]:
        for period, months in whole(self.months, layer.finest).items():
            now = Cell(layer.level, code, stock, months[-1], *values)
            before = now._replace(period=previous_month(months[0]))
            if before not in self.cells:
                continue
            flow = now._replace(period=period)
            corrected = []
            if now.category is not None:
                corrected = [(flow._replace(measure=CAME), 1), (flow._replace(measure=WENT), -1)]
                self.cells.update((cell, None) for cell, _ in corrected)
            yield (
                (before, 1),
                (flow._replace(measure=inflow), 1),
                (flow._replace(measure=outflow), -1),
                *corrected,
                (now, -1),
            )

    def add_limits(self) -> None:
        for unit, limit in product(self.units, self.plan.limits):
            spans = whole(self.months, self.plan.measure(limit.measure).finest)
            for period, months in spans.items():
                cell = Cell("unit", unit, limit.measure, period)
                above = [cell._replace(measure=limit.stock, period=months[-1])]
                if limit.flow is not None:
                    above.append(cell._replace(measure=limit.flow))
                self._slack(cell, *above)

    def _slack(self, cell: Cell, *above: Cell) -> None:
        """``cell <= Σ above``, with a cell for what is left."""
        slack = cell._replace(measure=f"slack-{cell.measure}")
        self.cells[slack] = None
        self.rows.append((*((one, 1) for one in above), (cell, -1), (slack, -1)))

    def frame(self) -> Frame:
        return Frame(
            tuple(self.cells),
            frozenset(self.printed),
            frozenset(self.candidates),
            self.printed,
            {measure.name: measure.personal for measure in self.plan.measures},
            tuple(self.rows),
            self.units,
            self.members,
        )
