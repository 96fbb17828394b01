"""Today: what is due. Everything due is derived from the records; nobody keeps a list by hand."""

from datetime import timedelta

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.assignments.queries import list_without_custody
from casework.confidential.cases.queries import list_cases
from casework.core import audit, navigation
from casework.core.clock import today
from casework.core.htmx import render

bp = Blueprint("followups", __name__)
navigation.menu(_l("Today"), "followups.show", lambda: can(Permission.CASE_WRITE))
AHEAD = timedelta(days=7)
SHOWN = 25


@bp.get("/")
@requires(Permission.OWN_ACCOUNT)
def show(access: Access) -> ResponseReturnValue:
    """A counselor's day. Everybody else starts at the first page of their menu."""
    cases = access.identity.access(Permission.CASE_WRITE)
    if cases is None:
        first = next(iter(navigation.links()), None)
        return redirect(first.url if first else "/account", 303)
    lines = list_cases(cases)
    due = sorted(
        (line for line in lines if line.next_on is not None and line.next_on <= today() + AHEAD),
        key=lambda line: line.next_on or today(),
    )
    without = [line for line in lines if line.next_on is None]
    shown = [line.id for line in (*due[:SHOWN], *without[:10])]
    audit.record_list("case.list", "case", shown, by=access.actor)
    return render(
        "confidential/followups/today.html",
        due=due[:SHOWN],
        due_count=len(due),
        without=without,
        total=len(lines),
        today=today(),
        newcomers=[who for who, *_keys in list_without_custody(cases)],
    )
