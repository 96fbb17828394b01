"""What people type: normalised, checked, and handed back exactly as sent when something is wrong.

A refused form comes back with the text kept and the fault beside its field. A form whose sign-in
expired comes back after signing in (`g.kept_text`, filled by vault.drafts).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import g, has_request_context, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError

from casework.core.clock import today
from casework.core.operations import new_operation
from casework.core.text import nfc

SHORT, LONG = 200, 20_000
EARLIEST = date(1900, 1, 1)
LARGEST_AMOUNT = 10**12
# 15000000, or grouped by threes: 15.000.000, 15,000,000, 15 000 000.
_WHOLE = re.compile(r"\d+|\d{1,3}([., \u00a0]\d{3})+")


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would lift a refusal: a page, by its endpoint and codes and ids, and what it offers."""

    endpoint: str
    values: dict[str, str]
    label: Any


class RuleBroken(Exception):
    """A rule of the work forbids this. `message` is said to the person; `field` is where it is
    shown; `remedies`, where there are any, are offered with it.
    """

    remedies: tuple[Remedy, ...] = ()

    def __init__(self, message: Any, field: str = "") -> None:
        super().__init__(str(message))
        self.message, self.field = message, field


class Stale(RuleBroken):
    """Somebody else saved this record after the form was opened."""


def clean(value: Any) -> Any:
    """Text in NFC, without the characters no keyboard sends, trimmed."""
    if not isinstance(value, str):
        return value
    return nfc("".join(c for c in value if c >= " " or c in "\n\r\t")).replace("\r\n", "\n").strip()


def no_nul(_form: Any, field: Field) -> None:
    """Refuse control characters openly instead of dropping them silently."""
    raw = (field.raw_data or [""])[0]
    if isinstance(raw, str) and any(c < " " and c not in "\n\r\t" for c in raw):
        raise ValidationError(_l("This text holds a character that can't be kept. Type it again."))


class _OwnCatalogue:
    """WTForms' own messages, in the language of the page, from our catalogue."""

    # Named here so that they are extracted with ours.
    messages = (
        _l("Not a valid choice."),
        _l("Not a valid integer value."),
        _l("Invalid Choice: could not coerce."),
        _l("This field is required."),
    )

    def gettext(self, text: str) -> str:
        return str(gettext(text))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return str(gettext(singular if count == 1 else plural))


class Form(FlaskForm):
    """A form that carries an operation id and normalises what is typed."""

    operation = HiddenField(default=new_operation)
    remedies: tuple[Remedy, ...] = ()

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            sent = super().wrap_formdata(form, formdata)
            return kept_text() if sent is None and formdata is not None else sent

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            if issubclass(unbound_field.field_class, StringField):
                filters = (*unbound_field.kwargs.get("filters", ()), clean)
                options = {**options, "filters": filters}
            return unbound_field.bind(form=form, **options)

        def get_translations(self, form: Any) -> _OwnCatalogue:
            return _OwnCatalogue()

    def answer(self) -> dict[str, Any]:
        """What was typed, by field, without the form's own machinery."""
        machinery = {"operation", "version", "csrf_token"}
        return {name: value for name, value in self.data.items() if name not in machinery}

    def refuse(self, broken: RuleBroken) -> None:
        """Show a broken rule beside its field, or above the form; what would lift it is offered."""
        self.remedies = (*self.remedies, *broken.remedies)
        field = self._fields.get(broken.field)
        if field is None:
            self.form_errors.append(broken.message)
        else:
            field.errors = [*field.errors, broken.message]


class VersionedForm(Form):
    """A form that changes something two people may change.

    `is_outdated`: it was filled from a draft, and the record was saved since the draft was begun. A
    field that differs then knows what is saved (`saved_now`), which is shown beside it wherever the
    field is shown; whoever saves after that means it.
    """

    version = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.version.object_data
        drafted = kept_text() is not None and saved is not None
        self.is_outdated = drafted and str(self.version.data) != str(saved)
        if self.is_outdated:
            self.version.data = str(saved)
            for field in self:
                if _told(field, field.data) != _told(field, field.object_data):
                    field.saved_now = _told(field, field.object_data)

    def check_version(self, current: int | str) -> None:
        """Raise Stale unless the form was opened on the current version."""
        if str(self.version.data) != str(current):
            raise Stale(
                _l("Somebody saved this record after you opened it. Both texts are shown below.")
            )


def carry_out(form: Form, change: Callable[[], object], version: int | str | None = None) -> int:
    """Do what a form asks for. The status to answer with: 200 shows the form, 303 means done, 422
    and 409 show it again with what stands against it. `version` is what is saved now.
    """
    if request.method != "POST":
        return 200
    if not form.validate():
        return 422
    try:
        if isinstance(form, VersionedForm) and version is not None:
            form.check_version(version)
        change()
    except Stale as stale:
        form.refuse(stale)
        if isinstance(form, VersionedForm):
            form.version.data = str(version)
        return 409
    except RuleBroken as broken:
        form.refuse(broken)
        return 422
    return 303


def _told(field: Field, value: Any) -> str:
    """A field's value as words: the label of a choice, a day as people write it."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    choices: Iterable[Any] = getattr(field, "iter_choices", list)()
    words = {str(choice.value): str(choice.label) for choice in choices}
    return words.get(str(value), "" if value is None else str(value))


def kept_text() -> MultiDict[str, str] | None:
    """The text of a form that met an expired session, offered once on a GET; none to a command."""
    is_asked = has_request_context() and request.method == "GET"
    kept: MultiDict[str, str] | None = g.get("kept_text") if is_asked else None
    return kept


class Required(InputRequired):
    """Something was sent, and it is more than spaces."""

    def __call__(self, form: Any, field: Field) -> None:
        sent = (field.raw_data or [None])[0]
        if isinstance(sent, str) and not sent.strip():
            field.errors = []
            raise StopValidation(self.message)
        super().__call__(form, field)


def required() -> Required:
    """The field must be filled in."""
    return Required(_l("Fill this in."))


def at_most(length: int) -> Length:
    """No longer than `length` characters."""
    return Length(max=length, message=_l("At most %(max)d characters."))


def short_text(label: Any, *validators: Any, **kwargs: Any) -> StringField:
    """One line."""
    return StringField(label, [*(validators or (Optional(),)), at_most(SHORT), no_nul], **kwargs)


def long_text(label: Any, *validators: Any, **kwargs: Any) -> TextAreaField:
    """Several lines, as long as a counselor may ever write."""
    return TextAreaField(label, [*(validators or (Optional(),)), at_most(LONG), no_nul], **kwargs)


def options(pairs: Iterable[tuple[str, Any]], *, blank: bool = False) -> list[SelectChoice]:
    """Choices of a select: (value, label), with an empty one first where nothing is chosen
    beforehand.
    """
    return [SelectChoice(value, label) for value, label in ([("", "—")] * blank + [*pairs])]


def choice(
    label: Any, kind: Any, *validators: Any, blank: bool = False, **kwargs: Any
) -> SelectField:
    """One of a StrEnum, shown with the labels that stand beside it (its members' `label`)."""
    return SelectField(
        label,
        [*validators],
        # Called when the form is made, so that labels are in the language of the request.
        choices=lambda: options(((each.value, each.label) for each in kind), blank=blank),
        coerce=lambda value: kind(value) if value else None,
        **kwargs,
    )


def pick(label: Any, kind: Any, *validators: Any, **kwargs: Any) -> RadioField:
    """One of a StrEnum, all of them in sight, so that one tap chooses."""
    return RadioField(
        label,
        [*validators],
        choices=lambda: options((each.value, each.label) for each in kind),
        coerce=lambda value: kind(value) if value else None,
        **kwargs,
    )


class DayField(DateField):
    """A day. Browsers send 2026-11-21; people may type 21/11/2026."""

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, list(validators), format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_l("Not a date. Write day/month/year, such as 05/02/2026.")) from None


class MoneyField(StringField):
    """Whole đồng above zero: 15000000, 15.000.000 or 15 000 000 đồng; never a fraction."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the digits. Raises ValueError."""
        self.data = None
        typed = valuelist[0] if valuelist else ""
        if not typed.strip():
            return
        digits = clean(typed).lower().removesuffix("đồng").removesuffix("đ").strip()
        if not _WHOLE.fullmatch(digits):
            raise ValueError(_l("Write whole đồng, such as 15.000.000."))
        amount = int("".join(filter(str.isdigit, digits)))
        if not 0 < amount <= LARGEST_AMOUNT:
            raise ValueError(_l("An amount above zero, and below 1.000 billion đồng."))
        self.data = amount

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:,}".replace(",", ".") if self.data is not None else ""


def money(label: Any, *, needed: bool = True, **kwargs: Any) -> MoneyField:
    """An amount in whole đồng."""
    return MoneyField(label, [required() if needed else Optional()], filters=[], **kwargs)


def between(
    earliest: Callable[[], date], latest: Callable[[], date]
) -> Callable[[Any, Field], None]:
    """A day no earlier and no later than the given ones."""

    def check(_form: Any, field: Field) -> None:
        if field.data is None:
            return
        if field.data > latest():
            raise ValidationError(_l("This date is too far ahead."))
        if field.data < earliest():
            raise ValidationError(_l("This date is too long ago."))

    return check


def past_day(label: Any, *, years: int = 5, needed: bool = True, **kwargs: Any) -> DayField:
    """A day that has come, at most `years` years back."""
    checks = [
        required() if needed else Optional(),
        between(lambda: today() - timedelta(days=366 * years), today),
    ]
    return DayField(label, checks, **kwargs)


def coming_day(label: Any, *, years: int = 2, **kwargs: Any) -> DayField:
    """A day from today on, at most `years` years ahead; may be left out."""
    checks = [Optional(), between(today, lambda: today() + timedelta(days=366 * years))]
    return DayField(label, checks, **kwargs)
