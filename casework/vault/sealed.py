"""Sealed columns: an attribute that reads and writes a text, above a column that holds only
ciphertext.

    name_sealed: Mapped[bytes | None] = identifier()
    name = Sealed("name_sealed", Compartment.IDENTITY)

The model says whose key it is: `subject_id` is the id of the case or group. What does not open
raises, and a page shows `Unreadable` in its place and goes on.
"""

from typing import Any, Protocol
from uuid import UUID

from flask import current_app

from casework.vault import envelope
from casework.vault.grants import Compartment, Keyring, NoKey, current_keyring


class HasSubject(Protocol):
    """A row whose texts are sealed under a subject's keys."""

    id: UUID
    __tablename__: str

    @property
    def subject_id(self) -> UUID: ...


class Unreadable(str):
    """Stands where a text was tampered with or its key is missing. It is false, so templates can
    say so.
    """

    __slots__ = ()


UNREADABLE = Unreadable("")


class SealedBytes:
    """Bytes kept as ciphertext in another column, such as a file. Reading raises CannotOpen or
    NoKey: a file that does not open has nothing to show in its place.
    """

    def __init__(self, column: str, compartment: Compartment) -> None:
        self.column, self.compartment = column, compartment

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        sealed: bytes = getattr(row, self.column) or b""
        key = current_keyring().opening_key(row.subject_id, envelope.key_id_of(sealed))
        return envelope.unseal(sealed, key, self._binding(row))

    def __set__(self, row: HasSubject, content: bytes | None) -> None:
        if content is None:
            setattr(row, self.column, None)
            return
        key_id, key = current_keyring().sealing_key(row.subject_id, self.compartment)
        setattr(row, self.column, envelope.seal(content, key, key_id, self._binding(row)))

    def _binding(self, row: HasSubject) -> bytes:
        return envelope.Place(row.__tablename__, self.column, row.id, self.compartment).binding()


class HasId(Protocol):
    """A row whose texts the program seals itself."""

    id: UUID
    __tablename__: str


class Peppered:
    """A text about a case that people without its keys must write and read, such as why it was
    opened out of turn: ciphertext for a thief of the database, under a key derived from the pepper
    that stands outside of it. Who may read it the program decides.
    """

    compartment = "program"

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        sealed: bytes | None = getattr(row, self.column)
        if sealed is None:
            return ""
        try:
            key = self._key(row.__tablename__, row.id)
            return envelope.unseal(sealed, key, self._binding(row.__tablename__, row.id)).decode()
        except envelope.CannotOpen:
            return UNREADABLE

    def __set__(self, row: HasId, text: str | None) -> None:
        setattr(row, self.column, self.seal(text, row.__tablename__, row.id))

    def seal(self, text: str | None, table: str, row_id: UUID) -> bytes | None:
        """The ciphertext of one row's text; none of no text."""
        if not text:
            return None
        key, binding = self._key(table, row_id), self._binding(table, row_id)
        return envelope.seal(text.encode(), key, row_id, binding)

    def _key(self, table: str, row_id: UUID) -> bytes:
        pepper: bytes = current_app.config["SETTINGS"].pepper
        return envelope.derive(pepper, f"texts of {table}", row_id.bytes)

    def _binding(self, table: str, row_id: UUID) -> bytes:
        return envelope.Place(table, self.column, row_id, self.compartment).binding()


class Sealed:
    """A text attribute kept as ciphertext in another column."""

    def __init__(self, column: str, compartment: Compartment) -> None:
        self.column, self.compartment = column, compartment

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        sealed, table = getattr(row, self.column), type(row).__tablename__
        return self.open(current_keyring(), sealed, row.subject_id, table, row.id)

    def __set__(self, row: HasSubject, text: str | None) -> None:
        """Seal a text. Saving nothing where a text does not open leaves that text as it is."""
        if not text:
            if not isinstance(self.__get__(row), Unreadable):
                setattr(row, self.column, None)
            return
        key_id, key = current_keyring().sealing_key(row.subject_id, self.compartment)
        binding = self.place(row.__tablename__, row.id).binding()
        setattr(row, self.column, envelope.seal(text.encode(), key, key_id, binding))

    def open(
        self, ring: Keyring, sealed: bytes | None, subject_id: UUID, table: str, row_id: UUID
    ) -> str:
        """The text of one row; UNREADABLE when it's not genuine here or the key is missing."""
        if sealed is None:
            return ""
        try:
            key = ring.opening_key(subject_id, envelope.key_id_of(sealed))
            return envelope.unseal(sealed, key, self.place(table, row_id).binding()).decode()
        except (envelope.CannotOpen, NoKey):
            return UNREADABLE

    def place(self, table: str, row_id: UUID) -> envelope.Place:
        """Where this attribute's ciphertext of a row stands."""
        return envelope.Place(table, self.column, row_id, self.compartment)
