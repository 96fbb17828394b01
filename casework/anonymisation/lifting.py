"""The moves of each proof, as tables of everything that is printed. Pure.

A proof moves the counts of its own frame: the months', or those of one dimension. The auditor is to
see whole tables, so the rest moves along, as ``categories`` says: persons who change their unit are
of the most frequent group and sex, and take their ages and reasons with them.

What comes out is checked by the auditor and by nobody else; a move that does not fit is no loss but
to its own cells, which are then searched for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from casework.anonymisation.attack import Known
from casework.anonymisation.categories import Told
from casework.anonymisation.plan import CATEGORIES, LASTING, Cell, Dimension
from casework.anonymisation.protection import Move, Result
from casework.anonymisation.relations import Frame
from casework.anonymisation.sequence import Past

YEARLY: tuple[Dimension, ...] = ("age", "reason")

Value = str
"""One of the values of a dimension."""

Steps = Counter[Cell]
"""By how much each count changes."""


class Lifting:
    """Moves laid out over ``frame``, which holds all that is printed, and over its ``counts``."""

    def __init__(
        self, frame: Frame, counts: Mapping[Cell, int], frequent: Mapping[Dimension, str]
    ) -> None:
        self.frame, self.counts, self.frequent = frame, counts, frequent
        self._parts: dict[tuple[Cell, Dimension], Mapping[Value, Cell]] = {}
        self.slack = [cell for cell in frame.cells if cell.measure.startswith("slack-need.")]

    def changes(self, own: Frame, result: Result) -> Iterator[dict[str, int]]:
        """The moves of a proof over its ``own`` frame, by the ids of cells."""
        held = {name for cell in own.cells for name, one in cell.categories.items() if one}
        for move in result.moves:
            steps = self._steps(own, move)
            totals = [cell for cell in steps if cell.level == "unit" and cell.category is None]
            for dimension in LASTING:
                if dimension not in held:
                    self._follow(steps, totals, dimension)
            for dimension in YEARLY:
                if dimension not in held:
                    self._take_along(steps, totals, dimension)
            for cell in self.slack:
                steps[cell] += steps[Cell("unit", cell.unit, "open", f"{cell.period}-12")]
            yield {cell.id: step for cell, step in steps.items() if step}

    def _steps(self, own: Frame, move: Move) -> Steps:
        """What changes of all that is printed; the slack that only a proof knows is left out."""
        changes = zip(move.cells.tolist(), move.steps.tolist(), strict=True)
        all_ = {own.cells[place]: step for place, step in changes}
        return Counter({cell: step for cell, step in all_.items() if cell in self.frame.place})

    def _follow(self, steps: Steps, totals: Iterable[Cell], dimension: Dimension) -> None:
        for cell in totals:
            parts = self._parts_of(cell, dimension)
            if parts:
                steps[parts[self.frequent[dimension]]] += steps[cell]

    def _take_along(self, steps: Steps, totals: Iterable[Cell], dimension: Dimension) -> None:
        """Who leaves a unit is of the values that most are of there; who comes is one of them."""
        left: dict[tuple[str, str], list[Value]] = {}
        for cell in sorted(totals, key=lambda cell: steps[cell]):  # who leaves, first
            parts = self._parts_of(cell, dimension)
            if not parts:
                continue
            pool = left.setdefault((cell.measure, cell.period), [])
            for _ in range(-steps[cell]):
                value = max(parts, key=lambda each: self.counts[parts[each]] + steps[parts[each]])
                steps[parts[value]] -= 1
                pool.append(value)
            for _ in range(min(steps[cell], len(pool))):
                steps[parts[pool.pop()]] += 1

    def _parts_of(self, cell: Cell, dimension: Dimension) -> Mapping[Value, Cell]:
        """What a count is told apart into; nothing where it is not."""
        key = cell, dimension
        if key not in self._parts:
            parts = {
                value: cell._replace(**{dimension: value})  # type: ignore[arg-type]
                for value in CATEGORIES[dimension]
            }
            is_told = next(iter(parts.values())) in self.frame.place
            self._parts[key] = parts if is_told else {}
        return self._parts[key]


def known_tables(frame: Frame, past: Past, told: Told) -> Known:
    """The truth, and the tables that the proofs show, laid out over all that is printed."""
    counts = {**past.counts, **told.counts}
    table = frame.table({cell: counts.get(cell, 0) for cell in frame.to_count})
    lifting = Lifting(frame, counts, told.frequent)
    return Known(
        dict(zip(table.ids, table.true.tolist(), strict=True)),
        (change for own, result in told.proofs for change in lifting.changes(own, result)),
    )
