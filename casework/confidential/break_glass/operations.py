"""Asking, deciding and reviewing. Who asks never decides; who decides holds the organisation's
key; what was opened is closed after an hour and stays listed until somebody reviewed it.
"""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.authz.enforce import Access
from casework.confidential.break_glass.models import (
    LASTS,
    EmergencyOpening,
    EmergencyStatus,
    Part,
    ReviewVerdict,
    State,
)
from casework.confidential.break_glass.queries import (
    find_any,
    find_case,
    has_asked,
    holds_recovery,
    is_entrusted,
    may_still_ask,
)
from casework.confidential.cases.models import Case
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment, NoKey
from casework.vault.recovery import forget_expired, open_for


def ask_to_open(access: Access, answer: dict[str, Any]) -> EmergencyOpening:
    """Ask for one compartment of a case of one's unit, by the code that stands on its papers.

    A foreign code and one that nobody has are refused alike, and leave a row in the log.
    """
    code = tidy_code(answer["reference"])
    case = find_case(access, code)
    if case is None:
        audit.record_refusal("emergency.ask", "case", find_any(code), by=access.actor)
        raise RuleBroken(_l("No case of your unit has this code."), field="reference")
    if is_entrusted(case, access.identity):
        message = _l("This case is entrusted to you. Open it from your cases.")
        raise RuleBroken(message, field="reference")
    part: Part = answer["compartment"]
    if has_asked(case, part, access.account_id):
        raise RuleBroken(_l("You have asked for this already."), field="compartment")
    opening = EmergencyOpening(
        case_id=case.id,
        unit_id=case.unit_id,
        compartment=part,
        reason=answer["reason"],
        status=EmergencyStatus.ASKED,
        explanation=answer["explanation"],
        asked_by=access.account_id,
    )
    db.session.add(opening)
    _note("ask", opening, by=access.actor)
    _sweep()
    return opening


def approve(opening: EmergencyOpening, note: str, *, by: Actor) -> None:
    """Give the asker the key of one compartment for one hour.

    Raises RuleBroken unless the opening waits, the asker is somebody else who still works there,
    and the one who decides is entrusted with the organisation's key.
    """
    _check_undecided(opening, by)
    case = db.session.get_one(Case, opening.case_id)
    if not may_still_ask(opening.asked_by, case.unit_id):
        message = _l("Whoever asked no longer works in the unit of this case. Decline it.")
        raise RuleBroken(message)
    if not holds_recovery(by.id):
        message = _l(
            "You are not entrusted with the organisation's recovery key, so you can't open a case "
            "for anybody. Ask whoever runs the server for it: "
            "flask --app app keys entrust-recovery, with your sign-in name and the key file."
        )
        raise RuleBroken(message)
    until = (now() + LASTS).replace(microsecond=0)
    part = Compartment(opening.compartment)
    try:
        open_for(case.id, part, opening.asked_by, until=until, by=by.id)
    except NoKey:
        message = _l("The organisation's key that you hold opens nothing of this case.")
        raise RuleBroken(message) from None
    opening.expires_at = until
    _decide(opening, EmergencyStatus.APPROVED, note, by)
    _note("approve", opening, by=by)
    _sweep()


def decline(opening: EmergencyOpening, note: str, *, by: Actor) -> None:
    """Refuse it; the asker reads why."""
    _check_undecided(opening, by)
    if not note:
        raise RuleBroken(_l("Say why, for whoever asked."), field="note")
    _decide(opening, EmergencyStatus.DECLINED, note, by)
    _note("decline", opening, by=by)
    _sweep()


def review(opening: EmergencyOpening, verdict: ReviewVerdict, note: str, *, by: Actor) -> None:
    """Say afterwards whether the opening was in order. Once, and not by whoever asked."""
    if opening.asked_by == by.id:
        raise RuleBroken(_l("Somebody else has to review what you asked for."))
    if opening.state is not State.TO_REVIEW:
        raise RuleBroken(_l("An opening is reviewed once, when its hour is over."))
    if verdict is ReviewVerdict.NOT_IN_ORDER and not note:
        raise RuleBroken(_l("Say what was not in order."), field="note")
    opening.verdict, opening.review_note = verdict, note
    opening.reviewed_by, opening.reviewed_at = by.id, now()
    _note("review", opening, by=by, verdict=str(verdict))
    _sweep()


def tidy_code(typed: str) -> str:
    """A code as it is kept, however it was copied from paper: k7m 4qx becomes K7M-4QX."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    return f"{code[:3]}-{code[3:]}"


def _check_undecided(opening: EmergencyOpening, by: Actor) -> None:
    if opening.asked_by == by.id:
        raise RuleBroken(_l("Somebody else has to decide about what you asked for."))
    if opening.state is State.LAPSED:
        raise RuleBroken(_l("Nobody decided for a day: this has lapsed. It has to be asked again."))
    if opening.state is not State.WAITING:
        raise RuleBroken(_l("This was decided already."))


def _decide(opening: EmergencyOpening, status: EmergencyStatus, note: str, by: Actor) -> None:
    opening.status, opening.decision_note = status, note
    opening.decided_by, opening.decided_at = by.id, now()


def _note(deed: str, opening: EmergencyOpening, *, by: Actor, **detail: str) -> None:
    audit.record(
        f"emergency.{deed}",
        "case",
        opening.case_id,
        by=by,
        unit_id=opening.unit_id,
        compartment=opening.compartment,
        asked_by=str(opening.asked_by),
        **detail,
    )


def _sweep() -> None:
    """Delete the keys of openings that are over, whoever held them."""
    over = select(EmergencyOpening.asked_by).where(EmergencyOpening.expires_at <= now())
    forget_expired(db.session.scalars(over.distinct()).all())
