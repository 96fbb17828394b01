"""The sealed form of a text: version | algorithm | key id | nonce | ciphertext.

The place it stands in (table, column, row, compartment) is authenticated with it, so a ciphertext
moved elsewhere does not open. Plaintext is padded to buckets, so its length tells little.
Everything here is pure.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION, AES_256_GCM = 1, 1
KEY_BYTES, NONCE_BYTES = 32, 12
HEADER_BYTES = 2 + 16 + NONCE_BYTES
_KIND = bytes((VERSION, AES_256_GCM))
_LENGTH_BYTES = 4
_BUCKETS = (32, 64, 128, 256, 512, 1024, 2048, 4096)


class CannotOpen(Exception):
    """The ciphertext is not genuine, not from this place, or the key is not the right one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text stands."""

    table: str
    column: str
    row: UUID
    compartment: str

    def binding(self) -> bytes:
        """The additional data: no field can be shifted into the next, because ids and names hold no
        '|'.
        """
        return f"{self.table}|{self.column}|{self.row.hex}|{self.compartment}".encode()


def new_key() -> bytes:
    """A random data key, 32 bytes."""
    return os.urandom(KEY_BYTES)


def seal(plaintext: bytes, key: bytes, key_id: UUID, binding: bytes) -> bytes:
    """Seal bytes under a 32-byte key; `binding` says where they belong."""
    nonce = os.urandom(NONCE_BYTES)
    header = _KIND + key_id.bytes
    return header + nonce + AESGCM(key).encrypt(nonce, _pad(plaintext), header + binding)


def key_id_of(sealed: bytes) -> bytes:
    """Which key sealed it: the 16 bytes of its id. Raises CannotOpen for what is no envelope."""
    if len(sealed) < HEADER_BYTES or sealed[:2] != _KIND:
        raise CannotOpen("not an envelope of a known version")
    return sealed[2:18]


def unseal(sealed: bytes, key: bytes, binding: bytes) -> bytes:
    """Open what `seal` made. Raises CannotOpen when anything was changed or moved."""
    key_id_of(sealed)
    header, nonce = sealed[:18], sealed[18:HEADER_BYTES]
    try:
        return _unpad(AESGCM(key).decrypt(nonce, sealed[HEADER_BYTES:], header + binding))
    except InvalidTag:
        raise CannotOpen("the ciphertext is not genuine here") from None


def derive(secret: bytes, purpose: str, salt: bytes = b"") -> bytes:
    """A 32-byte key for one purpose from a secret of full entropy (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt or None, f"casework {purpose}".encode()).derive(secret)


def _pad(plaintext: bytes) -> bytes:
    needed = len(plaintext) + _LENGTH_BYTES
    size = next(
        (bucket for bucket in _BUCKETS if bucket >= needed),
        -(-needed // _BUCKETS[-1]) * _BUCKETS[-1],
    )
    return len(plaintext).to_bytes(_LENGTH_BYTES) + plaintext + bytes(size - needed)


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:_LENGTH_BYTES])
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]
