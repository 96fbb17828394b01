"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import Section, menu

bp = Blueprint("communications", __name__, url_prefix="/communications")
menu(
    _l("Communication"),
    "communications.index",
    lambda: can(Permission.ACTIVITY_READ),
    Section.ACTIVITIES,
)


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
