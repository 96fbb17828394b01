"""Who looked at a case, and the weekly note of what was outside the usual.

The note is derived from the log whenever it is opened; Today knows its address alone.
"""

from uuid import UUID

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.queries import get_case, get_person
from casework.confidential.looks.forms import SeenForm
from casework.confidential.looks.operations import put_away
from casework.confidential.looks.queries import list_looks, read_note
from casework.core.forms import carry_out
from casework.core.htmx import render, wants_fragment

bp = Blueprint("looks", __name__)
# On the page itself, and above the work of Today.
SHOWN, SHOWN_ON_TODAY = 100, 3


@bp.get("/cases/<uuid:case_id>/looks")
@requires(Permission.CASE_LOOKS)
def index(access: Access, case_id: UUID) -> ResponseReturnValue:
    """Who opened this case, for those it is entrusted to."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    looks = list_looks(case)
    return render(
        "confidential/looks/list.html", case=case, person=person, looks=looks, me=access.account_id
    )


@bp.get("/looks")
@requires(Permission.CASE_LOOKS)
def note(access: Access) -> ResponseReturnValue:
    """What was outside the usual in one's own cases, this week and the week before."""
    return _note(access)


@bp.post("/looks")
@requires(Permission.CASE_LOOKS)
def seen(access: Access) -> ResponseReturnValue:
    """Put the note away until something new happens."""
    form = SeenForm()
    done = carry_out(form, lambda: put_away(int(form.position.data), by=access.actor))
    if done != 303:
        return _note(access, form), done
    return redirect(url_for("followups.show"), 303)


def _note(access: Access, form: SeenForm | None = None) -> str:
    told = read_note(access)
    return render(
        "confidential/looks/note.html",
        note=told,
        shown=told.looks[: SHOWN_ON_TODAY if wants_fragment() else SHOWN],
        form=form or SeenForm(formdata=None, position=str(told.newest)),
        me=access.account_id,
    )
