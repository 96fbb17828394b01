"""Keeping what a record of a case said, just before it is changed."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import delete

from casework.confidential.history.models import CaseRevision
from casework.core.audit import Actor
from casework.core.database import db


class OfCase(Protocol):
    """A row of a case."""

    id: UUID

    @property
    def case_id(self) -> UUID: ...


def keep_revision(
    row: OfCase,
    kind: str,
    attributes: Sequence[str],
    *,
    by: Actor,
    names_people: bool = False,
    **more: Any,
) -> None:
    """Keep the values of a row's attributes as they stand now, sealed texts opened and sealed anew
    together. Call it before changing them; the caller holds the key of the notes, or of who the
    person is where what is kept `names_people`.

    `more` are values that stand in rows of their own. A text that does not open is kept as none: it
    stays where it is.
    """
    said = {name: _plain(getattr(row, name)) for name in attributes} | more
    place = "named" if names_people else "said"
    db.session.add(
        CaseRevision(
            case_id=row.case_id,
            record_kind=kind,
            record_id=row.id,
            replaced_by=by.id,
            **{place: json.dumps(said, ensure_ascii=False, default=_plain)},
        )
    )


def forget_revisions(row: OfCase) -> None:
    """Drop what a row said earlier, with the row itself: for what should never have been written
    down.
    """
    db.session.execute(delete(CaseRevision).where(CaseRevision.record_id == row.id))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | None) else str(value)
