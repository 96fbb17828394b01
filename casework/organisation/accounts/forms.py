"""Forms of signing in and of the own account."""

from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, Length, Regexp, ValidationError

from casework.core.forms import Form, at_most, no_nul, required
from casework.core.text import fold

PASSWORD_LENGTH = 12
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


def not_common(form: Any, field: Field) -> None:
    """Refuse what everybody tries first: known common passwords, the own name, one character
    repeated.
    """
    password = fold(field.data or "")
    username = fold(getattr(form, "username_of_account", ""))
    if (
        len(set(password)) < 5
        or password in common_passwords()
        or (username and username in password)
    ):
        raise ValidationError(
            _l("This password is easy to guess. Take several words that only you put together.")
        )


def common_passwords() -> frozenset[str]:
    """The list that stands beside this file, folded."""
    return frozenset(
        fold(line) for line in _COMMON.read_text().splitlines() if line and not line.startswith("#")
    )


def new_password(label: Any = None) -> PasswordField:
    """At least twelve characters, nothing else asked."""
    length = Length(min=PASSWORD_LENGTH, max=1000, message=_l("At least %(min)d characters."))
    return PasswordField(label or _l("New password"), [required(), length, not_common])


class PasswordForm(Form):
    """A new password of one's own."""

    password = PasswordField(_l("Current password"), [required(), at_most(1000)])
    new_password = new_password()
    repeat = PasswordField(
        _l("New password again"), [EqualTo("new_password", _l("The two are not the same."))]
    )
    username_of_account = ""


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


class TotpForm(Form):
    """The first code, which shows that the app was set up."""

    key = HiddenField(validators=[Regexp(r"^[A-Z2-7]{32}$")])
    code = StringField(
        _l("Six-digit code from your app"),
        [required(), Regexp(r"^\d{6}$", message=_l("Six digits."))],
    )
