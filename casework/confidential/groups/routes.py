"""Pages of groups. Every page with names or notes leaves a row in the log before it is shown."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.groups.forms import (
    WEEKDAYS,
    WEEKS,
    AttendanceForm,
    GroupForm,
    MemberForm,
    MembersForm,
    SessionForm,
    roster_day,
)
from casework.confidential.groups.models import GroupMember, GroupSession
from casework.confidential.groups.operations import (
    AlreadyLogged,
    add_members,
    change_member,
    correct_session,
    log_session,
    names_in,
    open_confidential_group,
)
from casework.confidential.groups.queries import (
    SESSIONS_A_PAGE,
    get_group,
    get_member,
    get_session,
    list_attendances,
    list_groups,
    list_members,
    list_own_units,
    list_revisions,
    list_roster,
    list_sessions,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.queries import find_schedule

bp = Blueprint("groups", __name__, url_prefix="/groups")
menu(_l("Groups"), "groups.index", lambda: can(Permission.GROUP_READ))
FOLDER = "confidential/groups"


@bp.get("")
@requires(Permission.GROUP_READ)
def index(access: Access) -> ResponseReturnValue:
    """The groups one leads; logging a session comes first."""
    return render(f"{FOLDER}/list.html", lines=list_groups(access), today=today())


@bp.get("/new")
@requires(Permission.GROUP_OPEN)
def new(access: Access) -> ResponseReturnValue:
    """The form of a new group."""
    form = GroupForm(week=1, weekday=0, interval_months=1, active_from=today())
    form.offer(list_own_units(access))
    return render(f"{FOLDER}/new.html", form=form)


@bp.post("/new")
@requires(Permission.GROUP_OPEN)
def open_new(access: Access) -> ResponseReturnValue:
    """Open a group in a unit of one's own."""
    form = GroupForm()
    units = list_own_units(access)
    form.offer(units)
    if len(units) == 1:
        form.unit.data = str(units[0].id)
    if not form.validate():
        return render(f"{FOLDER}/new.html", form=form), 422
    group = open_confidential_group(
        UUID(form.unit.data),
        form.chosen_kind(),
        form.name.data,
        week=form.week.data,
        weekday=form.weekday.data,
        interval_months=form.interval_months.data,
        led_by=access.account_id,
        by=access.actor,
        on=form.active_from.data,
    )
    return redirect(url_for(".members", group_id=group.id), 303)


@bp.get("/<uuid:group_id>")
@requires(Permission.GROUP_READ)
def show(access: Access, group_id: UUID) -> ResponseReturnValue:
    """One group: schedule, roster as of today, sessions."""
    group = get_group(access, group_id)
    roster = list_roster(group, today())
    lines = list_sessions(group, _day(request.args.get("before")))
    _note_read(access, group, "group.read")
    older = lines[SESSIONS_A_PAGE - 1].session.held_on if len(lines) > SESSIONS_A_PAGE else None
    return render(
        f"{FOLDER}/show.html",
        group=group,
        schedule=find_schedule(group, today()),
        weeks=WEEKS,
        weekdays=WEEKDAYS,
        roster=roster,
        lines=lines[:SESSIONS_A_PAGE],
        older=older,
        newest="before" not in request.args,
        today=today(),
    )


@bp.get("/<uuid:group_id>/members")
@requires(Permission.GROUP_WRITE)
def members(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The roster, with those who left, and the form that adds many."""
    group = get_group(access, group_id)
    return _members(access, group, MembersForm(joined_on=max(group.active_from, today())))


@bp.post("/<uuid:group_id>/members")
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
    return redirect(url_for(".members", group_id=group.id), 303)


@bp.get("/<uuid:group_id>/members/<uuid:member_id>")
@requires(Permission.GROUP_WRITE)
def member(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """One member: name, first and last day."""
    group = get_group(access, group_id)
    found = get_member(group, member_id)
    _note_read(access, group, "group.member.read")
    form = MemberForm(
        name=found.name, joined_on=found.joined_on, left_on=found.left_on, version=found.version
    )
    return _member(group, found, form)


@bp.post("/<uuid:group_id>/members/<uuid:member_id>")
@requires(Permission.GROUP_WRITE)
def change(access: Access, group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Rename a member, or note from when until when they belong to the group."""
    group = get_group(access, group_id)
    found = get_member(group, member_id)
    form = MemberForm()
    _note_read(access, group, "group.member.read")
    if not form.validate():
        return _member(group, found, form), 422
    try:
        form.check_version(found.version)
        change_member(group, found, **form.answer(), by=access.actor)
    except Stale:
        form.version.data = found.version
        return _member(group, found, form, stale=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _member(group, found, form), 422
    return redirect(url_for(".members", group_id=group.id), 303)


@bp.get("/<uuid:group_id>/sessions/new")
@requires(Permission.GROUP_WRITE)
def new_session(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The form of a session: everybody on the roster of that day is present unless unticked."""
    group = get_group(access, group_id)
    form = SessionForm(on=_day(request.args.get("on")) or today(), visitors=0)
    form.offer(list_roster(group, roster_day(form, group)))
    return _session_form(access, group, form)


@bp.post("/<uuid:group_id>/sessions/new")
@requires(Permission.GROUP_WRITE)
def log(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Log a session with its whole list in one go."""
    group = get_group(access, group_id)
    form = SessionForm()
    form.offer(list_roster(group, roster_day(form, group)))
    if not form.validate():
        return _session_form(access, group, form), 422
    try:
        logged = log_session(
            group,
            present=form.ticked(),
            walk_ins=names_in(form.walk_ins.data),
            visitors=form.visitors.data,
            note=form.note.data,
            by=access.actor,
            on=form.on.data,
        )
    except AlreadyLogged as broken:
        form.refuse(broken)
        return _session_form(access, group, form, logged=broken.session_id), 422
    except RuleBroken as broken:
        form.refuse(broken)
        return _session_form(access, group, form), 422
    flash(_("The session is logged."), "success")
    return redirect(url_for(".session", group_id=group.id, session_id=logged.id), 303)


@bp.get("/<uuid:group_id>/sessions/<uuid:session_id>")
@requires(Permission.GROUP_READ)
def session(access: Access, group_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """A session, whole, and what it said before each correction."""
    group = get_group(access, group_id)
    found, meeting = get_session(group, session_id)
    everybody = list_members(group)
    attendances = list_attendances(found)
    revisions = list_revisions(found)
    _note_read(access, group, "group.session.read")
    names = {str(m.id): m.name for m in everybody}
    listed = [m for m in everybody if m.id in attendances]
    return render(
        f"{FOLDER}/session.html",
        group=group,
        session=found,
        meeting=meeting,
        status=meeting.status(today()),
        present=[m for m in listed if attendances[m.id].was_present],
        absent=[m for m in listed if not attendances[m.id].was_present],
        revisions=[
            (revision, [names.get(i, "") for i in revision.absent.split()])
            for revision in revisions
        ],
        staff=names_of([found.recorded_by, *(r.replaced_by for r in revisions)]),
    )


@bp.get("/<uuid:group_id>/sessions/<uuid:session_id>/correct")
@requires(Permission.GROUP_WRITE)
def correction(access: Access, group_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """The session's form, filled with what it says now."""
    group = get_group(access, group_id)
    found, _meeting = get_session(group, session_id)
    form = AttendanceForm(visitors=found.visitors, note=found.note, version=found.version)
    roster, came = _session_list(group, found)
    form.offer(roster, {str(m.id) for m in came})
    return _correction(access, group, found, form)


@bp.post("/<uuid:group_id>/sessions/<uuid:session_id>/correct")
@requires(Permission.GROUP_WRITE)
def correct(access: Access, group_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """Correct ticks, visitors and notes; what was there before stays readable."""
    group = get_group(access, group_id)
    found, _meeting = get_session(group, session_id)
    form = AttendanceForm()
    roster, came = _session_list(group, found)
    form.offer(roster)
    if not form.validate():
        return _correction(access, group, found, form), 422
    try:
        form.check_version(found.version)
        correct_session(
            group,
            found,
            roster,
            present=form.ticked(),
            visitors=form.visitors.data,
            note=form.note.data,
            by=access.actor,
        )
    except Stale:
        form.version.data = found.version
        yours = [m for m in roster if m.id in form.ticked()]
        return _correction(access, group, found, form, both=(yours, came)), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _correction(access, group, found, form), 422
    return redirect(url_for(".session", group_id=group.id, session_id=found.id), 303)


def _members(access: Access, group: Group, form: MembersForm) -> str:
    everybody = list_members(group)
    _note_read(access, group, "group.read")
    here = [m for m in everybody if m.left_on is None or m.left_on >= today()]
    gone = [m for m in everybody if m not in here]
    return render(f"{FOLDER}/members.html", group=group, form=form, here=here, gone=gone)


def _member(group: Group, found: GroupMember, form: MemberForm, *, stale: bool = False) -> str:
    return render(f"{FOLDER}/member.html", group=group, member=found, form=form, stale=stale)


def _session_form(
    access: Access, group: Group, form: SessionForm, logged: UUID | None = None
) -> str:
    _note_read(access, group, "group.read")
    return render(f"{FOLDER}/session_new.html", group=group, form=form, logged=logged)


def _correction(
    access: Access,
    group: Group,
    found: GroupSession,
    form: AttendanceForm,
    both: tuple[list[GroupMember], list[GroupMember]] | None = None,
) -> str:
    _note_read(access, group, "group.session.read")
    return render(
        f"{FOLDER}/session_correct.html", group=group, session=found, form=form, both=both
    )


def _session_list(group: Group, found: GroupSession) -> tuple[list[GroupMember], list[GroupMember]]:
    """Whom a correction lists (the session's list and the roster of its day); who was present."""
    attendances = list_attendances(found)
    roster = [
        m
        for m in list_members(group)
        if m.id in attendances
        or (m.joined_on <= found.held_on and (m.left_on is None or m.left_on >= found.held_on))
    ]
    return roster, [m for m in roster if m.id in attendances and attendances[m.id].was_present]


def _note_read(access: Access, group: Group, action: str) -> None:
    audit.record_read(action, "group", [group.id], by=access.actor, unit_id=group.unit_id)


def _day(typed: str | None) -> date | None:
    """A day in an address; None when it is none."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None
