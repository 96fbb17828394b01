"""What is outside the usual. Usual is what those entrusted with a case do with it by day while it
is open, or in the week after it was closed; and that a coordinator sees its code and dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from casework.confidential.looks.models import Deed, Oddity
from casework.core.audit import Outcome
from casework.core.clock import VIETNAM

NIGHT_FROM, NIGHT_UNTIL = 22, 5
AFTER_CLOSING = timedelta(days=7)
TAKES_OUT = (".print", ".export")


@dataclass(frozen=True, slots=True)
class Trust:
    """A case entrusted to an account from a day until a day."""

    account_id: UUID
    from_on: date
    until_on: date | None

    def covers(self, account_id: UUID | None, on: date) -> bool:
        """Whether it was this account's on the day; the day it is handed over is still its."""
        lasting = self.until_on is None or on <= self.until_on
        return self.account_id == account_id and self.from_on <= on and lasting


def oddity_of(
    action: str,
    outcome: str,
    actor_id: UUID | None,
    at: datetime,
    *,
    trusts: Sequence[Trust],
    closed_on: date | None,
) -> Oddity | None:
    """Why a deed stands out; None when it is usual. The gravest reason is the one told."""
    if outcome == Outcome.REFUSED:
        return Oddity.REFUSED
    if action.startswith("emergency."):
        return Oddity.EMERGENCY
    local = at.astimezone(VIETNAM)
    if not any(trust.covers(actor_id, local.date()) for trust in trusts):
        if action.endswith(TAKES_OUT):
            return Oddity.TAKEN_OUT
        return None if action == Deed.CASE_OVERVIEW else Oddity.STRANGER
    if local.hour >= NIGHT_FROM or local.hour < NIGHT_UNTIL:
        return Oddity.NIGHT
    if closed_on is not None and local.date() > closed_on + AFTER_CLOSING:
        return Oddity.LONG_CLOSED
    return None
