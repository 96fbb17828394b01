"""Setting bodies and groups up, and what decisions do to them.

A body begins with its establishment, stands in the unit its last decision names, and ends with its
dissolution, its groups with it. These days and this unit always follow from its decisions: whoever
records or corrects one settles the body anew. A group's neutral name may stand in lists.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.text import fold
from casework.organisation.bodies.models import (
    Body,
    BodyKind,
    Decision,
    DecisionKind,
    Group,
    GroupKind,
)
from casework.organisation.bodies.queries import list_decisions, list_groups, list_hamlets
from casework.organisation.history.operations import keep_revision
from casework.organisation.units.models import Hamlet, Unit
from casework.organisation.units.queries import list_predecessors

NO_DECISION = _l("A body stands on a decision: write its number.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the paper of a decision says."""

    number: str
    signed_on: date
    effective_on: date
    signed_by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """What a decision does, from which day, for which unit."""

    on: date
    kind: str
    unit_id: UUID

    @property
    def ends(self) -> bool:
        return self.kind == DecisionKind.DISSOLUTION


Follower = Callable[[Sequence[Body | Group], date], None]
_followers: list[Follower] = []


def follow_bodies(follower: Follower) -> Follower:
    """Have a feature above this one put its records right when bodies or groups end, come back or
    move, from a day on: bodies know no meetings.
    """
    _followers.append(follower)
    return follower


def open_body(unit_id: UUID, kind: BodyKind, name: str, terms: Terms, *, by: Actor) -> Body:
    """A body with the decision that established it; without one there is none."""
    body = Body(id=uuid4(), unit_id=unit_id, kind=kind, name=name, active_from=terms.effective_on)
    _check_terms(body, terms, [])
    _check_unit(unit_id, terms.effective_on)
    db.session.add(body)
    audit.record("body.open", "body", body.id, by=by, unit_id=unit_id, body_kind=str(kind))
    db.session.flush()
    _add(body, DecisionKind.ESTABLISHMENT, terms, unit_id, by)
    return body


def record_decision(
    body: Body, kind: DecisionKind, terms: Terms, *, by: Actor, unit_id: UUID | None = None
) -> Decision:
    """A reorganisation (which may name another unit: the body and its groups stand there from its
    day on) or the dissolution. Records made earlier keep their unit.
    """
    if kind is DecisionKind.ESTABLISHMENT:
        raise RuleBroken(_l("This body is established already."), field="kind")
    known = list_decisions(body)
    steps = _checked(body, known, None, kind, terms, unit_id or body.unit_id)
    decision = _add(body, kind, terms, unit_id or body.unit_id, by)
    _settle(body, steps, terms.effective_on, by)
    return decision


def correct_decision(
    body: Body,
    decision: Decision,
    kind: DecisionKind,
    terms: Terms,
    *,
    by: Actor,
    unit_id: UUID | None = None,
) -> bool:
    """What the decision really says. What stood there before stays readable.

    Returns whether anything changed.
    """
    if (kind is DecisionKind.ESTABLISHMENT) != (decision.kind == DecisionKind.ESTABLISHMENT):
        raise RuleBroken(_l("Only the first decision establishes the body."), field="kind")
    unit_id = unit_id or decision.unit_id
    since = min(decision.effective_on, terms.effective_on)
    steps = _checked(body, list_decisions(body), decision, kind, terms, unit_id)
    if not _change(decision, "decision", by, kind=kind, unit_id=unit_id, **asdict(terms)):
        return False
    audit.record("decision.correct", "decision", decision.id, by=by, unit_id=unit_id)
    _settle(body, steps, since, by)
    return True


def rename_body(body: Body, name: str, *, by: Actor) -> None:
    """Another name. The earlier one stays readable."""
    if _change(body, "body", by, name=name):
        audit.record("body.rename", "body", body.id, by=by, unit_id=body.unit_id)


def open_group(
    unit_id: UUID, kind: GroupKind, name: str, *, by: Actor, on: date, body_id: UUID | None = None
) -> Group:
    """A group that exists from a day on, of a body or of none."""
    if body_id is not None:
        _check_within(db.session.get_one(Body, body_id), on, None)
    group = Group(
        id=uuid4(), unit_id=unit_id, body_id=body_id, kind=kind, name=name, active_from=on
    )
    db.session.add(group)
    audit.record("group.open", "group", group.id, by=by, unit_id=unit_id, group_kind=str(kind))
    return group


def attach_group(body: Body, group: Group, *, by: Actor) -> None:
    """A group of the unit becomes one of the body's."""
    if group.body_id is not None:
        raise RuleBroken(_l("This group belongs to a body already."), field="group")
    if body.active_until is not None:
        raise RuleBroken(_ended(body.active_until), field="group")
    _change(group, "group", by, body_id=body.id)
    audit.record("group.attach", "group", group.id, by=by, unit_id=group.unit_id)


def change_group(
    body: Body | None, group: Group, *, name: str, active_until: date | None, by: Actor
) -> None:
    """Another name, or the last day of a group of this body, or of none (None: it goes on)."""
    if body is not None:
        _check_within(body, group.active_from, active_until, field="active_until")
    if active_until is not None and active_until < group.active_from:
        raise RuleBroken(
            _l("The group begins on %(day)s, which is later.", day=_day(group.active_from)),
            field="active_until",
        )
    moved = group.active_until != active_until
    since = min(filter(None, (group.active_until, active_until)), default=group.active_from)
    if _change(group, "group", by, name=name, active_until=active_until):
        audit.record("group.change", "group", group.id, by=by, unit_id=group.unit_id)
    if moved:
        _tell([group], since)


def add_hamlets(unit_id: UUID, names: Sequence[str], *, by: Actor, on: date) -> list[Hamlet]:
    """New hamlets of a unit from a day on. A name the unit has already is refused."""
    taken = _hamlets_taken(unit_id)
    for name in names:
        if fold(name) in taken:
            raise RuleBroken(_l("%(name)s is in the list already.", name=name), field="names")
        taken.add(fold(name))
    hamlets = [Hamlet(id=uuid4(), unit_id=unit_id, name=name, active_from=on) for name in names]
    db.session.add_all(hamlets)
    audit.record("hamlet.add", "unit", unit_id, by=by, unit_id=unit_id, count=len(hamlets))
    return hamlets


def change_hamlet(hamlet: Hamlet, *, name: str, active_until: date | None, by: Actor) -> None:
    """Another name, or the last day. What was recorded for the hamlet stays."""
    if fold(name) in _hamlets_taken(hamlet.unit_id, but=hamlet):
        raise RuleBroken(_l("%(name)s is in the list already.", name=name), field="name")
    if active_until is not None and active_until < hamlet.active_from:
        raise RuleBroken(
            _l("The hamlet begins on %(day)s, which is later.", day=_day(hamlet.active_from)),
            field="active_until",
        )
    if _change(hamlet, "hamlet", by, name=name, active_until=active_until):
        audit.record("hamlet.change", "hamlet", hamlet.id, by=by, unit_id=hamlet.unit_id)


def _add(body: Body, kind: DecisionKind, terms: Terms, unit_id: UUID, by: Actor) -> Decision:
    decision = Decision(
        id=uuid4(), body_id=body.id, unit_id=unit_id, kind=kind, recorded_by=by.id, **asdict(terms)
    )
    db.session.add(decision)
    audit.record(
        "decision.record", "decision", decision.id, by=by, unit_id=unit_id, decision_kind=str(kind)
    )
    return decision


def _checked(
    body: Body,
    known: Sequence[Decision],
    corrected: Decision | None,
    kind: DecisionKind,
    terms: Terms,
    unit_id: UUID,
) -> list[_Step]:
    """The body's history with a new or corrected decision, in order. Raises RuleBroken."""
    others = [decision for decision in known if decision is not corrected]
    _check_terms(body, terms, others)
    step = _Step(terms.effective_on, kind, unit_id)
    steps = [_Step(each.effective_on, each.kind, each.unit_id) for each in others]
    _check_order(body, step, steps)
    if step.ends:
        _check_groups(body, step.on)
    else:
        _check_unit(unit_id, step.on)
    if unit_id != body.unit_id and step.on > today():
        message = _l("This day has not come yet. Record the move to another unit once it has.")
        raise RuleBroken(message, field="effective_on")
    return sorted([*steps, step], key=lambda each: (each.on, each.ends))


def _check_terms(body: Body, terms: Terms, others: Sequence[Decision]) -> None:
    if not terms.number.strip():
        raise RuleBroken(NO_DECISION, field="number")
    same = fold(terms.number)
    if any(fold(other.number) == same for other in others):
        raise RuleBroken(
            _l("A decision of this number about this body is recorded already."), field="number"
        )


def _check_order(body: Body, step: _Step, others: Sequence[_Step]) -> None:
    """The establishment comes first, the dissolution last, and each once."""
    first = step.kind == DecisionKind.ESTABLISHMENT
    if not first and step.on < body.active_from:
        raise RuleBroken(_established(body), field="effective_on")
    ended = next((each.on for each in others if each.ends), None)
    if ended is not None and (step.ends or step.on > ended):
        raise RuleBroken(_ended(ended), field="kind" if step.ends else "effective_on")
    days = [each.on for each in others]
    wrong = min((d for d in days if d < step.on), default=None) if first else None
    if step.ends:
        wrong = max((d for d in days if d > step.on), default=None)
    if wrong is not None:
        raise RuleBroken(
            _l("Another decision about this body holds from %(day)s.", day=_day(wrong)),
            field="effective_on",
        )


def _check_unit(unit_id: UUID, on: date) -> None:
    """The unit exists on the day. A day before it is refused where the unit of that day is known:
    not every unit's past was brought in.
    """
    unit = db.session.get_one(Unit, unit_id)
    if unit.valid_until is not None and unit.valid_until < on:
        raise RuleBroken(
            _l("%(unit)s exists until %(day)s only.", unit=unit.label, day=_day(unit.valid_until)),
            field="unit",
        )
    if unit.valid_from > on and (earlier := list_predecessors(unit)):
        names = ", ".join(link.unit.label for link in earlier)
        raise RuleBroken(
            _l(
                "%(unit)s exists from %(day)s on. Choose the unit of that time: %(names)s.",
                unit=unit.label,
                day=_day(unit.valid_from),
                names=names,
            ),
            field="unit",
        )


def _check_groups(body: Body, on: date) -> None:
    later = [group for group in list_groups([body.id]) if group.active_from > on]
    if later:
        raise RuleBroken(
            _l(
                "The group %(name)s begins on %(day)s, which is later.",
                name=later[0].name,
                day=_day(later[0].active_from),
            ),
            field="effective_on",
        )


def _check_within(
    body: Body, begins: date, ends: date | None, *, field: str = "active_from"
) -> None:
    """A group of a body exists no longer than the body."""
    if begins < body.active_from and field == "active_from":
        raise RuleBroken(_established(body), field=field)
    if body.active_until is not None and (ends is None or ends > body.active_until):
        raise RuleBroken(_ended(body.active_until), field=field)


def _settle(body: Body, steps: Sequence[_Step], since: date, by: Actor) -> None:
    """Let the body's days and unit follow from its decisions, and its groups from the body."""
    begins = [step.on for step in steps if step.kind == DecisionKind.ESTABLISHMENT]
    ends = next((step.on for step in steps if step.ends), None)
    unit_id = next((step.unit_id for step in reversed(steps) if not step.ends), body.unit_id)
    former_unit, former_end = body.unit_id, body.active_until
    groups = list_groups([body.id])
    for group in groups:
        moved = unit_id if group.unit_id == former_unit else group.unit_id
        ended_with_it = former_end is not None and group.active_until == former_end
        until = None if ended_with_it else group.active_until
        if ends is not None and (until is None or until > ends):
            until = ends
        _change(group, "group", by, unit_id=moved, active_until=until)
    _change(
        body,
        "body",
        by,
        unit_id=unit_id,
        active_from=next(iter(begins), body.active_from),
        active_until=ends,
    )
    _tell([body, *groups], since)


def _tell(rows: Sequence[Body | Group], since: date) -> None:
    db.session.flush()
    for follower in _followers:
        follower(rows, since)


def _change(row: Body | Group | Decision | Hamlet, what: str, by: Actor, /, **values: Any) -> bool:
    """Change what differs, and keep what stood there. Returns whether anything did."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return False
    keep_revision(row, what, by=by)
    for name, value in changed.items():
        setattr(row, name, value)
    return True


def _hamlets_taken(unit_id: UUID, *, but: Hamlet | None = None) -> set[str]:
    return {
        fold(hamlet.name)
        for hamlet in list_hamlets([unit_id])
        if hamlet is not but and (hamlet.active_until is None or hamlet.active_until >= today())
    }


def _established(body: Body) -> Any:
    return _l("The body was established on %(day)s, which is later.", day=_day(body.active_from))


def _ended(on: date) -> Any:
    return _l("This body is dissolved already, on %(day)s.", day=_day(on))


def _day(value: date) -> str:
    return value.strftime("%d/%m/%Y")
