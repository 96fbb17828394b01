"""The report of a unit on itself before a visit: written by its head, read by the inspectors once
it is submitted.
"""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.errors import OutOfReach
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.workbooks import send_file
from casework.inspection.indicators.queries import sees_money
from casework.inspection.indicators.rules import Checklist, tell_checklist
from casework.inspection.inspections.queries import get_inspection
from casework.inspection.inspections.sheets import MEDIA
from casework.inspection.self_reports.forms import SelfReportForm, conflicts, form_of
from casework.inspection.self_reports.operations import save_report, submit_report
from casework.inspection.self_reports.queries import Reported, get_report, may_respond
from casework.inspection.self_reports.sheets import write_report_paper
from casework.organisation.units.queries import get_unit

bp = Blueprint("self_reports", __name__, url_prefix="/inspections/<uuid:inspection_id>/self-report")
FOLDER = "inspection/self_reports"


@bp.get("")
@requires(Permission.INSPECTION_READ)
def show(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """What the unit says of itself, with the figures it stands on."""
    told = get_report(get_inspection(access, inspection_id))
    may_read = _may_read(access, told)
    return render(
        f"{FOLDER}/show.html",
        told=told,
        checklist=_checklist(access, told),
        may_read=may_read,
        may_write=not told.is_submitted and may_respond(access, inspection_id),
    )


@bp.get("/write")
@requires(Permission.INSPECTION_RESPOND)
def write(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The form of the report, prefilled with what was published."""
    told = get_report(get_inspection(access, inspection_id))
    checklist = _checklist(access, told)
    return _form_page(told, checklist, form_of(told, _codes(checklist)))


@bp.post("/write")
@requires(Permission.INSPECTION_RESPOND)
def save(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Save it, or submit it."""
    told = get_report(get_inspection(access, inspection_id))
    checklist = _checklist(access, told)
    form = form_of(told, _codes(checklist))
    submits = bool(request.form.get("submit_report"))
    act = submit_report if submits else save_report
    status = carry_out(
        form,
        lambda: act(told, form.answer(), form.remarks(), by=access.actor),
        told.version,
    )
    if status != 303:
        form.period.data = told.period
        return _form_page(told, checklist, form, conflict=status == 409), status
    flash(_("The report is submitted.") if submits else _("The report is saved."), "success")
    endpoint = ".show" if submits else ".write"
    return redirect(url_for(endpoint, inspection_id=inspection_id), 303)


@bp.get("/paper.<any(docx, pdf):kind>")
@requires(Permission.INSPECTION_READ)
def paper(access: Access, inspection_id: UUID, kind: str) -> ResponseReturnValue:
    """The report as an official paper, to be signed."""
    told = get_report(get_inspection(access, inspection_id))
    if not _may_read(access, told):
        raise OutOfReach
    unit = told.found.unit
    audit.record_read(
        "self_report.paper", "inspection", [inspection_id], by=access.actor, unit_id=unit.id
    )
    province = get_unit(told.found.plan.province_id)
    content = write_report_paper(kind, told, province, sees_money=sees_money(access, unit))
    name = f"bao-cao-tu-kiem-tra-{unit.code}-{told.found.plan.visits_from_on:%Y-%m}.{kind}"
    return send_file(content, name, MEDIA[kind])


def _may_read(access: Access, told: Reported) -> bool:
    """A draft is for the unit alone."""
    return told.is_submitted or not (access.everywhere or access.provinces)


def _checklist(access: Access, told: Reported) -> Checklist | None:
    return tell_checklist(told.figures, sees_money=sees_money(access, told.found.unit))


def _codes(checklist: Checklist | None) -> list[str]:
    return [said.code for said in checklist.said] if checklist else []


def _form_page(
    told: Reported, checklist: Checklist | None, form: SelfReportForm, *, conflict: bool = False
) -> str:
    return render(
        f"{FOLDER}/form.html",
        told=told,
        checklist=checklist,
        form=form,
        conflict=conflicts(form, told) if conflict else [],
    )
