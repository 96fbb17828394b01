"""Text that met an expired session is kept for its owner, sealed to the owner's public key, and
offered when its owner has signed in again, until the form is saved.

Nothing stays in the browser, where the next person at a shared computer would find it.
"""

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Index, delete, select
from sqlalchemy.orm import Mapped
from werkzeug.datastructures import MultiDict

from casework.core.clock import now
from casework.core.database import Base, apart, db, operational
from casework.vault.locks import SUITE, Holder

KEPT_FOR = timedelta(days=7)


class KeptForm(Base):
    """A form that could not be saved, sealed to its owner."""

    __tablename__ = "kept_forms"
    __table_args__ = (Index(None, "holder_id", "address"),)

    id: Mapped[UUID] = operational(primary_key=True)
    holder_id: Mapped[UUID] = operational(nullable=False)
    address: Mapped[str] = operational(nullable=False)
    sealed: Mapped[bytes] = operational(nullable=False)
    at: Mapped[datetime] = operational(nullable=False)


def keep(holder_id: UUID, address: str, fields: list[tuple[str, str]]) -> None:
    """Seal what was typed at an address; an earlier text of the same address gives way."""
    public = db.session.scalar(select(Holder.public_key).where(Holder.id == holder_id))
    if public is None or not fields:
        return
    row_id = uuid4()
    text = json.dumps(fields).encode()
    sealed = SUITE.encrypt(
        text, X25519PublicKey.from_public_bytes(public), info=_info(row_id, holder_id)
    )
    db.session.rollback()
    with apart() as session:
        session.execute(
            delete(KeptForm).where(KeptForm.holder_id == holder_id, KeptForm.address == address)
        )
        session.execute(delete(KeptForm).where(KeptForm.at < now() - KEPT_FOR))
        session.add(
            KeptForm(id=row_id, holder_id=holder_id, address=address, sealed=sealed, at=now())
        )


def find(holder_id: UUID, secret: bytes, address: str) -> MultiDict[str, str] | None:
    """The text kept for an address. It stays until the form is saved (`forget`) or a week has
    gone.
    """
    query = select(KeptForm).where(KeptForm.holder_id == holder_id, KeptForm.address == address)
    kept = db.session.scalar(query)
    if kept is None:
        return None
    try:
        private = X25519PrivateKey.from_private_bytes(secret)
        return MultiDict(
            json.loads(SUITE.decrypt(kept.sealed, private, info=_info(kept.id, holder_id)))
        )
    except InvalidTag:
        return None


def forget(holder_id: UUID, address: str) -> None:
    """The form was saved: its kept text is out of date."""
    db.session.execute(
        delete(KeptForm).where(KeptForm.holder_id == holder_id, KeptForm.address == address)
    )


def forget_about(subject_id: UUID) -> None:
    """What anybody typed at an address of this record is gone with it."""
    about = KeptForm.address.contains(str(subject_id), autoescape=True)
    db.session.execute(delete(KeptForm).where(about))


def _info(row_id: UUID, holder_id: UUID) -> bytes:
    return b"casework kept form|" + row_id.bytes + holder_id.bytes
