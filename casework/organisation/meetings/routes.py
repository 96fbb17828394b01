"""Meetings due and held, month by month: organisation data, no person in it."""

from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.clock import add_months, today
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.meetings.queries import count_on_schedule, list_meetings

bp = Blueprint("meetings", __name__, url_prefix="/meetings")
menu(_l("Meetings"), "meetings.index", lambda: can(Permission.ACTIVITY_READ), Section.ACTIVITIES)


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """The meetings of one month."""
    month = _month(request.args.get("month", ""))
    lines = list_meetings(access, month)
    return render(
        "organisation/meetings/list.html",
        month=month,
        lines=lines,
        counted=count_on_schedule((line.meeting for line in lines), today()),
        today=today(),
        several_units=len({line.unit.id for line in lines}) > 1,
        previous=f"{add_months(month, -1):%Y-%m}",
        following=f"{add_months(month, 1):%Y-%m}",
    )


def _month(typed: str) -> date:
    """2026-11 as its first day; anything else is the current month."""
    try:
        month = date.fromisoformat(f"{typed}-01")
    except ValueError:
        month = today()
    return month.replace(day=1) if 2000 < month.year < 2100 else today().replace(day=1)
