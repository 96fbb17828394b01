"""Budget lines of a unit's year, their movements, approvals, years, programmes, files."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.operations import new_operation
from casework.core.sheets import Fault, SheetRefused, read_sent_sheet
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file, write_sheet
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.models import Body
from casework.organisation.bodies.queries import Scope, find_scope, list_bodies
from casework.organisation.budgets import operations, queries
from casework.organisation.budgets.forms import (
    COLUMNS,
    CloseForm,
    CorrectionForm,
    ImportForm,
    LineChangeForm,
    LineForm,
    MovementForm,
    PhaseForm,
    ProgrammeChangeForm,
    ProgrammeForm,
    ReopenForm,
    read_lines,
)
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Phase,
    Programme,
    Purpose,
)
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit, list_ids_with_predecessors

bp = Blueprint("budgets", __name__, url_prefix="/budgets")
menu(_l("Budget"), "budgets.index", lambda: can(Permission.BUDGET_READ), Section.MONEY)
menu(
    _l("Programmes"),
    "budgets.keep_programmes",
    lambda: can(Permission.SETTING_WRITE),
    Section.ADMINISTRATION,
)
FOLDER = "organisation/budgets"


@bp.get("")
@requires(Permission.BUDGET_READ)
def index(access: Access) -> ResponseReturnValue:
    """A unit's lines of a year, late ones first, with their sums."""
    scope, year = find_scope(access), _year()
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
    return _line_form(_scope(access), LineForm(year=_year()))


@bp.post("/lines/new")
@requires(Permission.BUDGET_WRITE)
def open_line(access: Access) -> ResponseReturnValue:
    """Open a line; nothing is allotted yet."""
    scope, form = _scope(access), LineForm()
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
    form.offer_phases(queries.list_phases(get_unit(line.unit_id).province_id))
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


@bp.get("/approvals")
@requires(Permission.BUDGET_APPROVE)
def approvals(access: Access) -> ResponseReturnValue:
    """The settlements that wait."""
    return _approvals_page(access)


@bp.post("/lines/<uuid:line_id>/movements/<uuid:movement_id>/approve")
@requires(Permission.BUDGET_APPROVE)
def approve(access: Access, line_id: UUID, movement_id: UUID) -> ResponseReturnValue:
    """Let a settlement count."""
    line = queries.get_line(access, line_id)
    movement = queries.get_movement(line, movement_id)
    try:
        operations.approve_settlement(line, movement, by=access.actor)
    except RuleBroken as broken:
        return _approvals_page(access, broken), 422
    flash(_("The settlement is approved and counts."), "success")
    return redirect(url_for(".approvals"), 303)


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
    unit, form = queries.get_unit_within(access, unit_id), CloseForm()
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
    unit, form = queries.get_unit_within(access, unit_id), ReopenForm()
    unit_ids = list_ids_with_predecessors([unit.id])
    form.offer(queries.list_years_in_force(unit.id))
    if not form.validate():
        return _years_page(Scope(unit, unit_ids, []), reopening=form), 422
    try:
        operations.reopen_year(unit, unit_ids, form.year.data, form.reason.data, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _years_page(Scope(unit, unit_ids, []), reopening=form), 422
    flash(_("The year %(year)s is open again.", year=form.year.data), "success")
    return redirect(url_for(".years", unit=unit.id), 303)


@bp.get("/programmes")
@requires(Permission.BUDGET_READ)
def programmes(access: Access) -> ResponseReturnValue:
    """What a unit's lines come to, phase by phase."""
    scope = find_scope(access)
    sums = queries.sums_by_phase(scope.unit_ids, scope.unit.province_id) if scope else []
    return render(f"{FOLDER}/phases.html", scope=scope, sums=sums)


@bp.get("/programmes/keep")
@requires(Permission.SETTING_WRITE)
def keep_programmes(access: Access) -> ResponseReturnValue:
    """The programmes within reach, to add to and to change."""
    return _programmes_page(access, ProgrammeForm())


@bp.post("/programmes/keep")
@requires(Permission.SETTING_WRITE)
def add_programme(access: Access) -> ResponseReturnValue:
    """A new programme."""
    form = ProgrammeForm()
    form.offer(queries.list_provinces_within(access), everywhere=access.everywhere)
    if not form.validate():
        return _programmes_page(access, form), 422
    programme = operations.add_programme(
        form.province.data, form.name.data, form.source.data, by=access.actor
    )
    flash(_("The programme is added. Add its phases."), "success")
    return redirect(url_for(".show_programme", programme_id=programme.id), 303)


@bp.get("/programmes/<uuid:programme_id>")
@requires(Permission.SETTING_WRITE)
def show_programme(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """A programme and its phases, to be changed."""
    programme = queries.get_programme(access, programme_id)
    return _programme_page(programme, ProgrammeChangeForm(obj=programme))


@bp.post("/programmes/<uuid:programme_id>")
@requires(Permission.SETTING_WRITE)
def change_programme(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """Say something else of a programme."""
    programme, form = queries.get_programme(access, programme_id), ProgrammeChangeForm()
    if not form.validate():
        return _programme_page(programme, form), 422
    try:
        form.check_version(programme.version)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(programme.version)
        return _programme_page(programme, form, conflict=True), 409
    operations.change_programme(programme, form.name.data, form.source.data, by=access.actor)
    flash(_("The programme is changed."), "success")
    return redirect(url_for(".show_programme", programme_id=programme.id), 303)


@bp.get("/programmes/<uuid:programme_id>/phases/new")
@requires(Permission.SETTING_WRITE)
def new_phase(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """The form for a phase."""
    programme = queries.get_programme(access, programme_id)
    return _phase_page(programme, None, PhaseForm())


@bp.post("/programmes/<uuid:programme_id>/phases/new")
@requires(Permission.SETTING_WRITE)
def add_phase(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """A new phase."""
    programme, form = queries.get_programme(access, programme_id), PhaseForm()
    if not form.validate():
        return _phase_page(programme, None, form), 422
    try:
        operations.add_phase(
            programme, form.name.data, form.from_on.data, form.until_on.data, by=access.actor
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _phase_page(programme, None, form), 422
    return redirect(url_for(".show_programme", programme_id=programme.id), 303)


@bp.get("/programmes/<uuid:programme_id>/phases/<uuid:phase_id>")
@requires(Permission.SETTING_WRITE)
def edit_phase(access: Access, programme_id: UUID, phase_id: UUID) -> ResponseReturnValue:
    """A phase to be changed."""
    programme = queries.get_programme(access, programme_id)
    phase = queries.get_phase(programme, phase_id)
    return _phase_page(programme, phase, PhaseForm(obj=phase))


@bp.post("/programmes/<uuid:programme_id>/phases/<uuid:phase_id>")
@requires(Permission.SETTING_WRITE)
def change_phase(access: Access, programme_id: UUID, phase_id: UUID) -> ResponseReturnValue:
    """Say something else of a phase."""
    programme, form = queries.get_programme(access, programme_id), PhaseForm()
    phase = queries.get_phase(programme, phase_id)
    if not form.validate():
        return _phase_page(programme, phase, form), 422
    try:
        form.check_version(phase.version)
        operations.change_phase(
            phase, form.name.data, form.from_on.data, form.until_on.data, by=access.actor
        )
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(phase.version)
        return _phase_page(programme, phase, form, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _phase_page(programme, phase, form), 422
    return redirect(url_for(".show_programme", programme_id=programme.id), 303)


@bp.get("/sheet.xlsx")
@requires(Permission.BUDGET_READ)
def sheet_xlsx(access: Access) -> ResponseReturnValue:
    """The settlement sheet of a unit's year as a workbook."""
    sheet = _sheet_of_year(_scope(access))
    return send_file(operations.write_xlsx(sheet), f"quyet-toan-{_year()}.xlsx")


@bp.get("/sheet.docx")
@requires(Permission.BUDGET_READ)
def sheet_docx(access: Access) -> ResponseReturnValue:
    """The settlement sheet of a unit's year as a paper."""
    return _send_paper(_sheet_of_year(_scope(access)), _year())


@bp.get("/lines/<uuid:line_id>/sheet.xlsx")
@requires(Permission.BUDGET_READ)
def line_xlsx(access: Access, line_id: UUID) -> ResponseReturnValue:
    """The settlement sheet of one line as a workbook."""
    line = queries.get_line(access, line_id)
    content = operations.write_xlsx(_sheet_of_line(line))
    return send_file(content, f"quyet-toan-{line.year}.xlsx")


@bp.get("/lines/<uuid:line_id>/sheet.docx")
@requires(Permission.BUDGET_READ)
def line_docx(access: Access, line_id: UUID) -> ResponseReturnValue:
    """The settlement sheet of one line as a paper."""
    line = queries.get_line(access, line_id)
    return _send_paper(_sheet_of_line(line), line.year)


@bp.get("/template")
@requires(Permission.BUDGET_WRITE)
def template(access: Access) -> ResponseReturnValue:
    """A workbook with the columns that the import asks for."""
    return send_file(write_sheet("budget_lines", COLUMNS, []), "budget_lines.xlsx")


@bp.get("/export")
@requires(Permission.BUDGET_READ)
def export(access: Access) -> ResponseReturnValue:
    """The lines of a unit's year, in the columns of the import and then what became of them."""
    scope, year = _scope(access), _year()
    found = queries.year_of_unit(scope.unit_ids, year, today())
    rows = [queries.cells_of(shown) for shown in found.lines]
    content = write_sheet("budget_lines", (*COLUMNS, *queries.SUM_COLUMNS), rows)
    return send_file(content, f"budget_lines_{year}.xlsx")


@bp.get("/import")
@requires(Permission.BUDGET_WRITE)
def import_form(access: Access) -> ResponseReturnValue:
    """Where a file of lines is sent."""
    return _import_page(_scope(access), ImportForm())


@bp.post("/import")
@requires(Permission.BUDGET_WRITE)
def import_file(access: Access) -> ResponseReturnValue:
    """Open every line of a file, or none; or only say what would happen."""
    scope, form = _scope(access), ImportForm()
    if not form.validate() or form.file.data is None:
        return _import_page(scope, form), 422
    try:
        rows = read_sent_sheet(form.file.data, COLUMNS)
        incoming = read_lines(rows, list_bodies(scope.unit_ids), today())
        count = operations.import_lines(scope.unit, incoming, by=access.actor)
    except SheetRefused as refused:
        db.session.rollback()
        return _import_page(_scope(access), form, faults=refused.faults), 422
    if form.only_check.data:
        db.session.rollback()
        return _import_page(_scope(access), form, count=count)
    flash(_("%(count)s budget lines were opened.", count=count), "success")
    return redirect(url_for(".index", unit=scope.unit.id, year=incoming[0].plan.year), 303)


def _scope(access: Access) -> Scope:
    """The unit a page is about. Raises OutOfReach when there is none."""
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope


def _year() -> int:
    """The year in the address, else this one."""
    asked = request.args.get("year", type=int)
    return asked if asked and 2000 < asked <= 2100 else today().year


def _offer_line(scope: Scope, form: LineForm) -> list[Body]:
    bodies = list_bodies(scope.unit_ids)
    form.offer_bodies(bodies)
    form.offer_phases(queries.list_phases(scope.unit.province_id))
    return bodies


def _line_form(scope: Scope, form: LineForm) -> str:
    bodies = _offer_line(scope, form)
    return render(f"{FOLDER}/new_line.html", scope=scope, form=form, bodies=bodies)


def _line_page(access: Access, line: BudgetLine) -> str:
    unit, body = _places(line)
    ledger = queries.list_ledger(line)
    balance = queries.Balance.of(told.entry for told in ledger if told.stands)
    phases = queries.list_phases(unit.province_id) if line.phase_id else []
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
        kinds=list(MovementKind),
    )


def _places(line: BudgetLine) -> tuple[Unit, Body]:
    return get_unit(line.unit_id), db.session.get_one(Body, line.body_id)


def _change_form(line: BudgetLine, form: LineChangeForm, *, conflict: bool = False) -> str:
    unit, body = _places(line)
    form.offer_phases(queries.list_phases(unit.province_id))
    return render(f"{FOLDER}/change_line.html", line=line, body=body, form=form, conflict=conflict)


def _movement_form(line: BudgetLine, form: MovementForm) -> str:
    balance = queries.balances([line])[line.id]
    return render(f"{FOLDER}/movement.html", line=line, form=form, balance=balance)


def _correction_form(line: BudgetLine, movement: Movement, form: CorrectionForm) -> str:
    return render(f"{FOLDER}/correction.html", line=line, movement=movement, form=form)


def _approvals_page(access: Access, broken: RuleBroken | None = None) -> str:
    unit_ids = list_ids_with_predecessors(access.units)
    waiting = queries.list_waiting(unit_ids)
    movements = [movement for movement, _line in waiting]
    return render(
        f"{FOLDER}/approvals.html",
        waiting=waiting,
        names=names_of([movement.recorded_by for movement in movements]),
        files=list_files([movement.id for movement in movements]),
        balances=queries.balances([line for _, line in waiting]),
        me=access.account_id,
        broken=broken,
        new_operation=new_operation,
    )


def _years_page(
    scope: Scope, *, closing: CloseForm | None = None, reopening: ReopenForm | None = None
) -> str:
    closed = queries.list_closed_years([scope.unit.id])
    in_force = queries.list_years_in_force(scope.unit.id)
    reopening = reopening or ReopenForm(formdata=None)
    reopening.offer(in_force)
    listed = {today().year, *queries.list_years(scope.unit_ids)}
    return render(
        f"{FOLDER}/years.html",
        scope=scope,
        closed=closed,
        open_years=sorted(listed.difference(in_force), reverse=True),
        in_force=in_force,
        outstanding=queries.list_outstanding(scope.unit_ids),
        names=names_of([each.closed_by for each in closed] + [each.reopened_by for each in closed]),
        closing=closing or CloseForm(formdata=None),
        reopening=reopening,
        new_operation=new_operation,
    )


def _programmes_page(access: Access, form: ProgrammeForm) -> str:
    provinces = queries.list_provinces_within(access)
    form.offer(provinces, everywhere=access.everywhere)
    return render(
        f"{FOLDER}/programmes.html",
        programmes=queries.list_programmes(access),
        provinces={province.id: province for province in provinces},
        form=form,
    )


def _programme_page(
    programme: Programme, form: ProgrammeChangeForm, *, conflict: bool = False
) -> str:
    phases = queries.list_phases_of(programme)
    return render(
        f"{FOLDER}/programme.html",
        programme=programme,
        phases=phases,
        earlier=list_earlier([programme.id, *[phase.id for phase in phases]]),
        form=form,
        conflict=conflict,
    )


def _phase_page(
    programme: Programme, phase: Phase | None, form: PhaseForm, *, conflict: bool = False
) -> str:
    return render(
        f"{FOLDER}/phase.html", programme=programme, phase=phase, form=form, conflict=conflict
    )


def _sheet_of_year(scope: Scope) -> operations.Sheet:
    year = _year()
    found = queries.year_of_unit(scope.unit_ids, year, today())
    return operations.sheet_of_year(scope.unit, year, found.lines)


def _sheet_of_line(line: BudgetLine) -> operations.Sheet:
    unit, body = _places(line)
    return operations.sheet_of_line(unit, body, line, queries.list_standing(line))


def _send_paper(sheet: operations.Sheet, year: int) -> Response:
    place = get_unit(sheet.unit.province_id) if sheet.unit.province_id else sheet.unit
    content = operations.write_docx(sheet, place.name, today())
    return send_file(content, f"quyet-toan-{year}.docx", DOCX)


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
