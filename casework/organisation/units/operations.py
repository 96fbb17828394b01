"""Bringing units in: official lists, and who followed whom.

A unit is named by its code and the day it began, because codes are re-used for other territory. A
unit that is already known keeps its name, kind and parent for ever, because records point to it as
it was; only its last day can be set later. Every row is checked first, and nothing is written
unless all rows are good.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import insert, select, update

from casework.core import audit
from casework.core.audit import SYSTEM, Actor
from casework.core.database import db
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of, read_sheet
from casework.organisation.units.models import (
    Cluster,
    ClusterMembership,
    Succession,
    Unit,
    UnitKind,
)

COLUMNS = ("code", "name", "kind", "valid_from", "valid_until", "parent_code", "source")
DATA = Path(__file__).with_name("data")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)
_TOP = (UnitKind.PROVINCE, UnitKind.CITY)

Key = tuple[str, date]


@dataclass
class _Unit:
    """A unit while it is being checked: from the file, or already known."""

    id: UUID
    code: str
    name: str
    kind: str
    valid_from: date
    valid_until: date | None
    parent_code: str = ""
    source: str = ""
    row: int = 0
    parent_id: UUID | None = None
    province_id: UUID | None = None

    @property
    def key(self) -> Key:
        return self.code, self.valid_from

    def holds_on(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass
class _Register:
    """All units, known and new, by code; and what is wrong with the new ones."""

    by_code: dict[str, list[_Unit]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, unit: _Unit) -> None:
        self.by_code.setdefault(unit.code, []).append(unit)

    def find(self, key: Key) -> _Unit | None:
        return next((unit for unit in self.by_code.get(key[0], ()) if unit.key == key), None)

    def find_on(self, code: str, on: date) -> _Unit | None:
        return next((unit for unit in self.by_code.get(code, ()) if unit.holds_on(on)), None)

    def find_lasting(self, code: str) -> _Unit | None:
        return next((unit for unit in self.by_code.get(code, ()) if unit.valid_until is None), None)

    def fault(self, row: int, column: str, reason: str) -> None:
        self.faults.append(Fault(row, column, reason))


@dataclass(frozen=True, slots=True)
class Imported:
    """How many units an import added, gave a last day, and already knew."""

    added: int
    ended: int
    known: int


def import_units(rows: Sequence[SheetRow], *, by: Actor) -> Imported:
    """Add the units of a list. Repeating an import changes nothing. Raises SheetRefused."""
    register = _known_units()
    new, ended = _sort(rows, register)
    for unit in new:
        _place(unit, register)
    if register.faults:
        raise SheetRefused(sorted(register.faults, key=lambda fault: fault.row))
    _write(new, ended, register)
    if new or ended:
        audit.record("units.import", "unit", None, by=by, added=len(new), ended=len(ended))
    return Imported(len(new), len(ended), len(rows) - len(new) - len(ended))


def load_built_in_units(
    province_codes: Collection[str] | None = None, *, by: Actor = SYSTEM
) -> Imported:
    """The units of 2025 (all provinces, or those with these codes of 2025), the pilot units that
    became them, who followed whom, and clusters. Repeating it changes nothing.
    """
    links = read_sheet(DATA / "successions.csv", ("predecessor_code", "successor_code"))
    wanted = None if province_codes is None else set(province_codes)
    # Pilot units stand under the provinces of their time, which became provinces of 2025.
    became = {link["predecessor_code"]: link["successor_code"] for link in links}
    rows = [
        row
        for row in read_sheet(DATA / "units.csv", COLUMNS)
        if wanted is None or row["province_code"] in wanted
    ] + [
        row
        for row in read_sheet(DATA / "pilot_units.csv", COLUMNS)
        if wanted is None or became[row["province_code"]] in wanted
    ]
    imported = import_units(rows, by=by)
    register = _known_units()
    _link(links, register)
    _cluster(read_sheet(DATA / "clusters.csv", ("province_code", "cluster", "unit_code")), register)
    return imported


def _known_units() -> _Register:
    register = _Register()
    codes: dict[UUID, str] = {}
    columns = (Unit.id, Unit.code, Unit.name, Unit.kind, Unit.valid_from, Unit.valid_until)
    rows = db.session.execute(select(*columns, Unit.parent_id, Unit.province_id)).all()
    codes.update({row.id: row.code for row in rows})
    for row in rows:
        values = dict(row._mapping)
        parent_code = codes.get(row.parent_id, "") if row.parent_id else ""
        register.add(_Unit(**values, parent_code=parent_code))
    return register


def _sort(rows: Iterable[SheetRow], register: _Register) -> tuple[list[_Unit], list[_Unit]]:
    """The units that are new, and the known ones that end."""
    new: list[_Unit] = []
    ended: list[_Unit] = []
    for row in rows:
        unit = _read(row, register)
        if unit is None:
            continue
        before = register.find(unit.key)
        if before is None:
            register.add(unit)
            new.append(unit)
        elif before.row:
            register.fault(row.number, "code", _("This unit stands twice in the file."))
        elif _ends(before, unit, register):
            before.valid_until = unit.valid_until
            ended.append(before)
    return new, ended


def _read(row: SheetRow, register: _Register) -> _Unit | None:
    """The row as a unit; None after noting its faults."""
    before = len(register.faults)
    code, name, kind = row["code"], row["name"], row["kind"]
    if not (0 < len(code) <= 20 and code.isascii() and code.isalnum()):
        register.fault(row.number, "code", _("A code has 1 to 20 letters and digits."))
    if not 0 < len(name) <= 200:
        register.fault(row.number, "name", _("A name has 1 to 200 characters."))
    if kind not in set(UnitKind):
        kinds = ", ".join(UnitKind)
        register.fault(row.number, "kind", _("One of %(kinds)s.", kinds=kinds))
    begins = _day(row, "valid_from", register)
    ends = _day(row, "valid_until", register) if row["valid_until"] else None
    if begins and ends and ends < begins:
        register.fault(row.number, "valid_until", _("The last day is before the first."))
    if begins is None or len(register.faults) > before:
        return None
    unit = _Unit(uuid4(), code, name, kind, begins, ends, row["parent_code"], row["source"])
    unit.row = row.number
    return unit


def _day(row: SheetRow, column: str, register: _Register) -> date | None:
    try:
        day = day_of(row[column])
    except ValueError:
        register.fault(row.number, column, _("Not a date. Write it as 2025-07-01 or 01/07/2025."))
        return None
    if not EARLIEST <= day <= LATEST:
        register.fault(row.number, column, _("This date lies outside 1900–2100."))
        return None
    return day


def _ends(before: _Unit, unit: _Unit, register: _Register) -> bool:
    """Whether a row gives a known unit its last day.

    Notes a fault where it contradicts what is known.
    """
    for column in ("name", "kind", "parent_code"):
        if getattr(before, column) != getattr(unit, column):
            reason = _(
                "The register already holds this unit with other data. "
                "Give the changed unit a new first day."
            )
            register.fault(unit.row, column, reason)
            return False
    if unit.valid_until in (None, before.valid_until):
        return False
    if before.valid_until is not None:
        register.fault(unit.row, "valid_until", _("This unit already has another last day."))
    return before.valid_until is None


def _place(unit: _Unit, register: _Register) -> None:
    """Find the parent and the province among units of the same day; refuse a code that means two
    units.
    """
    for other in register.by_code[unit.code]:
        if other is not unit and (
            other.holds_on(unit.valid_from) or unit.holds_on(other.valid_from)
        ):
            register.fault(unit.row, "code", _("Another unit has this code at the same time."))
            return
    top, seen = unit, {unit.key}
    while top.parent_code:
        parent = register.find_on(top.parent_code, unit.valid_from)
        if parent is None or parent.key in seen:
            reason = _("No unit above it has this code on its first day.")
            register.fault(unit.row, "parent_code", reason)
            return
        if top is unit:
            unit.parent_id = parent.id
        seen.add(parent.key)
        top = parent
    if top.kind not in _TOP:
        register.fault(
            unit.row, "parent_code", _("Only a province or a city stands under no other.")
        )
    unit.province_id = top.id


def _write(new: Iterable[_Unit], ended: Iterable[_Unit], register: _Register) -> None:
    def depth(unit: _Unit) -> int:
        parent = register.find_on(unit.parent_code, unit.valid_from) if unit.parent_code else None
        return 1 + depth(parent) if parent else 0

    rows = [
        {
            **{c: getattr(unit, c) for c in ("id", "code", "name", "kind", "valid_from", "source")},
            **{c: getattr(unit, c) for c in ("valid_until", "parent_id", "province_id")},
            "is_province": unit.parent_id is None,
        }
        for unit in sorted(new, key=depth)
    ]
    if rows:
        db.session.execute(insert(Unit), rows)
    for unit in ended:
        ending = update(Unit).where(Unit.id == unit.id)
        db.session.execute(ending.values(valid_until=unit.valid_until))


def _link(links: Iterable[SheetRow], register: _Register) -> None:
    """Write the successions whose two units are both loaded and that are not written yet."""
    known = select(Succession.predecessor_id, Succession.successor_id)
    written = {(before, after) for before, after in db.session.execute(known)}
    rows = []
    for link in links:
        before = register.find((link["predecessor_code"], day_of(link["predecessor_valid_from"])))
        after = register.find((link["successor_code"], day_of(link["successor_valid_from"])))
        if before and after and (before.id, after.id) not in written:
            ids = {"id": uuid4(), "predecessor_id": before.id, "successor_id": after.id}
            what = {"kind": link["kind"], "on": day_of(link["on"]), "document": link["document"]}
            rows.append({**ids, **what})
    if rows:
        db.session.execute(insert(Succession), rows)


def _cluster(rows: Iterable[SheetRow], register: _Register) -> None:
    """Group the units in force now; clusters and memberships already there stay as they are."""
    clusters = {
        (province_id, name): cluster_id
        for cluster_id, province_id, name in db.session.execute(
            select(Cluster.id, Cluster.province_id, Cluster.name)
        )
    }
    inside = select(ClusterMembership.cluster_id, ClusterMembership.unit_id)
    members = {(cluster_id, unit_id) for cluster_id, unit_id in db.session.execute(inside)}
    new_clusters, new_members = [], []
    for row in rows:
        unit = register.find_lasting(row["unit_code"])
        if unit is None or unit.province_id is None:
            continue
        key = unit.province_id, row["cluster"]
        if key not in clusters:
            clusters[key] = uuid4()
            new_clusters.append({"id": clusters[key], "province_id": key[0], "name": key[1]})
        if (clusters[key], unit.id) not in members:
            ids = {"id": uuid4(), "cluster_id": clusters[key], "unit_id": unit.id}
            new_members.append({**ids, "from_on": unit.valid_from})
    if new_clusters:
        db.session.execute(insert(Cluster), new_clusters)
    if new_members:
        db.session.execute(insert(ClusterMembership), new_members)
