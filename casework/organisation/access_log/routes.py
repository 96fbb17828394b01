"""The access log for the data-protection officer, and whether it is whole.

Looking at it is logged too.
"""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.database import db
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.access_log import queries
from casework.organisation.access_log.forms import LogFilter
from casework.organisation.access_log.queries import Asked
from casework.organisation.accounts.queries import names_of

bp = Blueprint("access_log", __name__, url_prefix="/audit")
menu(_l("Access log"), "access_log.index", lambda: can(Permission.LOG_READ), Section.ADMINISTRATION)
menu(
    _l("Check the log"),
    "access_log.chain",
    lambda: can(Permission.LOG_CHECK) and not can(Permission.LOG_READ),
    Section.ADMINISTRATION,
)


@bp.get("")
@requires(Permission.LOG_READ)
def index(access: Access) -> ResponseReturnValue:
    """Who did what to which record, newest first."""
    form = LogFilter(formdata=request.args)
    if not form.validate():
        return _page(form, [], {}), 422
    before = request.args.get("before", type=int)
    asked = Asked(
        username=form.account.data or "",
        action=form.action.data or "",
        outcome=form.outcome.data,
        from_on=form.from_on.data,
        until_on=form.until_on.data,
        before=before if before is not None and 0 <= before < 2**63 else None,
    )
    entries = queries.list_entries(access, asked)
    audit.record_read("log.read", "log", [None], by=access.actor)
    return _page(form, entries, names_of([entry.actor_id for entry in entries]))


@bp.get("/chain")
@requires(Permission.LOG_CHECK)
def chain(access: Access) -> ResponseReturnValue:
    """Whether any row was edited, removed, reordered or cut off."""
    try:
        anchors, spoilt = queries.list_anchors(), False
    except ValueError:
        anchors, spoilt = [], True
    return render(
        "organisation/access_log/chain.html",
        verdict=audit.verify(db.session(), anchors),
        anchors=anchors,
        spoilt=spoilt,
    )


def _page(form: LogFilter, entries: Any, names: Any) -> str:
    shown = entries[: queries.PAGE]
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if value}
    older = {**kept, "before": shown[-1].position} if len(entries) > queries.PAGE else {}
    newest = {name: value for name, value in kept.items() if name != "before"}
    return render(
        "organisation/access_log/list.html",
        form=form,
        entries=shown,
        names=names,
        older_url=url_for(".index", **older) if older else "",
        newest_url=url_for(".index", **newest) if "before" in kept else "",
    )
