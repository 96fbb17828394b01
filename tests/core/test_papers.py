"""Official papers have the form of Decree 30/2020; sums are whole đồng, in figures and in words."""

from datetime import date
from io import BytesIO

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from casework.core.forms import Form, money
from casework.core.money import LARGEST, dong, dong_in_words
from casework.core.papers import END, MOTTO, NATION, Paper
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
    assert head.cell(0, 0).text.splitlines() == [
        "TỈNH CÀ MAU", "PHƯỜNG VĨNH TRẠCH", "Số: 12/BC-UBND",
    ]  # fmt: skip
    assert head.cell(0, 1).text.splitlines() == [
        NATION, MOTTO, "Cà Mau, ngày 05 tháng 02 năm 2026",
    ]  # fmt: skip
    assert [cell.text for cell in table.rows[1].cells] == ["Sinh hoạt", "15.000.000"]
    assert table.rows[2].cells[1].text == "31/01/2026"
    assert "KẾ TOÁN" in signed.cell(0, 0).text and "Đỗ Thị Năm" in signed.cell(0, 0).text
    assert "BÁO CÁO" in [paragraph.text for paragraph in document.paragraphs]


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
