"""Offering a case to another unit and answering; the course of a case; cases of ended units."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.assignments.queries import get_case_to_entrust
from casework.confidential.cases.models import (
    Case,
    ClosureReason,
    EpisodeEnd,
    PersonIdentity,
    ReopeningReason,
)
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.transfers import queries
from casework.confidential.transfers.forms import (
    AcceptForm,
    DeclineForm,
    OfferForm,
    SuccessorsForm,
)
from casework.confidential.transfers.models import DeclineReason, TransferStatus
from casework.confidential.transfers.operations import (
    accept_offer,
    decline_offer,
    give_to_successors,
    offer_case,
    withdraw_offer,
)
from casework.confidential.transfers.queries import Left, Offer
from casework.core import audit
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import find_province, list_provinces

bp = Blueprint("transfers", __name__)
menu(_l("Transfers"), "transfers.index", lambda: can(Permission.CASE_TRANSFER), Section.CASES)
FOLDER = "confidential/transfers"


@bp.get("/cases/<uuid:case_id>/course")
@requires(Permission.CASE_READ)
def course(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Where and when the person was supported, and why each stretch ended."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return render(
        f"{FOLDER}/course.html",
        case=case,
        person=person,
        stretches=queries.list_course(case),
        offer=queries.find_last_offer(case),
        ClosureReason=ClosureReason,
        DeclineReason=DeclineReason,
        EpisodeEnd=EpisodeEnd,
        ReopeningReason=ReopeningReason,
        TransferStatus=TransferStatus,
    )


@bp.get("/cases/<uuid:case_id>/transfer")
@requires(Permission.CASE_WRITE)
def transfer(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to offer the case to a unit, or the offer that waits."""
    case = get_case_to_entrust(access, case_id)
    return _transfer(case, get_person(case, access), OfferForm())


@bp.post("/cases/<uuid:case_id>/transfer")
@requires(Permission.CASE_WRITE)
def offer(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Offer it."""
    case, form = get_case_to_entrust(access, case_id), OfferForm()
    person = get_person(case, access)

    def change() -> None:
        unit = _unit(form.unit.data)
        offer_case(case, unit, form.note.data or "", by=access.actor, on=today())

    status = carry_out(form, change)
    if status != 303:
        return _transfer(case, person, form), status
    flash(_("The case is offered. It stays yours until the unit accepts."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.post("/cases/<uuid:case_id>/transfer/withdraw")
@requires(Permission.CASE_WRITE)
def withdraw(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Take the offer back."""
    case, form = get_case_to_entrust(access, case_id), OfferForm()
    person = get_person(case, access)
    try:
        withdraw_offer(case, by=access.actor, on=today())
    except RuleBroken as broken:
        form.refuse(broken)
        return _transfer(case, person, form), 422
    flash(_("The offer is taken back."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/transfers")
@requires(Permission.CASE_TRANSFER)
def index(access: Access) -> ResponseReturnValue:
    """What other units offer and what one's own offered: codes, units, days."""
    received, sent = queries.list_offers_to(access), queries.list_offers_from(access)
    shown = [each.transfer.case_id for each in (*received, *sent)]
    audit.record_list("transfer.list", "case", shown, by=access.actor)
    left = [each for each in queries.list_left(access) if each.cases]
    return render(f"{FOLDER}/list.html", received=received, sent=sent, left=left)


@bp.get("/transfers/ended")
@requires(Permission.CASE_TRANSFER)
def ended(access: Access) -> ResponseReturnValue:
    """The cases that stand in units which ended, to be given to those that followed."""
    left = queries.list_left(access)
    return _ended(access, left, _successors_form(left))


@bp.post("/transfers/ended")
@requires(Permission.CASE_TRANSFER)
def give(access: Access) -> ResponseReturnValue:
    """Give all of those that one unit follows to it."""
    left = queries.list_left(access)
    form = _successors_form(left)
    status = carry_out(form, lambda: _give(access, left, form))
    if status != 303:
        return _ended(access, left, form), status
    flash(_("The cases are given on, with their keys in custody."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/transfers/<uuid:transfer_id>")
@requires(Permission.CASE_TRANSFER)
def answer(access: Access, transfer_id: UUID) -> ResponseReturnValue:
    """One offer, with the two ways to answer."""
    return _answer(queries.get_offer(access, transfer_id), AcceptForm(), DeclineForm())


@bp.post("/transfers/<uuid:transfer_id>/accept")
@requires(Permission.CASE_TRANSFER)
def accept(access: Access, transfer_id: UUID) -> ResponseReturnValue:
    """Take the case over, and entrust it to a counselor."""
    offered, form = queries.get_offer(access, transfer_id), AcceptForm()
    form.offer(queries.list_counselors(offered))

    def change() -> None:
        chosen = UUID(form.counselor.data)
        accept_offer(offered.transfer, chosen, by=access.actor, on=today())

    status = carry_out(form, change)
    if status != 303:
        return _answer(offered, form, DeclineForm(formdata=None)), status
    flash(_("Case %(reference)s is taken over.", reference=offered.reference), "success")
    return redirect(url_for("cases.show", case_id=offered.transfer.case_id), 303)


@bp.post("/transfers/<uuid:transfer_id>/decline")
@requires(Permission.CASE_TRANSFER)
def decline(access: Access, transfer_id: UUID) -> ResponseReturnValue:
    """Leave the case where it is, with a reason."""
    offered, form = queries.get_offer(access, transfer_id), DeclineForm()
    status = carry_out(
        form,
        lambda: decline_offer(offered.transfer, form.reason.data, by=access.actor, on=today()),
    )
    if status != 303:
        return _answer(offered, AcceptForm(formdata=None), form), status
    flash(_("The offer is declined; the sending unit sees why."), "success")
    return redirect(url_for(".index"), 303)


def _transfer(case: Case, person: PersonIdentity, form: OfferForm) -> str:
    provinces = [row[0] for row in list_provinces(today())]
    asked = find_province(provinces) if request.args.get("province") else None
    units = queries.list_possible_units(case, asked.id if asked else None)
    form.offer(units)
    return render(
        f"{FOLDER}/transfer.html",
        case=case,
        person=person,
        form=form,
        offer=queries.find_offer(case),
        provinces=provinces,
        province_id=asked.id if asked else next((unit.province_id for unit in units), None),
    )


def _unit(chosen: str) -> Unit:
    """The unit that was chosen, whether or not it still exists."""
    try:
        unit = db.session.get(Unit, UUID(chosen))
    except ValueError:
        unit = None
    if unit is None:
        raise RuleBroken(_l("Not a valid choice."), field="unit")
    return unit


def _answer(offered: Offer, accepting: AcceptForm, declining: DeclineForm) -> str:
    accepting.offer(queries.list_counselors(offered))
    return render(
        f"{FOLDER}/answer.html",
        offer=offered,
        accepting=accepting,
        declining=declining,
        is_answered=offered.transfer.status != TransferStatus.OFFERED,
        TransferStatus=TransferStatus,
    )


def _successors_form(left: Sequence[Left]) -> SuccessorsForm:
    form = SuccessorsForm()
    form.offer(list({unit.id: unit for each in left for unit in each.successors}.values()))
    return form


def _give(access: Access, left: Sequence[Left], form: SuccessorsForm) -> None:
    unit = _unit(form.unit.data)
    chosen = set(request.form.getlist("cases"))
    cases = {
        case: unit
        for each in left
        if unit.id in {successor.id for successor in each.successors}
        for case in each.cases
        if str(case.id) in chosen
    }
    if not cases:
        raise RuleBroken(_l("Choose cases of a unit that this one followed."), field="unit")
    give_to_successors(cases, by=access.actor, on=today())


def _ended(access: Access, left: Sequence[Left], form: SuccessorsForm) -> str:
    ids = [case.id for each in left for case in each.cases]
    audit.record_list("case.list", "case", ids, by=access.actor)
    chosen = request.form.getlist("cases") if request.method == "POST" else map(str, ids)
    return render(f"{FOLDER}/ended.html", left=left, form=form, chosen=set(chosen))
