"""The form of a reminder."""

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    VersionedForm,
    between,
    long_text,
    required,
)


class ReminderForm(VersionedForm):
    """What is to be done, and when."""

    text = long_text(_l("What is to be done"), required())
    due_on = DayField(
        _l("When"), [required(), between(today, lambda: today() + timedelta(days=2 * 366))]
    )
