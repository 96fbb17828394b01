"""Linear and mixed-integer programs over part of an edition.

*Held*: all other cells keep the values of a known table, so every whole solution is another whole
table (it shows that a cell can differ). *Free*: all others may be anything in their bounds, so the
optimum bounds the truth (it proves that a cell cannot differ).
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from casework.anonymisation.attack.bounds import Bounds
from casework.anonymisation.attack.edition import Edition

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Region:
    def __init__(
        self, edition: Edition, bounds: Bounds, cells: Ints, held: Ints | None = None
    ) -> None:
        self.cells = cells
        column = np.full(len(edition.ids), -1, dtype=np.int64)
        column[cells] = np.arange(len(cells))
        self._column = column
        rows = np.unique(edition.rel[column[edition.cell] >= 0])
        touched = np.isin(edition.rel, rows)
        rel, cell = np.searchsorted(rows, edition.rel[touched]), edition.cell[touched]
        coef = edition.coef[touched]
        inside = column[cell] >= 0
        out = ~inside
        least, most = bounds if held is None else (held, held)
        low_end = coef[out] * np.where(coef[out] > 0, least[cell[out]], most[cell[out]])
        high_end = coef[out] * np.where(coef[out] > 0, most[cell[out]], least[cell[out]])
        row_upper = edition.rhs[rows].astype(np.float64)
        row_lower = row_upper.copy()
        np.subtract.at(row_upper, rel[out], low_end.astype(np.float64))
        np.subtract.at(row_lower, rel[out], high_end.astype(np.float64))
        self._solver = _program(
            (rel[inside], column[cell[inside]], coef[inside].astype(np.float64)),
            (row_lower, row_upper),
            (bounds[0][cells].astype(np.float64), bounds[1][cells].astype(np.float64)),
        )

    def feasible(self) -> bool | None:
        """Whether any values fit; None when the solver gives up."""
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return True
        return False if status == highspy.HighsModelStatus.kInfeasible else None

    def push(self, weights: Floats, *, seconds: float, whole: bool = False) -> Ints | None:
        """Whole values of the region's cells that go far along ``weights`` (per region cell)."""
        values = self._solve(-weights, seconds, whole)
        if values is None:
            return None
        rounded = np.rint(values).astype(np.int64)
        return rounded if np.abs(values - rounded).max(initial=0.0) < 1e-6 else None

    def end(self, cell: int, side: int, *, seconds: float, whole: bool = False) -> int | None:
        """The greatest (side 1) or least (side -1) whole value ``cell`` can have, if proved."""
        weights = np.zeros(len(self.cells))
        weights[self._column[cell]] = side
        values = self._solve(-weights, seconds, whole)
        if values is None:
            return None
        found = float(values[self._column[cell]])
        return int(np.floor(found + 1e-6)) if side > 0 else int(np.ceil(found - 1e-6))

    def _solve(self, cost: Floats, seconds: float, whole: bool) -> Floats | None:
        solver, every = self._solver, np.arange(len(cost), dtype=np.int32)
        solver.changeColsIntegrality(
            len(cost), every, np.full(len(cost), 1 if whole else 0, dtype=np.uint8)
        )
        solver.changeColsCost(len(cost), every, cost)
        solver.setOptionValue("time_limit", solver.getRunTime() + max(seconds, 0.01))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(solver.getSolution().col_value, dtype=np.float64)


def _program(
    entries: tuple[Ints, Ints, Floats], rows: tuple[Floats, Floats], columns: tuple[Floats, Floats]
) -> Any:
    row, column, coef = entries
    order = np.lexsort((column, row))
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = len(rows[0]), len(columns[0])
    program.row_lower_, program.row_upper_ = rows
    program.col_lower_, program.col_upper_ = columns
    program.col_cost_ = np.zeros(len(columns[0]))
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    starts = np.searchsorted(row[order], np.arange(len(rows[0]) + 1))
    program.a_matrix_.start_ = starts.astype(np.int32)
    program.a_matrix_.index_ = column[order].astype(np.int32)
    program.a_matrix_.value_ = coef[order]
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy has no types there
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(program)
    return solver
