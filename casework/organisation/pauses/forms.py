"""Forms of pauses: declaring one, correcting or withdrawing it."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from casework.core.clock import add_months, today
from casework.core.forms import DayField, VersionedForm, between, choice, required, short_text
from casework.organisation.meetings.models import PauseKind


class PauseForm(VersionedForm):
    """Days on which nobody is expected to meet."""

    kind = choice(_l("Kind"), PauseKind, required())
    from_on = DayField(
        _l("From"),
        [
            required(),
            between(lambda: add_months(today(), -12), lambda: add_months(today(), 12)),
        ],
    )
    until_on = DayField(_l("Until and including"), [required()])
    reason = short_text(_l("Reason"), required())


class CorrectPauseForm(PauseForm):
    """A pause that was declared; one whose beginning lies long ago keeps it."""

    from_on = DayField(_l("From"), [required()])
    is_withdrawn = BooleanField(_l("Declared by mistake: it excuses nothing"))
