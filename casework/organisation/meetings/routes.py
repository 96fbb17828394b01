"""Meetings due and held: the month, one meeting and its minutes, sheets in and out.

Organisation data, no person in it. Sessions of self-help and peer groups are logged by those who
lead them, elsewhere; here stands only whether they met.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.core import audit
from casework.core.clock import add_months, last_year_to, today
from casework.core.errors import OutOfReach
from casework.core.forms import RuleBroken, Stale
from casework.core.htmx import render
from casework.core.navigation import Section, menu
from casework.core.sheets import Fault, SheetRefused, read_sent_sheet
from casework.core.uploads import Upload
from casework.core.workbooks import send_file
from casework.organisation.accounts.queries import names_of
from casework.organisation.bodies.queries import find_scope, find_year
from casework.organisation.documents.operations import attach_file
from casework.organisation.documents.queries import list_files
from casework.organisation.history.queries import list_earlier
from casework.organisation.meetings.calendar import month_of, weeks_of
from casework.organisation.meetings.figures import add_up, count_on_schedule, on_schedule_by_circle
from casework.organisation.meetings.forms import (
    ApproveForm,
    ExcuseForm,
    ImportForm,
    LogForm,
    MinutesForm,
    UndoForm,
)
from casework.organisation.meetings.models import Meeting
from casework.organisation.meetings.operations import (
    Logged,
    approve_minutes,
    excuse,
    expect_again,
    log_meeting,
    undo_meeting,
    write_minutes,
)
from casework.organisation.meetings.queries import (
    MeetingLine,
    get_line,
    get_line_to_correct,
    get_line_to_minute,
    get_open_line,
    list_loggable,
    list_meetings,
    list_missing_minutes,
    may_approve,
    may_correct,
)
from casework.organisation.meetings.sheets import (
    ALL_COLUMNS,
    COLUMNS,
    import_meetings,
    write_template,
    write_year,
)
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of

bp = Blueprint("meetings", __name__, url_prefix="/meetings")
menu(_l("Meetings"), "meetings.index", lambda: can(Permission.ACTIVITY_READ), Section.ACTIVITIES)

# The version of minutes that are still missing.
UNWRITTEN = 0


@bp.get("")
@requires(Permission.ACTIVITY_READ)
def index(access: Access) -> ResponseReturnValue:
    """The meetings of one month, and how the schedule was kept in the last twelve."""
    scope = find_scope(access)
    if scope is None:
        return render("organisation/meetings/list.html", scope=None)
    month, on = _month(request.args.get("month", "")), today()
    since, _last = last_year_to(on)
    figures = on_schedule_by_circle(scope.unit_ids, since, on, on)
    chosen = next((each for each in figures if str(each.id) == request.args.get("circle")), None)
    lines = list_meetings(scope.unit_ids, *month_of(month), chosen.id if chosen else None)
    shown = [each for each in figures if chosen in (None, each)]
    return render(
        "organisation/meetings/list.html",
        scope=scope,
        month=month,
        lines=lines,
        weeks=_weeks(month, lines),
        counted=count_on_schedule((line.meeting for line in lines), on),
        figures=shown,
        year=add_up(shown),
        since=since,
        percent=number_of(Setting.LONGEST_GAP, scope.unit.province_id, on),
        missing=list_missing_minutes(scope.unit_ids, since),
        circles=figures,
        chosen=chosen,
        today=on,
        previous=f"{add_months(month, -1):%Y-%m}",
        following=f"{add_months(month, 1):%Y-%m}",
    )


@bp.get("/log")
@requires(Permission.ACTIVITY_WRITE)
def new(access: Access) -> ResponseReturnValue:
    """The form of a meeting; `?meeting=` fills in which one was due."""
    known: dict[str, object] = {"on": today()}
    asked = request.args.get("meeting", type=lambda typed: UUID(typed))
    if asked is not None:
        line = get_open_line(access, asked)
        known = {
            "circle": str(line.circle.id),
            "on": min(line.meeting.due_on or today(), today()),
        }
    form, circles = LogForm(data=known), list_loggable(access)
    form.offer(circles)
    return render("organisation/meetings/log.html", form=form, circles=circles)


@bp.post("/log")
@requires(Permission.ACTIVITY_WRITE)
def log(access: Access) -> ResponseReturnValue:
    """Keep the meeting, its minutes and a picture of them, in one post."""
    form, circles = LogForm(), list_loggable(access)
    form.offer(circles)
    try:
        if form.validate():
            logged = Logged(
                form.chosen(circles),
                form.on.data,
                extra=form.extra.data,
                present=form.present.data,
                content=form.content.data or "",
                resolutions=form.resolutions.data or "",
            )
            meeting = log_meeting(logged, by=access.actor)
            _attach(form.paper.data, meeting, access)
            flash(_told(meeting, logged), "success")
            return redirect(url_for(".show", meeting_id=meeting.id), 303)
    except RuleBroken as broken:
        form.refuse(broken)
    return render("organisation/meetings/log.html", form=form, circles=circles), 422


@bp.get("/<uuid:meeting_id>")
@requires(Permission.ACTIVITY_READ)
def show(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """One meeting: when it was due and held, its minutes, its papers, what it said earlier."""
    return _show(access, get_line(access, meeting_id))


@bp.get("/<uuid:meeting_id>/minutes")
@requires(Permission.ACTIVITY_WRITE)
def minutes(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """The form of the minutes: missing ones, or a correction."""
    line = get_line_to_minute(access, meeting_id)
    return _minutes(line, MinutesForm(obj=line.minutes, version=UNWRITTEN))


@bp.post("/<uuid:meeting_id>/minutes")
@requires(Permission.ACTIVITY_WRITE)
def keep_minutes(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """Keep the minutes; what they said before stays readable."""
    line, form = get_line_to_minute(access, meeting_id), MinutesForm()
    try:
        if not form.validate():
            return _minutes(line, form), 422
        form.check_version(line.minutes.version if line.minutes else UNWRITTEN)
        write_minutes(
            line,
            present=form.present.data,
            content=form.content.data,
            resolutions=form.resolutions.data or "",
            by=access.actor,
        )
    except Stale:
        return _minutes(line, form, stale=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
        return _minutes(line, form), 422
    _attach(form.paper.data, line.meeting, access)
    flash(_("The minutes are kept."), "success")
    return redirect(url_for(".show", meeting_id=meeting_id), 303)


@bp.post("/<uuid:meeting_id>/approve")
@requires(Permission.ACTIVITY_APPROVE)
def approve(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """Approve the minutes as they were read."""
    line, form = get_open_line(access, meeting_id), ApproveForm()
    if line.minutes is None:
        raise OutOfReach
    try:
        form.check_version(line.minutes.version)
        approve_minutes(line.minutes, by=access.actor)
    except RuleBroken as broken:
        form.refuse(broken)
        return _show(access, line, form), 409 if isinstance(broken, Stale) else 422
    flash(_("The minutes are approved."), "success")
    return redirect(url_for(".show", meeting_id=meeting_id), 303)


@bp.get("/<uuid:meeting_id>/undo")
@requires(Permission.ACTIVITY_WRITE)
def ask_undo(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """Why the meeting was not held after all."""
    line = get_line_to_correct(access, meeting_id)
    return render("organisation/meetings/undo.html", form=UndoForm(), line=line)


@bp.post("/<uuid:meeting_id>/undo")
@requires(Permission.ACTIVITY_WRITE)
def undo(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """The meeting was logged wrongly."""
    line, form = get_line_to_correct(access, meeting_id), UndoForm()
    try:
        if form.validate():
            by_approver = may_approve(access, line)
            undo_meeting(line, form.reason.data, by=access.actor, by_approver=by_approver)
            flash(_("The meeting is no longer logged as held. What it said is kept."), "success")
            return redirect(url_for(".show", meeting_id=meeting_id), 303)
    except RuleBroken as broken:
        form.refuse(broken)
    return render("organisation/meetings/undo.html", form=form, line=line), 422


@bp.get("/<uuid:meeting_id>/excuse")
@requires(Permission.ACTIVITY_APPROVE)
def ask_excuse(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """Why the due meeting is postponed."""
    line = get_open_line(access, meeting_id)
    return _excuse(line, ExcuseForm(obj=line.meeting))


@bp.post("/<uuid:meeting_id>/excuse")
@requires(Permission.ACTIVITY_APPROVE)
def excuse_meeting(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """The due meeting is postponed with a reason; an earlier one stays readable."""
    line, form = get_open_line(access, meeting_id), ExcuseForm()
    try:
        if form.validate():
            form.check_version(line.meeting.version)
            excuse(line.meeting, form.excuse.data, by=access.actor)
            flash(_("The meeting is postponed with a reason."), "success")
            return redirect(url_for(".show", meeting_id=meeting_id), 303)
    except Stale:
        return _excuse(line, form, stale=True), 409
    except RuleBroken as broken:
        form.refuse(broken)
    return _excuse(line, form), 422


@bp.post("/<uuid:meeting_id>/expect")
@requires(Permission.ACTIVITY_APPROVE)
def expect(access: Access, meeting_id: UUID) -> ResponseReturnValue:
    """The excuse is taken back."""
    line = get_open_line(access, meeting_id)
    try:
        expect_again(line.meeting, by=access.actor)
        flash(_("The meeting is due again."), "success")
    except RuleBroken as broken:
        flash(broken.message, "warning")
    return redirect(url_for(".show", meeting_id=meeting_id), 303)


@bp.get("/export")
@requires(Permission.ACTIVITY_READ)
def export(access: Access) -> ResponseReturnValue:
    """The meetings of a year as a workbook."""
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    year = find_year(range(2001, 2100))
    lines = list_meetings(scope.unit_ids, date(year, 1, 1), date(year, 12, 31))
    audit.record_read(
        "meeting.export", "unit", [scope.unit.id], by=access.actor, unit_id=scope.unit.id
    )
    return send_file(write_year(year, lines), f"meetings-{year}.xlsx")


@bp.get("/template")
@requires(Permission.ACTIVITY_WRITE)
def template(_access: Access) -> ResponseReturnValue:
    """An empty sheet with the columns the import reads."""
    return send_file(write_template(), "meetings.xlsx")


@bp.get("/import")
@requires(Permission.ACTIVITY_WRITE)
def ask_import(_access: Access) -> ResponseReturnValue:
    """The form that takes a sheet of meetings."""
    return _import(ImportForm(dry_run=True))


@bp.post("/import")
@requires(Permission.ACTIVITY_WRITE)
def import_sheet(access: Access) -> ResponseReturnValue:
    """Log the meetings of a sheet: all, or none when a row is wrong."""
    form = ImportForm()
    if not form.validate() or form.sheet.data is None:
        return _import(form), 422
    circles = [of for of, _unit in list_loggable(access)]
    try:
        rows = read_sent_sheet(form.sheet.data, COLUMNS)
        found = import_meetings(rows, circles, by=access.actor, dry_run=form.dry_run.data)
    except SheetRefused as refused:
        return _import(form, refused.faults), 422
    if form.dry_run.data:
        return _import(form, found=found)
    flash(_("%(count)s meetings are kept.", count=len(found)), "success")
    return redirect(url_for(".index", month=f"{found[-1][0].on:%Y-%m}"), 303)


def _show(access: Access, line: MeetingLine, form: ApproveForm | None = None) -> str:
    meeting, minutes = line.meeting, line.minutes
    writer = access.identity.access(Permission.ACTIVITY_WRITE)
    people = [meeting.recorded_by]
    if minutes is not None:
        people += [minutes.recorded_by, minutes.approved_by]
    return render(
        "organisation/meetings/show.html",
        line=line,
        meeting=meeting,
        minutes=minutes,
        status=meeting.status(today()),
        today=today(),
        files=list_files([meeting.id])[meeting.id],
        earlier=list_earlier([meeting.id]),
        names=names_of(people),
        may_correct=may_correct(writer, line),
        may_approve=may_approve(access, line),
        may_write=writer is not None and not line.is_confidential,
        form=form or ApproveForm(obj=minutes),
    )


def _minutes(line: MeetingLine, form: MinutesForm, *, stale: bool = False) -> str:
    if stale and line.minutes:
        form.version.data = str(line.minutes.version)
    return render("organisation/meetings/minutes.html", line=line, form=form, stale=stale)


def _excuse(line: MeetingLine, form: ExcuseForm, *, stale: bool = False) -> str:
    if stale:
        form.version.data = str(line.meeting.version)
    return render("organisation/meetings/excuse.html", line=line, form=form, stale=stale)


def _import(
    form: ImportForm,
    faults: Sequence[Fault] = (),
    found: Sequence[tuple[Logged, bool]] = (),
) -> str:
    return render(
        "organisation/meetings/import.html",
        form=form,
        faults=faults,
        found=found,
        columns=ALL_COLUMNS,
    )


def _attach(upload: Upload | None, meeting: Meeting, access: Access) -> None:
    if upload is not None:
        attach_file(upload, "minutes", meeting.id, meeting.unit_id, by=access.actor)


def _told(meeting: Meeting, logged: Logged) -> str:
    if not logged.has_minutes:
        told = _("The meeting is kept. Its minutes are missing: add them when they are written.")
    elif meeting.due_on is None:
        told = _("The meeting is kept as an extra one: none was due around this day.")
    else:
        told = _("The meeting is kept, with its minutes.")
    return str(told)


def _weeks(month: date, lines: Sequence[MeetingLine]) -> list[list[tuple[date, list[MeetingLine]]]]:
    """The sheet of a calendar, each day with its meetings."""
    by_day = defaultdict(list)
    for line in lines:
        by_day[line.on].append(line)
    return [[(day, by_day[day]) for day in week] for week in weeks_of(month)]


def _month(typed: str) -> date:
    """2026-11 as its first day; anything else is the current month."""
    try:
        month = date.fromisoformat(f"{typed}-01")
    except ValueError:
        month = today()
    return month.replace(day=1) if 2000 < month.year < 2100 else today().replace(day=1)
