"""The yearly plan of a unit beside what was done, and the one form that sets it."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.bodies.queries import find_scope
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.plans import queries
from casework.organisation.plans.forms import PlanForm
from casework.organisation.plans.models import Activity, YearlyPlan
from casework.organisation.plans.operations import grid_as_text, set_plan
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors

bp = Blueprint("plans", __name__, url_prefix="/plans")
menu(_l("Yearly plan"), "plans.index", lambda: can(Permission.ACTIVITY_READ), Section.ACTIVITIES)
FOLDER = "organisation/plans"
YEARS_BACK, YEARS_AHEAD = 3, 1


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """Planned and done side by side, month by month."""
    scope, year = find_scope(access), _year()
    shown = queries.show_year(scope.unit.id, scope.unit_ids, year) if scope else None
    plan = shown.plan if shown else None
    approving = access.identity.access(Permission.ACTIVITY_APPROVE)
    return render(
        f"{FOLDER}/show.html",
        scope=scope,
        year=year,
        years=_years(),
        shown=shown,
        files=list_files([plan.id])[plan.id] if plan else [],
        earlier=list_earlier([plan.id]) if plan and plan.version > 1 else [],
        activities=Activity,
        may_change=bool(scope and approving and scope.unit.id in approving.units),
    )


@bp.get("/change")
@requires(Permission.ACTIVITY_APPROVE)
def edit(access: Access) -> ResponseReturnValue:
    """The whole plan in one form; `fill` puts in the schedule's meetings or last year's plan."""
    unit, year = _unit(access), _year()
    plan = queries.find_plan(unit.id, year)
    form = PlanForm(obj=plan)
    if plan is not None:
        form.fill(queries.grid_of(plan))
    _fill(form, unit, year)
    return _form(form, unit, year, plan)


@bp.post("/change")
@requires(Permission.ACTIVITY_APPROVE)
def change(access: Access) -> ResponseReturnValue:
    """Set the plan, unless somebody did meanwhile: then both are shown."""
    unit, year, form = _unit(access), _year(), PlanForm()
    plan = queries.find_plan(unit.id, year)
    if not form.validate():
        return _form(form, unit, year, plan), 422
    try:
        form.check_version(plan.version if plan else 0)
        set_plan(plan, unit.id, year, form.answer(), form.grid(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        return _form(form, unit, year, plan, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _form(form, unit, year, plan), 422
    flash(_("The plan is saved."), "success")
    return redirect(url_for(".index", unit=unit.id, year=year), 303)


def _fill(form: PlanForm, unit: Unit, year: int) -> None:
    """Put suggested numbers over those of the form; nothing is saved by it."""
    asked = request.args.get("fill", "")
    if asked == "schedule":
        due = queries.due_by_month(list_ids_with_predecessors([unit.id]), year)
        scheduled = (Activity.BODY_MEETING, Activity.GROUP_SESSION)
        form.fill({**form.grid(), **{activity: due[activity] for activity in scheduled}})
    elif asked == "last_year" and (before := queries.find_plan(unit.id, year - 1)):
        form.fill(queries.grid_of(before))
        form.aims.data = form.aims.data or before.aims


def _form(
    form: PlanForm, unit: Unit, year: int, plan: YearlyPlan | None, *, conflict: bool = False
) -> str:
    if conflict or not form.is_submitted():
        form.version.data = str(plan.version if plan else 0)
    return render(
        f"{FOLDER}/form.html",
        form=form,
        unit=unit,
        year=year,
        plan=plan,
        conflict=conflict,
        yours=grid_as_text(form.grid()) if conflict else "",
        saved=grid_as_text(queries.grid_of(plan)) if conflict and plan else "",
        activities=Activity,
        months=queries.MONTHS,
    )


def _unit(access: Access) -> Unit:
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope.unit


def _years() -> range:
    """The years that can be looked at and planned, newest first."""
    return range(today().year + YEARS_AHEAD, today().year - YEARS_BACK - 1, -1)


def _year() -> int:
    """The year asked for, or this one. Raises OutOfReach."""
    year = request.args.get("year", today().year, type=int)
    if year not in _years():
        raise OutOfReach
    return year
