"""Being written."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.navigation import Section, menu

bp = Blueprint("budgets", __name__, url_prefix="/budgets")
menu(_l("Budget"), "budgets.index", lambda: can(Permission.BUDGET_READ), Section.MONEY)


@bp.get("")
@requires(Permission.BUDGET_READ)
def index(access: Access) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
