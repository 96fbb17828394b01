"""Setting reminders, postponing them, and ending them: done or dropped, they stay readable."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key, follow_cases
from casework.confidential.reminders.models import Reminder
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable


def set_reminder(case: Case, *, text: str, due_on: date, by: Actor) -> Reminder:
    """Something to do about a case on a day."""
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)
    reminder = Reminder(id=uuid4(), case_id=case.id, account_id=by.id, text=text, due_on=due_on)
    db.session.add(reminder)
    _note("reminder.set", case, by)
    return reminder


def change_reminder(case: Case, reminder: Reminder, *, text: str, due_on: date, by: Actor) -> None:
    """Another day, or other words."""
    _check_open(reminder)
    check_key(case, Compartment.NOTES)
    if isinstance(reminder.text, Unreadable):
        message = _l("The text that stands here can't be opened, so it can't be replaced.")
        raise RuleBroken(message, field="text")
    reminder.text, reminder.due_on = text, due_on
    _note("reminder.change", case, by)


def end_reminder(case: Case, reminder: Reminder, *, is_done: bool, by: Actor, on: date) -> None:
    """It was done, or is not wanted any more."""
    _check_open(reminder)
    if is_done:
        reminder.done_on = on
    else:
        reminder.dropped_on = on
    _note("reminder.done" if is_done else "reminder.drop", case, by)


@follow_cases
def pass_reminders_on(cases: Sequence[Case], to: UUID | None, on: date) -> None:
    """Open reminders go with the case to its new counselor; where support ended they are dropped.

    Whoever set one as a colleague who stood in is not the one to do it any more either.
    """
    query = select(Reminder).where(
        Reminder.case_id.in_([case.id for case in cases]),
        Reminder.done_on.is_(None),
        Reminder.dropped_on.is_(None),
    )
    for reminder in db.session.scalars(query):
        if to is None:
            reminder.dropped_on = on
        else:
            reminder.account_id = to


def _check_open(reminder: Reminder) -> None:
    if not reminder.is_open:
        raise RuleBroken(_l("This reminder is done or dropped already."))


def _note(action: str, case: Case, by: Actor) -> None:
    audit.record(action, "case", case.id, by=by, unit_id=case.unit_id)
