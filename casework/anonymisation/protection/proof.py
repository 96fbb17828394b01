"""The proof that a small count stays unknown, as plain arithmetic that anyone can repeat.

A *move* is a change ``d`` of whole numbers for which the true table T, ``T + d`` and ``T + 2d``
all agree with every relation and every print. A cell with ``d != 0`` then has three candidate
values, one of them at least two away from the truth. Prints are ranges, so only ``T + 2d`` needs
checking: ``T + d`` lies between.

A reader who knows all of unit v is answered by moves that leave v alone. A cell is proved when,
for every such reader, at least one of its moves does.
"""

from __future__ import annotations

from dataclasses import dataclass

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

    def applied_to(self, true: IntArray, times: int) -> IntArray:
        """Another table: ``true`` with the change made ``times`` times (shape of ``true``)."""
        other = true.copy()
        other[self.cells] += times * self.steps
        return other


class Ledger:
    """Which readers could still know which small cell.

    ``open_to[n, r]``: every move so far that changes small cell n also changes something reader r
    knows. Reader 0 knows no unit; reader v + 1 knows all of unit v, except about that unit itself.
    """

    def __init__(self, table: Table, settings: Protection) -> None:
        self.table = table
        self.cells = np.flatnonzero(table.small(settings.k))
        self.place = np.full(len(table.ids), -1, dtype=np.int64)
        self.place[self.cells] = np.arange(len(self.cells))
        units = int(table.block.max(initial=SHARED)) + 1
        readers = 1 + (units if settings.knowing_unit and units > 1 else 0)
        self.open_to = np.ones((len(self.cells), readers), dtype=np.bool_)
        if readers > 1:
            own = table.block[self.cells]
            inside = np.flatnonzero(own != SHARED)
            self.open_to[inside, own[inside] + 1] = False

    def enter(self, move: Move) -> int:
        """Take a move into account; the number of (cell, reader) pairs it settles."""
        rows = self.place[move.cells]
        rows = rows[rows >= 0]
        touched = np.zeros(self.open_to.shape[1], dtype=np.bool_)
        if len(touched) > 1:
            blocks = self.table.block[move.cells]
            touched[blocks[blocks != SHARED] + 1] = True
        before = int(self.open_to[rows].sum())
        self.open_to[rows] &= touched
        return before - int(self.open_to[rows].sum())

    def unproved(self) -> BoolArray:
        """Per cell of the table: small and not yet proved against every reader."""
        open_cells = np.zeros(len(self.table.ids), dtype=np.bool_)
        open_cells[self.cells[self.open_to.any(axis=1)]] = True
        return open_cells

    def reader_of(self, cell: int) -> int:
        """A reader against whom ``cell`` is unproved: a unit's number, or SHARED for nobody's."""
        return int(np.flatnonzero(self.open_to[self.place[cell]])[-1]) - 1


def agrees(table: Table, low: IntArray, high: IntArray, move: Move) -> bool:
    """Whether ``move`` made once and twice leaves all relations and all prints low..high true."""
    twice = move.applied_to(table.true, 2)
    held = bool((twice >= np.maximum(low, 0)).all() and (twice <= high).all())
    return held and len(table.relations.broken_by(twice)) == 0


def verify(
    table: Table, prints: Prints, moves: tuple[Move, ...], settings: Protection
) -> tuple[str, ...]:
    """Check a publication again from nothing but its arrays; what fails, in words (empty: good)."""
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
    wrong += [f"unproved: {table.ids[cell]}" for cell in np.flatnonzero(ledger.unproved())]
    return tuple(wrong)
