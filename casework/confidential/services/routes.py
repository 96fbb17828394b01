"""Support of a case, and of one's whole caseload in a year."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.history.queries import list_earlier
from casework.confidential.services import sheets
from casework.confidential.services.forms import ExportForm, ServiceForm, TakeBackForm
from casework.confidential.services.models import Service, ServiceKind
from casework.confidential.services.operations import (
    correct_support,
    give_support,
    take_back_support,
    tell_of_other_use,
)
from casework.confidential.services.queries import (
    get_service,
    lacks_voucher,
    list_of_caseload,
    list_services,
    sum_up,
    totals_by_source,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import carry_out
from casework.core.htmx import render, wants_fragment
from casework.core.navigation import Section, menu
from casework.core.workbooks import send_file
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.queries import find_year, years_since
from casework.organisation.budgets.models import FundingSource

bp = Blueprint("services", __name__)
menu(
    _l("Support given"),
    "services.caseload",
    lambda: can(Permission.CASE_EXPORT),
    Section.ACTIVITIES,
)
FOLDER = "confidential/services"
# How many stand on the case page, and on the page of a caseload.
SHORT, SHOWN = 3, 100
FIRST_YEAR = 2020


@bp.get("/cases/<uuid:case_id>/support")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """What the person received, with totals by source; the newest few on the case page."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    is_panel = wants_fragment()
    services, taken_back = list_services(case)
    # Of several revisions the newest tells why it was taken back.
    ids = [] if is_panel else [service.id for service in taken_back]
    reasons = {each.record_id: each for each in reversed(list_earlier(ids) if ids else [])}
    return render(
        f"{FOLDER}/list.html",
        case=case,
        person=person,
        services=services[:SHORT] if is_panel else services,
        count=len(services),
        totals=totals_by_source(services),
        total=sum_up(services),
        taken_back=[] if is_panel else taken_back,
        reasons=reasons,
        names=names_of([service.recorded_by for service in (*services, *taken_back)]),
        ServiceKind=ServiceKind,
        FundingSource=FundingSource,
    )


@bp.route("/cases/<uuid:case_id>/support/new", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def give(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Support given today, unless said otherwise."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    form = ServiceForm() if request.method == "POST" else ServiceForm(on=today())
    status = carry_out(form, lambda: give_support(case, form.answer(), by=access.actor))
    if status != 303:
        return _form(case, person, form), status
    return _saved(case, form, _("The support is saved."))


@bp.route("/cases/<uuid:case_id>/support/<uuid:service_id>", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID, service_id: UUID) -> ResponseReturnValue:
    """One item to read whole and correct, with what it said before. Of two who correct it at once,
    the second sees both texts.
    """
    case = get_case(access, case_id)
    service = get_service(case, service_id)
    person = get_person(case, access)
    form = ServiceForm() if request.method == "POST" else ServiceForm.of(service)
    status = carry_out(
        form,
        lambda: correct_support(case, service, form.answer(), by=access.actor),
        service.version,
    )
    if status != 303:
        return _form(case, person, form, service, conflict=status == 409), status
    return _saved(case, form, _("The support is corrected."))


@bp.route("/cases/<uuid:case_id>/support/<uuid:service_id>/take-back", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def take_back(access: Access, case_id: UUID, service_id: UUID) -> ResponseReturnValue:
    """Take back an item that was logged by mistake."""
    case = get_case(access, case_id)
    service = get_service(case, service_id)
    person = get_person(case, access)
    form = TakeBackForm(version=service.version)
    status = carry_out(
        form,
        lambda: take_back_support(case, service, form.reason.data, by=access.actor),
        service.version,
    )
    if status == 303:
        flash(_("The support is taken back."), "success")
        return redirect(url_for(".index", case_id=case.id), 303)
    page = render(
        f"{FOLDER}/take_back.html",
        case=case,
        person=person,
        service=service,
        form=form,
        ServiceKind=ServiceKind,
    )
    return page, status


@bp.get("/support")
@requires(Permission.CASE_EXPORT)
def caseload(access: Access) -> ResponseReturnValue:
    """What one's own caseload received in a year, by source."""
    return _caseload(access, ExportForm(formdata=None))


@bp.post("/support/export")
@requires(Permission.CASE_EXPORT)
def export(access: Access) -> ResponseReturnValue:
    """The same as a workbook for the accountant. The reason and every case it shows are noted."""
    form, year = ExportForm(), find_year(years_since(FIRST_YEAR))
    if not form.validate():
        return _caseload(access, form), 422
    given = list_of_caseload(access, year)
    cases = dict.fromkeys(each.service.case_id for each in given)
    audit.record_read("service.export", "case", cases, by=access.actor)
    audit.record(
        "service.export",
        "account",
        access.account_id,
        by=access.actor,
        reason=str(form.reason.data),
        year=year,
        items=len(given),
    )
    return send_file(sheets.write_caseload(year, given), f"ho-tro-{year}.xlsx")


def _caseload(access: Access, form: ExportForm) -> str:
    years = years_since(FIRST_YEAR)
    year = find_year(years)
    given = list_of_caseload(access, year)
    cases = list(dict.fromkeys(each.service.case_id for each in given))
    audit.record_list("service.list", "case", cases, by=access.actor)
    services = [each.service for each in given]
    return render(
        f"{FOLDER}/caseload.html",
        form=form,
        year=year,
        years=years,
        given=given[:SHOWN],
        count=len(given),
        cases=len(cases),
        totals=totals_by_source(services),
        total=sum_up(services),
        without_voucher=[each for each in given if lacks_voucher(each.service)],
        ServiceKind=ServiceKind,
        FundingSource=FundingSource,
    )


def _saved(case: Case, form: ServiceForm, said: str) -> ResponseReturnValue:
    flash(said, "success")
    warning = tell_of_other_use(case, form.voucher.data or "", form.on.data)
    if warning:
        flash(warning, "warning")
    return redirect(url_for("cases.show", case_id=case.id), 303)


def _form(
    case: Case,
    person: PersonIdentity,
    form: ServiceForm,
    service: Service | None = None,
    *,
    conflict: bool = False,
) -> str:
    return render(
        f"{FOLDER}/form.html",
        case=case,
        person=person,
        form=form,
        service=service,
        earlier=list_earlier([service.id]) if service else [],
        conflict=conflict,
        ServiceKind=ServiceKind,
        FundingSource=FundingSource,
    )
