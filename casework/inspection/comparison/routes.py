"""Units side by side, for whoever reaches more than one: criteria as a heat table, of one period or
of two, and what is shown as a spreadsheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, find_identity, requires
from casework.authz.permissions import Permission
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.core.uploads import CSV
from casework.core.workbooks import send_file
from casework.inspection.comparison import sheets
from casework.inspection.comparison.queries import (
    clusters_of,
    compare,
    compares_units,
    get_cluster,
    list_published,
    newest_year,
    reaches_all,
    units_in,
)
from casework.inspection.comparison.rules import (
    BY_NAME,
    BY_NOT_MET,
    SIGNS,
    Change,
    Choice,
    Comparison,
    Level,
    Line,
    Published,
)
from casework.inspection.indicators.queries import published_on, unit_figures
from casework.inspection.readmodel.models import PERSONAL, Measure, Rating
from casework.organisation.bodies.models import BodyKind
from casework.organisation.units.models import Cluster, Unit

bp = Blueprint("comparison", __name__, url_prefix="/figures/compare")


def _may_compare() -> bool:
    identity = find_identity()
    access = identity.access(Permission.FIGURE_READ) if identity else None
    return access is not None and compares_units(access)


menu(_l("Compare units"), "comparison.show", _may_compare)


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for: anything it names that is not there is left out."""

    provinces: Sequence[Unit]
    province: Unit
    editions: list[Published]
    clusters: list[Cluster]
    may_see_clusters: bool
    choice: Choice
    comparison: Comparison

    @property
    def arguments(self) -> dict[str, Any]:
        """What the address says, for links from here."""
        choice, shown = self.choice, self.comparison
        orders = (BY_NOT_MET, *PERSONAL, *(criterion.code for criterion in shown.criteria))
        told = {
            "province": self.province.id if len(self.provinces) > 1 else None,
            "period": shown.edition.period,
            "other": shown.other.period if shown.other else None,
            "cluster": choice.cluster_id,
            "body": choice.body,
            "not_met": "1" if choice.only_not_met else None,
            "people": "1" if shown.people else None,
            "sort": choice.sort if choice.sort in orders else None,
        }
        return {name: value for name, value in told.items() if value is not None}

    @property
    def cluster(self) -> Cluster | None:
        """The chosen cluster, where its totals may be seen."""
        if not self.may_see_clusters:
            return None
        return next((one for one in self.clusters if one.id == self.choice.cluster_id), None)

    @property
    def tiles(self) -> list[tuple[Cluster | None, list[Line]]]:
        """The units shown by cluster, each under the chosen one or the first of its own; those
        without one at the end.
        """
        found: dict[UUID | None, list[Line]] = {}
        for line in self.comparison.lines:
            own = self.choice.cluster_id or next(iter(line.cluster_ids), None)
            found.setdefault(own, []).append(line)
        groups: list[Cluster | None] = [*self.clusters, None]
        told = [(group, found.get(group.id if group else None, [])) for group in groups]
        return [(group, lines) for group, lines in told if lines]


@bp.get("")
@requires(Permission.FIGURE_READ)
def show(access: Access) -> ResponseReturnValue:
    """The units within reach, side by side; who reaches one only is shown that one."""
    if not compares_units(access):
        return redirect(url_for("figures.index"), 303)
    return render(
        "inspection/comparison/show.html",
        view=_find_view(access),
        BodyKind=BodyKind,
        Change=Change,
        Level=Level,
        Rating=Rating,
        signs=SIGNS,
        PERSONAL=PERSONAL,
        sorts=(BY_NAME, BY_NOT_MET),
    )


@bp.get("/clusters/<uuid:cluster_id>")
@requires(Permission.FIGURE_READ)
def cluster(access: Access, cluster_id: UUID) -> ResponseReturnValue:
    """What is printed of a cluster, for whoever reaches its whole province."""
    group = get_cluster(access, cluster_id)
    view = unit_figures(group, request.args.get("period"))
    return render(
        "inspection/comparison/cluster.html",
        cluster=group,
        view=view,
        units=[] if view.is_empty else units_in(group, view.period),
        years=newest_year(group, view.period),
        published_on=published_on(group, view.period),
        Measure=Measure,
        PERSONAL=PERSONAL,
    )


@bp.get("/excel")
@requires(Permission.FIGURE_READ)
def save(access: Access) -> ResponseReturnValue:
    """What is shown, as a workbook; the page says so where there is nothing."""
    view = _find_view(access)
    if view is None:
        return redirect(url_for(".show"), 303)
    return send_file(sheets.write_workbook(view.comparison, view.province), _name(view, "xlsx"))


@bp.get("/csv")
@requires(Permission.FIGURE_READ)
def save_csv(access: Access) -> ResponseReturnValue:
    """What is shown, as lines of text; the page says so where there is nothing."""
    view = _find_view(access)
    if view is None:
        return redirect(url_for(".show"), 303)
    return send_file(sheets.write_lines(view.comparison), _name(view, "csv"), CSV)


def _name(view: View, ending: str) -> str:
    return f"so-sanh-{view.province.code}-{view.comparison.edition.period}.{ending}"


def _find_view(access: Access) -> View | None:
    """What is published within reach, as asked for; None while nothing is, or for one unit only."""
    if not compares_units(access):
        return None
    provinces, published = list_published(access)
    if not provinces:
        return None
    asked = request.args
    province = next(
        (one for one in provinces if str(one.id) == asked.get("province")), provinces[0]
    )
    editions = [one for one in published if one.province_id == province.id]
    by_period = {one.period: one for one in editions}
    edition = by_period.get(asked.get("period", ""), editions[0])
    other = by_period.get(asked.get("other", ""))
    clusters = clusters_of(edition)
    choice = Choice(
        next((one.id for one in clusters if str(one.id) == asked.get("cluster")), None),
        next((kind for kind in BodyKind if kind == asked.get("body")), None),
        asked.get("not_met") == "1",
        asked.get("sort", BY_NAME),
    )
    with_people = asked.get("people") == "1" or choice.sort in PERSONAL
    compared = compare(
        access, edition, None if other == edition else other, choice, clusters, with_people
    )
    may_see = reaches_all(access, province.id)
    return View(provinces, province, editions, list(clusters), may_see, choice, compared)
