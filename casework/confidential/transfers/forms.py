"""Forms of offering, accepting and declining a case."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from casework.confidential.transfers.models import DeclineReason
from casework.core.forms import Form, choice, long_text, options, required
from casework.organisation.accounts.models import Account
from casework.organisation.units.models import Unit


class OfferForm(Form):
    """To which unit, and a note for who goes on there."""

    # What is no choice any more is refused with the units that followed.
    unit = SelectField(_l("Unit"), [required()], validate_choice=False)
    note = long_text(_l("Note for the next counselor"), render_kw={"rows": 4})

    def offer(self, units: Sequence[Unit]) -> None:
        """Let one of these be chosen."""
        self.unit.choices = options(((str(each.id), each.label) for each in units), blank=True)


class AcceptForm(Form):
    """Who goes on with the case."""

    counselor = SelectField(_l("Counselor"), [required()], validate_choice=True)

    def offer(self, counselors: Sequence[Account]) -> None:
        """Let one of these be chosen."""
        people = ((str(each.id), each.display_name) for each in counselors)
        self.counselor.choices = options(people, blank=True)


class DeclineForm(Form):
    """Why the unit does not take the case."""

    reason = choice(_l("Reason"), DeclineReason, required(), blank=True)


class SuccessorsForm(Form):
    """Which of the units that followed gets the cases."""

    unit = SelectField(_l("Unit"), [required()], validate_choice=True)

    def offer(self, units: Sequence[Unit]) -> None:
        """Let one of these be chosen."""
        self.unit.choices = options(((str(each.id), each.label) for each in units), blank=True)
