"""Who belongs to a group. Every page with names leaves a row in the log before it is shown."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.cases.forms import SearchForm
from casework.confidential.cases.queries import CaseLine, get_case, get_person
from casework.confidential.groups.models import GroupMember
from casework.confidential.groups.queries import get_group, note_read
from casework.confidential.rosters.forms import (
    MOST_CANDIDATES,
    CandidatesForm,
    MemberForm,
    MembersForm,
)
from casework.confidential.rosters.operations import (
    add_cases,
    add_members,
    change_member,
    link_member,
    names_in,
    unlink_member,
)
from casework.confidential.rosters.queries import (
    get_member,
    get_own_case,
    list_linkable,
    list_members,
    list_memberships,
    list_roster,
    own_references,
)
from casework.confidential.rosters.sheets import write_attendance_sheet
from casework.core import audit
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.forms import Form, RuleBroken, Stale, carry_out
from casework.core.htmx import render
from casework.core.uploads import DOCX
from casework.core.workbooks import send_file
from casework.organisation.bodies.models import Group
from casework.organisation.units.models import Unit

bp = Blueprint("rosters", __name__, url_prefix="/groups/<uuid:group_id>/members")
memberships = Blueprint("memberships", __name__, url_prefix="/cases/<uuid:case_id>/groups")
FOLDER = "confidential/rosters"


@bp.get("")
@requires(Permission.GROUP_WRITE)
def index(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The roster, with those who left, and the form that adds many."""
    group = get_group(access, group_id)
    return _members(access, group, MembersForm(joined_on=max(group.active_from, today())))


@bp.post("")
@requires(Permission.GROUP_WRITE)
def add(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Add one member a line."""
    group = get_group(access, group_id)
    form = MembersForm()
    if not form.validate():
        return _members(access, group, form), 422
    try:
        added = add_members(
            group, names_in(form.names.data), by=access.actor, on=form.joined_on.data
        )
    except RuleBroken as broken:
        form.refuse(broken)
        return _members(access, group, form), 422
    flash(_("Members added: %(count)s", count=len(added)), "success")
    return redirect(url_for(".index", group_id=group.id), 303)


@bp.get("/sheet.docx")
@requires(Permission.GROUP_READ)
def sheet(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The sheet to sign at today's session."""
    group = get_group(access, group_id)
    roster, unit = list_roster(group, today()), db.session.get_one(Unit, group.unit_id)
    note_read(group, access, "group.sheet")
    content = write_attendance_sheet(group, unit, roster, today())
    return send_file(content, "danh-sach-tham-du.docx", DOCX)


@bp.get("/cases")
@requires(Permission.GROUP_WRITE)
def candidates(access: Access, group_id: UUID) -> ResponseReturnValue:
    """One's own cases, to add several of them at once."""
    group = get_group(access, group_id)
    return _candidates(access, group, list_linkable(access, list_members(group)))


@bp.post("/cases/search")
@requires(Permission.GROUP_WRITE)
def search(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Those of one's own cases whose name, alias or code holds some words."""
    group, form = get_group(access, group_id), SearchForm()
    if not form.validate():
        return _candidates(access, group, [], searched=form), 422
    lines = list_linkable(access, list_members(group), form.words.data or "")
    return _candidates(access, group, lines, searched=form)


@bp.post("/cases")
@requires(Permission.GROUP_WRITE)
def add_candidates(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Those ticked become members, linked to their cases."""
    group, form = get_group(access, group_id), CandidatesForm()
    lines = list_linkable(access, list_members(group))

    def join() -> None:
        wanted = [(get_own_case(access, each), name) for each, name in form.chosen(lines)]
        add_cases(group, wanted, by=access.actor, on=form.joined_on.data)

    status = carry_out(form, join)
    if status != 303:
        shown = {entry.form.case.data for entry in form.candidates}
        sent = [line for line in lines if str(line.id) in shown]
        return _candidates(access, group, sent, form=form), status
    flash(_("Members added: %(count)s", count=len(form.chosen(lines))), "success")
    return redirect(url_for(".index", group_id=group.id), 303)


@bp.get("/<uuid:member_id>")
@requires(Permission.GROUP_WRITE)
def member(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """One member: name, first and last day, and the case they are linked to."""
    group = get_group(access, group_id)
    found = get_member(group, member_id)
    form = MemberForm(
        name=found.name, joined_on=found.joined_on, left_on=found.left_on, version=found.version
    )
    return _member(access, group, found, form)


@bp.post("/<uuid:member_id>")
@requires(Permission.GROUP_WRITE)
def change(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Rename a member, or note from when until when they belong to the group."""
    group = get_group(access, group_id)
    found = get_member(group, member_id)
    form = MemberForm()
    if not form.validate():
        return _member(access, group, found, form), 422
    try:
        form.check_version(found.version)
        change_member(group, found, **form.answer(), by=access.actor)
    except Stale:
        form.version.data = found.version
        return _member(access, group, found, form, stale=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _member(access, group, found, form), 422
    return redirect(url_for(".index", group_id=group.id), 303)


@bp.get("/<uuid:member_id>/case")
@requires(Permission.GROUP_WRITE)
def choose_case(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """One's own cases, to say which of them this member is."""
    return _choice(access, get_group(access, group_id), member_id)


@bp.post("/<uuid:member_id>/case/search")
@requires(Permission.GROUP_WRITE)
def search_case(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Those of one's own cases whose name, alias or code holds some words."""
    group, form = get_group(access, group_id), SearchForm()
    status = 200 if form.validate() else 422
    return _choice(access, group, member_id, searched=form), status


@bp.post("/<uuid:member_id>/case")
@requires(Permission.GROUP_WRITE)
def link(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """This member is the person of one of one's own cases."""
    group, form = get_group(access, group_id), Form()
    found = get_member(group, member_id)
    case = get_own_case(access, _id(request.form.get("case", "")))
    status = carry_out(form, lambda: link_member(group, found, case, by=access.actor))
    if status != 303:
        searched = SearchForm(formdata=None)
        searched.form_errors = form.form_errors
        return _choice(access, group, found.id, searched=searched), status
    flash(_("The member is linked to the case."), "success")
    return redirect(url_for(".member", group_id=group.id, member_id=found.id), 303)


@bp.post("/<uuid:member_id>/case/remove")
@requires(Permission.GROUP_WRITE)
def unlink(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """The member is linked to the case no more; only who is entrusted with the case says so."""
    group = get_group(access, group_id)
    found = get_member(group, member_id)
    if found.case_id is None:
        raise OutOfReach
    case = get_own_case(access, found.case_id)
    if carry_out(Form(), lambda: unlink_member(group, found, case, by=access.actor)) == 303:
        flash(_("The member is linked to no case now."), "success")
    return redirect(url_for(".member", group_id=group.id, member_id=found.id), 303)


@memberships.get("")
@requires(Permission.CASE_READ)
def index_of_case(access: Access, case_id: UUID) -> ResponseReturnValue:
    """The groups the person is a member of, as far as the account may read their rosters."""
    case = get_case(access, case_id)
    person = get_person(case, access)
    return render(
        f"{FOLDER}/of_case.html",
        case=case,
        person=person,
        memberships=list_memberships(access, case),
        today=today(),
    )


def _members(access: Access, group: Group, form: MembersForm) -> str:
    everybody = list_members(group)
    references = own_references(access, everybody)
    note_read(group, access, "group.read")
    here = [m for m in everybody if not m.has_left(today())]
    gone = [m for m in everybody if m not in here]
    return render(
        f"{FOLDER}/list.html", group=group, form=form, here=here, gone=gone, references=references
    )


def _member(
    access: Access, group: Group, found: GroupMember, form: MemberForm, *, stale: bool = False
) -> str:
    references = own_references(access, [found])
    note_read(group, access, "group.member.read")
    return render(
        f"{FOLDER}/member.html",
        group=group,
        member=found,
        form=form,
        stale=stale,
        reference=references.get(found.case_id) if found.case_id else None,
    )


def _candidates(
    access: Access,
    group: Group,
    lines: Sequence[CaseLine],
    *,
    form: CandidatesForm | None = None,
    searched: SearchForm | None = None,
) -> str:
    shown = lines[:MOST_CANDIDATES]
    audit.record_list("case.list", "case", [line.id for line in shown], by=access.actor)
    return render(
        f"{FOLDER}/candidates.html",
        group=group,
        form=form or CandidatesForm.filled(shown, max(group.active_from, today())),
        lines={str(line.id): line for line in shown},
        total=len(lines),
        search=searched or SearchForm(formdata=None),
        searched=searched is not None,
    )


def _choice(
    access: Access, group: Group, member_id: UUID, *, searched: SearchForm | None = None
) -> str:
    members = list_members(group)
    found = next((each for each in members if each.id == member_id), None)
    if found is None:
        raise OutOfReach
    words = searched.words.data if searched and not searched.errors else ""
    lines = list_linkable(access, members, words or "")
    shown = lines[:MOST_CANDIDATES]
    note_read(group, access, "group.member.read")
    audit.record_list("case.list", "case", [line.id for line in shown], by=access.actor)
    return render(
        f"{FOLDER}/choose_case.html",
        group=group,
        member=found,
        lines=shown,
        total=len(lines),
        search=searched or SearchForm(formdata=None),
        searched=searched is not None,
    )


def _id(typed: str) -> UUID:
    """An id in a form. Raises OutOfReach for what is none."""
    try:
        return UUID(typed)
    except ValueError:
        raise OutOfReach from None
