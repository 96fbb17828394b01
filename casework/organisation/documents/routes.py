"""One address for every attached file: saved, never shown inside a page."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.forms import RuleBroken
from casework.core.htmx import render
from casework.core.i18n import local_path
from casework.core.workbooks import send_file
from casework.organisation.documents.operations import open_file, remove_file
from casework.organisation.documents.queries import get_file, get_file_to_remove
from casework.vault.envelope import CannotOpen

bp = Blueprint("documents", __name__, url_prefix="/files")


@bp.get("/<uuid:file_id>")
@requires(Permission.FILE_READ)
def show(access: Access, file_id: UUID) -> ResponseReturnValue:
    """The file, to be saved. Leaves a row in the log: a scan may name people."""
    file = get_file(access, file_id)
    audit.record_read("file.read", "file", [file.id], by=access.actor, unit_id=file.unit_id)
    try:
        content = open_file(file)
    except CannotOpen:
        return render("organisation/documents/closed.html", file=file), 410
    return send_file(content, file.filename, file.media_type)


@bp.post("/<uuid:file_id>/remove")
@requires(Permission.FILE_READ)
def remove(access: Access, file_id: UUID) -> ResponseReturnValue:
    """Take the file away and go back to its record; what is approved keeps its papers."""
    try:
        remove_file(get_file_to_remove(access, file_id), by=access.actor)
        flash(_("The file is taken away. Its sealed content is kept."), "success")
    except RuleBroken as broken:
        flash(broken.message, "warning")
    return redirect(local_path(request.form.get("back", "/")), 303)
