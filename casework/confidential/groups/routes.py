"""Groups: one's own, opening one, when it meets, what is postponed, its last day.

The group page is a shell: members and sessions come from their features' own addresses.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.authz.enforce import Access, can, requires
from casework.authz.permissions import Permission
from casework.confidential.groups.forms import (
    WEEKDAYS,
    WEEKS,
    EndForm,
    GroupForm,
    ScheduleForm,
    SpanForm,
)
from casework.confidential.groups.operations import (
    change_schedule,
    end_group,
    excuse_span,
    open_confidential_group,
)
from casework.confidential.groups.queries import (
    get_group,
    list_groups,
    list_own_units,
    list_year,
    next_due,
    plan_year,
)
from casework.core.clock import add_months, today
from casework.core.forms import Form, carry_out
from casework.core.htmx import render
from casework.core.navigation import menu
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.calendar import PlannedDay
from casework.organisation.meetings.forms import ExcuseForm
from casework.organisation.meetings.models import Schedule
from casework.organisation.meetings.operations import excuse, expect_again
from casework.organisation.meetings.queries import find_schedule, get_meeting

bp = Blueprint("groups", __name__, url_prefix="/groups")
menu(_l("Groups"), "groups.index", lambda: can(Permission.GROUP_READ))
FOLDER = "confidential/groups"
BOTH = ("GET", "POST")


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
    return redirect(url_for("rosters.index", group_id=group.id), 303)


@bp.get("/<uuid:group_id>")
@requires(Permission.GROUP_READ)
def show(access: Access, group_id: UUID) -> ResponseReturnValue:
    """One group: when it meets, and its panels."""
    group = get_group(access, group_id)
    return render(
        f"{FOLDER}/show.html",
        group=group,
        schedule=find_schedule(group, today()),
        next_due=next_due(group),
        weeks=WEEKS,
        weekdays=WEEKDAYS,
        today=today(),
    )


@bp.get("/<uuid:group_id>/year")
@requires(Permission.GROUP_READ)
def year(access: Access, group_id: UUID) -> ResponseReturnValue:
    """What is due for a year, with the holidays that move it and the reasons that excuse it."""
    return _year(get_group(access, group_id), SpanForm(from_on=today()))


@bp.post("/<uuid:group_id>/year")
@requires(Permission.GROUP_WRITE)
def excuse_days(access: Access, group_id: UUID) -> ResponseReturnValue:
    """Postpone everything due in a stretch of days with one reason."""
    group, form = get_group(access, group_id), SpanForm()
    status = carry_out(
        form,
        lambda: excuse_span(
            group, form.from_on.data, form.until_on.data, form.excuse.data, by=access.actor
        ),
    )
    if status != 303:
        return _year(group, form), status
    flash(_("What is due on these days is postponed."), "success")
    return redirect(url_for(".year", group_id=group.id), 303)


@bp.route("/<uuid:group_id>/meetings/<uuid:meeting_id>/excuse", methods=BOTH)
@requires(Permission.GROUP_WRITE)
def excuse_meeting(access: Access, group_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """Postpone a due meeting with a reason: it counts as due no more."""
    group = get_group(access, group_id)
    meeting = get_meeting(group, meeting_id)
    form = ExcuseForm(obj=meeting)
    status = carry_out(
        form, lambda: excuse(meeting, form.excuse.data, by=access.actor), meeting.version
    )
    if status != 303:
        page = render(
            f"{FOLDER}/excuse.html", group=group, meeting=meeting, form=form, stale=status == 409
        )
        return page, status
    return redirect(url_for(".show", group_id=group.id), 303)


@bp.post("/<uuid:group_id>/meetings/<uuid:meeting_id>/expect")
@requires(Permission.GROUP_WRITE)
def expect_meeting(access: Access, group_id: UUID, meeting_id: UUID) -> ResponseReturnValue:
    """A postponed meeting is due after all."""
    group = get_group(access, group_id)
    meeting = get_meeting(group, meeting_id)
    form = Form()
    status = carry_out(form, lambda: expect_again(meeting, by=access.actor))
    if status != 303:
        shown = SpanForm(formdata=None, from_on=today())
        shown.form_errors = form.form_errors
        return _year(group, shown), status
    return redirect(url_for(".year", group_id=group.id), 303)


@bp.get("/<uuid:group_id>/schedule")
@requires(Permission.GROUP_WRITE)
def schedule(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The form of another schedule; once filled in, the days it would make due."""
    group = get_group(access, group_id)
    if not request.args:
        return _schedule(group, ScheduleForm(obj=find_schedule(group, today()), on=today()))
    form = ScheduleForm(request.args, meta={"csrf": False})
    days = plan_year(group, _schedule_of(group, form)) if form.validate() else None
    return _schedule(group, form, days)


@bp.post("/<uuid:group_id>/schedule")
@requires(Permission.GROUP_WRITE)
def reschedule(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The group meets by another schedule; its days are due from now on."""
    group, form = get_group(access, group_id), ScheduleForm()
    status = carry_out(form, lambda: change_schedule(group, **form.answer(), by=access.actor))
    if status != 303:
        return _schedule(group, form), status
    flash(_("The group meets by this schedule."), "success")
    return redirect(url_for(".year", group_id=group.id), 303)


@bp.route("/<uuid:group_id>/end", methods=BOTH)
@requires(Permission.GROUP_WRITE)
def end(access: Access, group_id: UUID) -> ResponseReturnValue:
    """The last day of the group; it can be taken back."""
    group = get_group(access, group_id)
    form = EndForm(obj=group)
    status = carry_out(
        form, lambda: end_group(group, form.active_until.data, by=access.actor), group.version
    )
    if status != 303:
        page = render(f"{FOLDER}/end.html", group=group, form=form, stale=status == 409)
        return page, status
    return redirect(url_for(".show", group_id=group.id), 303)


def _year(group: Group, form: SpanForm) -> str:
    return render(
        f"{FOLDER}/year.html",
        group=group,
        form=form,
        lines=list_year(group),
        today=today(),
        until=add_months(today(), 12),
    )


def _schedule(group: Group, form: ScheduleForm, days: Sequence[PlannedDay] | None = None) -> str:
    return render(
        f"{FOLDER}/schedule.html",
        group=group,
        form=form,
        days=days,
        current=find_schedule(group, today()),
        weeks=WEEKS,
        weekdays=WEEKDAYS,
    )


def _schedule_of(group: Group, form: ScheduleForm) -> Schedule:
    """The schedule a form describes, saved nowhere."""
    told = form.answer()
    return Schedule(id=uuid4(), group_id=group.id, from_on=told.pop("on"), **told)
