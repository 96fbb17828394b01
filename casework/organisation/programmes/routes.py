"""Keeping the programmes that pay, and their phases. What a unit's lines of a phase come to stands
among the pages of the budget.
"""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.history.queries import list_earlier
from casework.organisation.programmes import operations, queries
from casework.organisation.programmes.forms import PhaseForm, ProgrammeChangeForm, ProgrammeForm
from casework.organisation.programmes.models import Phase, Programme

bp = Blueprint("programmes", __name__, url_prefix="/budgets/programmes")
menu(
    _l("Programmes"),
    "programmes.index",
    lambda: can(Permission.SETTING_WRITE),
    Section.ADMINISTRATION,
)
FOLDER = "organisation/programmes"


@bp.get("/keep")
@requires(Permission.SETTING_WRITE)
def index(access: Access) -> ResponseReturnValue:
    """The programmes within reach, to add to and to change."""
    return _list_page(access, ProgrammeForm())


@bp.post("/keep")
@requires(Permission.SETTING_WRITE)
def add(access: Access) -> ResponseReturnValue:
    """A new programme."""
    form = ProgrammeForm()
    form.offer(queries.list_provinces_within(access), everywhere=access.everywhere)
    if not form.validate():
        return _list_page(access, form), 422
    programme = operations.add_programme(
        form.province.data, form.name.data, form.source.data, by=access.actor
    )
    flash(_("The programme is added. Add its phases."), "success")
    return redirect(url_for(".show", programme_id=programme.id), 303)


@bp.get("/<uuid:programme_id>")
@requires(Permission.SETTING_WRITE)
def show(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """A programme and its phases, to be changed."""
    programme = queries.get_programme(access, programme_id)
    return _programme_page(programme, ProgrammeChangeForm(obj=programme))


@bp.post("/<uuid:programme_id>")
@requires(Permission.SETTING_WRITE)
def change(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """Say something else of a programme."""
    programme, form = queries.get_programme(access, programme_id), ProgrammeChangeForm()
    status = carry_out(
        form,
        lambda: operations.change_programme(
            programme, form.name.data, form.source.data, by=access.actor
        ),
        programme.version,
    )
    if status != 303:
        return _programme_page(programme, form, conflict=status == 409), status
    flash(_("The programme is changed."), "success")
    return redirect(url_for(".show", programme_id=programme.id), 303)


@bp.get("/<uuid:programme_id>/phases/new")
@requires(Permission.SETTING_WRITE)
def new_phase(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """The form for a phase."""
    programme = queries.get_programme(access, programme_id)
    return _phase_page(programme, None, PhaseForm())


@bp.post("/<uuid:programme_id>/phases/new")
@requires(Permission.SETTING_WRITE)
def add_phase(access: Access, programme_id: UUID) -> ResponseReturnValue:
    """A new phase."""
    programme, form = queries.get_programme(access, programme_id), PhaseForm()
    status = carry_out(
        form,
        lambda: operations.add_phase(
            programme, form.name.data, form.from_on.data, form.until_on.data, by=access.actor
        ),
    )
    if status != 303:
        return _phase_page(programme, None, form), status
    return redirect(url_for(".show", programme_id=programme.id), 303)


@bp.get("/<uuid:programme_id>/phases/<uuid:phase_id>")
@requires(Permission.SETTING_WRITE)
def edit_phase(access: Access, programme_id: UUID, phase_id: UUID) -> ResponseReturnValue:
    """A phase to be changed."""
    programme = queries.get_programme(access, programme_id)
    phase = queries.get_phase(programme, phase_id)
    return _phase_page(programme, phase, PhaseForm(obj=phase))


@bp.post("/<uuid:programme_id>/phases/<uuid:phase_id>")
@requires(Permission.SETTING_WRITE)
def change_phase(access: Access, programme_id: UUID, phase_id: UUID) -> ResponseReturnValue:
    """Say something else of a phase."""
    programme, form = queries.get_programme(access, programme_id), PhaseForm()
    phase = queries.get_phase(programme, phase_id)
    status = carry_out(
        form,
        lambda: operations.change_phase(
            phase, form.name.data, form.from_on.data, form.until_on.data, by=access.actor
        ),
        phase.version,
    )
    if status != 303:
        return _phase_page(programme, phase, form, conflict=status == 409), status
    return redirect(url_for(".show", programme_id=programme.id), 303)


def _list_page(access: Access, form: ProgrammeForm) -> str:
    provinces = queries.list_provinces_within(access)
    form.offer(provinces, everywhere=access.everywhere)
    return render(
        f"{FOLDER}/list.html",
        programmes=queries.list_programmes(access),
        provinces={province.id: province for province in provinces},
        form=form,
    )


def _programme_page(
    programme: Programme, form: ProgrammeChangeForm, *, conflict: bool = False
) -> str:
    phases = queries.list_phases_of(programme)
    return render(
        f"{FOLDER}/show.html",
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
