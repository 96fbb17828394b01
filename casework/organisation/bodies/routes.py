"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import Section, menu

bp = Blueprint("bodies", __name__, url_prefix="/bodies")
menu(_l("Bodies"), "bodies.index", lambda: can(Permission.BODY_READ), Section.ORGANISATION)


@bp.get("")
@requires(Permission.BODY_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
