"""The form of a contact: short enough for a phone at somebody's door."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from casework.confidential.contacts.models import ContactKind
from casework.core.forms import VersionedForm, choice, coming_day, long_text, past_day, required


class ContactForm(VersionedForm):
    """Kind, day, minutes, what was said, when next."""

    kind = choice(_l("Kind"), ContactKind, required())
    on = past_day(_l("On"))
    minutes = IntegerField(
        _l("Minutes"), [Optional(), NumberRange(1, 600, _l("Between 1 and 600 minutes."))]
    )
    note = long_text(_l("Note"), render_kw={"rows": 5})
    closed_note = long_text(_l("Closed note"), render_kw={"rows": 3})
    next_on = coming_day(_l("Next appointment"))
