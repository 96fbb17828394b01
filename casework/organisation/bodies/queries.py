"""Reading bodies, their decisions and groups; and which unit a page is about.

Whoever works in a unit reads what its predecessors left: a merged unit's club goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import request
from sqlalchemy import ColumnElement, or_, select

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.bodies.models import Body, Decision, Group
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors, reached


@dataclass(frozen=True, slots=True)
class Scope:
    """The unit a page is about, with the ids of the units it followed; and the units to choose
    from.
    """

    unit: Unit
    unit_ids: Sequence[UUID]
    choices: Sequence[Unit]


def find_scope(access: Access) -> Scope | None:
    """The unit a page is about: the one in the address (`?unit=`), or the first within reach.

    None when nothing is within reach. Raises OutOfReach for a unit beyond it.
    """
    choices = list_working_units(access)
    asked = request.args.get("unit", "")
    if asked:
        unit = next((unit for unit in choices if str(unit.id) == asked), None)
        if unit is None:
            raise OutOfReach
    elif choices:
        unit = choices[0]
    else:
        return None
    return Scope(unit, list_ids_with_predecessors([unit.id]), choices)


def list_working_units(access: Access) -> list[Unit]:
    """The units within reach that work today: an account's own, and those that have bodies."""
    at_work = Unit.id.in_(select(Body.unit_id))
    own = Unit.id.in_(access.units | access.own_units)
    query = select(Unit).where(
        ~Unit.is_province,
        or_(own, at_work & reached(access, Unit.id, Unit.province_id)),
        or_(Unit.valid_until.is_(None), Unit.valid_until >= today(), own),
    )
    return sorted(db.session.scalars(query), key=lambda unit: (words_key(unit.name), unit.code))


def list_bodies(unit_ids: Sequence[UUID], on: date | None = None) -> list[Body]:
    """The bodies of units, dissolved ones last; only those active on a day when one is given."""
    query = select(Body).where(Body.unit_id.in_(unit_ids))
    if on is not None:
        query = query.where(active_on(Body, on))
    return sorted(
        db.session.scalars(query),
        key=lambda body: (body.active_until is not None, words_key(body.name)),
    )


def get_body(access: Access, body_id: UUID) -> Body:
    """A body within reach. Raises OutOfReach."""
    query = (
        select(Body).join(Unit, Unit.id == Body.unit_id).where(Body.id == body_id, _within(access))
    )
    body = db.session.scalar(query)
    if body is None:
        raise OutOfReach
    return body


def list_groups(body_ids: Sequence[UUID]) -> list[Group]:
    """The groups of bodies, ended ones last."""
    query = select(Group).where(Group.body_id.in_(body_ids))
    return sorted(
        db.session.scalars(query),
        key=lambda group: (group.active_until is not None, words_key(group.name)),
    )


def list_decisions(body: Body) -> list[Decision]:
    """The decisions about a body, newest first."""
    query = select(Decision).where(Decision.body_id == body.id)
    return list(db.session.scalars(query.order_by(Decision.effective_on.desc())))


def active_on(kind: type[Body] | type[Group], on: date) -> ColumnElement[bool]:
    """The bodies or groups that exist on a day; the first and the last day count."""
    return (kind.active_from <= on) & or_(kind.active_until.is_(None), kind.active_until >= on)


def _within(access: Access) -> ColumnElement[bool]:
    condition = reached(access, Unit.id, Unit.province_id)
    return or_(condition, Unit.id.in_(access.own_units)) if access.own_units else condition
