"""Forms of the settings: what holds, from which day, for which province, by which source."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, IntegerField, SelectField, StringField
from wtforms.validators import NumberRange, Optional

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    RuleBroken,
    VersionedForm,
    between,
    choice,
    clean,
    long_text,
    money,
    required,
    short_text,
)
from casework.organisation.settings.models import (
    BOUNDS,
    Agency,
    PaidRole,
    PartMonth,
    Sector,
    Setting,
    tell_coefficient,
)
from casework.organisation.settings.operations import read_coefficient
from casework.organisation.units.forms import id_or_none
from casework.organisation.units.models import Unit

# The oldest document that these settings go back to is younger.
_plausible = between(lambda: date(1990, 1, 1), lambda: today() + timedelta(days=5 * 366))


def _threshold(label: Any) -> IntegerField:
    message = _l("A number from %(least)s to %(most)s.", least=0, most=1000)
    return IntegerField(label, [Optional(), NumberRange(0, 1000, message)])


class DatedForm(Form):
    """Something that holds from a day on."""

    from_on = DayField(_l("Holds from"), [required(), _plausible], default=today)
    source = short_text(_l("Source: number of the document, or who decided"), required())
    corrects = BooleanField(_l("This corrects the value that begins on the same day"))


class LocalForm(DatedForm):
    """Something that holds in a province, or in the whole country."""

    province = SelectField(_l("Holds in"), coerce=id_or_none)

    def offer(self, provinces: list[Unit], *, everywhere: bool, chosen: UUID | None) -> None:
        """The provinces for which the account may set something."""
        country = [("", _l("The whole country"))] if everywhere else []
        self.province.choices = country + [(str(unit.id), unit.label) for unit in provinces]
        if not self.is_submitted():
            self.province.data = chosen


class NumberForm(LocalForm):
    """A threshold that is a whole number."""

    value = IntegerField(_l("New value"), [required()])


class PartMonthForm(LocalForm):
    """How a month is paid in which a post begins or ends."""

    value = choice(_l("New value"), PartMonth, required(), blank=True)


def threshold_form(setting: Setting) -> NumberForm | PartMonthForm:
    """The form for the kind of a setting."""
    return NumberForm() if setting in BOUNDS else PartMonthForm()


class CoefficientField(StringField):
    """A coefficient, read as thousandths: 0,6 or 0.6."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number. Raises ValueError."""
        self.data = None
        typed = valuelist[0] if valuelist else ""
        if typed.strip():
            try:
                self.data = read_coefficient(clean(typed))
            except ValueError:
                raise ValueError(_l("Write a coefficient such as 0,6.")) from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return tell_coefficient(self.data) if self.data is not None else ""


class SalaryForm(DatedForm):
    """The base salary."""

    amount = money(_l("Base salary in đồng a month"))


class CoefficientForm(LocalForm):
    """The coefficient of a role."""

    role = choice(_l("Role"), PaidRole, required(), blank=True)
    thousandths = CoefficientField(_l("Coefficient"), [required()], filters=[])


class AgencyForm(LocalForm):
    """An agency, and whose work it took over."""

    corrects = None
    name = short_text(_l("Name of the agency"), required())
    sector = choice(_l("Sector"), Sector, required(), blank=True)
    predecessor = SelectField(_l("Took over the work of"), coerce=id_or_none)

    def offer_predecessors(self, agencies: list[Agency]) -> None:
        """The agencies it may follow."""
        self.predecessor.choices = [
            ("", "—"),
            *((str(agency.id), agency.name) for agency in agencies),
        ]


class AgencyCorrectionForm(VersionedForm):
    """What was written of an agency, put right."""

    name = short_text(_l("Name of the agency"), required())
    sector = choice(_l("Sector"), Sector, required())
    until_on = DayField(_l("Last day"), [Optional(), _plausible])
    source = short_text(_l("Source: number of the document, or who decided"), required())


class CriterionForm(Form):
    """One criterion in a new version."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    text = long_text(_l("Text"), required())
    met = _threshold(_l("Met from"))
    partly = _threshold(_l("Partly met from"))


class CriteriaForm(LocalForm):
    """A new version of the checklist."""

    corrects = None
    lines = FieldList(FormField(CriterionForm), label=_l("Criteria"), max_entries=100)

    def refuse(self, broken: RuleBroken) -> None:
        """Show a broken rule beside the line that broke it, and above the form."""
        place = broken.field.split("-")
        if place[0] != "lines":
            super().refuse(broken)
            return
        field = self.lines.entries[int(place[1])].form[place[2]]
        field.errors = [*field.errors, broken.message]
        self.form_errors.append(broken.message)
