"""Report periods, how units keep them, and the report of a unit on itself."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.bodies.queries import Scope, find_scope
from casework.organisation.documents.operations import attach_file
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.reports import queries
from casework.organisation.reports.forms import PaperForm, PeriodForm, ReportForm, SupplementForm
from casework.organisation.reports.models import ReportPeriod
from casework.organisation.reports.operations import (
    add_period,
    add_supplement,
    correct_period,
    frozen_figures,
    hand_in,
    save_draft,
    write_paper,
)
from casework.organisation.reports.queries import Figures, ReportLine
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import (
    choose_province,
    get_unit,
    list_provinces_around,
    list_provinces_within,
)

bp = Blueprint("reports", __name__, url_prefix="/reports")
menu(_l("Reports"), "reports.index", lambda: can(Permission.REPORT_READ), Section.ORGANISATION)
menu(
    _l("Report periods"),
    "reports.periods",
    lambda: can(Permission.SETTING_WRITE),
    Section.ADMINISTRATION,
)
FOLDER = "organisation/reports"


@bp.get("")
@requires(Permission.REPORT_READ)
def index(access: Access) -> ResponseReturnValue:
    """The reports of a unit; for the department those of all its units for a period."""
    if (access.everywhere or access.provinces) and not request.args.get("unit"):
        return _units_of_period(access)
    scope = find_scope(access)
    lines = queries.list_reports(scope.unit_ids, today()) if scope else []
    return render(
        f"{FOLDER}/list.html",
        scope=scope,
        lines=lines,
        figure=queries.count_on_time(lines),
        may_write=scope is not None and _writes(access, scope.unit),
    )


@bp.get("/periods")
@requires(Permission.SETTING_READ)
def periods(access: Access) -> ResponseReturnValue:
    """What a province wants reported."""
    province, provinces = choose_province(list_provinces_around(access))
    writing = access.identity.access(Permission.SETTING_WRITE)
    return render(
        f"{FOLDER}/periods.html",
        may_write=writing is not None and province in list_provinces_within(writing),
        province=province,
        provinces=provinces,
        periods=queries.list_periods(province.id),
    )


@bp.get("/periods/new")
@requires(Permission.SETTING_WRITE)
def new_period(access: Access) -> ResponseReturnValue:
    """The form of a period."""
    province, _provinces = choose_province(list_provinces_within(access))
    return _period_page(PeriodForm(), province)


@bp.post("/periods/new")
@requires(Permission.SETTING_WRITE)
def add(access: Access) -> ResponseReturnValue:
    """A period of a province."""
    province, _provinces = choose_province(list_provinces_within(access))
    form = PeriodForm()
    if not form.validate():
        return _period_page(form, province), 422
    try:
        period = add_period(province.id, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _period_page(form, province), 422
    return _period_saved(period)


@bp.get("/periods/<uuid:period_id>")
@requires(Permission.SETTING_WRITE)
def edit_period(access: Access, period_id: UUID) -> ResponseReturnValue:
    """A period to correct while nobody answered it."""
    period = queries.get_period(access, period_id)
    return _period_page(PeriodForm(obj=period), get_unit(period.province_id), period)


@bp.post("/periods/<uuid:period_id>")
@requires(Permission.SETTING_WRITE)
def change_period(access: Access, period_id: UUID) -> ResponseReturnValue:
    """Correct it, unless somebody did before."""
    period, form = queries.get_period(access, period_id), PeriodForm()
    province = get_unit(period.province_id)
    if not form.validate():
        return _period_page(form, province, period), 422
    try:
        form.check_version(period.version)
        correct_period(period, form.answer(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(period.version)
        return _period_page(form, province, period, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _period_page(form, province, period), 422
    return _period_saved(period)


@bp.get("/<uuid:period_id>/own")
@requires(Permission.REPORT_READ)
def show(access: Access, period_id: UUID) -> ResponseReturnValue:
    """The report of a unit: frozen once it was handed in, before that as it stands today."""
    scope, line = _load(access, period_id)
    return _report_page(access, scope, line)


@bp.get("/<uuid:period_id>/own/money")
@requires(Permission.BUDGET_READ)
def money(access: Access, period_id: UUID) -> ResponseReturnValue:
    """The figures of money of a report that was not handed in yet."""
    scope, line = _load(access, period_id)
    if line.report and line.report.submitted_at:
        return redirect(url_for(".show", period_id=period_id, unit=scope.unit.id), 303)
    period = line.period
    figures = queries.count_money(scope.unit_ids, period.from_on, period.until_on)
    return render(f"{FOLDER}/money.html", line=line, figures=figures, unit=scope.unit)


@bp.get("/<uuid:period_id>/own/change")
@requires(Permission.REPORT_WRITE)
def edit(access: Access, period_id: UUID) -> ResponseReturnValue:
    """The draft to go on writing."""
    scope, line = _load(access, period_id)
    if line.report and line.report.submitted_at:
        return redirect(url_for(".show", period_id=period_id, unit=scope.unit.id), 303)
    form = ReportForm(obj=line.report)
    form.version.data = str(_version(line))
    return _draft_page(form, scope, line)


@bp.post("/<uuid:period_id>/own/change")
@requires(Permission.REPORT_WRITE)
def save(access: Access, period_id: UUID) -> ResponseReturnValue:
    """Save the draft, or save it and hand the report in."""
    (scope, line), form = _load(access, period_id), ReportForm()
    handing_in = "hand_in" in request.form
    if not form.validate():
        return _draft_page(form, scope, line), 422
    try:
        form.check_version(_version(line))
        if handing_in:
            hand_in(line, form.answer(), _count(scope, line), by=access.actor)
        else:
            save_draft(line, form.answer(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(_version(line))
        return _draft_page(form, scope, line, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _draft_page(form, scope, line), 422
    flash(_("The report is handed in.") if handing_in else _("The draft is saved."), "success")
    return redirect(url_for(".show", period_id=period_id, unit=scope.unit.id), 303)


@bp.post("/<uuid:period_id>/own/supplement")
@requires(Permission.REPORT_WRITE)
def supplement(access: Access, period_id: UUID) -> ResponseReturnValue:
    """The one text that may follow a report handed in."""
    (scope, line), form = _load(access, period_id), SupplementForm()
    report = line.report
    if report is None:
        raise OutOfReach
    if not form.validate():
        return _report_page(access, scope, line, form), 422
    try:
        form.check_version(report.version)
        add_supplement(report, form.supplement.data, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        status = 409 if isinstance(broken, Stale) else 422
        return _report_page(access, scope, line, form), status
    flash(_("The supplement is saved."), "success")
    return redirect(url_for(".show", period_id=period_id, unit=scope.unit.id), 303)


@bp.post("/<uuid:period_id>/own/paper")
@requires(Permission.REPORT_WRITE)
def attach(access: Access, period_id: UUID) -> ResponseReturnValue:
    """The signed paper of a report handed in."""
    (scope, line), form = _load(access, period_id), PaperForm()
    report = line.report
    if report is None or not report.submitted_at:
        raise OutOfReach
    if not form.validate() or form.paper.data is None:
        if not form.errors:
            form.refuse(RuleBroken(_("Choose a file."), field="paper"))
        return _report_page(access, scope, line, paper_form=form), 422
    attach_file(form.paper.data, "report", report.id, report.unit_id, by=access.actor)
    flash(_("The paper is saved."), "success")
    return redirect(url_for(".show", period_id=period_id, unit=scope.unit.id), 303)


@bp.get("/<uuid:period_id>/own/docx")
@requires(Permission.REPORT_READ)
def paper(access: Access, period_id: UUID) -> ResponseReturnValue:
    """The report as an official paper, to be signed."""
    scope, line = _load(access, period_id)
    if not _may_read(access, line):
        raise OutOfReach
    on = line.report.submitted_on if line.report else None
    figures = _visible(_count(scope, line))
    province = get_unit(line.period.province_id)
    audit.record_read(
        "report.export", "report_period", [period_id], by=access.actor, unit_id=scope.unit.id
    )
    content = write_paper(line, province, figures, on or today())
    return send_file(content, f"bao-cao-{line.period.until_on:%Y-%m-%d}.docx", DOCX)


def _load(access: Access, period_id: UUID) -> tuple[Scope, ReportLine]:
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    line = queries.get_line(scope.unit, scope.unit_ids, period_id)
    if access.permission is Permission.REPORT_WRITE and line.unit.id != scope.unit.id:
        raise OutOfReach
    return scope, line


def _writes(access: Access, unit: Unit) -> bool:
    writing = access.identity.access(Permission.REPORT_WRITE)
    return writing is not None and unit.id in writing.units


def _may_read(access: Access, line: ReportLine) -> bool:
    """A draft is the unit's own; whoever looks from above reads what was handed in."""
    submitted = line.report is not None and line.report.submitted_at is not None
    return submitted or line.unit.id in access.units


def _version(line: ReportLine) -> int:
    return line.report.version if line.report else 0


def _count(scope: Scope, line: ReportLine) -> Figures:
    """All figures: those of the day it was handed in, or as they stand today."""
    if line.report and line.report.submitted_at:
        return frozen_figures(line.report)
    first, last = line.period.from_on, line.period.until_on
    figures = queries.count_figures(scope.unit_ids, first, last)
    return {**figures, **queries.count_money(scope.unit_ids, first, last)}


def _visible(figures: Figures) -> Figures:
    """Money is for those who may read budgets."""
    if can(Permission.BUDGET_READ):
        return figures
    return {figure: value for figure, value in figures.items() if not figure.is_money}


def _units_of_period(access: Access) -> str:
    province, provinces = choose_province(list_provinces_around(access))
    found = queries.list_periods(province.id)
    asked = request.args.get("period", "")
    ended = [period for period in found if period.until_on < today()]
    usual = next(iter(ended or found), None)
    chosen = next((period for period in found if str(period.id) == asked), usual)
    lines = queries.list_of_period(access, chosen) if chosen else []
    return render(
        f"{FOLDER}/units.html",
        province=province,
        provinces=provinces,
        periods=found,
        chosen=chosen,
        lines=lines,
        figure=queries.count_on_time(lines),
    )


def _period_page(
    form: PeriodForm,
    province: Unit,
    period: ReportPeriod | None = None,
    *,
    conflict: bool = False,
) -> str:
    return render(
        f"{FOLDER}/period.html",
        form=form,
        province=province,
        period=period,
        conflict=conflict,
        is_answered=period is not None and queries.is_answered(period),
        earlier=list_earlier([period.id]) if period else [],
    )


def _period_saved(period: ReportPeriod) -> ResponseReturnValue:
    flash(_("The period is saved."), "success")
    for other in queries.list_overlapping(period):
        flash(_("It shares days with the period %(name)s.", name=other.name), "warning")
    return redirect(url_for(".periods", province=period.province_id), 303)


def _draft_page(form: ReportForm, scope: Scope, line: ReportLine, *, conflict: bool = False) -> str:
    return render(
        f"{FOLDER}/draft.html",
        form=form,
        unit=scope.unit,
        line=line,
        conflict=conflict,
        figures=queries.count_figures(scope.unit_ids, line.period.from_on, line.period.until_on),
    )


def _report_page(
    access: Access,
    scope: Scope,
    line: ReportLine,
    form: SupplementForm | None = None,
    paper_form: PaperForm | None = None,
) -> str:
    report, may_read = line.report, _may_read(access, line)
    submitted = report is not None and report.submitted_at is not None
    if report is not None and submitted:
        figures = _visible(frozen_figures(report))
    elif may_read:
        days = line.period.from_on, line.period.until_on
        figures = queries.count_figures(scope.unit_ids, *days)
    else:
        figures = {}
    return render(
        f"{FOLDER}/show.html",
        unit=scope.unit,
        line=line,
        figures=figures,
        submitted=submitted,
        may_read=may_read,
        may_write=_writes(access, scope.unit) and line.unit.id == scope.unit.id,
        form=form or SupplementForm(version=str(_version(line)), formdata=None),
        paper_form=paper_form or PaperForm(formdata=None),
        files=list_files([report.id])[report.id] if report and submitted else [],
        earlier=list_earlier([report.id]) if report and may_read and not submitted else [],
    )
