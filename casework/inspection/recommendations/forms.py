"""Forms of recommendations."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    VersionedForm,
    between,
    long_text,
    options,
    past_day,
    pick,
    required,
    short_text,
)
from casework.core.labels import Labelled
from casework.core.uploads import PAPERS, UploadField
from casework.inspection.findings.models import Finding
from casework.inspection.recommendations.models import StepKind


class Progress(Labelled):
    """What a unit says of a recommendation."""

    DONE = "done", _l("It is done")
    IN_PROGRESS = "in_progress", _l("It is being worked on")


class Decision(Labelled):
    """What inspectors say to it."""

    VERIFICATION = StepKind.VERIFICATION.value, _l("Confirm that it is done")
    RETURN = StepKind.RETURN.value, _l("Return it to the unit")
    EXTENSION = StepKind.EXTENSION.value, _l("Give more time")
    WAIVER = StepKind.WAIVER.value, _l("Waive it (head of the team)")


def _due_day() -> DayField:
    return DayField(
        _l("Deadline"),
        [required(), between(lambda: today() - timedelta(days=31), _in_two_years)],
    )


def _in_two_years() -> date:
    return today() + timedelta(days=731)


class DraftForm(VersionedForm):
    """A recommendation as it will stand in the minutes."""

    text = long_text(_l("What the unit is asked to do"), required(), render_kw={"rows": 4})
    responsible = short_text(_l("Who answers for it"), required())
    due_on = _due_day()
    finding = SelectField(_l("For the shortcoming"), choices=[], validate_choice=True)
    is_money = BooleanField(_l("About money: the unit's accountant answers too"))

    def offer(self, shortcomings: Iterable[Finding]) -> None:
        """The shortcomings to choose from; a recommendation may stand for none."""
        pairs = [(str(each.id), each.text) for each in shortcomings]
        self.finding.choices = options(pairs, blank=True)

    @property
    def finding_id(self) -> UUID | None:
        """The shortcoming chosen."""
        return UUID(self.finding.data) if self.finding.data else None


class AnswerForm(VersionedForm):
    """What the unit says, with a paper or picture that shows it."""

    progress = pick(_l("Progress"), Progress, required())
    done_on = past_day(_l("Done on"), years=2, needed=False)
    said = long_text(_l("What was done, or is being done"), required(), render_kw={"rows": 4})
    paper = UploadField(_l("Evidence"), allowed=PAPERS)


class DecisionForm(VersionedForm):
    """What inspectors say to it."""

    decision = pick(_l("What you decide"), Decision, required())
    reason = long_text(_l("Reason or remark"), render_kw={"rows": 4})
    on = DayField(
        _l("Day"), [Optional(), between(lambda: today() - timedelta(days=731), _in_two_years)]
    )
