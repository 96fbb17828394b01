"""The person's rights: requests with their clock, the own paper, authorities' requests; and both
registers, without names, for data-protection officers.
"""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, current_identity, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person, unit_of
from casework.confidential.history.queries import list_earlier
from casework.confidential.rights import sheets
from casework.confidential.rights.forms import (
    AnswerForm,
    DecisionForm,
    DisclosureForm,
    RequestForm,
)
from casework.confidential.rights.models import (
    Disclosure,
    DisclosureDecision,
    RequestKind,
    RequestOutcome,
    RightsRequest,
)
from casework.confidential.rights.operations import (
    answer_disclosure,
    answer_request,
    record_disclosure,
    record_request,
)
from casework.confidential.rights.queries import (
    count_overdue,
    get_disclosure,
    get_request,
    is_overdue,
    list_disclosures,
    list_register_of_disclosures,
    list_register_of_requests,
    list_requests,
    read_everything,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.bodies.queries import find_year
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.queries import get_unit

FOLDER = "confidential/rights"
FIRST_YEAR = 2020
bp = Blueprint("rights", __name__)


def _overdue() -> int:
    access = current_identity().access(Permission.RIGHTS_REGISTER)
    return count_overdue(access) if access else 0


menu(
    _l("Requests and disclosures"),
    "rights.register",
    lambda: can(Permission.RIGHTS_REGISTER),
    count=_overdue,
)


@bp.get("/rights")
@requires(Permission.RIGHTS_REGISTER)
def register(access: Access) -> ResponseReturnValue:
    """Both registers of a year, with what still waits; codes and units, no person."""
    years = range(FIRST_YEAR, today().year + 1)
    year = find_year(years)
    audit.record_read("rights.register", "register", [None], by=access.actor)
    return render(
        f"{FOLDER}/register.html",
        requests=list_register_of_requests(access, year),
        disclosures=list_register_of_disclosures(access, year),
        year=year,
        years=list(reversed(years)),
        **_words(),
    )


@bp.get("/cases/<uuid:case_id>/rights")
@requires(Permission.RIGHTS_WRITE)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """What the person and authorities asked about this case."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return render(
        f"{FOLDER}/list.html",
        case=case,
        person=person,
        requests=list_requests(case),
        disclosures=list_disclosures(case),
        **_words(),
    )


@bp.get("/cases/<uuid:case_id>/rights/paper.docx")
@requires(Permission.RIGHTS_WRITE)
def paper(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Everything kept about the person, as a paper for that person. Leaves a row in the log."""
    case = get_case(access, case_id)
    audit.record_read("rights.print", "case", [case.id], by=access.actor, unit_id=case.unit_id)
    person, unit = get_person(case, access), unit_of(case)
    province = get_unit(unit.province_id) if unit.province_id else unit
    days = number_of(Setting.REQUEST_DAYS, unit.province_id, today())
    told = read_everything(case, person, unit)
    content = sheets.write_own_paper(told, province.name, today(), days)
    return send_file(content, sheets.FILE_NAME, DOCX)


@bp.get("/cases/<uuid:case_id>/rights/requests/new")
@requires(Permission.RIGHTS_WRITE)
def new_request(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form of a request."""
    return _request_page(access, get_case(access, case_id), RequestForm(received_on=today()))


@bp.post("/cases/<uuid:case_id>/rights/requests/new")
@requires(Permission.RIGHTS_WRITE)
def ask(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Note what the person asks for."""
    case, form = get_case(access, case_id), RequestForm()
    done = carry_out(form, lambda: record_request(case, form.answer(), by=access.actor))
    if done != 303:
        return _request_page(access, case, form), done
    flash(_("The request is kept, and its clock runs."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/rights/requests/<uuid:request_id>")
@requires(Permission.RIGHTS_WRITE)
def show_request(access: Access, case_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """A request, what to do about it, and the form of its answer."""
    case = get_case(access, case_id)
    asked = get_request(case, request_id)
    form = AnswerForm(obj=asked)
    form.answered_on.data = form.answered_on.data or today()
    return _answer_page(access, case, asked, form)


@bp.post("/cases/<uuid:case_id>/rights/requests/<uuid:request_id>")
@requires(Permission.RIGHTS_WRITE)
def answer(access: Access, case_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Note what became of it."""
    case, form = get_case(access, case_id), AnswerForm()
    asked = get_request(case, request_id)
    done = carry_out(
        form, lambda: answer_request(case, asked, form.answer(), by=access.actor), asked.version
    )
    if done != 303:
        return _answer_page(access, case, asked, form, conflict=done == 409), done
    flash(_("The answer is kept."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/rights/disclosures/new")
@requires(Permission.RIGHTS_WRITE)
def new_disclosure(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form of an authority's written request."""
    return _disclosure_page(access, get_case(access, case_id), DisclosureForm(received_on=today()))


@bp.post("/cases/<uuid:case_id>/rights/disclosures/new")
@requires(Permission.RIGHTS_WRITE)
def disclose(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Note it; never without its number."""
    case, form = get_case(access, case_id), DisclosureForm()
    done = carry_out(form, lambda: record_disclosure(case, form.answer(), by=access.actor))
    if done != 303:
        return _disclosure_page(access, case, form), done
    flash(_("The request stands in the register."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/rights/disclosures/<uuid:disclosure_id>")
@requires(Permission.RIGHTS_WRITE)
def show_disclosure(access: Access, case_id: UUID, disclosure_id: UUID) -> ResponseReturnValue:
    """An authority's request, and the form of what it got."""
    case = get_case(access, case_id)
    asked = get_disclosure(case, disclosure_id)
    form = DecisionForm(obj=asked)
    form.answered_on.data = form.answered_on.data or today()
    return _decision_page(access, case, asked, form)


@bp.post("/cases/<uuid:case_id>/rights/disclosures/<uuid:disclosure_id>")
@requires(Permission.RIGHTS_WRITE)
def decide(access: Access, case_id: UUID, disclosure_id: UUID) -> ResponseReturnValue:
    """Note the decision and what was told."""
    case, form = get_case(access, case_id), DecisionForm()
    asked = get_disclosure(case, disclosure_id)
    done = carry_out(
        form, lambda: answer_disclosure(case, asked, form.answer(), by=access.actor), asked.version
    )
    if done != 303:
        return _decision_page(access, case, asked, form, conflict=done == 409), done
    flash(_("The answer is kept."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


def _request_page(access: Access, case: Case, form: RequestForm) -> str:
    person = get_person(case, access)
    return render(f"{FOLDER}/request.html", case=case, person=person, form=form)


def _disclosure_page(access: Access, case: Case, form: DisclosureForm) -> str:
    person = get_person(case, access)
    return render(f"{FOLDER}/disclosure.html", case=case, person=person, form=form)


def _answer_page(
    access: Access, case: Case, asked: RightsRequest, form: AnswerForm, *, conflict: bool = False
) -> str:
    return _asked_page("answer", access, case, asked, form, conflict)


def _decision_page(
    access: Access, case: Case, asked: Disclosure, form: DecisionForm, *, conflict: bool = False
) -> str:
    return _asked_page("decision", access, case, asked, form, conflict)


def _asked_page(
    template: str,
    access: Access,
    case: Case,
    asked: RightsRequest | Disclosure,
    form: AnswerForm | DecisionForm,
    conflict: bool,
) -> str:
    person: PersonIdentity = get_person(case, access)
    return render(
        f"{FOLDER}/{template}.html",
        case=case,
        person=person,
        asked=asked,
        form=form,
        earlier=list_earlier([asked.id]) if asked.answered_on else [],
        conflict=conflict,
        **_words(),
    )


def _words() -> dict[str, object]:
    return {
        "RequestKind": RequestKind,
        "RequestOutcome": RequestOutcome,
        "DisclosureDecision": DisclosureDecision,
        "is_overdue": is_overdue,
        "today": today(),
    }
