"""Schedules, and the meetings they make due: each once, a year ahead.

What a pause covers is excused with its reason when the meeting is made due.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, or_, select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body
from casework.organisation.meetings.calendar import covering, due_days
from casework.organisation.meetings.models import Circle, Meeting, Schedule
from casework.organisation.meetings.queries import key_of, list_circles, of_circle, pauses_of
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors

MONTHS_AHEAD = 12


def set_schedule(
    of: Circle,
    *,
    week: int,
    weekday: int,
    interval_months: int,
    by: Actor,
    on: date,
    regulation_id: UUID | None = None,
) -> Schedule:
    """The body or the group meets by this schedule from a day on.

    The earlier one ends, and what it still made due from that day on is dropped. Raises RuleBroken
    when the earlier one begins later, and when a whole round of the schedule falls on holidays.
    """
    previous = db.session.scalar(
        select(Schedule).where(of_circle(Schedule, of), Schedule.until_on.is_(None))
    )
    if previous is not None and on <= previous.from_on:
        raise RuleBroken(_l("The schedule before this one begins later."), field="on")
    schedule = Schedule(
        id=uuid4(),
        **key_of(of),
        regulation_id=regulation_id,
        from_on=on,
        week=week,
        weekday=weekday,
        interval_months=interval_months,
    )
    if not due_days(schedule, add_months(on, max(12, interval_months) + 1)):
        raise RuleBroken(
            _l("Meetings of this schedule would fall on holidays only. Choose another day."),
            field="weekday",
        )
    if previous is not None:
        previous.until_on = on - timedelta(days=1)
        db.session.execute(
            delete(Meeting).where(
                of_circle(Meeting, of),
                Meeting.due_on >= on,
                Meeting.held_on.is_(None),
                or_(Meeting.excuse.is_(None), Meeting.pause_id.is_not(None)),
            )
        )
    db.session.add(schedule)
    kind = "body" if isinstance(of, Body) else "group"
    audit.record("meeting.schedule", kind, of.id, by=by, unit_id=of.unit_id)
    return schedule


def make_due_ahead(circles: Collection[Circle], since: date | None = None) -> None:
    """Note what is due within a year of bodies and groups, and of all others of their units.

    So the months to come are no emptier for those who meet seldom. The year begins today, or on a
    later day from which a schedule holds.
    """
    on = today()
    unit_ids = list_ids_with_predecessors({of.unit_id for of in circles})
    until = add_months(max(since or on, on), MONTHS_AHEAD)
    make_due_meetings([*circles, *list_circles(unit_ids, on)], until)


def make_due_meetings(circles: Collection[Circle], until: date) -> int:
    """Note every meeting due up to a day, inclusive, none twice. Returns how many are new.

    In three statements, and in four more when some are new. Each gets the on-time window that its
    province has set today.
    """
    by_id = {circle.id: circle for circle in circles}
    _wait_for(circles)
    schedules = db.session.scalars(
        select(Schedule).where(or_(Schedule.group_id.in_(by_id), Schedule.body_id.in_(by_id)))
    ).all()
    known = {
        (body_id or group_id, due_on)
        for body_id, group_id, due_on in db.session.execute(
            select(Meeting.body_id, Meeting.group_id, Meeting.due_on).where(
                or_(Meeting.group_id.in_(by_id), Meeting.body_id.in_(by_id)),
                Meeting.due_on.is_not(None),
            )
        )
    }
    wanted = {
        (circle_id, day)
        for schedule in schedules
        if (circle_id := schedule.body_id or schedule.group_id) is not None
        for day in due_days(schedule, min(until, by_id[circle_id].active_until or until))
    }
    new = sorted(wanted - known, key=lambda pair: (pair[1], pair[0].hex))
    if new:
        db.session.execute(insert(Meeting), _due_rows([(by_id[i], day) for i, day in new]))
    return len(new)


def _wait_for(circles: Collection[Circle]) -> None:
    """Two who note what is due in the same unit do so one after the other."""
    unit_ids = {of.unit_id for of in circles}
    query = select(Unit.id).where(Unit.id.in_(unit_ids)).order_by(Unit.id)
    db.session.execute(query.with_for_update(key_share=True))


def _due_rows(due: Sequence[tuple[Circle, date]]) -> list[dict[str, object]]:
    unit_ids = {circle.unit_id for circle, _ in due}
    provinces = dict(
        db.session.execute(select(Unit.id, Unit.province_id).where(Unit.id.in_(unit_ids))).all()
    )
    windows = {
        province: number_of(Setting.ON_TIME_DAYS, province, today())
        for province in set(provinces.values())
    }
    pauses = pauses_of(unit_ids)
    rows: list[dict[str, object]] = []
    for circle, day in due:
        pause = covering(pauses[circle.unit_id], day)
        rows.append(
            {
                "id": uuid4(),
                "unit_id": circle.unit_id,
                "group_id": None,
                "body_id": None,
                **key_of(circle),
                "due_on": day,
                "window_days": windows[provinces[circle.unit_id]],
                "excuse": pause.reason if pause else None,
                "pause_id": pause.id if pause else None,
                "version": 1,
            }
        )
    return rows
