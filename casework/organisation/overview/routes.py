"""My unit: one look at the unit's own records, live, and what is to be done about them.

The first part is the page; the others are loaded into it, and are pages of their own.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.organisation.bodies.queries import Scope, find_scope
from casework.organisation.overview.queries import (
    show_activities,
    show_money,
    show_people,
    show_standing,
)

bp = Blueprint("overview", __name__, url_prefix="/overview")
menu(_l("My unit"), "overview.index", lambda: can(Permission.ACTIVITY_READ))


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """What exists, by which decision and regulation."""
    return _part(access, "index.html", show_standing)


@bp.get("/people")
@requires(Permission.ACTIVITY_READ)
def people(access: Access) -> ResponseReturnValue:
    """Who works here, and whether they meet."""
    return _part(access, "people.html", show_people)


@bp.get("/activities")
@requires(Permission.ACTIVITY_READ)
def activities(access: Access) -> ResponseReturnValue:
    """What was done this year, beside the plan."""
    return _part(access, "activities.html", show_activities)


@bp.get("/money")
@requires(Permission.BUDGET_READ)
def money(access: Access) -> ResponseReturnValue:
    """The money of this year and the last, remuneration, reports."""
    return _part(access, "money.html", show_money)


def _part(access: Access, template: str, show: Callable[[Scope, date], Any]) -> str:
    scope = find_scope(access)
    if scope is None:
        return render("organisation/overview/nothing.html")
    shown = show(scope, today())
    return render(f"organisation/overview/{template}", scope=scope, shown=shown)
