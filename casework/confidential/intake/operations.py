"""Taking a person in: the case, its keys, who the person is, and their consent, in one
transaction.
"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case, CaseStatus, Episode, PersonIdentity
from casework.confidential.cases.operations import assign, custodians_of, new_reference
from casework.confidential.consent.models import ConsentMethod, Purpose
from casework.confidential.consent.operations import Answer, check_method, record_consent
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment, make_keys

IDENTITY = ("name", "alias", "phone", "address", "safe_contact")
CODED = ("target_group", "sex", "birth_year", "source", "opened_on")
PURPOSES = (Purpose.RECORD, Purpose.PHONE_CONTACT, Purpose.ANONYMOUS_STATISTICS)


def open_case(unit_id: UUID, answer: dict[str, Any], *, by: Actor) -> Case:
    """Open a case entrusted to the account that takes the person in.

    Without consent to the record there is none. The unit's coordinators get the keys in custody,
    the organisation's recovery key gets them for break-glass.
    """
    if by.id is None:
        raise ValueError("a case is opened by an account")
    if not answer["name"] and not answer["alias"]:
        raise RuleBroken(_l("Give a name or an alias."), field="name")
    if not answer["consent_record"]:
        raise RuleBroken(_l("Without this consent no record may be kept."), field="consent_record")
    check_method(answer["birth_year"], answer["method"], answer["witness"], answer["opened_on"])
    values = {name: answer[name] for name in CODED}
    case = Case(
        id=uuid4(), reference=new_reference(), unit_id=unit_id, status=CaseStatus.INTAKE, **values
    )
    db.session.add(case)
    db.session.flush()
    db.session.add(Episode(case_id=case.id, unit_id=unit_id, opened_on=answer["opened_on"]))
    make_keys(
        case.id,
        (Compartment.IDENTITY, Compartment.NOTES),
        readers=[by.id],
        custodians=custodians_of(unit_id),
        by=by.id,
    )
    db.session.add(PersonIdentity(id=case.id, **{name: answer[name] for name in IDENTITY}))
    audit.record("case.open", "case", case.id, by=by, unit_id=unit_id)
    assign(case, by.id, by=by, on=answer["opened_on"])
    _record_answers(case, answer, answer["method"], answer["opened_on"], by)
    return case


def _record_answers(
    case: Case, answer: dict[str, Any], method: ConsentMethod, on: date, by: Actor
) -> None:
    for purpose in PURPOSES:
        given = bool(answer[f"consent_{purpose}"])
        record_consent(case, Answer(purpose, given, method, on, witness=answer["witness"]), by=by)
