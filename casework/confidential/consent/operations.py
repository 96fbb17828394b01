"""Recording consent, and asking for it: nothing is ever agreed by default, and what needs a consent
is not done without.

Law 91/2025/QH15 on personal data: silence is no consent; whoever agreed may withdraw at any time.
Article 24: for a child the legal representative acts, and from 7 years on the child's own consent
is needed beside theirs. Whoever is, or may be, under 18 is asked so here (DOMAIN, the Civil Code).
A refusal or a withdrawal needs no form: the spoken word is enough, of the child alone too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.cases.queries import find_birth
from casework.confidential.cases.rules import Birth
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose, Standing
from casework.confidential.consent.queries import (
    ConsentLine,
    find_consent,
    find_matter,
    list_answers,
    standing_of,
)
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import Remedy, RuleBroken
from casework.core.i18n import day
from casework.vault.grants import Compartment

ASKED_FROM = 7
_WITNESSED = (ConsentMethod.ORAL_WITNESSED, ConsentMethod.GUARDIAN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person said to one purpose, and how. `child_agrees` is None where no child was
    asked.
    """

    purpose: Purpose
    is_given: bool
    method: ConsentMethod | None
    on: date
    until_on: date | None = None
    witness: str = ""
    partner_id: UUID | None = None
    to_unit_id: UUID | None = None
    child_agrees: bool | None = None


class ConsentMissing(RuleBroken):
    """What was about to be done needs a consent that does not hold. Offers to record it."""

    def __init__(self, message: Any, field: str, case: Case, about: dict[str, str]) -> None:
        super().__init__(message, field)
        asking = {"case_id": str(case.id), **about}
        self.remedies = (Remedy("consent.new", asking, _l("Record the person's answer")),)


def require_consent(
    case: Case,
    purpose: Purpose,
    on: date,
    *,
    field: str,
    partner_id: UUID | None = None,
    to_unit_id: UUID | None = None,
) -> Consent:
    """The consent under which something is done on a day. Raises ConsentMissing, which says what is
    missing beside `field`: never asked, refused, withdrawn or expired, and to whom.
    """
    found = find_consent(case, purpose, on, partner_id=partner_id, to_unit_id=to_unit_id)
    if found is not None:
        return found
    answers = list_answers(case, purpose, partner_id=partner_id, to_unit_id=to_unit_id)
    what = find_matter(purpose, partner_id, to_unit_id).label
    about = {"purpose": purpose, "partner": partner_id, "unit": to_unit_id}
    codes = {name: str(value) for name, value in about.items() if value is not None}
    raise ConsentMissing(_tell_missing(answers, on, what), field, case, codes)


def require_consent_to_record(case: Case, *, field: str) -> None:
    """Something new about the person is written only while they agree that a record is kept, today
    (Law 91/2025/QH15: no longer than its purpose needs). Raises ConsentMissing, which offers to
    close the case besides.

    What is written already may be corrected; what is under way may be ended; closing, and what the
    person asks for, stay possible.
    """
    try:
        require_consent(case, Purpose.RECORD, today(), field=field)
    except ConsentMissing as missing:
        closing = Remedy("closures.closure", {"case_id": str(case.id)}, _l("Close the case"))
        missing.remedies = (*missing.remedies, closing)
        raise


def record_consent(case: Case, answer: Answer, *, by: Actor) -> Consent:
    """Add the person's latest answer. Earlier answers stay as history."""
    birth = find_birth(case)
    check_answer(birth, answer)
    if answer.witness:
        check_key(case, Compartment.IDENTITY)
    asked_child = birth is not None and birth.is_minor(answer.on)
    consent = Consent(
        case_id=case.id,
        purpose=answer.purpose,
        partner_id=answer.partner_id,
        to_unit_id=answer.to_unit_id,
        is_given=answer.is_given,
        method=answer.method or ConsentMethod.SPOKEN,
        on=answer.on,
        until_on=answer.until_on if answer.is_given else None,
        child_agrees=answer.child_agrees if asked_child else None,
        witness=answer.witness,
        recorded_by=by.id,
    )
    db.session.add(consent)
    said = "given" if answer.is_given else "refused"
    _note(f"consent.{said}", case, consent, by)
    return consent


def withdraw_consent(case: Case, line: ConsentLine, *, on: date, by: Actor) -> Consent:
    """The person no longer agrees: their word is enough, whoever agreed in whatever way."""
    if line.standing(on) is not Standing.AGREES:
        raise RuleBroken(_l("No consent holds on this day that could be withdrawn."), field="on")
    matter = line.matter
    consent = Consent(
        case_id=case.id,
        purpose=matter.purpose,
        partner_id=matter.partner_id,
        to_unit_id=matter.to_unit_id,
        is_given=False,
        method=ConsentMethod.SPOKEN,
        on=on,
        recorded_by=by.id,
    )
    db.session.add(consent)
    _note("consent.withdrawn", case, consent, by)
    return consent


def check_answer(birth: Birth | None, answer: Answer) -> None:
    """A yes is signed, or witnessed by somebody with a name; of a minor it needs the guardian's and
    from 7 on the child's own.
    """
    if birth is not None and not birth.is_sensible(answer.on):
        raise RuleBroken(_l("The person was born after that day."), field="on")
    if answer.until_on is not None and answer.until_on < answer.on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    if not answer.is_given:
        return
    if answer.method is None or answer.method is ConsentMethod.SPOKEN:
        raise RuleBroken(_l("Say how the person agreed."), field="method")
    if answer.method in _WITNESSED and not answer.witness:
        raise RuleBroken(_l("Name the witness or guardian."), field="witness")
    if birth is not None and birth.is_minor(answer.on):
        _check_minor(birth, answer)


def _check_minor(birth: Birth, answer: Answer) -> None:
    if answer.method is not ConsentMethod.GUARDIAN:
        raise RuleBroken(_l("Under 18 a guardian has to agree."), field="method")
    if birth.most_age(answer.on) < ASKED_FROM:
        return
    if answer.child_agrees is None:
        message = _l("From 7 years on the child is asked too.")
        raise RuleBroken(message, field="child_agrees")
    if not answer.child_agrees:
        message = _l("The child does not agree, so this is no consent. Record it as a refusal.")
        raise RuleBroken(message, field="child_agrees")


def _note(action: str, case: Case, consent: Consent, by: Actor) -> None:
    about = consent.partner_id or consent.to_unit_id
    audit.record(
        action,
        "case",
        case.id,
        by=by,
        unit_id=case.unit_id,
        purpose=str(consent.purpose),
        **({"to": str(about)} if about else {}),
    )


def _tell_missing(answers: Sequence[Consent], on: date, what: Any) -> Any:
    given = [answer for answer in answers if answer.on <= on]
    match standing_of(answers, on):
        case Standing.UNASKED if answers:
            first = day(answers[-1].on)
            return _l("The person was asked only on %(day)s: %(what)s.", day=first, what=what)
        case Standing.UNASKED:
            return _l("The person has not been asked yet: %(what)s.", what=what)
        case Standing.EXPIRED:
            last = day(given[0].until_on)
            return _l("The consent expired on %(day)s: %(what)s.", day=last, what=what)
        case Standing.WITHDRAWN:
            since = day(given[0].on)
            return _l("The person withdrew the consent on %(day)s: %(what)s.", day=since, what=what)
    return _l("The person did not agree on %(day)s: %(what)s.", day=day(given[0].on), what=what)
