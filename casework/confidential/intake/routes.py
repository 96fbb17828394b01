"""Taking a person in."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.intake.forms import IntakeForm
from casework.confidential.intake.operations import open_case
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken, options
from casework.core.htmx import render
from casework.core.text import words_key
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
    """Open the case."""
    form = _form(access)
    if not form.validate():
        return _page(form), 422
    try:
        case = open_case(UUID(form.unit.data), form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _page(form), 422
    flash(_("Case %(reference)s is open.", reference=case.reference), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


def _form(access: Access, **values: object) -> IntakeForm:
    """The form with the units in which the account may open cases."""
    units = db.session.scalars(select(Unit).where(access.within(Unit.id))).all()
    form = IntakeForm(data=values or None)
    form.unit.choices = options(
        (str(u.id), u.label) for u in sorted(units, key=lambda u: words_key(u.name))
    )
    return form


def _page(form: IntakeForm) -> str:
    return render("confidential/intake/form.html", form=form)
