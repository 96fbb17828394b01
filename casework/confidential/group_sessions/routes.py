"""Sessions of a group: logging one in one post, reading and correcting it, attendance over a year.

Every page with names or notes leaves a row in the log before it is shown.
"""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from casework.authz.enforce import Access, requires
from casework.authz.permissions import Permission
from casework.confidential.group_sessions.figures import attendance_between
from casework.confidential.group_sessions.forms import AttendanceForm, SessionForm, roster_day
from casework.confidential.group_sessions.operations import correct_session, log_session
from casework.confidential.group_sessions.queries import (
    MEETINGS_A_PAGE,
    ListedMember,
    find_session_on,
    get_session,
    list_attendances,
    list_meetings,
    list_revisions,
)
from casework.confidential.groups.models import GroupMember, GroupSession
from casework.confidential.groups.queries import get_group, note_read
from casework.confidential.rosters.operations import names_in
from casework.confidential.rosters.queries import list_roster
from casework.core.clock import last_year_to, today
from casework.core.database import db
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.organisation.bodies.models import Group
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit

bp = Blueprint("group_sessions", __name__, url_prefix="/groups/<uuid:group_id>")
FOLDER = "confidential/group_sessions"


@bp.get("/sessions")
@requires(Permission.GROUP_READ)
def index(access: Access, group_id: UUID) -> ResponseReturnValue:
    """What was held, what was missed and the next meeting due, newest first."""
    group = get_group(access, group_id)
    until = _day(request.args.get("until"))
    lines = list_meetings(group, until)
    older = lines[MEETINGS_A_PAGE].on if len(lines) > MEETINGS_A_PAGE else None
    return render(
        f"{FOLDER}/list.html",
        group=group,
        lines=lines[:MEETINGS_A_PAGE],
        older=older,
        newest=until is None,
        today=today(),
    )


@bp.get("/sessions/new")
@requires(Permission.GROUP_WRITE)
def new(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The form of a session: everybody on the roster of that day is present unless unticked."""
    group = get_group(access, group_id)
    form = SessionForm(on=_day(request.args.get("on")) or today(), visitors=0)
    form.offer(list_roster(group, roster_day(form, group)))
    return _session_form(access, group, form)


@bp.post("/sessions/new")
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
    return redirect(url_for(".show", group_id=group.id, session_id=logged.id), 303)


@bp.get("/sessions/<uuid:session_id>")
@requires(Permission.GROUP_READ)
def show(access: Access, group_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """A session, whole, and what it said before each correction."""
    group = get_group(access, group_id)
    found, meeting, logged_by = get_session(group, session_id)
    everybody = list_attendances(group, found)
    revisions = list_revisions(found)
    note_read(group, access, "group.session.read")
    names = {str(line.member.id): line.member.name for line in everybody}
    return render(
        f"{FOLDER}/show.html",
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


@bp.get("/sessions/<uuid:session_id>/correct")
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


@bp.post("/sessions/<uuid:session_id>/correct")
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
    return redirect(url_for(".show", group_id=group.id, session_id=found.id), 303)


@bp.get("/attendance")
@requires(Permission.GROUP_READ)
def attendance(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Who came how often in the last twelve months, and how the group kept its schedule."""
    group = get_group(access, group_id)
    first, last = last_year_to(today())
    found = attendance_between(group, first, last)
    note_read(group, access, "group.attendance.read")
    province_id = db.session.get_one(Unit, group.unit_id).province_id
    return render(
        f"{FOLDER}/attendance.html",
        group=group,
        found=found,
        first=first,
        last=last,
        percent=number_of(Setting.LONGEST_GAP, province_id, last),
    )


def _session_form(access: Access, group: Group, form: SessionForm) -> str:
    logged = find_session_on(group, form.on.data) if form.on.data else None
    note_read(group, access, "group.read")
    return render(f"{FOLDER}/new.html", group=group, form=form, logged=logged)


def _correction(
    access: Access,
    group: Group,
    found: GroupSession,
    form: AttendanceForm,
    both: tuple[list[GroupMember], list[GroupMember]] | None = None,
) -> str:
    note_read(group, access, "group.session.read")
    return render(f"{FOLDER}/correct.html", group=group, session=found, form=form, both=both)


def _session_list(group: Group, found: GroupSession) -> list[ListedMember]:
    """Whom a correction lists: the session's own list, and whoever was a member on its day."""
    return [
        line
        for line in list_attendances(group, found)
        if line.attendance or line.member.belongs_on(found.held_on)
    ]


def _day(typed: str | None) -> date | None:
    """A day in an address; None when it is none."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None
