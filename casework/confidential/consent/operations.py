"""Recording consent. Nothing is ever agreed by default."""

from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment

# Law 91/2025/QH15 and the Civil Code: under 18 a guardian agrees (and the child too from 7).
ADULT_AGE = 18
_WITNESSED = (ConsentMethod.ORAL_WITNESSED, ConsentMethod.GUARDIAN)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person said to one purpose, and how."""

    purpose: Purpose
    is_given: bool
    method: ConsentMethod
    on: date
    until_on: date | None = None
    witness: str = ""


def record_consent(case: Case, answer: Answer, *, by: Actor) -> Consent:
    """Add the person's latest answer. Earlier answers stay as history."""
    check_method(case.birth_year, answer.method, answer.witness, answer.on)
    if answer.witness:
        check_key(case, Compartment.IDENTITY)
    if answer.until_on is not None and answer.until_on < answer.on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    consent = Consent(
        case_id=case.id,
        purpose=answer.purpose,
        is_given=answer.is_given,
        method=answer.method,
        on=answer.on,
        until_on=answer.until_on,
        witness=answer.witness,
        recorded_by=by.id,
    )
    db.session.add(consent)
    said = "given" if answer.is_given else "refused"
    audit.record(
        f"consent.{said}", "case", case.id, by=by, unit_id=case.unit_id, purpose=str(answer.purpose)
    )
    return consent


def check_method(birth_year: int | None, method: ConsentMethod, witness: str, on: date) -> None:
    """A witness or guardian has a name; for a minor a guardian agrees."""
    if method in _WITNESSED and not witness:
        raise RuleBroken(_l("Name the witness or guardian."), field="witness")
    is_minor = birth_year is not None and on.year - birth_year < ADULT_AGE
    if is_minor and method is not ConsentMethod.GUARDIAN:
        raise RuleBroken(_l("Under 18 a guardian has to agree."), field="method")
