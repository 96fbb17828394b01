"""Forms of programmes and their phases."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from casework.core.clock import today
from casework.core.forms import DayField, Form, VersionedForm, between, required, short_text
from casework.organisation.programmes.models import FIRST_YEAR
from casework.organisation.units.forms import id_or_none
from casework.organisation.units.models import Unit


def money_day(label: Any) -> DayField:
    """A day in the years whose money is kept, up to three years ahead."""
    span = between(lambda: date(FIRST_YEAR, 1, 1), last_money_day)
    return DayField(label, [required(), span])


def last_money_day() -> date:
    """Beyond this day no money is planned."""
    return today() + timedelta(days=3 * 366)


class ProgrammeForm(Form):
    """A programme that pays."""

    name = short_text(_l("Programme"), required())
    source = short_text(_l("Source note: number and day of the decision"), required())
    province = SelectField(_l("Province"), coerce=id_or_none)

    def offer(self, provinces: Sequence[Unit], *, everywhere: bool) -> None:
        """The provinces within reach; the whole country only for those who reach it."""
        country = [("", _l("The whole country"))] if everywhere else []
        self.province.choices = country + [(str(unit.id), unit.label) for unit in provinces]


class ProgrammeChangeForm(VersionedForm):
    """What may be said anew of a programme."""

    name = short_text(_l("Programme"), required())
    source = short_text(_l("Source note: number and day of the decision"), required())


class PhaseForm(VersionedForm):
    """A phase of a programme."""

    name = short_text(_l("Phase"), required())
    from_on = money_day(_l("First day"))
    until_on = money_day(_l("Last day"))
