"""Visits as tests need them, and the figures they begin with."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.findings.models import Finding
from casework.inspection.inspections.models import TeamMember
from casework.inspection.readmodel.models import CriterionFigure
from casework.organisation.samples.models import PaperSample
from casework.organisation.settings.models import Criterion
from casework.organisation.settings.operations import load_usual
from tests.cast import Cast
from tests.inspection.editions import publish
from tests.inspection.rounds import inspection_of, make_plan

if TYPE_CHECKING:
    from tests.rules.world import World

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


def plan_round(cast: Cast, unit: str = "a") -> UUID:
    """The inspection of a unit in a round whose visit is on `DAY`, at eight."""
    return inspection_of(make_plan(cast, unit, visit_on=DAY), cast.units[unit]).id


def have_only(cast: Cast, username: str) -> None:
    """Somebody else than the inspector is the team's head."""
    query = select(TeamMember).where(TeamMember.account_id == cast.accounts["inspector"])
    db.session.scalars(query).one().account_id = cast.accounts[username]


def visit_a_unit(world: "World", unit: str, inspection_id: UUID) -> dict[str, UUID]:
    """A visit that goes on, with findings proposed and files asked for, made through the forms."""
    inspector, base = world.sign_in("inspector"), f"/inspections/{inspection_id}"
    for path, page, values in (
        ("/checklist", "/checklist", {}),
        ("/checklist/A", "/checklist/A", {}),
        ("/checklist/sample", "/checklist/sample", {"size": "2"}),
        ("/findings/propose", "/findings", {}),
    ):
        answer = inspector.submit(base + page, base + path, **values)
        assert answer.status == 303, (path, answer.words[:600])
    with world.app.app_context():
        finding = select(Finding.id).where(Finding.inspection_id == inspection_id)
        sample = select(PaperSample.id).where(PaperSample.unit_id == world.cast.units[unit])
        return {
            "finding_id": db.session.scalars(finding).one(),
            "sample_id": db.session.scalars(sample).one(),
        }


def judge_fully(cast: Cast, unit: str = "a", figures: Mapping[str, tuple] = FIGURES) -> None:
    """The checklist of the program, and an edition of September that judged a unit by it."""
    load_usual(by=SYSTEM)
    db.session.flush()
    texts = {row.code: row for row in db.session.scalars(select(Criterion))}
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
