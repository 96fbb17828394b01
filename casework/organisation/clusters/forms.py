"""Forms of clusters: a name, units to put in, a last day."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import DayField, Form, between, required, short_text
from casework.organisation.units.forms import AHEAD, FIRST_DAY, id_or_none
from casework.organisation.units.models import Unit

_plausible = between(lambda: FIRST_DAY, lambda: today() + AHEAD)


class ClusterForm(Form):
    """A cluster's name."""

    name = short_text(_l("Name of the cluster"), required())


class PutInForm(Form):
    """Units to put into a cluster, and from when until when."""

    units = SelectMultipleField(
        _l("Units"),
        [required()],
        coerce=id_or_none,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    from_on = DayField(_l("First day"), [required(), _plausible], default=today)
    until_on = DayField(_l("Last day"), [Optional(), _plausible])

    def offer(self, units: Sequence[Unit]) -> None:
        """The units of the province."""
        self.units.choices = [(str(unit.id), unit.label) for unit in units]


class TakeOutForm(Form):
    """A unit's last day in a cluster."""

    until_on = DayField(_l("Last day"), [required(), _plausible], default=today)
