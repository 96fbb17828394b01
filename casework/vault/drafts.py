"""What is being typed is kept for its writer: sealed to the account's own public key, offered when
the form is opened again, until it is saved or thrown away, or a week has gone.

A form saves its draft while somebody types, and once more when it meets an expired session. Nothing
stays in the browser, where the next person at a shared computer would find it. One opening of a
form has one draft (its operation id says which), so that two of them never stand in one another's
way; a form that was carried out has none.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Index, delete, select
from sqlalchemy.orm import Mapped, Session
from werkzeug.datastructures import MultiDict

from casework.core.clock import now
from casework.core.database import Base, apart, db, operational
from casework.core.operations import Operation, is_carried_out
from casework.vault.locks import SUITE, Holder

KEPT_FOR = timedelta(days=7)
LARGEST = 512 * 1024
MOST = 40
# Plaintext is padded, so that its length tells little.
_BUCKET = 2048


class KeptForm(Base):
    """A form that is not saved yet, sealed to its owner."""

    __tablename__ = "kept_forms"
    __table_args__ = (Index(None, "holder_id", "address"),)

    id: Mapped[UUID] = operational(primary_key=True)
    holder_id: Mapped[UUID] = operational(nullable=False)
    address: Mapped[str] = operational(nullable=False)
    sealed: Mapped[bytes] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stood in a form, and when."""

    id: UUID
    at: datetime
    fields: MultiDict[str, str]


class TooLong(Exception):
    """More than a draft may hold."""


def keep(holder_id: UUID, address: str, fields: Sequence[tuple[str, str]]) -> bool:
    """Seal what was typed in the form of an address, in a transaction of its own.

    What the same opening of the form held before gives way. False where there is nothing to keep:
    no such account, an empty form, or one that was carried out meanwhile. Raises TooLong.
    """
    public = db.session.scalar(select(Holder.public_key).where(Holder.id == holder_id))
    operation = dict(fields).get("operation", "")
    done = is_carried_out(holder_id, operation)
    db.session.rollback()
    if public is None or not fields or done:
        return False
    text = json.dumps(fields, ensure_ascii=False).encode()
    if len(text) > LARGEST:
        raise TooLong
    row_id = _id_of(holder_id, address, operation)
    padded = text.ljust(-(-len(text) // _BUCKET) * _BUCKET)
    key = X25519PublicKey.from_public_bytes(public)
    sealed = SUITE.encrypt(padded, key, info=_info(row_id, holder_id))
    with apart() as session:
        if session.scalar(select(KeptForm.holder_id).where(KeptForm.id == row_id)) not in (
            None,
            holder_id,
        ):
            return False  # an id that somebody made up
        session.execute(delete(KeptForm).where(KeptForm.id == row_id))
        session.add(
            KeptForm(id=row_id, holder_id=holder_id, address=address, sealed=sealed, at=now())
        )
        session.flush()
        _clear(session, holder_id)
    return True


def list_drafts(holder_id: UUID, secret: bytes, address: str) -> list[Draft]:
    """What an account has not saved in the form of an address, newest first."""
    done = (Operation.account_id == holder_id) & (Operation.operation_id == KeptForm.id)
    query = (
        select(KeptForm)
        .outerjoin(Operation, done)
        .where(
            KeptForm.holder_id == holder_id,
            KeptForm.address == address,
            KeptForm.at > now() - KEPT_FOR,
            Operation.id.is_(None),
        )
        .order_by(KeptForm.at.desc())
    )
    opened = [_open(kept, secret) for kept in db.session.scalars(query)]
    return [draft for draft in opened if draft]


def forget(holder_id: UUID, address: str, operation: str) -> None:
    """The form was saved: its draft is out of date."""
    throw_away(holder_id, _id_of(holder_id, address, operation))


def throw_away(holder_id: UUID, draft_id: UUID) -> None:
    """A draft of this account is not wanted any more."""
    db.session.execute(
        delete(KeptForm).where(KeptForm.id == draft_id, KeptForm.holder_id == holder_id)
    )


def forget_about(subject_id: UUID) -> None:
    """What anybody typed at an address of this record is gone with it."""
    about = KeptForm.address.contains(str(subject_id), autoescape=True)
    db.session.execute(delete(KeptForm).where(about))


def _open(kept: KeptForm, secret: bytes) -> Draft | None:
    private = X25519PrivateKey.from_private_bytes(secret)
    try:
        text = SUITE.decrypt(kept.sealed, private, info=_info(kept.id, kept.holder_id))
    except InvalidTag:  # sealed to a key that is lost, or tampered with
        return None
    return Draft(kept.id, kept.at, MultiDict(json.loads(text)))


def _clear(session: Session, holder_id: UUID) -> None:
    """Old drafts of everybody go, and of this account all but the newest."""
    session.execute(delete(KeptForm).where(KeptForm.at < now() - KEPT_FOR))
    newest = select(KeptForm.id).where(KeptForm.holder_id == holder_id)
    newest = newest.order_by(KeptForm.at.desc()).limit(MOST)
    kept = session.scalars(newest).all()
    if len(kept) == MOST:
        session.execute(
            delete(KeptForm).where(KeptForm.holder_id == holder_id, KeptForm.id.not_in(kept))
        )


def _id_of(holder_id: UUID, address: str, operation: str) -> UUID:
    """The operation's own id, so that one statement knows which were carried out."""
    try:
        return UUID(operation)
    except ValueError:
        return uuid5(holder_id, address)


def _info(row_id: UUID, holder_id: UUID) -> bytes:
    return b"casework kept form|" + row_id.bytes + holder_id.bytes
