"""The proof that a small count stays unknown, as plain arithmetic that anyone can repeat.

A *move* is a change ``d`` of whole numbers for which ``T + d`` (T the true table) agrees with every
relation and every print: another table that might be the true one. The truth and the moves of a
cell together give candidate values; a small cell is proved when they lie two apart or more, so that
three values stay possible. Where presence itself would tell, zero must be one of them.

A reader who knows all of unit v is answered by moves that leave v alone: a cell is proved when
such moves prove it against every reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from casework.anonymisation.protection.table import (
    SHARED,
    BoolArray,
    IntArray,
    Prints,
    Protection,
    Table,
)


@dataclass(frozen=True)
class Move:
    """Change ``steps[n]`` in ``cells[n]`` (never 0), nothing elsewhere."""

    cells: IntArray
    steps: IntArray

    def applied_to(self, true: IntArray) -> IntArray:
        """The other table (shape of ``true``)."""
        other = true.copy()
        other[self.cells] += self.steps
        return other


class Ledger:
    """Which readers could still know which small cell.

    ``least[n, r]`` and ``most[n, r]``: how far moves that tell reader r nothing false take small
    cell n from its true count. Reader 0 knows no unit; reader v + 1 knows all of unit v, except
    about that unit itself.
    """

    def __init__(self, table: Table, settings: Protection) -> None:
        self.table = table
        self.cells = np.flatnonzero(table.small(settings.k))
        self.place = np.full(len(table.ids), -1, dtype=np.int64)
        self.place[self.cells] = np.arange(len(self.cells))
        units = int(table.block.max(initial=SHARED)) + 1
        readers = 1 + (units if settings.knowing_unit and units > 1 else 0)
        self.least = np.zeros((len(self.cells), readers), dtype=np.int8)
        self.most = np.zeros((len(self.cells), readers), dtype=np.int8)
        self.to_zero = np.where(table.telling, -table.true, 1)[self.cells].astype(np.int8)
        self.counts = np.ones((len(self.cells), readers), dtype=np.bool_)
        if readers > 1:
            own = table.block[self.cells]
            inside = np.flatnonzero(own != SHARED)
            self.counts[inside, own[inside] + 1] = False
        self.open_to = self._open(np.arange(len(self.cells)))

    def enter(self, move: Move) -> None:
        """Take a move into account."""
        rows, where, least, most = self._taken(move)
        self.least[where], self.most[where] = least, most
        self.open_to[rows] = self._open(rows)

    def is_furthered_by(self, move: Move) -> bool:
        """Whether a move brings an open (cell, reader) pair further."""
        _, where, least, most = self._taken(move)
        further = (least < self.least[where]) | (most > self.most[where])
        return bool((further & self.open_to[where]).any())

    def _taken(self, move: Move) -> tuple[IntArray, Any, Any, Any]:
        place = self.place[move.cells]
        inside = place >= 0
        rows, steps = place[inside], np.clip(move.steps[inside], -100, 100).astype(np.int8)
        told = np.zeros(self.open_to.shape[1], dtype=np.bool_)
        if len(told) > 1:
            blocks = self.table.block[move.cells]
            told[blocks[blocks != SHARED] + 1] = True
        where = np.ix_(rows, np.flatnonzero(~told))
        least = np.minimum(self.least[where], steps[:, None])
        most = np.maximum(self.most[where], steps[:, None])
        return rows, where, least, most

    def unproved(self) -> BoolArray:
        """Per cell of the table: small and not yet proved against every reader."""
        open_cells = np.zeros(len(self.table.ids), dtype=np.bool_)
        open_cells[self.cells[self.open_to.any(axis=1)]] = True
        return open_cells

    def reader_of(self, cell: int) -> int:
        """A reader against whom ``cell`` is unproved: a unit's number, or SHARED for nobody's."""
        return int(np.flatnonzero(self.open_to[self.place[cell]])[-1]) - 1

    def wanted(self, cell: int, reader: int) -> list[int]:
        """The steps of ``cell`` that would bring its proof further, the best first."""
        row = self.place[cell]
        least, most = int(self.least[row, reader + 1]), int(self.most[row, reader + 1])
        if most - least >= 2:
            return [int(self.to_zero[row])]
        return list(dict.fromkeys((least + 2, most - 2, most + 1, least - 1)))

    def _open(self, rows: IntArray) -> BoolArray:
        least, most = self.least[rows], self.most[rows]
        close = (most - least < 2) | (least > np.minimum(self.to_zero[rows], 0)[:, None])
        return close & self.counts[rows]


def agrees(table: Table, low: IntArray, high: IntArray, move: Move) -> bool:
    """Whether the table that ``move`` makes agrees with all relations and prints low..high, and
    stays where other tables let it.
    """
    is_held = stays_inside(table, low, high, move)
    return is_held and table.relations.are_kept_by(move.cells, move.steps)


def stays_inside(table: Table, low: IntArray, high: IntArray, move: Move) -> bool:
    """The same without the relations, which hold only for a whole move."""
    cells = move.cells
    last = table.true[cells] + move.steps
    least = np.maximum(low[cells], table.floor[cells])
    most = np.minimum(high[cells], table.ceiling[cells])
    return bool((last >= least).all() and (last <= most).all())


def check(
    table: Table, prints: Prints, moves: tuple[Move, ...], settings: Protection
) -> tuple[str, ...]:
    """What is not as it should be: prints, relations, moves (empty: nothing)."""
    return _checked(table, prints, moves, settings)[0]


def verify(
    table: Table, prints: Prints, moves: tuple[Move, ...], settings: Protection
) -> tuple[str, ...]:
    """Check a publication again from nothing but its arrays; what fails, in words (empty: good)."""
    wrong, ledger = _checked(table, prints, moves, settings)
    open_cells = np.flatnonzero(ledger.unproved())
    return (*wrong, *(f"unproved: {table.ids[cell]}" for cell in open_cells))


def _checked(
    table: Table, prints: Prints, moves: tuple[Move, ...], settings: Protection
) -> tuple[tuple[str, ...], Ledger]:
    wrong = [
        f"false print: {table.ids[cell]}"
        for cell in np.flatnonzero((table.true < prints.low) | (table.true > prints.high))
    ]
    wrong += [f"relation {row} does not hold" for row in table.relations.broken_by(table.true)]
    ledger = Ledger(table, settings)
    for number, move in enumerate(moves):
        if agrees(table, prints.low, prints.high, move):
            ledger.enter(move)
        else:
            wrong.append(f"move {number} disagrees with what is printed")
    return tuple(wrong), ledger
