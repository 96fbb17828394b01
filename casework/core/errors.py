"""What people see when something is refused or fails: a plain sentence, a reference, and their own
text kept.

The log gets the kind of error and the place in the program, never a query string and never what was
typed.
"""

import secrets
import traceback
from typing import Any

import structlog
from flask import Flask, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from casework.core.database import SAFE_METHODS, ReadModelAway, db

log = structlog.get_logger("casework")
_SECRETS = {"csrf_token", "password", "new_password", "repeat", "code", "key"}
_READ_AWAY = 64 * 1024 * 1024
_SAME_FORM = ("operation", "version")


class OutOfReach(Exception):
    """There is no such record, or not for this account: the two look alike."""


def typed_text() -> list[tuple[str, str]]:
    """What was typed into the refused form, so that nothing is lost."""
    return [(name, value) for name, value in sent_form() if value and name not in _SAME_FORM]


def sent_form() -> list[tuple[str, str]]:
    """Every field of the request as it was sent. Secrets are left out."""
    if request.max_content_length and (request.content_length or 0) > request.max_content_length:
        return []
    try:
        typed = list(request.form.items(multi=True))
    except HTTPException:
        return []  # The body itself is what was refused.
    return [(name, value) for name, value in typed if name not in _SECRETS]


def page(status: int, title: str, explanation: str, **values: Any) -> tuple[str, int]:
    """An error page with what was typed."""
    kept = typed_text() if request.method == "POST" else []
    # Sent again it is the same form still: done once, and never over somebody else's change.
    same = [(name, request.form[name]) for name in _SAME_FORM if kept and name in request.form]
    return render_template(
        "errors/error.html", title=title, explanation=explanation, kept=kept, same=same, **values
    ), status


def init_app(app: Flask) -> None:
    """Answer every kind of failure with a page."""
    app.register_error_handler(OutOfReach, _not_found)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(ReadModelAway, _figures_away)
    app.register_error_handler(Exception, unexpected)


def _not_found(_error: Exception) -> tuple[str, int]:
    db.session.rollback()
    return page(404, _("Not found"), _("This page does not exist, or it is not yours to open."))


def _form_expired(_error: CSRFError) -> tuple[str, int]:
    text = _("This form was opened too long ago. What you typed stands below; send it again.")
    return page(400, _("Send the form again"), text, resend=True)


def stale(_error: StaleDataError) -> tuple[str, int]:
    """Two people saved one record in the same instant, and this is the second."""
    db.session.rollback()
    text = _("Somebody else saved this record at the same moment. What you typed stands below.")
    return page(409, _("Saved by somebody else"), text)


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if status in (404, 405):
        return _not_found(error)
    if status == 403:
        return page(403, _("Not allowed"), _("Your role does not open this page."))
    if status == 413:
        _read_away()
        return page(
            413,
            _("Too long"),
            _("This is more than the program takes at once. Shorten it and send it again."),
        )
    if status == 503:
        return _busy(error)
    return page(status, _("That did not work"), _("The request could not be understood."))


def _read_away() -> None:
    """Take what is still being sent, or the browser shows a broken connection and not our page."""
    length, stream = request.content_length or 0, request.environ["wsgi.input"]
    if length <= (request.max_content_length or 0):
        return  # The body was read already.
    left = min(length, _READ_AWAY)
    while left > 0 and (part := stream.read(min(left, 65_536))):
        left -= len(part)


def _database(error: OperationalError) -> tuple[str, int]:
    db.session.rollback()
    if request.method in SAFE_METHODS and not _is_full(error):
        return _busy(error)
    reference = _note(error)
    if _is_full(error):
        text = _(
            "The disk is full. Nothing can be saved, and pages about persons stay closed, because "
            "every opening has to be noted. Tell the administrator. "
            "What you typed stands below."
        )
        return page(507, _("Not saved"), text, reference=reference, resend=True)
    text = _(
        "The database is busy and did not take the change. "
        "What you typed stands below; send it again."
    )
    return page(503, _("Not saved"), text, reference=reference, resend=True)


def _figures_away(error: ReadModelAway) -> tuple[str, int]:
    """They stand in a database of their own, on another server perhaps; the rest goes on."""
    if request.method not in SAFE_METHODS or _is_full(error):
        return _database(error)
    db.session.rollback()
    text = _("The published figures can't be read at the moment. Wait a moment and try again.")
    return page(503, _("Figures can't be read"), text, reference=_note(error))


def _busy(error: Exception) -> tuple[str, int]:
    text = _("The program is not ready to answer. Wait a moment and try again.")
    return page(503, _("Busy"), text, reference=_note(error), resend=True)


def unexpected(error: Exception) -> tuple[str, int]:
    """A fault of the program: noted under a number, never shown."""
    db.session.rollback()
    text = _("Something went wrong in the program. It has been noted under the number below.")
    return page(500, _("An error of the program"), text, reference=_note(error), resend=True)


def _is_full(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorname", "") or ""
    # A full disk is SQLITE_FULL or SQLITE_IOERR_WRITE, depending on where the write met it; 53100
    # on PostgreSQL.
    return (
        code == "SQLITE_FULL"
        or code.startswith("SQLITE_IOERR")
        or getattr(error.orig, "sqlstate", "") == "53100"
    )


def _note(error: Exception) -> str:
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
    cause = getattr(error, "orig", None)
    kind = type(error).__name__ + (
        f"/{getattr(cause, 'sqlite_errorname', type(cause).__name__)}" if cause else ""
    )
    log.error(
        "request failed", reference=reference, kind=kind, place=where, endpoint=request.endpoint
    )
    return reference
