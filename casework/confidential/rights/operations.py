"""Recording and answering what persons and authorities ask for.

A person's request has a clock from the day it came in. An authority is answered only on a written
request with a number; whatever is decided stands in the register.
"""

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.cases.queries import unit_of
from casework.confidential.history.operations import keep_revision
from casework.confidential.rights.models import (
    Disclosure,
    DisclosureDecision,
    RequestKind,
    RequestOutcome,
    RightsRequest,
)
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.vault.grants import Compartment


def record_request(case: Case, answer: dict[str, Any], *, by: Actor) -> RightsRequest:
    """Note what the person asks for; the clock of the province starts on the day it came in."""
    check_key(case, Compartment.NOTES)
    received: date = answer["received_on"]
    if received < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="received_on")
    days = number_of(Setting.REQUEST_DAYS, unit_of(case).province_id, received)
    request = RightsRequest(
        case_id=case.id,
        unit_id=case.unit_id,
        kind=answer["kind"],
        received_on=received,
        due_on=received + timedelta(days=days),
        wish=answer["wish"],
        recorded_by=by.id,
    )
    db.session.add(request)
    _note("rights.request", case, by, asks=str(answer["kind"]))
    return request


def answer_request(
    case: Case, request: RightsRequest, answer: dict[str, Any], *, by: Actor
) -> None:
    """Note what was answered; an earlier answer stays readable.

    Who is refused is told why. Where a correction is refused, what the person says instead stands
    beside the record.
    """
    check_key(case, Compartment.NOTES)
    outcome: RequestOutcome = answer["outcome"]
    _check_order(answer["answered_on"], request.received_on)
    if outcome is not RequestOutcome.DONE and not answer["reply"]:
        raise RuleBroken(_l("Write the reason that the person was told."), field="reply")
    statement = answer.get("statement") or ""
    if statement and (request.kind != RequestKind.CORRECT or outcome is RequestOutcome.DONE):
        message = _l("Only where a correction is refused does the person's own statement stand.")
        raise RuleBroken(message, field="statement")
    if request.answered_on is not None:
        kept = ("answered_on", "outcome", "reply", "statement")
        keep_revision(request, "rights_request", kept, by=by)
    request.answered_on, request.outcome = answer["answered_on"], outcome
    request.reply, request.statement = answer["reply"], statement
    _note("rights.answer", case, by, asks=request.kind, outcome=str(outcome))


def record_disclosure(case: Case, answer: dict[str, Any], *, by: Actor) -> Disclosure:
    """Note an authority's written request. Without a number there is none."""
    check_key(case, Compartment.NOTES)
    if not any(character.isdigit() for character in answer["number"]):
        message = _l("A written request has a number, such as 123/CV-CAX. Ask for it in writing.")
        raise RuleBroken(message, field="number")
    if answer["received_on"] < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="received_on")
    disclosure = Disclosure(
        case_id=case.id,
        unit_id=case.unit_id,
        received_on=answer["received_on"],
        agency=answer["agency"],
        number=answer["number"],
        ground=answer["ground"],
        recorded_by=by.id,
    )
    db.session.add(disclosure)
    _note("disclosure.request", case, by)
    return disclosure


def answer_disclosure(
    case: Case, disclosure: Disclosure, answer: dict[str, Any], *, by: Actor
) -> None:
    """Note the decision and, sealed under the case, what the authority was told; an earlier answer
    stays readable.
    """
    check_key(case, Compartment.NOTES)
    decision: DisclosureDecision = answer["decision"]
    _check_order(answer["answered_on"], disclosure.received_on)
    if disclosure.answered_on is not None:
        keep_revision(disclosure, "disclosure", ("answered_on", "decision", "told"), by=by)
    disclosure.answered_on, disclosure.decision = answer["answered_on"], decision
    disclosure.told = answer["told"]
    _note("disclosure.answer", case, by, decision=str(decision))


def _check_order(answered: date, received: date) -> None:
    if answered < received:
        raise RuleBroken(_l("The answer is before the request."), field="answered_on")


def _note(action: str, case: Case, by: Actor, **detail: str) -> None:
    audit.record(action, "case", case.id, by=by, unit_id=case.unit_id, **detail)
