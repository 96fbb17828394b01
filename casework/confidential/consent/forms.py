"""Form of one answer."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from casework.confidential.consent.models import ConsentMethod, Purpose
from casework.core.forms import Form, choice, coming_day, options, past_day, required, short_text


class ConsentForm(Form):
    """The person's answer to one purpose. Nothing is ticked beforehand."""

    purpose = choice(_l("Purpose"), Purpose, required(), blank=True)
    answer_given = RadioField(
        _l("Answer"),
        [required()],
        choices=options([("yes", _l("Agrees")), ("no", _l("Does not agree, or withdraws"))]),
    )
    method = choice(_l("Given how"), ConsentMethod, required(), blank=True)
    witness = short_text(_l("Witness or guardian"))
    on = past_day(_l("On"))
    until_on = coming_day(_l("Holds until"), years=10)
