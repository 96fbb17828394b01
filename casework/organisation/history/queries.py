"""Reading what records said earlier."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.history.models import Revision


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a record said until somebody changed it."""

    said: dict[str, Any]
    reason: str
    by: str
    until: datetime


def list_earlier(subject_ids: Sequence[UUID]) -> list[Earlier]:
    """What one or several records said earlier, newest first."""
    query = (
        select(Revision, Account.display_name)
        .outerjoin(Account, Account.id == Revision.replaced_by)
        .where(Revision.subject_id.in_(subject_ids))
        .order_by(Revision.replaced_at.desc())
    )
    return [
        Earlier(json.loads(revision.said), revision.reason, name or "", revision.replaced_at)
        for revision, name in db.session.execute(query)
    ]
