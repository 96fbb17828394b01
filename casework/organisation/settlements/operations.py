"""What a unit head decides about money: a settlement counts, a year is closed or opened again.

Like everything that moves money they hold the unit's row (budgets/operations.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.budgets.balance import (
    Balance,
    is_approved_settlement,
    is_waiting,
)
from casework.organisation.budgets.models import BudgetLine, ClosedYear, Movement
from casework.organisation.budgets.operations import (
    hold_money,
    is_taken_back,
    refuse_amount,
    refuse_closed,
    refuse_closed_line,
    refuse_taking_back,
    take_back,
)
from casework.organisation.budgets.queries import list_closings, list_standing, list_waiting
from casework.organisation.programmes.models import FIRST_YEAR
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit


def approve_settlement(line: BudgetLine, movement: Movement, *, by: Actor) -> None:
    """Let a settlement count. Never by the account that entered it, and not when something that
    happened meanwhile makes it too large.
    """
    hold_money(line.unit_id)
    db.session.refresh(movement)
    if not is_waiting(movement) or is_taken_back(movement):
        raise RuleBroken(_l("This settlement does not await approval any more."))
    if movement.recorded_by == by.id:
        raise RuleBroken(_l("A settlement is approved by somebody else than who entered it."))
    refuse_closed_line(line)
    refuse_closed(get_unit(line.unit_id), movement.on.year)
    entries = [
        replace(told.entry, waits=told.waits and told.movement.id != movement.id)
        for told in list_standing(line)
    ]
    refuse_amount(Balance.of(entries), field="")
    movement.approved_by, movement.approved_at = by.id, now()
    audit.record("budget.approve", "movement", movement.id, by=by, unit_id=line.unit_id)


def take_back_settlement(
    line: BudgetLine, movement: Movement, on: date, reason: str, *, by: Actor
) -> Movement:
    """Take an approved settlement back: two people let it count, so who entered it doesn't take it
    back alone. Both stay readable. What takes it back counts at once, and can only free money: no
    bound is passed by it.
    """
    hold_money(line.unit_id)
    db.session.refresh(movement)
    refuse_taking_back(line, movement, on)
    if not is_approved_settlement(movement):
        raise RuleBroken(_l("Only an approved settlement is taken back here."))
    if movement.recorded_by == by.id:
        raise RuleBroken(_l("A settlement is taken back by somebody else than who entered it."))
    return take_back(line, movement, on, reason, by=by)


def close_year(unit: Unit, unit_ids: Sequence[UUID], year: int, on: date, *, by: Actor) -> None:
    """Close a year of a unit and of the units that it followed (`unit_ids`): nothing dated in it
    is added any more, and nothing is added to its lines or taken back from them. Refused for a year
    to come, and while settlements of it wait.
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
