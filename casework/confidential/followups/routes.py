"""Today: what is due. Everything due is derived from the records; nobody keeps a list by hand."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.assignments.queries import list_without_custody
from casework.confidential.cases.forms import SearchForm
from casework.confidential.cases.queries import CaseLine, list_cases
from casework.confidential.followups.calendar import write_calendar
from casework.confidential.followups.models import Due, DueKind
from casework.confidential.followups.queries import count_by_kind, find_own_access, list_due
from casework.core import audit, navigation
from casework.core.clock import now, today
from casework.core.htmx import render
from casework.core.workbooks import send_file
from casework.organisation.samples.queries import list_waiting

bp = Blueprint("followups", __name__)
navigation.menu(
    _l("Today"),
    "followups.show",
    lambda: can(Permission.CASE_WRITE) or can(Permission.CASE_LIST),
)
FOLDER = "confidential/followups"
# On a phone the own cases stand below what is due: a dozen of it, the rest is one tap away.
SHOWN, PAGE, CASES_SHOWN = 12, 25, 40
CALENDAR = timedelta(days=60)


@bp.get("/")
@requires(Permission.OWN_ACCOUNT)
def show(access: Access) -> ResponseReturnValue:
    """The day of a counselor, or of a coordinator by codes. Everybody else starts at the first
    page of their menu.
    """
    cases = find_own_access(access.identity)
    if cases is None:
        return redirect(navigation.first_page(), 303)
    writes, showing = can(Permission.CASE_WRITE), access.identity.access(Permission.SAMPLE_SHOW)
    due, own = list_due(cases), list_cases(cases) if writes else []
    listed = own[:CASES_SHOWN]
    _note_shown(access, due[:SHOWN], [line.id for line in listed])
    return render(
        f"{FOLDER}/today.html",
        due=due[:SHOWN],
        total=len(due),
        counted=count_by_kind(due),
        own=listed,
        own_total=len(own),
        by_id={line.id: line for line in own},
        search=SearchForm(formdata=None),
        writes=writes,
        today=today(),
        samples=list_waiting(showing) if showing else [],
        newcomers=[who for who, *_keys in list_without_custody(cases)] if writes else [],
    )


@bp.get("/due")
@requires(Permission.CASE_LIST)
def index(access: Access) -> ResponseReturnValue:
    """All that is due, or one kind of it, a page after the other."""
    cases = find_own_access(access.identity) or access
    due = list_due(cases)
    chosen = next((kind for kind in DueKind if kind == request.args.get("kind")), None)
    found = [each for each in due if chosen in (None, each.kind)]
    # What stood there may be done meanwhile; its place is known all the same.
    start = bisect_right(found, request.args.get("after", ""), key=lambda each: each.key)
    page, rest = found[start : start + PAGE], found[start + PAGE :]
    own = list_cases(cases) if can(Permission.CASE_WRITE) else []
    _note_shown(access, page, [])
    return render(
        f"{FOLDER}/list.html",
        due=page,
        total=len(found),
        counted=count_by_kind(due),
        everything=len(due),
        chosen=chosen,
        next_after=page[-1].key if rest else None,
        by_id=_lines(own),
        today=today(),
        writes=can(Permission.CASE_WRITE),
    )


@bp.get("/calendar.ics")
@requires(Permission.CASE_LIST)
def calendar(access: Access) -> ResponseReturnValue:
    """What is due in the coming weeks as a calendar file, by codes; overdue things stand today."""
    cases = find_own_access(access.identity) or access
    due = list_due(cases, today() + CALENDAR)
    audit.record_list("calendar.export", "case", _case_ids(due), by=access.actor)
    days = {
        on: (_("%(count)s things due", count=len(things)), _codes(things))
        for on in {max(each.on, today()) for each in due}
        if (things := [each for each in due if max(each.on, today()) == on])
    }
    content = write_calendar(days, owner=access.account_id, made_at=now())
    return send_file(content, "viec-den-han.ics", "text/calendar")


def _note_shown(access: Access, due: Sequence[Due], others: Sequence[UUID]) -> None:
    shown = dict.fromkeys([*_case_ids(due), *others])
    audit.record_list("case.list", "case", list(shown), by=access.actor)


def _case_ids(due: Sequence[Due]) -> list[UUID]:
    return list(dict.fromkeys(each.case_id for each in due if each.case_id))


def _codes(due: Sequence[Due]) -> list[str]:
    """The codes of cases; groups and offers are nameless here."""
    return sorted({each.code for each in due if each.case_id})


def _lines(own: Sequence[CaseLine]) -> dict[UUID, CaseLine]:
    return {line.id: line for line in own}
