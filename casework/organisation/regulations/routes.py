"""Being written."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission

bp = Blueprint("regulations", __name__, url_prefix="/bodies/<uuid:body_id>/regulations")


@bp.get("")
@requires(Permission.BODY_READ)
def index(access: Access, body_id: UUID) -> ResponseReturnValue:
    """Being written."""
    return "Being written."
