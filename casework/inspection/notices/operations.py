"""Putting news away: up to a moment, never back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from casework.core.clock import now
from casework.core.database import db
from casework.inspection.notices.models import NewsSeen


def note_seen(account_id: UUID, until: datetime) -> None:
    """The account knows what came until a moment: that of the newest it was shown, so that nothing
    that came meanwhile is put away unread.
    """
    until = min(until, now())
    row = db.session.scalar(select(NewsSeen).where(NewsSeen.account_id == account_id))
    if row is None:
        db.session.add(NewsSeen(account_id=account_id, seen_at=until))
    elif row.seen_at < until:
        row.seen_at = until
