"""Taking a person in: the case, its keys, who the person is, and their consent, in one
transaction.
"""

from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case, CaseStatus, Episode, PersonIdentity
from casework.confidential.cases.operations import (
    IDENTITY,
    assign,
    check_born,
    custodians_of,
    new_reference,
)
from casework.confidential.cases.rules import Birth
from casework.confidential.consent.models import ConsentMethod
from casework.confidential.consent.operations import Answer, check_answer, record_consent
from casework.confidential.consent.queries import ASKED
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment, make_keys

CODED = ("target_group", "sex", "source", "opened_on")


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
    birth: Birth | None = answer["birth"]
    check_born(birth, answer["opened_on"])
    answers = _answers(answer)
    for said in answers:
        check_answer(birth, said)
    case = Case(
        id=uuid4(),
        reference=new_reference(),
        unit_id=unit_id,
        status=CaseStatus.INTAKE,
        birth_year=birth.year if birth else None,
        **{name: answer[name] for name in CODED},
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
    db.session.add(PersonIdentity(id=case.id, **_identity(answer)))
    db.session.flush()
    audit.record("case.open", "case", case.id, by=by, unit_id=unit_id)
    assign(case, by.id, by=by, on=answer["opened_on"])
    for said in answers:
        record_consent(case, said, by=by)
    return case


def _identity(answer: dict[str, Any]) -> dict[str, str]:
    """What is sealed of the person. A guardian who agrees is the guardian."""
    guardian = answer["witness"] if answer["method"] is ConsentMethod.GUARDIAN else ""
    told = {**answer, "guardian": guardian, "birth_date": str(answer["birth"] or "")}
    return {name: told[name] for name in (*IDENTITY, "birth_date")}


def _answers(answer: dict[str, Any]) -> list[Answer]:
    """What was said to each purpose; what was not asked is no answer."""
    return [
        Answer(
            purpose,
            is_given,
            answer["method"],
            answer["opened_on"],
            witness=answer["witness"],
            child_agrees=answer["child_agrees"],
        )
        for purpose in ASKED
        if (is_given := answer[f"consent_{purpose}"]) is not None
    ]
