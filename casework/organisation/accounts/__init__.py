"""Accounts, their dated roles, and signing in.

`sessions.py` and `throttle.py` are what stands between a stranger and a key.
"""

from contextlib import suppress

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from casework.authz.permissions import Role
from casework.core import errors
from casework.core.database import SAFE_METHODS
from casework.core.i18n import local_path
from casework.core.operations import first_answer
from casework.organisation.accounts.sessions import login_manager
from casework.vault import drafts


def init_app(app: Flask, *, only: frozenset[Role] | None = None) -> None:
    """Know who is signed in before anything else is asked.

    With `only`, no account signs in that holds or held another role than these, and no key of a
    case is asked for.
    """
    app.extensions["roles_let_in"] = only
    login_manager.init_app(app)
    app.before_request(_who)
    app.extensions["before_commit"].append(_forget_kept_form)


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a stranger to the sign-in page; keep what an expired session's form held.

    Whose account was closed meanwhile is told so, with what they typed.
    """
    after = request.path if request.method in SAFE_METHODS else form_address()
    if request.method not in SAFE_METHODS and g.get("expired_account_id"):
        with suppress(drafts.TooLong):
            drafts.keep(g.expired_account_id, after, errors.sent_form())
        if g.get("account_is_closed"):
            text = _(
                "This account has been closed, and nothing was saved. What you typed stands below; "
                "it is kept for seven days in case the account is opened again. Ask your "
                "administrator."
            )
            return errors.page(403, _("Your account is closed"), text)
    address = url_for("accounts.sign_in", next=after)
    if "HX-Request" in request.headers:
        return _("Sign in again."), 401, {"HX-Redirect": address}
    return redirect(address, 303)


def _who() -> ResponseReturnValue | None:
    """Load the account; repeat the first answer of a form sent twice; offer a kept form's text."""
    if request.endpoint in ("static", "health.show"):
        return None
    if not current_user.is_authenticated:
        return None
    if (
        g.must_change_password
        and request.blueprint != "accounts"
        and request.endpoint != "language.switch"
    ):
        return redirect(url_for("accounts.password"), 303)
    if request.method in SAFE_METHODS:
        if "kept" in request.args:
            g.kept_text = _chosen_draft(request.args["kept"])
        return None
    return first_answer(g.account_id)


def _chosen_draft(chosen: str) -> MultiDict[str, str] | None:
    """The draft of this page with an id; the newest one for whoever has just signed in again."""
    found = drafts.list_drafts(g.account_id, g.secret, request.path)
    wanted = [draft for draft in found if chosen in ("1", str(draft.id))]
    return wanted[0].fields if wanted else None


def _forget_kept_form(answer: Response) -> None:
    # What was carried out leads on; a form that is given back with one more row is not saved yet.
    is_done = answer.location and g.get("account_id")
    if is_done and request.blueprint not in ("accounts", "drafts"):
        drafts.forget(g.account_id, form_address(), request.form.get("operation", ""))


def form_address() -> str:
    """Where the form is shown: it says so itself, else it is shown where it posts to."""
    return local_path(request.form.get("shown_at", request.path))
