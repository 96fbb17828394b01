"""Changing accounts.

Keys follow the password: a reset without password, code or the organisation's key loses access.
"""

from datetime import date
from uuid import UUID, uuid4

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from casework.authz.permissions import Role
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.models import Account, AccountRole, AccountSession
from casework.organisation.accounts.queries import find_account
from casework.organisation.accounts.sessions import close_emergencies
from casework.vault import locks
from casework.vault.grants import take_all_back

# A department manager approves these before they open anything.
NEEDS_APPROVAL = frozenset({Role.INSPECTOR})


def create_account(
    username: str, display_name: str, password: str, *, by: Actor, temporary: bool = True
) -> Account:
    """A new account with its key pair.

    A temporary password must be changed at the first sign-in.
    """
    name = username.casefold()
    if find_account(name) is not None:
        raise RuleBroken(_l("This sign-in name is taken."), field="username")
    account = Account(
        id=uuid4(), username=name, display_name=display_name, must_change_password=temporary
    )
    db.session.add(account)
    locks.make_holder(account.id, password, _pepper())
    audit.record("account.create", "account", account.id, by=by)
    return account


def give_role(
    account: Account,
    role: Role,
    unit_id: UUID | None,
    *,
    by: Actor,
    on: date,
    until: date | None = None,
    approved: bool = False,
) -> None:
    """A role from a day on.

    An inspector's role waits for a department manager unless it is `approved` already or was given
    at the server, by nobody's account. Where a role gives custody of cases, their holders hand the
    keys over at their next sign-in.
    """
    if until is not None and until < on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    waits = role in NEEDS_APPROVAL and not approved and by.id is not None
    db.session.add(
        AccountRole(
            account_id=account.id,
            role=role,
            unit_id=unit_id,
            from_on=on,
            until_on=until,
            awaits_approval=waits,
            given_by=by.id,
        )
    )
    audit.record("account.role.give", "account", account.id, by=by, unit_id=unit_id, role=str(role))


def end_role(role: AccountRole, *, by: Actor, on: date) -> None:
    """The role holds until this day."""
    if on < role.from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    if role.was_declined:
        raise RuleBroken(_l("This role was declined; it never held."), field="until_on")
    role.until_on = on
    audit.record(
        "account.role.end", "account", role.account_id, by=by, unit_id=role.unit_id, role=role.role
    )


def set_expiry(account: Account, on: date | None, *, by: Actor) -> None:
    """The last day on which the account may sign in; None takes an end back."""
    if account.id == by.id and on is not None:
        raise RuleBroken(_l("You can't end your own account."), field="expires_on")
    account.expires_on = on
    last_day = on.isoformat() if on else None
    audit.record("account.expiry", "account", account.id, by=by, last_day=last_day)


def disable_account(account: Account, *, by: Actor) -> None:
    """Nobody signs in with it any more, and its sessions end at their very next request.

    It is never deleted.
    """
    if account.id == by.id:
        raise RuleBroken(_l("You can't disable your own account."))
    account.disabled_at = now()
    end_sessions(account.id)
    audit.record("account.disable", "account", account.id, by=by)


def enable_account(account: Account, *, by: Actor) -> None:
    """The account may sign in again."""
    account.disabled_at = None
    audit.record("account.enable", "account", account.id, by=by)


def change_password(account: Account, secret: bytes, password: str, *, by: Actor) -> None:
    """Seal the private key under the new password. What the account could open, it still can."""
    locks.set_password(account.id, secret, password, _pepper())
    account.must_change_password = False
    audit.record("account.password.change", "account", account.id, by=by)


def reset_access(account: Account, password: str, *, by: Actor) -> None:
    """A new key pair and a temporary password.

    Every case entrusted to the account must be handed over to it again.
    """
    locks.replace_keys(account.id, password, _pepper())
    take_all_back(account.id)
    account.must_change_password = True
    account.totp_sealed = None
    end_sessions(account.id)
    audit.record("account.reset", "account", account.id, by=by)


def end_sessions(account_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of an account at once, except one. Without one, what it opened out of turn
    is closed too.
    """
    if but is None:
        close_emergencies(account_id)
    query = update(AccountSession).where(
        AccountSession.account_id == account_id, AccountSession.ended_at.is_(None)
    )
    if but is not None:
        query = query.where(AccountSession.id != but)
    db.session.execute(query.values(ended_at=now(), sealed_secret=None))


def _pepper() -> bytes:
    return bytes(current_app.config["SETTINGS"].pepper)
