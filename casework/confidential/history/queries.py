"""Reading what records of a case said earlier."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from casework.confidential.history.models import CaseRevision
from casework.core.database import db
from casework.organisation.accounts.models import Account


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a record said until somebody changed it; empty where it can't be opened."""

    record_id: UUID
    said: dict[str, Any]
    by: str
    until: datetime


def list_earlier(record_ids: Sequence[UUID]) -> list[Earlier]:
    """What records said earlier, newest first. Whoever passes them holds their case."""
    query = (
        select(CaseRevision, Account.display_name)
        .outerjoin(Account, Account.id == CaseRevision.replaced_by)
        .where(CaseRevision.record_id.in_(record_ids))
        .order_by(CaseRevision.replaced_at.desc())
    )
    return [
        Earlier(
            revision.record_id,
            json.loads(revision.said or revision.named or "{}"),
            name or "",
            revision.replaced_at,
        )
        for revision, name in db.session.execute(query)
    ]
