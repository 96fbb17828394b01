"""Moving money, and the papers that show it: a refusal leaves a line as it was, a correction leaves
what it corrected.

Whoever moves money of a unit holds the unit's row until the end of the transaction, so that two
advances at once can't pass the allotment together, one voucher number isn't used on two lines at
once, and a year isn't closed while something is being dated in it. (SQLite has one writer anyway.)

Settlement sheets are Vietnamese whatever the language of the screen.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day, dong
from casework.core.money import dong as told_dong
from casework.core.money import dong_in_words
from casework.core.papers import END, Paper
from casework.core.sheets import Fault, SheetRefused
from casework.core.uploads import Upload
from casework.core.workbooks import write_sheet
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.models import (
    BudgetLine,
    ClosedYear,
    FundingSource,
    Movement,
    MovementKind,
    Phase,
    Programme,
    Purpose,
)
from casework.organisation.budgets.queries import (
    Balance,
    Entry,
    LineKey,
    Shown,
    Told,
    find_broken_rule,
    is_waiting,
    line_key,
    lines_by_key,
    list_closings,
    list_standing,
    list_waiting,
    voucher_key,
    vouchers_used,
)
from casework.organisation.documents.operations import attach_file
from casework.organisation.history.operations import keep_revision
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit

FIRST_YEAR = 2010


@dataclass(frozen=True, slots=True)
class Plan:
    """What a line says when it is opened."""

    year: int
    funding_source: FundingSource
    purpose: Purpose
    title: str
    estimate_amount: int
    due_on: date
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A movement as it is entered. `amount` is above zero."""

    kind: MovementKind
    on: date
    amount: int
    voucher: str = ""
    note: str = ""
    paper: Upload | None = None


def open_line(unit: Unit, body: Body, plan: Plan, *, by: Actor) -> BudgetLine:
    """A line of a body's money, with nothing allotted yet. The year must be open, a named phase
    must touch it, and no line may say the very same.
    """
    hold_money(unit.id)
    refuse_closed(unit, plan.year, field="year")
    _refuse_phase(plan.phase, plan.year)
    _refuse_same(body.id, plan)
    line = _line_of(unit, body, plan, by=by)
    db.session.add(line)
    db.session.flush()
    audit.record("budget.open", "budget_line", line.id, by=by, unit_id=unit.id)
    return line


def change_line(
    line: BudgetLine,
    *,
    title: str,
    estimate_amount: int,
    due_on: date,
    phase: Phase | None,
    by: Actor,
) -> None:
    """Say something else in a line's plan; what it said stays. Refused in a closed year."""
    hold_money(line.unit_id)
    refuse_closed(get_unit(line.unit_id), line.year)
    _refuse_phase(phase, line.year)
    _refuse_same(line.body_id, replace(_plan_of(line), title=title), but=line.id)
    keep_revision(line, "budget_line", by=by)
    line.title, line.estimate_amount, line.due_on = title, estimate_amount, due_on
    line.phase_id = phase.id if phase else None
    audit.record("budget.change", "budget_line", line.id, by=by, unit_id=line.unit_id)


def record_movement(line: BudgetLine, move: Move, *, by: Actor) -> Movement:
    """Enter a movement. Raises RuleBroken when its day, voucher or amount breaks a rule; a
    settlement waits for approval, and what waits is counted against the next settlement.
    """
    hold_money(line.unit_id)
    _refuse_day(line, move)
    _refuse_voucher(line, move)
    balance = _balance_with(line, add=move)
    _refuse_amount(_as_if_approved(balance) if move.kind == MovementKind.SETTLEMENT else balance)
    return _add(line, move, by=by)


def correct_movement(
    line: BudgetLine, movement: Movement, on: date, note: str, right: Move | None, *, by: Actor
) -> Movement:
    """Take a movement back on a day, and put the right one in its place if there is one. Both
    stay readable. Returns what takes it back.

    A movement is taken back once, never before its own day, and never when other movements depend
    on it: an advance that is settled, say. A right settlement waits for approval again.
    """
    hold_money(line.unit_id)
    _refuse_taking_back(line, movement, on)
    if right is not None:
        _refuse_day(line, right)
        _refuse_voucher(line, right, instead_of=movement)
    balance = _balance_with(line, add=right, without=movement)
    is_settlement = right is not None and right.kind == MovementKind.SETTLEMENT
    _refuse_amount(_as_if_approved(balance) if is_settlement else balance)
    back = Movement(
        id=uuid4(),
        line_id=line.id,
        unit_id=line.unit_id,
        kind=movement.kind,
        on=on,
        amount=-movement.amount,
        voucher=movement.voucher,
        note=note,
        corrects_id=movement.id,
        recorded_by=by.id,
    )
    db.session.add(back)
    db.session.flush()
    audit.record("budget.correct", "movement", movement.id, by=by, unit_id=line.unit_id)
    if right is not None:
        _add(line, right, by=by)
    return back


def approve_settlement(line: BudgetLine, movement: Movement, *, by: Actor) -> None:
    """Let a settlement count. Never by the account that entered it, and not when something that
    happened meanwhile makes it too large.
    """
    hold_money(line.unit_id)
    db.session.refresh(movement)
    if not is_waiting(movement) or _is_taken_back(movement):
        raise RuleBroken(_l("This settlement does not await approval any more."))
    if movement.recorded_by == by.id:
        raise RuleBroken(_l("A settlement is approved by somebody else than who entered it."))
    refuse_closed(get_unit(line.unit_id), movement.on.year)
    entries = [
        replace(told.entry, waits=told.waits and told.movement.id != movement.id)
        for told in list_standing(line)
    ]
    _refuse_amount(Balance.of(entries), field="")
    movement.approved_by, movement.approved_at = by.id, now()
    audit.record("budget.approve", "movement", movement.id, by=by, unit_id=line.unit_id)


def close_year(unit: Unit, unit_ids: Sequence[UUID], year: int, on: date, *, by: Actor) -> None:
    """Close a year of a unit and of the units that it followed (`unit_ids`): nothing dated in it
    is added any more. Refused for a year to come, and while settlements of it wait.
    """
    for unit_id in sorted(unit_ids):
        hold_money(unit_id)
    if not FIRST_YEAR <= year <= on.year:
        raise RuleBroken(_l("This year can't be closed: it hasn't begun."))
    closed = {closing.unit_id for closing in list_closings(unit_ids, year)}
    if unit.id in closed:
        raise RuleBroken(_l("This year is closed already."))
    waiting = [
        movement
        for movement, line in list_waiting(unit_ids)
        if year in (movement.on.year, line.year)
    ]
    if waiting:
        raise RuleBroken(
            _l(
                "Settlements of this year still await approval: %(count)s. Approve them first, or"
                " have them taken back.",
                count=len(waiting),
            )
        )
    for unit_id in set(unit_ids) - closed:
        db.session.add(ClosedYear(unit_id=unit_id, year=year, closed_by=by.id))
    db.session.flush()
    audit.record("budget.close", "unit", unit.id, by=by, unit_id=unit.id, year=year)


def reopen_year(unit: Unit, unit_ids: Sequence[UUID], year: int, reason: str, *, by: Actor) -> None:
    """Let a closed year take movements again. That it was closed, and why not any more, stays."""
    for unit_id in sorted(unit_ids):
        hold_money(unit_id)
    found = list_closings(unit_ids, year)
    if not found:
        raise RuleBroken(_l("This year is open."))
    for closed in found:
        closed.reopened_by, closed.reopened_at, closed.reopen_reason = by.id, now(), reason
    audit.record("budget.reopen", "unit", unit.id, by=by, unit_id=unit.id, year=year)


def add_programme(province_id: UUID | None, name: str, source: str, *, by: Actor) -> Programme:
    """A programme of a province, or (without one) of the country."""
    programme = Programme(id=uuid4(), province_id=province_id, name=name, source=source)
    db.session.add(programme)
    db.session.flush()
    audit.record("programme.add", "programme", programme.id, by=by, unit_id=province_id)
    return programme


def change_programme(programme: Programme, name: str, source: str, *, by: Actor) -> None:
    """Say something else of a programme; what it said stays."""
    keep_revision(programme, "programme", by=by)
    programme.name, programme.source = name, source
    audit.record(
        "programme.change", "programme", programme.id, by=by, unit_id=programme.province_id
    )


def add_phase(
    programme: Programme, name: str, from_on: date, until_on: date, *, by: Actor
) -> Phase:
    """A phase of a programme."""
    _refuse_phase_days(from_on, until_on)
    phase = Phase(
        id=uuid4(), programme_id=programme.id, name=name, from_on=from_on, until_on=until_on
    )
    db.session.add(phase)
    db.session.flush()
    audit.record("programme.phase", "programme", programme.id, by=by, phase=str(phase.id))
    return phase


def change_phase(phase: Phase, name: str, from_on: date, until_on: date, *, by: Actor) -> None:
    """Say something else of a phase; what it said stays. Lines that name it must go on touching
    it.
    """
    _refuse_phase_days(from_on, until_on)
    query = select(BudgetLine.year).where(BudgetLine.phase_id == phase.id).distinct()
    outside = [
        year for year in db.session.scalars(query) if not from_on.year <= year <= until_on.year
    ]
    if outside:
        raise RuleBroken(
            _l("Lines of the year %(year)s name this phase.", year=min(outside)), field="until_on"
        )
    keep_revision(phase, "phase", by=by)
    phase.name, phase.from_on, phase.until_on = name, from_on, until_on
    audit.record("programme.phase", "programme", phase.programme_id, by=by, phase=str(phase.id))


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row of a file, good in itself."""

    number: int
    body: Body
    plan: Plan
    allotment: Move | None


def import_lines(unit: Unit, incoming: Sequence[Incoming], *, by: Actor) -> int:
    """Open every line, with its allotment; answers how many. Raises SheetRefused when a rule
    forbids one of them; the caller then leaves the database as it was.
    """
    hold_money(unit.id)
    known = set(lines_by_key(list({each.body.id for each in incoming})))
    years = {each.plan.year for each in incoming}
    years |= {each.allotment.on.year for each in incoming if each.allotment}
    closed = {year for year in years if list_closings([unit.id], year)}
    faults: list[Fault] = []
    for each in incoming:
        faults += _faults_of(each, unit, known, closed)
        known.add(_key(each.body.id, each.plan))
    if faults:
        raise SheetRefused(faults)
    lines = [_line_of(unit, each.body, each.plan, by=by) for each in incoming]
    db.session.add_all(lines)
    db.session.flush()
    for each, line in zip(incoming, lines, strict=True):
        audit.record("budget.open", "budget_line", line.id, by=by, unit_id=unit.id)
        if each.allotment is not None:
            _add(line, each.allotment, by=by)
    return len(lines)


def hold_money(unit_id: UUID) -> None:
    """Make everybody else who moves money of this unit wait until this transaction ends."""
    db.session.execute(select(Unit.id).where(Unit.id == unit_id).with_for_update(key_share=True))


def refuse_closed(unit: Unit, year: int, field: str = "") -> None:
    """Raise RuleBroken when a year of a unit is closed."""
    if list_closings([unit.id], year):
        raise RuleBroken(_closed_message(unit, year), field=field)


def _closed_message(unit: Unit, year: int) -> Any:
    return _l(
        "The year %(year)s of %(unit)s is closed. Enter the correction in an open year, or"
        " ask the unit head to reopen it with a reason.",
        year=year,
        unit=unit.label,
    )


def _faults_of(
    incoming: Incoming, unit: Unit, known: Collection[LineKey], closed: Collection[int]
) -> Iterator[Fault]:
    """Which rules of opening a line and of allotting a row breaks."""
    plan, move = incoming.plan, incoming.allotment
    if _key(incoming.body.id, plan) in known:
        yield Fault(incoming.number, "title", str(_SAME))
    if plan.year in closed:
        yield Fault(incoming.number, "year", str(_closed_message(unit, plan.year)))
    if move and move.on.year < plan.year - 1:
        yield Fault(incoming.number, "allotted_on", str(_before_message(plan.year)))
    if move and move.on.year in closed:
        yield Fault(incoming.number, "allotted_on", str(_closed_message(unit, move.on.year)))


_SAME = _l("There is a line of this body, year, source and purpose with this title already.")


def _key(body_id: UUID, plan: Plan) -> LineKey:
    return line_key(body_id, plan.year, plan.funding_source, plan.purpose, plan.title)


def _refuse_same(body_id: UUID, plan: Plan, but: UUID | None = None) -> None:
    if lines_by_key([body_id]).get(_key(body_id, plan), but) != but:
        raise RuleBroken(_SAME, field="title")


def _plan_of(line: BudgetLine) -> Plan:
    return Plan(
        line.year,
        FundingSource(line.funding_source),
        Purpose(line.purpose),
        line.title,
        line.estimate_amount,
        line.due_on,
    )


def _line_of(unit: Unit, body: Body, plan: Plan, *, by: Actor) -> BudgetLine:
    return BudgetLine(
        id=uuid4(),
        unit_id=unit.id,
        body_id=body.id,
        year=plan.year,
        funding_source=plan.funding_source,
        purpose=plan.purpose,
        phase_id=plan.phase.id if plan.phase else None,
        title=plan.title,
        estimate_amount=plan.estimate_amount,
        due_on=plan.due_on,
        recorded_by=by.id,
    )


def _add(line: BudgetLine, move: Move, *, by: Actor) -> Movement:
    movement = Movement(
        id=uuid4(),
        line_id=line.id,
        unit_id=line.unit_id,
        kind=move.kind,
        on=move.on,
        amount=move.amount,
        voucher=move.voucher,
        note=move.note,
        recorded_by=by.id,
    )
    db.session.add(movement)
    audit.record(f"budget.{move.kind}", "movement", movement.id, by=by, unit_id=line.unit_id)
    if move.paper is not None:
        attach_file(move.paper, "movement", movement.id, line.unit_id, by=by)
    return movement


def _refuse_day(line: BudgetLine, move: Move) -> None:
    """Only an allotment can come before its year: a decision of December."""
    first = line.year - (move.kind == MovementKind.ALLOTMENT)
    if move.on.year < first:
        raise RuleBroken(_before_message(line.year), field="on")
    refuse_closed(get_unit(line.unit_id), move.on.year, field="on")


def _before_message(year: int) -> Any:
    return _l("This day lies before the line's year, %(year)s.", year=year)


def _refuse_voucher(line: BudgetLine, move: Move, instead_of: Movement | None = None) -> None:
    """A voucher number is used once in a unit and year, whatever the line. What was taken back
    leaves its number free.
    """
    if not move.voucher:
        if move.kind == MovementKind.ALLOTMENT:
            return
        raise RuleBroken(_l("Write the number of the voucher."), field="voucher")
    used = vouchers_used(line.unit_id, move.on.year).get(voucher_key(move.voucher))
    if used is not None and (instead_of is None or used[0] != instead_of.id):
        _, on, title = used
        raise RuleBroken(
            _l(
                "The voucher %(voucher)s was used already: on %(day)s, in the line “%(line)s”.",
                voucher=move.voucher,
                day=day(on),
                line=title,
            ),
            field="voucher",
        )


def _refuse_amount(balance: Balance, field: str = "amount") -> None:
    broken = find_broken_rule(balance)
    if broken is not None:
        message = str(broken.rule.message) % {
            "part": dong(broken.part),
            "whole": dong(broken.whole),
        }
        raise RuleBroken(message, field=field)


def _refuse_taking_back(line: BudgetLine, movement: Movement, on: date) -> None:
    if movement.corrects_id is not None or _is_taken_back(movement):
        raise RuleBroken(_l("This movement was taken back already. Both stay readable."))
    if on < movement.on:
        raise RuleBroken(
            _l("The correction can't be earlier than the movement, %(day)s.", day=day(movement.on)),
            field="corrected_on",
        )
    refuse_closed(get_unit(line.unit_id), on.year, field="corrected_on")


def _refuse_phase(phase: Phase | None, year: int) -> None:
    if phase is not None and not phase.from_on.year <= year <= phase.until_on.year:
        raise RuleBroken(
            _l(
                "The phase runs from %(first)s until %(last)s; the year lies outside.",
                first=day(phase.from_on),
                last=day(phase.until_on),
            ),
            field="phase_id",
        )


def _refuse_phase_days(from_on: date, until_on: date) -> None:
    if until_on < from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")


def _is_taken_back(movement: Movement) -> bool:
    query = select(Movement.id).where(Movement.corrects_id == movement.id)
    return db.session.scalar(query) is not None


def _balance_with(
    line: BudgetLine, *, add: Move | None = None, without: Movement | None = None
) -> Balance:
    """The balance as it would be."""
    entries = [
        told.entry
        for told in list_standing(line)
        if without is None or told.movement.id != without.id
    ]
    if add is not None:
        entries.append(Entry(add.kind, add.amount, add.on, add.kind == MovementKind.SETTLEMENT))
    return Balance.of(entries)


def _as_if_approved(balance: Balance) -> Balance:
    return replace(balance, settled=balance.settled + balance.waiting, waiting=0)


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
            f"Dự toán: {told_dong(line.estimate_amount)}. Hạn quyết toán: {day(line.due_on)}.",
            "; ".join(f"{word}: {told_dong(amount)}" for word, amount in sums) + ".",
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
