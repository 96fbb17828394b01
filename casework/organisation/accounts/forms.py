"""Forms of signing in and of the own account."""

import re
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, Regexp, ValidationError

from casework.core.forms import Form, at_most, no_nul, required
from casework.core.text import fold

PASSWORD_LENGTH = 12
USERNAME = re.compile(r"^[a-z0-9][a-z0-9._-]{2,40}$")
_COMMON = Path(__file__).with_name("common_passwords.txt")


class SignInForm(Form):
    """Name and password."""

    username = StringField(_l("Sign-in name"), [required(), at_most(200), no_nul])
    password = PasswordField(_l("Password"), [required(), at_most(1000)])
    next = HiddenField()


class CodeForm(Form):
    """The one-time code, or one of the recovery codes."""

    code = StringField(_l("Six-digit code from your app"), [required(), at_most(40), no_nul])
    next = HiddenField()


def fault_of_password(password: str, username: str) -> Any:
    """Why this can't be a password, or None: too short, what everybody tries first, or the own name
    in it.
    """
    folded, name = fold(password), fold(username)
    if len(password) < PASSWORD_LENGTH:
        return _l("At least %(min)d characters.", min=PASSWORD_LENGTH)
    if len(set(folded)) < 5 or folded in common_passwords() or (name and name in folded):
        return _l("This password is easy to guess. Take several words that only you put together.")
    return None


def not_easy(form: Any, field: Field) -> None:
    """Refuse a short or common password."""
    fault = fault_of_password(field.data or "", getattr(form, "username_of_account", ""))
    if fault is not None:
        raise ValidationError(fault)


def common_passwords() -> frozenset[str]:
    """The list that stands beside this file, folded."""
    return frozenset(
        fold(line) for line in _COMMON.read_text().splitlines() if line and not line.startswith("#")
    )


def new_password() -> PasswordField:
    """At least twelve characters, nothing else asked."""
    return PasswordField(_l("New password"), [required(), at_most(1000), not_easy])


class PasswordForm(Form):
    """A new password of one's own."""

    password = PasswordField(_l("Current password"), [required(), at_most(1000)])
    new_password = new_password()
    repeat = PasswordField(
        _l("New password again"), [EqualTo("new_password", _l("The two are not the same."))]
    )
    username_of_account = ""

    def validate_new_password(self, field: Field) -> None:
        """A temporary password is known to whoever made it, so it does not stay."""
        if field.data and field.data == self.password.data:
            raise ValidationError(_l("This is the password you have now. Take another one."))


class RecoverForm(Form):
    """A recovery code instead of a forgotten password."""

    username = StringField(_l("Sign-in name"), [required(), at_most(200), no_nul])
    code = StringField(_l("Recovery code"), [required(), at_most(60), no_nul])
    new_password = new_password()
    repeat = PasswordField(
        _l("New password again"), [EqualTo("new_password", _l("The two are not the same."))]
    )

    @property
    def username_of_account(self) -> str:
        """The name a password must not hold."""
        return str(self.username.data or "")


class ConfirmForm(Form):
    """The current password, before something important is changed."""

    password = PasswordField(_l("Current password"), [required(), at_most(1000)])


class TurnOffForm(ConfirmForm):
    """The current password, before one-time codes are turned off.

    It stands beside another form of its kind.
    """

    password = PasswordField(
        _l("Current password"), [required(), at_most(1000)], id="turn-off-password"
    )


class TotpForm(ConfirmForm):
    """The first code, which shows that the app was set up.

    The password is asked too: whoever finds a signed-in browser must not lock its owner out.
    """

    key = HiddenField(validators=[Regexp(r"^[A-Z2-7]{32}$")])
    code = StringField(
        _l("Six-digit code from your app"),
        [required(), Regexp(r"^\d{6}$", message=_l("Six digits."))],
    )
