"""Which regulation of a body is in force on a day, and the meeting rules it laid down, in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.bodies.models import Body, Group
from casework.organisation.bodies.queries import Told, list_groups, stands_on, tell_of_bodies
from casework.organisation.meetings.models import Circle, Schedule
from casework.organisation.regulations.models import Regulation

WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
# The fifth stands for the last (meetings.calendar.LAST_WEEK).
WEEKS = {1: _l("first"), 2: _l("second"), 3: _l("third"), 4: _l("fourth"), 5: _l("last")}


def list_regulations(body_ids: Sequence[UUID]) -> list[Regulation]:
    """The regulations of bodies, newest first."""
    query = select(Regulation).where(Regulation.body_id.in_(body_ids))
    newest = Regulation.valid_from.desc(), Regulation.recorded_at.desc()
    return list(db.session.scalars(query.order_by(*newest)))


def find_regulation_on(body: Body, on: date) -> Regulation | None:
    """The regulation in force on a day; none once the body is dissolved."""
    if not stands_on(body, on):
        return None
    return next((each for each in list_regulations([body.id]) if holds_on(each, on)), None)


def holds_on(regulation: Regulation, on: date) -> bool:
    """Whether a regulation is valid on a day; the first and the last day count."""
    return regulation.valid_from <= on and (
        regulation.valid_until is None or regulation.valid_until >= on
    )


def get_regulation(body: Body, regulation_id: UUID) -> Regulation:
    """A regulation of this body. Raises OutOfReach."""
    regulation = db.session.get(Regulation, regulation_id)
    if regulation is None or regulation.body_id != body.id:
        raise OutOfReach
    return regulation


def list_circles(body: Body, on: date) -> list[Circle]:
    """Whose meetings a regulation may rule from a day on: the body's own and its open groups'."""
    groups = [
        group
        for group in list_groups([body.id])
        if not group.is_confidential and (group.active_until is None or group.active_until >= on)
    ]
    return [body, *groups]


def list_rules(bodies: Sequence[UUID]) -> list[tuple[Schedule, Group | None]]:
    """The schedules of bodies and of their groups, the bodies' own and the earliest first."""
    query = (
        select(Schedule, Group)
        .outerjoin(Group, Group.id == Schedule.group_id)
        .where(
            or_(
                Schedule.body_id.in_(bodies),
                Schedule.group_id.in_(select(Group.id).where(Group.body_id.in_(bodies))),
            )
        )
        .order_by(Schedule.from_on)
    )
    found = [(schedule, group) for schedule, group in db.session.execute(query)]
    return sorted(found, key=lambda pair: pair[1] is not None)


def rule_words(schedule: Schedule, group: Group | None) -> str:
    """When they meet: "The body: every month, first Monday"."""
    who = group.name if group else _("The body")
    day = {"who": who, "week": WEEKS[schedule.week], "weekday": WEEKDAYS[schedule.weekday]}
    if schedule.interval_months == 1:
        return str(_("%(who)s: every month, %(week)s %(weekday)s", **day))
    months = schedule.interval_months
    return str(_("%(who)s: every %(months)s months, %(week)s %(weekday)s", months=months, **day))


def lasts_on(schedule: Schedule, on: date) -> bool:
    """Whether a schedule holds on a day."""
    return schedule.from_on <= on and (schedule.until_on is None or schedule.until_on >= on)


@tell_of_bodies
def tell_in_force(body_ids: Sequence[UUID], on: date) -> Mapping[UUID, Told]:
    """Beside a body: its regulation in force on a day, and when it and its groups meet."""
    in_force = {
        each.body_id: each for each in reversed(list_regulations(body_ids)) if holds_on(each, on)
    }
    lines: dict[UUID, list[str]] = {body_id: [] for body_id in body_ids}
    for schedule, group in list_rules(body_ids):
        body_id = group.body_id if group else schedule.body_id
        if body_id is not None and lasts_on(schedule, on) and (not group or stands_on(group, on)):
            lines[body_id].append(rule_words(schedule, group))
    return {
        body_id: Told(_("Regulation in force: %(number)s", number=found.number), "good", rules)
        if (found := in_force.get(body_id))
        else Told(_("no regulation in force"), "warn", rules)
        for body_id, rules in lines.items()
    }
