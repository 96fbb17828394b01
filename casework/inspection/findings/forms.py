"""Deciding on what was proposed, and what inspectors add."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.forms import (
    Form,
    VersionedForm,
    choice,
    long_text,
    options,
    pick,
    required,
)
from casework.core.labels import Labelled
from casework.inspection.findings.models import Cause, Finding, FindingKind, FindingStatus


class Decision(Labelled):
    """What is done with a finding."""

    ACCEPTED = FindingStatus.ACCEPTED.value, _l("accept it in these words")
    DECLINED = FindingStatus.DECLINED.value, _l("decline it")


class Way(Labelled):
    """Where a finding moves."""

    UP = "up", _l("Up")
    DOWN = "down", _l("Down")


class DecideForm(VersionedForm):
    """Accept or decline; the words; where a shortcoming comes from."""

    text = long_text(_l("Words of the report"), required(), render_kw={"rows": 4})
    cause = choice(_l("Cause of the shortcoming"), Cause, Optional(), blank=True)
    cause_text = long_text(_l("What the cause is"), render_kw={"rows": 2})
    decision = pick(_l("Decision"), Decision, required())
    decline_reason = long_text(_l("Why it is declined"), render_kw={"rows": 2})

    @classmethod
    def of(cls, finding: Finding) -> "DecideForm":
        """A finding as it stands."""
        is_open = finding.status == FindingStatus.PROPOSED
        return cls(obj=finding, decision=Decision.ACCEPTED if is_open else finding.status)

    def answer(self) -> dict[str, object]:
        """What was typed; the decision as a status."""
        return {**super().answer(), "decision": FindingStatus(self.decision.data)}


class OwnForm(Form):
    """A finding of the inspectors' own."""

    kind = pick(_l("Kind"), FindingKind, required())
    text = long_text(_l("Words of the report"), required(), render_kw={"rows": 4})
    cause = choice(_l("Cause of the shortcoming"), Cause, Optional(), blank=True)
    cause_text = long_text(_l("What the cause is"), render_kw={"rows": 2})


class AcceptForm(Form):
    """Which proposals are accepted as they are."""

    ids = SelectMultipleField(
        _l("Accept as proposed"),
        [required()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_choice_message=_l("Not a valid choice."),
    )

    def offer(self, proposed: list[Finding]) -> None:
        """The proposals to choose from."""
        self.ids.choices = options((str(each.id), each.text) for each in proposed)


class MoveForm(Form):
    """Before or behind its neighbour."""

    to = pick(_l("Place in the report"), Way, required())
