"""Forms of proposals: what a unit head asks for, and the answer."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.validators import Optional

from casework.core.forms import Form, VersionedForm, choice, long_text, options, required
from casework.organisation.proposals.models import ProposalKind, ProposalStatus
from casework.organisation.units.forms import id_or_none
from casework.organisation.units.models import Unit


class ProposalFilter(Form):
    """Which proposals to show. Sent by GET."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    status = choice(_l("State"), ProposalStatus, Optional(), blank=True)


class ProposalForm(Form):
    """What should be changed, and why."""

    unit = SelectField(_l("Unit"), [required()], coerce=id_or_none)
    kind = choice(_l("What it is about"), ProposalKind, required(), blank=True)
    text = long_text(_l("What should be changed, and why"), required())

    def offer(self, units: Sequence[Unit]) -> None:
        """The units of the unit head."""
        self.unit.choices = [(str(unit.id), unit.label) for unit in units]


class AnswerForm(VersionedForm):
    """Whether it was done, in words for the unit head."""

    outcome = RadioField(
        _l("Outcome"),
        [required()],
        choices=options(
            [(ProposalStatus.DONE, _l("done")), (ProposalStatus.DECLINED, _l("declined"))]
        ),
    )
    answer = long_text(_l("Answer"), required())
