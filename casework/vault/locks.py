"""An account's key pair, and the locks that open its private key.

The password is checked by opening its lock: nothing else in the database tells whether a password
is right, and without the pepper, which stands outside the database, nothing can be tried at all.
"""

import os
import secrets
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID, uuid4

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy import Index, delete, select
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, db, operational
from casework.vault import envelope

# OWASP Password Storage Cheat Sheet (2025) asks Argon2id for at least m=19 MiB, t=2, p=1.
ARGON2 = {
    "time_cost": 3,
    "memory_cost": 19 * 1024,
    "parallelism": 1,
    "hash_len": 32,
    "type": Type.ID,
}
RECOVERY_CODES = 10
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class LockKind(StrEnum):
    """What opens the private key."""

    PASSWORD = "password"
    RECOVERY_CODE = "recovery_code"
    ORGANISATION = "organisation"


class Holder(Base):
    """A key pair: an account's, or the organisation's recovery key (whose private half is never
    stored).
    """

    __tablename__ = "holders"

    id: Mapped[UUID] = operational(primary_key=True)
    public_key: Mapped[bytes] = operational(nullable=False)
    is_organisation: Mapped[bool] = operational(nullable=False, default=False)
    made_at: Mapped[datetime] = operational(nullable=False, default=now)


class KeyLock(Base):
    """A holder's private key, sealed under what one lock kind derives."""

    __tablename__ = "key_locks"
    __table_args__ = (Index(None, "holder_id", "kind"),)

    id: Mapped[UUID] = operational(primary_key=True)
    holder_id: Mapped[UUID] = operational(nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    salt: Mapped[bytes] = operational(nullable=False)
    sealed: Mapped[bytes] = operational(nullable=False)
    made_at: Mapped[datetime] = operational(nullable=False, default=now)


def make_holder(holder_id: UUID, password: str, pepper: bytes) -> bytes:
    """Make a key pair locked by the password, and by the organisation's key where there is one.
    Returns the private key.
    """
    private = X25519PrivateKey.generate()
    secret = private.private_bytes_raw()
    db.session.add(Holder(id=holder_id, public_key=private.public_key().public_bytes_raw()))
    set_password(holder_id, secret, password, pepper)
    organisation = find_organisation()
    if organisation is not None:
        sealed = SUITE.encrypt(secret, _public(organisation.public_key), info=lock_info(holder_id))
        db.session.add(_lock(holder_id, LockKind.ORGANISATION, organisation.id.bytes, sealed))
    return secret


def set_password(holder_id: UUID, secret: bytes, password: str, pepper: bytes) -> None:
    """Seal the private key under a new password. The old password's lock is gone."""
    db.session.execute(
        delete(KeyLock).where(KeyLock.holder_id == holder_id, KeyLock.kind == LockKind.PASSWORD)
    )
    salt = os.urandom(16)
    key = password_key(password, salt, pepper)
    db.session.add(_lock(holder_id, LockKind.PASSWORD, salt, _seal(secret, key, holder_id)))


def open_with_password(holder_id: UUID | None, password: str, pepper: bytes) -> bytes | None:
    """The private key, or None. An unknown holder costs the same time as a wrong password."""
    lock = None
    if holder_id is not None:
        lock = db.session.scalar(
            select(KeyLock).where(KeyLock.holder_id == holder_id, KeyLock.kind == LockKind.PASSWORD)
        )
    salt, sealed = (lock.salt, lock.sealed) if lock else (bytes(16), _nobodys_lock())
    # The derivation takes tens of milliseconds; the write lock of SQLite is not kept meanwhile.
    db.session.rollback()
    key = password_key(password, salt, pepper)
    return _unseal(sealed, key, holder_id or UUID(int=0))


def make_recovery_codes(holder_id: UUID, secret: bytes, pepper: bytes) -> list[str]:
    """Ten new codes, shown once; earlier ones stop working."""
    db.session.execute(
        delete(KeyLock).where(
            KeyLock.holder_id == holder_id, KeyLock.kind == LockKind.RECOVERY_CODE
        )
    )
    codes = [_code() for _ in range(RECOVERY_CODES)]
    for code in codes:
        salt = os.urandom(16)
        sealed = _seal(secret, _code_key(code, salt, pepper), holder_id)
        db.session.add(_lock(holder_id, LockKind.RECOVERY_CODE, salt, sealed))
    return codes


def open_with_recovery_code(holder_id: UUID, code: str, pepper: bytes) -> bytes | None:
    """The private key, or None. The code's lock is used up."""
    wanted = code.upper().replace("-", "").replace(" ", "")
    locks = select(KeyLock).where(
        KeyLock.holder_id == holder_id, KeyLock.kind == LockKind.RECOVERY_CODE
    )
    for lock in db.session.scalars(locks):
        secret = _unseal(lock.sealed, _code_key(wanted, lock.salt, pepper), holder_id)
        if secret is not None:
            db.session.delete(lock)
            return secret
    return None


def count_recovery_codes(holder_id: UUID) -> int:
    """How many codes are left."""
    locks = select(KeyLock.id).where(
        KeyLock.holder_id == holder_id, KeyLock.kind == LockKind.RECOVERY_CODE
    )
    return len(db.session.scalars(locks).all())


def make_organisation_key() -> tuple[Holder, bytes]:
    """The organisation's recovery key pair. The private half is for the caller to hand over; it's
    stored nowhere.
    """
    private = X25519PrivateKey.generate()
    holder = Holder(
        id=uuid4(), public_key=private.public_key().public_bytes_raw(), is_organisation=True
    )
    db.session.add(holder)
    return holder, private.private_bytes_raw()


def find_organisation() -> Holder | None:
    """The organisation's newest recovery key."""
    return db.session.scalar(
        select(Holder).where(Holder.is_organisation).order_by(Holder.made_at.desc()).limit(1)
    )


def open_with_organisation_key(holder_id: UUID, organisation_secret: bytes) -> bytes | None:
    """The private key of an account, opened by the organisation's, or None."""
    locks = select(KeyLock).where(
        KeyLock.holder_id == holder_id, KeyLock.kind == LockKind.ORGANISATION
    )
    private = X25519PrivateKey.from_private_bytes(organisation_secret)
    for lock in db.session.scalars(locks):
        try:
            return SUITE.decrypt(lock.sealed, private, info=lock_info(holder_id))
        except InvalidTag:
            continue
    return None


def replace_keys(holder_id: UUID, password: str, pepper: bytes) -> bytes:
    """A new key pair after everything that opened the old one is lost. All grants to the old key
    are dead.
    """
    db.session.execute(delete(KeyLock).where(KeyLock.holder_id == holder_id))
    db.session.execute(delete(Holder).where(Holder.id == holder_id))
    db.session.flush()
    return make_holder(holder_id, password, pepper)


def password_key(password: str, salt: bytes, pepper: bytes) -> bytes:
    """Argon2id over the password, then HKDF with the pepper."""
    stretched = hash_secret_raw(password.encode(), salt, **ARGON2)  # type: ignore[arg-type]
    return envelope.derive(stretched + pepper, "password lock", salt)


def _code_key(code: str, salt: bytes, pepper: bytes) -> bytes:
    # A code has 99 bits of entropy: no stretching is needed.
    return envelope.derive(code.encode() + pepper, "recovery lock", salt)


def _code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))


def _lock(holder_id: UUID, kind: LockKind, salt: bytes, sealed: bytes) -> KeyLock:
    return KeyLock(holder_id=holder_id, kind=kind, salt=salt, sealed=sealed)


def lock_info(holder_id: UUID) -> bytes:
    """What the organisation's lock of a holder is bound to."""
    return b"casework organisation lock|" + holder_id.bytes


def _binding(holder_id: UUID) -> bytes:
    return b"key_locks|" + holder_id.bytes


def _seal(secret: bytes, key: bytes, holder_id: UUID) -> bytes:
    return envelope.seal(secret, key, holder_id, _binding(holder_id))


def _unseal(sealed: bytes, key: bytes, holder_id: UUID) -> bytes | None:
    try:
        return envelope.unseal(sealed, key, _binding(holder_id))
    except envelope.CannotOpen:
        return None


@cache
def _nobodys_lock() -> bytes:
    return envelope.seal(bytes(32), os.urandom(32), UUID(int=0), _binding(UUID(int=0)))


def _public(raw: bytes) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(raw)
