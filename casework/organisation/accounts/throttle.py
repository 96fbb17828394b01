"""Slows guessing down without letting a stranger lock somebody out.

Counted per name and address together, per address, and per name over all addresses. The last two
limits spare an account at addresses from which it signed in during the last thirty days, so neither
flooding its name from elsewhere nor flooding its office's address shuts it out.
"""

import hashlib
import hmac
from datetime import timedelta

from flask import current_app, request
from sqlalchemy import delete, func, select

from casework.core.clock import now
from casework.core.database import apart, db
from casework.organisation.accounts.models import SignInAttempt

WINDOW = timedelta(minutes=15)
PAIR_LIMIT, ADDRESS_LIMIT, NAME_LIMIT = 5, 60, 40
KNOWN_FOR = timedelta(days=30)


def is_throttled(username: str) -> bool:
    """Whether this name may not be tried from the request's address for now."""
    digest, since = _digest(username), now() - WINDOW
    failed = select(func.count()).where(SignInAttempt.at > since, ~SignInAttempt.succeeded)
    here = SignInAttempt.address == _address()
    named = SignInAttempt.name_digest == digest
    known = select(func.count()).where(
        SignInAttempt.at > now() - KNOWN_FOR, SignInAttempt.succeeded, here, named
    )
    pair, at_address, at_name, known_here = db.session.execute(
        select(
            failed.where(here, named).scalar_subquery(),
            failed.where(here).scalar_subquery(),
            failed.where(named).scalar_subquery(),
            known.scalar_subquery(),
        )
    ).one()
    flooded = at_address >= ADDRESS_LIMIT or at_name >= NAME_LIMIT
    return bool(pair >= PAIR_LIMIT or (flooded and not known_here))


def note_failure(username: str) -> None:
    """Remember a failed try at once, whatever becomes of the request.

    The request must not be writing yet.
    """
    with apart() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.at < now() - KNOWN_FOR))
        session.add(_attempt(username, succeeded=False))


def note_success(username: str) -> None:
    """With the sign-in, not before: forgive earlier failures of this name from this address.

    A right password that still awaits its one-time code is no success, or codes could be guessed
    without end.
    """
    db.session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.name_digest == _digest(username),
            SignInAttempt.address == _address(),
            ~SignInAttempt.succeeded,
        )
    )
    db.session.add(_attempt(username, succeeded=True))


def _attempt(username: str, *, succeeded: bool) -> SignInAttempt:
    name = _digest(username)
    return SignInAttempt(at=now(), name_digest=name, address=_address(), succeeded=succeeded)


def _address() -> str:
    return request.remote_addr or ""


def _digest(username: str) -> str:
    pepper = current_app.config["SETTINGS"].pepper
    return hmac.new(pepper, username.casefold().encode(), hashlib.sha256).hexdigest()
