"""Logging and correcting a contact. A correction keeps what it corrects."""

from datetime import date
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case, CaseStatus
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.models import Purpose
from casework.confidential.consent.operations import require_consent
from casework.confidential.contacts.models import Contact, ContactKind, ContactRevision
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable


def log_contact(case: Case, answer: dict[str, Any], *, by: Actor) -> Contact:
    """Add a contact. The case's next appointment is the one agreed on last; a first contact starts
    the support.
    """
    _check(case, answer["kind"], answer["on"])
    contact = Contact(
        id=uuid4(), case_id=case.id, unit_id=case.unit_id, recorded_by=by.id, **_values(answer)
    )
    db.session.add(contact)
    case.next_on = answer["next_on"]
    if case.status == CaseStatus.INTAKE:
        case.status = CaseStatus.ACTIVE
    audit.record("contact.log", "case", case.id, by=by, unit_id=case.unit_id)
    return contact


def correct_contact(case: Case, contact: Contact, answer: dict[str, Any], *, by: Actor) -> None:
    """Change a contact; its earlier notes stay readable. The closed note is its writer's alone."""
    _check(case, answer["kind"], answer["on"])
    for name in ("note", "closed_note"):
        if answer[name] and isinstance(getattr(contact, name), Unreadable):
            message = _l("The text that stands here can't be opened, so it can't be replaced.")
            raise RuleBroken(message, field=name)
    revision = ContactRevision(
        contact_id=contact.id,
        case_id=case.id,
        note=contact.note,
        closed_note=contact.closed_note,
        replaced_by=by.id,
    )
    db.session.add(revision)
    values = _values(answer)
    if contact.recorded_by != by.id:
        values.pop("closed_note")
    for name, value in values.items():
        setattr(contact, name, value)
    audit.record("contact.correct", "case", case.id, by=by, unit_id=case.unit_id)


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        name: answer[name] for name in ("kind", "on", "minutes", "next_on", "note", "closed_note")
    }


def _check(case: Case, kind: ContactKind, on: date) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)
    if on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    if kind is ContactKind.PHONE:
        require_consent(case, Purpose.PHONE_CONTACT, on, field="kind")
