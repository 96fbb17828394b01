"""What waits for a department manager: roles of inspectors."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import RuleBroken
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.approvals.operations import approve_role, decline_role, may_decide
from casework.organisation.approvals.queries import get_waiting, list_waiting

bp = Blueprint("approvals", __name__, url_prefix="/admin/approvals")
menu(
    _l("Approvals"),
    "approvals.index",
    lambda: can(Permission.ROLE_APPROVE),
    Section.ADMINISTRATION,
)


@bp.get("")
@requires(Permission.ROLE_APPROVE)
def index(access: Access) -> ResponseReturnValue:
    """The roles that wait within reach."""
    return _page(access)


@bp.post("/<uuid:role_id>/approve")
@requires(Permission.ROLE_APPROVE)
def approve(access: Access, role_id: UUID) -> ResponseReturnValue:
    """Let a role open what it opens."""
    waiting = get_waiting(access, role_id)
    try:
        approve_role(waiting.role, by=access.actor)
    except RuleBroken as broken:
        return _page(access, str(broken.message)), 422
    name = waiting.account.display_name
    flash(_("Approved: %(name)s may work as an inspector.", name=name), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:role_id>/decline")
@requires(Permission.ROLE_APPROVE)
def decline(access: Access, role_id: UUID) -> ResponseReturnValue:
    """End a role before it opened anything."""
    waiting = get_waiting(access, role_id)
    try:
        decline_role(waiting.role, by=access.actor)
    except RuleBroken as broken:
        return _page(access, str(broken.message)), 422
    name = waiting.account.display_name
    flash(_("Declined: the role of %(name)s has ended.", name=name), "success")
    return redirect(url_for(".index"), 303)


def _page(access: Access, refused: str = "") -> str:
    waiting = list_waiting(access)
    mine = {each.role.id for each in waiting if may_decide(each.role, access.actor)}
    return render(
        "organisation/approvals/list.html", waiting=waiting, may_decide=mine, refused=refused
    )
