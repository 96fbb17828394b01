"""What is new in inspections, for whoever is signed in. A panel of other pages, which know its
address, and a page of its own.
"""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core.forms import carry_out
from casework.core.htmx import render, wants_fragment
from casework.core.operations import new_operation
from casework.inspection.notices.forms import SeenForm
from casework.inspection.notices.operations import note_seen
from casework.inspection.notices.queries import list_news

bp = Blueprint("notices", __name__, url_prefix="/notices/inspections")


@bp.get("")
@requires(Permission.RECOMMENDATION_READ)
def index(access: Access) -> ResponseReturnValue:
    """What changed; in a panel only what was not seen yet."""
    return _page(access, SeenForm())


@bp.post("")
@requires(Permission.RECOMMENDATION_READ)
def put_away(access: Access) -> ResponseReturnValue:
    """It was read."""
    form = SeenForm()
    status = carry_out(form, lambda: note_seen(access.account_id, form.moment()))
    if status != 303:
        return _page(access, form), status
    return redirect(url_for(".index"), 303)


def _page(access: Access, form: SeenForm) -> str:
    told = list_news(access.identity)
    return render(
        "inspection/notices/list.html",
        told=told,
        shown=told.unseen if wants_fragment() else told.news,
        form=form,
        new_operation=new_operation,
    )
