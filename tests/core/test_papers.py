"""Official papers have the form of Decree 30/2020; sums are whole đồng, in figures and in words."""

import re
from datetime import date
from io import BytesIO

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from werkzeug.datastructures import MultiDict

from casework.core.forms import Form, money
from casework.core.money import LARGEST, dong, dong_in_words
from casework.core.papers import END, MOTTO, NATION, Paper
from casework.core.pdf import PdfPaper
from tests.conftest import Program


@pytest.fixture(scope="module")
def program(sqlite_program: Program) -> Program:
    """Nothing here asks a database."""
    return sqlite_program


def test_a_paper_reads_back_in_the_official_form():
    paper = Paper(
        agency="Phường Vĩnh Trạch",
        parent="Tỉnh Cà Mau",
        number="12/BC-UBND",
        place="Cà Mau",
        on=date(2026, 2, 5),
        title="Báo cáo",
    )
    paper.section("I. Kết quả")
    paper.table(["Nội dung", "Số tiền"], [["Sinh hoạt", 15_000_000], ["Ngày", date(2026, 1, 31)]])
    paper.line(f"Nơi nhận{END}")
    paper.signatures(("Kế toán", "Đỗ Thị Năm"), ("Trưởng đơn vị", ""))
    document = Document(BytesIO(paper.content()))
    page = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    assert [round(m.mm) for m in (page.top_margin, page.bottom_margin)] == [20, 20]
    assert [round(m.mm) for m in (page.left_margin, page.right_margin)] == [30, 15]
    assert document.styles["Normal"].font.name == "Times New Roman"
    head, table, signed = document.tables
    # Under the agency and under the motto a line is drawn.
    assert head.cell(0, 0).text.splitlines() == [
        "TỈNH CÀ MAU", "PHƯỜNG VĨNH TRẠCH", "", "Số: 12/BC-UBND",
    ]  # fmt: skip
    assert head.cell(0, 1).text.splitlines() == [
        NATION, MOTTO, "", "Cà Mau, ngày 05 tháng 02 năm 2026",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1].cells] == ["Sinh hoạt", "15.000.000"]
    assert table.rows[2].cells[1].text == "31/01/2026"
    assert "KẾ TOÁN" in signed.cell(0, 0).text and "Đỗ Thị Năm" in signed.cell(0, 0).text
    assert "BÁO CÁO" in [paragraph.text for paragraph in document.paragraphs]


def write_long(kind: type[Paper] | type[PdfPaper], lines: int = 40) -> bytes:
    paper = kind(
        agency="Đoàn kiểm tra",
        parent="Sở Y tế tỉnh Cà Mau",
        number="03/BB-ĐKT",
        place="Cà Mau",
        on=date(2026, 2, 5),
        title="Biên bản kiểm tra",
    )
    paper.subtitle("Hoạt động của Câu lạc bộ")
    paper.body("Dòng một <b>không đậm</b> & ẵ ễ ặ ỹ ựợ đĐ\n\nDòng hai")
    paper.table(
        ["Mã", "Tiêu chí"],
        [[str(n), "Sinh hoạt đúng định kỳ"] for n in range(lines)],
        widths=[15, 150],
    )
    paper.line(f"Lập thành 02 bản{END}", before=8)
    paper.signatures(("Đại diện đơn vị", "Huỳnh Văn Ba"), ("Trưởng đoàn", ""))
    paper.receivers("Như thành phần;")
    paper.annex("Phụ lục", "(Kèm theo)")
    paper.foot("Mã xác thực: 0123456789abcdef")
    return paper.content()


def test_a_pdf_says_what_was_written_and_can_be_searched():
    file = PdfReader(BytesIO(write_long(PdfPaper)))
    pages = [re.sub(r"\s+", " ", page.extract_text()) for page in file.pages]
    assert len(pages) >= 3
    for words in ("SỞ Y TẾ TỈNH CÀ MAU", "Số: 03/BB-ĐKT", MOTTO, "ngày 05 tháng 02 năm 2026",
                  "Dòng một <b>không đậm</b> & ẵ ễ ặ ỹ ựợ đĐ", "Dòng hai"):  # fmt: skip
        assert words in pages[0], words
    assert all("Mã xác thực: 0123456789abcdef" in page for page in pages)
    assert all("Mã Tiêu chí" in page for page in pages[:2]), "the head of the table is repeated"
    assert "Phụ lục".upper() in pages[-1]
    assert file.metadata and file.metadata.title == "Biên bản kiểm tra"
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in file.pages
        for font in page["/Resources"]["/Font"].values()
        if "/FontDescriptor" in font.get_object()
    }
    assert {name.split("+")[1] for name in fonts} >= {"Tinos", "Tinos-Bold"}
    assert all("+" in name for name in fonts), "each font comes along, cut to what is used"


def test_the_same_paper_is_the_same_pdf():
    assert write_long(PdfPaper, 2) == write_long(PdfPaper, 2)


def test_both_kinds_of_paper_say_the_same():
    document = Document(BytesIO(write_long(Paper, 2)))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    told = " ".join([*(each.text for each in document.paragraphs), *cells])
    pdf = " ".join(
        page.extract_text() for page in PdfReader(BytesIO(write_long(PdfPaper, 2))).pages
    )
    foot = document.sections[0].footer.paragraphs[0].text
    assert set(pdf.split()) - set(f"{told} {foot}".split()) == {"2"}, "the number of the page"
    header = document.sections[0].header._element.xml
    assert "PAGE" in header
    assert "w:tblHeader" in document.tables[1]._element.xml


def test_letters_the_font_does_not_know_are_no_error():
    paper = PdfPaper(agency="A", place="Cà Mau", on=None, title="中文 🙂 \u0301")
    paper.body("x" * 5000)
    paper.table(["A", "B"], [["dài " * 5000, "ngắn"]], widths=[100, 65])
    assert paper.content().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (15_000_000, "Mười lăm triệu đồng"),
        (1_404_000, "Một triệu bốn trăm lẻ bốn nghìn đồng"),
        (-21, "Âm hai mươi mốt đồng"),
    ],
)
def test_sums_in_words(amount: int, words: str):
    assert dong_in_words(amount) == words


def test_a_sum_beyond_reason_has_no_words():
    with pytest.raises(ValueError, match=str(LARGEST + 1)):
        dong_in_words(LARGEST + 1)


class _Form(Form):
    amount = money("Amount")


@given(st.integers(1, 10**12))
def test_every_way_of_writing_an_amount_is_the_same_amount(program, amount: int):
    plain = dong(amount).removesuffix(" đồng")
    ways = [str(amount), plain, plain.replace(".", ","), plain.replace(".", " "), dong(amount)]
    with program.app.test_request_context(method="POST"):
        for way in ways:
            form = _Form(MultiDict({"amount": way}), meta={"csrf": False})
            assert form.validate() and form.amount.data == amount, way


@pytest.mark.parametrize(
    "typed", ["đ", "đồng", "\0", "1,5", "15.00", "-3", "0", "abc", "1e6", "1.0000", "9" * 14]
)
def test_what_is_no_whole_amount_is_refused_and_kept(program, typed: str):
    with program.app.test_request_context(method="POST"):
        form = _Form(MultiDict({"amount": typed}), meta={"csrf": False})
        assert not form.validate()
        assert form.amount._value() == typed
