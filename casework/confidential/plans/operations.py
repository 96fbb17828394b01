"""Agreeing on a plan, following its actions, reviewing and signing it.

A plan is never rewritten: what changes is a new version, which takes along how far the actions are
that go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from casework.confidential.assessments.models import NeedArea
from casework.confidential.cases.models import Case, CaseStatus
from casework.confidential.cases.operations import check_key
from casework.confidential.cases.queries import unit_of
from casework.confidential.consent.operations import require_consent_to_record
from casework.confidential.history.operations import keep_revision
from casework.confidential.plans.models import (
    ActionStatus,
    Plan,
    PlanAction,
    PlanGoal,
    PlanReview,
    Responsible,
    ReviewResult,
)
from casework.confidential.plans.queries import (
    GOES_ON,
    find_current,
    last_review_day,
    list_pursued,
)
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.core.forms import RuleBroken, Stale
from casework.core.i18n import day
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of
from casework.vault.grants import Compartment
from casework.vault.sealed import Unreadable

KEPT = ("status", "done_on", "progress")
SIGNATURES = ("person_signed_on", "counselor_signed_on")
LONGEST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class IntendedAction:
    """An action as it was typed. `place` is where it stands in the form; `continues` is the action
    of the version before that goes on.
    """

    place: str
    what: str
    responsible: Responsible
    due_on: date | None
    continues: UUID | None


@dataclass(frozen=True, slots=True)
class IntendedGoal:
    """A goal as it was typed, with its actions."""

    area: NeedArea
    goal: str
    actions: Sequence[IntendedAction]


def agree_on_plan(
    case: Case,
    followed: Plan | None,
    agreed_on: date,
    summary: str,
    goals: Sequence[IntendedGoal],
    *,
    by: Actor,
) -> Plan:
    """Add a version, which ends the one it follows; the support is under way from then on. Raises
    Stale if another came first.
    """
    # One after the other, so that two versions never get one number.
    db.session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    newest = find_current(case)
    if newest is not followed:
        raise Stale(_l("Somebody wrote a new version after you opened this form."))
    _check_agreement(case, followed, agreed_on, goals)
    require_consent_to_record(case, field="summary")
    plan = Plan(
        id=uuid4(),
        case_id=case.id,
        unit_id=case.unit_id,
        number=followed.number + 1 if followed else 1,
        agreed_on=agreed_on,
        review_on=next_review(case, agreed_on),
        summary=summary,
        recorded_by=by.id,
    )
    db.session.add(plan)
    db.session.flush()
    going_on = _actions_going_on(followed) if followed else {}
    for position, intended in enumerate(goals, start=1):
        _add_goal(plan, position, intended, going_on)
    if followed:
        followed.ended_on = agreed_on
    if case.status in (CaseStatus.INTAKE, CaseStatus.ASSESSING):
        case.status = CaseStatus.ACTIVE
    audit.record("plan.agree", "case", case.id, by=by, unit_id=case.unit_id)
    return plan


def follow_action(
    case: Case,
    plan: Plan,
    action: PlanAction,
    answer: dict[str, Any],
    *,
    by: Actor,
) -> None:
    """Note how far an action is; what was noted before stays readable. What is done is done on a
    day: today, if none is told.
    """
    _check_current(case, plan)
    done_on: date | None = None
    if answer["status"] is ActionStatus.DONE:
        done_on = answer["done_on"] or today()
    elif answer["done_on"]:
        raise RuleBroken(_l("Only what is done has such a day."), field="done_on")
    if done_on and done_on < plan.agreed_on:
        raise RuleBroken(_before_the_plan(plan), field="done_on")
    if answer["progress"] and isinstance(action.progress, Unreadable):
        message = _l("The text that stands here can't be opened, so it can't be replaced.")
        raise RuleBroken(message, field="progress")
    keep_revision(action, "plan_action", KEPT, by=by)
    action.status, action.done_on = answer["status"], done_on
    action.progress = answer["progress"]
    audit.record("plan.action", "case", case.id, by=by, unit_id=case.unit_id)


def review_plan(
    case: Case,
    plan: Plan,
    on: date,
    result: ReviewResult,
    note: str,
    next_on: date | None,
    *,
    by: Actor,
) -> PlanReview:
    """Add a review. The next one is due after the months that the province sets, if no day is
    told.
    """
    _check_current(case, plan)
    require_consent_to_record(case, field="note")
    if on < plan.agreed_on:
        raise RuleBroken(_before_the_plan(plan), field="on")
    last = last_review_day(plan)
    if last is not None and on < last:
        message = _l("Not before %(day)s, the day of what came before.", day=day(last))
        raise RuleBroken(message, field="on")
    following = next_on or next_review(case, on)
    if following <= on:
        raise RuleBroken(_l("The next review comes after this one."), field="next_on")
    if following > add_months(on, LONGEST_MONTHS):
        raise RuleBroken(_l("This date is too far ahead."), field="next_on")
    review = PlanReview(
        id=uuid4(),
        plan_id=plan.id,
        case_id=case.id,
        unit_id=case.unit_id,
        on=on,
        due_on=plan.review_on,
        result=result,
        next_on=following,
        note=note,
        recorded_by=by.id,
    )
    db.session.add(review)
    plan.review_on = following
    flag_modified(plan, "review_on")  # the second of two reviews of a day is told too
    audit.record("plan.review", "case", case.id, by=by, unit_id=case.unit_id)
    return review


def note_signatures(case: Case, plan: Plan, answer: dict[str, Any], *, by: Actor) -> None:
    """Note on which days the person and the counselor signed."""
    _check_current(case, plan)
    for name in SIGNATURES:
        if answer[name] and answer[name] < plan.agreed_on:
            raise RuleBroken(_before_the_plan(plan), field=name)
    keep_revision(plan, "plan", SIGNATURES, by=by)
    for name in SIGNATURES:
        setattr(plan, name, answer[name])
    audit.record("plan.sign", "case", case.id, by=by, unit_id=case.unit_id)


def next_review(case: Case, on: date) -> date:
    """When a plan has to be looked at again, as the case's province sets it for that day."""
    months = number_of(Setting.REVIEW_MONTHS, unit_of(case).province_id, on)
    return add_months(on, months)


def _add_goal(
    plan: Plan, position: int, intended: IntendedGoal, going_on: dict[UUID, PlanAction]
) -> None:
    goal = PlanGoal(
        id=uuid4(),
        plan_id=plan.id,
        case_id=plan.case_id,
        position=position,
        area=intended.area,
        goal=intended.goal,
    )
    db.session.add(goal)
    db.session.flush()
    for place, told in enumerate(intended.actions, start=1):
        before = going_on.get(told.continues) if told.continues else None
        action = PlanAction(
            id=uuid4(),
            plan_id=plan.id,
            goal_id=goal.id,
            case_id=plan.case_id,
            position=place,
            responsible=told.responsible,
            due_on=told.due_on,
            status=before.status if before else ActionStatus.OPEN,
            what=told.what,
            progress=str(before.progress or "") if before else "",
        )
        db.session.add(action)


def _actions_going_on(plan: Plan) -> dict[UUID, PlanAction]:
    actions = (action for each in list_pursued([plan])[plan.id] for action in each.actions)
    return {action.id: action for action in actions if action.status in GOES_ON}


def _check_agreement(
    case: Case, followed: Plan | None, agreed_on: date, goals: Sequence[IntendedGoal]
) -> None:
    _check_open(case)
    if agreed_on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="agreed_on")
    earliest = (last_review_day(followed) or followed.agreed_on) if followed else agreed_on
    if agreed_on < earliest:
        message = _l("Not before %(day)s, the day of what came before.", day=day(earliest))
        raise RuleBroken(message, field="agreed_on")
    if not goals:
        raise RuleBroken(_l("A plan has one goal at least."), field="goals-0-goal")
    for action in (action for goal in goals for action in goal.actions):
        if action.due_on and action.due_on < agreed_on:
            message = _l("This is before the day on which the plan was agreed.")
            raise RuleBroken(message, field=f"{action.place}-due_on")


def _before_the_plan(plan: Plan) -> Any:
    return _l("The plan was agreed on %(day)s, after this day.", day=day(plan.agreed_on))


def _check_current(case: Case, plan: Plan) -> None:
    _check_open(case)
    if plan.ended_on is not None:
        raise RuleBroken(_l("A newer version of the plan counts now."))


def _check_open(case: Case) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    check_key(case, Compartment.NOTES)
