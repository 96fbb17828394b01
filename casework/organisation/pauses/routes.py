"""Pauses: Tết, the flood season, an epidemic. Their pages stand among those of the meetings."""

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
from casework.organisation.bodies.queries import Scope, find_scope
from casework.organisation.history.queries import list_earlier
from casework.organisation.meetings.models import Pause, PauseKind
from casework.organisation.pauses.forms import CorrectPauseForm, PauseForm
from casework.organisation.pauses.operations import correct_pause, declare_pause
from casework.organisation.pauses.queries import (
    get_pause,
    get_pause_of_province,
    list_pauses,
    list_pauses_of_province,
)
from casework.organisation.units.queries import choose_province, list_provinces_within

bp = Blueprint("pauses", __name__, url_prefix="/meetings/pauses")
menu(
    _l("Pauses of a province"),
    "pauses.of_province",
    lambda: can(Permission.SETTING_WRITE),
    Section.ADMINISTRATION,
)


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """The pauses of the unit and its province."""
    return _list(access, PauseForm())


@bp.post("")
@requires(Permission.ACTIVITY_APPROVE)
def declare(access: Access) -> ResponseReturnValue:
    """A pause of the unit: what is due meanwhile is excused."""
    scope, form = find_scope(access), PauseForm()
    if scope is None:
        raise OutOfReach
    try:
        if form.validate():
            told = form.answer()
            declare_pause(scope.unit, **told, by=access.actor)
            flash(_("The pause is declared; meetings due meanwhile are excused."), "success")
            return redirect(url_for(".index", unit=scope.unit.id), 303)
    except RuleBroken as broken:
        form.refuse(broken)
    return _list(access, form), 422


@bp.get("/<uuid:pause_id>")
@requires(Permission.ACTIVITY_APPROVE)
def edit(access: Access, pause_id: UUID) -> ResponseReturnValue:
    """The form that corrects a pause or ends it early."""
    found = get_pause(access, pause_id)
    return _edit(found, CorrectPauseForm(obj=found), url_for(".index", unit=found.unit_id))


@bp.post("/<uuid:pause_id>")
@requires(Permission.ACTIVITY_APPROVE)
def correct(access: Access, pause_id: UUID) -> ResponseReturnValue:
    """Other days: what the pause no longer covers is due again."""
    found = get_pause(access, pause_id)
    return _correct(access, found, url_for(".index", unit=found.unit_id))


@bp.get("/province")
@requires(Permission.SETTING_WRITE)
def of_province(access: Access) -> ResponseReturnValue:
    """The pauses of a whole province, and the form that declares one."""
    return _list_of_province(access, PauseForm())


@bp.post("/province")
@requires(Permission.SETTING_WRITE)
def declare_for_province(access: Access) -> ResponseReturnValue:
    """A pause of a whole province."""
    (province, _all), form = choose_province(list_provinces_within(access)), PauseForm()
    try:
        if form.validate():
            declare_pause(province, **form.answer(), by=access.actor)
            flash(_("The pause is declared; meetings due meanwhile are excused."), "success")
            return redirect(url_for(".of_province", province=province.id), 303)
    except RuleBroken as broken:
        form.refuse(broken)
    return _list_of_province(access, form), 422


@bp.get("/province/<uuid:pause_id>")
@requires(Permission.SETTING_WRITE)
def edit_of_province(access: Access, pause_id: UUID) -> ResponseReturnValue:
    """The form that corrects a pause of a province or ends it early."""
    found = get_pause_of_province(access, pause_id)
    back_url = url_for(".of_province", province=found.unit_id)
    return _edit(found, CorrectPauseForm(obj=found), back_url)


@bp.post("/province/<uuid:pause_id>")
@requires(Permission.SETTING_WRITE)
def correct_of_province(access: Access, pause_id: UUID) -> ResponseReturnValue:
    """Other days for a province: what the pause no longer covers is due again."""
    found = get_pause_of_province(access, pause_id)
    return _correct(access, found, url_for(".of_province", province=found.unit_id))


def _correct(access: Access, found: Pause, back_url: str) -> ResponseReturnValue:
    form = CorrectPauseForm()
    try:
        if not form.validate():
            return _edit(found, form, back_url), 422
        form.check_version(found.version)
        correct_pause(found, **form.answer(), by=access.actor)
    except Stale:
        return _edit(found, form, back_url, stale=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _edit(found, form, back_url), 422
    flash(_("The pause is corrected."), "success")
    return redirect(back_url, 303)


def _list_of_province(access: Access, form: PauseForm) -> str:
    province, provinces = choose_province(list_provinces_within(access))
    return render(
        "organisation/pauses/province.html",
        province=province,
        provinces=provinces,
        pauses=list_pauses_of_province(province),
        form=form,
        today=today(),
    )


def _list(access: Access, form: PauseForm) -> str:
    scope = find_scope(access)
    return render(
        "organisation/pauses/list.html",
        scope=scope,
        pauses=list_pauses(scope.unit, scope.unit_ids) if scope else [],
        form=form,
        may_declare=_declares_for(access, scope),
        today=today(),
    )


def _declares_for(access: Access, scope: Scope | None) -> bool:
    approver = access.identity.access(Permission.ACTIVITY_APPROVE)
    return scope is not None and approver is not None and scope.unit.id in approver.units


def _edit(pause: Pause, form: CorrectPauseForm, back_url: str, *, stale: bool = False) -> str:
    if stale:
        form.version.data = str(pause.version)
    return render(
        "organisation/pauses/edit.html",
        pause=pause,
        form=form,
        back_url=back_url,
        action=request.path,
        stale=stale,
        kinds={str(kind): kind.label for kind in PauseKind},
        earlier=list_earlier([pause.id]),
    )
