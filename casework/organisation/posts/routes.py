"""The posts of members: giving, correcting and ending them, and members with their posts from
Excel. They are read on the pages of members.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.sheets import SheetRefused, read_sent_sheet
from casework.core.workbooks import send_file, write_sheet
from casework.organisation.bodies.queries import Scope, find_scope, list_bodies, list_groups
from casework.organisation.members import queries
from casework.organisation.members.models import Member, MemberRole
from casework.organisation.members.rules import Held
from casework.organisation.posts import forms, operations, sheets
from casework.organisation.posts.rules import Taken

bp = Blueprint("posts", __name__, url_prefix="/members")
FOLDER = "organisation/posts"


@bp.get("/<uuid:staff_id>/posts/new")
@requires(Permission.BODY_WRITE)
def new(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """The form of a post."""
    member, form = queries.get_member(access, staff_id), forms.PostForm()
    _offer_posts(access, member, form)
    return _post_page(member, form)


@bp.post("/<uuid:staff_id>/posts/new")
@requires(Permission.BODY_WRITE)
def give(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """Give a post."""
    member, form = queries.get_member(access, staff_id), forms.PostForm()
    choices = _offer_posts(access, member, form)
    if not form.validate():
        return _post_page(member, form), 422
    try:
        operations.give_post(member, form.terms(*choices), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _post_page(member, form, broken=broken), 422
    flash(_("The post is given."), "success")
    return redirect(url_for("members.show", staff_id=staff_id), 303)


@bp.get("/posts/<uuid:post_id>/change")
@requires(Permission.BODY_WRITE)
def correct_form(access: Access, post_id: UUID) -> ResponseReturnValue:
    """What a post says, to be corrected."""
    held = queries.get_post(access, post_id)
    form = forms.PostForm(obj=held.post, body=held.body.id, group=held.post.group_id)
    _offer_posts(access, held.member, form)
    return _post_page(held.member, form, held)


@bp.post("/posts/<uuid:post_id>/change")
@requires(Permission.BODY_WRITE)
def correct(access: Access, post_id: UUID) -> ResponseReturnValue:
    """Correct a post; what it said stays readable."""
    held, form = queries.get_post(access, post_id), forms.PostForm()
    choices = _offer_posts(access, held.member, form)
    if not form.validate():
        return _post_page(held.member, form, held), 422
    try:
        form.check_version(held.post.version)
        operations.correct_post(held, form.terms(*choices), by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _post_page(held.member, form, held, broken), _status(broken)
    flash(_("The post is corrected."), "success")
    return redirect(url_for("members.show", staff_id=held.member.id), 303)


@bp.get("/posts/<uuid:post_id>/end")
@requires(Permission.BODY_WRITE)
def end_form(access: Access, post_id: UUID) -> ResponseReturnValue:
    """The last day of a post, and why."""
    held = queries.get_post(access, post_id)
    return _end_page(held, forms.EndForm(version=held.post.version))


@bp.post("/posts/<uuid:post_id>/end")
@requires(Permission.BODY_WRITE)
def end(access: Access, post_id: UUID) -> ResponseReturnValue:
    """End a post; it stays in its holder's history."""
    held, form = queries.get_post(access, post_id), forms.EndForm()
    if not form.validate():
        return _end_page(held, form), 422
    try:
        form.check_version(held.post.version)
        operations.end_post(
            held,
            on=form.until_on.data,
            reason=form.end_reason.data,
            never_held=form.never_held.data,
            by=access.actor,
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _end_page(held, form, broken), _status(broken)
    flash(_("The post's last day is set."), "success")
    return redirect(url_for("members.show", staff_id=held.member.id), 303)


@bp.get("/<uuid:staff_id>/leave")
@requires(Permission.BODY_WRITE)
def leave_form(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """On which day all posts of somebody end."""
    member = queries.get_member(access, staff_id)
    return render(f"{FOLDER}/leave.html", member=member, form=forms.LeaveForm())


@bp.post("/<uuid:staff_id>/leave")
@requires(Permission.BODY_WRITE)
def leave(access: Access, staff_id: UUID) -> ResponseReturnValue:
    """End all posts; the member stays on record."""
    member, form = queries.get_member(access, staff_id), forms.LeaveForm()
    if not form.validate():
        return render(f"{FOLDER}/leave.html", member=member, form=form), 422
    on, reason = form.until_on.data, form.end_reason.data
    try:
        operations.leave_work(member, on=on, reason=reason, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return render(f"{FOLDER}/leave.html", member=member, form=form), 422
    flash(_("All posts end. What is recorded stays."), "success")
    return redirect(url_for("members.show", staff_id=staff_id), 303)


@bp.get("/template")
@requires(Permission.BODY_WRITE)
def template(access: Access) -> ResponseReturnValue:
    """An empty sheet whose heading the import reads."""
    return send_file(write_sheet(_("Members"), sheets.COLUMNS, ()), "members-template.xlsx")


@bp.get("/import")
@requires(Permission.BODY_WRITE)
def import_form(access: Access) -> ResponseReturnValue:
    """How a sheet is filled in, and where it is handed in."""
    return _sheet_page(_scope(access), forms.SheetForm())


@bp.post("/import")
@requires(Permission.BODY_WRITE)
def take_in(access: Access) -> ResponseReturnValue:
    """Check every row; take them all in, or none."""
    scope, form = _scope(access), forms.SheetForm()
    if not form.validate() or form.sheet.data is None:
        return _sheet_page(scope, form), 422
    bodies = list_bodies(scope.unit_ids)
    groups = list_groups([body.id for body in bodies])
    only_check = form.only_check.data
    try:
        sent = read_sent_sheet(form.sheet.data, sheets.NEEDED)
        rows = sheets.read_rows(sent, bodies, groups)
        done = operations.import_members(
            scope.unit.id, rows, by=access.actor, only_check=only_check
        )
    except SheetRefused as refused:
        return _sheet_page(scope, form, faults=refused.faults), 422
    if only_check:
        return _sheet_page(scope, forms.SheetForm(formdata=None, only_check=False), done=done)
    flash(_told(done), "success")
    return redirect(url_for("members.index", unit=scope.unit.id), 303)


def _scope(access: Access) -> Scope:
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope


def _status(broken: RuleBroken) -> int:
    return 409 if isinstance(broken, Stale) else 422


def _offer_posts(access: Access, member: Member, form: forms.PostForm) -> Any:
    """Let the form offer the bodies and groups where the member may hold a post."""
    bodies = list_bodies(queries.list_line_of_unit(access, member.unit_id))
    groups = list_groups([body.id for body in bodies])
    form.offer(bodies, groups)
    return bodies, groups


def _post_page(
    member: Member,
    form: forms.PostForm,
    held: Held | None = None,
    broken: RuleBroken | None = None,
) -> str:
    is_stale = isinstance(broken, Stale)
    form.version.data = str(held.post.version) if held and is_stale else form.version.data
    return render(
        f"{FOLDER}/post.html",
        member=member,
        form=form,
        held=held,
        is_stale=is_stale,
        holder=broken.holder if isinstance(broken, Taken) else None,
    )


def _end_page(held: Held, form: forms.EndForm, broken: RuleBroken | None = None) -> str:
    is_stale = isinstance(broken, Stale)
    form.version.data = str(held.post.version) if is_stale else form.version.data
    return render(f"{FOLDER}/end.html", held=held, form=form, is_stale=is_stale)


def _sheet_page(scope: Scope, form: forms.SheetForm, **found: Any) -> str:
    values = {"faults": (), "done": None, **found}
    told = _told(values["done"]) if values["done"] else ""
    bodies = list_bodies(scope.unit_ids)
    return render(f"{FOLDER}/import.html", scope=scope, form=form, bodies=bodies, told=told,
                  roles=MemberRole, **values)  # fmt: skip


def _told(done: operations.Imported) -> str:
    return str(
        _(
            "%(members)s members and %(posts)s posts are new, %(known)s rows were known already.",
            members=done.members,
            posts=done.posts,
            known=done.known,
        )
    )
