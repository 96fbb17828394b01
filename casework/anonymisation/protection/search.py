"""Finding moves: a linear program over the cells of a few units, clusters or the province.

All other parts and months stand still, so a move found here is a move of the whole table. The
relations of one unit form a network, and so the corners of the program are nearly always whole
numbers; where they are not, the program is solved again as a mixed-integer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from casework.anonymisation.protection.proof import Move
from casework.anonymisation.protection.table import (
    BoolArray,
    Draft,
    IntArray,
    Table,
    Width,
    ranges,
)

FloatArray = NDArray[np.float64]

FARTHEST = 8
"""No cell of a move changes by more: small moves are quick to find and serve as well."""

NO_FARTHER = 3
"""The same where prints are overstepped: two steps prove a cell, more would only widen more. But a
telling count has to come down to nothing.
"""

WHIM = 0.1
"""What all wishes together weigh beside the least price of a widened print, 1."""

DEARER = 6.0
"""A print of the next usefulness costs this much more to widen."""

NOTHING = 1e-6

PRIMAL = 4
"""HiGHS's number of the primal simplex method."""


def steps_within(
    table: Table, cells: IntArray, low: IntArray, high: IntArray, farthest: IntArray
) -> tuple[IntArray, IntArray]:
    """The least and greatest d for which ``true + d`` stays inside ``low..high`` (of the cells),
    and between floor and ceiling.
    """
    true = table.true[cells]
    down = np.minimum(true - np.maximum(low, table.floor[cells]), farthest)
    up = np.minimum(np.minimum(high, table.ceiling[cells]) - true, farthest)
    return -down, up


WIDER = (Width.NARROW, Width.DOUBLE, Width.OPEN_ENDED, Width.HIDDEN)


class Layout:
    """The relations by row and by part, looked up again and again by each neighbourhood."""

    def __init__(self, table: Table) -> None:
        self.table = table
        order = np.argsort(table.relations.rel, kind="stable")
        self.rel = table.relations.rel[order]
        self.cell = table.relations.cell[order]
        self.coef = table.relations.coef[order]
        self.parts = int(table.part.max(initial=-1)) + 1
        known = table.part[table.block == table.part]
        self.units = int(known.max(initial=-1)) + 1
        self.shared = list(range(self.units, self.parts))
        self.months = int(table.last.max(initial=-1)) + 1
        part = table.part[self.cell]
        self.cells_of = [np.flatnonzero(table.part == one) for one in range(self.parts)]
        self.entries_of = [np.flatnonzero(part == one) for one in range(self.parts)]
        self.home = self._homes(part)

    def _homes(self, part: IntArray) -> IntArray:
        """The part above each unit that it adds up to: its cluster, else the province."""
        rows = int(self.rel.max(initial=-1)) + 1
        above = np.full(rows, -1, dtype=np.int64)
        with_units = np.zeros(rows, dtype=np.bool_)
        with_units[self.rel[part < self.units]] = True
        shared = (part >= self.units) & with_units[self.rel]
        above[self.rel[shared]] = part[shared]
        home = np.full(self.units, -1, dtype=np.int64)
        inside = (part < self.units) & (above[self.rel] >= 0)
        home[part[inside]] = above[self.rel[inside]]  # the last is the newest
        return home


class Neighbourhood:
    """The program over the cells of ``parts`` in a ``window`` of months (first and last number).

    Columns are cells, rows are relations.

    With ``elastic``, prints that may still be widened can be overstepped at a price, which a move
    pays; the caller then widens what the move oversteps. With ``begun``, moves begin so: only what
    lasts longer than that is open. ``only``: which cells of the table may change.
    """

    def __init__(
        self,
        layout: Layout,
        made: Draft,
        parts: Iterable[int],
        window: tuple[int, int] | None = None,
        *,
        elastic: bool = False,
        begun: Move | None = None,
        only: BoolArray | None = None,
    ) -> None:
        chosen = sorted(parts)
        self.cells: IntArray = np.concatenate([layout.cells_of[part] for part in chosen])
        table = made.table
        if window is not None:
            inside = (table.first[self.cells] >= window[0]) & (table.last[self.cells] <= window[1])
            self.cells = self.cells[inside]
        self.made, self.begun = made, begun
        if only is not None:
            self.cells = self.cells[only[self.cells]]
        if begun is not None and len(begun.cells):
            self.cells = self.cells[table.last[self.cells] > table.last[begun.cells].max()]
        column = np.full(len(made.table.ids), -1, dtype=np.int64)
        column[self.cells] = np.arange(len(self.cells))
        self._column = column
        entries = np.concatenate([layout.entries_of[part] for part in chosen])
        entries = entries[column[layout.cell[entries]] >= 0]
        entries.sort()
        rows, row = np.unique(layout.rel[entries], return_inverse=True)
        rest = np.zeros(len(rows)) if begun is None else -_sums(table, rows, begun)
        is_short = elastic & ~table.telling[self.cells]
        self.farthest: IntArray = np.where(is_short, NO_FARTHER, FARTHEST)
        down, up = steps_within(
            table, self.cells, made.low[self.cells], made.high[self.cells], self.farthest
        )
        self.lower: FloatArray = down.astype(np.float64)
        self.upper: FloatArray = up.astype(np.float64)
        columns, coefs = column[layout.cell[entries]], layout.coef[entries].astype(np.float64)
        self.owner: IntArray = np.arange(len(self.cells))
        self.price: FloatArray = np.zeros(len(self.cells))
        if elastic:
            row, columns, coefs = self._stretch(row, columns, coefs)
        self._solver = _program(rest, row, columns, coefs, self.lower, self.upper)
        if not elastic:  # only wishes change, so the last corner is a good start
            self._solver.setOptionValue("simplex_strategy", PRIMAL)

    def push(self, wishes: FloatArray) -> Move | None:
        """The move that goes farthest along ``wishes`` (one weight per table cell), if any.

        What it oversteps costs its price: wishes weighed against prices. None also where the best
        corner is not whole: other wishes find another corner more quickly than this a whole point.
        """
        return self._whole(self._solve(self._cost(wishes)))

    def _cost(self, wishes: FloatArray) -> FloatArray:
        cost = self.price.copy()
        cost[: len(self.cells)] -= wishes[self.cells]
        return cost

    def force(
        self, cell: int, step: int, wishes: FloatArray, below: float = np.inf
    ) -> tuple[Move, float] | None:
        """The cheapest move with ``d[cell] == step`` whose price is ``below``, and its price.

        Among moves of one price, one that goes far along ``wishes`` (far smaller than any price).
        """
        column = self._column[cell]
        ends = np.flatnonzero(self.owner == column)
        lower, upper = self.lower[ends].copy(), self.upper[ends].copy()
        # The cell itself may use its whole width: its columns together make the step.
        if lower.sum() > step or upper.sum() < step:
            return None
        row = self._solver.getNumRow()
        self._solver.addRow(step, step, len(ends), ends.astype(np.int32), np.ones(len(ends)))
        whim = WHIM / max(1.0, FARTHEST * float(np.abs(wishes).sum()))
        found = self.cheapest(whim * wishes, below)
        self._solver.deleteRows(1, np.array([row], dtype=np.int32))
        return found

    def cheapest(self, wishes: FloatArray, below: float = np.inf) -> tuple[Move, float] | None:
        """The cheapest move whose price is ``below``, going along ``wishes``; its price."""
        self._solver.setOptionValue("objective_bound", below)
        values = self._solve(self._cost(wishes))
        move = self._whole(values)
        if move is None and values is not None and float(self.price @ values) < below:
            values = self._solve_whole()
            move = self._whole(values)
        price = np.inf if values is None else float(self.price @ values)
        return None if move is None or price >= below else (move, price)

    def _stretch(
        self, row: IntArray, columns: IntArray, coefs: FloatArray
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """One further column per widenable cell and width: same relations, higher price."""
        may = np.flatnonzero(self.made.may_widen()[self.cells])
        true = self.made.table.true[self.cells[may]]
        base_down, base_up = self.lower[may], self.upper[may]
        worth = np.float64(DEARER) ** self.made.table.usefulness[self.cells[may]]
        for width in WIDER:
            low, high = ranges(true, width, self.made.settings)
            down, up = steps_within(self.made.table, self.cells[may], low, high, self.farthest[may])
            more_down: FloatArray = np.minimum(down - base_down, 0.0)
            more_up: FloatArray = np.maximum(up - base_up, 0.0)
            for lower, upper, price in (
                (np.zeros_like(more_up), more_up, worth * (width + 1.0)),
                (more_down, np.zeros_like(more_down), -worth * (width + 1.0)),
            ):
                row, columns, coefs = self._add(may, lower, upper, price, row, columns, coefs)
            base_down = np.minimum(base_down, down)
            base_up = np.maximum(base_up, up)
        return row, columns, coefs

    def _add(
        self,
        may: IntArray,
        lower: FloatArray,
        upper: FloatArray,
        price: FloatArray,
        row: IntArray,
        columns: IntArray,
        coefs: FloatArray,
    ) -> tuple[IntArray, IntArray, FloatArray]:
        real = np.flatnonzero(lower != upper)
        new = np.full(len(self.cells), -1, dtype=np.int64)
        new[may[real]] = len(self.lower) + np.arange(len(real))
        first = columns < len(self.cells)
        copied = np.zeros(len(columns), dtype=np.bool_)
        copied[first] = new[columns[first]] >= 0
        row = np.concatenate([row, row[copied]])
        coefs = np.concatenate([coefs, coefs[copied]])
        columns = np.concatenate([columns, new[columns[copied]]])
        self.lower = np.concatenate([self.lower, lower[real]])
        self.upper = np.concatenate([self.upper, upper[real]])
        self.owner = np.concatenate([self.owner, may[real]])
        self.price = np.concatenate([self.price, price[real]])
        return row, columns, coefs

    def _solve(self, cost: FloatArray) -> FloatArray | None:
        """The best corner. Where the last one still keeps all rows, on from there."""
        solver = self._solver
        solver.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        solver.run()
        return self._values()

    def _solve_whole(self) -> FloatArray | None:
        """The best point of whole numbers, or one that was found in time."""
        solver, every = self._solver, np.arange(len(self.lower), dtype=np.int32)
        solver.changeColsIntegrality(len(every), every, np.ones(len(every), dtype=np.uint8))
        solver.setOptionValue("time_limit", solver.getRunTime() + self.made.settings.patience)
        solver.run()
        values = self._values()
        solver.changeColsIntegrality(len(every), every, np.zeros(len(every), dtype=np.uint8))
        solver.setOptionValue("time_limit", np.inf)
        return values

    def _values(self) -> FloatArray | None:
        status = self._solver.getModelStatus()
        found = self._solver.getInfo().primal_solution_status
        is_late = (
            status == highspy.HighsModelStatus.kTimeLimit
            and found == highspy.kSolutionStatusFeasible
        )
        if status != highspy.HighsModelStatus.kOptimal and not is_late:
            return None
        return np.asarray(self._solver.getSolution().col_value, dtype=np.float64)

    def _whole(self, values: FloatArray | None) -> Move | None:
        if values is None:
            return None
        total = np.bincount(self.owner, weights=values, minlength=len(self.cells))
        steps = np.rint(total).astype(np.int64)
        if np.abs(total - steps).max(initial=0.0) > NOTHING:
            return None
        moved = np.flatnonzero(steps)
        if self.begun is None:
            return Move(self.cells[moved], steps[moved]) if len(moved) else None
        return Move(
            np.concatenate([self.begun.cells, self.cells[moved]]),
            np.concatenate([self.begun.steps, steps[moved]]),
        )


def _sums(table: Table, rows: IntArray, move: Move) -> FloatArray:
    """What a move adds to the sums of ``rows`` (numbers of relations)."""
    step = np.zeros(len(table.ids), dtype=np.int64)
    step[move.cells] = move.steps
    relations = table.relations
    weights = relations.coef * step[relations.cell]
    sums = np.bincount(relations.rel, weights=weights, minlength=len(relations.rhs))
    return sums.astype(np.float64)[rows]


def _program(
    rest: FloatArray,
    row: IntArray,
    column: IntArray,
    coef: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> Any:
    """A HiGHS model ``rows · d = rest`` with bounds on d, without cost."""
    rows = len(rest)
    order = np.lexsort((column, row))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(lower), rows
    program.col_cost_ = np.zeros(len(lower))
    program.col_lower_, program.col_upper_ = lower, upper
    program.row_lower_ = program.row_upper_ = rest
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.searchsorted(row[order], np.arange(rows + 1)).astype(np.int32)
    program.a_matrix_.index_ = column[order].astype(np.int32)
    program.a_matrix_.value_ = coef[order]
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy has no types there
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 0.5)
    solver.passModel(program)
    return solver
