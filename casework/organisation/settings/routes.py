"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import Section, menu

bp = Blueprint("settings", __name__, url_prefix="/admin/settings")
menu(_l("Settings"), "settings.index", lambda: can(Permission.SETTING_READ), Section.ADMINISTRATION)


@bp.get("")
@requires(Permission.SETTING_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
