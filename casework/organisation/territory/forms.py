"""Forms of the administrator: a new unit, what follows it, a name put right."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import DayField, Form, between, choice, required, short_text
from casework.core.i18n import day
from casework.organisation.units.forms import AHEAD, FIRST_DAY, id_or_none
from casework.organisation.units.models import SuccessionKind, Unit, UnitKind

CODE = r"^[0-9A-Za-z]{1,20}$"
_plausible = between(lambda: FIRST_DAY, lambda: today() + AHEAD)


class CorrectionForm(Form):
    """The name and the document of a unit."""

    name = short_text(_l("Name of the unit"), required())
    source = short_text(_l("Document"), required())


class UnitForm(CorrectionForm):
    """A new unit, with its place and its first day."""

    code = StringField(
        _l("Code"),
        [required(), Regexp(CODE, message=_l("A code has 1 to 20 letters and digits."))],
    )
    kind = choice(_l("Kind"), UnitKind, required(), blank=True)
    parent = SelectField(_l("Belongs to"), coerce=id_or_none)
    valid_from = DayField(_l("First day"), [required(), _plausible])

    def offer(self, parents: Sequence[Unit], *, everywhere: bool) -> None:
        """What it may stand under; provinces are made by whoever reaches the whole country."""
        nothing = [("", _l("nothing: it is a province or a city"))] if everywhere else []
        self.parent.choices = nothing + [(str(unit.id), dated_label(unit)) for unit in parents]


class SuccessionForm(Form):
    """How a unit is followed, by which units, from which day."""

    province = HiddenField()
    how = choice(_l("How"), SuccessionKind, required(), blank=True)
    on = DayField(_l("First day of what follows"), [required(), _plausible])
    document = short_text(_l("Document"), required())
    successors = SelectMultipleField(
        _l("Followed by"),
        [required()],
        coerce=id_or_none,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def offer(self, province: Unit | None, units: Sequence[Unit]) -> None:
        """The units of one province."""
        self.province.data = str(province.id) if province else ""
        self.successors.choices = [(str(unit.id), dated_label(unit)) for unit in units]


def dated_label(unit: Unit) -> str:
    """A unit's name, with its days where it has ended or is still to begin."""
    if unit.valid_until is not None:
        return f"{unit.label} ({day(unit.valid_from)} – {day(unit.valid_until)})"
    return unit.label if unit.valid_from <= today() else f"{unit.label} ({day(unit.valid_from)} –)"
