"""Consent of a case: what holds, the history, a new answer, a withdrawal, the paper to sign."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import find_birth, get_case, get_person, unit_of
from casework.confidential.consent import sheets
from casework.confidential.consent.forms import ConsentForm, WithdrawalForm
from casework.confidential.consent.models import ConsentMethod, Purpose, Standing
from casework.confidential.consent.operations import record_consent, withdraw_consent
from casework.confidential.consent.queries import (
    ConsentLine,
    get_line,
    list_lines,
    list_receiving_units,
    list_recorders,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.partners.queries import list_partners

bp = Blueprint("consent", __name__, url_prefix="/cases/<uuid:case_id>/consents")


@bp.get("")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """What the person agreed to, and every earlier answer."""
    case = get_case(access, case_id)
    person, lines = get_person(case, access), list_lines(case)
    return render(
        "confidential/consent/list.html",
        case=case,
        person=person,
        lines=lines,
        history=sorted(
            ((answer, line) for line in lines for answer in line.answers),
            key=lambda pair: (pair[0].on, pair[0].recorded_at),
            reverse=True,
        ),
        recorders=list_recorders(lines),
        today=today(),
        Purpose=Purpose,
        Standing=Standing,
        ConsentMethod=ConsentMethod,
    )


@bp.get("/new")
@requires(Permission.CASE_WRITE)
def new(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form of an answer. What a refusal elsewhere asks for is chosen already."""
    case = get_case(access, case_id)
    person, form = get_person(case, access), ConsentForm(on=today())
    asked = {name: request.args.get(name, "") for name in ("purpose", "partner", "unit")}
    _offer(case, form, asked["unit"])
    if not form.purpose.data:
        form.begin_with(**asked)
    return _form(case, person, form)


@bp.post("/new")
@requires(Permission.CASE_WRITE)
def record(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Keep the answer."""
    case, form = get_case(access, case_id), ConsentForm()
    person = get_person(case, access)
    _offer(case, form, form.asked_unit)
    status = carry_out(form, lambda: record_consent(case, form.told(), by=access.actor))
    if status != 303:
        return _form(case, person, form), status
    flash(_("The answer is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.get("/<uuid:consent_id>/withdrawal")
@requires(Permission.CASE_WRITE)
def withdrawal(access: Access, case_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """What withdrawing means, and the button."""
    case = get_case(access, case_id)
    line = get_line(case, consent_id)
    return _withdrawal(case, get_person(case, access), line, WithdrawalForm(on=today()))


@bp.post("/<uuid:consent_id>/withdrawal")
@requires(Permission.CASE_WRITE)
def withdraw(access: Access, case_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """The person no longer agrees."""
    case = get_case(access, case_id)
    line, form = get_line(case, consent_id), WithdrawalForm()
    person = get_person(case, access)
    status = carry_out(form, lambda: withdraw_consent(case, line, on=form.on.data, by=access.actor))
    if status != 303:
        return _withdrawal(case, person, line, form), status
    flash(_("The withdrawal is saved."), "success")
    return redirect(url_for(".index", case_id=case.id), 303)


@bp.get("/paper")
@requires(Permission.CASE_WRITE)
def paper(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The consent form with the answers so far, to be signed."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    audit.record_read("consent.print", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    content = sheets.write_filled(case, person, unit_of(case), list_lines(case), on=today())
    return send_file(content, f"phieu-dong-y-{case.reference}.docx", DOCX)


def _offer(case: Case, form: ConsentForm, asked: str) -> None:
    unit = unit_of(case)
    form.offer(list_partners(unit.id, today()), list_receiving_units(unit, today(), asked))


def _form(case: Case, person: PersonIdentity, form: ConsentForm) -> str:
    birth = find_birth(case)
    return render(
        "confidential/consent/form.html",
        case=case,
        person=person,
        form=form,
        is_minor=birth is not None and birth.is_minor(today()),
    )


def _withdrawal(case: Case, person: PersonIdentity, line: ConsentLine, form: WithdrawalForm) -> str:
    return render(
        "confidential/consent/withdrawal.html",
        case=case,
        person=person,
        line=line,
        form=form,
        address=request.path,
        Purpose=Purpose,
    )
