"""Statutory status: a panel of the case, and the form behind it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.history.queries import list_earlier
from casework.confidential.statutory.forms import RemovalForm, StatusForm
from casework.confidential.statutory.models import StatutoryKind
from casework.confidential.statutory.operations import correct_status, record_status, remove_status
from casework.confidential.statutory.queries import get_status, list_statuses
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render

bp = Blueprint("statutory", __name__, url_prefix="/cases/<uuid:case_id>/statutory")


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The statuses, with the day each ends and the rule that says so."""
    case = get_case(access, case_id)
    person, lines = get_person(case, access), list_statuses(case)
    corrected = [line.status.id for line in lines if line.status.version > 1]
    return render(
        "confidential/statutory/list.html",
        case=case,
        person=person,
        lines=lines,
        earlier=list_earlier(corrected) if corrected else [],
        today=today(),
        StatutoryKind=StatutoryKind,
    )


@bp.get("/new")
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form of a status."""
    case = get_case(access, case_id)
    return _form(case, get_person(case, access), StatusForm())


@bp.post("/new")
@requires(Permission.CASE_WRITE)
def record(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Keep the status."""
    case, form = get_case(access, case_id), StatusForm()
    person = get_person(case, access)
    status = carry_out(form, lambda: record_status(case, form.told(), by=access.actor))
    if status != 303:
        return _form(case, person, form), status
    flash(_("The status is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.get("/<uuid:status_id>")
@requires(Permission.CASE_WRITE)
def edit(access: Access, case_id: UUID, status_id: UUID) -> ResponseReturnValue:
    """The form to correct or end a status."""
    case = get_case(access, case_id)
    found = get_status(case, status_id)
    person, removal = get_person(case, access), RemovalForm(obj=found, formdata=None)
    return _form(case, person, StatusForm(obj=found), status_id=status_id, removal=removal)


@bp.post("/<uuid:status_id>")
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID, status_id: UUID) -> ResponseReturnValue:
    """Save it, unless somebody saved before: then both are shown."""
    case, form = get_case(access, case_id), StatusForm()
    found, person = get_status(case, status_id), get_person(case, access)
    status = carry_out(
        form, lambda: correct_status(case, found, form.told(), by=access.actor), found.version
    )
    if status != 303:
        more = {"saved": found if status == 409 else None, "removal": RemovalForm(obj=found)}
        return _form(case, person, form, status_id=status_id, **more), status
    flash(_("The status is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.post("/<uuid:status_id>/remove")
@requires(Permission.CASE_WRITE)
def remove(access: Access, case_id: UUID, status_id: UUID) -> ResponseReturnValue:
    """Take away what was written down by mistake, unless somebody corrected it meanwhile."""
    case, removal = get_case(access, case_id), RemovalForm()
    found = get_status(case, status_id)
    status = carry_out(removal, lambda: remove_status(case, found, by=access.actor), found.version)
    if status != 303:
        person, form = get_person(case, access), StatusForm(obj=found, formdata=None)
        return _form(case, person, form, status_id=status_id, removal=removal), status
    flash(_("The status is taken away."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


def _form(case: Case, person: PersonIdentity, form: StatusForm, **more: Any) -> str:
    values = {"status_id": None, "saved": None, "removal": None, **more}
    return render(
        "confidential/statutory/form.html",
        case=case,
        person=person,
        form=form,
        address=request.path.removesuffix("/remove"),
        StatutoryKind=StatutoryKind,
        **values,
    )
