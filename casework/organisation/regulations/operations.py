"""Issuing regulations and keeping meetings in line with them.

A new regulation ends the one before it the day before it begins; two are never in force at once.
Its meeting rules make schedules that name it and end with it. When a body or a group ends, comes
back or moves, the meetings still due follow.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select, update

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Body, Group
from casework.organisation.bodies.operations import follow_bodies
from casework.organisation.history.operations import keep_revision
from casework.organisation.meetings.models import Circle, Meeting, Schedule
from casework.organisation.meetings.queries import key_of, of_circle
from casework.organisation.meetings.schedules import (
    MONTHS_AHEAD,
    make_due_ahead,
    make_due_meetings,
    set_schedule,
)
from casework.organisation.regulations.models import Regulation
from casework.organisation.regulations.queries import list_circles, list_regulations

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the paper of a regulation says."""

    number: str
    signed_by: str
    signed_on: date
    valid_from: date
    valid_until: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a body or a group meets; without an interval it does not meet by a rule."""

    of: UUID
    week: int
    weekday: int
    interval_months: int | None


def issue_regulation(body: Body, terms: Terms, rules: Sequence[Rule], *, by: Actor) -> Regulation:
    """A regulation in force from a day on, with its meeting rules. The one before it ends."""
    _check(body, terms, None)
    for former in list_regulations([body.id]):
        if former.valid_from < terms.valid_from <= (former.valid_until or terms.valid_from):
            keep_revision(former, "regulation", by=by)
            former.valid_until = terms.valid_from - _DAY
    regulation = Regulation(id=uuid4(), body_id=body.id, recorded_by=by.id, **asdict(terms))
    db.session.add(regulation)
    db.session.flush()
    audit.record("regulation.issue", "regulation", regulation.id, by=by, unit_id=body.unit_id)
    try:
        _lay_down(body, regulation, rules, terms.valid_from, by)
    except RuleBroken as broken:
        raise RuleBroken(
            broken.message, field="valid_from" if broken.field == "on" else broken.field
        ) from None
    return regulation


def correct_regulation(body: Body, regulation: Regulation, terms: Terms, *, by: Actor) -> None:
    """What the regulation really says. Its rules end with it; what stood before stays readable."""
    _check(body, terms, regulation)
    if all(getattr(regulation, name) == value for name, value in asdict(terms).items()):
        return
    keep_revision(regulation, "regulation", by=by)
    former_end = regulation.valid_until
    for name, value in asdict(terms).items():
        setattr(regulation, name, value)
    audit.record("regulation.correct", "regulation", regulation.id, by=by, unit_id=body.unit_id)
    if former_end != terms.valid_until:
        _end_with(body, regulation, former_end)


def change_rules(
    body: Body, regulation: Regulation, rules: Sequence[Rule], *, on: date, by: Actor
) -> None:
    """Other meeting rules under the same regulation, from a day on."""
    if not regulation.valid_from <= on <= (regulation.valid_until or on):
        raise RuleBroken(_l("The regulation is not in force on this day."), field="on")
    _lay_down(body, regulation, rules, on, by)
    audit.record("regulation.rules", "regulation", regulation.id, by=by, unit_id=body.unit_id)


@follow_bodies
def follow(rows: Sequence[Body | Group], since: date) -> None:
    """Let what is still due of bodies and groups end, come back and move with them."""
    for row in rows:
        if row.active_until is not None:
            _drop_due(row, row.active_until)
        still_due = of_circle(Meeting, row) & (Meeting.due_on >= since) & Meeting.held_on.is_(None)
        db.session.execute(update(Meeting).where(still_due).values(unit_id=row.unit_id))
    make_due_meetings(rows, add_months(today(), MONTHS_AHEAD))


def _check(body: Body, terms: Terms, corrected: Regulation | None) -> None:
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise RuleBroken(_l("The last day is before the first one."), field="valid_until")
    if terms.valid_from < body.active_from:
        day = f"{body.active_from:%d/%m/%Y}"
        raise RuleBroken(
            _l("The body was established on %(day)s, which is later.", day=day), field="valid_from"
        )
    if body.active_until is not None and terms.valid_from > body.active_until:
        day = f"{body.active_until:%d/%m/%Y}"
        raise RuleBroken(
            _l("This body is dissolved already, on %(day)s.", day=day), field="valid_from"
        )
    for other in list_regulations([body.id]):
        if other is not corrected:
            _check_beside(other, terms, corrects=corrected is not None)


def _check_beside(other: Regulation, terms: Terms, *, corrects: bool) -> None:
    """Two regulations are never in force at once; a new one ends those that began before it."""
    if terms.valid_from == other.valid_from or (
        terms.valid_from < other.valid_from
        and (terms.valid_until is None or terms.valid_until >= other.valid_from)
    ):
        message = _l(
            "The regulation %(number)s is in force from %(day)s on.",
            number=other.number,
            day=f"{other.valid_from:%d/%m/%Y}",
        )
        same = terms.valid_from == other.valid_from
        raise RuleBroken(message, field="valid_from" if same else "valid_until")
    if corrects and other.valid_from < terms.valid_from <= (other.valid_until or terms.valid_from):
        message = _l("The regulation %(number)s is in force on this day.", number=other.number)
        raise RuleBroken(message, field="valid_from")


def _lay_down(
    body: Body, regulation: Regulation, rules: Sequence[Rule], on: date, by: Actor
) -> None:
    """What the rules say holds from a day on, for those they name; nobody else is touched."""
    circles = {circle.id: circle for circle in list_circles(body, on)}
    if any(rule.of not in circles for rule in rules):
        raise RuleBroken(_l("The groups of this body were changed meanwhile. Look at them again."))
    for rule in rules:
        _set(circles[rule.of], rule, regulation, on, by)
    # A group may begin later than the regulation.
    make_due_ahead(circles.values(), max(on, *(each.active_from for each in circles.values())))


def _set(circle: Circle, rule: Rule, regulation: Regulation, on: date, by: Actor) -> None:
    first = max(on, circle.active_from)
    current = db.session.scalar(
        select(Schedule).where(of_circle(Schedule, circle), Schedule.until_on.is_(None))
    )
    if rule.interval_months is None:
        if current is not None and current.from_on < first:
            current.until_on = first - _DAY
            _drop_due(circle, first - _DAY)
        return
    if current is not None and current.regulation_id == regulation.id and _says(current, rule):
        return
    last = regulation.valid_until
    if current is not None and last is not None and last < current.from_on:
        _note_past(circle, rule, regulation, first)
    else:
        schedule = _begin(circle, rule, regulation, first, by)
        schedule.until_on = last


def _begin(circle: Circle, rule: Rule, regulation: Regulation, first: date, by: Actor) -> Schedule:
    try:
        return set_schedule(
            circle,
            week=rule.week,
            weekday=rule.weekday,
            interval_months=rule.interval_months or 1,
            by=by,
            on=first,
            regulation_id=regulation.id,
        )
    except RuleBroken as broken:
        # The form shows it beside the rule of this body or group.
        field = f"{broken.field}:{circle.id}" if broken.field == "weekday" else broken.field
        raise RuleBroken(broken.message, field=field) from None


def _note_past(circle: Circle, rule: Rule, regulation: Regulation, first: date) -> None:
    """An old paper entered late: its schedule stands before the one that holds today."""
    last = regulation.valid_until
    meanwhile = (Schedule.from_on <= last) & or_(
        Schedule.until_on.is_(None), Schedule.until_on >= first
    )
    if db.session.scalar(select(Schedule.id).where(of_circle(Schedule, circle), meanwhile)):
        message = _l("%(name)s met by another schedule in this time.", name=circle.name)
        raise RuleBroken(message, field=f"interval_months:{circle.id}")
    db.session.add(
        Schedule(
            id=uuid4(),
            **key_of(circle),
            regulation_id=regulation.id,
            from_on=first,
            until_on=last,
            week=rule.week,
            weekday=rule.weekday,
            interval_months=rule.interval_months,
        )
    )
    db.session.flush()


def _says(schedule: Schedule, rule: Rule) -> bool:
    return (schedule.week, schedule.weekday, schedule.interval_months) == (
        rule.week,
        rule.weekday,
        rule.interval_months,
    )


def _end_with(body: Body, regulation: Regulation, former_end: date | None) -> None:
    """The schedules that ended with the regulation, or had no end, end with it anew."""
    query = select(Schedule).where(Schedule.regulation_id == regulation.id)
    for schedule in db.session.scalars(query):
        if schedule.until_on == former_end:
            schedule.until_on = regulation.valid_until
    db.session.flush()
    circles = list_circles(body, regulation.valid_from)
    if regulation.valid_until is not None:
        for circle in circles:
            if not _meets_after(circle, regulation.valid_until):
                _drop_due(circle, regulation.valid_until)
    make_due_meetings(circles, add_months(today(), MONTHS_AHEAD))


def _meets_after(circle: Circle, last: date) -> bool:
    lasting = or_(Schedule.until_on.is_(None), Schedule.until_on > last)
    query = select(Schedule.id).where(of_circle(Schedule, circle), lasting).limit(1)
    return db.session.scalar(query) is not None


def _drop_due(circle: Circle, last: date) -> None:
    """Nothing is due after a day. What was held or excused with a reason of its own stays."""
    db.session.execute(
        delete(Meeting).where(
            of_circle(Meeting, circle),
            Meeting.due_on > last,
            Meeting.held_on.is_(None),
            or_(Meeting.excuse.is_(None), Meeting.pause_id.is_not(None)),
        )
    )
