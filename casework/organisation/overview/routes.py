"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import menu

bp = Blueprint("overview", __name__, url_prefix="/overview")
menu(_l("My unit"), "overview.index", lambda: can(Permission.ACTIVITY_READ))


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
