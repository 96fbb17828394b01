"""The true table, and what is printed of it: a range five wide, computed from the record.

A *cell* is one count; its index is its place in every array (shape ``(cells,)``). A *relation* is
a public sum over cells, ``Σ coef · cell = rhs``; "at most" is written with a slack cell, which is
never printed and counts nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

OPEN = 1 << 40
"""The upper end of a range that has none."""

SHARED = -1
"""The block of a cell that belongs to no single unit: clusters and the province."""

SMALLEST_K = 5


class TableWrong(ValueError):
    """The counts break a public relation or an earlier print; names the relations or cells."""


class Shown(StrEnum):
    """How a reader meets a cell."""

    EXACT = "exact"
    BAND = "band"
    NONE = "none"


class Width(IntEnum):
    """How far a print is widened; every step only adds tables that agree with the prints."""

    EXACT = -1  # only counts of k and more, and only where the proof allows it
    NARROW = 0  # 0–4, 5–9, 10–14
    DOUBLE = 1  # 0–9, 10–19
    OPEN_ENDED = 2  # "5 or more"; a count below five goes on to HIDDEN
    HIDDEN = 3


@dataclass(frozen=True)
class Protection:
    """Settings. ``k`` and ``width`` may be raised, never lowered below five.

    ``knowing_unit``: protect also against a reader who knows every cell of one unit.
    ``partners``: units that may move together in one search. ``window``: months that may, before
    all do. ``crowd``: the most units that move for the sake of one cell, None for all. ``hides``:
    where cells stay unproved, new prints of their months are given up, and then all new ones.
    ``exchanges``: persons may exchange what they are told apart by, and only such counts are to be
    proved, so that the others need not change.
    ``patience``: seconds for a move of whole numbers where the quick way finds none. ``seed`` makes
    runs repeatable, as far as patience does.
    """

    k: int = SMALLEST_K
    width: int = 5
    knowing_unit: bool = True
    partners: int = 6
    window: int = 9
    crowd: int | None = None
    hides: bool = False
    exchanges: bool = False
    patience: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < SMALLEST_K or self.width < self.k:
            raise ValueError("k is at least 5, and a range at least k wide, so that 0 hides in it")


@dataclass(frozen=True)
class Relations:
    """Sparse rows ``Σ coef · cell = rhs[rel]``: three parallel arrays and one value per row."""

    rel: IntArray
    cell: IntArray
    coef: IntArray
    rhs: IntArray

    def broken_by(self, values: IntArray) -> IntArray:
        """The rows that ``values`` (one per cell) does not satisfy."""
        left = np.zeros(len(self.rhs), dtype=np.int64)
        np.add.at(left, self.rel, self.coef * values[self.cell])
        return np.flatnonzero(left != self.rhs)

    def are_kept_by(self, cells: IntArray, steps: IntArray) -> bool:
        """Whether changing ``cells`` by ``steps`` leaves the left side of every row as it is."""
        starts, order = self._by_cell
        cells = np.minimum(cells, len(starts) - 2)  # beyond lie cells of no relation
        counts = starts[cells + 1] - starts[cells]
        ends = np.cumsum(counts)
        entry = np.arange(ends[-1] if len(ends) else 0) + np.repeat(
            starts[cells] - ends + counts, counts
        )
        entries = order[entry]
        change = self.coef[entries] * np.repeat(steps, counts)
        rows, row = np.unique(self.rel[entries], return_inverse=True)
        left = np.zeros(len(rows), dtype=np.int64)
        np.add.at(left, row, change)
        return not left.any()

    @cached_property
    def _by_cell(self) -> tuple[IntArray, IntArray]:
        """Entries in the order of their cells, and where each cell's begin."""
        order = np.argsort(self.cell, kind="stable")
        cells = int(self.cell.max(initial=-1)) + 2
        starts = np.searchsorted(self.cell[order], np.arange(cells + 1))
        return starts.astype(np.int64), order


@dataclass(frozen=True)
class Table:
    """True counts with what is public about them.

    ``printed`` is false for cells that are only implied by the relations; ``candidate`` cells are
    printed exactly where the proof allows it; of ``telling`` cells even presence must not be known.
    ``part`` numbers units, then clusters, then the province; ``block`` is the number of the unit
    that knows the cell, or ``SHARED``. ``first`` and ``last`` number the months a cell is about.
    ``usefulness`` orders widening: the least useful figure gives way first. No move takes a count
    below ``floor`` or above ``ceiling``, whatever its print allows: other tables hang on it.
    """

    ids: tuple[str, ...]
    true: IntArray
    personal: BoolArray
    printed: BoolArray
    candidate: BoolArray
    telling: BoolArray
    part: IntArray
    block: IntArray
    first: IntArray
    last: IntArray
    usefulness: IntArray
    floor: IntArray
    ceiling: IntArray
    relations: Relations

    def small(self, k: int) -> BoolArray:
        """Cells that must not become known: true counts of persons from 1 to k - 1."""
        return self.personal & (self.true >= 1) & (self.true < k)


@dataclass(frozen=True)
class Prints:
    """What a reader sees: ``low <= count <= high``, ``high == OPEN`` where there is no end."""

    ids: tuple[str, ...]
    low: IntArray
    high: IntArray
    shown: tuple[Shown, ...]


@dataclass
class Draft:
    """Prints while they are decided. ``frozen`` cells were printed before and never change."""

    table: Table
    settings: Protection
    low: IntArray
    high: IntArray
    width: IntArray
    frozen: BoolArray
    shown_before: dict[int, Shown] = field(default_factory=dict)

    def widen(self, cell: int, width: Width) -> None:
        true = self.table.true[[cell]]
        low, high = ranges(true, width, self.settings)
        if high[0] == OPEN and low[0] == 0:
            width = Width.HIDDEN
        self.low[cell], self.high[cell], self.width[cell] = low[0], high[0], width

    def may_widen(self) -> BoolArray:
        """New prints of persons that are not yet hidden."""
        table = self.table
        return table.personal & table.printed & ~self.frozen & (self.width < Width.HIDDEN)

    def prints(self) -> Prints:
        return Prints(
            self.table.ids,
            self.low.copy(),
            self.high.copy(),
            tuple(self._shown(cell) for cell in range(len(self.table.ids))),
        )

    def _shown(self, cell: int) -> Shown:
        if cell in self.shown_before:
            return self.shown_before[cell]
        if not self.table.printed[cell] or self.width[cell] == Width.HIDDEN:
            return Shown.NONE
        return Shown.EXACT if self.width[cell] == Width.EXACT else Shown.BAND


def ranges(true: IntArray, width: Width, settings: Protection) -> tuple[IntArray, IntArray]:
    """Lower and upper ends of truthful prints of ``true``. Zero has no print of its own."""
    if width == Width.EXACT:
        return true.copy(), true.copy()
    wide = settings.width * (2 if width == Width.DOUBLE else 1)
    if width <= Width.DOUBLE:
        low = true // wide * wide
        return low, low + wide - 1
    low = np.zeros_like(true)
    if width == Width.OPEN_ENDED:
        low[true >= settings.width] = settings.width
    return low, np.full_like(true, OPEN)


def draft(table: Table, frozen: Prints | None, settings: Protection) -> Draft:
    """The narrowest truthful prints, earlier ones taken over as they stand.

    Exact is a candidate of k or more: a small count, and zero with it, is never printed exactly.

    Raises ``TableWrong`` when a relation or an earlier print does not hold for the true counts.
    """
    _check_relations(table)
    low, high = ranges(table.true, Width.NARROW, settings)
    exact = table.printed & (~table.personal | (table.candidate & (table.true >= settings.k)))
    low[exact] = high[exact] = table.true[exact]
    low[~table.printed], high[~table.printed] = 0, OPEN
    width = np.where(table.printed, Width.NARROW, Width.HIDDEN).astype(np.int64)
    width[exact] = Width.EXACT
    made = Draft(table, settings, low, high, width, np.zeros(len(low), dtype=np.bool_))
    if frozen is not None:
        _take_over(made, frozen)
    return made


def _check_relations(table: Table) -> None:
    broken = table.relations.broken_by(table.true)
    if len(broken):
        row = table.relations.rel == broken[0]
        cells = [table.ids[cell] for cell in table.relations.cell[row][:6]]
        raise TableWrong(f"{len(broken)} relations do not hold, first over {', '.join(cells)}")
    if (table.true < 0).any():
        raise TableWrong(f"below zero: {_names(table.ids, np.flatnonzero(table.true < 0))}")


def _take_over(made: Draft, frozen: Prints) -> None:
    places = {cell: place for place, cell in enumerate(made.table.ids)}
    for here, there in ((places[c], n) for n, c in enumerate(frozen.ids) if c in places):
        made.low[here], made.high[here] = frozen.low[there], frozen.high[there]
        made.frozen[here] = True
        made.shown_before[here] = frozen.shown[there]
    true = made.table.true
    false = np.flatnonzero((true < made.low) | (true > made.high))
    if len(false):
        raise TableWrong(f"earlier prints no longer hold: {_names(made.table.ids, false)}")


def _names(ids: Sequence[str], cells: IntArray) -> str:
    return ", ".join(ids[cell] for cell in cells[:6]) + (" …" if len(cells) > 6 else "")
