"""Settlement sheets of a unit's year or of one line, as a workbook and as a paper to be signed.

They are Vietnamese whatever the language of the screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import force_locale

from casework.core.i18n import day
from casework.core.money import dong, dong_in_words
from casework.core.papers import END, Paper
from casework.core.workbooks import write_sheet
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.balance import Balance, Told
from casework.organisation.budgets.models import BudgetLine
from casework.organisation.budgets.queries import Shown
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class Sheet:
    """A settlement sheet: what both of its forms, XLSX and DOCX, say. `amount` is said in words."""

    unit: Unit
    title: str
    facts: list[str]
    columns: list[str]
    rows: list[list[Any]]
    foot: list[Any]
    amount: int
    amount_of: str

    @property
    def words(self) -> str:
        """The line under the table."""
        return f"{self.amount_of}, bằng chữ: {dong_in_words(self.amount)}."


def sheet_of_year(unit: Unit, year: int, listed: Sequence[Shown]) -> Sheet:
    """Every line of a unit's year, with the sums below."""
    rows = [[number, *_line_cells(shown)] for number, shown in enumerate(listed, start=1)]
    total = Balance.total(shown.balance for shown in listed)
    estimate = sum(shown.line.estimate_amount for shown in listed)
    return Sheet(
        unit,
        f"Bảng quyết toán kinh phí năm {year}",
        [],
        ["STT", "Nội dung", "Tổ chức", "Nguồn", "Dự toán", *_SUM_WORDS, "Hạn", "Ngày quyết toán"],
        rows,
        ["", "Cộng", "", "", estimate, *_sum_cells(total), "", ""],
        total.settled,
        "Số tiền đã quyết toán",
    )


def sheet_of_line(unit: Unit, body: Body, line: BudgetLine, standing: Sequence[Told]) -> Sheet:
    """The movements of a line that stand, with what they come to."""
    balance = Balance.of(told.entry for told in standing)
    with force_locale("vi"):
        source, kinds = line.source_label, [told.movement.kind_label for told in standing]
    rows = [
        [number, told.movement.on, kind, told.movement.voucher, told.movement.amount, _state(told)]
        for number, (told, kind) in enumerate(zip(standing, kinds, strict=True), start=1)
    ]
    sums = zip(_SUM_WORDS, _sum_cells(balance), strict=True)
    return Sheet(
        unit,
        f"Bảng quyết toán kinh phí năm {line.year}",
        [
            f"Nội dung: {line.title}",
            f"Tổ chức: {body.name}. Nguồn: {source}.",
            f"Dự toán: {dong(line.estimate_amount)}. Hạn quyết toán: {day(line.due_on)}.",
            "; ".join(f"{word}: {dong(amount)}" for word, amount in sums) + ".",
        ],
        ["STT", "Ngày", "Diễn biến", "Số chứng từ", "Số tiền", "Ghi chú"],
        rows,
        ["", "", "Đã quyết toán", "", balance.settled, ""],
        balance.settled,
        "Số tiền đã quyết toán",
    )


def write_xlsx(sheet: Sheet) -> bytes:
    """The sheet as a workbook."""
    signed = ["", "KẾ TOÁN", *[""] * (len(sheet.columns) - 4), "TRƯỞNG ĐƠN VỊ", ""]
    return write_sheet(
        "Quyết toán",
        sheet.columns,
        sheet.rows,
        above=[sheet.unit.label.upper(), sheet.title.upper(), *sheet.facts],
        below=[sheet.foot, [sheet.words], signed],
    )


def write_docx(sheet: Sheet, place: str, on: date) -> bytes:
    """The sheet as a paper to be signed. A page is narrower than a workbook: whose line it is and
    its days stand in the workbook only.
    """
    paper = Paper(agency=sheet.unit.label, place=place, on=on, title=sheet.title)
    for fact in sheet.facts:
        paper.line(fact)
    kept = [i for i, name in enumerate(sheet.columns) if name not in _WORKBOOK_ONLY]
    rows = [[row[i] for i in kept] for row in [*sheet.rows, sheet.foot]]
    columns = [sheet.columns[i] for i in kept]
    paper.table(
        columns, rows, right=[i for i, value in enumerate(rows[-1]) if isinstance(value, int)]
    )
    paper.line(sheet.words + END, before=8)
    paper.signatures(("Kế toán", ""), ("Trưởng đơn vị", ""))
    return paper.content()


_SUM_WORDS = ["Được giao", "Tạm ứng", "Đã chi", "Đã quyết toán", "Nộp trả", "Còn phải quyết toán"]
_WORKBOOK_ONLY = {"Tổ chức", "Nguồn", "Dự toán", "Hạn", "Ngày quyết toán"}


def _sum_cells(balance: Balance) -> list[int]:
    return [
        balance.allotted,
        balance.advanced,
        balance.spent,
        balance.settled,
        balance.refunded,
        balance.outstanding,
    ]


def _line_cells(shown: Shown) -> list[Any]:
    line, balance = shown.line, shown.balance
    with force_locale("vi"):
        source = line.source_label
    sums = [line.estimate_amount, *_sum_cells(balance)]
    return [line.title, shown.body.name, source, *sums, line.due_on, balance.settled_on]


def _state(told: Told) -> str:
    return "chờ duyệt, chưa tính" if told.waits else ""
