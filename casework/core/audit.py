"""Who did what to which record, and when: append-only, hash-chained, in the same transaction as the
change.

Rows hold ids and codes, never text that people typed. Reading a case leaves a row too, in a
transaction
of its own that is finished before the page is shown: no row means no read.
"""

import hashlib
import json
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, g, has_request_context
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Index, event, insert, select, text  # noqa: TID251 - the advisory lock below
from sqlalchemy.orm import Mapped, Session

from casework.core.clock import now
from casework.core.database import Base, apart, db, operational
from casework.core.labels import Labelled

GENESIS = "0" * 64
_CHAIN_LOCK = 7_204_119


class Outcome(Labelled):
    """Whether what was tried was done."""

    DONE = "done", _l("done")
    READ = "read", _l("read")
    REFUSED = "refused", _l("refused")


@dataclass(frozen=True, slots=True)
class Actor:
    """The account that acts. `system` is a command typed at the server."""

    id: UUID | None
    name: str = ""


SYSTEM = Actor(None, "system")


class AuditEntry(Base):
    """One row of the log. `position` runs 1, 2, 3 … without a gap."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "subject_id", "at"),)

    position: Mapped[int] = operational(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = operational(nullable=False)
    actor_id: Mapped[UUID | None] = operational(index=True)
    action: Mapped[str] = operational(nullable=False)
    outcome: Mapped[str] = operational(nullable=False)
    subject_kind: Mapped[str] = operational(nullable=False)
    subject_id: Mapped[UUID | None] = operational()
    unit_id: Mapped[UUID | None] = operational()
    detail: Mapped[str] = operational(nullable=False)
    previous: Mapped[str] = operational(nullable=False)
    digest: Mapped[str] = operational(nullable=False)

    @property
    def outcome_label(self) -> str:
        """The outcome's word on screens."""
        return Outcome(self.outcome).label


def record(
    action: str,
    kind: str,
    subject_id: UUID | None,
    *,
    by: Actor,
    unit_id: UUID | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Note a change; it's written when the change is committed, or not at all."""
    entry = _entry(action, Outcome.DONE, kind, subject_id, by, unit_id, detail)
    db.session.info.setdefault("audit", []).append(entry)


def record_read(
    action: str,
    kind: str,
    subject_ids: Iterable[UUID | None],
    *,
    by: Actor,
    unit_id: UUID | None = None,
) -> None:
    """Note that records were read, before they are shown. Raises when the log can't be written."""
    _note_reads(
        [
            _entry(action, Outcome.READ, kind, subject_id, by, unit_id, {})
            for subject_id in subject_ids
        ]
    )


def record_list(action: str, kind: str, subject_ids: Sequence[UUID], *, by: Actor) -> None:
    """Note that a list was read, before it is shown: one row, which holds the records' ids."""
    if len(subject_ids) == 1:
        record_read(action, kind, subject_ids, by=by)
    elif subject_ids:
        ids = " ".join(subject_id.hex for subject_id in subject_ids)
        _note_reads([_entry(action, Outcome.READ, kind, None, by, None, {"ids": ids})])


def record_refusal(
    action: str, kind: str, subject_id: UUID | None, *, by: Actor, **detail: str
) -> None:
    """Note that something was refused, whatever becomes of the request."""
    db.session.rollback()
    _write_apart([_entry(action, Outcome.REFUSED, kind, subject_id, by, None, detail)])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: the number of good rows and the position of the first bad one."""

    good: int
    broken_at: int | None
    head: str


def verify(session: Session, anchors: Iterable[tuple[int, str]] = ()) -> Verdict:
    """Walk the chain.

    Rows edited, removed or reordered break it; a cut tail is missed by an anchor.
    """
    expected, previous, waiting = 1, GENESIS, dict(anchors)
    with closing(_rows(session)) as rows:
        for row in rows:
            values = {key: row[key] for key in _CHAINED}
            wrong = row["position"] != expected or row["previous"] != previous
            if wrong or row["digest"] != _digest(values, previous):
                return Verdict(expected - 1, expected, previous)
            if waiting.pop(expected, row["digest"]) != row["digest"]:
                return Verdict(expected - 1, expected, previous)
            expected, previous = expected + 1, row["digest"]
    missing = min(waiting, default=None)
    return Verdict(expected - 1, missing, previous)


def head(session: Session) -> tuple[int, str]:
    """Position and digest of the newest row."""
    newest = session.execute(
        select(AuditEntry.position, AuditEntry.digest).order_by(AuditEntry.position.desc()).limit(1)
    ).first()
    return (newest[0], newest[1]) if newest else (0, GENESIS)


_CHAINED = (
    "position",
    "at",
    "actor_id",
    "action",
    "outcome",
    "subject_kind",
    "subject_id",
    "unit_id",
    "detail",
)


def _entry(
    action: str,
    outcome: Outcome,
    kind: str,
    subject: UUID | None,
    by: Actor,
    unit: UUID | None,
    detail: Any,
) -> dict[str, Any]:
    return {
        "at": now(),
        "actor_id": by.id,
        "action": action,
        "outcome": str(outcome),
        "subject_kind": kind,
        "subject_id": subject,
        "unit_id": unit,
        "detail": json.dumps(detail, sort_keys=True) if detail else "",
    }


def _digest(values: dict[str, Any], previous: str) -> str:
    line = json.dumps(
        [str(values[key] or "") for key in _CHAINED if key != "at"] + [values["at"].isoformat()]
    )
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def _rows(session: Session) -> Generator[dict[str, Any], None, None]:
    with session.execute(
        select(AuditEntry.__table__).order_by(AuditEntry.position),
        execution_options={"yield_per": 2000},
    ) as rows:
        yield from (dict(row) for row in rows.mappings())


def _append(session: Session, entries: list[dict[str, Any]]) -> None:
    if session.get_bind(AuditEntry).dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    position, previous = head(session)
    for entry in entries:
        position += 1
        values = {"position": position, **entry, "previous": previous}
        previous = values["digest"] = _digest(values, previous)
        entry.update(values)
    session.execute(insert(AuditEntry), entries)


def _note_reads(entries: list[dict[str, Any]]) -> None:
    if has_request_context() and g.get("writes"):
        db.session.info.setdefault("audit", []).extend(entries)
    else:
        _write_apart(entries)


def _write_apart(entries: Iterable[dict[str, Any]]) -> None:
    written = list(entries)
    if written:
        with apart() as session:
            _append(session, written)


@event.listens_for(db.session, "before_commit")
def _write_with_the_change(session: Session) -> None:
    entries = session.info.pop("audit", None)
    if entries:
        _append(session, entries)


@event.listens_for(db.session, "after_rollback")
def _keep_reads(session: Session) -> None:
    """A refused form shows what was read while it was refused, so its reads are noted all the
    same.
    """
    entries = session.info.pop("audit", [])
    kept = session.info.setdefault("audit_reads", [])
    kept.extend(entry for entry in entries if entry["outcome"] == Outcome.READ)


def write_kept_reads(answer: Response) -> Response:
    """Write the reads of a refused change once its transaction is gone, before its page is sent."""
    _write_apart(db.session.info.pop("audit_reads", []))
    return answer
