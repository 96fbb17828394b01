"""Changing who leads a group. Its key goes with it; at least one person always leads a group."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.authz.permissions import Role
from casework.confidential.facilitators.queries import list_current_facilitators
from casework.confidential.groups.models import Facilitator
from casework.confidential.groups.operations import check_key
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.bodies.models import Group
from casework.vault import grants
from casework.vault.grants import Use


def add_facilitator(group: Group, to: UUID, *, by: Actor, on: date) -> Facilitator:
    """Another counselor of the unit leads the group too. Who adds them holds the key and passes it
    on.
    """
    leading = _wait_for(group)
    check_key(group)
    _check_counselor(group, to, leading)
    grants.hand_on(group.id, to, by=by.id)
    return _lead(group, to, by, on)


def remove_facilitator(group: Group, facilitator: Facilitator, *, by: Actor, on: date) -> None:
    """Somebody leads the group no more, from this day on: their key of it is deleted."""
    leading = _wait_for(group)
    if facilitator not in leading:
        raise RuleBroken(_l("This person leads the group no more."))
    counselors = _counselors_of(group)
    others = [each for each in leading if each is not facilitator]
    if not any(each.account_id in counselors for each in others):
        raise RuleBroken(_l("Somebody has to lead the group. Add another person first."))
    _end(group, facilitator, by, on)


def hand_group_over(
    group: Group, to: UUID, *, by: Actor, on: date, instead_of: UUID | None = None
) -> Facilitator:
    """A coordinator passes a group on from custody, without being able to read it.

    The key goes to another counselor of the unit; those who led the group (or only the account
    `instead_of`) lose theirs.
    """
    leading = _wait_for(group)
    _check_counselor(group, to, leading)
    try:
        grants.hand_on(group.id, to, by=by.id, use=Use.READ)
    except grants.NoKey:
        message = _l(
            "You hold no keys of this group. "
            "Another coordinator, or who leads the group, has to sign in first."
        )
        raise RuleBroken(message, field="counselor") from None
    for facilitator in leading:
        if instead_of in (None, facilitator.account_id):
            _end(group, facilitator, by, on)
    return _lead(group, to, by, on)


def _wait_for(group: Group) -> Sequence[Facilitator]:
    """Who leads the group now: two who change it at once do so one after the other."""
    db.session.refresh(group, with_for_update={"key_share": True})
    return list_current_facilitators(group)


def _check_counselor(group: Group, to: UUID, leading: Sequence[Facilitator]) -> None:
    if to not in _counselors_of(group):
        raise RuleBroken(_l("Choose a counselor of this unit."), field="counselor")
    if any(facilitator.account_id == to for facilitator in leading):
        raise RuleBroken(_l("This counselor leads the group already."), field="counselor")


def _counselors_of(group: Group) -> set[UUID]:
    return {account.id for account in list_role_holders(group.unit_id, Role.COUNSELOR)}


def _lead(group: Group, account_id: UUID, by: Actor, on: date) -> Facilitator:
    facilitator = Facilitator(id=uuid4(), group_id=group.id, account_id=account_id, from_on=on)
    db.session.add(facilitator)
    audit.record(
        "group.facilitator.add",
        "group",
        group.id,
        by=by,
        unit_id=group.unit_id,
        to=str(account_id),
    )
    return facilitator


def _end(group: Group, facilitator: Facilitator, by: Actor, on: date) -> None:
    """The last day that counts is the one before; who led for less than a day leaves no row."""
    grants.take_back(group.id, facilitator.account_id)
    if facilitator.from_on >= on:
        db.session.delete(facilitator)
    else:
        facilitator.until_on = on - timedelta(days=1)
    audit.record(
        "group.facilitator.remove",
        "group",
        group.id,
        by=by,
        unit_id=group.unit_id,
        account=str(facilitator.account_id),
    )
