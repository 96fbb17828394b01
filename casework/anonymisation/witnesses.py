"""The moves that proved earlier editions, for the proof of the next. Pure.

Months later a small count is as small as it was, and what is printed of it is frozen, often as
tightly as its one proof allowed. To find that move again may take long; to look at it takes no
time. So the moves of the newest edition are kept beside its counts. They are no more than hints:
each is checked like any other, and where they are lost, they are searched for.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from casework.anonymisation.measures import days_of, last_month
from casework.anonymisation.plan import (
    Cell,
    ends_quarter,
    months_between,
    next_month,
    previous_month,
)
from casework.anonymisation.protection import Move, Result
from casework.anonymisation.relations import Frame
from casework.inspection.readmodel.models import Measure

Steps = Mapping[Cell, int]
"""A move: by how much each count changes."""

Witnesses = dict[str, Sequence[Steps]]
"""The moves of each proof, by the name of the proof."""


def steps_of(frame: Frame, result: Result) -> list[Steps]:
    """The moves of a proof, by cells."""
    return [
        {
            frame.cells[place]: step
            for place, step in zip(move.cells.tolist(), move.steps.tolist(), strict=True)
        }
        for move in result.moves
    ]


def moves_in(frame: Frame, moves: Iterable[Steps], last: str) -> Iterator[Move]:
    """Moves of the months up to ``last`` as moves of a frame that goes on, in several ways: who is
    open elsewhere at the end stays there, or comes back in the month after, which takes other
    flows. The same with the end of the quarter before, so that a quarter which is whole by now can
    be as it was. Moves of a cell that the frame has not are left out.
    """
    ends = [_GoingOn(frame, end) for end in dict.fromkeys((last, _quarter_end(last)))]
    for steps in moves:
        if not steps.keys() <= frame.place.keys():
            continue
        for going_on in ends:
            until = going_on.until(steps)
            if until:
                yield _move(frame, going_on.stay(until))
            if going_on.moves_stock(until):
                yield _move(frame, going_on.come_back(until))


class _GoingOn:
    """The cells of a frame that hang on the stocks of ``last``: by unit, and their sums."""

    def __init__(self, frame: Frame, last: str) -> None:
        self.last = last
        month = next_month(last)
        self.stocks: dict[str, list[Cell]] = {}
        self.flows: dict[str, list[Cell]] = {}
        self.wholes: dict[str, list[Cell]] = {}
        self.slack: dict[str, list[Cell]] = {}
        self.above: dict[Cell, list[Cell]] = {}
        for cell in frame.cells:
            kind = self._kind(cell, month)
            if kind is None:
                continue
            if cell.level == "unit":
                kind.setdefault(cell.unit, []).append(cell)
            else:
                for part in _parts(frame, cell):
                    self.above.setdefault(part, []).append(cell)

    def _kind(self, cell: Cell, month: str) -> dict[str, list[Cell]] | None:
        if cell.measure == Measure.OPEN and cell.period > _last_stock(cell, self.last):
            return self.stocks
        if cell.measure == f"slack-{Measure.SUPPORTED}" and last_month(cell.period) > self.last:
            return self.slack
        if cell.measure not in (Measure.NEW, Measure.CLOSED) or cell.category is not None:
            return None
        if cell.period == month:
            return self.flows
        return self.wholes if _is_whole(cell) and last_month(cell.period) > self.last else None

    def until(self, steps: Steps) -> Steps:
        """What has changed up to the end."""
        return {cell: step for cell, step in steps.items() if last_month(cell.period) <= self.last}

    def moves_stock(self, steps: Steps) -> bool:
        return any(
            cell.level == "unit" and cell.period == self.last and cell.measure == Measure.OPEN
            for cell in steps
        )

    def stay(self, steps: Steps) -> Steps:
        """Who is open elsewhere stays there."""

        def step_of(cell: Cell) -> int:
            return steps.get(cell._replace(period=_last_stock(cell, self.last)), 0)

        return self._with(steps, self.stocks, step_of)

    def come_back(self, steps: Steps) -> Steps:
        """Who is open elsewhere comes back with the flows of the month after."""

        def step_of(cell: Cell) -> int:
            more = steps.get(cell._replace(measure=Measure.OPEN, period=self.last), 0)
            return max(more if cell.measure == Measure.CLOSED else -more, 0)

        return self._with(steps, self.flows, step_of)

    def _with(
        self,
        steps: Steps,
        cells: Mapping[str, Sequence[Cell]],
        step_of: Callable[[Cell], int],
    ) -> Steps:
        """The steps, with those of ``cells`` and of all that hangs on them."""
        all_ = Counter(steps)
        for unit in dict.fromkeys(cell.unit for cell in steps if cell.level == "unit"):
            own = {cell: step_of(cell) for cell in cells.get(unit, ())}
            all_.update(own)
            for cell in self.wholes.get(unit, ()):
                own[cell] = all_[cell] = sum(all_[each] for each in _months(cell))
            for cell, step in own.items():
                for above in self.above.get(cell, ()):
                    all_[above] += step
            for cell in self.slack.get(unit, ()):
                end = Cell("unit", unit, Measure.OPEN, last_month(cell.period))
                all_[cell] = (
                    all_[end] + all_[end._replace(measure=Measure.CLOSED, period=cell.period)]
                )
        return all_


def _move(frame: Frame, steps: Steps) -> Move:
    moved = {frame.place[cell]: step for cell, step in steps.items() if step}
    return Move(
        np.array(list(moved), dtype=np.int64), np.array(list(moved.values()), dtype=np.int64)
    )


def _is_whole(cell: Cell) -> bool:
    """Whether it adds up months."""
    return len(cell.period) == 4 or "Q" in cell.period


def _months(cell: Cell) -> Iterator[Cell]:
    first, last = days_of(cell.period)
    for month in months_between(f"{first:%Y-%m}", f"{last:%Y-%m}"):
        yield cell._replace(period=month)


def _last_stock(cell: Cell, last: str) -> str:
    """The last month up to ``last`` for which there is such a cell: by category, a quarter's."""
    return last if cell.category is None else _quarter_end(last)


def _quarter_end(month: str) -> str:
    """The last end of a quarter up to a month."""
    while not ends_quarter(month):
        month = previous_month(month)
    return month


def _parts(frame: Frame, cell: Cell) -> Iterator[Cell]:
    if cell.level == "cluster":
        yield from frame.parts_of(cell)
        return
    for unit in frame.units:
        yield cell._replace(level="unit", unit=unit)


def pack(witnesses: Witnesses) -> bytes:
    """Small enough for a row: names of cells once, then for each move their numbers and steps."""
    cells = {cell: None for moves in witnesses.values() for steps in moves for cell in steps}
    place = {cell: number for number, cell in enumerate(cells)}
    text = json.dumps(
        {
            "cells": list(cells),
            "proofs": {
                name: [[[place[cell], step] for cell, step in steps.items()] for steps in moves]
                for name, moves in witnesses.items()
            },
        },
        separators=(",", ":"),
    )
    return zlib.compress(text.encode())


def unpack(packed: bytes) -> Witnesses:
    """What ``pack`` made. What cannot be read is lost, as hints may be: nothing."""
    try:
        held = json.loads(zlib.decompress(packed))
        cells = [Cell(*cell) for cell in held["cells"]]
        return {
            name: [{cells[place]: int(step) for place, step in steps} for steps in moves]
            for name, moves in held["proofs"].items()
        }
    except (zlib.error, ValueError, TypeError, LookupError, AttributeError):
        return {}
