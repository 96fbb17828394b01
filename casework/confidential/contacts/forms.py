"""The form of a contact: short enough for a phone at somebody's door.

How long it took and when to meet again are picked with one tap, with a number and a day beside for
everything else; both work without a script.
"""

from datetime import date, timedelta
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectMultipleField
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.confidential.contacts.models import Contact, ContactKind, Topic
from casework.core.clock import add_months, today
from casework.core.forms import (
    DayField,
    VersionedForm,
    between,
    long_text,
    options,
    past_day,
    pick,
    required,
)
from casework.core.i18n import day
from casework.core.labels import Labelled

LENGTHS = (15, 30, 45, 60)
OTHER = "other"


class Again(Labelled):
    """When to meet again, as one says it at the door; counted from the day of the contact."""

    KEEP = "keep", _l("as agreed")
    WEEK = "week", _l("in a week")
    TWO_WEEKS = "two_weeks", _l("in two weeks")
    MONTH = "month", _l("in a month")
    DAY = "day", _l("another day")
    NONE = "none", _l("none for now")


def _latest() -> date:
    return today() + timedelta(days=2 * 366)


class ContactForm(VersionedForm):
    """Kind, day, minutes, when next, what was said and about what.

    `contact` is what is corrected; `agreed_on` the appointment that may stay.
    """

    kind = pick(_l("Kind"), ContactKind, required())
    on = past_day(_l("On"))
    length = RadioField(
        _l("Minutes"),
        [Optional()],
        choices=lambda: options(
            [*((str(each), str(each)) for each in LENGTHS), (OTHER, _l("another number"))]
        ),
    )
    minutes = IntegerField(
        _l("Another number of minutes"),
        [Optional(), NumberRange(1, 600, _l("Between 1 and 600 minutes."))],
    )
    again = pick(_l("Next appointment"), Again, Optional())
    next_on = DayField(_l("Another day"), [Optional(), between(lambda: date.min, _latest)])
    note = long_text(_l("Note"), render_kw={"rows": 5})
    topics = SelectMultipleField(
        _l("Topics"),
        [Optional()],
        choices=lambda: options((each.value, each.label) for each in Topic),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_choice_message=_l("Not a valid choice."),
    )
    closed_note = long_text(_l("Closed note"), render_kw={"rows": 3})
    contact: Contact | None = None
    agreed_on: date | None = None

    @classmethod
    def of(cls, contact: Contact) -> Self:
        """What a contact says, to be corrected."""
        is_quick = contact.minutes in LENGTHS
        length = str(contact.minutes) if is_quick else OTHER
        return cls(
            kind=contact.kind,
            on=contact.on,
            length=length if contact.minutes else None,
            minutes=None if is_quick else contact.minutes,
            again=Again.DAY if contact.next_on else Again.NONE,
            next_on=contact.next_on,
            note=contact.note,
            topics=contact.topics.split(),
            closed_note=contact.closed_note,
            version=contact.version,
        )

    def offer(self, agreed_on: date | None) -> None:
        """Let the appointment stay that was agreed on before, if it is still to come."""
        self.agreed_on = agreed_on if agreed_on and agreed_on > today() else None
        others = [(each.value, each.label) for each in Again if each is not Again.KEEP]
        if self.agreed_on is not None:
            kept = _l("as agreed: %(day)s", day=day(self.agreed_on))
            others.insert(0, (Again.KEEP.value, kept))
        self.again.choices = options(others)

    def validate_length(self, field: RadioField) -> None:
        """Another number beside a quick choice contradicts it."""
        earlier = self.contact.minutes if self.contact else None
        if field.data != OTHER and self.minutes.data not in (None, earlier, self._minutes()):
            raise ValidationError(_l("Choose one of these, or another number: not both."))

    def validate_again(self, field: RadioField) -> None:
        """Another day has to be named; beside a quick choice it contradicts it."""
        earlier = self.contact.next_on if self.contact else None
        if field.data is Again.DAY and not any(self.next_on.raw_data or ()):
            raise ValidationError(_l("Choose the day."))
        if self.on.data and self.next_on.data not in (None, earlier, self._next_on()):
            raise ValidationError(_l("Choose one of these, or another day: not both."))

    def answer(self) -> dict[str, Any]:
        """What was typed, the quick choices made into a number, a day, codes."""
        answer = super().answer()
        answer["minutes"], answer["next_on"] = self._minutes(), self._next_on()
        answer["topics"] = " ".join(each for each in Topic if each in answer["topics"])
        del answer["length"], answer["again"]
        return answer

    def _minutes(self) -> int | None:
        quick = self.length.data and self.length.data != OTHER
        minutes: int | None = int(self.length.data) if quick else self.minutes.data
        return minutes

    def _next_on(self) -> date | None:
        since: date = self.on.data
        quick = {
            Again.KEEP: self.agreed_on,
            Again.WEEK: since + timedelta(days=7),
            Again.TWO_WEEKS: since + timedelta(days=14),
            Again.MONTH: add_months(since, 1),
            Again.NONE: None,
        }
        return quick.get(self.again.data, self.next_on.data)


class TakeBackForm(VersionedForm):
    """Why a contact is taken back."""

    reason = long_text(_l("Why"), required(), render_kw={"rows": 3})
