"""Tables that people hand in: CSV (UTF-8, also with a byte-order mark) or XLSX, read as rows of
text.

Whoever imports checks every row first and answers with faults: row, column, reason. Rows are
numbered as a spreadsheet shows them: the heading is row 1.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from flask_babel import lazy_gettext as _l
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from casework.core.forms import clean

HEADING_ROW = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell. Row 0 is the file as a whole."""

    row: int
    column: str
    reason: str


class SheetRefused(Exception):
    """Nothing was written: the file has faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row by column name; a missing cell is empty text."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_sheet(path: Path, columns: Iterable[str]) -> list[SheetRow]:
    """The rows of a file that has at least these columns. Raises SheetRefused."""
    lines = list(_xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path))
    heading = [clean(name).lower() for name in lines[0]] if lines else []
    missing = [column for column in columns if column not in heading]
    if missing:
        raise SheetRefused(
            [Fault(HEADING_ROW, column, str(_l("This column is missing."))) for column in missing]
        )
    rows = [
        SheetRow(number, dict(zip(heading, map(clean, line), strict=False)))
        for number, line in enumerate(lines[1:], start=HEADING_ROW + 1)
        if any(cell.strip() for cell in line)
    ]
    if not rows:
        raise _unreadable(_l("The file holds no rows."))
    _refuse_formulas(rows)
    return rows


def _refuse_formulas(rows: Iterable[SheetRow]) -> None:
    """What a formula comes to depends on the program that opens the file; a value does not."""
    reason = str(_l("A formula stands here. Put its value in its place."))
    formulas = [
        Fault(row.number, column, reason)
        for row in rows
        for column, text in row.cells.items()
        if text.startswith("=")
    ]
    if formulas:
        raise SheetRefused(formulas)


def day_of(text: str) -> date:
    """A day as 2025-07-01 or 01/07/2025. Raises ValueError."""
    if "/" in text:
        day, month, year = text.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)


def _csv(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            # Excel in Vietnamese separates with semicolons.
            separator = ";" if heading.count(";") > heading.count(",") else ","
            yield from csv.reader(file, delimiter=separator, strict=True)
    except UnicodeDecodeError:
        raise _unreadable(_l("The file is not UTF-8. Save it as “CSV UTF-8”.")) from None
    except (csv.Error, OSError) as error:
        raise _unreadable(_l("The file can't be read: %(why)s.", why=error)) from None


def _xlsx(path: Path) -> Iterator[list[str]]:
    try:
        book = load_workbook(path, read_only=True)
        try:
            for line in book.worksheets[0].iter_rows(values_only=True):
                yield [_text(cell) for cell in line]
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, KeyError, IndexError, OSError):
        raise _unreadable(_l("This is not an Excel workbook (.xlsx).")) from None


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _unreadable(reason: Any) -> SheetRefused:
    return SheetRefused([Fault(0, "", str(reason))])
