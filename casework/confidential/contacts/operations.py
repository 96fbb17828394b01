"""Logging, correcting and taking back a contact. Nothing written is lost by it.

The appointment of a case is the one that its latest contact says: one logged late for an earlier
day changes nothing about it.
"""

from datetime import date
from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case, CaseStatus
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.models import Purpose
from casework.confidential.consent.operations import require_consent, require_consent_to_record
from casework.confidential.contacts.models import Contact, ContactKind, ContactRevision
from casework.confidential.contacts.queries import find_latest
from casework.confidential.history.operations import keep_revision
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable

FACTS = ("kind", "on", "minutes", "topics", "next_on")
TEXTS = ("note", "closed_note")


def log_contact(case: Case, answer: dict[str, Any], *, by: Actor) -> Contact:
    """Add a contact. A first contact starts the support."""
    _check(case, answer["kind"], answer["on"], answer["next_on"])
    require_consent_to_record(case, field="note")
    latest = find_latest(case)
    contact = Contact(
        id=uuid4(), case_id=case.id, unit_id=case.unit_id, recorded_by=by.id, **_values(answer)
    )
    db.session.add(contact)
    if latest is None or latest.on <= contact.on:
        case.next_on = contact.next_on
    if case.status == CaseStatus.INTAKE:
        case.status = CaseStatus.ACTIVE
    audit.record("contact.log", "case", case.id, by=by, unit_id=case.unit_id)
    return contact


def correct_contact(case: Case, contact: Contact, answer: dict[str, Any], *, by: Actor) -> None:
    """Change a contact; what it said stays readable. The closed note is its writer's alone."""
    _refuse_taken_back(contact)
    _check(case, answer["kind"], answer["on"], answer["next_on"])
    for name in TEXTS:
        if answer[name] and isinstance(getattr(contact, name), Unreadable):
            message = _l("The text that stands here can't be opened, so it can't be replaced.")
            raise RuleBroken(message, field=name)
    said = {name: getattr(contact, name) for name in (*FACTS, *TEXTS)}
    revision = ContactRevision(contact_id=contact.id, case_id=case.id, replaced_by=by.id, **said)
    db.session.add(revision)
    values = _values(answer)
    if contact.recorded_by != by.id:
        values.pop("closed_note")
    for name, value in values.items():
        setattr(contact, name, value)
    if (contact.on, contact.next_on) != (said["on"], said["next_on"]):
        _appoint(case)
    audit.record("contact.correct", "case", case.id, by=by, unit_id=case.unit_id)


def take_back_contact(case: Case, contact: Contact, reason: str, *, by: Actor) -> None:
    """Have a contact that did not take place, or was another person's, count nowhere. It stays
    readable, with the reason.
    """
    _refuse_taken_back(contact)
    _check_open(case)
    was_latest = contact is find_latest(case)
    keep_revision(contact, "contact", (), by=by, reason=reason)
    contact.taken_back_at, contact.taken_back_by = now(), by.id
    if was_latest:
        _appoint(case)
    audit.record("contact.take_back", "case", case.id, by=by, unit_id=case.unit_id)


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in (*FACTS, *TEXTS)}


def _appoint(case: Case) -> None:
    db.session.flush()
    latest = find_latest(case)
    case.next_on = latest.next_on if latest else None


def _refuse_taken_back(contact: Contact) -> None:
    if contact.taken_back_at is not None:
        raise RuleBroken(_l("This contact was taken back."))


def _check_open(case: Case) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)


def _check(case: Case, kind: ContactKind, on: date, next_on: date | None) -> None:
    _check_open(case)
    if on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    if next_on is not None and next_on < on:
        message = _l("The next appointment lies before this contact.")
        raise RuleBroken(message, field="next_on")
    if kind is ContactKind.PHONE:
        require_consent(case, Purpose.PHONE_CONTACT, on, field="kind")
