"""Reading recommendations: who reaches which, and which are open or overdue.

Who reads inspections reads all of a unit; a unit's accountant reads those about money. Before the
minutes are signed a recommendation is a draft, which the department alone reads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.labels import Labelled
from casework.core.text import words_key
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    PlanStatus,
    TeamMember,
    TeamRole,
)
from casework.inspection.recommendations.models import (
    ASKED,
    SETTLED,
    Recommendation,
    RecommendationStatus,
    RecommendationStep,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import (
    list_ids_with_predecessors,
    reached,
    with_predecessors,
)

PAGE = 50


class State(Labelled):
    """Which recommendations a list shows."""

    OPEN = "open", _l("not settled")
    OVERDUE = "overdue", _l("overdue")
    WAITING = "waiting", _l("waiting to be confirmed")
    SETTLED = "settled", _l("confirmed or waived")
    ALL = "all", _l("all")


@dataclass(frozen=True, slots=True)
class Asked:
    """A recommendation with the inspection it comes from and the unit it was made to."""

    recommendation: Recommendation
    inspection: Inspection
    plan: InspectionPlan
    unit: Unit

    @property
    def is_overdue(self) -> bool:
        """Whether the unit is late today."""
        return self.recommendation.is_overdue(today())


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list was narrowed to."""

    state: State = State.OPEN
    unit_id: UUID | None = None
    plan_id: UUID | None = None
    page: int = 1


def get_recommendation(access: Access, recommendation_id: UUID) -> Asked:
    """A recommendation within reach. Raises OutOfReach."""
    query = _asked().where(Recommendation.id == recommendation_id, readable(access))
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return Asked(*row)


def get_to_answer(access: Access, recommendation_id: UUID) -> Asked:
    """One that the account may answer: its unit head, or its accountant where it is about money.
    Raises OutOfReach.
    """
    asked = get_recommendation(access, recommendation_id)
    if not may_answer(access, asked):
        raise OutOfReach
    return asked


def may_answer(access: Access, asked: Asked) -> bool:
    """Whether the account answers for the unit."""
    is_money = asked.recommendation.is_money
    needed = Permission.MONEY_RESPOND if is_money else Permission.INSPECTION_RESPOND
    answering = access.identity.access(needed)
    return answering is not None and asked.unit.id in list_ids_with_predecessors(answering.units)


def readable(access: Access) -> ColumnElement[bool]:
    """The recommendations an access reaches, of a query over Recommendation and Unit."""
    reading = access.identity.access(Permission.INSPECTION_READ)
    money = access.identity.access(Permission.RECOMMENDATION_READ)
    all_of = reached(reading, Unit.id, Unit.province_id) if reading else false()
    about_money = reached(money, Unit.id, Unit.province_id) if money else false()
    within = or_(all_of, and_(about_money, Recommendation.is_money))
    return within & (Recommendation.in_force_on.is_not(None) | _of_department(access))


def list_of(inspection_id: UUID) -> Sequence[Recommendation]:
    """The recommendations of an inspection, drafts too, in their order."""
    query = select(Recommendation).where(Recommendation.inspection_id == inspection_id)
    return db.session.scalars(query.order_by(Recommendation.position)).all()


def list_readable_of(access: Access, inspection_id: UUID) -> list[Asked]:
    """Those of an inspection that an access reaches, in their order."""
    query = _asked().where(Recommendation.inspection_id == inspection_id, readable(access))
    return [Asked(*row) for row in db.session.execute(query.order_by(Recommendation.position))]


def list_open(
    unit_ids: Iterable[UUID],
    *,
    within: ColumnElement[bool] | None = None,
    other_than: UUID | None = None,
) -> list[Asked]:
    """What units and those they followed still have to do, the longest due first: as far as an
    access reads it (`within`), and without what an inspection (`other_than`) asks itself.
    """
    query = _asked().where(
        Recommendation.unit_id.in_(with_predecessors(unit_ids)),
        Recommendation.in_force_on.is_not(None),
        Recommendation.status.not_in(SETTLED),
    )
    if within is not None:
        query = query.where(within)
    if other_than is not None:
        query = query.where(Recommendation.inspection_id != other_than)
    return [Asked(*row) for row in db.session.execute(query.order_by(*_ORDER))]


def search(access: Access, wanted: Filter) -> list[Asked]:
    """A page of the recommendations within reach, the longest due first; one more than a page where
    there are more.
    """
    query = _asked().where(readable(access), _in_state(wanted.state))
    if wanted.unit_id is not None:
        query = query.where(Recommendation.unit_id.in_(with_predecessors([wanted.unit_id])))
    if wanted.plan_id is not None:
        query = query.where(Inspection.plan_id == wanted.plan_id)
    query = query.order_by(*_ORDER).limit(PAGE + 1).offset((wanted.page - 1) * PAGE)
    return [Asked(*row) for row in db.session.execute(query)]


def count_states(access: Access) -> dict[State, int]:
    """How many within reach are in each state."""
    columns = [func.count().filter(_in_state(state)).label(state) for state in State]
    query = select(*columns).select_from(Recommendation)
    query = query.join(Unit, Unit.id == Recommendation.unit_id).where(readable(access))
    row = db.session.execute(query).one()
    return {state: getattr(row, state) for state in State}


def list_units(access: Access) -> list[Unit]:
    """The units that have recommendations within reach, in alphabetical order."""
    query = select(Unit).where(
        Unit.id.in_(
            select(Recommendation.unit_id)
            .join(Unit, Unit.id == Recommendation.unit_id)
            .where(readable(access))
        )
    )
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def list_rounds(access: Access) -> Sequence[Row[UUID, str]]:
    """The rounds that left recommendations within reach, newest first."""
    query = (
        select(InspectionPlan.id, InspectionPlan.title)
        .join(Inspection, Inspection.plan_id == InspectionPlan.id)
        .join(Recommendation, Recommendation.inspection_id == Inspection.id)
        .join(Unit, Unit.id == Recommendation.unit_id)
        .where(readable(access))
        .group_by(InspectionPlan.id, InspectionPlan.title, InspectionPlan.from_on)
        .order_by(InspectionPlan.from_on.desc(), InspectionPlan.title)
    )
    return db.session.execute(query).all()


def list_steps(recommendation: Recommendation) -> Sequence[RecommendationStep]:
    """What was said and decided, oldest first."""
    query = select(RecommendationStep).where(
        RecommendationStep.recommendation_id == recommendation.id
    )
    return db.session.scalars(query.order_by(RecommendationStep.at)).all()


def list_deciding_roles(asked: Asked, account_id: UUID) -> set[TeamRole]:
    """What an account is in the teams that decide about a recommendation: the one that made it, and
    those of later rounds that inspect the unit or one that followed it.
    """
    query = (
        select(TeamMember.role, TeamMember.plan_id, Inspection.unit_id)
        .join(InspectionPlan, InspectionPlan.id == TeamMember.plan_id)
        .join(Inspection, Inspection.plan_id == TeamMember.plan_id)
        .where(
            TeamMember.account_id == account_id,
            InspectionPlan.status == PlanStatus.APPROVED,
            InspectionPlan.from_on >= asked.plan.from_on,
        )
    )
    rows = db.session.execute(query).all()
    own = {TeamRole(row.role) for row in rows if row.plan_id == asked.plan.id}
    later = {row.unit_id: TeamRole(row.role) for row in rows if row.plan_id != asked.plan.id}
    return own | {
        role
        for unit_id, role in later.items()
        if asked.unit.id in list_ids_with_predecessors([unit_id])
    }


def count_unsettled(inspection_id: UUID) -> int:
    """How many of an inspection are neither confirmed nor waived."""
    query = select(func.count()).where(
        Recommendation.inspection_id == inspection_id, Recommendation.status.not_in(SETTLED)
    )
    return db.session.scalar(query) or 0


_ORDER = (Recommendation.due_on, Recommendation.position, Recommendation.id)


def _asked() -> Select[Recommendation, Inspection, InspectionPlan, Unit]:
    return (
        select(Recommendation, Inspection, InspectionPlan, Unit)
        .join(Inspection, Inspection.id == Recommendation.inspection_id)
        .join(InspectionPlan, InspectionPlan.id == Inspection.plan_id)
        .join(Unit, Unit.id == Recommendation.unit_id)
    )


def _in_state(state: State) -> ColumnElement[bool]:
    """Drafts are in no list but that of their inspection."""
    status, in_force = Recommendation.status, Recommendation.in_force_on.is_not(None)
    if state is State.SETTLED:
        return in_force & status.in_(SETTLED)
    if state is State.WAITING:
        return in_force & (status == RecommendationStatus.DONE)
    if state is State.OVERDUE:
        return in_force & status.in_(ASKED) & (Recommendation.due_on < today())
    return in_force & status.not_in(SETTLED) if state is State.OPEN else in_force


def _of_department(access: Access) -> ColumnElement[bool]:
    if access.everywhere:
        return Recommendation.id.is_not(None)
    if not access.provinces:
        return false()
    return Unit.province_id.in_(with_predecessors(access.provinces))
