"""Tables that people hand in: CSV (UTF-8, also with a byte-order mark) or XLSX, read as rows of
text.

Whoever imports checks every row first and answers with faults: row, column, reason. Rows are
numbered as a spreadsheet shows them: the heading is row 1.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from flask_babel import lazy_gettext as _l
from openpyxl import load_workbook

from casework.core.forms import clean
from casework.core.uploads import XLSX, Upload

HEADING_ROW = 1
MAX_ROWS, MAX_COLUMNS = 5000, 100
# As many as somebody may put right before sending the file again.
MOST_FAULTS = 200
# What a command reads: every commune of the country, past ones too.
MAX_ROWS_OF_A_FILE = 100_000
MAX_UNPACKED = 60 * 1024 * 1024


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
        self.faults = list(faults[:MOST_FAULTS])
        if len(faults) > MOST_FAULTS:
            more = str(_l("And %(count)s more.", count=len(faults) - MOST_FAULTS))
            self.faults.append(Fault(0, "", more))


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row by column name; a missing cell is empty text."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_sheet(path: Path, columns: Iterable[str]) -> list[SheetRow]:
    """The rows of a file that has at least these columns. Raises SheetRefused."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(_l("The file can't be read: %(why)s.", why=error)) from None
    return _rows(_xlsx(content) if path.suffix.lower() == ".xlsx" else _csv(content), columns)


def read_sent_sheet(upload: Upload, columns: Iterable[str]) -> list[SheetRow]:
    """The rows of a file that somebody sent, at most MAX_ROWS. Raises SheetRefused."""
    lines = _xlsx(upload.content) if upload.media_type == XLSX else _csv(upload.content)
    return _rows(islice(lines, MAX_ROWS + 2), columns, limit=MAX_ROWS)


def _rows(
    found: Iterable[list[str]], columns: Iterable[str], limit: int | None = None
) -> list[SheetRow]:
    lines = list(found)
    if limit is not None and len(lines) > limit + 1:
        raise _unreadable(_l("The file has more than %(limit)s rows.", limit=limit))
    heading = [clean(name).lower() for name in lines[0]] if lines else []
    missing = [column for column in columns if column not in heading]
    if missing:
        raise SheetRefused(
            [Fault(HEADING_ROW, column, str(_l("This column is missing."))) for column in missing]
        )
    twice = sorted({column for column in heading if column and heading.count(column) > 1})
    if twice:
        reason = str(_l("This column stands there twice."))
        raise SheetRefused([Fault(HEADING_ROW, column, reason) for column in twice])
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
    if "/" not in text:
        return date.fromisoformat(text)
    day, month, year = text.split("/")
    if len(year) != len("2025"):
        raise ValueError(text)
    return date(int(year), int(month), int(day))


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
        # Excel in Vietnamese separates with semicolons.
        heading = text.partition("\n")[0]
        separator = ";" if heading.count(";") > heading.count(",") else ","
        yield from csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    except UnicodeDecodeError:
        raise _unreadable(_l("The file is not UTF-8. Save it as “CSV UTF-8”.")) from None
    except csv.Error as error:
        raise _unreadable(_l("The file can't be read: %(why)s.", why=error)) from None


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        _check_parts(content)
        book = load_workbook(BytesIO(content), read_only=True)
        try:
            # A file may claim to be a million columns wide.
            rows = book.worksheets[0].iter_rows(
                max_row=MAX_ROWS_OF_A_FILE, max_col=MAX_COLUMNS, values_only=True
            )
            for line in rows:
                yield [_text(cell) for cell in line]
        finally:
            book.close()
    except SheetRefused:
        raise
    except Exception:  # damaged in whatever way: what reads it has its own dozen of errors
        raise _unreadable(_l("This is not an Excel workbook (.xlsx).")) from None


def _check_parts(content: bytes) -> None:
    """Refuse what would fill the memory, and cells merged over rows: they hold no value of their
    own.
    """
    with ZipFile(BytesIO(content)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
            raise _unreadable(_l("The workbook is too large."))
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        if any(b"<mergeCell " in parts.read(name) for name in sheets):
            raise _unreadable(_l("The sheet has merged cells. Take the merging away."))


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float):
        # 15.125 would be read as fifteen thousand: here a point groups thousands.
        return str(int(cell)) if cell.is_integer() else f"{cell:e}"
    return str(cell)


def _unreadable(reason: Any) -> SheetRefused:
    return SheetRefused([Fault(0, "", str(reason))])
