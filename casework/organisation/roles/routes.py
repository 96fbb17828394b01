"""The table of roles, shown from the very data that decides: nothing here is written twice."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission, Reach, Role
from casework.authz.policy import reach_of
from casework.core.htmx import render
from casework.core.navigation import Section, menu

bp = Blueprint("roles", __name__, url_prefix="/roles")
menu(_l("Roles"), "roles.show", lambda: can(Permission.ROLE_READ), Section.ADMINISTRATION)


@bp.get("")
@requires(Permission.ROLE_READ)
def show(access: Access) -> ResponseReturnValue:
    """Role by permission, and how far each reaches."""
    held = {held.role for held in access.identity.roles}
    table = [
        (permission, [reach_of(role, permission) for role in Role]) for permission in Permission
    ]
    return render(
        "organisation/roles/table.html",
        roles=list(Role),
        table=table,
        held=held,
        nowhere=Reach.NONE,
    )
