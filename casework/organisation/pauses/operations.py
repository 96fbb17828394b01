"""Declaring pauses, correcting and withdrawing them.

What a pause covers is excused with its reason when it is declared (or when the meeting is made due:
meetings.schedules), and is due again when it is corrected.
"""

from datetime import date
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.history.operations import keep_revision
from casework.organisation.meetings.models import Meeting, Pause, PauseKind
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors

LONGEST_PAUSE = 366


def declare_pause(
    unit: Unit, *, kind: PauseKind, from_on: date, until_on: date, reason: str, by: Actor
) -> Pause:
    """Nobody of a unit, or of a province, is expected to meet from a day until a day.

    What is due then and was not held is excused at once. Raises RuleBroken.
    """
    _check_stretch(from_on, until_on)
    pause = Pause(
        id=uuid4(),
        unit_id=unit.id,
        kind=kind,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        recorded_by=by.id,
    )
    db.session.add(pause)
    db.session.flush()
    _excuse_within(pause, unit)
    audit.record("pause.declare", "pause", pause.id, by=by, unit_id=unit.id)
    return pause


def correct_pause(
    pause: Pause,
    *,
    kind: PauseKind,
    from_on: date,
    until_on: date,
    reason: str,
    is_withdrawn: bool,
    by: Actor,
) -> None:
    """Other days or another reason. What the pause alone excused is due again when it is left out;
    what another pause covers stays excused. What the pause said is kept.
    """
    _check_stretch(from_on, until_on)
    keep_revision(pause, "pause", by=by)
    pause.kind, pause.from_on, pause.until_on = kind, from_on, until_on
    pause.reason, pause.is_withdrawn = reason, is_withdrawn
    db.session.flush()
    db.session.execute(
        update(Meeting)
        .where(Meeting.pause_id == pause.id, Meeting.held_on.is_(None))
        .values(excuse=None, pause_id=None, version=Meeting.version + 1)
    )
    unit = db.session.get_one(Unit, pause.unit_id)
    others = (
        select(Pause, Unit)
        .join(Unit, Unit.id == Pause.unit_id)
        .where(Unit.province_id == unit.province_id, ~Pause.is_withdrawn)
        .order_by(Pause.id != pause.id, Pause.recorded_at)
    )
    for each, where in db.session.execute(others).all():
        _excuse_within(each, where)
    audit.record("pause.correct", "pause", pause.id, by=by, unit_id=pause.unit_id)


def _excuse_within(pause: Pause, unit: Unit) -> None:
    units = (
        select(Unit.id).where(Unit.province_id == unit.id)
        if unit.is_province
        else list_ids_with_predecessors([unit.id])
    )
    db.session.execute(
        update(Meeting)
        .where(
            Meeting.unit_id.in_(units),
            Meeting.due_on.between(pause.from_on, pause.until_on),
            Meeting.held_on.is_(None),
            Meeting.excuse.is_(None),
        )
        .values(excuse=pause.reason, pause_id=pause.id, version=Meeting.version + 1)
    )


def _check_stretch(from_on: date, until_on: date) -> None:
    if until_on < from_on:
        raise RuleBroken(_l("The last day is before the first."), field="until_on")
    if (until_on - from_on).days > LONGEST_PAUSE:
        raise RuleBroken(_l("A pause is at most a year long."), field="until_on")
