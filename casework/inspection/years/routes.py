"""Whole years of a unit or a province, as published: a panel of its page of figures."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core.htmx import render
from casework.core.workbooks import send_file
from casework.inspection.categories.queries import ONE_YEAR, list_by_category
from casework.inspection.categories.rules import LETTERS
from casework.inspection.categories.rules import tell_year as tell_apart
from casework.inspection.indicators.queries import get_unit
from casework.inspection.years import sheets
from casework.inspection.years.queries import list_figures, list_years
from casework.inspection.years.rules import tell_year

bp = Blueprint("years", __name__, url_prefix="/figures/<uuid:unit_id>/years")


@bp.get("")
@requires(Permission.FIGURE_READ)
def show(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The year asked for, or the newest."""
    unit = get_unit(access, unit_id)
    years = list_years(unit)
    year = _year_asked(years)
    told_apart = list_by_category(unit, date(year, 12, 31), ONE_YEAR) if year else ()
    return render(
        "inspection/years/show.html",
        unit=unit,
        years=years,
        year=year,
        parts=tell_year(list_figures(unit, year)) if year else [],
        tables=tell_apart(told_apart, year) if year else [],
        letters=LETTERS,
    )


@bp.get("/excel")
@requires(Permission.FIGURE_READ)
def save(access: Access, unit_id: UUID) -> ResponseReturnValue:
    """The year asked for, or the newest, as a spreadsheet."""
    unit = get_unit(access, unit_id)
    year = _year_asked(list_years(unit))
    if year is None:
        abort(404)
    content = sheets.write_year(unit, year, list_figures(unit, year))
    return send_file(content, f"so-lieu-nam-{unit.code}-{year}.xlsx")


def _year_asked(years: Sequence[int]) -> int | None:
    asked = request.args.get("year", "")
    return next((each for each in years if str(each) == asked), next(iter(years), None))
