"""Reading rounds: who reaches which plan and which inspection, and who is on a team.

The department reads every round of its provinces. A unit reads its own inspections and those of the
units it followed, once their plan is approved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    PlanStatus,
    TeamMember,
    TeamRole,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached, with_predecessors


@dataclass(frozen=True, slots=True)
class Visited:
    """An inspection with its plan and its unit, as it was then."""

    inspection: Inspection
    plan: InspectionPlan
    unit: Unit


def get_inspection(access: Access, inspection_id: UUID) -> Visited:
    """An inspection within reach. Raises OutOfReach."""
    query = (
        select(Inspection, InspectionPlan, Unit)
        .join(InspectionPlan, InspectionPlan.id == Inspection.plan_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .where(Inspection.id == inspection_id, readable(access))
    )
    row = db.session.execute(query).first()
    if row is None:
        raise OutOfReach
    return Visited(*row)


def readable(access: Access) -> ColumnElement[bool]:
    """The inspections an access reaches, of a query over Inspection, InspectionPlan and Unit."""
    return reached(access, Unit.id, Unit.province_id) & (
        (InspectionPlan.status == PlanStatus.APPROVED) | _of_department(access)
    )


def list_team(plan_id: UUID) -> Sequence[TeamMember]:
    """The team of a round, its head first."""
    order = {role: index for index, role in enumerate(TeamRole)}
    team = db.session.scalars(select(TeamMember).where(TeamMember.plan_id == plan_id)).all()
    return sorted(team, key=lambda member: (order[TeamRole(member.role)], member.name))


def is_on_team(plan_id: UUID, account_id: UUID) -> bool:
    """Whether an account belongs to the team of a round: only they write in its inspections."""
    query = select(TeamMember.id).where(
        TeamMember.plan_id == plan_id, TeamMember.account_id == account_id
    )
    return db.session.scalar(query) is not None


def _of_department(access: Access) -> ColumnElement[bool]:
    if access.everywhere:
        return true()
    if not access.provinces:
        return false()
    return Unit.province_id.in_(with_predecessors(access.provinces))
