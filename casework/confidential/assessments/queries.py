"""Reading assessments, and how long one holds.

An assessment holds for the months that were set in the case's province on its own day: a later
setting changes nothing about what was done under the earlier one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from casework.confidential.assessments.models import (
    LEVELS,
    WANTED,
    AssessedArea,
    Assessment,
    NeedArea,
)
from casework.confidential.cases.models import Case
from casework.confidential.cases.queries import unit_of
from casework.core.clock import add_months
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.accounts.models import Account
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import Dated, read_settings


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment with its areas, in the order of the form, and who recorded it."""

    assessment: Assessment
    areas: Mapping[NeedArea, AssessedArea]
    by: str

    @property
    def on(self) -> date:
        """The day of the assessment."""
        return self.assessment.on

    def level(self, area: NeedArea) -> int:
        """How much is needed in an area."""
        return self.areas[area].level if area in self.areas else 0

    def word(self, area: NeedArea) -> str:
        """The level of an area in words."""
        return str(LEVELS[self.level(area)])

    @property
    def wanted(self) -> list[NeedArea]:
        """The areas that a plan has to answer, the most pressing first."""
        wanted = [area for area in NeedArea if self.level(area) >= WANTED]
        return sorted(wanted, key=lambda area: -self.level(area))


@dataclass(frozen=True, slots=True)
class Latest:
    """A case and the day of its newest assessment; None where there was none yet."""

    case_id: UUID
    unit_id: UUID
    opened_on: date
    on: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """How needs changed between two assessments: numbers of areas."""

    less: int
    more: int
    same: int


def list_assessments(case: Case) -> list[Assessed]:
    """Every assessment with its areas, newest first."""
    return _assessed(Assessment.case_id == case.id)


def find_latest(case: Case) -> Assessed | None:
    """The newest assessment."""
    newest = select(Assessment.id).where(Assessment.case_id == case.id)
    newest = newest.order_by(Assessment.on.desc(), Assessment.recorded_at.desc()).limit(1)
    return next(iter(_assessed(Assessment.id.in_(newest.scalar_subquery()))), None)


def get_assessment(case: Case, assessment_id: UUID) -> tuple[Assessed, Assessed | None]:
    """An assessment of this case, and the one before it. Raises OutOfReach."""
    found = list_assessments(case)
    for place, each in enumerate(found):
        if each.assessment.id == assessment_id:
            return each, next(iter(found[place + 1 :]), None)
    raise OutOfReach


def latest_assessments(*conditions: ColumnElement[bool], on: date) -> Sequence[Latest]:
    """The day of the newest assessment, as of a day, of every case that meets conditions on `Case`:
    one statement.
    """
    newest = func.max(Assessment.on)
    query = (
        select(Case.id, Case.unit_id, Case.opened_on, newest)
        .outerjoin(Assessment, (Assessment.case_id == Case.id) & (Assessment.on <= on))
        .where(*conditions)
        .group_by(Case.id, Case.unit_id, Case.opened_on)
    )
    return [Latest(*row) for row in db.session.execute(query)]


def holds_before(on: date, settings: Mapping[Setting, Dated]) -> date:
    """The day on which an assessment of a day is due again: it holds on every day before."""
    return add_months(on, int(settings[Setting.ASSESSMENT_MONTHS].on(on)))


def settings_of(case: Case) -> Mapping[Setting, Dated]:
    """What the case's province has set over time."""
    return read_settings(unit_of(case).province_id)


def compare(earlier: Assessed, later: Assessed) -> Change:
    """In how many areas less, more and as much is needed as before."""
    steps = [later.level(area) - earlier.level(area) for area in NeedArea]
    return Change(
        less=sum(step < 0 for step in steps),
        more=sum(step > 0 for step in steps),
        same=steps.count(0),
    )


def _assessed(*conditions: ColumnElement[bool]) -> list[Assessed]:
    query = (
        select(Assessment, AssessedArea, Account.display_name)
        .outerjoin(AssessedArea, AssessedArea.assessment_id == Assessment.id)
        .outerjoin(Account, Account.id == Assessment.recorded_by)
        .where(*conditions)
        .order_by(Assessment.on.desc(), Assessment.recorded_at.desc())
    )
    found: dict[UUID, tuple[Assessment, dict[NeedArea, AssessedArea], str]] = {}
    for assessment, row, name in db.session.execute(query):
        _, areas, _ = found.setdefault(assessment.id, (assessment, {}, name or ""))
        if row is not None:
            areas[NeedArea(row.area)] = row
    return [Assessed(*each) for each in found.values()]
