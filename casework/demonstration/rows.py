"""Collects the rows of one unit, seals their texts, and inserts them in bulk.

A bulk insert knows no attributes, so what `Sealed` does at one is done here on the row that
is being built, for the same place and under the same key: it opens like everything else.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from casework.core.database import Base
from casework.vault import envelope
from casework.vault.grants import Compartment
from casework.vault.sealed import Peppered, Sealed

Row = dict[str, Any]
UNIT_SHIFT = 96


@dataclass(frozen=True, slots=True)
class Key:
    """A data key."""

    id: UUID
    secret: bytes


Keys = Mapping[Compartment, Key]


class Ids:
    """Ids of one unit's rows. They begin with its number: a large load fills indexes in order."""

    def __init__(self, rng: Random, ordinal: int) -> None:
        self._rng, self._unit = rng, ordinal << UNIT_SHIFT

    def new(self) -> UUID:
        """A new id."""
        return UUID(int=self._unit | self._rng.getrandbits(UNIT_SHIFT), version=4)


class Batch:
    """Rows waiting to be inserted: what others point to goes first."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self._rows: dict[type[Base], list[Row]] = defaultdict(list)

    def add(self, model: type[Base], **values: Any) -> Row:
        """A row of a table, with a new id unless it has one. Name every column, always."""
        row = values if "id" in values else {"id": self.ids.new(), **values}
        self._rows[model].append(row)
        return row

    def rows_of(self, model: type[Base]) -> list[Row]:
        """The rows of a table that wait."""
        return self._rows[model]

    def write(self, connection: Connection) -> int:
        """Insert everything and begin anew. Returns how many rows."""
        count = 0
        for model, rows in sorted(self._rows.items(), key=lambda pair: _places()[pair[0]]):
            connection.execute(insert(model), rows)
            count += len(rows)
        self._rows.clear()
        return count


@cache
def _places() -> dict[type[Base], int]:
    """The order of tables in which no key points to a row that is not there yet."""
    places = {str(table): place for place, table in enumerate(Base.metadata.sorted_tables)}
    return {mapper.class_: places[str(mapper.local_table)] for mapper in Base.registry.mappers}


def seal(row: Row, model: type[Base], attribute: str, text: str, keys: Keys) -> None:
    """Put a text into a row as the model's attribute would."""
    place: Sealed = getattr(model, attribute)
    key = keys[place.compartment]
    binding = place.place(model.__tablename__, row["id"]).binding()
    row[place.column] = envelope.seal(text.encode(), key.secret, key.id, binding) if text else None


def pepper(row: Row, model: type[Base], attribute: str, text: str) -> None:
    """Put a text that the program seals into a row as the model's attribute would."""
    place: Peppered = getattr(model, attribute)
    row[place.column] = place.seal(text, model.__tablename__, row["id"])
