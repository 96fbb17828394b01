"""Reminders of a case: the list, setting one, postponing it, done or dropped."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.reminders.forms import ReminderForm
from casework.confidential.reminders.models import Reminder
from casework.confidential.reminders.operations import (
    change_reminder,
    end_reminder,
    set_reminder,
)
from casework.confidential.reminders.queries import get_reminder, list_reminders
from casework.core.clock import today
from casework.core.forms import Form, carry_out
from casework.core.htmx import render
from casework.organisation.accounts.queries import names_of

bp = Blueprint("reminders", __name__, url_prefix="/cases/<uuid:case_id>/reminders")
FOLDER = "confidential/reminders"
BOTH = ("GET", "POST")


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """What is still to be done, and what was."""
    case = get_case(access, case_id)
    return _list(access, case, get_person(case, access))


@bp.route("/new", methods=BOTH)
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Set a reminder."""
    case, form = get_case(access, case_id), ReminderForm()
    person = get_person(case, access)
    status = carry_out(form, lambda: _set(case, form, access))
    if status != 303:
        return _form(case, person, form), status
    flash(_("The reminder is set."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.route("/<uuid:reminder_id>", methods=BOTH)
@requires(Permission.CASE_WRITE)
def edit(access: Access, case_id: UUID, reminder_id: UUID) -> ResponseReturnValue:
    """Another day, or other words."""
    case = get_case(access, case_id)
    reminder = get_reminder(case, reminder_id)
    person, form = get_person(case, access), ReminderForm(obj=reminder)
    status = carry_out(
        form,
        lambda: change_reminder(
            case, reminder, text=form.text.data, due_on=form.due_on.data, by=access.actor
        ),
        reminder.version,
    )
    if status != 303:
        return _form(case, person, form, reminder, stale=status == 409), status
    flash(_("The reminder is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.post("/<uuid:reminder_id>/done")
@requires(Permission.CASE_WRITE)
def done(access: Access, case_id: UUID, reminder_id: UUID) -> ResponseReturnValue:
    """It was done."""
    return _end(access, case_id, reminder_id, is_done=True)


@bp.post("/<uuid:reminder_id>/drop")
@requires(Permission.CASE_WRITE)
def drop(access: Access, case_id: UUID, reminder_id: UUID) -> ResponseReturnValue:
    """It is not wanted any more."""
    return _end(access, case_id, reminder_id, is_done=False)


def _set(case: Case, form: ReminderForm, access: Access) -> None:
    set_reminder(case, text=form.text.data, due_on=form.due_on.data, by=access.actor)


def _end(access: Access, case_id: UUID, reminder_id: UUID, *, is_done: bool) -> ResponseReturnValue:
    case, form = get_case(access, case_id), Form()
    reminder = get_reminder(case, reminder_id)
    status = carry_out(
        form,
        lambda: end_reminder(case, reminder, is_done=is_done, by=access.actor, on=today()),
    )
    if status != 303:
        return _list(access, case, get_person(case, access), form), status
    flash(_("The reminder is done.") if is_done else _("The reminder is dropped."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


def _list(access: Access, case: Case, person: PersonIdentity, form: Form | None = None) -> str:
    reminders = list_reminders(case)
    return render(
        f"{FOLDER}/list.html",
        case=case,
        person=person,
        form=form,
        waiting=[each for each in reminders if each.is_open],
        ended=[each for each in reversed(reminders) if not each.is_open],
        names=names_of([each.account_id for each in reminders]),
        me=access.account_id,
        today=today(),
    )


def _form(
    case: Case,
    person: PersonIdentity,
    form: ReminderForm,
    reminder: Reminder | None = None,
    *,
    stale: bool = False,
) -> str:
    return render(
        f"{FOLDER}/form.html",
        case=case,
        person=person,
        form=form,
        reminder=reminder,
        stale=stale,
    )
