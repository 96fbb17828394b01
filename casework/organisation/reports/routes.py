"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import Section, menu

bp = Blueprint("reports", __name__, url_prefix="/reports")
menu(_l("Reports"), "reports.index", lambda: can(Permission.REPORT_READ), Section.ORGANISATION)


@bp.get("")
@requires(Permission.REPORT_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
