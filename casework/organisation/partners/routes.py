"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import Section, menu

bp = Blueprint("partners", __name__, url_prefix="/partners")
menu(_l("Partners"), "partners.index", lambda: can(Permission.PARTNER_READ), Section.ORGANISATION)


@bp.get("")
@requires(Permission.PARTNER_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
