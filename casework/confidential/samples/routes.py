"""The unit's half of a blind sample: which files inspectors are to be shown, by number and code.

The inspectors' half keeps ticks by number. The two meet in the request alone
(organisation.samples), which knows neither codes nor how many there are.
"""

from uuid import UUID

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.samples.operations import draw as draw_files
from casework.confidential.samples.queries import show_drawn
from casework.core.forms import Form, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.samples.queries import get_sample, list_samples

bp = Blueprint("samples", __name__, url_prefix="/samples")
menu(
    _l("Files for inspectors"),
    "samples.index",
    lambda: can(Permission.SAMPLE_SHOW),
    Section.ACTIVITIES,
)
FOLDER = "confidential/samples"


@bp.get("")
@requires(Permission.SAMPLE_SHOW)
def index(access: Access) -> ResponseReturnValue:
    """What inspectors asked for, newest first; no code stands here."""
    return render(f"{FOLDER}/list.html", samples=list_samples(access))


@bp.get("/<uuid:sample_id>")
@requires(Permission.SAMPLE_SHOW)
def show(access: Access, sample_id: UUID) -> ResponseReturnValue:
    """Which files are to be shown, once they were drawn."""
    return _page(access, sample_id, Form())


@bp.post("/<uuid:sample_id>")
@requires(Permission.SAMPLE_SHOW)
def draw(access: Access, sample_id: UUID) -> ResponseReturnValue:
    """Draw the files, once."""
    sample, _unit = get_sample(access, sample_id)
    form = Form()
    status = carry_out(form, lambda: draw_files(sample, by=access.actor))
    if status != 303:
        return _page(access, sample_id, form), status
    return redirect(url_for(".show", sample_id=sample.id), 303)


def _page(access: Access, sample_id: UUID, form: Form) -> str:
    sample, unit = get_sample(access, sample_id)
    return render(
        f"{FOLDER}/show.html",
        sample=sample,
        unit=unit,
        drawn=show_drawn(sample, access) if sample.shown_at else [],
        form=form,
    )
