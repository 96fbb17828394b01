"""Referrals of a case with what partners answered, the letter, and what waits in one's caseload."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.assessments.models import NeedArea
from casework.confidential.cases.models import Case, PersonIdentity
from casework.confidential.cases.queries import get_case, get_person, unit_of
from casework.confidential.consent.models import Purpose
from casework.confidential.consent.queries import list_answers
from casework.confidential.history.queries import list_earlier
from casework.confidential.referrals import sheets
from casework.confidential.referrals.forms import (
    CorrectionForm,
    ReferralForm,
    StepForm,
    TakeBackForm,
)
from casework.confidential.referrals.models import Referral, ReferralStatus
from casework.confidential.referrals.operations import (
    check_letter,
    correct_referral,
    record_step,
    send_referral,
    take_back_referral,
)
from casework.confidential.referrals.queries import (
    Sent,
    get_referral,
    list_partners,
    list_referrals,
    list_steps,
    list_unanswered,
    share_answered,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render, wants_fragment
from casework.core.navigation import Section, menu
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import get_unit

bp = Blueprint("referrals", __name__)
menu(
    _l("Referrals"),
    "referrals.caseload",
    lambda: can(Permission.CASE_WRITE),
    Section.ACTIVITIES,
)
FOLDER = "confidential/referrals"
# How many stand on the case page.
SHORT = 3


@bp.get("/cases/<uuid:case_id>/referrals")
@requires(Permission.CASE_READ)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """To whom the person was referred; the newest few on the case page."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    is_panel = wants_fragment()
    sent, taken_back = list_referrals(case)
    ids = [] if is_panel else [each.referral.id for each in taken_back]
    return render(
        f"{FOLDER}/list.html",
        case=case,
        person=person,
        sent=sent[:SHORT] if is_panel else sent,
        count=len(sent),
        answered=sum(each.referral.answered_on is not None for each in sent),
        taken_back=[] if is_panel else taken_back,
        # Of several revisions the newest tells why it was taken back.
        reasons={each.record_id: each for each in reversed(list_earlier(ids) if ids else [])},
        today=today(),
        NeedArea=NeedArea,
        ReferralStatus=ReferralStatus,
    )


@bp.route("/cases/<uuid:case_id>/referrals/new", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def send(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Refer the person to a partner of the unit or of its province."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    partners, agreed = list_partners(case, today())
    form = ReferralForm() if request.method == "POST" else ReferralForm(sent_on=today())
    form.offer(partners, agreed)
    made: list[Referral] = []

    def refer() -> None:
        made.append(send_referral(case, form.chosen(partners), form.answer(), by=access.actor))

    status = carry_out(form, refer)
    if status != 303:
        page = render(f"{FOLDER}/new.html", case=case, person=person, form=form, partners=partners)
        return page, status
    flash(_("The referral is saved. The letter to go with it stands below."), "success")
    return redirect(url_for(".show", case_id=case.id, referral_id=made[0].id), 303)


@bp.get("/cases/<uuid:case_id>/referrals/<uuid:referral_id>")
@requires(Permission.CASE_READ)
def show(access: Access, case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """A referral whole, with what became known."""
    case = get_case(access, case_id)
    sent = get_referral(case, referral_id)
    return _show(case, get_person(case, access), sent)


@bp.route("/cases/<uuid:case_id>/referrals/<uuid:referral_id>/answer", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def answer(access: Access, case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """Record what the partner answered, or what became known otherwise."""
    case = get_case(access, case_id)
    sent = get_referral(case, referral_id)
    person, referral = get_person(case, access), sent.referral
    form = StepForm(on=today(), version=referral.version)
    form.offer(referral.status)

    def record() -> None:
        status, on, note = form.status.data, form.on.data, form.note.data
        record_step(case, referral, status, on, note, by=access.actor)

    status = carry_out(form, record, referral.version)
    if status == 303:
        flash(_("The partner's answer is saved."), "success")
        return redirect(url_for(".show", case_id=case.id, referral_id=referral.id), 303)
    return _page("answer", case, person, sent, form, conflict=status == 409), status


@bp.route("/cases/<uuid:case_id>/referrals/<uuid:referral_id>/correct", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def correct(access: Access, case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """Correct what a referral is about. Of two who correct it at once, the second sees both."""
    case = get_case(access, case_id)
    sent = get_referral(case, referral_id)
    person, referral = get_person(case, access), sent.referral
    form = CorrectionForm(obj=referral)
    status = carry_out(
        form,
        lambda: correct_referral(case, referral, sent.partner, form.answer(), by=access.actor),
        referral.version,
    )
    if status == 303:
        flash(_("The referral is corrected."), "success")
        return redirect(url_for(".show", case_id=case.id, referral_id=referral.id), 303)
    return _page("correct", case, person, sent, form, conflict=status == 409), status


@bp.route("/cases/<uuid:case_id>/referrals/<uuid:referral_id>/take-back", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE)
def take_back(access: Access, case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """Take back a referral that was recorded by mistake."""
    case = get_case(access, case_id)
    sent = get_referral(case, referral_id)
    person, referral = get_person(case, access), sent.referral
    form = TakeBackForm(version=referral.version)
    status = carry_out(
        form,
        lambda: take_back_referral(case, referral, form.reason.data, by=access.actor),
        referral.version,
    )
    if status == 303:
        flash(_("The referral is taken back."), "success")
        return redirect(url_for(".index", case_id=case.id), 303)
    return _page("take_back", case, person, sent, form, conflict=status == 409), status


@bp.get("/cases/<uuid:case_id>/referrals/<uuid:referral_id>/letter")
@requires(Permission.CASE_WRITE)
def letter(access: Access, case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """The letter to go with the person, by case code, or by name where they agreed to that. Each
    print leaves a row. Where none may go out, the page of the referral says why.
    """
    case = get_case(access, case_id)
    sent = get_referral(case, referral_id)
    person, referral = get_person(case, access), sent.referral
    named = request.args.get("called") == "name"
    try:
        check_letter(case, referral, names_person=named)
    except RuleBroken as broken:
        flash(str(broken.message), "danger")
        return redirect(url_for(".show", case_id=case.id, referral_id=referral.id), 303)
    action = "referral.letter_with_name" if named else "referral.letter"
    audit.record_read(action, "case", [case.id], by=access.actor, unit_id=case.unit_id)
    called = (named and (person.name or person.alias)) or f"người có mã hồ sơ {case.reference}"
    unit = unit_of(case)
    sender = sheets.Sender(unit, _place(unit), access.identity.display_name)
    content = sheets.write_letter(sender, sent.partner, referral, called, today())
    return send_file(content, f"phieu-chuyen-gui-{case.reference}.docx", DOCX)


@bp.get("/referrals")
@requires(Permission.CASE_READ)
def caseload(access: Access) -> ResponseReturnValue:
    """What waits for an answer in one's own caseload, by case code, and how many were answered."""
    waiting = list_unanswered(access)
    cases = list(dict.fromkeys(each.referral.case_id for each in waiting))
    audit.record_list("referral.list", "case", cases, by=access.actor)
    return render(
        f"{FOLDER}/caseload.html",
        waiting=waiting,
        share=share_answered(access, today()),
        today=today(),
        NeedArea=NeedArea,
        ReferralStatus=ReferralStatus,
    )


def _place(unit: Unit) -> str:
    return get_unit(unit.province_id).name if unit.province_id else unit.name


def _show(case: Case, person: PersonIdentity, sent: Sent) -> str:
    referral = sent.referral
    answers = list_answers(case, Purpose.REFERRAL, partner_id=referral.partner_id)
    return render(
        f"{FOLDER}/show.html",
        case=case,
        person=person,
        sent=sent,
        steps=list_steps(referral),
        consent=next(iter(answers), None),
        today=today(),
        NeedArea=NeedArea,
        ReferralStatus=ReferralStatus,
    )


def _page(
    name: str,
    case: Case,
    person: PersonIdentity,
    sent: Sent,
    form: CorrectionForm | StepForm | TakeBackForm,
    *,
    conflict: bool,
) -> str:
    return render(
        f"{FOLDER}/{name}.html",
        case=case,
        person=person,
        sent=sent,
        form=form,
        earlier=list_earlier([sent.referral.id]) if name == "correct" else [],
        conflict=conflict,
        NeedArea=NeedArea,
        ReferralStatus=ReferralStatus,
    )
