"""Assessing what a person needs, and correcting it.

The newest assessment says whether the case is urgent, and the case carries it on its head.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm.attributes import flag_modified

from casework.confidential.assessments.models import AssessedArea, Assessment, NeedArea
from casework.confidential.assessments.queries import Assessed, find_latest, list_assessments
from casework.confidential.cases.models import Case, CaseStatus
from casework.confidential.cases.operations import check_key
from casework.confidential.consent.operations import require_consent_to_record
from casework.confidential.history.operations import keep_revision
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable

KIND = "assessment"


@dataclass(frozen=True, slots=True)
class Need:
    """How much is needed in an area, and why."""

    level: int
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an assessment says."""

    on: date
    is_urgent: bool
    summary: str
    needs: Mapping[NeedArea, Need]


def assess(case: Case, answer: Answer, *, by: Actor) -> Assessment:
    """Keep an assessment. A case that was only taken in is now being assessed."""
    _check(case, answer)
    require_consent_to_record(case, field="summary")
    if answer.on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    assessment = Assessment(
        id=uuid4(),
        case_id=case.id,
        unit_id=case.unit_id,
        on=answer.on,
        is_urgent=answer.is_urgent,
        summary=answer.summary,
        recorded_by=by.id,
    )
    db.session.add(assessment)
    db.session.flush()
    for area, need in answer.needs.items():
        row = AssessedArea(
            assessment_id=assessment.id,
            case_id=case.id,
            area=area,
            level=need.level,
            note=need.note,
        )
        db.session.add(row)
    if case.status == CaseStatus.INTAKE:
        case.status = CaseStatus.ASSESSING
    _tell_case(case)
    audit.record("assessment.record", "case", case.id, by=by, unit_id=case.unit_id)
    return assessment


def correct_assessment(case: Case, assessed: Assessed, answer: Answer, *, by: Actor) -> None:
    """Put an assessment right; what it said stays readable."""
    assessment, areas = assessed.assessment, assessed.areas
    _check(case, answer, corrected=assessment)
    if answer.on < case.opened_on and answer.on != assessment.on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    _check_readable(assessed, answer)
    said = {area: {"level": row.level, "note": row.note} for area, row in areas.items()}
    keep_revision(assessment, KIND, ("on", "is_urgent", "summary"), by=by, areas=said)
    assessment.on, assessment.is_urgent = answer.on, answer.is_urgent
    assessment.summary = answer.summary
    flag_modified(assessment, "on")  # another word beside an area alone makes a new version too
    for area, need in answer.needs.items():
        row = areas[area]
        row.level, row.note = need.level, need.note
    _tell_case(case)
    audit.record("assessment.correct", "case", case.id, by=by, unit_id=case.unit_id)


def _check(case: Case, answer: Answer, corrected: Assessment | None = None) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)
    for other in list_assessments(case):
        if other.assessment is not corrected and other.on == answer.on:
            message = _l("There is an assessment of this day already. Correct that one.")
            raise RuleBroken(message, field="on")
    if answer.is_urgent and answer.needs[NeedArea.SAFETY].level == 0:
        message = _l("Safety can't wait, and yet there is no need here? Choose what is right.")
        raise RuleBroken(message, field=f"level_{NeedArea.SAFETY}")


def _check_readable(assessed: Assessed, answer: Answer) -> None:
    message = _l("The text that stands here can't be opened, so it can't be replaced.")
    if answer.summary and isinstance(assessed.assessment.summary, Unreadable):
        raise RuleBroken(message, field="summary")
    for area, need in answer.needs.items():
        if need.note and isinstance(assessed.areas[area].note, Unreadable):
            raise RuleBroken(message, field=f"note_{area}")


def _tell_case(case: Case) -> None:
    db.session.flush()
    latest = find_latest(case)
    case.is_urgent = latest is not None and latest.assessment.is_urgent
