"""The unit view: published figures, each with its unit of count and whether it is exact or
protected; and the page that tells everybody how.
"""

from uuid import UUID

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, public, requires
from casework.authz.permissions import Permission
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.core.workbooks import send_file
from casework.inspection.categories.queries import list_by_category
from casework.inspection.categories.rules import LETTERS, tell
from casework.inspection.indicators import sheets
from casework.inspection.indicators.queries import (
    activity_of,
    choose_period,
    criteria_of,
    criteria_over_time,
    get_unit,
    last_day,
    latest_open,
    list_units,
    published_on,
    sees_money,
    unit_figures,
)
from casework.inspection.indicators.rules import tell_activity, tell_checklist, tell_trends
from casework.inspection.readmodel.models import PERSONAL, Measure

bp = Blueprint("figures", __name__, url_prefix="/figures")
explanation = Blueprint("explanation", __name__)
ASKED = "recommendations.of_unit"
"""The panel of what inspectors asked for: a page knows its address, not its code."""
menu(_l("Figures"), "figures.index", lambda: can(Permission.FIGURE_READ))


@bp.get("")
@requires(Permission.FIGURE_READ)
def index(access: Access) -> ResponseReturnValue:
    """The own unit at once, or the units to choose from."""
    units = list_units(access)
    if len(units) == 1:
        return redirect(url_for(".show", unit_id=units[0].id), 303)
    return render(
        "inspection/indicators/list.html", units=units, latest=latest_open(units), Measure=Measure
    )


@bp.get("/<uuid:unit_id>")
@requires(Permission.FIGURE_READ)
def show(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """A unit's page for a period."""
    unit = get_unit(access, unit_id)
    view = unit_figures(unit, request.args.get("period"))
    money = sees_money(access, unit)
    history = [] if view.is_empty else criteria_over_time(unit, view.period)
    done = {} if view.is_empty else activity_of(unit, view.period)
    return render(
        "inspection/indicators/show.html",
        unit=unit,
        view=view,
        published_on=published_on(unit, view.period),
        checklist=tell_checklist(view.of_period(history), sees_money=money),
        trends=tell_trends(history),
        activity=tell_activity(done, sees_money=money),
        asked=ASKED if ASKED in current_app.view_functions else "",
        Measure=Measure,
    )


@bp.get("/<uuid:unit_id>/categories")
@requires(Permission.FIGURE_READ)
def categories(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The persons of a province by group, sex and age, up to a period: a panel of its page."""
    unit = get_unit(access, unit_id)
    _periods, period = choose_period(unit, request.args.get("period"))
    figures = list_by_category(unit, last_day(period)) if period else ()
    return render(
        "inspection/indicators/categories.html",
        unit=unit,
        period=period,
        told=tell(figures),
        letters=LETTERS,
    )


@bp.get("/<uuid:unit_id>/print")
@requires(Permission.FIGURE_READ)
def sheet(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The criteria and the numbers of persons of a period on one sheet of A4, to be signed."""
    unit = get_unit(access, unit_id)
    view = unit_figures(unit, request.args.get("period"))
    if view.is_empty:
        abort(404)
    judged = criteria_of([unit.id], unit.province_id, view.period)[unit.id]
    return render(
        "inspection/indicators/print.html",
        unit=unit,
        view=view,
        published_on=published_on(unit, view.period),
        checklist=tell_checklist(judged, sees_money=sees_money(access, unit)),
        PERSONAL=PERSONAL,
    )


@bp.get("/<uuid:unit_id>/excel")
@requires(Permission.FIGURE_READ)
def save(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The unit's page of a period as a spreadsheet."""
    unit = get_unit(access, unit_id)
    view = unit_figures(unit, request.args.get("period"))
    if view.is_empty:
        abort(404)
    money = sees_money(access, unit)
    judged = criteria_of([unit.id], unit.province_id, view.period)[unit.id]
    content = sheets.write_figures(
        view,
        activity_of(unit, view.period),
        tell_checklist(judged, sees_money=money),
        list_by_category(unit, last_day(view.period)),
        sees_money=money,
    )
    return send_file(content, f"so-lieu-{unit.code}-{view.period}.xlsx")


@explanation.get("/how-figures-are-protected")
@public
def explain() -> ResponseReturnValue:
    """For everybody, without signing in: how numbers of persons are protected, and from what."""
    return render("inspection/indicators/explanation.html")
