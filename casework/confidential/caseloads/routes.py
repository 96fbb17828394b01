"""A caseload in and out of Excel."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.caseloads import sheets
from casework.confidential.caseloads.forms import ExportForm, ImportForm
from casework.confidential.caseloads.operations import (
    Imported,
    Incoming,
    by_row,
    import_people,
)
from casework.confidential.caseloads.queries import list_alike, list_caseload, list_units
from casework.confidential.cases.models import IntakeSource, Sex, TargetGroup
from casework.confidential.consent.models import AGREEING
from casework.confidential.contacts.models import ContactKind
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken
from casework.core.htmx import render
from casework.core.sheets import SheetRefused, read_sent_sheet
from casework.core.workbooks import send_file

bp = Blueprint("caseloads", __name__, url_prefix="/cases")
FOLDER = "confidential/caseloads"


@bp.get("/import/template")
@requires(Permission.CASE_IMPORT)
def template(_access: Access) -> ResponseReturnValue:
    """An empty sheet whose heading the import reads."""
    return send_file(sheets.write_template(), "cases-template.xlsx")


@bp.get("/import")
@requires(Permission.CASE_IMPORT)
def import_form(access: Access) -> ResponseReturnValue:
    """How a log is filled in, and where it is handed in."""
    return _import_page(access, ImportForm())


@bp.post("/import")
@requires(Permission.CASE_IMPORT)
def take_in(access: Access) -> ResponseReturnValue:
    """Check every row; take everybody in, or nobody. Who may be known already is shown first, and
    confirmed to be somebody else.
    """
    form = ImportForm()
    form.offer(list_units(access))
    if not form.validate() or form.sheet.data is None:
        return _import_page(access, form), 422
    try:
        people = sheets.read_people(read_sent_sheet(form.sheet.data, sheets.NEEDED))
        if form.only_check.data:
            return _checked(access, UUID(form.unit.data), people)
        alike = [] if form.somebody_else.data else list_alike(by_row(people))
        if alike:
            form.refuse(RuleBroken(_("Look at these rows first."), field="somebody_else"))
            return _import_page(access, form, alike=alike), 422
        done = import_people(UUID(form.unit.data), people, by=access.actor)
    except SheetRefused as refused:
        return _import_page(access, form, faults=refused.faults), 422
    flash(_told(done), "success")
    return redirect(url_for("cases.index", order="newest"), 303)


@bp.get("/export")
@requires(Permission.CASE_EXPORT)
def export_form(_access: Access) -> ResponseReturnValue:
    """Why the own cases are taken out."""
    return render(f"{FOLDER}/export.html", form=ExportForm())


@bp.post("/export")
@requires(Permission.CASE_EXPORT)
def export(access: Access) -> ResponseReturnValue:
    """The own open cases as a file. Leaves a row with every case in it, and the reason."""
    form = ExportForm()
    if not form.validate():
        return render(f"{FOLDER}/export.html", form=form), 422
    cases, with_names = list_caseload(access), form.with_names.data
    for case, _person in cases:
        audit.record(
            "case.export",
            "case",
            case.id,
            by=access.actor,
            unit_id=case.unit_id,
            reason=str(form.reason.data),
            names=with_names,
        )
    columns = [*sheets.EXPORTED, *(sheets.EXPORTED_NAMES if with_names else ())]
    headings = [str(_headings()[column]) for column in columns]
    content = sheets.write_cases(cases, headings, with_names=with_names)
    return send_file(content, f"cases-{today():%Y-%m-%d}.xlsx")


def _headings() -> dict[str, str]:
    return {
        "code": _("Case"),
        "status": _("Status"),
        "group": _("Group"),
        "sex": _("Sex"),
        "birth_year": _("Year of birth"),
        "source": _("Came through"),
        "opened_on": _("Taken in on"),
        "next_on": _("Next appointment"),
        "name": _("Name"),
        "alias": _("Alias"),
        "phone": _("Phone"),
        "address": _("Address"),
    }


def _checked(access: Access, unit_id: UUID, people: Sequence[Incoming]) -> str:
    """What a good sheet would bring, and who in it may be known already. Nothing is written."""
    done = import_people(unit_id, people, by=access.actor, only_check=True)
    # Only now: undoing the trial would undo the row of the log that this leaves.
    alike = list_alike(by_row(people))
    form = ImportForm(formdata=None, only_check=False, unit=str(unit_id))
    return _import_page(access, form, done=done, alike=alike)


def _import_page(access: Access, form: ImportForm, **found: Any) -> str:
    form.offer(list_units(access))
    values = {"faults": (), "done": None, "alike": (), **found}
    return render(
        f"{FOLDER}/import.html",
        form=form,
        told=_told(values["done"]) if values["done"] else "",
        columns=sheets.COLUMNS,
        codes=(
            ("sex", Sex),
            ("group", TargetGroup),
            ("source", IntakeSource),
            ("method", AGREEING),
            ("contact_kind", ContactKind),
        ),
        **values,
    )


def _told(done: Imported) -> str:
    told = _(
        "%(cases)s cases with %(contacts)s contacts.", cases=done.cases, contacts=done.contacts
    )
    return str(told)
