"""Settling: approving settlements, settlement sheets, closing years. The pages stand among those of
the budget.
"""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken
from casework.core.htmx import render
from casework.core.operations import new_operation
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.queries import Scope, find_scope, find_year
from casework.organisation.budgets.models import BudgetLine, Movement
from casework.organisation.budgets.queries import (
    YEARS,
    balances,
    get_line,
    get_movement,
    get_places,
    get_scope,
    list_standing,
    list_waiting,
    list_years,
    year_of_unit,
)
from casework.organisation.documents.queries import list_files
from casework.organisation.settlements import operations, sheets
from casework.organisation.settlements.forms import CloseForm, ReopenForm, TakeBackForm
from casework.organisation.settlements.queries import (
    list_closed_years,
    list_outstanding,
    list_years_in_force,
)
from casework.organisation.units.queries import (
    get_unit,
    get_unit_within,
    list_ids_with_predecessors,
)

bp = Blueprint("settlements", __name__, url_prefix="/budgets")
FOLDER = "organisation/settlements"


@bp.get("/approvals")
@requires(Permission.BUDGET_APPROVE)
def approvals(access: Access) -> ResponseReturnValue:
    """The settlements that wait."""
    return _approvals_page(access)


@bp.post("/lines/<uuid:line_id>/movements/<uuid:movement_id>/approve")
@requires(Permission.BUDGET_APPROVE)
def approve(access: Access, line_id: UUID, movement_id: UUID) -> ResponseReturnValue:
    """Let a settlement count."""
    line = get_line(access, line_id)
    movement = get_movement(line, movement_id)
    try:
        operations.approve_settlement(line, movement, by=access.actor)
    except RuleBroken as broken:
        return _approvals_page(access, broken), 422
    flash(_("The settlement is approved and counts."), "success")
    return redirect(url_for(".approvals"), 303)


@bp.get("/lines/<uuid:line_id>/movements/<uuid:movement_id>/take-back")
@requires(Permission.BUDGET_APPROVE)
def taking_back(access: Access, line_id: UUID, movement_id: UUID) -> ResponseReturnValue:
    """The form that takes an approved settlement back."""
    line = get_line(access, line_id)
    return _taking_back_page(line, get_movement(line, movement_id), TakeBackForm())


@bp.post("/lines/<uuid:line_id>/movements/<uuid:movement_id>/take-back")
@requires(Permission.BUDGET_APPROVE)
def take_back(access: Access, line_id: UUID, movement_id: UUID) -> ResponseReturnValue:
    """Take it back; it stays readable."""
    line, form = get_line(access, line_id), TakeBackForm()
    movement = get_movement(line, movement_id)
    if not form.validate():
        return _taking_back_page(line, movement, form), 422
    try:
        operations.take_back_settlement(
            line, movement, form.corrected_on.data, form.reason.data, by=access.actor
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _taking_back_page(line, movement, form), 422
    flash(_("The settlement is taken back. It stays readable, crossed out."), "success")
    return redirect(url_for("budgets.show_line", line_id=line.id), 303)


@bp.get("/years")
@requires(Permission.BUDGET_READ)
def years(access: Access) -> ResponseReturnValue:
    """Which years are closed, by whom, and what was reopened why."""
    scope = find_scope(access)
    return _years_page(scope) if scope else render(f"{FOLDER}/years.html", scope=None)


@bp.post("/years/<uuid:unit_id>/close")
@requires(Permission.BUDGET_APPROVE)
def close_year(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """Close a year."""
    unit, form = get_unit_within(access, unit_id), CloseForm()
    unit_ids = list_ids_with_predecessors([unit.id])
    if not form.validate():
        return _years_page(Scope(unit, unit_ids, []), closing=form), 422
    try:
        operations.close_year(unit, unit_ids, form.year.data, today(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _years_page(Scope(unit, unit_ids, []), closing=form), 422
    flash(_("The year %(year)s is closed.", year=form.year.data), "success")
    return redirect(url_for(".years", unit=unit.id), 303)


@bp.post("/years/<uuid:unit_id>/reopen")
@requires(Permission.BUDGET_APPROVE)
def reopen_year(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """Open a closed year again, with a reason."""
    unit, form = get_unit_within(access, unit_id), ReopenForm()
    unit_ids = list_ids_with_predecessors([unit.id])
    form.offer(list_years_in_force(unit.id))
    if not form.validate():
        return _years_page(Scope(unit, unit_ids, []), reopening=form), 422
    try:
        operations.reopen_year(unit, unit_ids, form.year.data, form.reason.data, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _years_page(Scope(unit, unit_ids, []), reopening=form), 422
    flash(_("The year %(year)s is open again.", year=form.year.data), "success")
    return redirect(url_for(".years", unit=unit.id), 303)


@bp.get("/sheet.xlsx")
@requires(Permission.BUDGET_READ)
def sheet_xlsx(access: Access) -> ResponseReturnValue:
    """The settlement sheet of a unit's year as a workbook."""
    sheet = _sheet_of_year(access, get_scope(access))
    return send_file(sheets.write_xlsx(sheet), f"quyet-toan-{find_year(YEARS)}.xlsx")


@bp.get("/sheet.docx")
@requires(Permission.BUDGET_READ)
def sheet_docx(access: Access) -> ResponseReturnValue:
    """The settlement sheet of a unit's year as a paper."""
    return _send_paper(_sheet_of_year(access, get_scope(access)), find_year(YEARS))


@bp.get("/lines/<uuid:line_id>/sheet.xlsx")
@requires(Permission.BUDGET_READ)
def line_xlsx(access: Access, line_id: UUID) -> ResponseReturnValue:
    """The settlement sheet of one line as a workbook."""
    line = get_line(access, line_id)
    content = sheets.write_xlsx(_sheet_of_line(access, line))
    return send_file(content, f"quyet-toan-{line.year}.xlsx")


@bp.get("/lines/<uuid:line_id>/sheet.docx")
@requires(Permission.BUDGET_READ)
def line_docx(access: Access, line_id: UUID) -> ResponseReturnValue:
    """The settlement sheet of one line as a paper."""
    line = get_line(access, line_id)
    return _send_paper(_sheet_of_line(access, line), line.year)


def _approvals_page(access: Access, broken: RuleBroken | None = None) -> str:
    unit_ids = list_ids_with_predecessors(access.units)
    waiting = list_waiting(unit_ids)
    movements = [movement for movement, _line in waiting]
    return render(
        f"{FOLDER}/approvals.html",
        waiting=waiting,
        names=names_of([movement.recorded_by for movement in movements]),
        files=list_files([movement.id for movement in movements]),
        balances=balances([line for _, line in waiting]),
        me=access.account_id,
        broken=broken,
        new_operation=new_operation,
    )


def _taking_back_page(line: BudgetLine, movement: Movement, form: TakeBackForm) -> str:
    return render(f"{FOLDER}/take_back.html", line=line, movement=movement, form=form)


def _years_page(
    scope: Scope, *, closing: CloseForm | None = None, reopening: ReopenForm | None = None
) -> str:
    closed = list_closed_years([scope.unit.id])
    in_force = list_years_in_force(scope.unit.id)
    reopening = reopening or ReopenForm(formdata=None)
    reopening.offer(in_force)
    listed = {today().year, *list_years(scope.unit_ids)}
    return render(
        f"{FOLDER}/years.html",
        scope=scope,
        closed=closed,
        open_years=sorted(listed.difference(in_force), reverse=True),
        in_force=in_force,
        outstanding=list_outstanding(scope.unit_ids),
        names=names_of([each.closed_by for each in closed] + [each.reopened_by for each in closed]),
        closing=closing or CloseForm(formdata=None),
        reopening=reopening,
        new_operation=new_operation,
    )


def _sheet_of_year(access: Access, scope: Scope) -> sheets.Sheet:
    year = find_year(YEARS)
    audit.record_read(
        "settlement.export", "unit", [scope.unit.id], by=access.actor, unit_id=scope.unit.id
    )
    found = year_of_unit(scope.unit_ids, year, today())
    return sheets.sheet_of_year(scope.unit, year, found.lines)


def _sheet_of_line(access: Access, line: BudgetLine) -> sheets.Sheet:
    unit, body = get_places(line)
    audit.record_read(
        "settlement.export", "budget_line", [line.id], by=access.actor, unit_id=unit.id
    )
    return sheets.sheet_of_line(unit, body, line, list_standing(line))


def _send_paper(sheet: sheets.Sheet, year: int) -> Response:
    place = get_unit(sheet.unit.province_id) if sheet.unit.province_id else sheet.unit
    content = sheets.write_docx(sheet, place.name, today())
    return send_file(content, f"quyet-toan-{year}.docx", DOCX)
