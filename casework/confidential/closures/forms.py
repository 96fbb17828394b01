"""Forms of closing, reopening, and of the end of a record."""

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, StringField

from casework.confidential.cases.models import ClosureReason, ReopeningReason
from casework.confidential.closures.models import ErasureCause, KeepReason
from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    at_most,
    between,
    choice,
    long_text,
    no_nul,
    past_day,
    required,
)


class ClosureForm(Form):
    """Why and when the support ended."""

    reason = choice(_l("Reason"), ClosureReason, required(), blank=True)
    on = past_day(_l("Closed on"), years=1)
    note = long_text(_l("Closing note"), render_kw={"rows": 4})


class ReopeningForm(Form):
    """Why and since when support goes on."""

    reason = choice(_l("Reason"), ReopeningReason, required(), blank=True)
    on = past_day(_l("Supported again since"), years=1)


class DueForm(Form):
    """Which of the records that are due are proposed for erasure."""

    cases = SelectMultipleField(_l("Records"), validate_choice=False)


class ErasureForm(Form):
    """Why one record is to be erased."""

    cause = choice(_l("Cause"), ErasureCause, required(), blank=True)


class ConfirmForm(Form):
    """The code typed again: what is erased is gone for good."""

    code = StringField(_l("Type the code of the case"), [required(), at_most(20), no_nul])


class KeepForm(Form):
    """Why a record is kept, and until when."""

    reason = choice(_l("Reason"), KeepReason, required(), blank=True)
    until = DayField(
        _l("Kept until"),
        [required(), between(today, lambda: today() + timedelta(days=3660))],
    )
