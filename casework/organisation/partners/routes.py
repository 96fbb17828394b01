"""Partners of a unit and of its province, and what was done together with them."""

from collections.abc import Sequence
from uuid import UUID

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
from casework.organisation.bodies.queries import Scope, find_scope, years_since
from casework.organisation.history.queries import list_earlier
from casework.organisation.partners import queries
from casework.organisation.partners.forms import JointActivityForm, PartnerForm
from casework.organisation.partners.models import Partner, PartnerKind
from casework.organisation.partners.operations import (
    change_partner,
    correct_activity,
    enter_partner,
    log_activity,
)
from casework.organisation.partners.queries import ActivityLine
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import (
    choose_province,
    list_ids_with_predecessors,
    list_provinces_within,
)

bp = Blueprint("partners", __name__, url_prefix="/partners")
menu(_l("Partners"), "partners.index", lambda: can(Permission.PARTNER_READ), Section.ORGANISATION)
menu(
    _l("Partners of a province"),
    "partners.province",
    lambda: can(Permission.SETTING_WRITE),
    Section.ADMINISTRATION,
)
FOLDER = "organisation/partners"
FIRST_YEAR = 2010


@bp.get("")
@requires(Permission.PARTNER_READ)
def index(access: Access) -> ResponseReturnValue:
    """The partners of a unit and of its province; ended ones apart."""
    scope = find_scope(access)
    lines = queries.list_directory(scope.unit_ids, today()) if scope else []
    writing = access.identity.access(Permission.PARTNER_WRITE)
    ended = [line for line in lines if (line.partner.active_until or today()) < today()]
    return render(
        f"{FOLDER}/list.html",
        scope=scope,
        lines=[line for line in lines if line not in ended],
        ended=ended,
        may_enter=bool(scope and writing and scope.unit.id in writing.units),
    )


@bp.get("/new")
@requires(Permission.PARTNER_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a partner."""
    return _partner_page(PartnerForm(active_from=today()), _scope(access).unit)


@bp.post("/new")
@requires(Permission.PARTNER_WRITE)
def enter(access: Access) -> ResponseReturnValue:
    """A partner of the unit."""
    return _enter(access, _scope(access).unit)


@bp.get("/<uuid:partner_id>")
@requires(Permission.PARTNER_READ)
def show(access: Access, partner_id: UUID) -> ResponseReturnValue:
    """A partner with what was done together."""
    partner, unit = queries.get_partner(access, partner_id)
    writing = access.identity.access(Permission.PARTNER_WRITE)
    return render(
        f"{FOLDER}/show.html",
        partner=partner,
        unit=unit,
        activities=queries.list_activities_with(access, partner),
        earlier=list_earlier([partner.id]),
        kinds=_kinds(),
        may_change=writing is not None and queries.may_change(writing, unit),
    )


@bp.get("/<uuid:partner_id>/change")
@requires(Permission.PARTNER_WRITE)
def edit(access: Access, partner_id: UUID) -> ResponseReturnValue:
    """A partner to change or end."""
    partner, unit = queries.get_partner_to_change(access, partner_id)
    return _partner_page(PartnerForm(obj=partner), unit, partner)


@bp.post("/<uuid:partner_id>/change")
@requires(Permission.PARTNER_WRITE)
def change(access: Access, partner_id: UUID) -> ResponseReturnValue:
    """Change it, unless somebody did before: then both texts are shown."""
    return _change(access, *queries.get_partner_to_change(access, partner_id))


@bp.get("/province")
@requires(Permission.SETTING_WRITE)
def province(access: Access) -> ResponseReturnValue:
    """The partners entered for a whole province."""
    chosen, provinces = choose_province(list_provinces_within(access))
    return render(
        f"{FOLDER}/province.html",
        province=chosen,
        provinces=provinces,
        partners=queries.list_offered([chosen.id]),
    )


@bp.get("/province/new")
@requires(Permission.SETTING_WRITE)
def new_of_province(access: Access) -> ResponseReturnValue:
    """The form of a partner of all units of a province."""
    chosen, _provinces = choose_province(list_provinces_within(access))
    return _partner_page(PartnerForm(active_from=today()), chosen)


@bp.post("/province/new")
@requires(Permission.SETTING_WRITE)
def enter_of_province(access: Access) -> ResponseReturnValue:
    """A partner of all units of a province."""
    chosen, _provinces = choose_province(list_provinces_within(access))
    return _enter(access, chosen)


@bp.get("/province/<uuid:partner_id>")
@requires(Permission.SETTING_WRITE)
def edit_of_province(access: Access, partner_id: UUID) -> ResponseReturnValue:
    """A partner of a province to change or end."""
    partner, unit = queries.get_partner_of_province(access, partner_id)
    return _partner_page(PartnerForm(obj=partner), unit, partner)


@bp.post("/province/<uuid:partner_id>")
@requires(Permission.SETTING_WRITE)
def change_of_province(access: Access, partner_id: UUID) -> ResponseReturnValue:
    """Change it, unless somebody did before."""
    return _change(access, *queries.get_partner_of_province(access, partner_id))


@bp.get("/activities")
@requires(Permission.PARTNER_READ)
def activities(access: Access) -> ResponseReturnValue:
    """What a unit did together with partners in a year, newest first."""
    scope, year = find_scope(access), request.args.get("year", today().year, type=int)
    if year not in years_since(FIRST_YEAR):
        raise OutOfReach
    writing = access.identity.access(Permission.ACTIVITY_WRITE)
    lines = queries.list_activities(scope.unit_ids, year) if scope else []
    return render(
        f"{FOLDER}/activities.html",
        scope=scope,
        year=year,
        years=years_since(FIRST_YEAR),
        lines=lines,
        may_log=bool(scope and writing and scope.unit.id in writing.units | writing.own_units),
        corrected={
            line.activity.id
            for line in lines
            if scope and writing and _is_own(line, writing, scope)
        },
    )


@bp.get("/activities/new")
@requires(Permission.ACTIVITY_WRITE)
def new_activity(access: Access) -> ResponseReturnValue:
    """The form of a joint activity."""
    scope = _scope(access)
    offered = queries.list_offered(scope.unit_ids)
    return _activity_page(JointActivityForm(held_on=today()), scope.unit, offered)


@bp.post("/activities/new")
@requires(Permission.ACTIVITY_WRITE)
def log(access: Access) -> ResponseReturnValue:
    """Keep the joint activity."""
    scope, form = _scope(access), JointActivityForm()
    offered = queries.list_offered(scope.unit_ids)
    form.offer(offered)
    if not form.validate():
        return _activity_page(form, scope.unit, offered), 422
    try:
        log_activity(scope.unit.id, form.answer(), form.ticked(offered), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _activity_page(form, scope.unit, offered), 422
    flash(_("The activity is saved."), "success")
    year = form.held_on.data.year
    return redirect(url_for(".activities", unit=scope.unit.id, year=year), 303)


@bp.get("/activities/<uuid:activity_id>")
@requires(Permission.ACTIVITY_WRITE)
def edit_activity(access: Access, activity_id: UUID) -> ResponseReturnValue:
    """A joint activity to correct, with what it said earlier."""
    line = queries.get_activity(access, activity_id)
    form = JointActivityForm(obj=line.activity, partners=[str(each.id) for each in line.partners])
    return _activity_page(form, line.unit, _offered_for(line), line)


@bp.post("/activities/<uuid:activity_id>")
@requires(Permission.ACTIVITY_WRITE)
def correct(access: Access, activity_id: UUID) -> ResponseReturnValue:
    """Correct it, unless somebody did before: then both texts are shown."""
    line, form = queries.get_activity(access, activity_id), JointActivityForm()
    offered = _offered_for(line)
    form.offer(offered)
    if not form.validate():
        return _activity_page(form, line.unit, offered, line), 422
    try:
        form.check_version(line.activity.version)
        ticked = form.ticked(offered)
        correct_activity(line.activity, form.answer(), ticked, line.partners, by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(line.activity.version)
        return _activity_page(form, line.unit, offered, line, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _activity_page(form, line.unit, offered, line), 422
    flash(_("The activity is saved."), "success")
    year = form.held_on.data.year
    return redirect(url_for(".activities", unit=line.unit.id, year=year), 303)


def _scope(access: Access) -> Scope:
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope


def _is_own(line: ActivityLine, writing: Access, scope: Scope) -> bool:
    """Whether the account may correct this line, as `queries.get_activity` decides it."""
    mine = line.activity.recorded_by == writing.account_id
    return scope.unit.id in writing.units or (mine and line.unit.id in writing.own_units)


def _enter(access: Access, unit: Unit) -> ResponseReturnValue:
    form = PartnerForm()
    if not form.validate():
        return _partner_page(form, unit), 422
    try:
        partner = enter_partner(unit.id, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _partner_page(form, unit), 422
    flash(_("The partner is saved."), "success")
    return redirect(_address(partner, unit), 303)


def _change(access: Access, partner: Partner, unit: Unit) -> ResponseReturnValue:
    form = PartnerForm()
    if not form.validate():
        return _partner_page(form, unit, partner), 422
    try:
        form.check_version(partner.version)
        change_partner(partner, form.answer(), by=access.actor)
    except Stale as stale:
        form.refuse(stale)
        form.version.data = str(partner.version)
        return _partner_page(form, unit, partner, conflict=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _partner_page(form, unit, partner), 422
    flash(_("The partner is saved."), "success")
    return redirect(_address(partner, unit), 303)


def _address(partner: Partner, unit: Unit) -> str:
    """Where a saved partner is seen. Whoever keeps a province's partners may read no unit's."""
    if unit.is_province:
        return url_for(".province", province=unit.id)
    return url_for(".show", partner_id=partner.id)


def _partner_page(
    form: PartnerForm, unit: Unit, partner: Partner | None = None, *, conflict: bool = False
) -> str:
    return render(
        f"{FOLDER}/form.html",
        form=form,
        unit=unit,
        partner=partner,
        conflict=conflict,
        earlier=list_earlier([partner.id]) if partner else [],
        kinds=_kinds(),
    )


def _activity_page(
    form: JointActivityForm,
    unit: Unit,
    offered: Sequence[Partner],
    line: ActivityLine | None = None,
    *,
    conflict: bool = False,
) -> str:
    form.offer(offered)
    return render(
        f"{FOLDER}/activity.html",
        form=form,
        unit=unit,
        line=line,
        conflict=conflict,
        offered=offered,
        ticked=", ".join(partner.name for partner in form.ticked(offered)) if conflict else "",
        earlier=list_earlier([line.activity.id]) if line else [],
    )


def _offered_for(line: ActivityLine) -> list[Partner]:
    return queries.list_offered(list_ids_with_predecessors([line.unit.id]))


def _kinds() -> dict[str, str]:
    return {kind.value: kind.label for kind in PartnerKind}
