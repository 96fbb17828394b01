"""Opening accounts, giving access back, and the organisation's recovery key.

Whoever administers accounts holds no key of a case: an administrator can shut somebody out, but
never read. The
organisation's recovery key can open accounts again without losing anything; its private half is
handed over once as a
file and is never stored.
"""

import os
import secrets
from datetime import date
from pathlib import Path
from uuid import UUID

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.authz.permissions import Role
from casework.core import audit
from casework.core.audit import SYSTEM, Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.accounts.operations import (
    create_account,
    end_role,
    end_sessions,
    give_role,
)
from casework.organisation.accounts.queries import held_roles
from casework.vault import locks, recovery

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_FIRST_LINE = "casework: the organisation's recovery key. Keep it offline, in a safe place."
NEEDS_UNIT = frozenset(
    {Role.COUNSELOR, Role.COORDINATOR, Role.VOLUNTEER, Role.UNIT_HEAD, Role.ACCOUNTANT}
)


def temporary_password() -> str:
    """Twenty letters and digits that are not mistaken for each other: 99 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def open_account(
    username: str, display_name: str, *, by: Actor, expires_on: date | None = None
) -> tuple[Account, str]:
    """A new account and its temporary password, to be shown once."""
    password = temporary_password()
    account = create_account(username, display_name, password, by=by)
    account.expires_on = expires_on
    db.session.flush()
    return account, password


def entrust_role(
    account: Account,
    role: Role,
    unit_id: UUID | None,
    *,
    by: Actor,
    on: date,
    until: date | None = None,
) -> None:
    """Give a role from a day on.

    What is done with the people of a unit is always done in a unit.
    """
    if unit_id is None and role in NEEDS_UNIT:
        raise RuleBroken(_l("This role belongs to a unit."), field="unit")
    give_role(account, role, unit_id, by=by, on=on, until=until)


def release_role(role: AccountRole, *, by: Actor, on: date) -> None:
    """End a role. Administrators keep their own, so that somebody always can administer."""
    if role.account_id == by.id and role.role == Role.ADMINISTRATOR:
        raise RuleBroken(_l("You can't end your own role of administrator."))
    end_role(role, by=by, on=on)


def set_up(username: str, display_name: str, password: str, *, temporary: bool) -> Account:
    """The first account: an administrator of the whole installation. Refused once there is any."""
    if db.session.scalar(select(Account.id).limit(1)) is not None:
        raise RuleBroken(_l("There are accounts already; an administrator opens further ones."))
    account = create_account(username, display_name, password, by=SYSTEM, temporary=temporary)
    db.session.flush()
    give_role(account, Role.ADMINISTRATOR, None, by=SYSTEM, on=today())
    return account


def make_organisation_key() -> bytes:
    """A new recovery key pair.

    What is written from now on can be recovered with it; the private half is returned.
    """
    holder, secret = locks.make_organisation_key()
    db.session.flush()
    audit.record("keys.organisation", "holder", holder.id, by=SYSTEM)
    return secret


def recover_account(account: Account, organisation_secret: bytes, *, codes_off: bool) -> str:
    """Open an account's key with the organisation's and seal it under a temporary password, which
    is returned.

    Nothing that was readable is lost. Raises RuleBroken when this key does not open the account.
    """
    secret = locks.open_with_organisation_key(account.id, organisation_secret)
    if secret is None:
        raise RuleBroken(_l("This recovery key does not open this account."))
    password = temporary_password()
    locks.set_password(account.id, secret, password, current_app.config["SETTINGS"].pepper)
    account.must_change_password = True
    if codes_off:
        account.totp_sealed = None
    end_sessions(account.id)
    audit.record("account.recover", "account", account.id, by=SYSTEM)
    return password


def entrust_recovery(account: Account, organisation_secret: bytes) -> None:
    """Wrap the organisation's private half for a data-protection officer, who may then approve
    openings out of turn. Raises RuleBroken for anybody else, and for a key of another place.
    """
    if not any(held.role is Role.DPO for held in held_roles(account.id)):
        raise RuleBroken(_l("This account is no data-protection officer."))
    if not recovery.entrust_recovery(organisation_secret, account.id, by=None):
        raise RuleBroken(_l("This is not the recovery key of this organisation."))
    audit.record("keys.entrust", "account", account.id, by=SYSTEM)


def withdraw_recovery(account: Account) -> bool:
    """Take it back. False when the account held nothing."""
    held = recovery.withdraw_recovery(account.id)
    if held:
        audit.record("keys.withdraw", "account", account.id, by=SYSTEM)
    return held


def write_key_file(path: Path, secret: bytes) -> None:
    """Write the private half for its owner's eyes only.

    Raises FileExistsError: a key is never written over.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{_FIRST_LINE}\n{secret.hex()}\n")


def read_key_file(path: Path) -> bytes:
    """The private half. Raises ValueError when the file holds no key."""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").split()
    secret = bytes.fromhex(lines[-1]) if lines else b""
    if len(secret) != 32:
        raise ValueError("no recovery key in this file")
    return secret
