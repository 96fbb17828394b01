"""Clusters within reach, with the units that are and were in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.units.models import Cluster, ClusterMembership, Unit
from casework.organisation.units.queries import reached


@dataclass(frozen=True, slots=True)
class Membership:
    """A unit's time in a cluster."""

    membership: ClusterMembership
    unit: Unit

    @property
    def may_end(self) -> bool:
        """Whether the unit can still be taken out."""
        until = self.membership.until_on
        return until is None or until >= today()


def list_clusters(province_id: UUID) -> list[tuple[Cluster, int]]:
    """The clusters of a province in alphabetical order, with how many units they hold today."""
    until = ClusterMembership.until_on
    count = select(func.count(ClusterMembership.id)).where(
        ClusterMembership.cluster_id == Cluster.id,
        ClusterMembership.from_on <= today(),
        or_(until.is_(None), until >= today()),
    )
    query = select(Cluster, count.scalar_subquery()).where(Cluster.province_id == province_id)
    rows = [(cluster, units) for cluster, units in db.session.execute(query)]
    return sorted(rows, key=lambda row: words_key(row[0].name))


def get_cluster(access: Access, cluster_id: UUID) -> tuple[Cluster, Unit]:
    """A cluster within reach and its province. Raises OutOfReach."""
    query = (
        select(Cluster, Unit)
        .join(Unit, Unit.id == Cluster.province_id)
        .where(Cluster.id == cluster_id, reached(access, Unit.id, Unit.province_id))
    )
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return row[0], row[1]


def list_memberships(cluster: Cluster) -> list[Membership]:
    """The units that are, were and will be in a cluster: those who may leave first, by name."""
    query = (
        select(ClusterMembership, Unit)
        .join(Unit, Unit.id == ClusterMembership.unit_id)
        .where(ClusterMembership.cluster_id == cluster.id)
    )
    found = [Membership(membership, unit) for membership, unit in db.session.execute(query)]
    return sorted(
        found, key=lambda each: (not each.may_end, words_key(each.unit.name), each.unit.code)
    )


def get_membership(cluster: Cluster, membership_id: UUID) -> Membership:
    """A unit's time in this cluster. Raises OutOfReach."""
    query = (
        select(ClusterMembership, Unit)
        .join(Unit, Unit.id == ClusterMembership.unit_id)
        .where(ClusterMembership.id == membership_id, ClusterMembership.cluster_id == cluster.id)
    )
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return Membership(row[0], row[1])


def list_units_of(province_id: UUID) -> Sequence[Unit]:
    """The units of a province that have not ended, in alphabetical order."""
    query = select(Unit).where(
        Unit.province_id == province_id,
        ~Unit.is_province,
        or_(Unit.valid_until.is_(None), Unit.valid_until >= today()),
    )
    return sorted(db.session.scalars(query), key=lambda unit: (words_key(unit.name), unit.code))


def list_overlapping(
    cluster: Cluster, unit_ids: Sequence[UUID], from_on: date, until_on: date | None
) -> list[Membership]:
    """The times of units in a cluster that share a day with the given ones."""
    until = ClusterMembership.until_on
    query = (
        select(ClusterMembership, Unit)
        .join(Unit, Unit.id == ClusterMembership.unit_id)
        .where(
            ClusterMembership.cluster_id == cluster.id,
            ClusterMembership.unit_id.in_(unit_ids),
            or_(until.is_(None), until >= from_on),
        )
    )
    if until_on is not None:
        query = query.where(ClusterMembership.from_on <= until_on)
    return [Membership(membership, unit) for membership, unit in db.session.execute(query)]
