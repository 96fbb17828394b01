"""Official papers as PDF: the same page as the DOCX of `papers`, as it will look when printed.

Made by the program itself, without an office suite. The fonts are embedded: Tinos, whose letters
are as wide as those of Times New Roman, cut to what Vietnamese texts use (fonts/README.md). What is
written can be searched and copied out again as it was typed.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache, partial
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from casework.core.papers import (
    INDENT,
    MOTTO,
    NATION,
    SIGN_HERE,
    TEXT_WIDTH,
    place_and_day,
    told,
)

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Tinos"
_FACES = {
    (False, False): "Regular",
    (True, False): "Bold",
    (False, True): "Italic",
    (True, True): "BoldItalic",
}


class PdfPaper:
    """A paper being written as PDF, top to bottom; `content()` is the file."""

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
        _load_fonts()
        self._title, self._foot = title, ""
        self._parts: list[Flowable] = []
        self._head(parent, agency, number, place_and_day(place, on))
        self._add(title.upper(), bold=True, align=TA_CENTER, size=14, before=12)

    def line(
        self,
        text: str,
        *,
        bold: bool = False,
        italic: bool = False,
        size: int = 13,
        before: int = 0,
    ) -> None:
        """A paragraph."""
        self._add(text, bold=bold, italic=italic, size=size, before=before)

    def subtitle(self, text: str) -> None:
        """What the paper is about, under its title."""
        self._add(text, bold=True, align=TA_CENTER)

    def body(self, text: str) -> None:
        """Paragraphs of running text, one a line: justified, the first line set in."""
        for each in filter(None, text.splitlines()):
            self._add(each, align=TA_JUSTIFY, first=INDENT * mm)

    def section(self, text: str) -> None:
        """A heading, which never stands alone at the foot of a page."""
        self._parts.append(CondPageBreak(30 * mm))
        self._add(text, bold=True, before=8)

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        right: Sequence[int] = (),
        widths: Sequence[int] = (),
    ) -> None:
        """A ruled table whose head is repeated on every page; columns in `right` (numbers) are set
        to the right. `widths` in millimetres, else all alike.
        """
        head = [_set(name, bold=True, size=12, align=TA_CENTER) for name in columns]
        cells = [
            [
                _set(told(value), size=12, align=TA_RIGHT if index in right else TA_LEFT)
                for index, value in enumerate(row)
            ]
            for row in rows
        ]
        given: Sequence[float] = widths or [TEXT_WIDTH / len(columns)] * len(columns)
        looks = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        self._parts.append(
            Table(
                [head, *cells],
                colWidths=[width * mm for width in given],
                repeatRows=1,
                splitByRow=1,
                splitInRow=1,  # a text may be longer than a page
                style=TableStyle(looks),
            )
        )

    def signatures(self, *places: tuple[str, str]) -> None:
        """Blocks side by side: what is signed as, and the name under it ("" to be written)."""
        rows = [
            [_set(role.upper(), bold=True, size=12, align=TA_CENTER) for role, _ in places],
            [_set(SIGN_HERE, italic=True, size=12, align=TA_CENTER) for _ in places],
            [Spacer(1, 20 * mm) for _ in places],
            [_set(name, bold=True, align=TA_CENTER) for _, name in places],
        ]
        widths = [TEXT_WIDTH / len(places) * mm] * len(places)
        table = Table(
            rows, colWidths=widths, style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")])
        )
        self._parts.append(KeepTogether([Spacer(1, 4 * mm), table]))

    def receivers(self, *lines: str) -> None:
        """Who gets the paper: "Nơi nhận:", small, on the left."""
        self._parts.append(CondPageBreak(30 * mm))
        self._add("Nơi nhận:", bold=True, italic=True, size=12, before=8)
        for each in lines:
            self._add(f"- {each}", size=11)

    def annex(self, title: str, note: str) -> None:
        """What comes along, on a page of its own."""
        self._parts.append(PageBreak())
        self._add(title.upper(), bold=True, align=TA_CENTER, size=14)
        self._add(note, italic=True, align=TA_CENTER)
        self._parts.append(Spacer(1, 3 * mm))

    def foot(self, text: str) -> None:
        """Small print at the foot of every page."""
        self._foot = text

    def content(self) -> bytes:
        """The file; the same paper is the same bytes."""
        output = BytesIO()
        document = SimpleDocTemplate(
            output,
            pagesize=A4,
            leftMargin=30 * mm - 6,  # frames have six points of padding
            rightMargin=15 * mm - 6,
            topMargin=20 * mm - 6,
            bottomMargin=20 * mm - 6,
            title=self._title,
            lang="vi-VN",
            invariant=1,
        )
        document.build(
            self._parts,
            onFirstPage=partial(_edge, self._foot, False),
            onLaterPages=partial(_edge, self._foot, True),
        )
        return output.getvalue()

    def _head(self, parent: str, agency: str, number: str, place: str) -> None:
        centred = partial(_set, align=TA_CENTER, after=0)
        left: list[Flowable] = [centred(parent.upper(), size=12)] if parent else []
        left += [
            centred(agency.upper(), bold=True, size=12),
            _Rule(24),
            centred(f"Số: {number or '……'}"),
        ]
        right = [
            centred(NATION, bold=True, size=12),
            centred(MOTTO, bold=True),
            _Rule(62),
            centred(place, italic=True),
        ]
        looks = [("VALIGN", (0, 0), (-1, -1), "TOP")]
        looks += [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT")]  # type: ignore[misc]
        self._parts.append(
            Table(
                [[left, right]],
                colWidths=[70 * mm, (TEXT_WIDTH - 70) * mm],
                style=TableStyle(looks),
            )
        )

    def _add(self, text: str, **looks: Any) -> None:
        self._parts.append(_set(text, **looks))


def _set(
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    align: int = TA_LEFT,
    size: int = 13,
    before: int = 0,
    after: int = 4,
    first: float = 0,
) -> Paragraph:
    style = ParagraphStyle(
        "",
        fontName=_face(bold, italic),
        fontSize=size,
        leading=size * 1.25,
        alignment=align,
        spaceBefore=before,
        spaceAfter=after,
        firstLineIndent=first,
        splitLongWords=1,
    )
    return Paragraph(escape(text, quote=False).replace("\n", "<br/>"), style)


class _Rule(Flowable):  # type: ignore[misc]
    """The line under the agency and under the motto, in the middle of its column."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length * mm

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        """As wide as the column."""
        self.left = (width - self.length) / 2
        return width, 5

    def draw(self) -> None:
        """A line above the space that follows."""
        self.canv.setLineWidth(0.7)
        self.canv.line(self.left, 4, self.left + self.length, 4)


def _face(bold: bool, italic: bool) -> str:
    return f"{FAMILY}-{_FACES[bold, italic]}"


@cache
def _load_fonts() -> None:
    for face in _FACES.values():
        pdfmetrics.registerFont(TTFont(f"{FAMILY}-{face}", FONTS / f"{FAMILY}-{face}.ttf"))


def _edge(foot: str, is_numbered: bool, canvas: Any, _document: Any) -> None:
    """The number of the page in the middle above, but for the first; small print below."""
    if is_numbered:
        canvas.setFont(_face(False, False), 13)
        canvas.drawCentredString((30 + TEXT_WIDTH / 2) * mm, 285 * mm, str(canvas.getPageNumber()))
    canvas.setFont(_face(False, False), 8)
    for index, line in enumerate(foot.splitlines()):
        canvas.drawString(30 * mm, (13 - 3.5 * index) * mm, line)
