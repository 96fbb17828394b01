"""Units as the administrator changes them; everybody reads them under /units."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render
from casework.organisation.history.queries import list_earlier
from casework.organisation.territory import queries
from casework.organisation.territory.forms import CorrectionForm, SuccessionForm, UnitForm
from casework.organisation.territory.operations import (
    correct_unit,
    create_unit,
    record_succession,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit, list_provinces_within, list_units

bp = Blueprint("territory", __name__, url_prefix="/admin/units")
FOLDER = "organisation/territory"


@bp.get("/new")
@requires(Permission.UNIT_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a new unit."""
    return _new_page(access, UnitForm())


@bp.post("/new")
@requires(Permission.UNIT_WRITE)
def create(access: Access) -> ResponseReturnValue:
    """A unit from a day on."""
    form = UnitForm()
    form.offer(queries.list_possible_parents(access), everywhere=access.everywhere)
    if not form.validate():
        return _new_page(access, form), 422
    try:
        unit = create_unit(
            form.code.data,
            form.name.data,
            form.kind.data,
            get_unit(form.parent.data) if form.parent.data else None,
            form.valid_from.data,
            form.source.data,
            by=access.actor,
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _new_page(access, form), 422
    flash(_("The unit is entered."), "success")
    return redirect(url_for("units.show", unit_id=unit.id), 303)


@bp.get("/<uuid:unit_id>/correct")
@requires(Permission.UNIT_WRITE)
def correct_form(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The name and the document, and what they said earlier."""
    unit = queries.get_unit_to_change(access, unit_id)
    return _correct_page(unit, CorrectionForm(obj=unit))


@bp.post("/<uuid:unit_id>/correct")
@requires(Permission.UNIT_WRITE)
def correct(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """Put the name or the document right."""
    unit, form = queries.get_unit_to_change(access, unit_id), CorrectionForm()
    status = carry_out(
        form, lambda: correct_unit(unit, form.name.data, form.source.data, by=access.actor)
    )
    if status != 303:
        return _correct_page(unit, form), status
    flash(_("The unit is put right."), "success")
    return redirect(url_for("units.show", unit_id=unit_id), 303)


@bp.get("/<uuid:unit_id>/succession")
@requires(Permission.UNIT_WRITE)
def succession_form(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """What follows a unit."""
    unit = queries.get_unit_to_change(access, unit_id)
    return _succession_page(access, unit, SuccessionForm())


@bp.post("/<uuid:unit_id>/succession")
@requires(Permission.UNIT_WRITE)
def succeed(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """End the unit; others follow it."""
    unit, form = queries.get_unit_to_change(access, unit_id), SuccessionForm()
    _offer(access, unit, form)
    status = carry_out(
        form,
        lambda: record_succession(
            unit,
            form.how.data,
            list_units(form.successors.data),
            form.on.data,
            form.document.data,
            by=access.actor,
        ),
    )
    if status != 303:
        return _succession_page(access, unit, form), status
    flash(_("The unit has its last day, and its successors."), "success")
    return redirect(url_for("units.show", unit_id=unit_id), 303)


def _new_page(access: Access, form: UnitForm) -> str:
    form.offer(queries.list_possible_parents(access), everywhere=access.everywhere)
    return render(f"{FOLDER}/new.html", form=form)


def _correct_page(unit: Unit, form: CorrectionForm) -> str:
    return render(f"{FOLDER}/correct.html", unit=unit, form=form, earlier=list_earlier([unit.id]))


def _offer(access: Access, unit: Unit, form: SuccessionForm) -> dict[str, Any]:
    """Let the form offer the units of one province, the unit's own unless another is asked for."""
    provinces = list_provinces_within(access)
    asked = form.province.data or request.args.get("province") or str(unit.province_id)
    province = next((each for each in provinces if str(each.id) == asked), None)
    province = province or (provinces[0] if provinces else None)
    form.offer(province, queries.list_possible_successors(access, unit, province))
    return {"provinces": [] if unit.is_province else provinces, "province": province}


def _succession_page(access: Access, unit: Unit, form: SuccessionForm) -> str:
    return render(
        f"{FOLDER}/succession.html",
        unit=unit,
        form=form,
        staff=queries.count_roles_in(unit),
        **_offer(access, unit, form),
    )
