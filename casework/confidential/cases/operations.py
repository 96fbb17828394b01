"""Changing a case: who is entrusted with it, who the person is."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.confidential.cases.models import Assignment, Case, PersonIdentity
from casework.confidential.cases.queries import find_birth
from casework.confidential.cases.rules import Birth
from casework.confidential.history.operations import keep_revision
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import list_role_holders
from casework.vault import grants
from casework.vault.grants import Compartment, current_keyring

# What is sealed of who the person is and how to reach them, beside the day of birth.
IDENTITY = (
    "name",
    "alias",
    "phone",
    "address",
    "safe_contact",
    "safe_times",
    "never_say",
    "no_message",
    "guardian",
    "guardian_phone",
)
# Without 0 O, 1 I L, U: a code is read out on the phone and written on paper.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

Follower = Callable[[Sequence[Case], UUID | None, date], None]
Objector = Callable[[Case], Any | None]
_followers: list[Follower] = []
_objectors: list[Objector] = []


def new_reference() -> str:
    """A random case code that is not in use, such as K7M-4QX. It says nothing about the case."""
    while True:
        code = "".join(secrets.choice(_LETTERS) for _ in range(6))
        reference = f"{code[:3]}-{code[3:]}"
        if db.session.scalar(select(Case.id).where(Case.reference == reference)) is None:
            return reference


def follow_cases(follower: Follower) -> Follower:
    """Have a feature above this one told when cases pass to another counselor, or to nobody because
    support ended, on a day: cases know no reminders.
    """
    _followers.append(follower)
    return follower


def tell_of_cases(cases: Sequence[Case], to: UUID | None, on: date) -> None:
    """Tell those who follow cases to whom these went."""
    for follower in _followers:
        follower(cases, to, on)


def object_to_closing(objector: Objector) -> Objector:
    """Have a feature above this one say why a case can't be closed now, or None."""
    _objectors.append(objector)
    return objector


def objections_to_closing(case: Case) -> list[Any]:
    """Everything that stands against closing a case, in words."""
    return [objection for each in _objectors if (objection := each(case)) is not None]


def assign(case: Case, account_id: UUID, *, by: Actor, on: date) -> Assignment:
    """Entrust a case to an account that has its keys already."""
    assignment = Assignment(case_id=case.id, account_id=account_id, from_on=on, assigned_by=by.id)
    db.session.add(assignment)
    audit.record("case.assign", "case", case.id, by=by, unit_id=case.unit_id, to=str(account_id))
    return assignment


def correct_identity(
    case: Case, person: PersonIdentity, answer: dict[str, Any], *, by: Actor
) -> None:
    """Save who the person is and how to reach them. What stood there before stays readable."""
    check_key(case, Compartment.IDENTITY)
    if not answer["name"] and not answer["alias"]:
        raise RuleBroken(_l("Give a name or an alias."), field="name")
    birth: Birth | None = answer["birth"]
    check_born(birth, case.opened_on)
    said = {name: answer[name] or "" for name in IDENTITY}
    # A day of birth that does not open is not taken for the year that is shown in its place.
    said["birth_date"] = person.birth_date if birth == find_birth(case) else str(birth or "")
    changed = {name: text for name, text in said.items() if text != getattr(person, name)}
    if not changed:
        return
    keep_revision(person, "identity", (*IDENTITY, "birth_date"), by=by, names_people=True)
    for name, text in changed.items():
        setattr(person, name, text)
    case.birth_year = birth.year if birth else None
    audit.record("case.identity", "case", case.id, by=by, unit_id=case.unit_id)


def check_born(birth: Birth | None, on: date) -> None:
    """Nobody is taken in before they are born."""
    if birth is not None and not birth.is_sensible(on):
        raise RuleBroken(_l("The person was born after that day."), field="birth")


def check_key(case: Case, compartment: Compartment) -> None:
    """Who is assigned but holds no key (their access was reset) is told so before writing."""
    try:
        current_keyring().sealing_key(case.id, compartment)
    except grants.NoKey:
        message = _l(
            "You hold no key of this case now. "
            "Ask a coordinator to hand the case over to you again."
        )
        raise RuleBroken(message) from None


def custodians_of(unit_id: UUID) -> list[UUID]:
    """The coordinators who keep the keys of a unit's cases, so that a case never depends on one
    person.
    """
    return [account.id for account in list_role_holders(unit_id, Role.COORDINATOR)]
