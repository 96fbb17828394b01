"""Key pairs of staff and data keys of cases and groups, made in bulk.

Nothing is weaker than in the real thing: whoever holds no grant opens nothing. Staff hold their
grants under their own symmetric key, as after their first sign-in; the organisation, whose private
half is kept elsewhere, by HPKE.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from casework.demonstration.rows import Batch, Key, Keys
from casework.vault import envelope, locks
from casework.vault.grants import Compartment, DataKey, Grant, Keyring, Use, wrap_for
from casework.vault.locks import SUITE, Holder, KeyLock, LockKind


@dataclass(frozen=True, slots=True)
class Staff:
    """An account whose private key is at hand while the demonstration is made."""

    id: UUID
    ring: Keyring


@dataclass(frozen=True, slots=True)
class Organisation:
    """The public half of the organisation's recovery key."""

    id: UUID
    public_key: bytes


class Sealing(Protocol):
    """A case, whose it is, and its keys."""

    @property
    def case_id(self) -> UUID: ...

    @property
    def counselor(self) -> Staff: ...

    @property
    def keys(self) -> Keys: ...


def make_holder(
    batch: Batch, account_id: UUID, organisation: Organisation | None, at: datetime
) -> Staff:
    """A key pair without a password: only the organisation's key opens it."""
    private = X25519PrivateKey.generate()
    secret = private.private_bytes_raw()
    public = private.public_key().public_bytes_raw()
    batch.add(Holder, id=account_id, public_key=public, is_organisation=False, made_at=at)
    if organisation:
        batch.add(
            KeyLock,
            holder_id=account_id,
            kind=LockKind.ORGANISATION,
            salt=organisation.id.bytes,
            sealed=SUITE.encrypt(
                secret,
                X25519PublicKey.from_public_bytes(organisation.public_key),
                info=locks.lock_info(account_id),  # what open_with_organisation_key expects
            ),
            made_at=at,
        )
    return Staff(account_id, Keyring(account_id, secret))


def make_keys(
    batch: Batch,
    subject_id: UUID,
    compartments: Iterable[Compartment],
    *,
    readers: Iterable[Staff],
    custodians: Iterable[Staff],
    organisation: Organisation | None,
    by: UUID,
    at: datetime,
) -> Keys:
    """Data keys of a case or group with all their grants."""
    keys = {}
    given = [(holder, Use.READ) for holder in readers]
    given += [(holder, Use.CUSTODY) for holder in custodians]
    for compartment in compartments:
        key = keys[compartment] = Key(batch.ids.new(), envelope.new_key())
        batch.add(DataKey, id=key.id, subject_id=subject_id, compartment=compartment, made_at=at)
        wrapped = [
            (holder.id, use, holder.ring.wrap(key.id, use, key.secret)) for holder, use in given
        ]
        if organisation:
            sealed = wrap_for(
                organisation.public_key, key.id, organisation.id, Use.READ, key.secret
            )
            wrapped.append((organisation.id, Use.READ, sealed))
        for holder_id, use, bytes_ in wrapped:
            batch.add(
                Grant,
                data_key_id=key.id,
                subject_id=subject_id,
                compartment=compartment,
                holder_id=holder_id,
                use=use,
                is_hpke=organisation is not None and holder_id == organisation.id,
                wrapped=bytes_,
                granted_by=by,
                granted_at=at,
                expires_at=None,
            )
    return keys


def give_keys(
    batch: Batch,
    case: Sealing,
    holder: Staff,
    use: Use,
    *,
    at: datetime,
    expires_at: datetime | None = None,
) -> None:
    """The keys of a case for one more holder, for reading or in custody."""
    for compartment, key in case.keys.items():
        batch.add(
            Grant,
            data_key_id=key.id,
            subject_id=case.case_id,
            compartment=compartment,
            holder_id=holder.id,
            use=use,
            is_hpke=False,
            wrapped=holder.ring.wrap(key.id, use, key.secret),
            granted_by=case.counselor.id,
            granted_at=at,
            expires_at=expires_at,
        )
