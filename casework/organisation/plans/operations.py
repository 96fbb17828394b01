"""Setting the plan of a year. What it said before, number by number, stays readable."""

from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.documents.operations import attach_file
from casework.organisation.history.operations import keep_revision
from casework.organisation.plans.models import Activity, PlannedActivity, YearlyPlan
from casework.organisation.plans.queries import MONTHS, Grid, grid_of

_TEXTS = ("number", "signed_on", "aims")


def set_plan(
    plan: YearlyPlan | None,
    unit_id: UUID,
    year: int,
    answer: dict[str, Any],
    grid: Grid,
    *,
    by: Actor,
) -> YearlyPlan:
    """Write a unit's plan of a year, or change the one that stands. A number goes with its day."""
    if answer["number"] and not answer["signed_on"]:
        raise RuleBroken(_l("Say when it was signed."), field="signed_on")
    values = {name: answer[name] for name in _TEXTS}
    values |= {name: values[name] or "" for name in ("number", "aims")}
    if plan is None:
        plan = YearlyPlan(id=uuid4(), unit_id=unit_id, year=year, recorded_by=by.id, **values)
        db.session.add(plan)
        db.session.flush()
    else:
        keep_revision(plan, "plan", by=by, grid=grid_as_text(grid_of(plan)))
        for name, value in values.items():
            setattr(plan, name, value)
        plan.recorded_by, plan.recorded_at = by.id, now()
        # A change of numbers alone is a change of the plan: its version tells the second saver.
        flag_modified(plan, "recorded_at")
        db.session.execute(delete(PlannedActivity).where(PlannedActivity.plan_id == plan.id))
    db.session.add_all(
        PlannedActivity(plan_id=plan.id, activity=activity.value, month=month, count=count)
        for activity, months in grid.items()
        for month, count in months.items()
        if count
    )
    if answer["paper"]:
        attach_file(answer["paper"], "plan", plan.id, unit_id, by=by)
    audit.record("plan.set", "plan", plan.id, by=by, unit_id=unit_id, year=year)
    return plan


def grid_as_text(grid: Grid) -> str:
    """One line an activity, January first: what is kept of a plan that was changed."""
    return "\n".join(
        f"{activity.value}: " + " ".join(str(grid[activity][month]) for month in MONTHS)
        for activity in Activity
    )
