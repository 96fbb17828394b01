"""Official papers, set as Decree 30/2020/NĐ-CP asks: A4, Times New Roman, margins 20, 20, 30 and 15
mm, the agency on the left, the nation's name on the right, signatures side by side, "./." at the
end.

A paper is written top to bottom by the same calls whatever it becomes: `Paper` is a DOCX, to be
changed by whoever prints it; `pdf.PdfPaper` is the same page as it will look.

Papers are Vietnamese whatever the language of the screen; they carry no person supported unless the
caller is of the confidential side and means to.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any, Protocol

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
END = "./."
SIGN_HERE = "(Ký, ghi rõ họ tên)"
INDENT, TEXT_WIDTH = 10, 165
"""Millimetres: of a paragraph's first line, and between the margins."""
# Of a form that is filled in by hand.
_NO_DAY = "ngày …… tháng …… năm ………"
_LEFT, _CENTRE = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER
_RIGHT, _JUSTIFIED = WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY


class Writing(Protocol):
    """What every kind of paper can be told to hold, in the order of the calls."""

    def line(self, text: str, *, bold: bool = ..., italic: bool = ..., size: int = ...,
             before: int = ...) -> None: ...  # fmt: skip
    def subtitle(self, text: str) -> None: ...
    def body(self, text: str) -> None: ...
    def section(self, text: str) -> None: ...
    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *,
              right: Sequence[int] = ..., widths: Sequence[int] = ...) -> None: ...  # fmt: skip
    def signatures(self, *places: tuple[str, str]) -> None: ...
    def receivers(self, *lines: str) -> None: ...
    def annex(self, title: str, note: str) -> None: ...
    def foot(self, text: str) -> None: ...
    def content(self) -> bytes: ...


def place_and_day(place: str, on: date | None) -> str:
    """Cà Mau, ngày 05 tháng 02 năm 2026; without a day it is dated by hand."""
    told = f"ngày {on.day:02} tháng {on.month:02} năm {on.year}" if on else _NO_DAY
    return f"{place}, {told}"


class Paper:
    """A paper being written as DOCX, top to bottom; `content()` is the file. Without a day it is
    dated by hand.
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
        self._head(parent, agency, number, place_and_day(place, on))
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

    def subtitle(self, text: str) -> None:
        """What the paper is about, under its title."""
        self.line(text, bold=True, align=_CENTRE)

    def body(self, text: str) -> None:
        """Paragraphs of running text, one a line: justified, the first line set in."""
        for each in filter(None, text.splitlines()):
            paragraph = self._document.add_paragraph()
            paragraph.alignment = _JUSTIFIED
            paragraph.paragraph_format.first_line_indent = Mm(INDENT)
            _run(paragraph, each, size=13)

    def section(self, text: str) -> None:
        """A heading: I. NỘI DUNG."""
        self.line(text, bold=True, before=8)

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        right: Sequence[int] = (),
        widths: Sequence[int] = (),
    ) -> None:
        """A ruled table whose head is repeated on every page; columns in `right` (numbers) are set
        to the right. `widths` in millimetres, else what the words need.
        """
        table = self._document.add_table(rows=1, cols=len(columns), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = not widths
        _repeat(table.rows[0])
        for cell, name in zip(table.rows[0].cells, columns, strict=True):
            _fill(cell, name, bold=True, align=_CENTRE)
        for row in rows:
            cells = table.add_row().cells
            for index, (cell, value) in enumerate(zip(cells, row, strict=True)):
                _fill(cell, told(value), align=_RIGHT if index in right else None)
        for row in table.rows if widths else ():
            _keep_whole(row)
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)

    def picture(self, content: bytes, *, told: str) -> None:
        """A picture as wide as the text, with what it shows under it."""
        paragraph = self._document.add_paragraph()
        paragraph.alignment = _CENTRE
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(BytesIO(content), width=Mm(160))
        shape._inline.docPr.set("descr", told)
        self.line(told, italic=True, align=_CENTRE, size=12)

    def signatures(self, *places: tuple[str, str]) -> None:
        """Blocks side by side: what is signed as, and the name under it ("" to be written)."""
        table = self._document.add_table(rows=1, cols=len(places))
        _keep_whole(table.rows[0])
        for cell, (role, name) in zip(table.rows[0].cells, places, strict=True):
            _fill(cell, role.upper(), bold=True, align=_CENTRE)
            note = cell.add_paragraph()
            note.alignment = _CENTRE
            _run(note, SIGN_HERE, italic=True, size=12)
            for _ in range(3):
                cell.add_paragraph()
            signed = cell.add_paragraph()
            signed.alignment = _CENTRE
            _run(signed, name, bold=True, size=13)

    def receivers(self, *lines: str) -> None:
        """Who gets the paper: "Nơi nhận:", small, on the left."""
        self.line("Nơi nhận:", bold=True, italic=True, size=12, before=8)
        for each in lines:
            self.line(f"- {each}", size=11)

    def annex(self, title: str, note: str) -> None:
        """What comes along, on a page of its own."""
        self.line(title.upper(), bold=True, align=_CENTRE, size=14)
        self._document.paragraphs[-1].paragraph_format.page_break_before = True
        self.line(note, italic=True, align=_CENTRE)

    def foot(self, text: str) -> None:
        """Small print at the foot of every page."""
        for footer in (
            self._document.sections[0].footer,
            self._document.sections[0].first_page_footer,
        ):
            paragraph = footer.paragraphs[0]
            paragraph.alignment = _LEFT
            _run(paragraph, text, size=8)

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
        section.header_distance = section.footer_distance = Mm(10)
        # Pages are numbered in the middle above, the first is not.
        section.different_first_page_header_footer = True
        number = section.header.paragraphs[0]
        number.alignment = _CENTRE
        _number_of_page(number)
        style = self._document.styles["Normal"]
        style.font.name, style.font.size = "Times New Roman", Pt(13)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
        style.paragraph_format.space_after = Pt(4)

    def _head(self, parent: str, agency: str, number: str, place: str) -> None:
        left, right = self._document.add_table(rows=1, cols=2).rows[0].cells
        left.width, right.width = Mm(70), Mm(TEXT_WIDTH - 70)
        _fill(left, parent.upper() or agency.upper(), bold=not parent, align=_CENTRE, size=12)
        if parent:
            _add(left, agency.upper(), bold=True, size=12)
        _rule(left, 22)
        _add(left, f"Số: {number or '……'}", size=13)
        _fill(right, NATION, bold=True, align=_CENTRE, size=12)
        _add(right, MOTTO, bold=True, size=13)
        _rule(right, 16)
        _add(right, place, italic=True, size=13)


def told(value: Any) -> str:
    """A value as tables say it: days and numbers as people here write them."""
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


def _rule(cell: Any, indent: int) -> None:
    """The line under the agency and under the motto, set in on both sides."""
    paragraph = cell.paragraphs[-1]
    paragraph.paragraph_format.space_after = Pt(0)
    under = cell.add_paragraph()
    under.paragraph_format.space_after = Pt(4)
    under.paragraph_format.line_spacing = Pt(3)
    under.paragraph_format.left_indent = under.paragraph_format.right_indent = Mm(indent)
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    under.paragraph_format.element.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _number_of_page(paragraph: Any) -> None:
    """A field that Word fills in: which page this is."""
    for kind in ("begin", None, "end"):
        run = paragraph.add_run()
        run.font.size = Pt(13)
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = "PAGE"
        run._r.append(part)


def _repeat(row: Any) -> None:
    """The head of a table stands on every page the table reaches."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _keep_whole(row: Any) -> None:
    """A row is not torn apart between two pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
