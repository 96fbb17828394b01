"""Changing a case: who is entrusted with it, who the person is, how it ends."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.confidential.cases.models import (
    Assignment,
    Case,
    CaseStatus,
    ClosureReason,
    EpisodeEnd,
    PersonIdentity,
)
from casework.confidential.cases.queries import (
    current_assignments,
    current_episode,
    find_birth,
)
from casework.confidential.cases.rules import Birth
from casework.confidential.history.operations import keep_revision
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import list_role_holders
from casework.vault import grants
from casework.vault.grants import Compartment, Use, current_keyring

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


def new_reference() -> str:
    """A random case code that is not in use, such as K7M-4QX. It says nothing about the case."""
    while True:
        code = "".join(secrets.choice(_LETTERS) for _ in range(6))
        reference = f"{code[:3]}-{code[3:]}"
        if db.session.scalar(select(Case.id).where(Case.reference == reference)) is None:
            return reference


def assign(case: Case, account_id: UUID, *, by: Actor, on: date) -> Assignment:
    """Entrust a case to an account that has its keys already."""
    assignment = Assignment(case_id=case.id, account_id=account_id, from_on=on, assigned_by=by.id)
    db.session.add(assignment)
    audit.record("case.assign", "case", case.id, by=by, unit_id=case.unit_id, to=str(account_id))
    return assignment


def hand_over(case: Case, to: UUID, *, by: Actor, on: date) -> None:
    """Entrust the case to another counselor of its unit: the keys go over, the former holder's are
    deleted.

    The coordinator passes the keys on from custody without being able to read what they open.
    """
    receivers = {account.id for account in list_role_holders(case.unit_id, Role.COUNSELOR)}
    if to not in receivers:
        raise RuleBroken(_l("Choose a counselor of this unit."), field="counselor")
    holders = current_assignments(case)
    if any(assignment.account_id == to for assignment in holders):
        raise RuleBroken(_l("The case is already with this counselor."), field="counselor")
    try:
        grants.hand_on(case.id, to, by=by.id, use=Use.READ)
    except grants.NoKey:
        message = _l(
            "You hold no keys of this case. "
            "Another coordinator, or its counselor, has to sign in first."
        )
        raise RuleBroken(message, field="counselor") from None
    for assignment in holders:
        assignment.until_on = on
        grants.take_back(case.id, assignment.account_id)
    db.session.flush()
    assign(case, to, by=by, on=on)


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


def close_case(case: Case, reason: ClosureReason, *, by: Actor, on: date) -> None:
    """End the support. The record stays until its retention ends."""
    if not case.is_open:
        raise RuleBroken(_l("This case is closed already."))
    if on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    case.closed_on, case.closure_reason, case.status = on, reason, CaseStatus.CLOSED
    episode = current_episode(case)
    episode.closed_on, episode.closure_reason = on, reason
    episode.ended_by = EpisodeEnd.CLOSURE
    case.next_on = None
    audit.record("case.close", "case", case.id, by=by, unit_id=case.unit_id, reason=str(reason))


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


def give_custody(cases: Sequence[UUID], coordinator: UUID, *, by: Actor) -> None:
    """Pass the keys of one's cases to a coordinator who came later, in custody.

    A colleague does this knowingly: otherwise whoever may invent accounts could reach the keys.
    """
    for case_id in cases:
        grants.hand_on(case_id, coordinator, by=by.id, use=Use.CUSTODY)
        audit.record("case.custody", "case", case_id, by=by, to=str(coordinator))
