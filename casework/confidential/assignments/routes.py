"""Handing over one case or a whole caseload, standing in for a time, passing keys to a coordinator
who came later.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission, Role
from casework.confidential.assignments.forms import (
    CaseloadForm,
    CoverForm,
    HandoverForm,
    caseload_form,
)
from casework.confidential.assignments.operations import (
    cover,
    cover_caseload,
    end_cover,
    give_custody,
    hand_caseload_over,
    hand_over,
)
from casework.confidential.assignments.queries import (
    Entrusted,
    get_case_to_entrust,
    get_entrusted,
    list_caseloads,
    list_possible_counselors,
    list_without_counselor,
    list_without_custody,
)
from casework.confidential.cases.models import Case
from casework.confidential.cases.queries import (
    find_cover,
    find_person,
    get_case,
    list_assignments,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import list_role_holders

bp = Blueprint("assignments", __name__)
menu(_l("Caseloads"), "assignments.index", lambda: can(Permission.CASE_ASSIGN), Section.CASES)
FOLDER = "confidential/assignments"


@bp.get("/caseloads")
@requires(Permission.CASE_ASSIGN)
def index(access: Access) -> ResponseReturnValue:
    """To whom cases and groups of the unit are entrusted, and the cases that nobody looks after."""
    left = list_without_counselor(access)
    audit.record_list("case.list", "case", [case.id for case, _name in left], by=access.actor)
    return render(f"{FOLDER}/list.html", caseloads=list_caseloads(access), left=left)


@bp.get("/caseloads/<uuid:account_id>")
@requires(Permission.CASE_ASSIGN)
def caseload(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Everything entrusted to somebody, by codes, and who might take it over."""
    entrusted = get_entrusted(access, account_id)
    return _caseload(access, entrusted, _caseload_form(entrusted))


@bp.post("/caseloads/<uuid:account_id>")
@requires(Permission.CASE_ASSIGN)
def hand_on(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Hand all of it over, to one colleague or to several."""
    entrusted = get_entrusted(access, account_id)
    form = _caseload_form(entrusted)
    status = carry_out(form, lambda: _hand_on(access, entrusted, form))
    if status != 303:
        return _caseload(access, entrusted, form), status
    flash(_("The caseload is handed over, with its keys."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/caseloads/<uuid:account_id>/cover")
@requires(Permission.CASE_COVER)
def caseload_cover(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Who stands in for somebody in all their open cases."""
    entrusted = get_entrusted(access, account_id)
    return _caseload_cover(entrusted, _cover_form(entrusted.open_cases, account_id))


@bp.post("/caseloads/<uuid:account_id>/cover")
@requires(Permission.CASE_COVER)
def stand_in(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Have a colleague stand in for all of them."""
    entrusted = get_entrusted(access, account_id)
    form = _cover_form(entrusted.open_cases, account_id)
    status = carry_out(
        form,
        lambda: cover_caseload(
            entrusted.open_cases,
            UUID(form.colleague.data),
            form.last_day.data,
            by=access.actor,
            on=today(),
        ),
    )
    if status != 303:
        return _caseload_cover(entrusted, form), status
    flash(_("A colleague stands in from today."), "success")
    return redirect(url_for("cases.index"), 303)


@bp.get("/cases/<uuid:case_id>/assignment")
@requires(Permission.CASE_ASSIGN)
def show(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to hand a case over; the coordinator sees codes, not names."""
    case = get_case(access, case_id)
    return _assignment(case, _handover_form(case))


@bp.post("/cases/<uuid:case_id>/assignment")
@requires(Permission.CASE_ASSIGN)
def reassign(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Hand the case and its keys to another counselor."""
    case = get_case(access, case_id)
    form = _handover_form(case)
    status = carry_out(
        form, lambda: hand_over(case, UUID(form.counselor.data), by=access.actor, on=today())
    )
    if status != 303:
        return _assignment(case, form), status
    flash(_("The case is handed over."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/cover")
@requires(Permission.CASE_COVER)
def case_cover(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Who stands in in this case, or the form to choose somebody."""
    case = get_case_to_entrust(access, case_id)
    return _case_cover(access, case, _cover_form([case]))


@bp.post("/cases/<uuid:case_id>/cover")
@requires(Permission.CASE_COVER)
def cover_case(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Have a colleague stand in."""
    case = get_case_to_entrust(access, case_id)
    form = _cover_form([case])
    colleague, last_day = form.colleague, form.last_day
    status = carry_out(
        form,
        lambda: cover([case], UUID(colleague.data), last_day.data, by=access.actor, on=today()),
    )
    if status != 303:
        return _case_cover(access, case, form), status
    flash(_("A colleague stands in from today."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.post("/cases/<uuid:case_id>/cover/end")
@requires(Permission.CASE_COVER)
def uncover(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Nobody stands in any more."""
    case = get_case_to_entrust(access, case_id)
    end_cover(case, by=access.actor, on=today())
    flash(_("Nobody stands in for this case now."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.post("/cases/custody")
@requires(Permission.CASE_WRITE)
def custody(access: Access) -> ResponseReturnValue:
    """Pass the keys of one's cases and groups to a coordinator of the unit who lacks them."""
    for coordinator, cases, groups in list_without_custody(access):
        if str(coordinator.id) == request.form.get("coordinator"):
            give_custody(cases, groups, coordinator.id, by=access.actor)
            name = coordinator.display_name
            flash(_("The keys are in the custody of %(name)s.", name=name), "success")
    return redirect(url_for("followups.show"), 303)


def _hand_on(access: Access, entrusted: Entrusted, form: CaseloadForm) -> None:
    cases = {case: form.receiver_of(case.id) for case in entrusted.cases}
    groups = {group: form.receiver_of(group.id) for group in entrusted.groups}
    chosen_cases = {case: to for case, to in cases.items() if to}
    chosen_groups = {group: to for group, to in groups.items() if to}
    if len(chosen_cases) + len(chosen_groups) < len(cases) + len(groups):
        message = _l("Say for every case and group who takes it over.")
        raise RuleBroken(message, field="receiver")
    hand_caseload_over(
        entrusted.account.id, chosen_cases, chosen_groups, by=access.actor, on=today()
    )


def _caseload_form(entrusted: Entrusted) -> CaseloadForm:
    items = [(case.id, case.reference, case.unit_id) for case in entrusted.cases]
    items += [(group.id, group.name, group.unit_id) for group in entrusted.groups]
    counselors = {
        unit_id: list_role_holders(unit_id, Role.COUNSELOR)
        for unit_id in {unit_id for _id, _label, unit_id in items}
    }
    return caseload_form(
        {item_id: (label, counselors[unit_id]) for item_id, label, unit_id in items}
    )


def _handover_form(case: Case) -> HandoverForm:
    form = HandoverForm()
    form.offer(list_possible_counselors(case))
    return form


def _cover_form(cases: Sequence[Case], but: UUID | None = None) -> CoverForm:
    form, people = CoverForm(), dict[UUID, Account]()
    for unit_id in {case.unit_id for case in cases}:
        people |= {each.id: each for each in list_role_holders(unit_id, Role.COUNSELOR)}
    form.offer([each for each in people.values() if each.id != but])
    return form


def _caseload(access: Access, entrusted: Entrusted, form: CaseloadForm) -> str:
    ids = [case.id for case in entrusted.cases]
    audit.record_list("case.list", "case", ids, by=access.actor)
    return render(f"{FOLDER}/caseload.html", entrusted=entrusted, form=form)


def _caseload_cover(entrusted: Entrusted, form: CoverForm) -> str:
    return render(f"{FOLDER}/caseload_cover.html", entrusted=entrusted, form=form)


def _assignment(case: Case, form: HandoverForm) -> str:
    return render(
        f"{FOLDER}/handover.html",
        case=case,
        person=None,
        form=form,
        assignments=list_assignments(case),
    )


def _case_cover(access: Access, case: Case, form: CoverForm) -> str:
    person = find_person(case, access.identity.access(Permission.CASE_READ))
    return render(
        f"{FOLDER}/cover.html", case=case, person=person, form=form, cover=find_cover(case)
    )
