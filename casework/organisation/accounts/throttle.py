"""Slows guessing down without letting a stranger lock somebody out.

Counted per name and address together, per address, and per name over all addresses. The last limit spares addresses
from which the account signed in during the last thirty days, so flooding a name from elsewhere shuts nobody out.
"""

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import delete, func, select

from casework.core.clock import now
from casework.core.database import apart, db
from casework.organisation.accounts.models import SignInAttempt

WINDOW = timedelta(minutes=15)
PAIR_LIMIT, ADDRESS_LIMIT, NAME_LIMIT = 5, 60, 40
KNOWN_FOR = timedelta(days=30)


def is_throttled(username: str, address: str, pepper: bytes) -> bool:
    """Whether this name may not be tried from this address for now."""
    digest, since = _digest(username, pepper), now() - WINDOW
    failed = select(func.count()).where(SignInAttempt.at > since, ~SignInAttempt.succeeded)
    here = SignInAttempt.address == address
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
    return (
        pair >= PAIR_LIMIT
        or at_address >= ADDRESS_LIMIT
        or (at_name >= NAME_LIMIT and not known_here)
    )


def note_attempt(username: str, address: str, pepper: bytes, *, succeeded: bool) -> None:
    """Remember a try; a success forgives earlier failures of the same name from the same address."""
    digest = _digest(username, pepper)
    with apart() as session:
        session.execute(delete(SignInAttempt).where(SignInAttempt.at < now() - KNOWN_FOR))
        if succeeded:
            session.execute(
                delete(SignInAttempt).where(
                    SignInAttempt.name_digest == digest,
                    SignInAttempt.address == address,
                    ~SignInAttempt.succeeded,
                )
            )
        session.add(
            SignInAttempt(at=now(), name_digest=digest, address=address, succeeded=succeeded)
        )


def _digest(username: str, pepper: bytes) -> str:
    return hmac.new(pepper, username.casefold().encode(), hashlib.sha256).hexdigest()
