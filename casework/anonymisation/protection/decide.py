"""From true counts to prints and their proof.

Ranges first; then moves for every small cell, cheap ones first: inside one unit, then a few units
together, then cell by cell at the least price in widened prints. Widening only enlarges the set of
agreeing tables, so earlier moves stay good and the work ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from casework.anonymisation.protection.proof import Ledger, Move, agrees, verify
from casework.anonymisation.protection.search import FloatArray, Layout, Neighbourhood
from casework.anonymisation.protection.table import (
    SHARED,
    Draft,
    IntArray,
    Prints,
    Protection,
    Table,
    Width,
    draft,
    ranges,
)

ROUNDS = 8
"""Pushes in one neighbourhood, each along other random weights, before going on."""

IDLE = 5
"""Pushes in a row that prove nothing before a neighbourhood is left."""

WORTH_A_PARTY = 0.05
"""Parties of units grow when they prove less than this share of what is left."""

TRIES = 3
"""Failures, each among other partners, before a cell is left unproved."""

Progress = Callable[[str, int, int], None]
"""Called with the stage, the small cells proved so far and all small cells."""


@dataclass(frozen=True)
class Result:
    """Prints, the moves that prove them, which cells were widened, and what stayed unproved.

    A result with ``unproved`` cells must not be published.
    """

    table: Table
    settings: Protection
    prints: Prints
    moves: tuple[Move, ...]
    widened: tuple[tuple[str, Width], ...]
    unproved: tuple[str, ...]

    def verify(self) -> tuple[str, ...]:
        """What fails when everything is checked again by plain arithmetic (empty: nothing)."""
        return verify(self.table, self.prints, self.moves, self.settings)


def protect(
    table: Table,
    frozen: Prints | None = None,
    settings: Protection | None = None,
    progress: Progress = lambda stage, proved, all_: None,
) -> Result:
    """Decide the prints of ``table``; ``frozen`` are all prints of earlier periods.

    Raises ``TableWrong`` when relations or earlier prints do not hold for the true counts.
    """
    settings = settings or Protection()
    made = draft(table, frozen, settings)
    search = _Search(made, settings, progress)
    search.run()
    widened = np.flatnonzero(table.printed & (made.width > Width.NARROW) & ~made.frozen)
    return Result(
        table,
        settings,
        made.prints(),
        tuple(search.moves),
        tuple((table.ids[cell], Width(made.width[cell])) for cell in widened),
        tuple(table.ids[cell] for cell in np.flatnonzero(search.ledger.unproved())),
    )


class _Search:
    def __init__(self, made: Draft, settings: Protection, progress: Progress) -> None:
        self.made, self.settings, self.progress = made, settings, progress
        self.layout = Layout(made.table)
        self.ledger = Ledger(made.table, settings)
        self.random = np.random.default_rng(settings.seed)
        self.moves: list[Move] = []

    def run(self) -> None:
        self._stage("unit", ([unit] for unit in range(self.layout.units)))
        size = self.settings.partners
        while size < 2 * self.layout.units and self.ledger.unproved().any():
            if self._stage("units", self._parties(size)) < WORTH_A_PARTY:
                size *= 2
        for cell in np.flatnonzero(self.ledger.unproved()):
            self._settle(int(cell))
            self._report("cell")

    def _stage(self, name: str, parties: Iterator[list[int]]) -> float:
        """Explore each party; the share of what was open, cell by reader, that this settled."""
        before = int(self.ledger.open_to.sum())
        for units in parties:
            self._explore(units)
            self._report(name)
        return 1.0 - int(self.ledger.open_to.sum()) / max(before, 1)

    def _report(self, stage: str) -> None:
        everything = len(self.ledger.cells)
        self.progress(stage, everything - int(self.ledger.unproved().sum()), everything)

    def _parties(self, size: int) -> Iterator[list[int]]:
        """The units with unproved cells in random parties, filled up with others."""
        open_ = self.made.table.block[self.ledger.unproved()]
        needy = self.random.permutation(np.unique(open_[open_ != SHARED]))
        for start in range(0, len(needy), size):
            party = needy[start : start + size].tolist()
            others = np.setdiff1d(np.arange(self.layout.units), party)
            fill = self.random.permutation(others)[: size - len(party)]
            yield [*party, *fill.tolist()]

    def _explore(self, units: list[int]) -> None:
        """Push many unproved cells of ``units`` at once, until pushing proves nothing more."""
        near = Neighbourhood(self.layout, self.made, units)
        inside = np.zeros(len(self.made.table.ids), dtype=np.bool_)
        inside[near.cells] = True
        idle = 0
        for _ in range(ROUNDS * len(units)):
            wanted = np.flatnonzero(self.ledger.unproved() & inside)
            if not len(wanted) or idle == IDLE:
                return
            move = near.push(self._wishes(wanted))
            idle = 0 if move is not None and self._enter(move) else idle + 1

    def _wishes(self, wanted: IntArray) -> FloatArray:
        """Random weights, in a direction in which the count has room for a step of two."""
        true, low, high = self.made.table.true, self.made.low, self.made.high
        up = true[wanted] + 2 <= high[wanted]
        down = true[wanted] - 2 >= low[wanted]
        sign = np.where(up & down, self.random.choice([-1.0, 1.0], len(wanted)), up * 2.0 - 1.0)
        wishes: FloatArray = np.zeros(len(true))
        wishes[wanted] = sign * self.random.uniform(0.5, 1.5, len(wanted))
        return wishes

    def _enter(self, move: Move) -> bool:
        """Keep a move that settles something and that plain arithmetic confirms."""
        if not agrees(self.made.table, self.made.low, self.made.high, move):
            return False
        if not self.ledger.enter(move):
            return False
        self.moves.append(move)
        return True

    def _settle(self, cell: int) -> None:
        """Prove one cell against every reader, widening what must be, the least useful first."""
        tries = TRIES
        while tries and self.ledger.unproved()[cell]:
            found = self._cheapest(cell, self.ledger.reader_of(cell))
            if found is not None:
                self._make_room(found)
            if found is None or not self._enter(found):
                tries -= 1

    def _cheapest(self, cell: int, reader: int) -> Move | None:
        """The cheapest move of ``cell`` that ``reader`` cannot rule out: few units, more, all."""
        own = int(self.made.table.block[cell])
        others = self.random.permutation(self.layout.units)
        others = others[(others != reader) & (others != own)]
        best: tuple[Move, float] | None = None
        wishes = self._wishes(np.flatnonzero(self.ledger.unproved()))
        few = self.settings.partners
        for size in (few, 5 * few, len(others)):
            units = {*others[:size].tolist(), *([own] if own != SHARED else [])}
            near = Neighbourhood(self.layout, self.made, units, elastic=True)
            for step in (1, -1):
                found = near.force(cell, step, wishes)
                if found is not None and (best is None or found[1] < best[1]):
                    best = found
                if best is not None and best[1] < 0.5:  # free: nothing need be widened
                    return best[0]
            if size >= len(others):
                break
        return best[0] if best else None

    def _make_room(self, move: Move) -> None:
        """Widen the new prints that ``T + 2 d`` oversteps, no further than it needs."""
        made = self.made
        twice = move.applied_to(made.table.true, 2)
        may = made.may_widen()
        for cell in move.cells:
            if made.low[cell] <= twice[cell] <= made.high[cell] or not may[cell]:
                continue
            for width in (Width.DOUBLE, Width.OPEN_ENDED, Width.HIDDEN):
                low, high = ranges(made.table.true[[cell]], width, self.settings)
                if low[0] <= twice[cell] <= high[0]:
                    made.widen(int(cell), width)
                    break
