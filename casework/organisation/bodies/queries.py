"""Reading bodies, their decisions and groups; and which unit a page is about.

Whoever works in a unit reads what its predecessors left: a merged unit's club goes on. On a day the
newest decision in effect by then holds, until the body is dissolved; the last day counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import ColumnElement, Select, or_, select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.organisation.bodies.models import Body, Decision, DecisionKind, Group
from casework.organisation.units.models import Hamlet, Succession, Unit
from casework.organisation.units.queries import list_ids_with_predecessors, reached


@dataclass(frozen=True, slots=True)
class Scope:
    """The unit a page is about, with the ids of the units it followed; and the units to choose
    from.
    """

    unit: Unit
    unit_ids: Sequence[UUID]
    choices: Sequence[Unit]


@dataclass(frozen=True, slots=True)
class Told:
    """What a feature that builds on bodies says of one: a badge, and lines below it."""

    label: str
    tone: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A body's unit is no more: since when, and what it became."""

    unit: Unit
    since: date
    became: Sequence[Unit]


@dataclass(frozen=True, slots=True)
class BodyLine:
    """A body as it stands on a day."""

    body: Body
    on: date
    decisions: Sequence[Decision]
    all_groups: Sequence[Group]
    units: Mapping[UUID, Unit]
    told: Sequence[Told]
    prompt: Prompt | None

    @property
    def unit(self) -> Unit:
        """Where its last decision put it."""
        return self.units[self.body.unit_id]

    @property
    def decision(self) -> Decision | None:
        """The decision in force."""
        return decision_on(self.body, self.decisions, self.on)

    @property
    def groups(self) -> list[Group]:
        """The groups that exist."""
        return [group for group in self.all_groups if stands_on(group, self.on)]


Teller = Callable[[Sequence[UUID], date], Mapping[UUID, Told]]
_tellers: list[Teller] = []


def tell_of_bodies(teller: Teller) -> Teller:
    """Have a feature above this one say something of bodies on a day: bodies know no regulation."""
    _tellers.append(teller)
    return teller


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


def years_since(first: int) -> range:
    """The years a page can be about, this one first."""
    return range(today().year, first - 1, -1)


def find_year(years: range) -> int:
    """The year a page is about: the one in the address (`?year=`) if it is one of these, else this
    one.
    """
    asked = request.args.get("year", type=int)
    return asked if asked is not None and asked in years else today().year


def list_working_units(access: Access) -> list[Unit]:
    """The units within reach that work today: an account's own, and those that have bodies or
    followed a unit that had.
    """
    own = Unit.id.in_(access.units | access.own_units)
    query = select(Unit).where(~Unit.is_province)
    if access.everywhere or access.provinces:
        at_work = Unit.id.in_(_at_work()) & reached(access, Unit.id, Unit.province_id)
        lasting = or_(Unit.valid_until.is_(None), Unit.valid_until >= today())
        query = query.where(or_(own, at_work & lasting))
    else:
        # What a unit followed is past: nothing but the own units can be at work within reach.
        query = query.where(own)
    return sorted(db.session.scalars(query), key=lambda unit: (words_key(unit.name), unit.code))


def list_units_to_choose(access: Access, body: Body | None = None) -> list[Unit]:
    """The units a decision may name: those that work within reach and those they followed, past
    ones last. The unit of `body` comes along.
    """
    working = [unit.id for unit in list_working_units(access)]
    ids = [*list_ids_with_predecessors(working), *([body.unit_id] if body else [])]
    return sorted(
        units_by_id(ids).values(),
        key=lambda unit: (unit.valid_until is not None, words_key(unit.name)),
    )


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


def list_lines(bodies: Sequence[Body], on: date) -> list[BodyLine]:
    """Bodies as they stand on a day: the decision, the groups and the regulation of that day."""
    ids = [body.id for body in bodies]
    decisions, told = list_decisions_of(ids), _told_of(ids, on)
    named = (decision.unit_id for each in decisions.values() for decision in each)
    units = units_by_id([*(body.unit_id for body in bodies), *named])
    prompts, groups = _prompts(bodies, units), list_groups(ids)
    return [
        BodyLine(
            body,
            on,
            decisions[body.id],
            [group for group in groups if group.body_id == body.id],
            units,
            told[body.id],
            prompts.get(body.id),
        )
        for body in bodies
    ]


def list_groups(body_ids: Sequence[UUID]) -> list[Group]:
    """The groups of bodies, ended ones last."""
    query = select(Group).where(Group.body_id.in_(body_ids))
    return sorted(
        db.session.scalars(query),
        key=lambda group: (group.active_until is not None, words_key(group.name)),
    )


def list_groups_without_body(body: Body) -> list[Group]:
    """The groups that could be this body's: of its unit and those it followed, of no body yet."""
    units = list_ids_with_predecessors([body.unit_id])
    lasting = or_(Group.active_until.is_(None), Group.active_until >= today())
    query = select(Group).where(Group.unit_id.in_(units), Group.body_id.is_(None), lasting)
    return sorted(db.session.scalars(query), key=lambda group: words_key(group.name))


def get_group(body: Body, group_id: UUID) -> Group:
    """A group of this body. Raises OutOfReach."""
    group = db.session.get(Group, group_id)
    if group is None or group.body_id != body.id:
        raise OutOfReach
    return group


def list_decisions(body: Body) -> list[Decision]:
    """The decisions about a body, newest first."""
    return list_decisions_of([body.id])[body.id]


def list_decisions_of(body_ids: Sequence[UUID]) -> dict[UUID, list[Decision]]:
    """The decisions about bodies, by body, newest first."""
    found: dict[UUID, list[Decision]] = {body_id: [] for body_id in body_ids}
    query = select(Decision).where(Decision.body_id.in_(body_ids))
    newest = Decision.effective_on.desc(), Decision.recorded_at.desc()
    for decision in db.session.scalars(query.order_by(*newest)):
        found[decision.body_id].append(decision)
    return found


def get_decision(body: Body, decision_id: UUID) -> Decision:
    """A decision about this body. Raises OutOfReach."""
    decision = db.session.get(Decision, decision_id)
    if decision is None or decision.body_id != body.id:
        raise OutOfReach
    return decision


def decision_on(body: Body, decisions: Iterable[Decision], on: date) -> Decision | None:
    """The decision by which a body stands on a day; None before the first and once dissolved.

    `decisions` are the body's, newest first.
    """
    if not stands_on(body, on):
        return None
    standing = (
        decision
        for decision in decisions
        if decision.kind != DecisionKind.DISSOLUTION and decision.effective_on <= on
    )
    return next(standing, None)


def stands_on(row: Body | Group, on: date) -> bool:
    """Whether a body or a group exists on a day; the first and the last day count."""
    return row.active_from <= on and (row.active_until is None or row.active_until >= on)


def active_on(kind: type[Body] | type[Group], on: date) -> ColumnElement[bool]:
    """The same as a condition of a query."""
    return (kind.active_from <= on) & or_(kind.active_until.is_(None), kind.active_until >= on)


def list_hamlets(unit_ids: Sequence[UUID]) -> list[Hamlet]:
    """The hamlets of units, ended ones last."""
    query = select(Hamlet).where(Hamlet.unit_id.in_(unit_ids))
    return sorted(
        db.session.scalars(query),
        key=lambda hamlet: (hamlet.active_until is not None, words_key(hamlet.name)),
    )


def get_hamlet(access: Access, hamlet_id: UUID) -> Hamlet:
    """A hamlet of a unit within reach. Raises OutOfReach."""
    within = reached(access, Unit.id, Unit.province_id)
    query = select(Hamlet).join(Unit, Unit.id == Hamlet.unit_id)
    hamlet = db.session.scalar(query.where(Hamlet.id == hamlet_id, within))
    if hamlet is None:
        raise OutOfReach
    return hamlet


def may_change(access: Access, unit_id: UUID) -> bool:
    """Whether the account may change bodies of this unit: no button leads to a refusal."""
    writing = access.identity.access(Permission.BODY_WRITE)
    if writing is None:
        return False
    within = reached(writing, Unit.id, Unit.province_id)
    return db.session.scalar(select(Unit.id).where(Unit.id == unit_id, within)) is not None


def units_by_id(unit_ids: Iterable[UUID]) -> dict[UUID, Unit]:
    """Units by id, past ones too."""
    query = select(Unit).where(Unit.id.in_(set(unit_ids)))
    return {unit.id: unit for unit in db.session.scalars(query)}


def said_earlier(said: Mapping[str, Any], labels: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a record said (history.queries.Earlier.said) as labels and values, days as days."""
    return [
        (str(label), date.fromisoformat(said[name]) if name.endswith(_DAYS) else said[name])
        for name, label in labels.items()
        if said.get(name)
    ]


_DAYS = ("_on", "_from", "_until")


def _told_of(body_ids: Sequence[UUID], on: date) -> dict[UUID, list[Told]]:
    said = [teller(body_ids, on) for teller in _tellers]
    return {body_id: [each[body_id] for each in said if body_id in each] for body_id in body_ids}


def _prompts(bodies: Iterable[Body], units: Mapping[UUID, Unit]) -> dict[UUID, Prompt]:
    """The bodies that still stand under a unit that is no more."""
    ended = {key: unit for key, unit in units.items() if (unit.valid_until or today()) < today()}
    if not ended:
        return {}
    query = (
        select(Succession.predecessor_id, Succession.on, Unit)
        .join(Unit, Unit.id == Succession.successor_id)
        .where(Succession.predecessor_id.in_(ended))
    )
    steps = db.session.execute(query).all()
    found = {}
    for body in bodies:
        if body.unit_id in ended and (body.active_until is None or body.active_until >= today()):
            unit = ended[body.unit_id]
            became = [(on, later) for earlier, on, later in steps if earlier == unit.id]
            since = min((on for on, _ in became), default=unit.valid_until or today())
            found[body.id] = Prompt(unit, since, [later for _, later in became])
    return found


def _at_work() -> Select[UUID]:
    """The ids of units that have bodies, and of those that followed them."""
    line = select(Body.unit_id.label("id")).cte("at_work", recursive=True)
    later = (
        select(Succession.successor_id)
        .join(line, line.c.id == Succession.predecessor_id)
        .where(Succession.on <= today())
    )
    return select(line.union(later).c.id)


def _within(access: Access) -> ColumnElement[bool]:
    condition = reached(access, Unit.id, Unit.province_id)
    return or_(condition, Unit.id.in_(access.own_units)) if access.own_units else condition
