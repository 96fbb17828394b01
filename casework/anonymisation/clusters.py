"""Which units a cluster's figures add up: those in it on the first day of the quarter.

It is asked once, when the first month of a quarter is published, and kept with that edition: what
is changed later, or dated back, counts from the next quarter on.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Connection, select

from casework.anonymisation.measures import days_of
from casework.anonymisation.models import Publication, PublishedMembership
from casework.anonymisation.plan import quarter_of
from casework.anonymisation.relations import Membership
from casework.organisation.units.models import Cluster, ClusterMembership


def cluster_code(cluster_id: UUID) -> str:
    """What cells and files call a cluster: the same whatever its name is."""
    return f"cum-{cluster_id.hex[:12]}"


def cluster_codes(connection: Connection, province_id: UUID) -> dict[UUID, str]:
    """The code of each cluster of a province."""
    query = select(Cluster.id).where(Cluster.province_id == province_id)
    return {cluster_id: cluster_code(cluster_id) for (cluster_id,) in connection.execute(query)}


def find_standing(
    connection: Connection, province_id: UUID, months: Iterable[str], names: Mapping[UUID, str]
) -> dict[str, Membership]:
    """The clusters as they stand on the first day of each month, by month. `names`: units that take
    part.
    """
    member = ClusterMembership
    query = (
        select(member.cluster_id, member.unit_id, member.from_on, member.until_on)
        .join(Cluster, Cluster.id == member.cluster_id)
        .where(Cluster.province_id == province_id)
    )
    rows = connection.execute(query).all()
    found: dict[str, Membership] = {}
    for month in months:
        first = days_of(month)[0]
        inside: dict[str, set[str]] = {}
        for cluster_id, unit_id, from_on, until_on in rows:
            if unit_id in names and from_on <= first and (until_on is None or first <= until_on):
                inside.setdefault(cluster_code(cluster_id), set()).add(names[unit_id])
        found[month] = inside
    return found


def load_frozen(
    connection: Connection, province_id: UUID, names: Mapping[UUID, str]
) -> dict[str, Membership]:
    """The clusters as earlier editions took them, by quarter."""
    member = PublishedMembership
    query = (
        select(Publication.period, member.cluster_id, member.unit_id)
        .join(Publication, Publication.id == member.publication_id)
        .where(Publication.province_id == province_id)
    )
    return by_quarter(connection.execute(query), names)


def by_quarter(
    rows: Iterable[tuple[str, UUID, UUID]], names: Mapping[UUID, str]
) -> dict[str, Membership]:
    """Rows of (month, cluster, unit) as groupings of the quarters of these months."""
    found: dict[str, dict[str, list[str]]] = {}
    for month, cluster_id, unit_id in rows:
        inside = found.setdefault(quarter_of(month), {})
        inside.setdefault(cluster_code(cluster_id), []).append(names[unit_id])
    return dict(found)
