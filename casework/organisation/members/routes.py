"""Members of a unit: who does the work, what each is and holds, and all of them in Excel."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.workbooks import send_file, write_sheet
from casework.organisation.bodies.queries import Scope, find_scope, list_bodies
from casework.organisation.members import forms, operations, queries, sheets
from casework.organisation.members.models import Member

bp = Blueprint("members", __name__, url_prefix="/members")
menu(_l("Members"), "members.index", lambda: can(Permission.BODY_READ), Section.ORGANISATION)
FOLDER = "organisation/members"


@bp.get("")
@requires(Permission.BODY_READ)
def index(access: Access) -> ResponseReturnValue:
    """Who does the work in a unit today, what stands vacant, and who worked there before."""
    scope, form = find_scope(access), forms.MemberFilter(request.args)
    if scope is None:
        return render(f"{FOLDER}/none.html")
    bodies = list_bodies(scope.unit_ids)
    form.offer(bodies)
    status = 200 if form.validate() else 422
    shown = queries.show_unit(
        access, scope.unit, scope.unit_ids, bodies, body_id=form.body.data, words=form.q.data
    )
    return render(f"{FOLDER}/list.html", scope=scope, form=form, shown=shown), status


@bp.get("/new")
@requires(Permission.BODY_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a new member."""
    return _member_page(_scope(access), forms.MemberForm())


@bp.post("/new")
@requires(Permission.BODY_WRITE)
def add(access: Access) -> ResponseReturnValue:
    """Record a member."""
    scope, form = _scope(access), forms.MemberForm()
    form.offer(queries.list_linkable(scope.unit_ids))
    if not form.validate():
        return _member_page(scope, form), 422
    try:
        member = operations.add_member(scope.unit.id, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _member_page(scope, form), 422
    flash(_("The member is recorded. Now give them their post."), "success")
    return redirect(url_for(".show", staff_id=member.id), 303)


@bp.get("/<uuid:staff_id>")
@requires(Permission.BODY_READ)
def show(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """Posts over time, the conditions of a volunteer team, skills, and what it said earlier."""
    shown = queries.show_member(access, queries.get_member(access, staff_id))
    hidden = () if shown.sees_phones else ("phone",)
    earlier = [(each, forms.told(each.said, shown.names, hidden)) for each in shown.earlier]
    return render(f"{FOLDER}/show.html", shown=shown, earlier=earlier)


@bp.get("/<uuid:staff_id>/change")
@requires(Permission.BODY_WRITE)
def change_form(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """What is recorded of a member, to be corrected."""
    member = queries.get_member(access, staff_id)
    skills = queries.list_skills([member.id])[member.id]
    return _change_page(access, member, forms.MemberForm(obj=member, skills=skills))


@bp.post("/<uuid:staff_id>/change")
@requires(Permission.BODY_WRITE)
def change(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """Correct it, unless somebody did before: then both texts are shown."""
    member, form = queries.get_member(access, staff_id), forms.MemberForm()
    form.offer(_accounts(access, member))
    if not form.validate():
        return _change_page(access, member, form), 422
    try:
        form.check_version(member.version)
        operations.change_member(member, form.answer(), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _change_page(access, member, form, broken), _status(broken)
    flash(_("The change is saved."), "success")
    return redirect(url_for(".show", staff_id=staff_id), 303)


@bp.get("/export")
@requires(Permission.BODY_READ)
def export(access: Access) -> ResponseReturnValue:
    """The members of a unit, today's and former ones, one line for each post."""
    scope = find_scope(access)
    if scope is None:
        return redirect(url_for(".index"), 303)
    unit = scope.unit
    headings, rows = sheets.list_sheet(access, unit, scope.unit_ids)
    audit.record_read("member.export", "unit", [unit.id], by=access.actor, unit_id=unit.id)
    above = (_("Members of %(unit)s", unit=unit.label), today().strftime("%d/%m/%Y"))
    content = write_sheet(_("Members"), headings, rows, above=above)
    return send_file(content, f"members-{unit.code}-{today():%Y-%m-%d}.xlsx")


def _scope(access: Access) -> Scope:
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope


def _status(broken: RuleBroken) -> int:
    return 409 if isinstance(broken, Stale) else 422


def _accounts(access: Access, member: Member) -> Any:
    return queries.list_linkable(queries.list_line_of_unit(access, member.unit_id), member)


def _member_page(scope: Scope, form: forms.MemberForm) -> str:
    form.offer(queries.list_linkable(scope.unit_ids))
    return render(f"{FOLDER}/new.html", scope=scope, form=form)


def _change_page(
    access: Access, member: Member, form: forms.MemberForm, broken: RuleBroken | None = None
) -> str:
    form.offer(_accounts(access, member))
    saved = forms.MemberForm(formdata=None, obj=member) if isinstance(broken, Stale) else None
    form.version.data = str(member.version) if saved else form.version.data
    return render(f"{FOLDER}/change.html", member=member, form=form, saved=saved)
