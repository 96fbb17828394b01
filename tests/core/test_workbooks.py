"""What is handed out as a spreadsheet holds texts as texts, numbers as numbers, days as days."""

from datetime import date, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from casework.core.sheets import MAX_ROWS, SheetRefused, read_sent_sheet
from casework.core.uploads import CSV, XLSX, Upload
from casework.core.workbooks import send_file, write_sheet
from tests.conftest import Program

ATTACKS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "http://example.org"]


@pytest.fixture(scope="module")
def program(sqlite_program: Program) -> Program:
    """Nothing here asks a database."""
    return sqlite_program


def cells(content: bytes) -> list[list[object]]:
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_rows_come_back_as_they_were():
    content = write_sheet(
        "Thành viên / 2026?",
        ["tên", "ngày", "đồng"],
        [["Đỗ Thị Năm", date(2026, 2, 5), 15_000_000]],
    )
    assert cells(content) == [
        ["tên", "ngày", "đồng"],
        ["Đỗ Thị Năm", datetime(2026, 2, 5), 15_000_000],  # noqa: DTZ001 - a spreadsheet's day
    ]
    assert load_workbook(BytesIO(content)).worksheets[0].title == "Thành viên   2026"


def test_a_text_is_never_a_formula_or_a_link():
    content = write_sheet("x", ["a"], [[text] for text in ATTACKS])
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ATTACKS
    assert {row[0].data_type for row in sheet.iter_rows(min_row=2)} == {"s"}
    with ZipFile(BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert not [name for name in parts.namelist() if "rels" in name and "sheet1" in name]


def test_lines_above_and_below():
    content = write_sheet(
        "x", ["a", "b"], [[1, 2]], above=["ĐƠN VỊ", "Năm 2026"], below=[["Cộng", 2]]
    )
    assert [row[0] for row in cells(content)] == ["ĐƠN VỊ", "Năm 2026", None, "a", 1, "Cộng"]


def test_a_file_is_saved_and_not_kept_by_the_browser(program: Program):
    with program.app.test_request_context():
        answer = send_file(b"x", "bảng.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"


def sent(content: bytes, kind: str = XLSX) -> Upload:
    return Upload("a.xlsx" if kind == XLSX else "a.csv", kind, content)


def test_what_is_written_can_be_read():
    content = write_sheet("x", ["name", "from_on"], [["Đậm", date(2026, 1, 2)]])
    rows = read_sent_sheet(sent(content), ["name", "from_on"])
    assert [(row.number, row["name"], row["from_on"]) for row in rows] == [(2, "Đậm", "2026-01-02")]


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_as_excel_writes_it_here(separator: str):
    text = f"\ufeffname{separator}days\r\nĐậm{separator}3\r\n"
    rows = read_sent_sheet(sent(text.encode(), CSV), ["name", "days"])
    assert [row.cells for row in rows] == [{"name": "Đậm", "days": "3"}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sheet: sheet.merge_cells("A2:A3"), "merged cells"),
        (lambda sheet: sheet.append(["=1+1"]), "A formula stands here"),
        (lambda sheet: sheet.delete_rows(1, 5), "column is missing"),
        (lambda sheet: [sheet.append(["x"]) for _ in range(MAX_ROWS + 1)], "more than 5000 rows"),
    ],
)
def test_bad_workbooks_are_refused_in_words(program: Program, change, said: str):
    book = load_workbook(BytesIO(write_sheet("x", ["name"], [["Đậm"], ["Út"]])))
    change(book.worksheets[0])
    written = BytesIO()
    book.save(written)
    with program.app.test_request_context(), pytest.raises(SheetRefused) as refused:
        read_sent_sheet(sent(written.getvalue()), ["name"])
    assert said in refused.value.faults[0].reason


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"PK\x03\x04nothing", XLSX, "not an Excel workbook"),
        ("tên\nĐậm".encode("utf-16"), CSV, "not UTF-8"),
        (b"name\n", CSV, "no rows"),
        (b"", CSV, "column is missing"),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    program: Program, content: bytes, kind: str, said: str
):
    with program.app.test_request_context(), pytest.raises(SheetRefused) as refused:
        read_sent_sheet(sent(content, kind), ["name"])
    assert said in refused.value.faults[0].reason


def test_a_fraction_is_never_taken_for_thousands(program: Program):
    """In Vietnamese writing 15.125 is fifteen thousand one hundred and twenty-five."""
    content = write_sheet("x", ["amount"], [[15.125], [15.0]])
    assert [row["amount"] for row in read_sent_sheet(sent(content), ["amount"])] == [
        "1.512500e+01",
        "15",
    ]
