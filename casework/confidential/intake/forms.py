"""The intake form: the least that is needed; an alias is enough."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import Optional, ValidationError

from casework.confidential.cases.forms import phone_field
from casework.confidential.cases.models import IntakeSource, Sex, TargetGroup
from casework.confidential.consent.models import ConsentMethod
from casework.core.clock import today
from casework.core.forms import Form, choice, long_text, past_day, required, short_text

OLDEST = 110


def sensible_year(_form: object, field: IntegerField) -> None:
    """A year somebody alive can be born in."""
    if field.data is not None and not today().year - OLDEST <= field.data <= today().year:
        raise ValidationError(_l("A year of birth has four digits and lies in the past."))


class IntakeForm(Form):
    """A new case with the person's consent, purpose by purpose; nothing is ticked beforehand."""

    unit = SelectField(_l("Unit"), validate_choice=True)
    name = short_text(_l("Name"))
    alias = short_text(_l("Alias"))
    sex = choice(_l("Sex"), Sex, required(), blank=True)
    birth_year = IntegerField(_l("Year of birth"), [Optional(), sensible_year])
    target_group = choice(_l("Group"), TargetGroup, required(), blank=True)
    source = choice(_l("Came through"), IntakeSource, required(), blank=True)
    opened_on = past_day(_l("Taken in on"), years=2)
    phone = phone_field()
    address = short_text(_l("Address"))
    safe_contact = long_text(_l("Safe contact"), render_kw={"rows": 3})
    consent_record = BooleanField(_l("Keep this record"))
    consent_phone_contact = BooleanField(_l("Contact by phone"))
    consent_anonymous_statistics = BooleanField(_l("Count in anonymous statistics"))
    method = choice(_l("Consent given how"), ConsentMethod, required(), blank=True)
    witness = short_text(_l("Witness or guardian"))
