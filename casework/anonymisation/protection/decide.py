"""From true counts to prints and their proof.

What proved earlier prints comes first: only how it goes on is searched. For the rest, first what is
printed exactly stands still, and clusters and province with it: moves inside the province's own
crossings, then among units of one cluster. Then clusters and province move as well, in ever larger
parties; and what is left is proved cell by cell at the least price in widened prints, an exact one
becoming a range before a range becomes wider. Widening only enlarges the set of agreeing tables, so
earlier moves stay good and the work ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from casework.anonymisation.protection.proof import (
    Ledger,
    Move,
    agrees,
    check,
    stays_inside,
    verify,
)
from casework.anonymisation.protection.search import WIDER, FloatArray, Layout, Neighbourhood
from casework.anonymisation.protection.table import (
    SHARED,
    BoolArray,
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

IDLE = 3
"""Pushes in a row that prove nothing before a neighbourhood is left."""

WORTH_A_PARTY = 0.05
"""Parties of units grow when they prove less than this share of what is left."""

MANY = 24
"""Among more units than these, a cheaper move is not looked for once there is one."""

WORTHS = (0.4, 1.6)
"""What a step of an unproved cell may cost in widened prints while many are pushed at once."""

GOING_ON = 6, 12
"""Where a cell is proved alone, so many months of a known move may be other than known."""

FEW = 4
"""So many known moves are tried for one cell."""

FREE = 0.5
"""A price below that of any print: nothing need be widened."""

TRIES = 4
"""Failures, each among other partners, before a cell is left unproved."""

Progress = Callable[[str, int, int], None]
"""Called with the stage, the small cells proved so far and all small cells."""


@dataclass(frozen=True)
class Result:
    """Prints, the moves that prove them, which cells were widened, and what stayed unproved;
    ``seconds`` of the processor that it took.

    A result with ``unproved`` cells must not be published.
    """

    table: Table
    settings: Protection
    prints: Prints
    moves: tuple[Move, ...]
    widened: tuple[tuple[str, Width], ...]
    unproved: tuple[str, ...]
    seconds: float

    def verify(self) -> tuple[str, ...]:
        """What fails when everything is checked again by plain arithmetic (empty: nothing)."""
        return verify(self.table, self.prints, self.moves, self.settings)

    def check(self) -> tuple[str, ...]:
        """The same, but for what is known to be unproved."""
        return check(self.table, self.prints, self.moves, self.settings)


def protect(
    table: Table,
    frozen: Prints | None = None,
    settings: Protection | None = None,
    progress: Progress = lambda stage, proved, all_: None,
    known: Iterable[Move] = (),
) -> Result:
    """Decide the prints of ``table``; ``frozen`` are all prints of earlier periods, ``known``
    beginnings of moves that may still serve.

    Raises ``TableWrong`` when relations or earlier prints do not hold for the true counts.
    """
    started = time.thread_time()
    settings = settings or Protection()
    made = draft(table, frozen, settings)
    search = _Search(made, settings, progress)
    search.take(known)
    search.run()
    widened = np.flatnonzero(table.printed & (made.width > Width.NARROW) & ~made.frozen)
    return Result(
        table,
        settings,
        made.prints(),
        tuple(search.moves),
        tuple((table.ids[cell], Width(made.width[cell])) for cell in widened),
        tuple(table.ids[cell] for cell in np.flatnonzero(search.ledger.unproved())),
        time.thread_time() - started,
    )


class _Search:
    def __init__(self, made: Draft, settings: Protection, progress: Progress) -> None:
        self.made, self.settings, self.progress = made, settings, progress
        self.layout = Layout(made.table)
        self.ledger = Ledger(made.table, settings)
        self.random = np.random.default_rng(settings.seed)
        self.moves: list[Move] = []
        self.known: dict[tuple[int, int], list[Move]] = {}

    def take(self, known: Iterable[Move]) -> None:
        """Go on from the beginnings of known moves, where they prove anything."""
        for begun in known:
            for cell, step in zip(begun.cells.tolist(), begun.steps.tolist(), strict=True):
                self.known.setdefault((cell, step), []).append(begun)
            if self._is_possible(begun) and self.ledger.is_furthered_by(begun):
                move = self._continued(begun)
                if move is not None:
                    self._enter(move)
        self._report("known")

    def _is_possible(self, begun: Move) -> bool:
        return stays_inside(self.made.table, self.made.low, self.made.high, begun)

    def _continued(self, begun: Move) -> Move | None:
        """A move that begins so and changes nothing before but in the same units."""
        if self.made.table.relations.are_kept_by(begun.cells, begun.steps):
            return begun
        near = Neighbourhood(self.layout, self.made, self._parts_of(begun), begun=begun)
        return near.push(self._wishes(np.flatnonzero(self.ledger.unproved())))

    def _parts_of(self, move: Move) -> set[int]:
        """The units that a move is about, and all that they share."""
        part = self.made.table.part[move.cells]
        return {*part[part < self.layout.units].tolist(), *self.layout.shared}

    def run(self) -> None:
        shared, size = self.layout.shared, self.settings.partners
        self._stage("crossings", [shared], self.layout.months)
        window = self.settings.window
        self._repeat("cluster", lambda: self._neighbours(size), window)
        for name, months in (("units", window), ("years", self.layout.months)):
            self._repeat(name, lambda: self._parties(size), months)
        for worth in WORTHS:
            self._repeat("widen", lambda: self._parties(size), self.layout.months, worth)
        self._settle_all()
        if self.settings.hides:
            for is_wide in (False, True):
                self._hide(is_wide)
                self._settle_all()

    def _settle_all(self) -> None:
        for cell in np.flatnonzero(self.ledger.unproved()):
            self._settle(int(cell))
            self._report("cell")

    def _hide(self, is_wide: bool) -> None:
        """Give up the new prints of the months in which cells are unproved, or all of them."""
        table, unproved = self.made.table, self.ledger.unproved()
        if not unproved.any():
            return
        near = np.zeros(len(table.ids), dtype=np.bool_)
        for first, last in {*zip(table.first[unproved], table.last[unproved], strict=True)}:
            near |= (table.first <= last) & (table.last >= first)
        for cell in np.flatnonzero(self.made.may_widen() & (near | is_wide)):
            self.made.widen(int(cell), Width.HIDDEN)

    def _repeat(
        self, name: str, parties: Callable[[], Iterable[list[int]]], months: int, worth: float = 0.0
    ) -> None:
        """A stage over and over, each time with other parties, as long as it is worth it."""
        while self.ledger.unproved().any():
            if self._stage(name, parties(), months, worth) < WORTH_A_PARTY:
                return

    def _stage(
        self, name: str, parties: Iterable[list[int]], months: int, worth: float = 0.0
    ) -> float:
        """Explore each party; the share of what was open, cell by reader, that this settled.

        ``worth``: what one step of an unproved cell may cost in widened prints; 0: nothing.
        """
        before = int(self.ledger.open_to.sum())
        for parts in parties:
            for window in self._windows(months):
                self._explore(parts, window, worth)
            self._report(name)
        return 1.0 - int(self.ledger.open_to.sum()) / max(before, 1)

    def _windows(self, months: int) -> Iterator[tuple[int, int]]:
        """Stretches of months that overlap, the newest first: short ones are quick to search."""
        for last in range(self.layout.months - 1, -1, -months // 3):
            yield max(last - months + 1, 0), last
            if last < months:
                return

    def _report(self, stage: str) -> None:
        everything = len(self.ledger.cells)
        self.progress(stage, everything - int(self.ledger.unproved().sum()), everything)

    def _neighbours(self, size: int) -> Iterator[list[int]]:
        """Random parties of units that add up to the same cluster (or province)."""
        open_ = self.ledger.unproved()
        for home in np.unique(self.layout.home):
            units = np.flatnonzero(self.layout.home == home)
            needy = [unit for unit in units if open_[self.layout.cells_of[unit]].any()]
            yield from self._filled(np.array(needy, dtype=np.int64), units, size)

    def _parties(self, size: int) -> Iterator[list[int]]:
        """The units with unproved cells in random parties, filled up, and all they share."""
        part = self.made.table.part[self.ledger.unproved()]
        needy = np.unique(part[part < self.layout.units])
        everyone = np.arange(self.layout.units)
        for party in self._filled(needy if len(needy) else everyone, everyone, size):
            yield [*party, *self.layout.shared]

    def _filled(self, needy: IntArray, units: IntArray, size: int) -> Iterator[list[int]]:
        shuffled = self.random.permutation(needy)
        # Units of one cluster beside each other: most parties can leave its total as it is.
        shuffled = shuffled[np.argsort(self.layout.home[shuffled], kind="stable")]
        for start in range(0, len(shuffled), size):
            party = shuffled[start : start + size].tolist()
            fill = self.random.permutation(np.setdiff1d(units, party))[: size - len(party)]
            yield [*party, *fill.tolist()]

    def _explore(self, parts: list[int], window: tuple[int, int], worth: float) -> None:
        """Push many unproved cells of ``parts`` at once, until pushing proves nothing more."""
        inside = np.isin(self.made.table.part, parts)
        inside &= (self.made.table.first >= window[0]) & (self.made.table.last <= window[1])
        near, idle = None, 0
        for _ in range(ROUNDS * len(parts)):
            wanted = np.flatnonzero(self.ledger.unproved() & inside)
            if not len(wanted) or idle == IDLE:
                return
            near = near or Neighbourhood(self.layout, self.made, parts, window, elastic=worth > 0)
            move = near.push((worth or 1.0) * self._wishes(wanted))
            idle = 0 if move is not None and self._enter(move) else idle + 1

    def _wishes(self, wanted: IntArray) -> FloatArray:
        """Random weights, in a direction in which the count has room."""
        true, low, high = self.made.table.true, self.made.low, self.made.high
        wishes: FloatArray = np.zeros(len(true))
        up, down = true[wanted] < high[wanted], true[wanted] > np.maximum(low[wanted], 0)
        sign = np.where(up & down, self.random.choice([-1.0, 1.0], len(wanted)), up * 2.0 - 1.0)
        wishes[wanted] = sign * self.random.uniform(0.5, 1.5, len(wanted))
        return wishes

    def _enter(self, move: Move) -> bool:
        """Keep a move that settles something and that plain arithmetic confirms.

        What it oversteps of the new prints is widened.
        """
        if not self.ledger.is_furthered_by(move):
            return False
        self._make_room(move)
        if not agrees(self.made.table, self.made.low, self.made.high, move):
            return False
        self.ledger.enter(move)
        self.moves.append(move)
        return True

    def _settle(self, cell: int) -> None:
        """Prove one cell against every reader, widening what must be, the least useful first."""
        tries = TRIES
        while tries and self.ledger.unproved()[cell]:
            found = self._cheapest(cell, self.ledger.reader_of(cell), tries % 2 > 0)
            if found is None or not self._enter(found):
                tries -= 1

    def _cheapest(self, cell: int, reader: int, is_near: bool) -> Move | None:
        """The cheapest move of ``cell`` that ``reader`` cannot rule out: one that begins like a
        known one; else among few units (those ``is_near`` first, or any), then twice as many, at
        last all. Where persons exchange what they are, first with all totals as they are.
        """
        others = self._others(cell, reader, is_near)
        best, price = self._cheapest_known(cell, reader, others)
        if price < FREE:
            return best
        wishes = self._wishes(np.flatnonzero(self.ledger.unproved()))
        own = int(self.made.table.part[cell])
        for only in (self.made.table.personal, None) if self.settings.exchanges else (None,):
            for size in self._sizes(len(others)):
                if best is not None and size > MANY:
                    break
                parts = {own, *others[:size].tolist(), *self.layout.shared}
                near = Neighbourhood(self.layout, self.made, parts, elastic=True, only=only)
                for step in self.ledger.wanted(cell, reader):
                    best, price = near.force(cell, step, wishes, price) or (best, price)
                    if price < FREE:
                        return best
        return best

    def _sizes(self, most: int) -> Iterator[int]:
        """Of parties: each twice the one before, at last all that may move for one cell."""
        most = min(self.settings.crowd or self.layout.units, most)
        size = self.settings.partners
        while size < most:
            yield size
            size *= 2
        yield most

    def _cheapest_known(
        self, cell: int, reader: int, others: IntArray
    ) -> tuple[Move | None, float]:
        """The same among moves that begin like known ones and go on with a few ``others``, and its
        price.
        """
        best, price = None, np.inf
        nothing, own = np.zeros(len(self.made.table.ids)), int(self.made.table.part[cell])
        for known, step in self._known_of(cell, reader):
            for months in GOING_ON:
                begun = self._until(known, months)
                if not self._is_possible(begun):
                    continue
                few = others[: self.settings.partners].tolist()
                parts = {own, *self._parts_of(begun), *few}
                near = Neighbourhood(self.layout, self.made, parts, elastic=True, begun=begun)
                found = (
                    near.cheapest(nothing, price)
                    if cell in begun.cells
                    else near.force(cell, step, nothing, price)
                )
                best, price = found or (best, price)
                if price < FREE:
                    return best, price
        return best, price

    def _known_of(self, cell: int, reader: int) -> Iterator[tuple[Move, int]]:
        """A few known moves that would prove ``cell`` against ``reader``, and their step of it."""
        all_ = [
            (known, step)
            for step in self.ledger.wanted(cell, reader)
            for known in self.known.get((cell, step), ())
        ]
        left = FEW
        for place in self.random.permutation(len(all_)):
            known = all_[place][0]
            blocks = self.made.table.block[known.cells]
            if left and (reader == SHARED or not (blocks == reader).any()):
                left -= 1
                yield all_[place]

    def _until(self, move: Move, months: int) -> Move:
        """The beginning of a move, up to so many months before the end."""
        begins = self.made.table.last[move.cells] < self.layout.months - months
        return Move(move.cells[begins], move.steps[begins])

    def _others(self, cell: int, reader: int, is_near: bool) -> IntArray:
        """The units that may move with ``cell``; those first that can leave its cluster's total as
        it is together with it.
        """
        own = int(self.made.table.part[cell])
        others = self._near(cell) if is_near else self.random.permutation(self.layout.units)
        others = others[(others != reader) & (others != own)].astype(np.int64)
        home = self.layout.home[own] if own < self.layout.units else own
        abroad: BoolArray = self.layout.home[others] != home
        near_first: IntArray = others[np.argsort(abroad, kind="stable")]
        return near_first

    def _near(self, cell: int) -> IntArray:
        """All units at random, those first that hold something of what adds up with ``cell``."""
        table, layout = self.made.table, self.layout
        near = layout.cell[np.isin(layout.rel, layout.rel[layout.cell == cell])]
        holding = table.part[near[table.true[near] > 0]]
        units = self.random.permutation(layout.units)
        return units[np.argsort(~np.isin(units, holding), kind="stable")]

    def _make_room(self, move: Move) -> None:
        """Widen the new prints that the move oversteps, no further than it needs."""
        made = self.made
        last = move.applied_to(made.table.true)
        may = made.may_widen()
        for cell in move.cells:
            if made.low[cell] <= last[cell] <= made.high[cell] or not may[cell]:
                continue
            for width in WIDER:
                low, high = ranges(made.table.true[[cell]], width, self.settings)
                if low[0] <= last[cell] <= high[0]:
                    made.widen(int(cell), width)
                    break
