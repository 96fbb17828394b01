"""Consent of a case: what holds, the history, a new answer."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.consent.forms import ConsentForm
from casework.confidential.consent.models import ConsentMethod, Purpose
from casework.confidential.consent.operations import Answer, record_consent
from casework.confidential.consent.queries import latest_consents, list_consents
from casework.core.clock import today
from casework.core.forms import RuleBroken
from casework.core.htmx import render

bp = Blueprint("consent", __name__, url_prefix="/cases/<uuid:case_id>/consents")


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """What the person agreed to, and every earlier answer."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return render(
        "confidential/consent/list.html",
        case=case,
        person=person,
        latest=latest_consents(case),
        history=list_consents(case),
        today=today(),
        Purpose=Purpose,
        ConsentMethod=ConsentMethod,
    )


@bp.get("/new")
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form of an answer."""
    case = get_case(access, case_id)
    return _form(case, get_person(case, access), ConsentForm(on=today()))


@bp.post("/new")
@requires(Permission.CASE_WRITE)
def record(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Keep the answer."""
    case, form = get_case(access, case_id), ConsentForm()
    person = get_person(case, access)
    if not form.validate():
        return _form(case, person, form), 422
    typed = form.answer()
    is_given = typed.pop("answer_given") == "yes"
    try:
        record_consent(case, Answer(is_given=is_given, **typed), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _form(case, person, form), 422
    flash(_("The answer is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


def _form(case: Case, person: PersonIdentity, form: ConsentForm) -> str:
    return render("confidential/consent/form.html", case=case, person=person, form=form)
