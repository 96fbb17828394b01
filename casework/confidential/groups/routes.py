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
    add_members,
    change_member,
    correct_session,
    log_session,
    names_in,
    open_confidential_group,
)
from casework.confidential.groups.queries import (
    MEETINGS_A_PAGE,
    ListedMember,
    find_session_on,
    get_group,
    get_member,
    get_session,
    list_attendances,
    list_groups,
    list_meetings,
    list_members,
    list_own_units,
    list_revisions,
    list_roster,
)
from casework.core import audit
from casework.core.clock import today
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.forms import ExcuseForm
from casework.organisation.meetings.models import Meeting
from casework.organisation.meetings.operations import excuse
from casework.organisation.meetings.queries import find_schedule, get_meeting

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
    until = _day(request.args.get("until"))
    lines = list_meetings(group, until)
    _note_read(access, group, "group.read")
    older = lines[MEETINGS_A_PAGE].on if len(lines) > MEETINGS_A_PAGE else None
    return render(
        f"{FOLDER}/show.html",
        group=group,
        schedule=find_schedule(group, today()),
        weeks=WEEKS,
        weekdays=WEEKDAYS,
        roster=roster,
        lines=lines[:MEETINGS_A_PAGE],
        older=older,
        newest=until is None,
        today=today(),
    )


@bp.get("/<uuid:group_id>/meetings/<uuid:meeting_id>/excuse")
@requires(Permission.GROUP_WRITE)
def excuse_form(access: Access, group_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """The form that says why a due meeting is postponed."""
    group = get_group(access, group_id)
    return _excuse(group, get_meeting(group, meeting_id), ExcuseForm())


@bp.post("/<uuid:group_id>/meetings/<uuid:meeting_id>/excuse")
@requires(Permission.GROUP_WRITE)
def excuse_meeting(access: Access, group_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """Postpone a due meeting with a reason: it counts as due no more."""
    group = get_group(access, group_id)
    meeting = get_meeting(group, meeting_id)
    form = ExcuseForm()
    if not form.validate():
        return _excuse(group, meeting, form), 422
    try:
        excuse(meeting, form.excuse.data, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _excuse(group, meeting, form), 422
    return redirect(url_for(".show", group_id=group.id), 303)


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
    found, meeting, logged_by = get_session(group, session_id)
    everybody = list_attendances(group, found)
    revisions = list_revisions(found)
    _note_read(access, group, "group.session.read")
    names = {str(line.member.id): line.member.name for line in everybody}
    return render(
        f"{FOLDER}/session.html",
        group=group,
        session=found,
        meeting=meeting,
        logged_by=logged_by,
        status=meeting.status(today()),
        present=[line.member for line in everybody if line.was_present],
        absent=[line.member for line in everybody if line.attendance and not line.was_present],
        revisions=[
            (revision, corrected_by, [names.get(i, "") for i in revision.absent.split()])
            for revision, corrected_by in revisions
        ],
    )


@bp.get("/<uuid:group_id>/sessions/<uuid:session_id>/correct")
@requires(Permission.GROUP_WRITE)
def correction(access: Access, group_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """The session's form, filled with what it says now."""
    group = get_group(access, group_id)
    found, *_meeting = get_session(group, session_id)
    form = AttendanceForm(visitors=found.visitors, note=found.note, version=found.version)
    listed = _session_list(group, found)
    came = [line.member.id for line in listed if line.was_present]
    form.offer([line.member for line in listed], came)
    return _correction(access, group, found, form)


@bp.post("/<uuid:group_id>/sessions/<uuid:session_id>/correct")
@requires(Permission.GROUP_WRITE)
def correct(access: Access, group_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """Correct ticks, visitors and notes; what was there before stays readable."""
    group = get_group(access, group_id)
    found, *_meeting = get_session(group, session_id)
    form = AttendanceForm()
    listed = _session_list(group, found)
    form.offer([line.member for line in listed])
    if not form.validate():
        return _correction(access, group, found, form), 422
    try:
        form.check_version(found.version)
        correct_session(
            group,
            found,
            listed,
            present=form.ticked(),
            visitors=form.visitors.data,
            note=form.note.data,
            by=access.actor,
        )
    except Stale:
        form.version.data = found.version
        yours = [line.member for line in listed if line.member.id in form.ticked()]
        saved = [line.member for line in listed if line.was_present]
        return _correction(access, group, found, form, both=(yours, saved)), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _correction(access, group, found, form), 422
    return redirect(url_for(".session", group_id=group.id, session_id=found.id), 303)


def _excuse(group: Group, meeting: Meeting, form: ExcuseForm) -> str:
    return render(f"{FOLDER}/excuse.html", group=group, meeting=meeting, form=form)


def _members(access: Access, group: Group, form: MembersForm) -> str:
    everybody = list_members(group)
    _note_read(access, group, "group.read")
    here = [m for m in everybody if not m.has_left(today())]
    gone = [m for m in everybody if m not in here]
    return render(f"{FOLDER}/members.html", group=group, form=form, here=here, gone=gone)


def _member(group: Group, found: GroupMember, form: MemberForm, *, stale: bool = False) -> str:
    return render(f"{FOLDER}/member.html", group=group, member=found, form=form, stale=stale)


def _session_form(access: Access, group: Group, form: SessionForm) -> str:
    logged = find_session_on(group, form.on.data) if form.on.data else None
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


def _session_list(group: Group, found: GroupSession) -> list[ListedMember]:
    """Whom a correction lists: the session's own list, and whoever was a member on its day."""
    return [
        line
        for line in list_attendances(group, found)
        if line.attendance or line.member.belongs_on(found.held_on)
    ]


def _note_read(access: Access, group: Group, action: str) -> None:
    audit.record_read(action, "group", [group.id], by=access.actor, unit_id=group.unit_id)


def _day(typed: str | None) -> date | None:
    """A day in an address; None when it is none."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None
