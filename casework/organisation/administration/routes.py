"""Accounts as the administrator sees them: who may sign in, with which roles, and what to do when
access is lost.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core.forms import RuleBroken
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import (
    NEEDS_APPROVAL,
    disable_account,
    enable_account,
    reset_access,
    set_expiry,
)
from casework.organisation.accounts.queries import get_account, list_roles
from casework.organisation.administration import queries
from casework.organisation.administration.forms import (
    AccountFilter,
    AccountForm,
    EndRoleForm,
    ExpiryForm,
    ResetForm,
    RoleForm,
)
from casework.organisation.administration.operations import (
    entrust_role,
    open_account,
    release_role,
    temporary_password,
)

bp = Blueprint("administration", __name__, url_prefix="/admin/accounts")
menu(
    _l("Accounts"),
    "administration.index",
    lambda: can(Permission.ACCOUNT_READ),
    Section.ADMINISTRATION,
)
FOLDER = "organisation/administration"


@bp.get("")
@requires(Permission.ACCOUNT_READ)
def index(access: Access) -> ResponseReturnValue:
    """Accounts within reach, in the order of names."""
    form = AccountFilter(formdata=request.args)
    valid = form.validate()
    found = queries.search_accounts(access, form.q.data or "") if valid else []
    last = max(0, (len(found) - 1) // queries.PAGE)
    page = max(0, min(request.args.get("page", 0, type=int), last))
    first = page * queries.PAGE
    accounts = queries.list_accounts_by_id(found[first : first + queries.PAGE])
    return render(
        f"{FOLDER}/list.html",
        form=form,
        accounts=accounts,
        roles=queries.list_roles_of_today(accounts),
        count=len(found),
        previous_url=_page_url(form, page - 1) if page > 0 else "",
        next_url=_page_url(form, page + 1) if page < last else "",
    ), 200 if valid else 422


@bp.get("/new")
@requires(Permission.ACCOUNT_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form for a new account."""
    return _new_page(access, AccountForm())


@bp.post("")
@requires(Permission.ACCOUNT_WRITE)
def create(access: Access) -> ResponseReturnValue:
    """A new account with its first role. The temporary password is shown this once."""
    form = AccountForm()
    _offer(access, form)
    if not form.validate():
        return _new_page(access, form), 422
    try:
        account, password = open_account(
            form.username.data,
            form.display_name.data,
            by=access.actor,
            expires_on=form.expires_on.data,
        )
        _give(account, form, access)
    except RuleBroken as broken:
        form.refuse(broken)
        return _new_page(access, form), 422
    return render(f"{FOLDER}/password.html", subject=account, password=password, is_new=True)


@bp.get("/<uuid:account_id>")
@requires(Permission.ACCOUNT_READ)
def show(access: Access, account_id: UUID) -> ResponseReturnValue:
    """An account with all its roles."""
    return _account_page(access, get_account(access, account_id), RoleForm())


@bp.post("/<uuid:account_id>/disable")
@requires(Permission.ACCOUNT_WRITE)
def disable(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Shut somebody out at once."""
    account = queries.get_account_to_change(access, account_id)
    try:
        disable_account(account, by=access.actor)
    except RuleBroken as broken:
        form = RoleForm(formdata=None)
        form.refuse(broken)
        return _account_page(access, account, form), 422
    flash(_("The account is disabled. Whoever was signed in with it is signed out."), "success")
    return redirect(url_for(".show", account_id=account_id), 303)


@bp.post("/<uuid:account_id>/enable")
@requires(Permission.ACCOUNT_WRITE)
def enable(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Let somebody sign in again."""
    enable_account(queries.get_account_to_change(access, account_id), by=access.actor)
    flash(_("The account may sign in again."), "success")
    return redirect(url_for(".show", account_id=account_id), 303)


@bp.get("/<uuid:account_id>/expiry")
@requires(Permission.ACCOUNT_WRITE)
def expiry_form(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Until when the account may sign in."""
    account = queries.get_account_to_change(access, account_id)
    return render(f"{FOLDER}/expiry.html", subject=account, form=ExpiryForm(obj=account))


@bp.post("/<uuid:account_id>/expiry")
@requires(Permission.ACCOUNT_WRITE)
def expire(access: Access, account_id: UUID) -> ResponseReturnValue:
    """Set the account's last day, or take it back."""
    account, form = queries.get_account_to_change(access, account_id), ExpiryForm()
    if not form.validate():
        return render(f"{FOLDER}/expiry.html", subject=account, form=form), 422
    try:
        set_expiry(account, form.expires_on.data, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return render(f"{FOLDER}/expiry.html", subject=account, form=form), 422
    flash(_("The account's last day is set.") if account.expires_on else _("No end is set."))
    return redirect(url_for(".show", account_id=account_id), 303)


@bp.post("/<uuid:account_id>/roles")
@requires(Permission.ACCOUNT_WRITE)
def give(access: Access, account_id: UUID) -> ResponseReturnValue:
    """One more role."""
    account, form = queries.get_account_to_change(access, account_id), RoleForm()
    _offer(access, form)
    if not form.validate():
        return _account_page(access, account, form), 422
    try:
        _give(account, form, access)
    except RuleBroken as broken:
        form.refuse(broken)
        return _account_page(access, account, form), 422
    if form.role.data in NEEDS_APPROVAL:
        flash(_("The role is given. It opens nothing until a department manager approves it."))
    else:
        flash(_("The role is given."), "success")
    return redirect(url_for(".show", account_id=account_id), 303)


@bp.get("/<uuid:account_id>/roles/<uuid:role_id>/end")
@requires(Permission.ACCOUNT_WRITE)
def end_form(access: Access, account_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """Until when a role holds."""
    account = queries.get_account_to_change(access, account_id)
    role = queries.get_role(account, role_id)
    return render(f"{FOLDER}/end_role.html", subject=account, role=role, form=EndRoleForm())


@bp.post("/<uuid:account_id>/roles/<uuid:role_id>/end")
@requires(Permission.ACCOUNT_WRITE)
def end(access: Access, account_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """End a role; its history stays."""
    account, form = queries.get_account_to_change(access, account_id), EndRoleForm()
    role, page = queries.get_role(account, role_id), f"{FOLDER}/end_role.html"
    if not form.validate():
        return render(page, subject=account, role=role, form=form), 422
    try:
        release_role(role, by=access.actor, on=form.until_on.data)
    except RuleBroken as broken:
        form.refuse(broken)
        return render(page, subject=account, role=role, form=form), 422
    flash(_("The role's last day is set."), "success")
    return redirect(url_for(".show", account_id=account_id), 303)


@bp.get("/<uuid:account_id>/reset")
@requires(Permission.ACCOUNT_WRITE)
def reset_form(access: Access, account_id: UUID) -> ResponseReturnValue:
    """What a reset would lose, and the ways that lose nothing."""
    return _reset_page(queries.get_account_to_change(access, account_id), ResetForm())


@bp.post("/<uuid:account_id>/reset")
@requires(Permission.ACCOUNT_WRITE)
def reset(access: Access, account_id: UUID) -> ResponseReturnValue:
    """New keys and a temporary password, shown this once.

    What was entrusted is lost to the account.
    """
    account, form = queries.get_account_to_change(access, account_id), ResetForm()
    if not form.validate():
        return _reset_page(account, form), 422
    password = temporary_password()
    reset_access(account, password, by=access.actor)
    return render(f"{FOLDER}/password.html", subject=account, password=password, is_new=False)


def _give(account: Account, form: RoleForm, access: Access) -> None:
    entrust_role(
        account,
        form.role.data,
        form.unit.data,
        by=access.actor,
        on=form.from_on.data,
        until=form.until_on.data,
    )


def _offer(access: Access, form: RoleForm, *, likely: UUID | None = None) -> dict[str, Any]:
    """Let the form offer the units of one province, chosen before by a small form of its own."""
    provinces = queries.list_provinces_within(access)
    asked = form.province.data or request.args.get("province") or str(likely)
    province = next((unit for unit in provinces if str(unit.id) == asked), None)
    province = province or (provinces[0] if provinces else None)
    units = queries.list_units_within(access, province.id) if province else []
    form.offer(province, units, everywhere=access.everywhere)
    return {"provinces": provinces, "province": province}


def _new_page(access: Access, form: AccountForm) -> str:
    return render(f"{FOLDER}/new.html", form=form, **_offer(access, form))


def _account_page(access: Access, account: Account, form: RoleForm) -> str:
    roles = list_roles([account.id])
    choices: dict[str, Any] = {"provinces": [], "province": None}
    if can(Permission.ACCOUNT_WRITE):
        likely = next((unit.province_id for _role, unit in roles if unit), None)
        choices = _offer(access, form, likely=likely)
    return render(
        f"{FOLDER}/account.html",
        subject=account,
        roles=[queries.Held(role, unit) for role, unit in roles],
        is_own=account.id == access.account_id,
        form=form,
        **choices,
    )


def _reset_page(account: Account, form: ResetForm) -> str:
    entrusted = queries.count_entrusted(account.id)
    return render(f"{FOLDER}/reset.html", subject=account, entrusted=entrusted, form=form)


def _page_url(form: AccountFilter, page: int) -> str:
    return url_for(".index", q=form.q.data or None, page=page)
