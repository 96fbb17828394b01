"""Taking a log in: all its people with their contacts, or nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from casework.confidential.contacts.operations import log_contact
from casework.confidential.intake.operations import open_case
from casework.confidential.intake.queries import Named
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.sheets import Fault, SheetRefused

CASE_COLUMNS = {
    "name": "name",
    "alias": "alias",
    "sex": "sex",
    "birth_year": "birth",
    "group": "target_group",
    "source": "source",
    "opened_on": "opened_on",
    "phone": "phone",
    "address": "address",
    "safe_contact": "safe_contact",
    "agrees_record": "consent_record",
    "agrees_phone": "consent_phone_contact",
    "agrees_statistics": "consent_anonymous_statistics",
    "method": "method",
    "witness": "witness",
    "child_agrees": "child_agrees",
}
"""The columns that say who somebody is, and the fields of the intake form they fill."""

CONTACT_COLUMNS = {
    "contact_on": "on",
    "contact_kind": "kind",
    "minutes": "minutes",
    "note": "note",
}
"""The columns of a contact, and the fields of its form."""

_COLUMN_OF = {name: column for column, name in (CASE_COLUMNS | CONTACT_COLUMNS).items()}


@dataclass(slots=True)
class Incoming:
    """A person of a log with their contacts, good in themselves: (row, what the form took)."""

    row: int
    answer: dict[str, Any]
    contacts: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    @property
    def named(self) -> Named:
        """What the person is called, to see whether somebody is known already."""
        told = self.answer
        return Named(told["name"] or "", told["alias"] or "", told["birth"])


def by_row(people: Iterable[Incoming]) -> dict[int, Named]:
    """Who is told of in which row."""
    return {person.row: person.named for person in people}


@dataclass(frozen=True, slots=True)
class Imported:
    """How much a log brought, or would bring."""

    cases: int
    contacts: int


def import_people(
    unit_id: UUID, people: Sequence[Incoming], *, by: Actor, only_check: bool = False
) -> Imported:
    """Open a case for each person of a log and log their contacts, as if they had been typed: the
    same rules, keys and rows of the log. Raises SheetRefused with every fault.

    Nothing stays of a log that is only checked, nor of one with a fault: the transaction is undone.
    """
    faults: list[Fault] = []
    for person in people:
        _take_in(unit_id, person, faults, by)
    done = Imported(len(people), sum(len(person.contacts) for person in people))
    if faults or only_check:
        db.session.rollback()
    if faults:
        raise SheetRefused(faults)
    if not only_check:
        audit.record(
            "case.import", "unit", unit_id, by=by, cases=done.cases, contacts=done.contacts
        )
    return done


def _take_in(unit_id: UUID, person: Incoming, faults: list[Fault], by: Actor) -> None:
    row = person.row
    try:
        case = open_case(unit_id, person.answer, by=by)
        # From first to last, so that what holds afterwards is what was agreed on last.
        for number, contact in sorted(person.contacts, key=lambda each: each[1]["on"]):
            row = number
            log_contact(case, contact, by=by)
    except RuleBroken as broken:
        column = _COLUMN_OF.get(broken.field, "")
        faults.append(Fault(row, column, str(broken.message)))
