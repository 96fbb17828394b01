"""Moving money: a refusal leaves a line as it was, a correction leaves what it corrected.

Whoever moves money of a unit holds the unit's row until the end of the transaction, so that two
advances at once can't pass the allotment together, one voucher number isn't used on two lines at
once, and a year isn't closed while something is being dated in it. (SQLite has one writer anyway.)
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day, dong
from casework.core.uploads import Upload
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.balance import (
    Balance,
    Entry,
    find_broken_rule,
    is_approved_settlement,
)
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Purpose,
)
from casework.organisation.budgets.queries import (
    LineKey,
    VoucherUse,
    find_use_of_voucher,
    line_key,
    lines_by_key,
    list_closings,
    list_standing,
    list_voucher_units,
)
from casework.organisation.documents.operations import attach_file, keep_with
from casework.organisation.history.operations import keep_revision
from casework.organisation.programmes.models import Phase
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit


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

    def key(self, body_id: UUID) -> LineKey:
        """What the plan shares with no other of a body."""
        return line_key(body_id, self.year, self.funding_source, self.purpose, self.title)


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
    line = line_of(unit, body, plan, by=by)
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
    refuse_closed_line(line)
    _refuse_phase(phase, line.year)
    _refuse_same(line.body_id, replace(_plan_of(line), title=title), but=line.id)
    keep_revision(line, "budget_line", by=by)
    line.title, line.estimate_amount, line.due_on = title, estimate_amount, due_on
    line.phase_id = phase.id if phase else None
    audit.record("budget.change", "budget_line", line.id, by=by, unit_id=line.unit_id)


def record_movement(line: BudgetLine, move: Move, *, by: Actor) -> Movement:
    """Enter a movement. Raises RuleBroken when its line's year is closed, or when its day, voucher
    or amount breaks a rule; a settlement waits for approval, and what waits is counted against the
    next settlement.
    """
    hold_money(line.unit_id)
    refuse_closed_line(line, field="on")
    _refuse_day(line, move)
    _refuse_voucher(line, move)
    balance = _balance_with(line, add=move)
    refuse_amount(_as_if_approved(balance) if move.kind == MovementKind.SETTLEMENT else balance)
    return add_movement(line, move, by=by)


def correct_movement(
    line: BudgetLine, movement: Movement, on: date, note: str, right: Move | None, *, by: Actor
) -> Movement:
    """Take a movement back on a day, and put the right one in its place if there is one. Both
    stay readable. Returns what takes it back.

    A movement is taken back once, never before its own day, and never when other movements depend
    on it: an advance that is settled, say. A right settlement waits for approval again. An approved
    settlement is not the accountant's any more: settlements.operations.take_back_settlement.
    """
    hold_money(line.unit_id)
    db.session.refresh(movement)
    refuse_taking_back(line, movement, on)
    if is_approved_settlement(movement):
        raise RuleBroken(
            _l(
                "This settlement is approved: the unit head takes it back. Then enter the right"
                " one."
            )
        )
    if right is not None:
        _refuse_day(line, right)
        _refuse_voucher(line, right, instead_of=movement)
    balance = _balance_with(line, add=right, without=movement)
    is_settlement = right is not None and right.kind == MovementKind.SETTLEMENT
    refuse_amount(_as_if_approved(balance) if is_settlement else balance)
    back = take_back(line, movement, on, note, by=by)
    if right is not None:
        add_movement(line, right, by=by)
    return back


def take_back(line: BudgetLine, movement: Movement, on: date, note: str, *, by: Actor) -> Movement:
    """Save what takes a movement back, when no rule forbids it."""
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
    return back


def hold_money(unit_id: UUID) -> None:
    """Make everybody else who moves or pays money of this unit wait until this transaction ends."""
    db.session.execute(select(Unit.id).where(Unit.id == unit_id).with_for_update(key_share=True))


def refuse_closed(unit: Unit, year: int, field: str = "") -> None:
    """Raise RuleBroken when a year of a unit is closed."""
    if list_closings([unit.id], year):
        raise RuleBroken(closed_message(unit, year), field=field)


def refuse_closed_line(line: BudgetLine, field: str = "") -> None:
    """Raise RuleBroken when the year of a line is closed: its figures stay as they are, whatever
    the day of what would change them.
    """
    unit = get_unit(line.unit_id)
    if list_closings([unit.id], line.year):
        raise RuleBroken(
            _l(
                "The year %(year)s of %(unit)s is closed. Nothing is added to its lines or taken"
                " back from them: ask the unit head to reopen it with a reason.",
                year=line.year,
                unit=unit.label,
            ),
            field=field,
        )


def closed_message(unit: Unit, year: int) -> Any:
    """Why nothing dated in a year is taken."""
    return _l(
        "The year %(year)s of %(unit)s is closed. Enter the correction in an open year, or"
        " ask the unit head to reopen it with a reason.",
        year=year,
        unit=unit.label,
    )


def before_message(year: int) -> Any:
    """Why a movement of a line of this year has no such day."""
    return _l("This day lies before the line's year, %(year)s.", year=year)


SAME = _l("There is a line of this body, year, source and purpose with this title already.")


def line_of(unit: Unit, body: Body, plan: Plan, *, by: Actor) -> BudgetLine:
    """The line of a plan, not saved yet."""
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


def add_movement(line: BudgetLine, move: Move, *, by: Actor) -> Movement:
    """Save a movement with its paper, when no rule forbids it."""
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


def refuse_amount(balance: Balance, field: str = "amount") -> None:
    """Raise RuleBroken when a line may not come to this balance."""
    broken = find_broken_rule(balance)
    if broken is not None:
        message = str(broken.rule.message) % {
            "part": dong(broken.part),
            "whole": dong(broken.whole),
        }
        raise RuleBroken(message, field=field)


def is_taken_back(movement: Movement) -> bool:
    """Whether something corrects a movement."""
    query = select(Movement.id).where(Movement.corrects_id == movement.id)
    return db.session.scalar(query) is not None


def _plan_of(line: BudgetLine) -> Plan:
    return Plan(
        line.year,
        FundingSource(line.funding_source),
        Purpose(line.purpose),
        line.title,
        line.estimate_amount,
        line.due_on,
    )


def _refuse_same(body_id: UUID, plan: Plan, but: UUID | None = None) -> None:
    if lines_by_key([body_id]).get(plan.key(body_id), but) != but:
        raise RuleBroken(SAME, field="title")


def _refuse_day(line: BudgetLine, move: Move) -> None:
    """Only an allotment can come before its year: a decision of December."""
    first = line.year - (move.kind == MovementKind.ALLOTMENT)
    if move.on.year < first:
        raise RuleBroken(before_message(line.year), field="on")
    refuse_closed(get_unit(line.unit_id), move.on.year, field="on")


def _refuse_voucher(line: BudgetLine, move: Move, instead_of: Movement | None = None) -> None:
    """A voucher number is used once in a unit and year, whatever the line or the book. What was
    taken back leaves its number free.
    """
    if not move.voucher:
        if move.kind == MovementKind.ALLOTMENT:
            return
        raise RuleBroken(_l("Write the number of the voucher."), field="voucher")
    is_expense = move.kind == MovementKind.EXPENSE
    refuse_used_voucher(
        move.voucher,
        find_use_of_voucher(
            move.voucher,
            list_voucher_units(line.unit_id),
            move.on.year,
            instead_of=instead_of.id if instead_of else None,
            is_remuneration=is_expense and line.purpose == Purpose.REMUNERATION,
        ),
    )


def refuse_used_voucher(voucher: str, use: VoucherUse | None) -> None:
    """Raise RuleBroken when a voucher's number was used."""
    if use is not None:
        raise RuleBroken(
            _l(
                "The voucher %(voucher)s was used already: on %(day)s, %(where)s.",
                voucher=voucher,
                day=day(use.on),
                where=use.where,
            ),
            field="voucher",
        )


def refuse_taking_back(line: BudgetLine, movement: Movement, on: date) -> None:
    """Raise RuleBroken when a movement can't be taken back on a day."""
    refuse_closed_line(line, field="corrected_on")
    if movement.corrects_id is not None or is_taken_back(movement):
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


@keep_with("movement")
def _is_settled(movement_id: UUID) -> bool:
    """A settlement is approved, or the books of the movement's year or of its line's are closed."""
    movement = db.session.get_one(Movement, movement_id)
    line = db.session.get_one(BudgetLine, movement.line_id)
    return is_approved_settlement(movement) or any(
        list_closings([movement.unit_id], year) for year in {movement.on.year, line.year}
    )
