"""Forms of a plan. A whole plan is one form, with more rows at a tap; empty rows do not count."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, FormField, HiddenField
from wtforms.validators import Optional

from casework.confidential.assessments.models import NeedArea
from casework.confidential.plans.models import ActionStatus, Responsible, ReviewResult
from casework.confidential.plans.operations import IntendedAction, IntendedGoal
from casework.confidential.plans.queries import GOES_ON, Pursued
from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    RuleBroken,
    VersionedForm,
    at_most,
    between,
    choice,
    long_text,
    no_nul,
    past_day,
    pick,
    required,
    short_text,
)

MOST_GOALS, MOST_ACTIONS = 5, 4
LONGEST = 1_000
YEARS = timedelta(days=366 * 5)
_NEEDED = _l("Fill this in.")
_ROW_NUMBERS = frozenset(map(str, range(MOST_GOALS)))


class FieldList(wtforms.FieldList):
    """Rows of a form, by their numbers; a name that only looks like a number is none of ours."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        numbers = {name.removeprefix(prefix + "-").split("-", 1)[0] for name in formdata}
        return (int(each) for each in numbers if each in _ROW_NUMBERS)


class ActionForm(Form):
    """One action of a goal."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    continues = HiddenField()
    what = short_text(_l("What is done"), no_nul)
    responsible = choice(_l("By whom"), Responsible, blank=True)
    due_on = DayField(
        _l("Until when"), [Optional(), between(lambda: today() - YEARS, lambda: today() + YEARS)]
    )

    @property
    def is_empty(self) -> bool:
        """Whether nobody typed anything."""
        return not (self.what.data or self.responsible.data or self.due_on.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """What is begun is told whole, but for the day."""
        needed = () if self.is_empty else (self.what, self.responsible)
        is_valid: bool = super().validate(extra_validators)
        return _told(*needed) and is_valid

    def intended(self) -> IntendedAction:
        """The action, with its place in the form."""
        place = self.what.name.removesuffix("-what")
        told = (self.what.data, self.responsible.data, self.due_on.data)
        return IntendedAction(place, *told, _id(self.continues.data))


class GoalForm(Form):
    """One goal with its actions."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    area = choice(_l("Area"), NeedArea, blank=True)
    goal = long_text(_l("What the person wants to reach"), at_most(LONGEST), render_kw={"rows": 2})
    actions = FieldList(FormField(ActionForm), min_entries=2, max_entries=MOST_ACTIONS)

    @property
    def is_empty(self) -> bool:
        """Whether it has no words. An area alone, as an assessment proposes it, is no goal yet."""
        return not self.goal.data and all(each.form.is_empty for each in self.actions)

    def validate(self, extra_validators: Any = None) -> bool:
        """A goal has words and an area."""
        needed = () if self.is_empty else (self.area, self.goal)
        is_valid: bool = super().validate(extra_validators)
        return _told(*needed) and is_valid

    def intended(self) -> IntendedGoal:
        """The goal with the actions that have words."""
        actions = [each.form.intended() for each in self.actions if not each.form.is_empty]
        return IntendedGoal(self.area.data, self.goal.data, actions)


class PlanForm(VersionedForm):
    """A whole version. `version` is the number of the one it follows."""

    agreed_on = past_day(_l("Agreed on"))
    summary = long_text(_l("What the plan is about"), render_kw={"rows": 3})
    goals = FieldList(FormField(GoalForm), min_entries=1, max_entries=MOST_GOALS)

    def grow(self, sent: Any) -> bool:
        """Add the row that was asked for. False where none was."""
        if "add_goal" in sent:
            _append(self.goals, MOST_GOALS)
        elif sent.get("add_action", "") in _ROW_NUMBERS:
            goal = int(sent["add_action"])
            if goal < len(self.goals):
                _append(self.goals[goal].form.actions, MOST_ACTIONS)
        else:
            return "add_action" in sent
        return True

    def validate(self, extra_validators: Any = None) -> bool:
        """The faults of rows are listed above the form too, with the number of their goal."""
        is_valid: bool = super().validate(extra_validators)
        for number, field in self._fields_of_rows():
            for message in field.errors:
                self._list_fault(number, field, message)
        return is_valid

    def refuse(self, broken: RuleBroken) -> None:
        """Show a broken rule beside its field, in whichever row that stands."""
        for number, field in self._fields_of_rows():
            if field.name == broken.field:
                field.errors = [*field.errors, broken.message]
                self._list_fault(number, field, broken.message)
                return
        super().refuse(broken)

    def intended(self) -> list[IntendedGoal]:
        """The goals that have words."""
        return [each.form.intended() for each in self.goals if not each.form.is_empty]

    def outline(self) -> str:
        """The goals and actions as lines."""
        told = (
            (each.form.goal.data or "", [row.form.what.data or "" for row in each.form.actions])
            for each in self.goals
            if not each.form.is_empty
        )
        return outline(told)

    def _fields_of_rows(self) -> Iterator[tuple[int, Field]]:
        for number, entry in enumerate(self.goals, start=1):
            goal = entry.form
            yield from ((number, field) for field in (goal.area, goal.goal))
            for row in goal.actions:
                yield from ((number, field) for field in row.form)

    def _list_fault(self, number: int, field: Field, message: Any) -> None:
        said = {"number": number, "field": field.label.text, "fault": message}
        self.form_errors.append(_("Goal %(number)s, %(field)s: %(fault)s", **said))


class FollowForm(VersionedForm):
    """How far an action is."""

    status = pick(_l("How far it is"), ActionStatus, required())
    done_on = past_day(_l("Done on"), needed=False)
    progress = long_text(_l("Note on the progress"), render_kw={"rows": 4})


class ReviewForm(VersionedForm):
    """What looking at the plan together came to."""

    on = past_day(_l("On"))
    result = pick(_l("What it came to"), ReviewResult, required())
    note = long_text(_l("Note"), render_kw={"rows": 4})
    next_on = DayField(
        _l("Next review"), [Optional(), between(lambda: today() - YEARS, lambda: today() + YEARS)]
    )


class SigningForm(VersionedForm):
    """The days on which the two signed the paper."""

    person_signed_on = past_day(_l("Signed by the person on"), needed=False)
    counselor_signed_on = past_day(_l("Signed by the counselor on"), needed=False)


def start_of_first(areas: Sequence[NeedArea]) -> list[dict[str, Any]]:
    """The rows with which a first version begins: a goal for each pressing need."""
    return [{"area": area} for area in areas[:MOST_GOALS]]


def start_of_next(pursued: Sequence[Pursued]) -> list[dict[str, Any]]:
    """The rows with which a later version begins: what is still open in the one before. A day that
    has passed is agreed anew.
    """
    return [
        {
            "area": NeedArea(each.goal.area),
            "goal": each.goal.goal,
            "actions": [
                {
                    "continues": str(action.id),
                    "what": action.what,
                    "responsible": Responsible(action.responsible),
                    "due_on": _if_ahead(action.due_on),
                }
                for action in each.actions
                if action.status in GOES_ON
            ],
        }
        for each in pursued
        if each.is_open
    ]


def outline(goals: Iterator[tuple[str, Sequence[str]]]) -> str:
    """Goals and actions as lines, to be laid beside one another."""
    lines: list[str] = []
    for number, (goal, actions) in enumerate(goals, start=1):
        lines += [f"{number}. {goal}", *(f"   – {what}" for what in actions if what)]
    return "\n".join(lines)


def outline_of(pursued: Sequence[Pursued]) -> str:
    """The same of a saved version."""
    return outline((each.goal.goal, [row.what for row in each.actions]) for each in pursued)


def _told(*fields: Field) -> bool:
    missing = [field for field in fields if not field.data and not field.errors]
    for field in missing:
        field.errors = [_NEEDED]
    return not missing


def _append(rows: FieldList, most: int) -> None:
    if len(rows) < most:
        rows.append_entry()


def _if_ahead(on: date | None) -> date | None:
    return on if on and on >= today() else None


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
