"""Clusters are free groupings of a province's units; who was in which, and when, stays known."""

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.core.text import fold
from casework.organisation.clusters.queries import Membership, list_overlapping
from casework.organisation.history.operations import keep_revision
from casework.organisation.units.models import Cluster, ClusterMembership, Unit


def create_cluster(province: Unit, name: str, *, by: Actor) -> Cluster:
    """A cluster without units yet. Its name is its own in the province."""
    cluster = Cluster(province_id=province.id, name=name)
    _check_name(cluster)
    db.session.add(cluster)
    _record("cluster.create", cluster, by)
    return cluster


def rename_cluster(cluster: Cluster, name: str, *, by: Actor) -> None:
    """Another name; the earlier one stays in its history."""
    if name == cluster.name:
        return
    _check_name(Cluster(id=cluster.id, province_id=cluster.province_id, name=name))
    keep_revision(cluster, "cluster", by=by)
    cluster.name = name
    _record("cluster.rename", cluster, by)


def put_in(
    cluster: Cluster,
    units: Sequence[Unit],
    from_on: date,
    until_on: date | None,
    *,
    by: Actor,
) -> None:
    """Put units into a cluster from a day on: all of them, or none. No unit is in it twice."""
    if until_on is not None and until_on < from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    for unit in units:
        _check_exists(unit, from_on)
    ids = [unit.id for unit in units]
    for other in list_overlapping(cluster, ids, from_on, until_on):
        message = _l(
            "%(unit)s is in this cluster already, from %(begins)s.",
            unit=other.unit.label,
            begins=day(other.membership.from_on),
        )
        raise RuleBroken(message, field="units")
    for unit in units:
        db.session.add(
            ClusterMembership(
                cluster_id=cluster.id, unit_id=unit.id, from_on=from_on, until_on=until_on
            )
        )
        audit.record("cluster.put_in", "cluster", cluster.id, by=by, unit_id=unit.id)


def take_out(member: Membership, until_on: date, *, by: Actor) -> None:
    """The unit's last day in the cluster."""
    membership = member.membership
    if not member.may_end:
        raise RuleBroken(_l("The unit has left this cluster already."), field="until_on")
    if until_on < membership.from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    keep_revision(membership, "cluster_membership", by=by)
    membership.until_on = until_on
    audit.record(
        "cluster.take_out",
        "cluster",
        membership.cluster_id,
        by=by,
        unit_id=membership.unit_id,
    )


def _check_name(cluster: Cluster) -> None:
    query = select(Cluster.name).where(
        Cluster.province_id == cluster.province_id, Cluster.id != cluster.id
    )
    for name in db.session.scalars(query):
        if fold(name) == fold(cluster.name):
            message = _l("This province has a cluster %(name)s already.", name=name)
            raise RuleBroken(message, field="name")


def _check_exists(unit: Unit, on: date) -> None:
    if unit.valid_from > on or (unit.valid_until is not None and unit.valid_until < on):
        message = _l("%(unit)s does not exist on %(day)s.", unit=unit.label, day=day(on))
        raise RuleBroken(message, field="units")


def _record(action: str, cluster: Cluster, by: Actor) -> None:
    audit.record(action, "cluster", cluster.id, by=by, unit_id=cluster.province_id)
