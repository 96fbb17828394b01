"""Forms of a case."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Optional, Regexp

from casework.confidential.cases.models import ClosureReason
from casework.core.forms import (
    Form,
    VersionedForm,
    at_most,
    choice,
    long_text,
    no_nul,
    past_day,
    required,
    short_text,
)


class SearchForm(Form):
    """Words of a name, an alias or a code. Posted, so that no name stands in an address."""

    words = StringField(_l("Name, alias or code"), [at_most(100), no_nul])


def phone_field() -> StringField:
    """Ten digits; spaces and dots are taken too."""
    return short_text(
        _l("Phone"),
        Optional(),
        Regexp(r"^[+\d][\d .\-]{7,19}$", message=_l("A phone number has ten digits.")),
    )


class IdentityForm(VersionedForm):
    """Who the person is and how to reach them safely. An alias is enough."""

    name = short_text(_l("Name"))
    alias = short_text(_l("Alias"))
    phone = phone_field()
    address = short_text(_l("Address"))
    safe_contact = long_text(_l("Safe contact"), render_kw={"rows": 3})


class ClosureForm(Form):
    """Why and when the support ended."""

    reason = choice(_l("Reason"), ClosureReason, required(), blank=True)
    on = past_day(_l("Closed on"), years=1)


class HandoverForm(Form):
    """Who takes the case over."""

    counselor = SelectField(_l("New counselor"), [required()], validate_choice=True)
