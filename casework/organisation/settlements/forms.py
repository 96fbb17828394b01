"""Forms that close a year and open it again."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField

from casework.core.forms import Form, long_text, required


class ReopenForm(Form):
    """Why a closed year is opened again."""

    year = SelectField(_l("Year"), [required()], coerce=int)
    reason = long_text(_l("Reason"), required())

    def offer(self, years: Sequence[int]) -> None:
        """The years that are closed."""
        self.year.choices = [(str(year), str(year)) for year in years]


class CloseForm(Form):
    """Which year is closed."""

    year = IntegerField(_l("Year"), [required()])
