"""Changing groups: who leads one, and when it meets."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.authz.permissions import Role
from casework.confidential.groups.models import Facilitator
from casework.confidential.groups.queries import last_held, list_excusable
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.bodies.models import Body, Group, GroupKind
from casework.organisation.bodies.operations import change_group, open_group
from casework.organisation.meetings.operations import excuse
from casework.organisation.meetings.schedules import make_due_ahead, set_schedule
from casework.vault.grants import Compartment, NoKey, current_keyring, make_keys


def open_confidential_group(
    unit_id: UUID,
    kind: GroupKind,
    name: str,
    *,
    week: int,
    weekday: int,
    interval_months: int,
    led_by: UUID,
    by: Actor,
    on: date,
) -> Group:
    """A group with its key, its schedule and the meetings due for the coming year.

    The unit's coordinators keep the key in custody to hand the group over; they read nothing.
    """
    group = open_group(unit_id, kind, name, by=by, on=on)
    db.session.flush()
    coordinators = [account.id for account in list_role_holders(unit_id, Role.COORDINATOR)]
    make_keys(group.id, [Compartment.ROSTER], readers=[led_by], custodians=coordinators, by=by.id)
    db.session.add(
        Facilitator(id=uuid4(), group_id=group.id, account_id=led_by, from_on=min(on, today()))
    )
    set_schedule(group, week=week, weekday=weekday, interval_months=interval_months, by=by, on=on)
    make_due_ahead([group], on)
    return group


def change_schedule(
    group: Group, *, week: int, weekday: int, interval_months: int, by: Actor, on: date
) -> None:
    """The group meets by another schedule from a day to come; its year is made due anew.

    What was due before that day stays as it was, held, postponed or missed.
    """
    if on < today():
        raise RuleBroken(_l("A schedule changes from today on, not in the past."), field="on")
    check_key(group)
    set_schedule(group, week=week, weekday=weekday, interval_months=interval_months, by=by, on=on)
    db.session.flush()
    make_due_ahead([group], on)


def excuse_span(group: Group, first: date, last: date, reason: str, *, by: Actor) -> int:
    """Postpone everything due in a stretch of days with one reason. Returns how many meetings."""
    if last < first:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    meetings = list_excusable(group, first, last)
    if not meetings:
        message = _l("Nothing is due on these days that was not held or postponed already.")
        raise RuleBroken(message, field="from_on")
    for meeting in meetings:
        excuse(meeting, reason, by=by)
    return len(meetings)


def end_group(group: Group, last_day: date | None, *, by: Actor) -> None:
    """The last day of a group (None: it goes on). What is due later is due no more."""
    held = last_held(group)
    if last_day is not None and last_day < group.active_from:
        raise RuleBroken(_exists_from(group), field="active_until")
    if last_day is not None and held is not None and last_day < held:
        message = _l("A session was held on %(day)s, which is later.", day=f"{held:%d/%m/%Y}")
        raise RuleBroken(message, field="active_until")
    body = db.session.get(Body, group.body_id) if group.body_id else None
    change_group(body, group, name=group.name, active_until=last_day, by=by)


def check_key(group: Group) -> None:
    """Who leads a group but holds no key of it is told so before writing."""
    try:
        current_keyring().sealing_key(group.id, Compartment.ROSTER)
    except NoKey:
        raise RuleBroken(
            _l("You do not hold the key of this group now, so nothing can be written into it.")
        ) from None


def check_day(group: Group, on: date, field: str) -> None:
    """Refuse a day to come, or one on which the group did not exist."""
    if on < group.active_from:
        raise RuleBroken(_exists_from(group), field=field)
    if group.active_until is not None and on > group.active_until:
        text = _l("The group ended on %(day)s.", day=group.active_until.strftime("%d/%m/%Y"))
        raise RuleBroken(text, field=field)
    if on > today():
        raise RuleBroken(_l("This day has not come yet."), field=field)


def _exists_from(group: Group) -> Any:
    return _l("The group exists from %(day)s on.", day=group.active_from.strftime("%d/%m/%Y"))
