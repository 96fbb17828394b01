"""Units begin, end and follow each other by a document; what records point to is never rewritten.

A name is put right only while nothing followed the unit. A code means one unit on any day.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import uuid4

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.organisation.history.operations import keep_revision
from casework.organisation.territory.queries import (
    count_units_below,
    is_followed,
    list_units_with_code,
)
from casework.organisation.units.models import Succession, SuccessionKind, Unit, UnitKind
from casework.organisation.units.queries import list_ids_with_predecessors

_TOP = (UnitKind.PROVINCE, UnitKind.CITY)


def create_unit(
    code: str,
    name: str,
    kind: UnitKind,
    parent: Unit | None,
    valid_from: date,
    document: str,
    *,
    by: Actor,
) -> Unit:
    """A unit from a day on. Its code may have been another unit's, on other days."""
    _check_place(kind, parent, valid_from)
    _check_code(code, valid_from)
    unit_id = uuid4()
    unit = Unit(
        id=unit_id,
        code=code,
        name=name,
        kind=kind,
        valid_from=valid_from,
        parent_id=parent.id if parent else None,
        province_id=parent.province_id if parent else unit_id,
        is_province=parent is None,
        source=document,
    )
    db.session.add(unit)
    audit.record("unit.create", "unit", unit_id, by=by, unit_id=unit_id, code=code)
    return unit


def correct_unit(unit: Unit, name: str, document: str, *, by: Actor) -> None:
    """Put a name or a document right, while nothing followed the unit."""
    if is_followed(unit):
        raise RuleBroken(
            _l(
                "Other units followed %(unit)s: records and decisions rely on its name.",
                unit=unit.label,
            )
        )
    if (unit.name, unit.source) == (name, document):
        return
    keep_revision(unit, "unit", by=by)
    unit.name, unit.source = name, document
    audit.record("unit.correct", "unit", unit.id, by=by, unit_id=unit.id)


def record_succession(
    unit: Unit,
    kind: SuccessionKind,
    successors: Sequence[Unit],
    on: date,
    document: str,
    *,
    by: Actor,
) -> None:
    """Others follow a unit from a day on; the day before is its last. Its records stay with it."""
    _check_end(unit, on)
    _check_successors(unit, kind, successors, on)
    keep_revision(unit, "unit", by=by)
    unit.valid_until = on - timedelta(days=1)
    for successor in successors:
        db.session.add(
            Succession(
                predecessor_id=unit.id,
                successor_id=successor.id,
                kind=kind,
                on=on,
                document=document,
            )
        )
    audit.record(
        "unit.succession",
        "unit",
        unit.id,
        by=by,
        unit_id=unit.id,
        how=str(kind),
        successors=" ".join(successor.id.hex for successor in successors),
    )


def _check_place(kind: UnitKind, parent: Unit | None, on: date) -> None:
    if parent is None:
        if kind not in _TOP:
            message = _l("Only a province or a city stands under no other.")
            raise RuleBroken(message, field="parent")
        return
    if kind == UnitKind.PROVINCE:
        raise RuleBroken(_l("A province stands under no other."), field="parent")
    _check_exists(parent, on, field="parent")


def _check_code(code: str, since: date) -> None:
    for other in list_units_with_code(code, since):
        if other.valid_until is None:
            message = _l(
                "%(unit)s has the code %(code)s since %(begins)s. It has to end first.",
                unit=other.label,
                code=code,
                begins=day(other.valid_from),
            )
        else:
            message = _l(
                "%(unit)s has the code %(code)s until %(ends)s. "
                "Another unit can have it from the day after.",
                unit=other.label,
                code=code,
                ends=day(other.valid_until),
            )
        raise RuleBroken(message, field="code")


def _check_end(unit: Unit, on: date) -> None:
    if unit.valid_until is not None:
        message = _l(
            "%(unit)s has ended already, on %(day)s.", unit=unit.label, day=day(unit.valid_until)
        )
        raise RuleBroken(message)
    if on <= unit.valid_from:
        message = _l(
            "%(unit)s began on %(day)s; what follows it begins later.",
            unit=unit.label,
            day=day(unit.valid_from),
        )
        raise RuleBroken(message, field="on")
    below = count_units_below(unit, on)
    if below:
        message = _l("%(count)s units below it still exist on this day.", count=below)
        raise RuleBroken(message, field="on")


def _check_successors(
    unit: Unit, kind: SuccessionKind, successors: Sequence[Unit], on: date
) -> None:
    if kind == SuccessionKind.SPLIT and len(successors) < 2:
        raise RuleBroken(_l("A unit is split into two or more."), field="successors")
    if kind != SuccessionKind.SPLIT and len(successors) != 1:
        raise RuleBroken(_l("Choose the one unit that follows."), field="successors")
    earlier = set(list_ids_with_predecessors([unit.id]))
    for successor in successors:
        if successor.id in earlier:
            message = _l(
                "%(successor)s came before %(unit)s; it can't follow it.",
                successor=successor.label,
                unit=unit.label,
            )
            raise RuleBroken(message, field="successors")
        _check_exists(successor, on, field="successors")


def _check_exists(unit: Unit, on: date, *, field: str) -> None:
    if unit.valid_from <= on and (unit.valid_until is None or unit.valid_until >= on):
        return
    message = _l("%(unit)s does not exist on %(day)s.", unit=unit.label, day=day(on))
    raise RuleBroken(message, field=field)
