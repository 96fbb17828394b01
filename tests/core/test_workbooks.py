"""What is handed out as a spreadsheet holds texts as texts, numbers as numbers, days as days."""

import contextlib
import re
from datetime import date, datetime
from io import BytesIO
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from casework.core.sheets import MAX_ROWS, Fault, SheetRefused, day_of, read_sent_sheet
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


@pytest.mark.parametrize("name", ["Quyết định 12.pdf", 'a"b\u202e;.pdf', "số ½ — “một”.xlsx"])
def test_a_name_in_whatever_letters_fits_a_header(program: Program, name: str):
    """A server sends Latin-1 alone, and breaks off where a header holds anything else."""
    with program.app.test_request_context():
        answer = send_file(b"x", name)
    for key, value in answer.headers:
        value.encode("latin-1")
        assert key != "Content-Disposition" or f"filename*=UTF-8''{quote(name, safe='')}" in value


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


def test_a_workbook_that_claims_to_be_endless_is_read_as_far_as_its_heading(program: Program):
    """Five kilobytes that say they are a million columns wide would stop the server for minutes."""
    book = load_workbook(BytesIO(write_sheet("x", ["name"], [["Đậm"]] * 3)))
    written = BytesIO()
    book.save(written)
    wide = BytesIO()
    with ZipFile(written) as before, ZipFile(wide, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = re.sub(rb'ref="A1:A4"', b'ref="A1:XFD1048576"', content)
                assert b"XFD1048576" in content
            after.writestr(part, content)
    rows = read_sent_sheet(sent(wide.getvalue()), ["name"])
    assert [row["name"] for row in rows] == ["Đậm"] * 3
    assert {len(row.cells) for row in rows} == {2}


# Written once: a workbook holds the time at which it was made.
WHOLE = write_sheet("x", ["name"], [["Đậm"]])


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_damaged_workbook_is_refused_and_never_breaks(program: Program, data: st.DataObject):
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with program.app.test_request_context(), contextlib.suppress(SheetRefused):
        read_sent_sheet(sent(bytes(content)), ["name"])


def test_a_column_that_stands_twice_is_refused(program: Program):
    content = write_sheet("x", ["name", "name"], [["Đậm", "Út"]])
    with program.app.test_request_context(), pytest.raises(SheetRefused) as refused:
        read_sent_sheet(sent(content), ["name"])
    assert "twice" in refused.value.faults[0].reason


def test_no_more_faults_are_told_than_somebody_reads(program: Program):
    with program.app.test_request_context():
        refused = SheetRefused([Fault(row, "name", "?") for row in range(2, 5000)])
    assert len(refused.faults) == 201
    assert refused.faults[-1].reason == "And 4798 more."


@pytest.mark.parametrize("text", ["01/01/99999999999", "1/1/26", "31/02/2026", "", "x"])
def test_a_day_that_is_none(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, importers say their own
        day_of(text)
