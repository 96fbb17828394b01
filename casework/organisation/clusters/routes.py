"""Clusters of a province: their names, and which units are in them from when until when."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import RuleBroken, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.clusters import queries
from casework.organisation.clusters.forms import ClusterForm, PutInForm, TakeOutForm
from casework.organisation.clusters.operations import (
    create_cluster,
    put_in,
    rename_cluster,
    take_out,
)
from casework.organisation.history.queries import list_earlier
from casework.organisation.units.models import Cluster, Unit
from casework.organisation.units.queries import (
    choose_province,
    find_province,
    list_provinces_within,
    list_units,
)

bp = Blueprint("clusters", __name__, url_prefix="/admin/clusters")
menu(_l("Clusters"), "clusters.index", lambda: can(Permission.UNIT_WRITE), Section.ADMINISTRATION)
FOLDER = "organisation/clusters"


@bp.get("")
@requires(Permission.UNIT_WRITE)
def index(access: Access) -> ResponseReturnValue:
    """The clusters of a province."""
    return _list(access, ClusterForm())


@bp.post("")
@requires(Permission.UNIT_WRITE)
def create(access: Access) -> ResponseReturnValue:
    """A new cluster in the province of the address."""
    form, (province, _all) = ClusterForm(), choose_province(list_provinces_within(access))
    if not form.validate():
        return _list(access, form), 422
    try:
        cluster = create_cluster(province, form.name.data, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _list(access, form), 422
    flash(_("The cluster is made. Put units in."), "success")
    return redirect(url_for(".show", cluster_id=cluster.id), 303)


@bp.get("/<uuid:cluster_id>")
@requires(Permission.UNIT_WRITE)
def show(access: Access, cluster_id: UUID) -> ResponseReturnValue:
    """A cluster with its units."""
    cluster, province = queries.get_cluster(access, cluster_id)
    return _page(cluster, province, ClusterForm(obj=cluster), PutInForm())


@bp.post("/<uuid:cluster_id>")
@requires(Permission.UNIT_WRITE)
def rename(access: Access, cluster_id: UUID) -> ResponseReturnValue:
    """Another name."""
    (cluster, province), form = queries.get_cluster(access, cluster_id), ClusterForm()
    status = carry_out(form, lambda: rename_cluster(cluster, form.name.data, by=access.actor))
    if status != 303:
        return _page(cluster, province, form, PutInForm(formdata=None)), status
    flash(_("The cluster has its new name."), "success")
    return redirect(url_for(".show", cluster_id=cluster_id), 303)


@bp.post("/<uuid:cluster_id>/units")
@requires(Permission.UNIT_WRITE)
def add(access: Access, cluster_id: UUID) -> ResponseReturnValue:
    """Put units in."""
    (cluster, province), form = queries.get_cluster(access, cluster_id), PutInForm()
    form.offer(queries.list_units_of(cluster.province_id))
    status = carry_out(
        form,
        lambda: put_in(
            cluster,
            list_units(form.units.data),
            form.from_on.data,
            form.until_on.data,
            by=access.actor,
        ),
    )
    if status != 303:
        return _page(cluster, province, ClusterForm(formdata=None, obj=cluster), form), status
    flash(_("The units are in the cluster."), "success")
    return redirect(url_for(".show", cluster_id=cluster_id), 303)


@bp.get("/<uuid:cluster_id>/units/<uuid:membership_id>/end")
@requires(Permission.UNIT_WRITE)
def end_form(access: Access, cluster_id: UUID, membership_id: UUID) -> ResponseReturnValue:
    """Until which day a unit is in the cluster."""
    cluster, _province = queries.get_cluster(access, cluster_id)
    member = queries.get_membership(cluster, membership_id)
    return render(f"{FOLDER}/take_out.html", cluster=cluster, member=member, form=TakeOutForm())


@bp.post("/<uuid:cluster_id>/units/<uuid:membership_id>/end")
@requires(Permission.UNIT_WRITE)
def end(access: Access, cluster_id: UUID, membership_id: UUID) -> ResponseReturnValue:
    """Take a unit out; that it was there stays known."""
    cluster, _province = queries.get_cluster(access, cluster_id)
    member, form = queries.get_membership(cluster, membership_id), TakeOutForm()
    status = carry_out(form, lambda: take_out(member, form.until_on.data, by=access.actor))
    if status != 303:
        return render(f"{FOLDER}/take_out.html", cluster=cluster, member=member, form=form), status
    flash(_("The unit's last day in the cluster is set."), "success")
    return redirect(url_for(".show", cluster_id=cluster_id), 303)


def _list(access: Access, form: ClusterForm) -> str:
    provinces = list_provinces_within(access)
    province = find_province(provinces)
    return render(
        f"{FOLDER}/list.html",
        provinces=provinces,
        province=province,
        clusters=queries.list_clusters(province.id) if province else [],
        form=form,
    )


def _page(cluster: Cluster, province: Unit, form: ClusterForm, put_in_form: PutInForm) -> str:
    put_in_form.offer(queries.list_units_of(cluster.province_id))
    members = queries.list_memberships(cluster)
    return render(
        f"{FOLDER}/cluster.html",
        cluster=cluster,
        title=cluster.name,
        province=province,
        members=members,
        form=form,
        put_in_form=put_in_form,
        earlier=list_earlier([cluster.id]),
    )
