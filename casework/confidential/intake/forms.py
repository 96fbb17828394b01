"""The intake form: the least that is needed; an alias is enough."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from casework.confidential.cases.forms import birth_field, phone_field
from casework.confidential.cases.models import IntakeSource, Sex, TargetGroup
from casework.confidential.consent.forms import YesNoField, method_field
from casework.core.forms import Form, choice, long_text, past_day, required, short_text

_YES, _NO = _l("Agrees"), _l("Does not agree")


class IntakeForm(Form):
    """A new case with the person's consent, purpose by purpose; nothing is ticked beforehand, and
    what was not asked stays open.
    """

    unit = SelectField(_l("Unit"), validate_choice=True)
    name = short_text(_l("Name"))
    alias = short_text(_l("Alias"))
    somebody_else = BooleanField(_l("This is somebody else: open a new case"))
    sex = choice(_l("Sex"), Sex, required(), blank=True)
    birth = birth_field()
    target_group = choice(_l("Group"), TargetGroup, required(), blank=True)
    source = choice(_l("Came through"), IntakeSource, required(), blank=True)
    opened_on = past_day(_l("Taken in on"), years=2)
    phone = phone_field(_l("Phone"))
    address = short_text(_l("Address"))
    safe_contact = long_text(_l("How to reach them safely"), render_kw={"rows": 2})
    safe_times = short_text(_l("When"))
    never_say = short_text(_l("What must not be said"))
    no_message = short_text(_l("Where no message may be left"))
    consent_record = YesNoField(_l("Keep this record"), _YES, _NO)
    consent_phone_contact = YesNoField(_l("Contact by phone"), _YES, _NO)
    consent_anonymous_statistics = YesNoField(_l("Count in anonymous statistics"), _YES, _NO)
    method = method_field(_l("Consent given how"))
    witness = short_text(_l("Witness or guardian"))
    guardian_phone = phone_field(_l("Guardian's phone"))
    child_agrees = YesNoField(
        _l("The child's own answer"), _l("The child agrees"), _l("The child does not agree")
    )
