"""Rounds of inspections as tests need them, written straight into the database."""

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from casework.core.clock import now, today
from casework.core.database import db
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    PlanStatus,
    Scope,
    TeamMember,
    TeamRole,
)
from tests.cast import Cast

if TYPE_CHECKING:
    from tests.rules.world import World


def make_plan(
    cast: Cast,
    *units: str,
    province: str = "province",
    status: PlanStatus = PlanStatus.APPROVED,
    visit_on: date | None = None,
    number: str = "12",
) -> InspectionPlan:
    """A plan over units of the cast, a day each from `visit_on` on; the inspector is its head, a
    guest its secretary. The caller commits.
    """
    first = visit_on or today() + timedelta(days=14)
    plan = InspectionPlan(
        province_id=cast.units[province],
        number=number if status == PlanStatus.APPROVED else "",
        title="Kiểm tra hoạt động mô hình",
        legal_basis="Căn cứ kế hoạch công tác năm",
        purpose="Đánh giá hoạt động",
        from_on=first - timedelta(days=300),
        until_on=first - timedelta(days=15),
        visits_from_on=first,
        visits_until_on=first + timedelta(days=20),
        outline="1. Tổ chức\n2. Hoạt động",
        report_due_on=first - timedelta(days=5),
        scope=Scope.CHOSEN,
        status=status,
        recorded_by=cast.accounts["inspector"],
    )
    if status == PlanStatus.APPROVED:
        plan.submitted_by, plan.submitted_at = cast.accounts["inspector"], now()
        plan.decided_by, plan.decided_at = cast.accounts["manager"], now()
    db.session.add(plan)
    db.session.flush()
    lead = "inspector" if province == "province" else "inspector-elsewhere"
    db.session.add_all(
        [
            TeamMember(
                plan_id=plan.id,
                account_id=cast.accounts[lead],
                name="Võ Văn Tám",
                role=TeamRole.HEAD,
            ),
            TeamMember(
                plan_id=plan.id,
                name="Lưu Thị Khách",
                office="Hội LHPN tỉnh",
                role=TeamRole.SECRETARY,
            ),
            *(
                Inspection(
                    plan_id=plan.id,
                    unit_id=cast.units[unit],
                    visit_on=first + timedelta(days=number),
                    starts_at="08:00",
                    place="Trụ sở UBND",
                )
                for number, unit in enumerate(units)
            ),
        ]
    )
    db.session.flush()
    return plan


def inspection_of(plan: InspectionPlan, unit_id: UUID) -> Inspection:
    """The inspection of a unit in a round."""
    return db.session.scalars(
        db.select(Inspection).where(Inspection.plan_id == plan.id, Inspection.unit_id == unit_id)
    ).one()


def plan_a_round(world: "World", unit: str) -> dict[str, UUID]:
    """A round of one unit, for the rules of the whole program."""
    with world.app.app_context():
        plan = make_plan(world.cast, unit, number=f"1{unit}")
        member = db.session.scalars(
            db.select(TeamMember.id).where(TeamMember.plan_id == plan.id)
        ).first()
        assert member is not None
        made = {
            "round_id": plan.id,
            "inspection_id": inspection_of(plan, world.cast.units[unit]).id,
            "team_member_id": member,
        }
        db.session.commit()
    return made
