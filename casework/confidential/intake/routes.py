"""Taking a person in."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.consent.sheets import write_empty
from casework.confidential.intake.forms import IntakeForm
from casework.confidential.intake.operations import open_case
from casework.confidential.intake.queries import LikelyCase, list_likely
from casework.core import audit
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken, options
from casework.core.htmx import render
from casework.core.text import words_key
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.units.models import Unit

bp = Blueprint("intake", __name__)


@bp.get("/cases/new")
@requires(Permission.CASE_OPEN)
def new(access: Access) -> ResponseReturnValue:
    """The intake form."""
    return _page(_form(access, opened_on=today()))


@bp.post("/cases/new")
@requires(Permission.CASE_OPEN)
def take_in(access: Access) -> ResponseReturnValue:
    """Open the case. Who seems to have one already is shown first, and confirmed to be somebody
    else.
    """
    form = _form(access)
    if not form.validate():
        return _page(form), 422
    likely = [] if form.somebody_else.data else _likely(form)
    try:
        if likely:
            raise RuleBroken(_("Look at these cases first."), field="somebody_else")
        case = open_case(UUID(form.unit.data), form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _page(form, likely), 422
    flash(_("Case %(reference)s is open.", reference=case.reference), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.post("/cases/new/likely")
@requires(Permission.CASE_OPEN)
def likely(access: Access) -> ResponseReturnValue:
    """Who seems to have a case already, while a name is typed. Posted, so that no name stands in an
    address.
    """
    return render("confidential/intake/likely_page.html", likely=_likely(_form(access)))


@bp.get("/cases/new/paper")
@requires(Permission.CASE_OPEN)
def paper(access: Access) -> ResponseReturnValue:
    """An empty consent form, to be filled in by hand."""
    unit = _units(access)[0]
    audit.record_read("consent.print_empty", "unit", [unit.id], by=access.actor, unit_id=unit.id)
    return send_file(write_empty(unit), "phieu-dong-y.docx", DOCX)


def _form(access: Access, **values: object) -> IntakeForm:
    """The form with the units in which the account may open cases."""
    form = IntakeForm(data=values or None)
    form.unit.choices = options((str(unit.id), unit.label) for unit in _units(access))
    return form


def _units(access: Access) -> list[Unit]:
    units = db.session.scalars(select(Unit).where(access.within(Unit.id)))
    return sorted(units, key=lambda unit: words_key(unit.name))


def _likely(form: IntakeForm) -> Sequence[LikelyCase]:
    return list_likely(form.name.data or "", form.alias.data or "", form.birth.data)


def _page(form: IntakeForm, likely: Sequence[LikelyCase] = ()) -> str:
    return render("confidential/intake/form.html", form=form, likely=likely)
