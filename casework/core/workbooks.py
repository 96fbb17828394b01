"""Spreadsheets handed out. A text stays a text: what begins like a formula is never one."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import quote

from flask import Response
from xlsxwriter import Workbook

from casework.core.text import fold
from casework.core.uploads import XLSX

_NEUTRAL = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

# What a cell begins with that spreadsheets compute; so do letters of full width.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines above, a heading row, rows (texts, whole numbers, days), a foot."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    above: Sequence[str] = ()
    below: Sequence[Sequence[Any]] = ()


def write_sheet(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    above: Sequence[str] = (),
    below: Sequence[Sequence[Any]] = (),
) -> bytes:
    """An XLSX of one sheet.

    What the program reads back has nothing `above`: the heading is row 1. Column names of a
    template are the codes that the import asks for.
    """
    return write_sheets(Sheet(title, columns, rows, above, below))


def write_sheets(*sheets: Sheet) -> bytes:
    """An XLSX, its sheets in order."""
    output = BytesIO()
    with Workbook(output, _NEUTRAL) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1})
        strong = book.add_format({"bold": True})
        looks = {
            "text": book.add_format({"text_wrap": True, "valign": "top", "border": 1}),
            "number": book.add_format({"num_format": "#,##0", "valign": "top", "border": 1}),
            "day": book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "border": 1}),
        }
        for each in sheets:
            _fill(book.add_worksheet(_sheet_name(each.title)), each, bold, strong, looks)
    return output.getvalue()


def _fill(page: Any, sheet: Sheet, bold: Any, strong: Any, looks: dict[str, Any]) -> None:
    for number, line in enumerate(sheet.above):
        page.write_string(number, 0, line, strong)
    first = len(sheet.above) + bool(sheet.above)
    widths = [max(10, len(name)) for name in sheet.columns]
    for column, name in enumerate(sheet.columns):
        page.write_string(first, column, name, bold)
    for number, row in enumerate([*sheet.rows, *sheet.below], start=first + 1):
        for column, value in enumerate(row):
            _write(page, number, column, value, looks)
            widths[column] = max(widths[column], min(60, len(str(value or ""))))
    for column, width in enumerate(widths):
        page.set_column(column, column, width + 2)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    if not sheet.above:
        page.freeze_panes(1, 0)


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as CSV: UTF-8 with a byte-order mark, without which Excel garbles Vietnamese."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow([_neutral(name) for name in columns])
    writer.writerows([_neutral(value) for value in row] for row in rows)
    return lines.getvalue().encode("utf-8-sig")


def send_file(content: bytes, filename: str, media_type: str = XLSX) -> Response:
    """An answer that is saved, never shown, and not kept by the browser."""
    answer = Response(content, mimetype=media_type)
    # A header holds Latin-1 at most: names with other letters go in the form of RFC 8187 beside it.
    plain = fold(filename).encode("ascii", "replace").decode()
    answer.headers.set(
        "Content-Disposition",
        "attachment",
        filename=plain.replace("?", "_"),
        **{"filename*": f"UTF-8''{quote(filename, safe='')}"},
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _neutral(value: Any) -> Any:
    """A text as a text: with an apostrophe where spreadsheets would take it for a formula."""
    is_formula = isinstance(value, str) and value.lstrip().startswith(_FORMULA)
    return f"'{value}" if is_formula else value


def _write(sheet: Any, row: int, column: int, value: Any, looks: dict[str, Any]) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, looks["text"])
    elif isinstance(value, bool):
        sheet.write_string(row, column, "x" if value else "", looks["text"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, looks["day"])
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, looks["number"])
    else:
        sheet.write_string(row, column, str(value), looks["text"])


def _sheet_name(title: str) -> str:
    """Excel takes 31 characters and none of []:*?/\\ ."""
    return "".join(" " if letter in "[]:*?/\\" else letter for letter in title)[:31].strip() or "1"
