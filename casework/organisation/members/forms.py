"""Forms of members and posts, and how the rows of a sheet are read."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    at_most,
    between,
    choice,
    no_nul,
    options,
    past_day,
    required,
    short_text,
)
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.core.uploads import SHEETS, UploadField
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import Body, BodyKind, Group
from casework.organisation.members.models import FITTING, MemberRole, Skill
from casework.organisation.members.operations import Row, Terms
from casework.organisation.units import forms as units

OLDEST = 1900
NEEDED = (
    "name",
    "birth_year",
    "phone",
    "occupation",
    "lives_here_since",
    "works_here",
    "body",
    "role",
    "from_on",
    "decision",
)
COLUMNS = (*NEEDED, "group", "until_on")
"""The columns of the sheet that is handed out; the last two may be missing."""

_PHONE = re.compile(r"0[0-9]{9}")
_YES, _NO = frozenset({"x", "co", "yes", "1"}), frozenset({"", "khong", "no", "0"})
_NOT_A_PHONE = _l("A phone number has ten digits and begins with 0.")
_NOT_A_YEAR = _l("A year such as 1985.")
_plausible = between(lambda: date(1990, 1, 1), lambda: today() + timedelta(days=731))


def id_or_none(value: Any) -> UUID | None:
    """An id out of a select, or as a record holds it."""
    return value if isinstance(value, UUID) else units.id_or_none(value)


def name_of(text: str | None) -> str:
    """A name with single spaces."""
    return " ".join((text or "").split())


def phone_of(text: str | None) -> str:
    """The digits of a phone number. A spreadsheet loses the nought in front: it comes back."""
    digits = re.sub(r"[\s.-]", "", text or "").replace("+84", "0", 1)
    return f"0{digits}" if re.fullmatch(r"[1-9][0-9]{8}", digits) else digits


def is_phone(_form: Any, field: Any) -> None:
    """Refuse what is no number of ten digits."""
    if field.data and not _PHONE.fullmatch(field.data):
        raise ValidationError(_NOT_A_PHONE)


def is_year(form: Any, field: Any) -> None:
    """Refuse a year in which nobody alive was born."""
    NumberRange(OLDEST, today().year, _NOT_A_YEAR)(form, field)


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
        [Optional(), is_year],
    )
    phone = StringField(_l("Phone"), [Optional(), is_phone], filters=[phone_of])
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


class PostForm(VersionedForm):
    """Which post, where, from when and on which decision."""

    body = SelectField(_l("Body"), [required()], coerce=id_or_none)
    group = SelectField(_l("Group"), [Optional()], coerce=id_or_none)
    role = choice(_l("Post"), MemberRole, required(), blank=True)
    from_on = DayField(_l("First day"), [required(), _plausible])
    until_on = DayField(_l("Last day"), [Optional(), _plausible])
    decision = short_text(_l("Number of the decision"))

    def offer(self, bodies: Sequence[Body], groups: Sequence[Group]) -> None:
        """The bodies and groups of a unit, and the posts that fit any of them."""
        names: dict[UUID | None, str] = {body.id: body.name for body in bodies}
        self.body.choices = options(((str(body.id), body.name) for body in bodies), blank=True)
        self.group.choices = options(
            ((str(group.id), f"{group.name} ({names[group.body_id]})") for group in groups),
            blank=True,
        )
        fitting = {role for body in bodies for role in FITTING[BodyKind(body.kind)]}
        self.role.choices = options(
            ((role.value, role.label) for role in MemberRole if role in fitting), blank=True
        )

    def terms(self, bodies: Sequence[Body], groups: Sequence[Group]) -> Terms:
        """The post as chosen. Only for a valid form."""
        return Terms(
            body=next(body for body in bodies if body.id == self.body.data),
            role=self.role.data,
            from_on=self.from_on.data,
            until_on=self.until_on.data,
            group=next((group for group in groups if group.id == self.group.data), None),
            decision=self.decision.data or "",
        )


class EndForm(VersionedForm):
    """The last day of a post and why it ends."""

    until_on = DayField(_l("Last day"), [required(), _plausible], default=today)
    end_reason = short_text(_l("Reason"), required())
    never_held = BooleanField(_l("It was entered by mistake, or never taken up"))


class LeaveForm(Form):
    """The last day of all posts of somebody who leaves."""

    until_on = DayField(_l("Last day"), [required(), _plausible], default=today)
    end_reason = short_text(_l("Reason"), required())


class SheetForm(Form):
    """A sheet of members; ticked, nothing is written yet."""

    sheet = UploadField(_l("Sheet"), allowed=SHEETS, validators=[required()])
    only_check = BooleanField(_l("Only check the sheet, write nothing yet"), default=True)


def read_rows(
    rows: Iterable[SheetRow], bodies: Sequence[Body], groups: Sequence[Group]
) -> list[Row]:
    """The rows of a sheet with their bodies and groups found by name. Raises SheetRefused with
    every fault.
    """
    faults: list[Fault] = []
    found = [_Reader(row, faults).read(bodies, groups) for row in rows]
    if faults:
        raise SheetRefused(faults)
    return [row for row in found if row]


class _Reader:
    """One row while its cells are read; what is wrong goes to the faults."""

    def __init__(self, row: SheetRow, faults: list[Fault]) -> None:
        self.row, self.faults = row, faults

    def read(self, bodies: Sequence[Body], groups: Sequence[Group]) -> Row | None:
        answer = {
            "name": self.cell("name", self.name),
            "birth_year": self.cell("birth_year", _year),
            "phone": self.cell("phone", _phone) or "",
            "occupation": self.cell("occupation", _short) or "",
            "lives_here_since": self.cell("lives_here_since", _past_day),
            "works_here": bool(self.cell("works_here", _yes)),
        }
        terms = self.terms(bodies, groups)
        return Row(self.row.number, answer, terms) if answer["name"] else None

    def terms(self, bodies: Sequence[Body], groups: Sequence[Group]) -> Terms | None:
        if not any(self.row[column] for column in ("body", "role", "from_on", "group")):
            return None
        body = self.cell("body", lambda text: _named(text, bodies), needed=True)
        own = [group for group in groups if body and group.body_id == body.id]
        role = self.cell("role", _role, needed=True)
        from_on = self.cell("from_on", _day, needed=True)
        until_on = self.cell("until_on", _day)
        group = self.cell("group", lambda text: _named(text, own)) if body else None
        decision = self.cell("decision", _short) or ""
        if body is None or role is None or from_on is None:
            return None
        return Terms(body, role, from_on, until_on, group, decision)

    def name(self, text: str) -> str:
        return _short(name_of(text))

    def cell(self, column: str, read: Callable[[str], Any], *, needed: bool = False) -> Any:
        """What a cell says; None when it is empty or wrong."""
        text = self.row[column]
        if not text:
            if needed or column == "name":
                self.faults.append(Fault(self.row.number, column, str(_l("Fill this in."))))
            return None
        try:
            return read(text)
        except ValueError as wrong:
            self.faults.append(Fault(self.row.number, column, str(wrong)))
            return None


def _short(text: str) -> str:
    if len(text) > 200:
        raise ValueError(_l("At most %(max)d characters.", max=200))
    return text


def _year(text: str) -> int:
    if not (re.fullmatch(r"[0-9]{4}", text) and OLDEST <= int(text) <= today().year):
        raise ValueError(_NOT_A_YEAR)
    return int(text)


def _phone(text: str) -> str:
    digits = phone_of(text)
    if not _PHONE.fullmatch(digits):
        raise ValueError(_NOT_A_PHONE)
    return digits


def _yes(text: str) -> bool:
    if fold(text) not in _YES | _NO:
        raise ValueError(_l("Write x, or leave it empty."))
    return fold(text) in _YES


def _day(text: str) -> date:
    try:
        day = day_of(text)
    except ValueError:
        raise ValueError(_l("Not a date. Write it as 2025-07-01 or 01/07/2025.")) from None
    if not OLDEST <= day.year <= today().year + 2:
        raise ValueError(_l("This date lies outside 1900–2100."))
    return day


def _past_day(text: str) -> date:
    day = _day(text)
    if day > today():
        raise ValueError(_l("This date is too far ahead."))
    return day


def _role(text: str) -> MemberRole:
    for role in MemberRole:
        if fold(text) in (role.value, fold(role.label)):
            return role
    codes = ", ".join(f"{role.value} ({role.label})" for role in MemberRole)
    raise ValueError(_l("One of %(kinds)s.", kinds=codes))


def _named(text: str, things: Sequence[Any]) -> Any:
    found = [thing for thing in things if fold(thing.name) == fold(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(_l("Several have this name. Rename one first."))
    names = ", ".join(thing.name for thing in things) or "–"
    raise ValueError(_l("Nothing here has this name. There are: %(names)s.", names=names))
