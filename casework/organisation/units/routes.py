"""Units: the provinces, the units of one, a search, and each unit with its history."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.units import queries
from casework.organisation.units.forms import UnitFilter
from casework.organisation.units.models import Unit

bp = Blueprint("units", __name__, url_prefix="/units")
menu(_l("Units"), "units.index", lambda: can(Permission.UNIT_READ), Section.ADMINISTRATION)


@bp.get("")
@requires(Permission.UNIT_READ)
def index(access: Access) -> ResponseReturnValue:
    """The provinces; or the units of one, or those whose name holds the words, as of a day."""
    form = UnitFilter(formdata=request.args)
    day = _day_asked(form)
    provinces = queries.list_provinces(day)
    choices = _choices(form, [unit for unit, _ in provinces])
    form.offer(*choices)
    valid = form.validate()
    if not valid:
        return _list(form, provinces, today() if form.on.errors else day, []), 422
    asked = form.q.data or form.province.data or form.kind.data or form.cluster.data
    found = (
        queries.search_units(
            day,
            words=form.q.data or "",
            kind=form.kind.data,
            province_id=form.province.data,
            cluster_id=form.cluster.data,
        )
        if asked
        else None
    )
    return _list(form, provinces, day, found)


@bp.get("/<uuid:unit_id>")
@requires(Permission.UNIT_READ)
def show(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """A unit with its validity, its place, and who it followed and who followed it."""
    unit = queries.get_unit(unit_id)
    return render(
        "organisation/units/unit.html",
        unit=unit,
        has_figures=_reaches(access, Permission.FIGURE_READ, unit),
        may_change=_reaches(access, Permission.UNIT_WRITE, unit),
        exists=unit.valid_until is None or unit.valid_until >= today(),
        parents=queries.list_parents(unit),
        predecessors=queries.list_predecessors(unit),
        successors=queries.list_successors(unit),
        clusters=queries.list_clusters_of(unit),
        below=queries.list_units_below(unit) if not unit.is_province else [],
        same_code=queries.list_same_code(unit),
    )


def _reaches(access: Access, permission: Permission, unit: Unit) -> bool:
    """Whether the account holds a permission for this unit: no link leads to a refusal."""
    held = access.identity.access(permission)
    return held is not None and (
        held.everywhere or unit.id in held.units or unit.province_id in held.provinces
    )


def _day_asked(form: UnitFilter) -> date:
    """The day in the address where it makes sense, else today: the fault is said with the form."""
    return form.on.data if form.on.data and form.on.validate(form) else today()


def _choices(form: UnitFilter, provinces: list[Unit]) -> tuple[list[Any], list[Any]]:
    names = {unit.id: unit.label for unit in provinces}
    chosen = [id_] if (id_ := form.province.data) in names else []
    clusters = queries.list_clusters(chosen)
    if not chosen and form.cluster.data:
        clusters = queries.list_clusters(list(names))
    return [(str(id_), name) for id_, name in names.items()], [
        (str(cluster.id), cluster.name) for cluster in clusters
    ]


def _list(form: UnitFilter, provinces: Any, day: date, found: list[UUID] | None) -> str:
    page = request.args.get("page", 1, type=int)
    page = max(1, min(page, 1 + (len(found or [None]) - 1) // queries.PAGE))
    first = (page - 1) * queries.PAGE
    shown = queries.list_units(found[first : first + queries.PAGE]) if found else []
    return render(
        "organisation/units/list.html",
        form=form,
        provinces=provinces,
        names={unit.id: unit.label for unit, _ in provinces},
        day=day,
        count=len(found) if found is not None else None,
        units=shown,
        first=first + 1,
        previous_url=_page_url(page - 1) if page > 1 else "",
        next_url=_page_url(page + 1) if found and first + queries.PAGE < len(found) else "",
    )


def _page_url(page: int) -> str:
    kept: dict[str, Any] = {
        name: value for name, value in request.args.items() if value and name != "page"
    }
    return url_for(".index", **kept, page=page)
