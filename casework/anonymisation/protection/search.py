"""Finding moves: a linear program over the cells of a few units and what they share.

All other units stand still, so a move found here is a move of the whole table. The relations of one
unit form a network, and so the corners of the program are nearly always whole numbers; where they
are not, the program is solved again as a mixed-integer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from casework.anonymisation.protection.proof import Move
from casework.anonymisation.protection.table import (
    SHARED,
    Draft,
    IntArray,
    Table,
    Width,
    ranges,
)

FloatArray = NDArray[np.float64]

FARTHEST = 8
"""No cell of a move changes by more: small moves are quick to find and serve as well."""

WHIM = 1e-4
"""What a wish weighs beside the least price of a widened print, 1."""

INTEGER_SECONDS = 10.0


def steps_within(true: IntArray, low: IntArray, high: IntArray) -> tuple[IntArray, IntArray]:
    """The least and greatest d for which ``true + 2 d`` stays inside ``low..high``."""
    down = np.minimum((true - np.maximum(low, 0)) // 2, FARTHEST)
    up = np.minimum((high - true) // 2, FARTHEST)
    return -down, up


class Layout:
    """The relations by row and by block, looked up again and again by each neighbourhood."""

    def __init__(self, table: Table) -> None:
        self.table = table
        order = np.argsort(table.relations.rel, kind="stable")
        self.rel = table.relations.rel[order]
        self.cell = table.relations.cell[order]
        self.coef = table.relations.coef[order]
        self.units = int(table.block.max(initial=SHARED)) + 1
        self.cells_of = [np.flatnonzero(table.block == unit) for unit in range(self.units)]
        self.shared = np.flatnonzero(table.block == SHARED)
        entries = table.block[self.cell]
        self.entries_of = [np.flatnonzero(entries == unit) for unit in range(self.units)]
        self.shared_entries = np.flatnonzero(entries == SHARED)


class Neighbourhood:
    """The program over ``units`` and all shared cells. Columns are cells, rows are relations.

    With ``elastic``, prints that may still be widened can be overstepped at a price, which a move
    pays; the caller then widens what the move oversteps.
    """

    def __init__(
        self, layout: Layout, made: Draft, units: Iterable[int], *, elastic: bool = False
    ) -> None:
        chosen = sorted(units)
        cells = [layout.cells_of[unit] for unit in chosen] + [layout.shared]
        self.cells: IntArray = np.concatenate(cells)
        self.made = made
        column = np.full(len(made.table.ids), -1, dtype=np.int64)
        column[self.cells] = np.arange(len(self.cells))
        self._column = column
        entries = np.concatenate(
            [layout.entries_of[unit] for unit in chosen] + [layout.shared_entries]
        )
        entries.sort()
        rows, row = np.unique(layout.rel[entries], return_inverse=True)
        down, up = steps_within(
            made.table.true[self.cells], made.low[self.cells], made.high[self.cells]
        )
        self.lower: FloatArray = down.astype(np.float64)
        self.upper: FloatArray = up.astype(np.float64)
        columns, coefs = column[layout.cell[entries]], layout.coef[entries].astype(np.float64)
        self.owner: IntArray = np.arange(len(self.cells))
        self.price: FloatArray = np.zeros(len(self.cells))
        if elastic:
            row, columns, coefs = self._stretch(row, columns, coefs)
        self._solver = _program(len(rows), row, columns, coefs, self.lower, self.upper)

    def push(self, wishes: FloatArray) -> Move | None:
        """The move that goes farthest along ``wishes`` (one weight per table cell), if any."""
        return self._solve(self._cost(wishes))

    def _cost(self, wishes: FloatArray) -> FloatArray:
        cost = self.price.copy()
        cost[: len(self.cells)] -= wishes[self.cells]
        return cost

    def force(self, cell: int, step: int, wishes: FloatArray) -> tuple[Move, float] | None:
        """The cheapest move with ``d[cell] == step``, and its price; None when there is none.

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
        move = self._solve(self._cost(WHIM * wishes))
        if move is None and self._values() is not None:
            move = self._solve(self.price, integer=True)
        values = self._values()
        price = 0.0 if values is None else float(self.price @ values)
        self._solver.deleteRows(1, np.array([row], dtype=np.int32))
        return None if move is None else (move, price)

    def _stretch(
        self, row: IntArray, columns: IntArray, coefs: FloatArray
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """One further column per widenable cell and width: same relations, higher price."""
        may = np.flatnonzero(self.made.may_widen()[self.cells])
        true = self.made.table.true[self.cells[may]]
        base_down, base_up = self.lower[may], self.upper[may]
        worth = np.float64(20.0) ** self.made.table.usefulness[self.cells[may]]
        for width in (Width.DOUBLE, Width.OPEN_ENDED, Width.HIDDEN):
            low, high = ranges(true, width, self.made.settings)
            down, up = steps_within(true, low, high)
            more_down: FloatArray = np.minimum(down - base_down, 0.0)
            more_up: FloatArray = np.maximum(up - base_up, 0.0)
            for lower, upper, price in (
                (np.zeros_like(more_up), more_up, worth * float(width)),
                (more_down, np.zeros_like(more_down), -worth * float(width)),
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

    def _solve(self, cost: FloatArray, *, integer: bool = False) -> Move | None:
        solver = self._solver
        every = np.arange(len(cost), dtype=np.int32)
        solver.changeColsCost(len(cost), every, cost)
        solver.run()
        found = self._whole(self._values())
        if found is None and integer and self._values() is not None:
            solver.changeColsIntegrality(len(cost), every, np.ones(len(cost), dtype=np.uint8))
            solver.run()
            found = self._whole(self._values())
            solver.changeColsIntegrality(len(cost), every, np.zeros(len(cost), dtype=np.uint8))
        return found

    def _values(self) -> FloatArray | None:
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self._solver.getSolution().col_value, dtype=np.float64)

    def _whole(self, values: FloatArray | None) -> Move | None:
        if values is None:
            return None
        total = np.bincount(self.owner, weights=values, minlength=len(self.cells))
        steps = np.rint(total).astype(np.int64)
        if np.abs(total - steps).max(initial=0.0) > 1e-6 or not steps.any():
            return None
        moved = np.flatnonzero(steps)
        return Move(self.cells[moved], steps[moved])


def _program(
    rows: int,
    row: IntArray,
    column: IntArray,
    coef: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> Any:
    """A HiGHS model ``rows · d = 0`` with bounds on d, without cost."""
    order = np.lexsort((column, row))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(lower), rows
    program.col_cost_ = np.zeros(len(lower))
    program.col_lower_, program.col_upper_ = lower, upper
    program.row_lower_ = program.row_upper_ = np.zeros(rows)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.searchsorted(row[order], np.arange(rows + 1)).astype(np.int32)
    program.a_matrix_.index_ = column[order].astype(np.int32)
    program.a_matrix_.value_ = coef[order]
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy has no types there
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", INTEGER_SECONDS * 1000)
    solver.passModel(program)
    return solver
