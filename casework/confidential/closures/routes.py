"""Closing and reopening a case; records due for erasure, proposed by one person and decided about
by another.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, after_this_request, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Case, ClosureReason, PersonIdentity
from casework.confidential.cases.queries import current_episode, get_case, get_person
from casework.confidential.closures.forms import (
    ClosureForm,
    ConfirmForm,
    DueForm,
    ErasureForm,
    KeepForm,
    ReopeningForm,
)
from casework.confidential.closures.models import ErasureCause, ErasureStatus, KeepReason
from casework.confidential.closures.operations import (
    carry_erasure_out,
    close_case,
    keep_record,
    propose_due,
    propose_erasure,
    reopen_case,
)
from casework.confidential.closures.queries import (
    Proposal,
    find_last_erasure,
    get_closed_case,
    get_proposal,
    in_backups_until,
    list_decided,
    list_due,
    list_proposals,
    what_ends,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.database import empty_write_ahead_log
from casework.core.forms import carry_out, options
from casework.core.htmx import render
from casework.core.i18n import day
from casework.core.navigation import Section, menu
from casework.organisation.accounts.queries import names_of

bp = Blueprint("closures", __name__)
menu(_l("Erasure"), "closures.due", lambda: can(Permission.CASE_ERASE), Section.CASES)
menu(_l("Erasure"), "closures.proposed", lambda: can(Permission.ERASURE_DECIDE))
FOLDER = "confidential/closures"


@bp.get("/cases/<uuid:case_id>/closure")
@requires(Permission.CASE_WRITE)
def closure(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to end the support, and what ends with it."""
    case = get_case(access, case_id)
    return _closure(case, get_person(case, access), ClosureForm(on=today()))


@bp.post("/cases/<uuid:case_id>/closure")
@requires(Permission.CASE_WRITE)
def close(access: Access, case_id: UUID) -> ResponseReturnValue:
    """End the support with a reason."""
    case, form = get_case(access, case_id), ClosureForm()
    person = get_person(case, access)
    status = carry_out(form, lambda: close_case(case, **form.answer(), by=access.actor))
    if status != 303:
        return _closure(case, person, form), status
    flash(_("The case is closed."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/reopening")
@requires(Permission.CASE_WRITE)
def reopening(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to take up support again, and why it had ended."""
    case = get_case(access, case_id)
    return _reopening(case, get_person(case, access), ReopeningForm(on=today()))


@bp.post("/cases/<uuid:case_id>/reopening")
@requires(Permission.CASE_WRITE)
def reopen(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Support begins again."""
    case, form = get_case(access, case_id), ReopeningForm()
    person = get_person(case, access)
    status = carry_out(form, lambda: reopen_case(case, **form.answer(), by=access.actor))
    if status != 303:
        return _reopening(case, person, form), status
    flash(_("The case is open again."), "success")
    return redirect(url_for("cases.show", case_id=case.id), 303)


@bp.get("/cases/<uuid:case_id>/erasure")
@requires(Permission.CASE_ERASE)
def erasure(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The form to propose the erasure of one closed case, such as when the person asks for it."""
    return _erasure(get_closed_case(access, case_id), ErasureForm())


@bp.post("/cases/<uuid:case_id>/erasure")
@requires(Permission.CASE_ERASE)
def propose(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Propose it."""
    case, form = get_closed_case(access, case_id), ErasureForm()
    status = carry_out(form, lambda: propose_erasure(case, form.cause.data, by=access.actor))
    if status != 303:
        return _erasure(case, form), status
    flash(_("The erasure is proposed. A data-protection officer decides."), "success")
    return redirect(url_for(".due"), 303)


@bp.get("/erasures")
@requires(Permission.CASE_ERASE)
def due(access: Access) -> ResponseReturnValue:
    """The records that have been kept long enough, by code; and what became of those proposed."""
    return _due(access, DueForm())


@bp.post("/erasures")
@requires(Permission.CASE_ERASE)
def propose_all(access: Access) -> ResponseReturnValue:
    """Propose those that were ticked."""
    form = DueForm()
    status = carry_out(
        form, lambda: propose_due(list_due(access), form.cases.data or [], by=access.actor)
    )
    if status != 303:
        return _due(access, form), status
    flash(_("The erasures are proposed. A data-protection officer decides."), "success")
    return redirect(url_for(".due"), 303)


@bp.get("/erasures/proposed")
@requires(Permission.ERASURE_DECIDE)
def proposed(access: Access) -> ResponseReturnValue:
    """What waits for a decision, and what was decided."""
    waiting = list_proposals(access)
    return render(f"{FOLDER}/proposed.html", waiting=waiting, **_decided(access))


@bp.get("/erasures/<uuid:erasure_id>")
@requires(Permission.ERASURE_DECIDE)
def decision(access: Access, erasure_id: UUID) -> ResponseReturnValue:
    """One proposal, with the two ways to decide."""
    return _decision(access, get_proposal(access, erasure_id), ConfirmForm(), KeepForm())


@bp.post("/erasures/<uuid:erasure_id>/erase")
@requires(Permission.ERASURE_DECIDE)
def erase(access: Access, erasure_id: UUID) -> ResponseReturnValue:
    """Erase, once the code was typed again."""
    proposal, form = get_proposal(access, erasure_id), ConfirmForm()
    status = carry_out(
        form, lambda: carry_erasure_out(proposal.erasure, form.code.data, by=access.actor)
    )
    if status != 303:
        return _decision(access, proposal, form, KeepForm(formdata=None)), status
    after_this_request(_leave_nothing_in_the_log)
    until = day(in_backups_until(proposal))
    flash(_("Erased. Earlier backups can still hold it until %(day)s.", day=until), "success")
    return redirect(url_for(".proposed"), 303)


@bp.post("/erasures/<uuid:erasure_id>/keep")
@requires(Permission.ERASURE_DECIDE)
def keep(access: Access, erasure_id: UUID) -> ResponseReturnValue:
    """Keep the record, with a reason and until a day."""
    proposal, form = get_proposal(access, erasure_id), KeepForm()
    status = carry_out(
        form, lambda: keep_record(proposal.erasure, **form.answer(), by=access.actor)
    )
    if status != 303:
        return _decision(access, proposal, ConfirmForm(formdata=None), form), status
    flash(_("The record is kept."), "success")
    return redirect(url_for(".proposed"), 303)


def _leave_nothing_in_the_log(answer: Response) -> Response:
    empty_write_ahead_log()
    return answer


def _closure(case: Case, person: PersonIdentity, form: ClosureForm) -> str:
    return render(
        f"{FOLDER}/closure.html", case=case, person=person, form=form, ending=what_ends(case)
    )


def _reopening(case: Case, person: PersonIdentity, form: ReopeningForm) -> str:
    return render(
        f"{FOLDER}/reopening.html",
        case=case,
        person=person,
        form=form,
        episode=current_episode(case),
        ClosureReason=ClosureReason,
    )


def _erasure(case: Case, form: ErasureForm) -> str:
    return render(f"{FOLDER}/erasure.html", case=case, form=form, last=find_last_erasure(case))


def _due(access: Access, form: DueForm) -> str:
    records = list_due(access)
    audit.record_list("case.list", "case", [each.case.id for each in records], by=access.actor)
    form.cases.choices = options((str(each.case.id), each.case.reference) for each in records)
    return render(
        f"{FOLDER}/due.html", records=records, form=form, waiting=list_proposals(access),
        **_decided(access),
    )  # fmt: skip


def _decided(access: Access) -> dict[str, Any]:
    decided = list_decided(access)
    erased = [each for each in decided if each.erasure.status == ErasureStatus.DONE]
    return {
        "decided": decided,
        "in_backups": {each.erasure.id: in_backups_until(each) for each in erased},
        "names": names_of([each.erasure.decided_by for each in decided]),
        "ErasureCause": ErasureCause,
        "KeepReason": KeepReason,
    }


def _decision(access: Access, proposal: Proposal, confirm: ConfirmForm, keep: KeepForm) -> str:
    return render(
        f"{FOLDER}/decision.html",
        proposal=proposal,
        confirm=confirm,
        keep=keep,
        names=names_of([proposal.erasure.proposed_by]),
        is_own=proposal.erasure.proposed_by == access.account_id,
        is_decided=proposal.erasure.status != ErasureStatus.PROPOSED,
        ErasureCause=ErasureCause,
    )
