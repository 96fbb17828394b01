"""What changed for an account in inspections, by its roles and their reach; derived from the rows
of rounds, so that nothing is told that is not so.

A unit hears of its own inspections, its head of what waits for it as well; the team of a round
hears of its units; a department manager of plans that wait.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, false, select

from casework.authz.enforce import Access, Identity
from casework.authz.permissions import Permission
from casework.core.clock import VIETNAM, now, today
from casework.core.database import db
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
    TeamMember,
    TeamRole,
)
from casework.inspection.inspections.operations import DAY_CHANGED, TEAM_CHANGED
from casework.inspection.inspections.queries import BEFORE_THE_VISIT, plans_of, readable
from casework.inspection.minutes.models import Minutes, MinutesSignature, Side
from casework.inspection.notices.models import NewsSeen
from casework.inspection.notices.rules import News, NewsKind
from casework.inspection.recommendations import queries as recommendations
from casework.inspection.recommendations.models import (
    ASKED,
    Recommendation,
    RecommendationStep,
    StepKind,
)
from casework.inspection.self_reports.models import SelfReport
from casework.organisation.history.models import Revision
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached

TOLD_FOR = timedelta(days=60)
REPORT_DUE_WITHIN, RECOMMENDATION_DUE_WITHIN = timedelta(days=7), timedelta(days=14)
_STEPS_FOR_UNIT = {
    StepKind.VERIFICATION: NewsKind.VERIFIED,
    StepKind.RETURN: NewsKind.SENT_BACK,
    StepKind.EXTENSION: NewsKind.EXTENDED,
    StepKind.WAIVER: NewsKind.WAIVED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told to an account, the newest first, and up to when it has seen it."""

    news: list[News]
    seen_at: datetime | None

    @property
    def unseen(self) -> list[News]:
        """What came after that."""
        return [each for each in self.news if self.is_new(each)]

    @property
    def newest_at(self) -> datetime | None:
        """When the newest came."""
        return self.news[0].at if self.news else None

    def is_new(self, each: News) -> bool:
        """Whether the account has not seen it."""
        return self.seen_at is None or each.at > self.seen_at


def list_news(identity: Identity) -> Told:
    """What is new to an account in inspections."""
    seen_at = db.session.scalar(
        select(NewsSeen.seen_at).where(NewsSeen.account_id == identity.account_id)
    )
    since = now() - TOLD_FOR
    found: list[News] = []
    if reading := identity.access(Permission.INSPECTION_READ):
        found += _of_plans(identity, reading, since)
        found += _of_inspections(reading)
        found += _of_days(reading, since)
        found += _of_teams(reading, since)
    if asked := identity.access(Permission.RECOMMENDATION_READ):
        found += _of_recommendations(asked)
        found += _of_steps(asked, since)
    kept = [each for each in found if each.at <= now() and (each.lasts or each.at > since)]
    return Told(sorted(kept, key=lambda each: (each.at, each.sentence), reverse=True), seen_at)


def _of_plans(identity: Identity, reading: Access, since: datetime) -> Iterator[News]:
    me, approving = identity.account_id, identity.access(Permission.INSPECTION_APPROVE)
    mine = _is_on_team(InspectionPlan.id, me)
    query = select(InspectionPlan, mine).where(
        plans_of(reading),
        (InspectionPlan.status == PlanStatus.SUBMITTED) | (InspectionPlan.decided_at > since),
    )
    for plan, is_mine in db.session.execute(query):
        prepared = me in (plan.recorded_by, plan.submitted_by)
        if plan.status == PlanStatus.SUBMITTED and plan.submitted_at:
            if approving is not None and not prepared:
                yield News(NewsKind.PLAN_WAITS, plan.submitted_at, plan.id, on=plan.visits_from_on)
        elif plan.decided_at and (is_mine or prepared):
            kind = (
                NewsKind.PLAN_APPROVED
                if plan.status == PlanStatus.APPROVED
                else NewsKind.PLAN_RETURNED
            )
            yield News(kind, plan.decided_at, plan.id, on=plan.visits_from_on)


def _of_inspections(reading: Access) -> Iterator[News]:
    query = (
        _inspections(reading, readable(reading))
        .add_columns(
            SelfReport.submitted_at, Minutes.frozen_at, _signed(Side.TEAM), _signed(Side.UNIT)
        )
        .outerjoin(SelfReport, SelfReport.inspection_id == Inspection.id)
        .outerjoin(Minutes, Minutes.inspection_id == Inspection.id)
        .where(Inspection.status != InspectionStatus.CLOSED)
    )
    for row in db.session.execute(query):
        told, reported_at, frozen_at, *signed = _Concerned(*row[:7]), *row[7:]
        yield from _before_the_visit(told, reported_at)
        if frozen_at is not None:
            yield from _of_minutes(told, frozen_at, *signed)
        if told.inspection.notified_at and told.is_unit:
            yield told.news(NewsKind.RESULTS_TOLD, told.inspection.notified_at)


@dataclass(frozen=True, slots=True)
class _Concerned:
    """An inspection, and what the account is in it."""

    inspection: Inspection
    plan: InspectionPlan
    unit: Unit
    is_unit: bool
    is_head_of_unit: bool
    is_team: bool
    leads: bool

    def news(
        self, kind: NewsKind, at: datetime, on: date | None = None, due: date | None = None
    ) -> News:
        """News of this inspection."""
        return News(kind, at, self.inspection.id, self.unit.label, on, due)


def _before_the_visit(told: _Concerned, reported_at: datetime | None) -> Iterator[News]:
    inspection, plan = told.inspection, told.plan
    if reported_at and told.is_team:
        yield told.news(NewsKind.REPORT_CAME, reported_at)
    if inspection.status not in BEFORE_THE_VISIT:
        return
    if told.is_unit and plan.decided_at:
        yield told.news(
            NewsKind.TO_BE_INSPECTED, plan.decided_at, inspection.visit_on, plan.report_due_on
        )
    due = plan.report_due_on
    if told.is_head_of_unit and due and not reported_at:
        if due < today():
            yield told.news(NewsKind.REPORT_OVERDUE, _morning(due + timedelta(days=1)), due)
        elif due - REPORT_DUE_WITHIN <= today():
            yield told.news(NewsKind.REPORT_DUE, _morning(due - REPORT_DUE_WITHIN), due)


def _of_minutes(
    told: _Concerned,
    frozen_at: datetime,
    team_signed_at: datetime | None,
    unit_signed_at: datetime | None,
) -> Iterator[News]:
    if team_signed_at and unit_signed_at:
        if told.is_unit or told.is_team:
            yield told.news(NewsKind.MINUTES_SIGNED, max(team_signed_at, unit_signed_at))
    elif (told.leads and not team_signed_at) or (told.is_head_of_unit and not unit_signed_at):
        yield told.news(NewsKind.MINUTES_WAIT, frozen_at)


def _of_days(reading: Access, since: datetime) -> Iterator[News]:
    query = (
        _inspections(reading, readable(reading))
        .add_columns(Revision.replaced_at)
        .join(Revision, Revision.subject_id == Inspection.id)
        .where(Revision.subject_kind == DAY_CHANGED, Revision.replaced_at > since)
    )
    for row in db.session.execute(query):
        told, at = _Concerned(*row[:7]), row[7]
        if told.is_unit or told.is_team:
            yield told.news(NewsKind.DAY_CHANGED, at, told.inspection.visit_on)


def _of_teams(reading: Access, since: datetime) -> Iterator[News]:
    """Once for the plan to who is in the team, was in it or prepared it; for each visit to come to
    its unit.
    """
    query = (
        _inspections(reading, readable(reading))
        .add_columns(Revision.replaced_at, Revision.said)
        .join(Revision, Revision.subject_id == InspectionPlan.id)
        .where(Revision.subject_kind == TEAM_CHANGED, Revision.replaced_at > since)
    )
    me, changes = reading.account_id, set()
    for row in db.session.execute(query):
        told, at, said = _Concerned(*row[:7]), row[7], row[8]
        plan = told.plan
        concerned = told.is_team or me in (plan.recorded_by, plan.submitted_by)
        if concerned or str(me) in json.loads(said)["accounts"]:
            changes.add(News(NewsKind.TEAM_CHANGED, at, plan.id, on=plan.visits_from_on))
        if told.is_unit and told.inspection.status in BEFORE_THE_VISIT:
            yield told.news(NewsKind.VISITORS_CHANGED, at)
    yield from changes


def _of_recommendations(asked: Access) -> Iterator[News]:
    query = (
        _inspections(asked, recommendations.readable(asked))
        .add_columns(Recommendation.id, Recommendation.due_on)
        .join(Recommendation, Recommendation.inspection_id == Inspection.id)
        .where(
            Recommendation.in_force_on.is_not(None),
            Recommendation.status.in_(ASKED),
            Recommendation.due_on <= today() + RECOMMENDATION_DUE_WITHIN,
        )
    )
    for row in db.session.execute(query):
        told, subject, due = _Concerned(*row[:7]), row[7], row[8]
        if due < today():
            # Seen by all concerned: the unit, the team, the department manager.
            at = _morning(due + timedelta(days=1))
            yield News(
                NewsKind.RECOMMENDATION_OVERDUE,
                at,
                subject,
                told.unit.label,
                due,
                is_for_others=not told.is_unit,
            )
        elif told.is_unit:
            at = _morning(due - RECOMMENDATION_DUE_WITHIN)
            yield News(NewsKind.RECOMMENDATION_DUE, at, subject, told.unit.label, due)


def _of_steps(asked: Access, since: datetime) -> Iterator[News]:
    query = (
        _inspections(asked, recommendations.readable(asked))
        .add_columns(Recommendation.id, RecommendationStep.kind, RecommendationStep.at)
        .join(Recommendation, Recommendation.inspection_id == Inspection.id)
        .join(RecommendationStep, RecommendationStep.recommendation_id == Recommendation.id)
        .where(RecommendationStep.at > since)
    )
    for row in db.session.execute(query):
        told, subject, step, at = _Concerned(*row[:7]), row[7], StepKind(row[8]), row[9]
        if step is StepKind.ANSWER and told.is_team:
            yield News(NewsKind.ANSWERED, at, subject, told.unit.label)
        elif step in _STEPS_FOR_UNIT and told.is_unit:
            yield News(_STEPS_FOR_UNIT[step], at, subject, told.unit.label)


def _inspections(
    access: Access, within: ColumnElement[bool]
) -> Select[Inspection, InspectionPlan, Unit, bool, bool, bool, bool]:
    """The approved inspections within reach, each with what the account is in it: of the unit, its
    head, of the team, leading it.
    """
    me = access.account_id
    responding = access.identity.access(Permission.INSPECTION_RESPOND)
    head = TeamMember.role == TeamRole.HEAD
    return (
        select(
            Inspection,
            InspectionPlan,
            Unit,
            _works_there(access),
            _works_there(responding),
            _is_on_team(InspectionPlan.id, me),
            _is_on_team(InspectionPlan.id, me, head),
        )
        .join(InspectionPlan, InspectionPlan.id == Inspection.plan_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .where(within, InspectionPlan.status == PlanStatus.APPROVED)
    )


def _works_there(access: Access | None) -> ColumnElement[bool]:
    """Whether the account's own unit is inspected, or followed the one that is."""
    if access is None or not access.units:
        return false()
    own = replace(access, everywhere=False, provinces=frozenset())
    return reached(own, Unit.id, Unit.province_id)


def _is_on_team(
    plan_id: object, account_id: UUID, *more: ColumnElement[bool]
) -> ColumnElement[bool]:
    return (
        select(TeamMember.id)
        .where(TeamMember.plan_id == plan_id, TeamMember.account_id == account_id, *more)
        .exists()
    )


def _signed(side: Side) -> ScalarSelect[datetime]:
    """When a side signed the minutes of the row."""
    return (
        select(MinutesSignature.at)
        .where(MinutesSignature.minutes_id == Minutes.id, MinutesSignature.side == side)
        .scalar_subquery()
    )


def _morning(on: date) -> datetime:
    """The beginning of a day in Vietnam."""
    return datetime.combine(on, time(tzinfo=VIETNAM)).astimezone(UTC)
