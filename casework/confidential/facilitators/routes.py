"""Who leads a group: several at once; a coordinator passes a group on without reading it."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission, Role
from casework.confidential.facilitators.forms import FacilitatorForm
from casework.confidential.facilitators.operations import (
    add_facilitator,
    hand_group_over,
    remove_facilitator,
)
from casework.confidential.facilitators.queries import (
    get_facilitator,
    get_group_to_assign,
    list_facilitators,
    list_groups_to_assign,
)
from casework.confidential.groups.models import Facilitator
from casework.confidential.groups.queries import get_group
from casework.core.clock import today
from casework.core.forms import Form, carry_out
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.bodies.models import Group

bp = Blueprint("facilitators", __name__, url_prefix="/groups")
menu(
    _l("Groups of the unit"),
    "facilitators.to_assign",
    lambda: can(Permission.GROUP_ASSIGN),
    Section.ACTIVITIES,
)
FOLDER = "confidential/facilitators"
BOTH = ("GET", "POST")


@bp.route("/<uuid:group_id>/facilitators", methods=BOTH)
@requires(Permission.GROUP_WRITE)
def index(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Who leads the group and who led it; another counselor is added."""
    group = get_group(access, group_id)
    everybody = list_facilitators(group)
    form = _form(group, everybody)
    status = carry_out(
        form, lambda: add_facilitator(group, form.chosen(), by=access.actor, on=today())
    )
    if status != 303:
        return _index(access, group, everybody, form), status
    flash(_("The counselor leads the group too, and holds its key."), "success")
    return redirect(url_for(".index", group_id=group.id), 303)


@bp.post("/<uuid:group_id>/facilitators/<uuid:facilitator_id>/remove")
@requires(Permission.GROUP_WRITE)
def remove(access: Access, group_id: UUID, facilitator_id: UUID) -> ResponseReturnValue:
    """Somebody leads the group no more."""
    group = get_group(access, group_id)
    found, form = get_facilitator(group, facilitator_id), Form()
    status = carry_out(form, lambda: remove_facilitator(group, found, by=access.actor, on=today()))
    if status != 303:
        shown = FacilitatorForm(formdata=None)
        everybody = list_facilitators(group)
        shown.offer(_others(group, everybody))
        shown.form_errors = form.form_errors
        return _index(access, group, everybody, shown), status
    flash(_("The counselor leads the group no more, and holds no key of it."), "success")
    if found.account_id == access.account_id:
        return redirect(url_for("groups.index"), 303)
    return redirect(url_for(".index", group_id=group.id), 303)


@bp.get("/assignments")
@requires(Permission.GROUP_ASSIGN)
def to_assign(access: Access) -> ResponseReturnValue:
    """The groups of the unit with who leads them; a group without anybody stands out."""
    return render(f"{FOLDER}/to_assign.html", lines=list_groups_to_assign(access))


@bp.route("/<uuid:group_id>/assignment", methods=BOTH)
@requires(Permission.GROUP_ASSIGN)
def assignment(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Hand a group and its key to another counselor; nothing of it can be read here."""
    group = get_group_to_assign(access, group_id)
    everybody = list_facilitators(group)
    form = _form(group, everybody)
    status = carry_out(
        form, lambda: hand_group_over(group, form.chosen(), by=access.actor, on=today())
    )
    if status != 303:
        return render(
            f"{FOLDER}/assignment.html", group=group, form=form, everybody=everybody, today=today()
        ), status
    flash(_("The group is handed over."), "success")
    return redirect(url_for(".to_assign"), 303)


def _index(
    access: Access,
    group: Group,
    everybody: Sequence[tuple[Facilitator, Account]],
    form: FacilitatorForm,
) -> str:
    return render(
        f"{FOLDER}/list.html",
        group=group,
        now=[pair for pair in everybody if pair[0].leads_on(today())],
        former=[pair for pair in everybody if not pair[0].leads_on(today())],
        form=form,
        me=access.account_id,
    )


def _form(group: Group, everybody: Sequence[tuple[Facilitator, Account]]) -> FacilitatorForm:
    form = FacilitatorForm()
    form.offer(_others(group, everybody))
    return form


def _others(group: Group, everybody: Sequence[tuple[Facilitator, Account]]) -> list[Account]:
    """The counselors of the unit who do not lead the group."""
    leading = {each.account_id for each, _account in everybody if each.leads_on(today())}
    counselors = list_role_holders(group.unit_id, Role.COUNSELOR)
    return [account for account in counselors if account.id not in leading]
