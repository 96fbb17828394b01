"""Asking units to remedy what was found, and following it up.

Inspectors draft recommendations until the minutes are frozen. When both sides have signed they are
in force: the unit answers, with evidence; the team, or that of a later round, confirms, returns or
gives more time, each with a step that is never changed. What is not asked any more is waived by the
head of a team, with a reason. Once nothing is open the inspection is closed.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.uploads import Upload
from casework.inspection.findings.models import Finding
from casework.inspection.inspections.models import Inspection, InspectionStatus, TeamRole
from casework.inspection.inspections.operations import advance, require_team
from casework.inspection.recommendations.models import (
    SETTLED,
    Recommendation,
    RecommendationStatus,
    RecommendationStep,
    StepKind,
)
from casework.inspection.recommendations.queries import (
    Asked,
    count_unsettled,
    list_deciding_roles,
    list_of,
)
from casework.inspection.recommendations.rules import DAYS, propose
from casework.organisation.documents.operations import attach_file, keep_with

_ORDER = list(InspectionStatus)
_STATUS = {
    StepKind.VERIFICATION: RecommendationStatus.VERIFIED,
    StepKind.RETURN: RecommendationStatus.IN_PROGRESS,
    StepKind.WAIVER: RecommendationStatus.WAIVED,
}


def hold_inspection(inspection: Inspection) -> None:
    """Make everybody else who writes about this inspection wait until this transaction ends, and
    see what they wrote before.
    """
    db.session.refresh(inspection, with_for_update={"key_share": True})


def usual_due_day(inspection: Inspection) -> date:
    """Until when a unit usually has time: so many days from the visit, or from today."""
    return max(inspection.visit_on or today(), today()) + timedelta(days=DAYS)


def may_draft(inspection: Inspection) -> bool:
    """Whether the minutes are open still: what they say can change until they are frozen."""
    frozen = _ORDER.index(InspectionStatus.MINUTES_DRAFTED)
    return _ORDER.index(InspectionStatus(inspection.status)) < frozen


def draft(
    inspection: Inspection, values: dict[str, Any], finding: Finding | None, *, by: Actor
) -> Recommendation:
    """A recommendation of the team, for a shortcoming or for none. Raises RuleBroken."""
    _refuse_frozen(inspection, by)
    return _add(inspection, values, finding, by)


def draft_from(
    inspection: Inspection, shortcomings: Iterable[Finding], *, by: Actor
) -> list[Recommendation]:
    """One recommendation, in the usual words, for each shortcoming that has none yet."""
    _refuse_frozen(inspection, by)
    answered = {each.finding_id for each in list_of(inspection.id)}
    due_on = usual_due_day(inspection)
    drafted = []
    for finding in shortcomings:
        if finding.id not in answered:
            wording = propose(finding.code, finding.text)
            values = {
                "text": wording.text,
                "responsible": wording.responsible,
                "due_on": due_on,
                "is_money": wording.is_money,
            }
            drafted.append(_add(inspection, values, finding, by))
    if not drafted:
        raise RuleBroken(_l("Every shortcoming has its recommendation already."))
    return drafted


def change_draft(
    recommendation: Recommendation,
    inspection: Inspection,
    values: dict[str, Any],
    finding: Finding | None,
    *,
    by: Actor,
) -> None:
    """Say it otherwise, while the minutes are open. Raises RuleBroken."""
    _refuse_frozen(inspection, by)
    _set(recommendation, values, finding)
    audit.record(
        "recommendation.change",
        "recommendation",
        recommendation.id,
        by=by,
        unit_id=recommendation.unit_id,
    )


def drop_draft(recommendation: Recommendation, inspection: Inspection, *, by: Actor) -> None:
    """Take a draft out again, while the minutes are open. Raises RuleBroken."""
    _refuse_frozen(inspection, by)
    db.session.delete(recommendation)
    audit.record(
        "recommendation.drop",
        "recommendation",
        recommendation.id,
        by=by,
        unit_id=recommendation.unit_id,
    )


def bring_into_force(inspection_id: UUID, on: date, *, by: Actor) -> None:
    """From the day of the last signature the recommendations of an inspection bind the unit."""
    for recommendation in list_of(inspection_id):
        recommendation.in_force_on = on
        audit.record(
            "recommendation.in_force",
            "recommendation",
            recommendation.id,
            by=by,
            unit_id=recommendation.unit_id,
        )


def answer(
    asked: Asked, text: str, done_on: date | None, evidence: Upload | None, *, by: Actor
) -> None:
    """What the unit says: that it is done, on which day, or how far it is. Raises RuleBroken."""
    hold_inspection(asked.inspection)
    recommendation = asked.recommendation
    _refuse_settled(recommendation)
    if done_on is not None and recommendation.in_force_on and done_on < recommendation.in_force_on:
        raise RuleBroken(_l("The day lies before the minutes were signed."), field="done_on")
    is_done = done_on is not None
    recommendation.status = RecommendationStatus.DONE if is_done else _IN_PROGRESS
    recommendation.done_on = done_on
    if evidence is not None:
        attach_file(
            evidence, recommendation.file_kind, recommendation.id, recommendation.unit_id, by=by
        )
    _step(recommendation, StepKind.ANSWER, text, done_on, by)
    follow(asked.inspection, by=by)


def decide(asked: Asked, kind: StepKind, text: str, on: date | None, *, by: Actor) -> None:
    """What inspectors say to it. `on` is the day on which it was done, of a confirmation (the day
    the unit said, unless told), and the new due day of an extension. Raises RuleBroken.
    """
    hold_inspection(asked.inspection)
    recommendation = asked.recommendation
    _refuse_settled(recommendation)
    roles = list_deciding_roles(asked, by.id) if by.id else set()
    if not roles:
        raise RuleBroken(
            _l("Only the team that made this recommendation, or that of a later round, decides.")
        )
    if kind is not StepKind.VERIFICATION and not text:
        raise RuleBroken(_l("Give a reason."), field="reason")
    _DECIDING[kind](recommendation, on, roles)
    recommendation.status = _STATUS.get(kind, recommendation.status)
    day = recommendation.done_on if kind is StepKind.VERIFICATION else on
    _step(recommendation, kind, text, day if kind in _DATED else None, by)
    if recommendation.is_settled:
        close_if_settled(asked.inspection, by=by)


def follow(inspection: Inspection, *, by: Actor) -> None:
    """An inspection is being followed once its results were told and the unit has answered."""
    if inspection.notified_at is not None:
        advance(inspection, InspectionStatus.FOLLOWING, by=by)


def close_if_settled(inspection: Inspection, *, by: Actor) -> None:
    """An inspection is closed once its results were told and nothing of it is open."""
    db.session.flush()
    if inspection.notified_at is not None and not count_unsettled(inspection.id):
        advance(inspection, InspectionStatus.CLOSED, by=by)


@keep_with("recommendation")
@keep_with("money_recommendation")
def _keeps_its_papers(recommendation_id: UUID) -> bool:
    query = select(Recommendation.status).where(Recommendation.id == recommendation_id)
    return db.session.scalar(query) in SETTLED


def _refuse_frozen(inspection: Inspection, by: Actor) -> None:
    hold_inspection(inspection)
    require_team(inspection, by=by)
    if not may_draft(inspection):
        raise RuleBroken(_l("The minutes are frozen: what they say can't be changed any more."))


def _refuse_settled(recommendation: Recommendation) -> None:
    if recommendation.in_force_on is None:
        raise RuleBroken(_l("This recommendation is not in force: the minutes aren't signed yet."))
    if recommendation.is_settled:
        raise RuleBroken(_l("This recommendation is settled: nothing is added any more."))


def _add(
    inspection: Inspection, values: dict[str, Any], finding: Finding | None, by: Actor
) -> Recommendation:
    last = max((each.position for each in list_of(inspection.id)), default=0)
    recommendation = Recommendation(
        inspection_id=inspection.id,
        unit_id=inspection.unit_id,
        position=last + 1,
        recorded_by=by.id,
    )
    _set(recommendation, values, finding)
    db.session.add(recommendation)
    db.session.flush()
    audit.record(
        "recommendation.draft",
        "recommendation",
        recommendation.id,
        by=by,
        unit_id=inspection.unit_id,
    )
    return recommendation


def _set(recommendation: Recommendation, values: dict[str, Any], finding: Finding | None) -> None:
    for name in ("text", "responsible", "due_on", "is_money"):
        setattr(recommendation, name, values[name])
    recommendation.first_due_on = recommendation.due_on
    recommendation.finding_id = finding.id if finding else None
    recommendation.code = finding.code if finding else ""


def _step(
    recommendation: Recommendation, kind: StepKind, text: str, on: date | None, by: Actor
) -> None:
    db.session.add(
        RecommendationStep(
            recommendation_id=recommendation.id,
            kind=kind,
            text=text,
            on=on,
            by_id=by.id,
            by_name=by.name,
        )
    )
    audit.record(
        f"recommendation.{kind}",
        "recommendation",
        recommendation.id,
        by=by,
        unit_id=recommendation.unit_id,
    )


def _verify(recommendation: Recommendation, on: date | None, _roles: set[TeamRole]) -> None:
    recommendation.done_on = on or recommendation.done_on or today()
    recommendation.verified_on = today()


def _return(recommendation: Recommendation, _on: date | None, _roles: set[TeamRole]) -> None:
    if recommendation.status != RecommendationStatus.DONE:
        raise RuleBroken(_l("Only what the unit says is done can be returned to it."))
    recommendation.done_on = None


def _extend(recommendation: Recommendation, on: date | None, _roles: set[TeamRole]) -> None:
    if on is None:
        raise RuleBroken(_l("Say until when."), field="on")
    if on <= recommendation.due_on or on < today():
        raise RuleBroken(_l("More time means a later day, and one to come."), field="on")
    recommendation.due_on = on


def _waive(_recommendation: Recommendation, _on: date | None, roles: set[TeamRole]) -> None:
    if TeamRole.HEAD not in roles:
        raise RuleBroken(_l("The head of the team waives a recommendation."))


_IN_PROGRESS = RecommendationStatus.IN_PROGRESS
_DATED = (StepKind.VERIFICATION, StepKind.EXTENSION)
_DECIDING = {
    StepKind.VERIFICATION: _verify,
    StepKind.RETURN: _return,
    StepKind.EXTENSION: _extend,
    StepKind.WAIVER: _waive,
}
