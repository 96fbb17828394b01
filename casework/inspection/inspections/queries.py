"""Reading rounds: who reaches which plan and which inspection, and who is on a team.

The department reads every round of its provinces. A unit reads its own inspections and those of the
units it followed, once their plan is approved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, extract, false, select, true

from casework.authz.enforce import Access
from casework.authz.permissions import Role
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import words_key
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
    TeamMember,
    TeamRole,
    Visitor,
)
from casework.inspection.inspections.rules import Planned
from casework.inspection.readmodel.models import CriterionFigure, Edition, Rating
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached, with_predecessors

BEFORE_THE_VISIT = (InspectionStatus.PLANNED, InspectionStatus.SELF_REPORT)


@dataclass(frozen=True, slots=True)
class Visited:
    """An inspection with its plan and its unit, as it was then."""

    inspection: Inspection
    plan: InspectionPlan
    unit: Unit


@dataclass(frozen=True, slots=True)
class Round:
    """A plan with the inspections of its units, in the order of their days."""

    plan: InspectionPlan
    visited: Sequence[Visited]


def get_inspection(access: Access, inspection_id: UUID) -> Visited:
    """An inspection within reach. Raises OutOfReach."""
    row = db.session.execute(_visited().where(Inspection.id == inspection_id, readable(access)))
    found = row.first()
    if found is None:
        raise OutOfReach
    return Visited(*found)


def readable(access: Access) -> ColumnElement[bool]:
    """The inspections an access reaches, of a query over Inspection, InspectionPlan and Unit."""
    return reached(access, Unit.id, Unit.province_id) & (
        (InspectionPlan.status == PlanStatus.APPROVED) | _of_department(access)
    )


def list_readable(access: Access) -> list[Visited]:
    """The inspections an access reaches, the newest first."""
    found = [Visited(*row) for row in db.session.execute(_visited().where(readable(access)))]
    return sorted(found, key=_by_day, reverse=True)


def get_plan(access: Access, plan_id: UUID) -> InspectionPlan:
    """A plan of a province within reach: plans are read by the department alone. Raises
    OutOfReach.
    """
    plan = db.session.scalar(
        select(InspectionPlan).where(InspectionPlan.id == plan_id, plans_of(access))
    )
    if plan is None:
        raise OutOfReach
    return plan


def plans_of(access: Access) -> ColumnElement[bool]:
    """The plans of the provinces an access reaches, of a query over InspectionPlan."""
    if access.everywhere:
        return true()
    if not access.provinces:
        return false()
    return InspectionPlan.province_id.in_(with_predecessors(access.provinces))


def list_rounds(province_id: UUID) -> list[Round]:
    """The rounds of a province, the newest first."""
    plans = db.session.scalars(
        select(InspectionPlan)
        .where(InspectionPlan.province_id.in_(with_predecessors([province_id])))
        .order_by(InspectionPlan.visits_from_on.desc(), InspectionPlan.recorded_at.desc())
    ).all()
    query = _visited().where(InspectionPlan.id.in_([plan.id for plan in plans]))
    found: dict[UUID, list[Visited]] = {plan.id: [] for plan in plans}
    for row in db.session.execute(query):
        found[row[1].id].append(Visited(*row))
    return [Round(plan, sorted(found[plan.id], key=_by_day)) for plan in plans]


def list_visited(plan: InspectionPlan) -> list[Visited]:
    """The inspections of a round, in the order of their days; those without a day last."""
    query = _visited().where(InspectionPlan.id == plan.id)
    return sorted((Visited(*row) for row in db.session.execute(query)), key=_by_day)


def get_visited(plan: InspectionPlan, inspection_id: UUID) -> Visited:
    """An inspection of this round. Raises OutOfReach."""
    query = _visited().where(InspectionPlan.id == plan.id, Inspection.id == inspection_id)
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return Visited(*row)


def list_team(plan_id: UUID) -> Sequence[TeamMember]:
    """The team of a round, its head first."""
    order = {role: index for index, role in enumerate(TeamRole)}
    team = db.session.scalars(select(TeamMember).where(TeamMember.plan_id == plan_id)).all()
    return sorted(team, key=lambda member: (order[TeamRole(member.role)], member.name))


def get_member(plan: InspectionPlan, member_id: UUID) -> TeamMember:
    """Somebody of the team of this round. Raises OutOfReach."""
    query = select(TeamMember).where(TeamMember.id == member_id, TeamMember.plan_id == plan.id)
    member = db.session.scalar(query)
    if member is None:
        raise OutOfReach
    return member


def is_on_team(plan_id: UUID, account_id: UUID) -> bool:
    """Whether an account belongs to the team of a round: only they write in its inspections."""
    query = select(TeamMember.id).where(
        TeamMember.plan_id == plan_id, TeamMember.account_id == account_id
    )
    return db.session.scalar(query) is not None


def list_goers(inspection_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Who of the team goes to which unit: member ids by inspection; nobody named is everybody."""
    query = select(Visitor.inspection_id, Visitor.member_id).where(
        Visitor.inspection_id.in_(list(inspection_ids))
    )
    found: dict[UUID, list[UUID]] = {}
    for inspection_id, member_id in db.session.execute(query):
        found.setdefault(inspection_id, []).append(member_id)
    return found


def list_planned(visited: Sequence[Visited], team: Sequence[TeamMember]) -> list[Planned]:
    """The calendar of a round, as far as conflicts are asked of it."""
    goers = list_goers(each.inspection.id for each in visited)
    names = {member.id: member.name for member in team}
    return [
        Planned(
            each.inspection.id,
            each.unit.label,
            each.inspection.visit_on,
            {member_id: names[member_id] for member_id in goers.get(each.inspection.id, ())},
            _ended(each),
        )
        for each in visited
    ]


def list_elsewhere(plan: InspectionPlan, team: Sequence[TeamMember]) -> dict[date, set[UUID]]:
    """Who of a team is on a visit of another round, by day: member ids of this team."""
    members = {member.account_id: member.id for member in team if member.account_id}
    named = select(Visitor.id).where(Visitor.inspection_id == Inspection.id).exists()
    goes = select(Visitor.id).where(
        Visitor.inspection_id == Inspection.id, Visitor.member_id == TeamMember.id
    )
    query = (
        select(Inspection.visit_on, TeamMember.account_id)
        .join(TeamMember, TeamMember.plan_id == Inspection.plan_id)
        .where(
            TeamMember.account_id.in_(list(members)),
            Inspection.plan_id != plan.id,
            Inspection.visit_on.is_not(None),
            ~named | goes.exists(),
        )
    )
    found: dict[date, set[UUID]] = {}
    for on, account_id in db.session.execute(query):
        if on is not None and account_id is not None:
            found.setdefault(on, set()).add(members[account_id])
    return found


def list_inspectors(plan: InspectionPlan) -> Sequence[Account]:
    """Who may be put into the team of a round: the inspectors of its province."""
    return list_role_holders(plan.province_id, Role.INSPECTOR)


def find_same_number(plan: InspectionPlan, number: str, year: int) -> InspectionPlan | None:
    """Another plan of the province with this number, of visits that begin in the same year."""
    query = select(InspectionPlan).where(
        InspectionPlan.province_id == plan.province_id,
        InspectionPlan.number == number,
        InspectionPlan.id != plan.id,
        extract("year", InspectionPlan.visits_from_on) == year,
    )
    return db.session.scalar(query.limit(1))


def newest_edition(province_id: UUID) -> Edition | None:
    """The newest edition a province has published."""
    query = select(Edition).where(Edition.province_id == province_id)
    return db.session.scalar(query.order_by(Edition.period.desc()).limit(1))


def list_not_met(edition: Edition) -> set[UUID]:
    """The units that an edition says do not meet some criterion."""
    query = select(CriterionFigure.unit_id).where(
        CriterionFigure.edition_id == edition.id, CriterionFigure.rating == Rating.NOT_MET
    )
    return set(db.session.scalars(query.distinct()))


def _visited() -> Select[Inspection, InspectionPlan, Unit]:
    return (
        select(Inspection, InspectionPlan, Unit)
        .join(InspectionPlan, InspectionPlan.id == Inspection.plan_id)
        .join(Unit, Unit.id == Inspection.unit_id)
    )


def _by_day(each: Visited) -> tuple[date, str, object]:
    inspection = each.inspection
    return inspection.visit_on or date.max, inspection.starts_at, words_key(each.unit.name)


def _ended(each: Visited) -> date | None:
    """The last day of a unit that is no more when it is visited."""
    until = each.unit.valid_until
    return until if until is not None and until < (each.inspection.visit_on or today()) else None


def _of_department(access: Access) -> ColumnElement[bool]:
    if access.everywhere:
        return true()
    if not access.provinces:
        return false()
    return Unit.province_id.in_(with_predecessors(access.provinces))
