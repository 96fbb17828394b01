"""The moves that proved earlier editions, for the proof of the next. Pure.

Months later a small count is as small as it was, and what is printed of it is frozen, often as
tightly as its one proof allowed. To find that move again may take long; to find how it goes on in
the months since is quick. So the moves of the newest edition are kept beside its counts. They are
no more than hints: each is checked like any other, and where they are lost, they are searched for.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from casework.anonymisation.measures import last_month
from casework.anonymisation.plan import (
    Cell,
)
from casework.anonymisation.protection import Move, Result
from casework.anonymisation.relations import Frame

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
    """Moves of the months up to ``last`` in a frame that goes on: how they go on there is still to
    be found. Moves of a cell that the frame has not are left out.
    """
    for steps in moves:
        if not steps.keys() <= frame.place.keys():
            continue
        until = {cell: step for cell, step in steps.items() if last_month(cell.period) <= last}
        if until:
            yield Move(
                np.array([frame.place[cell] for cell in until], dtype=np.int64),
                np.array(list(until.values()), dtype=np.int64),
            )


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
