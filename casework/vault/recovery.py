"""Opening a case for somebody who was not entrusted with it, by one who holds the organisation's
recovery key.

The organisation's private half stands in a file off the machine. A command wraps it for one
data-protection officer; with it and the database that officer could open everything, which is why
an opening takes two people and leaves rows in the log. It is used inside one request and forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, insert, select

from casework.core.clock import now
from casework.core.database import db
from casework.vault.grants import (
    GRANT_COLUMNS,
    Compartment,
    Grant,
    Keyring,
    NoKey,
    Use,
    current_keyring,
    unexpired,
    wrap_for,
)
from casework.vault.locks import Holder


@dataclass(frozen=True, slots=True)
class Entrusted:
    """Who holds the organisation's private half, since when."""

    holder_id: UUID
    since: datetime


def entrust_recovery(organisation_secret: bytes, officer: UUID, *, by: UUID | None) -> bool:
    """Wrap the organisation's private half for an officer. False when it is no key of this
    database's organisation.
    """
    public = X25519PrivateKey.from_private_bytes(organisation_secret).public_key()
    raw = public.public_bytes_raw()
    organisation = db.session.scalar(
        select(Holder.id).where(Holder.is_organisation, Holder.public_key == raw)
    )
    if organisation is None:
        return False
    db.session.execute(
        delete(Grant).where(Grant.subject_id == organisation, Grant.holder_id == officer)
    )
    db.session.execute(
        insert(Grant).values(recovery_grant(organisation, organisation_secret, officer, by))
    )
    return True


def recovery_grant(
    organisation: UUID, secret: bytes, officer: UUID, by: UUID | None
) -> dict[str, Any]:
    """The row that entrusts an officer with the organisation's private half. The key that it holds
    is the organisation's own, so its id is too.
    """
    public_key = db.session.get_one(Holder, officer).public_key
    return {
        "id": uuid4(),
        "data_key_id": organisation,
        "subject_id": organisation,
        "compartment": Compartment.RECOVERY,
        "holder_id": officer,
        "use": Use.READ,
        "is_hpke": True,
        "wrapped": wrap_for(public_key, organisation, officer, Use.READ, secret),
        "granted_by": by,
        "granted_at": now(),
        "expires_at": None,
    }


def withdraw_recovery(officer: UUID) -> bool:
    """Delete what the officer holds of the organisation. False when there was nothing."""
    held = (Grant.holder_id == officer, Grant.compartment == Compartment.RECOVERY)
    found = db.session.scalars(select(Grant.id).where(*held)).all()
    db.session.execute(delete(Grant).where(*held))
    return bool(found)


def list_entrusted() -> Sequence[Entrusted]:
    """Everybody who holds the organisation's private half."""
    organisations = select(Holder.id).where(Holder.is_organisation)
    query = (
        select(Grant.holder_id, Grant.granted_at)
        .where(
            Grant.subject_id.in_(organisations),
            Grant.compartment == Compartment.RECOVERY,
        )
        .order_by(Grant.granted_at)
    )
    return [Entrusted(holder, at) for holder, at in db.session.execute(query)]


def open_for(
    subject_id: UUID, compartment: Compartment, to: UUID, *, until: datetime, by: UUID | None
) -> None:
    """Wrap one compartment's keys of a subject for somebody, until a time, to read with alone.

    Raises NoKey when the current holder is not entrusted with the organisation's private half, or
    when the organisation holds no key of this compartment.
    """
    public_key = db.session.get_one(Holder, to).public_key
    keys = _keys_of(subject_id, compartment)
    if not keys:
        raise NoKey("no key of the organisation opens this")
    forget_emergencies(to, subject_id, compartment)
    rows = [
        {
            "id": uuid4(),
            "data_key_id": key_id,
            "subject_id": subject_id,
            "compartment": compartment,
            "holder_id": to,
            "use": Use.EMERGENCY,
            "is_hpke": True,
            "wrapped": wrap_for(public_key, key_id, to, Use.EMERGENCY, key, until),
            "granted_by": by,
            "granted_at": now(),
            "expires_at": until,
        }
        for key_id, key in keys.items()
    ]
    db.session.execute(insert(Grant), rows)


def forget_emergencies(
    holder_id: UUID, subject_id: UUID | None = None, compartment: Compartment | None = None
) -> None:
    """Delete what a holder was given for emergencies: of one subject's compartment, or at all."""
    query = delete(Grant).where(Grant.holder_id == holder_id, Grant.use == Use.EMERGENCY)
    if subject_id is not None:
        query = query.where(Grant.subject_id == subject_id)
    if compartment is not None:
        query = query.where(Grant.compartment == compartment)
    db.session.execute(query)


def forget_expired(holder_ids: Sequence[UUID] | None = None) -> int:
    """Delete grants whose end has passed, of some holders or of everybody. Returns how many."""
    expired = [~unexpired()]
    if holder_ids is not None:
        expired.append(Grant.holder_id.in_(holder_ids))
    found = db.session.scalars(select(Grant.id).where(*expired)).all()
    if found:
        db.session.execute(delete(Grant).where(Grant.id.in_(found)))
    return len(found)


def _keys_of(subject_id: UUID, compartment: Compartment) -> dict[UUID, bytes]:
    """The keys of a compartment, old ones too, as the organisation's grants hold them."""
    keys: dict[UUID, bytes] = {}
    for organisation, secret in _secrets().items():
        rows = db.session.execute(
            select(*GRANT_COLUMNS).where(
                Grant.holder_id == organisation,
                Grant.subject_id == subject_id,
                Grant.compartment == compartment,
                Grant.use == Use.READ,
            )
        )
        ring = Keyring(organisation, secret)
        for key_id, _subject, _compartment, use, is_hpke, wrapped in rows.all():
            keys[key_id] = ring.unwrap(key_id, use, is_hpke, wrapped)
    return keys


def _secrets() -> dict[UUID, bytes]:
    """The private halves that the current holder is entrusted with. Raises NoKey for none."""
    ring = current_keyring()
    rows = db.session.execute(
        select(*GRANT_COLUMNS).where(
            Grant.holder_id == ring.holder_id, Grant.compartment == Compartment.RECOVERY
        )
    ).all()
    if not rows:
        raise NoKey("not entrusted with the organisation's key")
    return {
        key_id: ring.unwrap(key_id, use, is_hpke, wrapped)
        for key_id, _subject, _compartment, use, is_hpke, wrapped in rows
    }
