"""The filter of the access log."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Optional

from casework.core.audit import Outcome
from casework.core.clock import today
from casework.core.forms import DayField, Form, at_most, between, choice, no_nul

_plausible = between(lambda: date(2020, 1, 1), today)


class LogFilter(Form):
    """Whose doings, which, with what outcome, when.

    Sent by GET: it holds names of staff at most.
    """

    class Meta(Form.Meta):
        csrf = False

    operation = None
    account = StringField(_l("Sign-in name"), [at_most(100), no_nul])
    action = StringField(_l("Action begins with"), [at_most(60), no_nul])
    outcome = choice(_l("Outcome"), Outcome, Optional(), blank=True)
    from_on = DayField(_l("First day"), [Optional(), _plausible])
    until_on = DayField(_l("Last day"), [Optional(), _plausible])
