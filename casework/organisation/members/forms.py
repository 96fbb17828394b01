"""Forms of members, and what was recorded of them in words."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import (
    Form,
    VersionedForm,
    at_most,
    no_nul,
    options,
    past_day,
    required,
    short_text,
)
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import Body
from casework.organisation.members.models import MemberRole, Skill
from casework.organisation.members.rules import (
    NOT_A_PHONE,
    NOT_A_YEAR,
    OLDEST,
    is_phone,
    name_of,
    phone_of,
)
from casework.organisation.members.sheets import LABELS
from casework.organisation.units import forms as units


def id_or_none(value: Any) -> UUID | None:
    """An id out of a select, or as a record holds it."""
    return value if isinstance(value, UUID) else units.id_or_none(value)


def check_phone(_form: Any, field: Any) -> None:
    """Refuse what is no number of ten digits."""
    if field.data and not is_phone(field.data):
        raise ValidationError(NOT_A_PHONE)


def check_year(form: Any, field: Any) -> None:
    """Refuse a year in which nobody alive was born."""
    NumberRange(OLDEST, today().year, NOT_A_YEAR)(form, field)


class MemberFilter(Form):
    """Whose posts to show. Members are no secret among those who may see them: sent by GET."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    body = SelectField(_l("Body"), coerce=id_or_none)
    q = StringField(_l("Name"), [at_most(100), no_nul])

    def offer(self, bodies: Iterable[Body]) -> None:
        """The bodies to choose from."""
        self.body.choices = options(
            [("", _l("all bodies")), *((str(body.id), body.name) for body in bodies)]
        )


class MemberForm(VersionedForm):
    """Who somebody is, what a volunteer team asks, and their account."""

    name = short_text(_l("Name"), required(), filters=[name_of])
    birth_year = IntegerField(
        _l("Birth year"),
        [Optional(), check_year],
    )
    phone = StringField(_l("Phone"), [Optional(), check_phone], filters=[phone_of])
    occupation = short_text(_l("Occupation"))
    is_voluntary = BooleanField(_l("Joined of their own free will"), default=True)
    lives_here_since = past_day(_l("Lives here since"), years=120, needed=False)
    works_here = BooleanField(_l("Works here"))
    skills = SelectMultipleField(
        _l("Skills"),
        [Optional()],
        choices=lambda: options((skill.value, skill.label) for skill in Skill),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    account_id = SelectField(_l("Account"), [Optional()], coerce=id_or_none)

    def offer(self, accounts: Iterable[Account]) -> None:
        """The accounts to choose from."""
        pairs = [(str(each.id), f"{each.display_name} ({each.username})") for each in accounts]
        self.account_id.choices = options(pairs, blank=True)


def told(
    said: dict[str, Any], names: dict[str, str], leave_out: Collection[str]
) -> list[tuple[str, str]]:
    """What a member or a post said, as label and text; what was empty is left out. `names` are of
    bodies and groups, by id.
    """
    found = []
    for column, label in LABELS.items():
        value = said.get(column)
        if column in leave_out or value in (None, "", []):
            continue
        if column.endswith(("_on", "_since")):
            value = date.fromisoformat(value).strftime("%d/%m/%Y")
        elif column == "skills":
            value = ", ".join(Skill(code).label for code in value)
        elif column == "role":
            value = MemberRole(value).label
        elif isinstance(value, bool):
            value = _("yes") if value else _("no")
        found.append((str(label), names.get(str(value), str(value))))
    return found
