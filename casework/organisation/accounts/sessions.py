"""A signed-in browser: a random token in a cookie, its digest in the database.

Idle for 15 minutes or eight hours old, it's over; disabling the account or signing out ends it at
the very next request. The account's private key is sealed under the token, so the database alone
opens nothing.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pyotp
from flask import Request, current_app, g
from flask_login import LoginManager, UserMixin
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from casework.authz.enforce import Identity
from casework.core.clock import now, today
from casework.core.database import apart, db
from casework.organisation.accounts.models import Account, AccountRole, AccountSession
from casework.organisation.accounts.queries import find_account, held_roles
from casework.vault import envelope
from casework.vault.grants import Keyring, rewrap_own
from casework.vault.recovery import forget_emergencies, forget_expired

TOUCH_EVERY = timedelta(seconds=60)
TOTP_SECONDS = 30
# What a page sends of its own accord does not show that somebody is at it.
QUIET = frozenset({"drafts.save", "publishing.progress"})
login_manager = LoginManager()
login_manager.session_protection = None


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login calls the current user."""

    identity: Identity

    def get_id(self) -> str:
        """The account's id."""
        return str(self.identity.account_id)


def is_usable(account: Account) -> bool:
    """Neither disabled nor expired."""
    return account.disabled_at is None and not account.has_expired


def find_entrant(username: str) -> Account | None:
    """The account with this name, if it may sign in at this server. Where it may not, its key is
    not even tried.
    """
    account = find_account(username)
    return account if _is_let_in(account.id if account else None) else None


def cookie_name() -> str:
    """`__Host-` where TLS protects it."""
    return "__Host-casework" if current_app.config["SETTINGS"].tls else "casework"


def start_session(account: Account, secret: bytes, *, awaits_code: bool) -> str:
    """A new session with a new token.

    Grants that arrived meanwhile are re-wrapped under the account's own key.
    """
    token = secrets.token_urlsafe(32)
    row = AccountSession(
        id=uuid4(),
        account_id=account.id,
        token_digest=_digest(token),
        started_at=now(),
        seen_at=now(),
        awaits_code=awaits_code,
    )
    row.sealed_secret = envelope.seal(
        secret, _token_key(token), row.id, b"account_sessions|" + row.id.bytes
    )
    _forget_expired(account.id)
    db.session.add(row)
    if _holds_keys():
        forget_expired([account.id])
        if not awaits_code:
            rewrap_own(Keyring(account.id, secret))
    return token


def close_emergencies(account_id: UUID) -> None:
    """Delete what an account was given out of turn, with its last session."""
    if _holds_keys():
        forget_emergencies(account_id)


def end_session(session_id: UUID) -> None:
    """Sign out."""
    ended = update(AccountSession).where(AccountSession.id == session_id)
    db.session.execute(ended.values(ended_at=now(), sealed_secret=None))


def set_cookie(answer: Response, token: str) -> None:
    """Hand the token to the browser until it closes; there is no "remember me"."""
    secure = bool(current_app.config["SETTINGS"].tls)
    answer.set_cookie(cookie_name(), token, httponly=True, samesite="Lax", secure=secure, path="/")


def clear_cookie(answer: Response) -> None:
    """Take the token back and have the browser forget the pages."""
    answer.delete_cookie(
        cookie_name(), path="/", secure=bool(current_app.config["SETTINGS"].tls), httponly=True
    )
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'


@login_manager.request_loader  # type: ignore[untyped-decorator]
def load(request: Request) -> SignedIn | None:
    """The account of this request.

    Sets g.identity, g.keyring and, for an expired session or a closed account,
    g.expired_account_id, and g.account_is_closed.
    """
    token = request.cookies.get(cookie_name())
    row = _find(token) if token else None
    if token is None or row is None or row.ended_at is not None:
        return None
    if row.sealed_secret is None:
        return None  # Forgotten as expired, by a clock that was set back since.
    settings = current_app.config["SETTINGS"]
    idle, age = now() - row.seen_at, now() - row.started_at
    refused = row.disabled_at is not None or (
        row.expires_on is not None and row.expires_on < today()
    )
    if refused:
        g.account_is_closed = True
        g.expired_account_id = None if row.awaits_code else row.account_id
        return None
    if idle > timedelta(minutes=settings.idle_minutes) or age > timedelta(
        hours=settings.session_hours
    ):
        g.expired_account_id = None if row.awaits_code else row.account_id
        return None
    g.session_id = row.id
    try:
        secret = envelope.unseal(
            row.sealed_secret, _token_key(token), b"account_sessions|" + row.id.bytes
        )
    except envelope.CannotOpen:
        return None  # Somebody tampered with the row: sign in again.
    if row.awaits_code:
        g.half_signed_in = (row.account_id, secret)
        return None
    if idle > TOUCH_EVERY and request.endpoint not in QUIET:
        _touch(row.id)
    return _signed_in(row, secret)


def totp_of(account: Account, secret: bytes) -> pyotp.TOTP | None:
    """The account's one-time codes, or None where they are off."""
    if account.totp_sealed is None:
        return None
    key = envelope.unseal(
        account.totp_sealed, envelope.derive(secret, "totp"), b"totp|" + account.id.bytes
    )
    return pyotp.TOTP(key.decode(), interval=TOTP_SECONDS)


def seal_totp(account: Account, secret: bytes, key: str) -> None:
    """Turn one-time codes on with this key."""
    sealing = envelope.derive(secret, "totp")
    account.totp_sealed = envelope.seal(
        key.encode(), sealing, account.id, b"totp|" + account.id.bytes
    )


def use_code(account: Account, totp: pyotp.TOTP, code: str) -> bool:
    """Whether the code is right now, one step early or late, and was not used before."""
    if not (code.isascii() and code.isdigit()):
        return False
    step = int(now().timestamp()) // TOTP_SECONDS
    for candidate in (step - 1, step, step + 1):
        if candidate > account.totp_step and secrets.compare_digest(
            totp.at(candidate * TOTP_SECONDS), code
        ):
            account.totp_step = candidate
            return True
    return False


def _is_let_in(account_id: UUID | None) -> bool:
    """Whether all roles that an account ever held sign in here: its keys may outlast its role."""
    roles = current_app.extensions["roles_let_in"]
    if roles is None:
        return True
    query = select(AccountRole.role).where(AccountRole.account_id == account_id)
    held = set(db.session.scalars(query))
    return bool(held) and held <= roles


def _holds_keys() -> bool:
    """Whether accounts that sign in here may hold keys of cases."""
    return current_app.extensions["roles_let_in"] is None


def _forget_expired(account_id: UUID) -> None:
    """A cookie left in some browser opens nothing later, even beside a copy of the database."""
    idle = timedelta(minutes=current_app.config["SETTINGS"].idle_minutes)
    expired = (AccountSession.account_id == account_id) & (AccountSession.seen_at < now() - idle)
    db.session.execute(update(AccountSession).where(expired).values(sealed_secret=None))


def _find(token: str) -> Any:
    row = db.session.execute(
        select(
            AccountSession.id,
            AccountSession.account_id,
            AccountSession.sealed_secret,
            AccountSession.started_at,
            AccountSession.seen_at,
            AccountSession.ended_at,
            AccountSession.awaits_code,
            Account.username,
            Account.display_name,
            Account.disabled_at,
            Account.expires_on,
            Account.must_change_password,
        )
        .join(Account, Account.id == AccountSession.account_id)
        .where(AccountSession.token_digest == _digest(token))
    ).first()
    # A browser sends it to every server of one name, whatever its port.
    return row if row and _is_let_in(row.account_id) else None


def _signed_in(row: Any, secret: bytes) -> SignedIn:
    identity = Identity(row.account_id, row.username, row.display_name, held_roles(row.account_id))
    g.identity, g.account_id, g.secret = identity, row.account_id, secret
    g.keyring = Keyring(row.account_id, secret)
    g.must_change_password = row.must_change_password
    return SignedIn(identity)


def _touch(session_id: UUID) -> None:
    with apart() as session:
        session.execute(
            update(AccountSession).where(AccountSession.id == session_id).values(seen_at=now())
        )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _token_key(token: str) -> bytes:
    return envelope.derive(token.encode(), "session")
