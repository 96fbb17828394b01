"""Official papers in DOCX, set as Decree 30/2020/NĐ-CP asks: A4, Times New Roman, margins 20, 20,
30 and 15 mm, the agency on the left, the nation's name on the right, signatures side by side,
"./." at the end.

Papers are Vietnamese whatever the language of the screen; they carry no person supported unless the
caller is of the confidential side and means to.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
END = "./."
# Of a form that is filled in by hand.
_NO_DAY = "ngày …… tháng …… năm ………"
_CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


class Paper:
    """A paper being written, top to bottom; `content()` is the file. Without a day it is dated by
    hand.
    """

    def __init__(
        self,
        *,
        agency: str,
        parent: str = "",
        number: str = "",
        place: str,
        on: date | None,
        title: str,
    ) -> None:
        self._document = Document()
        self._set_page()
        self._head(parent, agency, number, place, on)
        self.line(title.upper(), bold=True, align=_CENTRE, size=14, before=12)

    def line(
        self,
        text: str,
        *,
        bold: bool = False,
        italic: bool = False,
        align: Any = None,
        size: int = 13,
        before: int = 0,
    ) -> None:
        """A paragraph."""
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(before)
        paragraph.alignment = align
        _run(paragraph, text, bold=bold, italic=italic, size=size)

    def section(self, text: str) -> None:
        """A heading: I. NỘI DUNG."""
        self.line(text, bold=True, before=8)

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()
    ) -> None:
        """A ruled table; columns in `right` (numbers) are set to the right."""
        table = self._document.add_table(rows=1, cols=len(columns), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for cell, name in zip(table.rows[0].cells, columns, strict=True):
            _fill(cell, name, bold=True, align=_CENTRE)
        for row in rows:
            cells = table.add_row().cells
            for index, (cell, value) in enumerate(zip(cells, row, strict=True)):
                _fill(cell, _told(value), align=_RIGHT if index in right else None)

    def signatures(self, *places: tuple[str, str]) -> None:
        """Blocks side by side: what is signed as, and the name under it ("" to be written)."""
        table = self._document.add_table(rows=1, cols=len(places))
        for cell, (role, name) in zip(table.rows[0].cells, places, strict=True):
            _fill(cell, role.upper(), bold=True, align=_CENTRE)
            note = cell.add_paragraph()
            note.alignment = _CENTRE
            _run(note, "(Ký, ghi rõ họ tên)", italic=True, size=12)
            for _ in range(3):
                cell.add_paragraph()
            signed = cell.add_paragraph()
            signed.alignment = _CENTRE
            _run(signed, name, bold=True, size=13)

    def content(self) -> bytes:
        """The file."""
        output = BytesIO()
        self._document.save(output)
        return output.getvalue()

    def _set_page(self) -> None:
        section = self._document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin = section.bottom_margin = Mm(20)
        section.left_margin, section.right_margin = Mm(30), Mm(15)
        style = self._document.styles["Normal"]
        style.font.name, style.font.size = "Times New Roman", Pt(13)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
        style.paragraph_format.space_after = Pt(4)

    def _head(self, parent: str, agency: str, number: str, place: str, on: date | None) -> None:
        left, right = self._document.add_table(rows=1, cols=2).rows[0].cells
        _fill(left, parent.upper() or agency.upper(), bold=not parent, align=_CENTRE, size=12)
        if parent:
            _add(left, agency.upper(), bold=True, size=12)
        _add(left, f"Số: {number or '……'}", size=13)
        _fill(right, NATION, bold=True, align=_CENTRE, size=12)
        _add(right, MOTTO, bold=True, size=13)
        told = f"ngày {on.day:02} tháng {on.month:02} năm {on.year}" if on else _NO_DAY
        _add(right, f"{place}, {told}", italic=True, size=13)


def _told(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", ".")
    return "" if value is None else str(value)


def _add(cell: Any, text: str, *, size: int, bold: bool = False, italic: bool = False) -> None:
    paragraph = cell.add_paragraph()
    paragraph.alignment = _CENTRE
    _run(paragraph, text, bold=bold, italic=italic, size=size)


def _fill(cell: Any, text: str, *, bold: bool = False, align: Any = None, size: int = 12) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    _run(paragraph, text, bold=bold, size=size)


def _run(paragraph: Any, text: str, *, size: int, bold: bool = False, italic: bool = False) -> None:
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
