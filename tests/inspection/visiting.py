"""A round with a visit to unit a, written straight into the tables."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID, uuid4

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.inspections.models import Inspection, InspectionPlan, TeamMember
from casework.inspection.readmodel.models import CriterionFigure
from casework.organisation.settings.models import Criterion
from casework.organisation.settings.operations import load_usual
from tests.inspection.editions import publish

DAY = date(2026, 10, 15)
# Figures as an edition keeps them: rating, part, whole, value, what is counted.
FIGURES: dict[str, tuple[str, int | None, int | None, int | None, str]] = {
    "A1": ("met", 2, 2, None, "bodies"),
    "A3": ("partly", None, None, 2, "groups"),
    "B1": ("not_met", 8, 12, 0, "sessions"),
    "B3": ("met", None, 1, 41, "days"),
    "D1": ("partly", None, 89, 70, "persons"),
    "E1": ("partly", 12_000_000, 15_000_000, None, "dong"),
    "E2": ("not_met", 1, 3, 45, "days"),
    "H2": ("no_data", None, None, None, "items"),
}


def plan_round(
    cast, units=("a",), *, team=("inspector",), status="approved", visit_on=DAY, province="province"
) -> list[UUID]:
    """A plan with its team, and one inspection for each unit; answers their ids."""
    plan = InspectionPlan(
        province_id=cast.units[province],
        title="Kiểm tra năm 2026",
        legal_basis="Quyết định số 12/QĐ-SYT",
        from_on=date(2025, 10, 1),
        until_on=date(2026, 9, 30),
        visits_from_on=DAY - timedelta(days=5),
        visits_until_on=DAY + timedelta(days=20),
        scope="chosen",
        status=status,
    )
    db.session.add(plan)
    db.session.flush()
    for index, name in enumerate(team):
        member = TeamMember(plan_id=plan.id, account_id=cast.accounts[name], name=name)
        member.role = "member" if index else "head"
        db.session.add(member)
    made = [
        Inspection(plan_id=plan.id, unit_id=cast.units[unit], visit_on=visit_on, starts_at="08:00")
        for unit in units
    ]
    db.session.add_all(made)
    db.session.flush()
    return [each.id for each in made]


def judge_fully(cast, unit: str = "a", figures: Mapping[str, tuple] = FIGURES) -> None:
    """The checklist of the program, and an edition of September that judged a unit by it."""
    load_usual(by=SYSTEM)
    db.session.flush()
    texts = {row.code: row for row in db.session.query(Criterion)}
    edition = publish(cast.units["province"], "2026-09")
    db.session.add_all(
        CriterionFigure(
            id=uuid4(),
            edition_id=edition.id,
            unit_id=cast.units[unit],
            code=code,
            position=texts[code].position,
            text=texts[code].text,
            set_id=texts[code].set_id,
            set_number=1,
            met=texts[code].met,
            partly=texts[code].partly,
            from_on=date(2025, 10, 1),
            until_on=date(2026, 9, 30),
            numerator=part,
            denominator=whole,
            value=value,
            unit_of_value=unit_of_value,
            rating=rating,
        )
        for code, (rating, part, whole, value, unit_of_value) in figures.items()
    )
