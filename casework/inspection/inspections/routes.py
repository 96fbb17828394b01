"""Rounds of inspections: plans with their units, teams and calendars; the page of one inspection,
whose panels are loaded from the addresses of other features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, current_identity, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import Form, RuleBroken, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.operations import new_operation
from casework.core.workbooks import send_file
from casework.inspection.inspections import queries
from casework.inspection.inspections.forms import (
    DayForm,
    Decision,
    DecisionForm,
    LeaveForm,
    PlanForm,
    ScopeForm,
    TeamForm,
    UnitsForm,
)
from casework.inspection.inspections.models import (
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
    Scope,
    TeamMember,
    TeamRole,
)
from casework.inspection.inspections.operations import (
    adjust_units,
    approve,
    change_plan,
    choose_units,
    delete_plan,
    find_reason_to_keep,
    list_missing,
    may_change_team,
    put_in_team,
    send_back,
    set_day,
    submit,
    suggest,
    take_out,
    take_out_of_team,
    write_plan,
)
from casework.inspection.inspections.queries import Visited
from casework.inspection.inspections.rules import find_conflicts
from casework.inspection.inspections.sheets import MEDIA, write_plan_paper
from casework.organisation.accounts.queries import names_of
from casework.organisation.clusters.queries import list_units_of
from casework.organisation.history.queries import list_earlier
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import (
    choose_province,
    get_unit,
    list_clusters,
    list_provinces_within,
    search_units,
)

bp = Blueprint("inspections", __name__, url_prefix="/inspections")
menu(
    _l("Rounds and visits"),
    "inspections.index",
    lambda: can(Permission.INSPECTION_READ),
    Section.INSPECTION,
)
FOLDER = "inspection/inspections"


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the inspection's page: its own address, and from when on the unit sees it."""

    name: str
    title: Any
    endpoint: str
    for_unit_from: InspectionStatus


PANELS = (
    Panel("self-report", _l("Self-report"), "self_reports.show", InspectionStatus.PLANNED),
    Panel("checklist", _l("Checklist"), "visits.show", InspectionStatus.MINUTES_DRAFTED),
    Panel("findings", _l("Findings"), "findings.index", InspectionStatus.MINUTES_DRAFTED),
    Panel("minutes", _l("Minutes of the visit"), "minutes.show", InspectionStatus.VISITED),
    Panel(
        "recommendations",
        _l("Recommendations"),
        "recommendations.of_inspection",
        InspectionStatus.SIGNED,
    ),
)


# Once both sides have signed, people come for what was agreed; what led there stands below it.
AFTERWARDS = ("minutes", "recommendations", "findings", "checklist", "self-report")


@bp.get("")
@requires(Permission.INSPECTION_READ)
def index(access: Access) -> ResponseReturnValue:
    """The rounds of a province; for a unit its own inspections."""
    if not (access.everywhere or access.provinces):
        return render(f"{FOLDER}/own.html", visited=queries.list_readable(access))
    province, provinces = choose_province(list_provinces_within(access))
    rounds = queries.list_rounds(province.id)
    going_on = [each.plan for each in rounds if each.plan.status == PlanStatus.APPROVED]
    return render(
        f"{FOLDER}/list.html",
        province=province,
        provinces=provinces,
        rounds=rounds,
        open_id=next((plan.id for plan in going_on), None),
    )


@bp.get("/plans/new")
@requires(Permission.INSPECTION_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a plan, with what the newest one of the province said."""
    province, _provinces = choose_province(list_provinces_within(access))
    newest = next((each.plan for each in queries.list_rounds(province.id)), None)
    kept = ("legal_basis", "purpose", "outline")
    said = {name: getattr(newest, name) for name in kept} if newest else {}
    return _plan_form(PlanForm(data=said), province)


@bp.post("/plans/new")
@requires(Permission.INSPECTION_WRITE)
def write(access: Access) -> ResponseReturnValue:
    """A plan of a province."""
    province, _provinces = choose_province(list_provinces_within(access))
    form, made = PlanForm(), []
    status = carry_out(
        form, lambda: made.append(write_plan(province, form.answer(), by=access.actor))
    )
    if status != 303:
        return _plan_form(form, province), status
    flash(_("The plan is begun. Choose the units."), "success")
    return redirect(url_for(".units", plan_id=made[0].id), 303)


@bp.get("/plans/<uuid:plan_id>")
@requires(Permission.INSPECTION_READ)
def show_plan(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """A plan with its units, its team and its calendar."""
    plan = queries.get_plan(access, plan_id)
    return _plan_page(plan, DecisionForm(obj=plan))


@bp.get("/plans/<uuid:plan_id>/edit")
@requires(Permission.INSPECTION_WRITE)
def edit(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """The form of what a plan says."""
    plan = queries.get_plan(access, plan_id)
    return _plan_form(PlanForm(obj=plan), get_unit(plan.province_id), plan)


@bp.post("/plans/<uuid:plan_id>/edit")
@requires(Permission.INSPECTION_WRITE)
def change(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Change it, unless somebody did before."""
    plan = queries.get_plan(access, plan_id)
    form = PlanForm(obj=plan)
    status = carry_out(
        form, lambda: change_plan(plan, form.answer(), by=access.actor), plan.version
    )
    if status != 303:
        province = get_unit(plan.province_id)
        return _plan_form(form, province, plan, conflict=status == 409), status
    flash(_("The plan is saved."), "success")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@bp.route("/plans/<uuid:plan_id>/deletion", methods=["GET", "POST"])
@requires(Permission.INSPECTION_WRITE)
def delete(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Delete a draft, once asked whether that is meant."""
    plan, form = queries.get_plan(access, plan_id), Form()
    why_not = find_reason_to_keep(plan, by=access.actor)
    province_id = plan.province_id
    status = carry_out(form, lambda: delete_plan(plan, by=access.actor))
    if status != 303:
        visited = queries.list_visited(plan)
        return render(
            f"{FOLDER}/delete.html", plan=plan, visited=visited, why_not=why_not, form=form
        ), status
    flash(_("The draft is deleted."), "success")
    return redirect(url_for(".index", province=province_id), 303)


@bp.get("/plans/<uuid:plan_id>/units")
@requires(Permission.INSPECTION_WRITE)
def units(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Which units a plan looks at: all, some by a rule, or one by one."""
    plan = queries.get_plan(access, plan_id)
    return _units_page(plan, queries.list_visited(plan), ScopeForm(), None)


@bp.post("/plans/<uuid:plan_id>/units")
@requires(Permission.INSPECTION_WRITE)
def choose(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Choose them by a rule."""
    plan, form = queries.get_plan(access, plan_id), ScopeForm()
    clusters, visited = list_clusters([plan.province_id]), queries.list_visited(plan)
    form.offer(clusters)

    def carry() -> None:
        cluster = next((each for each in clusters if each.id == form.cluster.data), None)
        inside = search_units(today(), cluster_id=cluster.id) if cluster else []
        choose_units(
            plan,
            form.scope.data,
            list_units_of(plan.province_id),
            visited,
            cluster=(cluster, inside) if cluster else None,
            count=form.count.data,
            by=access.actor,
        )

    status = carry_out(form, carry)
    if status != 303:
        return _units_page(plan, visited, form, None), status
    flash(_("The units are chosen."), "success")
    return redirect(url_for(".units", plan_id=plan_id), 303)


@bp.post("/plans/<uuid:plan_id>/units/one-by-one")
@requires(Permission.INSPECTION_WRITE)
def adjust(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Choose them one by one."""
    plan, form = queries.get_plan(access, plan_id), UnitsForm()
    visited = queries.list_visited(plan)
    offered = _offered(plan, visited)
    form.offer(offered)
    status = carry_out(
        form,
        lambda: adjust_units(
            plan,
            [unit for unit in offered if unit.id in (form.units.data or ())],
            visited,
            by=access.actor,
        ),
    )
    if status != 303:
        return _units_page(plan, visited, ScopeForm(formdata=None), form), status
    flash(_("The units are chosen."), "success")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@bp.post("/plans/<uuid:plan_id>/units/<uuid:inspection_id>/take-out")
@requires(Permission.INSPECTION_WRITE)
def take_unit_out(access: Access, plan_id: UUID, inspection_id: UUID) -> ResponseReturnValue:
    """Take a unit out of a draft."""
    plan = queries.get_plan(access, plan_id)
    each = queries.get_visited(plan, inspection_id)
    try:
        take_out(plan, each, by=access.actor)
    except RuleBroken as broken:
        return _plan_page(plan, DecisionForm(formdata=None, obj=plan), broken), 422
    flash(_("%(unit)s is taken out of the plan.", unit=each.unit.label), "success")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@bp.get("/plans/<uuid:plan_id>/team")
@requires(Permission.INSPECTION_TEAM)
def team(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Who goes on the visits of a round."""
    return _team_page(_plan_with_team(access, plan_id), TeamForm())


@bp.post("/plans/<uuid:plan_id>/team")
@requires(Permission.INSPECTION_TEAM)
def put_in(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Put somebody into the team; once the plan is approved, with a reason."""
    plan, form = _plan_with_team(access, plan_id), TeamForm()
    inspectors = queries.list_inspectors(plan)
    form.offer(inspectors)

    def carry() -> None:
        account = next((each for each in inspectors if each.id == form.account.data), None)
        there = queries.list_team(plan.id)
        decides = can(Permission.INSPECTION_APPROVE)
        put_in_team(plan, account, form.answer(), there, decides=decides, by=access.actor)

    status = carry_out(form, carry)
    if status != 303:
        return _team_page(plan, form), status
    flash(_("The team is saved."), "success")
    return redirect(_back_from_team(plan), 303)


@bp.route("/plans/<uuid:plan_id>/team/<uuid:team_member_id>/take-out", methods=["GET", "POST"])
@requires(Permission.INSPECTION_TEAM)
def leave_team(access: Access, plan_id: UUID, team_member_id: UUID) -> ResponseReturnValue:
    """Take somebody out of the team; once the plan is approved, with a reason."""
    plan, form = _plan_with_team(access, plan_id), LeaveForm()
    member = queries.get_member(plan, team_member_id)
    status = carry_out(
        form,
        lambda: take_out_of_team(
            plan,
            member,
            queries.list_team(plan.id),
            form.reason.data,
            decides=can(Permission.INSPECTION_APPROVE),
            by=access.actor,
        ),
    )
    if status != 303:
        return render(f"{FOLDER}/leave.html", plan=plan, member=member, form=form), status
    flash(_("The member is taken out of the team."), "success")
    return redirect(_back_from_team(plan), 303)


@bp.post("/plans/<uuid:plan_id>/suggestion")
@requires(Permission.INSPECTION_WRITE)
def suggest_calendar(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Spread the units without a day over the days of the visits."""
    plan = queries.get_plan(access, plan_id)
    busy = queries.list_elsewhere(plan, queries.list_team(plan.id))
    try:
        suggest(plan, queries.list_visited(plan), busy, by=access.actor)
    except RuleBroken as broken:
        return _plan_page(plan, DecisionForm(formdata=None, obj=plan), broken), 422
    flash(_("Every unit has a day now. Change what does not suit."), "success")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@bp.post("/plans/<uuid:plan_id>/submit")
@requires(Permission.INSPECTION_WRITE)
def hand_in(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Ask the department manager for approval."""
    plan = queries.get_plan(access, plan_id)
    try:
        submit(plan, queries.list_visited(plan), queries.list_team(plan.id), by=access.actor)
    except RuleBroken as broken:
        return _plan_page(plan, DecisionForm(formdata=None, obj=plan), broken), 422
    flash(_("The plan is submitted: a department manager approves it or returns it."), "success")
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@bp.post("/plans/<uuid:plan_id>/decision")
@requires(Permission.INSPECTION_APPROVE)
def decide(access: Access, plan_id: UUID) -> ResponseReturnValue:
    """Approve a plan, or return it."""
    plan, form = queries.get_plan(access, plan_id), DecisionForm()

    def carry() -> None:
        number, note = form.number.data or "", form.note.data or ""
        if form.decision.data is Decision.APPROVE:
            approve(plan, number, note, by=access.actor)
        else:
            send_back(plan, note, by=access.actor)

    status = carry_out(form, carry, plan.version)
    if status != 303:
        return _plan_page(plan, form), status
    flash(
        _("The plan is approved. Its units can read it now.")
        if plan.status == PlanStatus.APPROVED
        else _("The plan is returned."),
        "success",
    )
    return redirect(url_for(".show_plan", plan_id=plan_id), 303)


@bp.get("/plans/<uuid:plan_id>/paper.<any(docx, pdf):kind>")
@requires(Permission.INSPECTION_READ)
def paper(access: Access, plan_id: UUID, kind: str) -> ResponseReturnValue:
    """The plan as an official paper."""
    plan = queries.get_plan(access, plan_id)
    visited = queries.list_visited(plan)
    audit.record_read(
        "plan.paper", "inspection_plan", [plan.id], by=access.actor, unit_id=plan.province_id
    )
    content = write_plan_paper(
        kind,
        plan,
        get_unit(plan.province_id),
        visited,
        queries.list_team(plan.id),
        queries.list_goers(each.inspection.id for each in visited),
    )
    name = f"ke-hoach-kiem-tra-{plan.visits_from_on:%Y-%m}.{kind}"
    return send_file(content, name, MEDIA[kind])


@bp.get("/<uuid:inspection_id>")
@requires(Permission.INSPECTION_READ)
def show(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """The page of one inspection."""
    found = queries.get_inspection(access, inspection_id)
    is_department = access.everywhere or bool(access.provinces)
    there = queries.list_team(found.plan.id)
    return render(
        f"{FOLDER}/show.html",
        found=found,
        is_department=is_department,
        may_change=_may_change_day(access, found, there),
        steps=list(InspectionStatus),
        reached=InspectionStatus(found.inspection.status),
        team=there,
        goers=queries.list_goers([found.inspection.id]).get(found.inspection.id, []),
        changes=list_earlier([found.inspection.id, found.plan.id]),
        TeamRole=TeamRole,
        panels=_panels(found, is_department=is_department),
    )


@bp.get("/<uuid:inspection_id>/day")
@requires(Permission.INSPECTION_WRITE)
def day_form(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """When and where a unit is visited, and by whom."""
    found = queries.get_inspection(access, inspection_id)
    form = DayForm(obj=found.inspection)
    form.fill(queries.list_goers([inspection_id]).get(inspection_id, []))
    return _day_page(found, form)


@bp.post("/<uuid:inspection_id>/day")
@requires(Permission.INSPECTION_WRITE)
def save_day(access: Access, inspection_id: UUID) -> ResponseReturnValue:
    """Set it; once the plan is approved, with a reason."""
    found, form = queries.get_inspection(access, inspection_id), DayForm()
    form.offer(queries.list_team(found.plan.id))
    status = carry_out(
        form,
        lambda: set_day(found, form.answer(), by=access.actor),
        found.inspection.version,
    )
    if status != 303:
        return _day_page(found, form, conflict=status == 409), status
    flash(_("The day of the visit is saved."), "success")
    return redirect(_back_from_day(found), 303)


def _panels(found: Visited, *, is_department: bool) -> list[Panel]:
    """What can be seen of an inspection now, what is asked for most first; features that are not
    mounted are left out.
    """
    if found.plan.status != PlanStatus.APPROVED:
        return []
    order = list(InspectionStatus)
    reached = order.index(InspectionStatus(found.inspection.status))
    seen = [
        panel
        for panel in PANELS
        if panel.endpoint in current_app.view_functions
        and (is_department or order.index(panel.for_unit_from) <= reached)
    ]
    if not found.inspection.is_signed:
        return seen
    return sorted(seen, key=lambda panel: AFTERWARDS.index(panel.name))


def _may_change_day(access: Access, found: Visited, team: Sequence[TeamMember]) -> bool:
    """Of a plan that is approved: the team, until the visit."""
    is_team = any(member.account_id == access.account_id for member in team)
    waits = found.inspection.status in queries.BEFORE_THE_VISIT
    return is_team and waits and found.plan.status == PlanStatus.APPROVED


def _plan_with_team(access: Access, plan_id: UUID) -> InspectionPlan:
    """A plan whose team may be up to the account. Until it is approved inspectors choose it."""
    plan = queries.get_plan(access, plan_id)
    if plan.status != PlanStatus.APPROVED and not can(Permission.INSPECTION_WRITE):
        raise OutOfReach
    return plan


def _back_from_team(plan: InspectionPlan) -> str:
    """After approval to the plan, where it is told what speaks against the days."""
    is_approved = plan.status == PlanStatus.APPROVED
    return url_for(".show_plan" if is_approved else ".team", plan_id=plan.id)


def _plan_form(
    form: PlanForm, province: Unit, plan: InspectionPlan | None = None, *, conflict: bool = False
) -> str:
    return render(f"{FOLDER}/form.html", form=form, province=province, plan=plan, conflict=conflict)


def _plan_page(plan: InspectionPlan, form: DecisionForm, broken: RuleBroken | None = None) -> str:
    visited, there = queries.list_visited(plan), queries.list_team(plan.id)
    planned = queries.list_planned(visited, there)
    elsewhere = queries.list_elsewhere(plan, there)
    names = {member.id: member.name for member in there}
    ahead = {
        each.inspection.id for each in visited if each.inspection.status in queries.BEFORE_THE_VISIT
    }
    to_come = [each for each in planned if each.inspection_id in ahead]
    window = plan.visits_from_on, plan.visits_until_on
    return render(
        f"{FOLDER}/plan.html",
        plan=plan,
        province=get_unit(plan.province_id),
        visited=visited,
        team=there,
        goers={each.inspection_id: list(each.goers.values()) for each in planned},
        hints=find_conflicts(to_come, *window, elsewhere, names),
        missing=list_missing(plan, visited, there) if plan.is_open else [],
        changes=list_earlier([plan.id]),
        changes_team=may_change_team(
            plan, there, decides=can(Permission.INSPECTION_APPROVE), by=current_identity().actor
        )
        and bool(ahead),
        deletes=find_reason_to_keep(plan, by=current_identity().actor) is None,
        people=names_of([plan.recorded_by, plan.submitted_by, plan.decided_by]),
        form=form,
        broken=broken,
        Scope=Scope,
        TeamRole=TeamRole,
        PlanStatus=PlanStatus,
        new_operation=new_operation,
    )


def _units_page(
    plan: InspectionPlan,
    visited: Sequence[Visited],
    form: ScopeForm,
    units_form: UnitsForm | None,
) -> str:
    form.offer(list_clusters([plan.province_id]))
    if units_form is None:
        units_form = UnitsForm(formdata=None, data={"units": [each.unit.id for each in visited]})
        units_form.offer(_offered(plan, visited))
    return render(
        f"{FOLDER}/units.html",
        plan=plan,
        visited=visited,
        form=form,
        units_form=units_form,
        edition=queries.newest_edition(plan.province_id),
    )


def _offered(plan: InspectionPlan, visited: Sequence[Visited]) -> list[Unit]:
    """The units of today, and those of the plan that ended since."""
    offered = list(list_units_of(plan.province_id))
    known = {unit.id for unit in offered}
    return offered + [each.unit for each in visited if each.unit.id not in known]


def _team_page(plan: InspectionPlan, form: TeamForm) -> str:
    form.offer(queries.list_inspectors(plan))
    return render(
        f"{FOLDER}/team.html",
        plan=plan,
        team=queries.list_team(plan.id),
        form=form,
        new_operation=new_operation,
    )


def _day_page(found: Visited, form: DayForm, *, conflict: bool = False) -> str:
    form.offer(queries.list_team(found.plan.id))
    return render(
        f"{FOLDER}/day.html",
        found=found,
        form=form,
        back=_back_from_day(found),
        conflict=conflict,
        is_approved=found.plan.status == PlanStatus.APPROVED,
    )


def _back_from_day(found: Visited) -> str:
    if found.plan.status == PlanStatus.APPROVED:
        return url_for(".show", inspection_id=found.inspection.id)
    return url_for(".show_plan", plan_id=found.plan.id)
