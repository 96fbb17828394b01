"""Recording consent, and asking for it: nothing is ever agreed by default, and what needs a consent
is not done without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.confidential.consent.queries import find_consent, list_answers
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import Remedy, RuleBroken
from casework.core.i18n import day
from casework.organisation.partners.models import Partner
from casework.organisation.units.models import Unit
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


class ConsentMissing(RuleBroken):
    """What was about to be done needs a consent that does not hold. Offers to record it."""

    def __init__(self, message: Any, field: str, case: Case, about: dict[str, str]) -> None:
        super().__init__(message, field)
        self.remedy = Remedy(
            "consent.new", {"case_id": str(case.id), **about}, _l("Record the person's answer")
        )


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
    what = tell_purpose(purpose, partner_id, to_unit_id)
    about = {"purpose": purpose, "partner": partner_id, "unit": to_unit_id}
    codes = {name: str(value) for name, value in about.items() if value is not None}
    raise ConsentMissing(_tell_missing(answers, on, what), field, case, codes)


def tell_purpose(
    purpose: Purpose, partner_id: UUID | None = None, to_unit_id: UUID | None = None
) -> Any:
    """What a consent is about, with the partner or the unit it names."""
    if partner_id is not None:
        name = db.session.get_one(Partner, partner_id).name
        return _l("Refer to %(partner)s", partner=name)
    if to_unit_id is not None:
        label = db.session.get_one(Unit, to_unit_id).label
        return _l("Hand this case over to %(unit)s", unit=label)
    return purpose.label


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


def _tell_missing(answers: Sequence[Consent], on: date, what: Any) -> Any:
    given = [answer for answer in answers if answer.on <= on]
    if not answers:
        return _l("The person has not been asked yet: %(what)s.", what=what)
    if not given:
        first = day(answers[-1].on)
        return _l("The person was asked only on %(day)s: %(what)s.", day=first, what=what)
    latest = given[0]
    if latest.is_given:
        last = day(latest.until_on)
        return _l("The consent expired on %(day)s: %(what)s.", day=last, what=what)
    if any(earlier.is_given for earlier in given):
        return _l(
            "The person withdrew the consent on %(day)s: %(what)s.", day=day(latest.on), what=what
        )
    return _l("The person did not agree on %(day)s: %(what)s.", day=day(latest.on), what=what)
