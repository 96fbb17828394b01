"""Forms of the administrator: accounts, roles, and giving access back."""

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import Optional, Regexp

from casework.authz.permissions import Role
from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    at_most,
    between,
    choice,
    coming_day,
    no_nul,
    required,
    short_text,
)
from casework.organisation.accounts.forms import USERNAME
from casework.organisation.units.forms import id_or_none
from casework.organisation.units.models import Unit

_YEARS = timedelta(days=5 * 366)
_plausible = between(lambda: today() - _YEARS, lambda: today() + _YEARS)


class AccountFilter(Form):
    """Words of a name.

    Staff are no secret among those who may see accounts, so it's sent by GET.
    """

    class Meta(Form.Meta):
        csrf = False

    operation = None
    q = StringField(_l("Name or sign-in name"), [at_most(100), no_nul])


class RoleForm(Form):
    """A role in a unit, from a day until a day."""

    province = HiddenField()
    role = choice(_l("Role"), Role, required(), blank=True)
    unit = SelectField(_l("Unit"), coerce=id_or_none)
    from_on = DayField(_l("First day"), [required(), _plausible], default=today)
    until_on = DayField(_l("Last day"), [Optional(), _plausible])

    def offer(self, province: Unit | None, units: list[Unit], *, everywhere: bool) -> None:
        """The units of a province; the whole country only for those who reach it."""
        self.province.data = str(province.id) if province else ""
        country = [("", _l("The whole country"))] if everywhere else []
        self.unit.choices = country + [(str(unit.id), unit.label) for unit in units]


class AccountForm(RoleForm):
    """A new account with its first role."""

    username = StringField(
        _l("Sign-in name"),
        [
            required(),
            Regexp(
                USERNAME,
                message=_l("3 to 41 small letters without marks, digits, . _ or -"),
            ),
        ],
    )
    display_name = short_text(_l("Name"), required())
    expires_on = coming_day(_l("Account's last day"), years=5)


class ExpiryForm(Form):
    """Until which day the account may sign in; empty where no end is known."""

    expires_on = coming_day(_l("Account's last day"), years=5)


class EndRoleForm(Form):
    """Until which day a role holds."""

    until_on = DayField(_l("Last day"), [required(), _plausible], default=today)


class ResetForm(Form):
    """The administrator says that the consequence is understood."""

    understood = BooleanField(
        _l("I understand that this account loses access to everything entrusted to it."),
        [required()],
    )
