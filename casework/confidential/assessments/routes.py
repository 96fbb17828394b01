"""Assessments of a case: how needs changed, assessing again, reading and correcting one."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.assessments.forms import AssessmentForm, levels_of
from casework.confidential.assessments.models import LEVELS, NeedArea
from casework.confidential.assessments.operations import assess, correct_assessment
from casework.confidential.assessments.queries import (
    Assessed,
    compare,
    find_latest,
    get_assessment,
    holds_before,
    list_assessments,
    settings_of,
)
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.history.queries import list_earlier
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render

bp = Blueprint("assessments", __name__, url_prefix="/cases/<uuid:case_id>/assessments")


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """What is needed now, and how it changed."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    assessments = list_assessments(case)
    newest = assessments[0] if assessments else None
    return render(
        "confidential/assessments/list.html",
        case=case,
        person=person,
        assessments=assessments,
        change=compare(assessments[-1], assessments[0]) if len(assessments) > 1 else None,
        due_on=holds_before(newest.on, settings_of(case)) if newest else None,
        today=today(),
        NeedArea=NeedArea,
        LEVELS=LEVELS,
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Assess what is needed. Nothing is chosen beforehand, unless "as last time" is asked for."""
    case = get_case(access, case_id)
    person, latest = get_person(case, access), find_latest(case)
    as_last = levels_of(latest) if latest and "as_last" in request.args else {}
    form = AssessmentForm(on=today(), **as_last)
    status = carry_out(form, lambda: assess(case, form.said(), by=access.actor))
    if status != 303:
        return _form(case, person, form, before=latest), status
    flash(_("The assessment is saved."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.route("/<uuid:assessment_id>", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID, assessment_id: UUID) -> ResponseReturnValue:
    """Read one whole and put it right, unless somebody did before: then both are shown."""
    case = get_case(access, case_id)
    assessed, before = get_assessment(case, assessment_id)
    person = get_person(case, access)
    form = AssessmentForm.of(assessed)
    status = carry_out(
        form,
        lambda: correct_assessment(case, assessed, form.said(), by=access.actor),
        assessed.assessment.version,
    )
    if status != 303:
        return _form(case, person, form, before, assessed, conflict=status == 409), status
    flash(_("The assessment is corrected. What it said before stays readable."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


def _form(
    case: Case,
    person: PersonIdentity,
    form: AssessmentForm,
    before: Assessed | None,
    assessed: Assessed | None = None,
    *,
    conflict: bool = False,
) -> str:
    return render(
        "confidential/assessments/form.html",
        case=case,
        person=person,
        form=form,
        before=before,
        assessed=assessed,
        earlier=list_earlier([assessed.assessment.id]) if assessed else [],
        conflict=conflict,
        NeedArea=NeedArea,
        LEVELS=LEVELS,
    )
