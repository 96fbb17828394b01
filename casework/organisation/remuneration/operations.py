"""Paying remuneration: nobody is paid twice for a month, and nothing that was paid is rubbed out.

A voucher's number is used once in a unit and year, in this book and the budget's, for the payments
that are entered together. What was entered is approved by somebody else. A payment is taken back by
a correction with a voucher of its own; then the month is owed again. Whoever pays holds the units'
rows, as whoever moves money does (budgets/operations.py).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.money import dong, dong_in_words
from casework.core.papers import END, Paper
from casework.core.workbooks import write_sheet
from casework.organisation.budgets.operations import (
    hold_money,
    refuse_closed,
    refuse_used_voucher,
)
from casework.organisation.budgets.queries import list_voucher_units
from casework.organisation.remuneration.models import Payment
from casework.organisation.remuneration.queries import (
    Line,
    find_correction,
    find_payroll_voucher,
    list_of_voucher,
    list_taken_back,
    months_due,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit

# Papers are Vietnamese whatever the language of the screen.
ROLES = {"team_leader": "Đội trưởng", "deputy_leader": "Đội phó", "volunteer": "Đội viên"}
COLUMNS = (
    "TT",
    "Họ và tên",
    "Đội",
    "Chức danh",
    "Hệ số",
    "Mức lương cơ sở",
    "Số ngày",
    "Thành tiền (đồng)",
    "Ký nhận",
)
UNKNOWN = "Chưa có mức lương hoặc hệ số"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be paid for a line (its key), and why it differs from what is owed."""

    key: str
    amount: int | None
    note: str


def pay(
    unit_ids: Collection[UUID],
    month: date,
    wanted: Sequence[Wanted],
    *,
    voucher: str,
    on: date,
    by: Actor,
) -> list[Payment]:
    """Enter what was paid to members for a month under one voucher.

    Raises RuleBroken; the field of a line is `<key>|<name>`. Nothing is entered unless all is good.
    """
    if not wanted:
        raise RuleBroken(_l("Tick at least one member."))
    if month > today():
        raise RuleBroken(_l("This month has not begun."))
    if on < month:
        raise RuleBroken(_l("This day comes before the month that is paid."), field="paid_on")
    # Two accountants at once: the second waits here and then finds what the first one paid.
    _hold(unit_ids)
    _check_voucher(unit_ids, voucher, on)
    _check_open(unit_ids, on)
    lines = {line.key: line for line in months_due(unit_ids, month, month)}
    payments = [_payment(lines.get(each.key), each, month, voucher, on, by) for each in wanted]
    for payment in payments:
        db.session.add(payment)
        _note("remuneration.pay", payment, by)
    return payments


def approve(payment: Payment, *, by: Actor) -> None:
    """Approve a voucher: all that was entered with this payment and stands. Raises RuleBroken."""
    hold_money(payment.unit_id)
    entered = list_of_voucher(payment)
    taken_back = list_taken_back(entered)
    if payment.id in taken_back:
        raise RuleBroken(_l("This payment was taken back: there is nothing to approve."))
    together = [each for each in entered if each.approved_at is None and each.id not in taken_back]
    if not together:
        raise RuleBroken(_l("This voucher is approved already."))
    if any(each.recorded_by == by.id for each in together):
        raise RuleBroken(_l("Somebody else than who entered it approves it."))
    for each in together:
        each.approved_by, each.approved_at = by.id, now()
        _note("remuneration.approve", each, by)


def take_back(payment: Payment, *, voucher: str, on: date, why: str, by: Actor) -> Payment:
    """Take a payment back by its negative amount; both stay readable. Raises RuleBroken."""
    unit_ids = list_voucher_units(payment.unit_id)
    _hold(unit_ids)
    if payment.corrects_id is not None:
        raise RuleBroken(_l("This is a correction already. Enter the payment again instead."))
    if find_correction(payment) is not None:
        raise RuleBroken(_l("This payment was taken back already."))
    if on < payment.paid_on:
        raise RuleBroken(_l("This day comes before the payment."), field="paid_on")
    _check_voucher(unit_ids, voucher, on)
    _check_open([payment.unit_id], on)
    correction = Payment(
        unit_id=payment.unit_id,
        body_id=payment.body_id,
        member_id=payment.member_id,
        month=payment.month,
        amount=-payment.amount,
        paid_on=on,
        voucher=voucher,
        note=why,
        corrects_id=payment.id,
        recorded_by=by.id,
    )
    db.session.add(correction)
    _note("remuneration.take_back", correction, by)
    return correction


def _hold(unit_ids: Collection[UUID]) -> None:
    for unit_id in sorted(unit_ids):
        hold_money(unit_id)


def _check_open(unit_ids: Collection[UUID], on: date) -> None:
    for unit_id in unit_ids:
        refuse_closed(get_unit(unit_id), on.year, field="paid_on")


def payroll_workbook(unit: Unit, month: date, lines: Sequence[Line]) -> bytes:
    """The payroll of a month as XLSX, to be printed and signed."""
    total = sum(line.amount or 0 for line in lines)
    return write_sheet(
        f"Thù lao {month:%m-%Y}",
        COLUMNS,
        _rows(lines),
        above=(_title(month), f"Đơn vị: {unit.label}"),
        below=(
            ("", "Cộng", "", "", "", "", "", total, ""),
            ("", f"Bằng chữ: {dong_in_words(total)}"),
        ),
    )


def payroll_paper(unit: Unit, month: date, lines: Sequence[Line]) -> bytes:
    """The payroll of a month as DOCX, to be signed."""
    total = sum(line.amount or 0 for line in lines)
    paper = Paper(agency=f"UBND {unit.label}", place=unit.name, on=today(), title=_title(month))
    totals = ("", "Cộng", "", "", "", "", "", total, "")
    paper.table(COLUMNS, [*_rows(lines), totals], right=(4, 5, 6, 7))
    paper.line(f"Tổng số tiền: {dong(total)}", before=6)
    paper.line(f"Bằng chữ: {dong_in_words(total)}{END}", italic=True)
    paper.signatures(("Người lập", ""), ("Kế toán", ""), ("Trưởng đơn vị", ""))
    return paper.content()


def _payment(
    line: Line | None, wanted: Wanted, month: date, voucher: str, on: date, by: Actor
) -> Payment:
    """A payment that the rules allow. Raises RuleBroken."""
    amount = f"{wanted.key}|amount"
    if line is None or line.due is None:
        raise RuleBroken(_l("Nothing is due to one of them in this month any more."))
    if line.amount is None:
        raise RuleBroken("; ".join(line.missing), field=amount)
    if line.owed == 0:
        message = _l("This month is paid already. Take the payment back first.")
        raise RuleBroken(message, field=amount)
    if not wanted.amount:
        raise RuleBroken(_l("Fill this in."), field=amount)
    if wanted.amount > line.owed:
        message = _l("More than is owed: at most %(owed)s.", owed=dong(line.owed))
        raise RuleBroken(message, field=amount)
    if wanted.amount != line.owed and not wanted.note:
        message = _l("Say why it differs from what is owed (%(owed)s).", owed=dong(line.owed))
        raise RuleBroken(message, field=f"{wanted.key}|note")
    return Payment(
        unit_id=line.unit_id,
        body_id=line.body_id,
        member_id=line.member_id,
        month=month,
        amount=wanted.amount,
        paid_on=on,
        voucher=voucher,
        note=wanted.note,
        recorded_by=by.id,
    )


def _check_voucher(unit_ids: Collection[UUID], voucher: str, on: date) -> None:
    refuse_used_voucher(voucher, find_payroll_voucher(voucher, unit_ids, on.year))


def _note(action: str, payment: Payment, by: Actor) -> None:
    audit.record(
        action,
        "payment",
        payment.id,
        by=by,
        unit_id=payment.unit_id,
        month=f"{payment.month:%Y-%m}",
        amount=payment.amount,
    )


def _title(month: date) -> str:
    return f"BẢNG CHI TRẢ THÙ LAO THÁNG {month:%m/%Y}"


def _rows(lines: Sequence[Line]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for number, line in enumerate(lines, start=1):
        if line.due is None:
            continue
        known = line.amount is not None
        rows.append(
            (
                number,
                line.name,
                line.body,
                ROLES[line.due.role],
                line.due.coefficients if known else "",
                "; ".join(f"{salary:,}".replace(",", ".") for salary in line.due.salaries)
                if known
                else "",
                line.due.days,
                line.amount if known else UNKNOWN,
                "",
            )
        )
    return rows
