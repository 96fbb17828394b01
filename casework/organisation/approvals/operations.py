"""Four eyes: an administrator gives an inspector's role, a department manager lets it open.

Nobody decides on a role of their own, nor on one that they gave themselves.
"""

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.forms import RuleBroken
from casework.organisation.accounts.models import AccountRole


def approve_role(role: AccountRole, *, by: Actor) -> None:
    """Let the role open what it opens, from its first day on."""
    _check(role, by)
    role.awaits_approval = False
    role.approved_by = by.id
    _record("account.role.approve", role, by)


def decline_role(role: AccountRole, *, by: Actor) -> None:
    """End the role before it began: it never held."""
    _check(role, by)
    role.until_on = role.from_on - timedelta(days=1)
    _record("account.role.decline", role, by)


def may_decide(role: AccountRole, actor: Actor) -> bool:
    """Whether somebody may approve or decline a role that waits."""
    return actor.id not in (role.account_id, role.given_by)


def _check(role: AccountRole, by: Actor) -> None:
    if role.account_id == by.id:
        raise RuleBroken(_l("Somebody else decides on your own role."))
    if not may_decide(role, by):
        raise RuleBroken(_l("You gave this role; somebody else approves it."))


def _record(action: str, role: AccountRole, by: Actor) -> None:
    audit.record(
        action, "account", role.account_id, by=by, unit_id=role.unit_id, role=str(role.role)
    )
