"""Forms that close a year and open it again, and that take an approved settlement back."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField

from casework.core.clock import today
from casework.core.forms import Form, long_text, past_day, required
from casework.organisation.budgets.forms import NO_PERSON, YEARS_BACK


class ReopenForm(Form):
    """Why a closed year is opened again."""

    year = SelectField(_l("Year"), [required()], coerce=int)
    reason = long_text(_l("Reason"), required())

    def offer(self, years: Sequence[int]) -> None:
        """The years that are closed."""
        self.year.choices = [(str(year), str(year)) for year in years]


class TakeBackForm(Form):
    """Why an approved settlement is taken back."""

    corrected_on = past_day(_l("Taken back on"), years=YEARS_BACK, default=today)
    reason = long_text(_l("Why it is taken back"), required(), description=NO_PERSON)


class CloseForm(Form):
    """Which year is closed."""

    year = IntegerField(_l("Year"), [required()])
