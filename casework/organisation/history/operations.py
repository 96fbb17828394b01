"""Keeping what a record said, just before it is changed."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import inspect

from casework.core.audit import Actor
from casework.core.database import Base, db
from casework.organisation.history.models import Revision

_MACHINERY = {"id", "version", "recorded_by", "recorded_at"}


def keep_revision(row: Base, kind: str, *, by: Actor, reason: str = "", **more: Any) -> None:
    """Keep the values of a row as they stand now. Call it before changing them.

    `more` are values that stand in rows of their own (the hamlets of a session), as texts.
    """
    said = {
        attribute.key: _plain(getattr(row, attribute.key))
        for attribute in inspect(type(row)).column_attrs
        if attribute.key not in _MACHINERY and attribute.key not in inspect(row).unloaded
    }
    db.session.add(
        Revision(
            id=uuid4(),
            subject_kind=kind,
            subject_id=row.id,  # type: ignore[attr-defined]
            said=json.dumps({**said, **more}, ensure_ascii=False, default=_plain),
            reason=reason,
            replaced_by=by.id,
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
