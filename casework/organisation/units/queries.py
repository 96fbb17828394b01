"""Reading units as they were on a day.

Units are public facts, so whoever may read units at all may read every unit of the country.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import request
from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true
from sqlalchemy.orm import QueryableAttribute, aliased

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, words_key
from casework.organisation.units.models import (
    Cluster,
    ClusterMembership,
    Succession,
    Unit,
    UnitKind,
)

PAGE = 60


@dataclass(frozen=True, slots=True)
class Link:
    """One step in a unit's history: the other unit, how, when and by which document."""

    unit: Unit
    succession: Succession


def valid_on(on: date) -> ColumnElement[bool]:
    """The units that exist on a day."""
    return (Unit.valid_from <= on) & or_(Unit.valid_until.is_(None), Unit.valid_until >= on)


def reached(
    access: Access,
    unit_id: QueryableAttribute[UUID],
    province_id: QueryableAttribute[UUID | None],
) -> ColumnElement[bool]:
    """The rows of the units an access reaches, and of the units those followed.

    For records of the organisation: they keep the unit as it was, and whoever works in a merged
    unit goes on reading what its predecessors left. (Cases are handed over, never inherited.)
    """
    if access.everywhere:
        return true()
    condition: ColumnElement[bool] = unit_id.in_(with_predecessors(access.units))
    if access.provinces:
        condition = condition | province_id.in_(with_predecessors(access.provinces))
    return condition


def list_ids_with_predecessors(unit_ids: Iterable[UUID]) -> list[UUID]:
    """The ids of units and of all units that they followed until today, however long ago."""
    return list(db.session.scalars(with_predecessors(unit_ids)))


def get_unit(unit_id: UUID) -> Unit:
    """A unit, past ones too. Raises OutOfReach."""
    unit = db.session.get(Unit, unit_id)
    if unit is None:
        raise OutOfReach
    return unit


def get_unit_within(access: Access, unit_id: UUID) -> Unit:
    """A unit within reach of a permission. Raises OutOfReach."""
    query = select(Unit).where(Unit.id == unit_id, reached(access, Unit.id, Unit.province_id))
    unit = db.session.scalar(query)
    if unit is None:
        raise OutOfReach
    return unit


def find_unit_on(code: str, on: date | None = None) -> Unit | None:
    """The unit that has this code on a day, today unless told."""
    query = select(Unit).where(Unit.code == code, valid_on(on or today()))
    return db.session.scalar(query.limit(1))


def list_provinces(on: date) -> Sequence[Row[Unit, int]]:
    """The provinces of a day with the number of units below them, in alphabetical order."""
    below = aliased(Unit)
    exists = (below.valid_from <= on) & or_(below.valid_until.is_(None), below.valid_until >= on)
    count = select(func.count()).where(below.province_id == Unit.id, ~below.is_province, exists)
    query = select(Unit, count.scalar_subquery()).where(Unit.is_province, valid_on(on))
    return sorted(db.session.execute(query), key=lambda row: words_key(row[0].name))


def list_provinces_within(access: Access) -> list[Unit]:
    """The provinces of today within reach, in alphabetical order."""
    within = reached(access, Unit.id, Unit.province_id)
    query = select(Unit).where(Unit.is_province, valid_on(today()), within)
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def list_provinces_around(access: Access) -> list[Unit]:
    """The provinces of today within reach, and those in which the access has its units."""
    own = aliased(Unit)
    query = select(Unit).where(Unit.is_province, valid_on(today()))
    if not access.everywhere:
        around = select(own.province_id).where(own.id.in_(access.units))
        query = query.where(or_(Unit.id.in_(access.provinces), Unit.id.in_(around)))
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def find_province(provinces: Sequence[Unit]) -> Unit | None:
    """The province a page is about: the one in the address (`?province=`), or the first of these.

    A province that was merged stands for the one that followed it. None when there is none. Raises
    OutOfReach for one that isn't among them.
    """
    asked = request.args.get("province", "")
    found = next((each for each in provinces if asked in ("", str(each.id))), None)
    if asked and found is None:
        followed = _list_followers(asked)
        found = next((each for each in provinces if each.id in followed), None)
        if found is None:
            raise OutOfReach
    return found


def choose_province(provinces: Sequence[Unit]) -> tuple[Unit, Sequence[Unit]]:
    """The province a page is about, with all it could be about. Raises OutOfReach."""
    found = find_province(provinces)
    if found is None:
        raise OutOfReach
    return found, provinces


def search_units(
    on: date,
    *,
    words: str = "",
    kind: UnitKind | None = None,
    province_id: UUID | None = None,
    cluster_id: UUID | None = None,
) -> list[UUID]:
    """Ids of the units of a day whose name or code holds the words, in alphabetical order."""
    query = select(Unit.id, Unit.name, Unit.code).where(valid_on(on))
    if kind is not None:
        query = query.where(Unit.kind == kind)
    if province_id is not None:
        query = query.where(Unit.province_id == province_id, ~Unit.is_province)
    if cluster_id is not None:
        query = query.where(Unit.id.in_(_members(cluster_id, on)))
    wanted = fold(words)
    found = [
        (unit_id, name, code)
        for unit_id, name, code in db.session.execute(query)
        if wanted in fold(name) or wanted == code
    ]
    found.sort(key=lambda row: (words_key(row[1]), row[2]))
    return [unit_id for unit_id, _, _ in found]


def list_units(unit_ids: Sequence[UUID]) -> list[Unit]:
    """Units in the order of the ids."""
    units = {
        unit.id: unit for unit in db.session.scalars(select(Unit).where(Unit.id.in_(unit_ids)))
    }
    return [units[unit_id] for unit_id in unit_ids]


def list_parents(unit: Unit) -> list[Unit]:
    """The units above a unit, its province last. At most two: a district and a province."""
    parents = []
    while unit.parent_id is not None:
        unit = db.session.get_one(Unit, unit.parent_id)
        parents.append(unit)
    return parents


def list_units_below(unit: Unit) -> list[Unit]:
    """The units directly below one, past ones too, in alphabetical order."""
    below = db.session.scalars(select(Unit).where(Unit.parent_id == unit.id))
    return sorted(below, key=lambda unit: (words_key(unit.name), unit.code))


def list_predecessors(unit: Unit) -> list[Link]:
    """The units this one followed."""
    query = (
        select(Unit, Succession)
        .join(Succession, Succession.predecessor_id == Unit.id)
        .where(Succession.successor_id == unit.id)
    )
    return _links(query)


def list_successors(unit: Unit) -> list[Link]:
    """The units that followed this one."""
    query = (
        select(Unit, Succession)
        .join(Succession, Succession.successor_id == Unit.id)
        .where(Succession.predecessor_id == unit.id)
    )
    return _links(query)


def list_clusters(province_ids: Sequence[UUID]) -> list[Cluster]:
    """The clusters of provinces, in alphabetical order."""
    query = select(Cluster).where(Cluster.province_id.in_(province_ids))
    return sorted(db.session.scalars(query), key=lambda cluster: words_key(cluster.name))


def list_clusters_of(unit: Unit) -> Sequence[Row[Cluster, ClusterMembership]]:
    """The clusters a unit is or was in, newest first."""
    return db.session.execute(
        select(Cluster, ClusterMembership)
        .join(Cluster, Cluster.id == ClusterMembership.cluster_id)
        .where(ClusterMembership.unit_id == unit.id)
        .order_by(ClusterMembership.from_on.desc(), Cluster.name)
    ).all()


def list_same_code(unit: Unit) -> list[Unit]:
    """Other units that had this unit's code at another time."""
    query = select(Unit).where(Unit.code == unit.code, Unit.id != unit.id)
    return list(db.session.scalars(query.order_by(Unit.valid_from)))


def with_predecessors(unit_ids: Iterable[UUID]) -> Select[UUID]:
    """The ids of units and of all units that they followed until today, as a part of a query."""
    # Without a name of its own: one statement may follow units and provinces back.
    line = select(Unit.id).where(Unit.id.in_(list(unit_ids))).cte(recursive=True)
    earlier = (
        select(Succession.predecessor_id)
        .join(line, line.c.id == Succession.successor_id)
        # A merger that is decided gives nobody anything before its day.
        .where(Succession.on <= today())
    )
    return select(line.union(earlier).c.id)


def _list_followers(asked: str) -> set[UUID]:
    """What followed a unit until today, however often it was merged."""
    try:
        unit_id = UUID(asked)
    except ValueError:
        return set()
    line = select(Unit.id).where(Unit.id == unit_id).cte(recursive=True)
    later = (
        select(Succession.successor_id)
        .join(line, line.c.id == Succession.predecessor_id)
        .where(Succession.on <= today())
    )
    return set(db.session.scalars(select(line.union(later).c.id)))


def _members(cluster_id: UUID, on: date) -> ColumnElement[UUID]:
    until = ClusterMembership.until_on
    return (
        select(ClusterMembership.unit_id)
        .where(
            ClusterMembership.cluster_id == cluster_id,
            ClusterMembership.from_on <= on,
            or_(until.is_(None), until >= on),
        )
        .scalar_subquery()
    )


def _links(query: object) -> list[Link]:
    links = [Link(unit, how) for unit, how in db.session.execute(query)]  # type: ignore[call-overload]
    return sorted(links, key=lambda link: (link.succession.on, words_key(link.unit.name)))
