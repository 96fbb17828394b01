"""Reading plans: the version that counts, what it holds, and what a new version starts from.

Progress is what is done out of everything that was not given up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from casework.confidential.assessments.models import AssessedArea, Assessment, NeedArea
from casework.confidential.cases.models import Case
from casework.confidential.plans.models import (
    ActionStatus,
    Plan,
    PlanAction,
    PlanGoal,
    PlanReview,
)
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.accounts.models import Account

GOES_ON = (ActionStatus.OPEN, ActionStatus.UNDER_WAY)
# From this level on a need asks for a goal.
CONSIDERABLE = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """How many actions are done, of those that were not given up."""

    done: int
    all: int

    @classmethod
    def of(cls, actions: Iterable[PlanAction]) -> "Progress":
        """Count actions."""
        statuses = [each.status for each in actions if each.status != ActionStatus.DROPPED]
        return cls(statuses.count(ActionStatus.DONE), len(statuses))

    @property
    def percent(self) -> int:
        """The same in whole hundredths; 100 only when everything is done."""
        return self.done * 100 // self.all if self.all else 0


@dataclass(frozen=True, slots=True)
class Pursued:
    """A goal with what is done for it, what is due first first."""

    goal: PlanGoal
    actions: Sequence[PlanAction]

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do for it, or nothing was agreed on yet."""
        return not self.actions or any(each.status in GOES_ON for each in self.actions)


def list_plans(case: Case) -> Sequence[Plan]:
    """The versions of a case's plan, newest first."""
    query = select(Plan).where(Plan.case_id == case.id).order_by(Plan.number.desc())
    return db.session.scalars(query).all()


def get_plan(case: Case, plan_id: UUID) -> Plan:
    """A version of this case's plan. Raises OutOfReach."""
    query = select(Plan).where(Plan.id == plan_id, Plan.case_id == case.id)
    plan = db.session.scalar(query)
    if plan is None:
        raise OutOfReach
    return plan


def find_current(case: Case) -> Plan | None:
    """The version that counts: the newest."""
    return next(iter(list_plans(case)), None)


def get_action(case: Case, action_id: UUID) -> tuple[PlanAction, PlanGoal, Plan]:
    """An action of this case, with its goal and the version it stands in. Raises OutOfReach."""
    query = (
        select(PlanAction, PlanGoal, Plan)
        .join(PlanGoal, PlanGoal.id == PlanAction.goal_id)
        .join(Plan, Plan.id == PlanAction.plan_id)
        .where(PlanAction.id == action_id, PlanAction.case_id == case.id)
    )
    found = db.session.execute(query).one_or_none()
    if found is None:
        raise OutOfReach
    action, goal, plan = found
    return action, goal, plan


def list_pursued(plans: Sequence[Plan]) -> Mapping[UUID, Sequence[Pursued]]:
    """The goals of versions, by version, in the order in which they were written."""
    query = (
        select(PlanGoal, PlanAction)
        .outerjoin(PlanAction, PlanAction.goal_id == PlanGoal.id)
        .where(PlanGoal.plan_id.in_([plan.id for plan in plans]))
        .order_by(PlanGoal.plan_id, PlanGoal.position)
    )
    actions: dict[PlanGoal, list[PlanAction]] = defaultdict(list)
    for goal, action in db.session.execute(query):
        actions[goal] += [action] if action else []
    by_plan: dict[UUID, list[Pursued]] = defaultdict(list)
    for goal, its in actions.items():
        by_plan[goal.plan_id].append(Pursued(goal, sorted(its, key=by_due_day)))
    return by_plan


def progress_of(pursued: Sequence[Pursued]) -> Progress:
    """The progress of a version."""
    return Progress.of(action for each in pursued for action in each.actions)


def list_reviews(plan: Plan) -> Sequence[tuple[PlanReview, str]]:
    """The reviews of a version, newest first, with who recorded them."""
    query = (
        select(PlanReview, Account.display_name)
        .outerjoin(Account, Account.id == PlanReview.recorded_by)
        .where(PlanReview.plan_id == plan.id)
        .order_by(PlanReview.on.desc(), PlanReview.recorded_at.desc())
    )
    return [(review, name or "—") for review, name in db.session.execute(query)]


def last_review_day(plan: Plan) -> date | None:
    """The day on which a version was looked at last."""
    return db.session.scalar(
        select(func.max(PlanReview.on, type_=PlanReview.on.type)).where(
            PlanReview.plan_id == plan.id
        )
    )


def list_pressing_areas(case: Case) -> list[NeedArea]:
    """Where the newest assessment found a considerable or urgent need, the most urgent first."""
    newest = (
        select(Assessment.id)
        .where(Assessment.case_id == case.id)
        .order_by(Assessment.on.desc(), Assessment.recorded_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(AssessedArea.area, AssessedArea.level).where(
        AssessedArea.assessment_id == newest, AssessedArea.level >= CONSIDERABLE
    )
    levels = {NeedArea(area): level for area, level in db.session.execute(query)}
    return sorted(levels, key=lambda area: (-levels[area], list(NeedArea).index(area)))


def by_due_day(action: PlanAction) -> tuple[bool, date, int, UUID]:
    """What is due first first; of one day, and without one, as it was written."""
    return action.due_on is None, action.due_on or date.max, action.position, action.id
