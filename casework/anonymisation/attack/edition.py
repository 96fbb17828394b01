"""An edition as its reader has it: printed ranges, public relations and shares, read from files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from casework.anonymisation.attack.shares import Share

CEILING = 10_000_000
"""No count of persons or attendances in a province is higher; stands for "no upper end"."""


@dataclass(frozen=True)
class Edition:
    """Parallel arrays over cells (``low <= count <= high``) and over entries of relations.

    ``Σ coef[e] · count[cell[e]] = rhs[rel[e]]``. ``kinds`` group cells in reports. ``redrawn`` are
    cells that two editions print differently.
    """

    ids: tuple[str, ...]
    kinds: tuple[str, ...]
    personal: NDArray[np.bool_]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    rel: NDArray[np.int64]
    cell: NDArray[np.int64]
    coef: NDArray[np.int64]
    rhs: NDArray[np.int64]
    redrawn: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()


class EditionUnreadable(ValueError):
    """A file that is missing, cut short or not as described; says which and where."""


def read(*folders: Path) -> Edition:
    """Read ``cells.csv``, ``relations.csv`` and, if there is one, ``shares.csv`` of an edition, and
    of others printed before it.
    """
    ids: dict[str, int] = {}
    kinds: list[str] = []
    personal: list[bool] = []
    low: list[int] = []
    high: list[int] = []
    redrawn: list[str] = []
    entries: list[tuple[int, int, int]] = []
    rhs: list[int] = []
    shares: dict[str, Share] = {}
    for folder in folders:
        for row in _rows(folder / "cells.csv", ("id", "level", "measure", "shown", "personal")):
            at_least, at_most = _ends(row, folder)
            place = ids.setdefault(row["id"], len(ids))
            if place == len(kinds):
                kinds.append(f"{row['level']} {row['measure']}")
                personal.append(row["personal"] == "1")
                low.append(at_least)
                high.append(at_most)
                continue
            before = (low[place], high[place])
            if before != (at_least, at_most) and _told(before) and _told((at_least, at_most)):
                redrawn.append(row["id"])
            low[place], high[place] = max(before[0], at_least), min(before[1], at_most)
        entries += _relations(folder, ids, rhs)
        told = _shares(folder, ids)
        redrawn += [one.id for one in told if shares.setdefault(one.id, one) != one]
    rel, cell, coef = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    return Edition(
        tuple(ids),
        tuple(kinds),
        np.array(personal, dtype=np.bool_),
        np.array(low, dtype=np.int64),
        np.array(high, dtype=np.int64),
        rel,
        cell,
        coef,
        np.array(rhs, dtype=np.int64),
        tuple(redrawn),
        tuple(shares.values()),
    )


def _relations(folder: Path, ids: dict[str, int], rhs: list[int]) -> list[tuple[int, int, int]]:
    """The entries of a folder's relations; their right sides are added to ``rhs``."""
    names: dict[str, int] = {}
    entries = []
    for row in _rows(folder / "relations.csv", ("rel", "cell", "coef", "rhs")):
        if row["rel"] not in names:
            names[row["rel"]] = len(rhs)
            rhs.append(_whole(row["rhs"], folder))
        if row["cell"] not in ids:
            raise EditionUnreadable(f"{folder}: relations name an unknown cell {row['cell']}")
        entries.append((names[row["rel"]], ids[row["cell"]], _whole(row["coef"], folder)))
    return entries


def _shares(folder: Path, ids: dict[str, int]) -> list[Share]:
    path = folder / "shares.csv"
    if not path.exists():  # editions written before there were any
        return []
    found = []
    for row in _rows(path, ("id", "of", "at_most", "low", "high")):
        ends = _whole(row["low"], folder), _whole(row["high"], folder)
        unknown = {row["of"], row["at_most"]} - ids.keys() - {""}
        if unknown or not row["of"]:
            raise EditionUnreadable(f"{path}: shares name an unknown cell in {row['id']}")
        found.append(Share(row["id"], row["of"], row["at_most"], *ends))
    return found


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := set(needed) - set(reader.fieldnames or ()):
                raise EditionUnreadable(f"{path}: no column {', '.join(sorted(missing))}")
            return [{key: value or "" for key, value in row.items() if key} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EditionUnreadable(f"{path}: {error}") from error


def _ends(row: dict[str, str], folder: Path) -> tuple[int, int]:
    if row["shown"] == "exact":
        value = _whole(row.get("value", ""), folder)
        return value, value
    if row["shown"] == "band":
        end = row.get("hi", "")
        return _whole(row.get("lo", ""), folder), _whole(end, folder) if end else CEILING
    return 0, CEILING


def _told(ends: tuple[int, int]) -> bool:
    return ends != (0, CEILING)


def _whole(text: str, folder: Path) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise EditionUnreadable(f"{folder}: {text!r} is not a whole number") from error
