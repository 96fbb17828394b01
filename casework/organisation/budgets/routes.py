"""Budget lines of a unit's year, their movements, and lines as files."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.sheets import Fault, SheetRefused, read_sent_sheet
from casework.core.workbooks import send_file
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.models import Body
from casework.organisation.bodies.queries import Scope, find_scope, find_year, list_bodies
from casework.organisation.budgets import operations, queries
from casework.organisation.budgets.balance import Balance
from casework.organisation.budgets.forms import (
    CorrectionForm,
    ImportForm,
    LineChangeForm,
    LineForm,
    MovementForm,
)
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Purpose,
)
from casework.organisation.budgets.sheets import (
    COLUMNS,
    import_lines,
    read_lines,
    write_lines,
    write_template,
)
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.programmes.queries import list_phases
from casework.organisation.units.queries import get_unit

bp = Blueprint("budgets", __name__, url_prefix="/budgets")
menu(_l("Budget"), "budgets.index", lambda: can(Permission.BUDGET_READ), Section.MONEY)
FOLDER = "organisation/budgets"


@bp.get("")
@requires(Permission.BUDGET_READ)
def index(access: Access) -> ResponseReturnValue:
    """A unit's lines of a year, late ones first, with their sums."""
    scope, year = find_scope(access), find_year(queries.YEARS)
    if scope is None:
        return render(f"{FOLDER}/list.html", scope=None)
    return render(
        f"{FOLDER}/list.html",
        scope=scope,
        year=year,
        years=sorted({today().year, year, *queries.list_years(scope.unit_ids)}, reverse=True),
        found=queries.year_of_unit(scope.unit_ids, year, today()),
        waiting=len(queries.list_waiting(scope.unit_ids)),
        is_closed=bool(queries.list_closings([scope.unit.id], year)),
        FundingSource=FundingSource,
    )


@bp.get("/lines/new")
@requires(Permission.BUDGET_WRITE)
def new_line(access: Access) -> ResponseReturnValue:
    """The form for a line."""
    return _line_form(queries.get_scope(access), LineForm(year=find_year(queries.YEARS)))


@bp.post("/lines/new")
@requires(Permission.BUDGET_WRITE)
def open_line(access: Access) -> ResponseReturnValue:
    """Open a line; nothing is allotted yet."""
    scope, form = queries.get_scope(access), LineForm()
    bodies = _offer_line(scope, form)
    if not form.validate():
        return _line_form(scope, form), 422
    body = next(body for body in bodies if body.id == form.body.data)
    try:
        line = operations.open_line(scope.unit, body, form.plan, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _line_form(scope, form), 422
    flash(_("The line is open. Enter what was allotted."), "success")
    return redirect(url_for(".show_line", line_id=line.id), 303)


@bp.get("/lines/<uuid:line_id>")
@requires(Permission.BUDGET_READ)
def show_line(access: Access, line_id: UUID) -> ResponseReturnValue:
    """A line with its ledger."""
    return _line_page(access, queries.get_line(access, line_id))


@bp.get("/lines/<uuid:line_id>/change")
@requires(Permission.BUDGET_WRITE)
def edit_line(access: Access, line_id: UUID) -> ResponseReturnValue:
    """What may be said anew of a line."""
    line = queries.get_line(access, line_id)
    return _change_form(line, LineChangeForm.of(line))


@bp.post("/lines/<uuid:line_id>/change")
@requires(Permission.BUDGET_WRITE)
def change_line(access: Access, line_id: UUID) -> ResponseReturnValue:
    """Say it, unless somebody did before: then both texts are shown."""
    line, form = queries.get_line(access, line_id), LineChangeForm()
    form.offer_phases(list_phases(get_unit(line.unit_id).province_id))
    if not form.validate():
        return _change_form(line, form), 422
    try:
        form.check_version(line.version)
        operations.change_line(
            line,
            title=form.title.data,
            estimate_amount=int(form.estimate_amount.data or 0),
            due_on=form.due_on.data,
            phase=form.phase,
            by=access.actor,
        )
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(line.version)
        return _change_form(line, form, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _change_form(line, form), 422
    flash(_("The line is changed. What it said before stays readable."), "success")
    return redirect(url_for(".show_line", line_id=line.id), 303)


@bp.get("/lines/<uuid:line_id>/movements/new")
@requires(Permission.BUDGET_WRITE)
def new_movement(access: Access, line_id: UUID) -> ResponseReturnValue:
    """The form for a movement, of the kind in the address."""
    line, asked = queries.get_line(access, line_id), request.args.get("kind", "")
    kind = MovementKind(asked) if asked in list(MovementKind) else MovementKind.EXPENSE
    return _movement_form(line, MovementForm(kind=kind))


@bp.post("/lines/<uuid:line_id>/movements/new")
@requires(Permission.BUDGET_WRITE)
def record_movement(access: Access, line_id: UUID) -> ResponseReturnValue:
    """Enter the movement."""
    line, form = queries.get_line(access, line_id), MovementForm()
    if not form.validate():
        return _movement_form(line, form), 422
    try:
        operations.record_movement(line, form.move, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _movement_form(line, form), 422
    if form.kind.data == MovementKind.SETTLEMENT:
        flash(_("The settlement is entered. It counts once a unit head approves it."), "success")
    else:
        flash(_("The movement is entered."), "success")
    return redirect(url_for(".show_line", line_id=line.id), 303)


@bp.get("/lines/<uuid:line_id>/movements/<uuid:movement_id>/correct")
@requires(Permission.BUDGET_WRITE)
def correction(access: Access, line_id: UUID, movement_id: UUID) -> ResponseReturnValue:
    """The form that takes a movement back."""
    line = queries.get_line(access, line_id)
    movement = queries.get_movement(line, movement_id)
    return _correction_form(line, movement, CorrectionForm.of(movement))


@bp.post("/lines/<uuid:line_id>/movements/<uuid:movement_id>/correct")
@requires(Permission.BUDGET_WRITE)
def correct_movement(access: Access, line_id: UUID, movement_id: UUID) -> ResponseReturnValue:
    """Take it back, and put the right one in its place if there is one."""
    line, form = queries.get_line(access, line_id), CorrectionForm()
    movement = queries.get_movement(line, movement_id)
    if not form.validate():
        return _correction_form(line, movement, form), 422
    right = form.move if form.replaced.data else None
    try:
        operations.correct_movement(
            line, movement, form.corrected_on.data, form.reason.data, right, by=access.actor
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _correction_form(line, movement, form), 422
    flash(_("The movement is taken back. It stays readable, crossed out."), "success")
    return redirect(url_for(".show_line", line_id=line.id), 303)


@bp.get("/programmes")
@requires(Permission.BUDGET_READ)
def phases(access: Access) -> ResponseReturnValue:
    """What a unit's lines come to, phase by phase."""
    scope = find_scope(access)
    sums = queries.sums_by_phase(scope.unit_ids, scope.unit.province_id) if scope else []
    return render(f"{FOLDER}/phases.html", scope=scope, sums=sums)


@bp.get("/template")
@requires(Permission.BUDGET_WRITE)
def template(access: Access) -> ResponseReturnValue:
    """A workbook with the columns that the import asks for."""
    return send_file(write_template(), "budget_lines.xlsx")


@bp.get("/export")
@requires(Permission.BUDGET_READ)
def export(access: Access) -> ResponseReturnValue:
    """The lines of a unit's year, in the columns of the import and then what became of them."""
    scope, year = queries.get_scope(access), find_year(queries.YEARS)
    found = queries.year_of_unit(scope.unit_ids, year, today())
    audit.record_read(
        "budget.export", "unit", [scope.unit.id], by=access.actor, unit_id=scope.unit.id
    )
    return send_file(write_lines(found.lines), f"budget_lines_{year}.xlsx")


@bp.get("/import")
@requires(Permission.BUDGET_WRITE)
def import_form(access: Access) -> ResponseReturnValue:
    """Where a file of lines is sent."""
    return _import_page(queries.get_scope(access), ImportForm())


@bp.post("/import")
@requires(Permission.BUDGET_WRITE)
def import_file(access: Access) -> ResponseReturnValue:
    """Open every line of a file, or none; or only say what would happen."""
    scope, form = queries.get_scope(access), ImportForm()
    if not form.validate() or form.file.data is None:
        return _import_page(scope, form), 422
    try:
        rows = read_sent_sheet(form.file.data, COLUMNS)
        incoming = read_lines(rows, list_bodies(scope.unit_ids), today())
        count = import_lines(scope.unit, incoming, by=access.actor)
    except SheetRefused as refused:
        db.session.rollback()
        return _import_page(queries.get_scope(access), form, faults=refused.faults), 422
    if form.only_check.data:
        db.session.rollback()
        return _import_page(queries.get_scope(access), form, count=count)
    flash(_("%(count)s budget lines were opened.", count=count), "success")
    return redirect(url_for(".index", unit=scope.unit.id, year=incoming[0].plan.year), 303)


def _offer_line(scope: Scope, form: LineForm) -> list[Body]:
    bodies = list_bodies(scope.unit_ids)
    form.offer_bodies(bodies)
    form.offer_phases(list_phases(scope.unit.province_id))
    return bodies


def _line_form(scope: Scope, form: LineForm) -> str:
    bodies = _offer_line(scope, form)
    return render(f"{FOLDER}/new_line.html", scope=scope, form=form, bodies=bodies)


def _line_page(access: Access, line: BudgetLine) -> str:
    unit, body = queries.get_places(line)
    ledger = queries.list_ledger(line)
    balance = Balance.of(told.entry for told in ledger if told.stands)
    phases = list_phases(unit.province_id) if line.phase_id else []
    earlier = list_earlier([line.id])
    movements = [told.movement for told in ledger]
    return render(
        f"{FOLDER}/line.html",
        line=line,
        unit=unit,
        body=body,
        phase=next((phase for _, phase in phases if phase.id == line.phase_id), None),
        ledger=ledger,
        balance=balance,
        days_late=balance.days_late(line.due_on, today()),
        is_closed=bool(queries.list_closings([unit.id], line.year)),
        files=list_files([movement.id for movement in movements]),
        names=names_of([m.recorded_by for m in movements] + [m.approved_by for m in movements]),
        earlier=earlier,
        may_write=access.identity.holds(Permission.BUDGET_WRITE),
        may_approve=access.identity.holds(Permission.BUDGET_APPROVE),
        kinds=list(MovementKind),
    )


def _change_form(line: BudgetLine, form: LineChangeForm, *, conflict: bool = False) -> str:
    unit, body = queries.get_places(line)
    form.offer_phases(list_phases(unit.province_id))
    return render(f"{FOLDER}/change_line.html", line=line, body=body, form=form, conflict=conflict)


def _movement_form(line: BudgetLine, form: MovementForm) -> str:
    balance = queries.balances([line])[line.id]
    return render(f"{FOLDER}/movement.html", line=line, form=form, balance=balance)


def _correction_form(line: BudgetLine, movement: Movement, form: CorrectionForm) -> str:
    return render(f"{FOLDER}/correction.html", line=line, movement=movement, form=form)


def _import_page(
    scope: Scope, form: ImportForm, *, count: int | None = None, faults: Any = ()
) -> str:
    listed: list[Fault] = sorted(faults, key=lambda fault: fault.row)
    return render(
        f"{FOLDER}/import.html",
        scope=scope,
        form=form,
        count=count,
        faults=listed,
        columns=COLUMNS,
        bodies=list_bodies(scope.unit_ids),
        sources=list(FundingSource),
        purposes=list(Purpose),
    )
