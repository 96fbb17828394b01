"""Drafts of the own account: a form sends what is being typed, and offers it when opened again.

Saving a draft is no sign that somebody is at the page, changes no record and is no operation.
"""

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core.clock import VIETNAM, now
from casework.core.errors import sent_form
from casework.core.i18n import local_path
from casework.organisation.accounts import form_address
from casework.vault import drafts
from casework.vault.drafts import Draft

bp = Blueprint("drafts", __name__, url_prefix="/drafts")


@bp.post("")
@requires(Permission.OWN_ACCOUNT)
def save(access: Access) -> ResponseReturnValue:
    """Keep what stands in a form now. The answer is one line for the page."""
    try:
        is_kept = drafts.keep(access.account_id, form_address(), sent_form())
    except drafts.TooLong:
        return _("This is too long for a draft: it is only on this page. Save it soon."), 422
    time = f"{now().astimezone(VIETNAM):%H:%M}"
    return (_("Draft saved %(time)s", time=time) if is_kept else ""), 200


@bp.post("/discard")
@requires(Permission.OWN_ACCOUNT)
def discard(access: Access) -> ResponseReturnValue:
    """Throw one draft away, and go back to its form."""
    with suppress(ValueError):  # no id: nothing of ours sent it
        drafts.throw_away(access.account_id, UUID(request.form.get("draft", "")))
    return redirect(local_path(request.form.get("back", "/")), 303)


@bp.app_template_global()
def drafts_here() -> list[Draft]:
    """What the account has not saved in the form of this page; nothing while a form is sent."""
    if request.method != "GET" or not g.get("account_id"):
        return []
    if "drafts_here" not in g:
        g.drafts_here = drafts.list_drafts(g.account_id, g.secret, request.path)
    here: list[Draft] = g.drafts_here
    return here


bp.add_app_template_global(form_address)
