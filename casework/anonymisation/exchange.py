"""An edition as files, so that anyone can check it.

``cells.csv`` has one line per cell, printed or only implied, and never a value that is not printed.
``relations.csv`` has one line per entry of ``Σ coef · cell = rhs``. ``shares.csv`` has one line per
share told as a band: so many of the cell ``of`` that the share lies between ``low`` and ``high``
whole per cent (89.9 is 89), and never more than the cell ``at_most``, if it names one. Files are
written whole or not at all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from casework.anonymisation.protection.table import OPEN, Prints, Relations, Shown, Table
from casework.anonymisation.relations import Frame

CELLS, RELATIONS, SHARES = "cells.csv", "relations.csv", "shares.csv"


class CellRow(NamedTuple):
    """A line of ``cells.csv``. ``value`` only when exact; ``hi`` None when there is no end."""

    id: str
    level: str
    unit: str
    measure: str
    period: str
    group: str
    sex: str
    age: str
    service: str
    reason: str
    personal: bool
    shown: Shown
    value: int | None
    lo: int | None
    hi: int | None


NAMING = CellRow._fields.index("personal")
"""So many columns of ``cells.csv`` say which cell it is."""


class ShareRow(NamedTuple):
    """A line of ``shares.csv``; ``of`` and ``at_most`` are ids of cells."""

    id: str
    of: str
    at_most: str
    low: int
    high: int


class EditionFiles(NamedTuple):
    cells: tuple[CellRow, ...]
    relations: Relations

    def prints(self) -> Prints:
        """The prints again, for instance as what is frozen for the next period."""
        low = [row.lo if row.lo is not None else row.value or 0 for row in self.cells]
        high = [_upper(row) for row in self.cells]
        return Prints(
            tuple(row.id for row in self.cells),
            np.array(low, dtype=np.int64),
            np.array(high, dtype=np.int64),
            tuple(row.shown for row in self.cells),
        )


def cell_rows(frame: Frame, table: Table, prints: Prints) -> list[CellRow]:
    """What is published of each cell, in the order of the frame."""
    rows = []
    for place, cell in enumerate(frame.cells):
        shown, low, high = prints.shown[place], int(prints.low[place]), int(prints.high[place])
        band = shown is Shown.BAND
        rows.append(
            CellRow(
                cell.id,
                *cell,
                personal=bool(table.personal[place]),
                shown=shown,
                value=low if shown is Shown.EXACT else None,
                lo=low if band else None,
                hi=high if band and high < OPEN else None,
            )
        )
    return rows


def write_edition(
    folder: Path,
    rows: Iterable[CellRow],
    relations: Relations,
    ids: Sequence[str],
    shares: Iterable[ShareRow] = (),
) -> None:
    """Write the files into ``folder``, made if absent. ``ids`` names the relations' cells."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ([*row[:NAMING], int(row.personal), *row[NAMING + 1 :]] for row in rows)
    write_lines(folder / CELLS, CellRow._fields, lines)
    entries = zip(relations.rel, relations.cell, relations.coef, strict=True)
    write_lines(
        folder / RELATIONS,
        ("rel", "cell", "coef", "rhs"),
        ([rel, ids[cell], coef, relations.rhs[rel]] for rel, cell, coef in entries),
    )
    write_lines(folder / SHARES, ShareRow._fields, shares)


def read_edition(folder: Path) -> EditionFiles:
    """The lines and relations that ``write_edition`` wrote."""
    cells = tuple(_cell(line) for line in _read(folder / CELLS))
    place = {row.id: number for number, row in enumerate(cells)}
    lines = list(_read(folder / RELATIONS))
    rel = np.array([int(line["rel"]) for line in lines], dtype=np.int64)
    rhs = np.zeros(int(rel.max(initial=-1)) + 1, dtype=np.int64)
    rhs[rel] = [int(line["rhs"]) for line in lines]
    at = np.array([place[line["cell"]] for line in lines], dtype=np.int64)
    coef = np.array([int(line["coef"]) for line in lines], dtype=np.int64)
    return EditionFiles(cells, Relations(rel, at, coef, rhs))


def write_lines(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """A file of lines under a header, whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
    part.replace(path)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _cell(line: dict[str, str]) -> CellRow:
    value, low, high = (int(line[name]) if line[name] else None for name in ("value", "lo", "hi"))
    text = [line[name] for name in CellRow._fields[:NAMING]]
    return CellRow(
        text[0],
        text[1],
        text[2],
        text[3],
        text[4],
        text[5],
        text[6],
        text[7],
        text[8],
        text[9],
        line["personal"] == "1",
        Shown(line["shown"]),
        value,
        low,
        high,
    )


def _upper(row: CellRow) -> int:
    if row.shown is Shown.EXACT and row.value is not None:
        return row.value
    return OPEN if row.hi is None else row.hi
