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
from casework.confidential.cases.models import Case
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
from casework.core.forms import Form, carry_out
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.bodies.queries import find_year
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.queries import get_unit

FOLDER = "confidential/rights"
BOTH = ("GET", "POST")
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


@bp.route("/cases/<uuid:case_id>/rights/requests/new", methods=BOTH)
@requires(Permission.RIGHTS_WRITE)
def ask(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Note what the person asks for."""
    case, form = get_case(access, case_id), RequestForm(received_on=today())
    done = carry_out(form, lambda: record_request(case, form.answer(), by=access.actor))
    if done == 303:
        return _kept(case, _("The request is kept, and its clock runs."))
    return _page("request", access, case, form), done


@bp.route("/cases/<uuid:case_id>/rights/requests/<uuid:request_id>", methods=BOTH)
@requires(Permission.RIGHTS_WRITE)
def answer(access: Access, case_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """A request, what to do about it, and what became of it."""
    case = get_case(access, case_id)
    asked = get_request(case, request_id)
    form = AnswerForm(obj=asked)
    form.answered_on.data = form.answered_on.data or today()
    done = carry_out(
        form, lambda: answer_request(case, asked, form.answer(), by=access.actor), asked.version
    )
    if done == 303:
        return _kept(case, _("The answer is kept."))
    return _page("answer", access, case, form, asked, conflict=done == 409), done


@bp.route("/cases/<uuid:case_id>/rights/disclosures/new", methods=BOTH)
@requires(Permission.RIGHTS_WRITE)
def disclose(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Note an authority's written request; never without its number."""
    case, form = get_case(access, case_id), DisclosureForm(received_on=today())
    done = carry_out(form, lambda: record_disclosure(case, form.answer(), by=access.actor))
    if done == 303:
        return _kept(case, _("The request stands in the register."))
    return _page("disclosure", access, case, form), done


@bp.route("/cases/<uuid:case_id>/rights/disclosures/<uuid:disclosure_id>", methods=BOTH)
@requires(Permission.RIGHTS_WRITE)
def decide(access: Access, case_id: UUID, disclosure_id: UUID) -> ResponseReturnValue:
    """An authority's request, the decision about it, and what was told."""
    case = get_case(access, case_id)
    asked = get_disclosure(case, disclosure_id)
    form = DecisionForm(obj=asked)
    form.answered_on.data = form.answered_on.data or today()
    done = carry_out(
        form, lambda: answer_disclosure(case, asked, form.answer(), by=access.actor), asked.version
    )
    if done == 303:
        return _kept(case, _("The answer is kept."))
    return _page("decision", access, case, form, asked, conflict=done == 409), done


def _kept(case: Case, said: str) -> ResponseReturnValue:
    flash(said, "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


def _page(
    template: str,
    access: Access,
    case: Case,
    form: Form,
    asked: RightsRequest | Disclosure | None = None,
    *,
    conflict: bool = False,
) -> str:
    person = get_person(case, access)
    return render(
        f"{FOLDER}/{template}.html",
        case=case,
        person=person,
        asked=asked,
        form=form,
        earlier=list_earlier([asked.id]) if asked and asked.answered_on else [],
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
