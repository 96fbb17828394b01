"""Forms of groups: setting one up, when it meets, what is postponed, its last day."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from casework.core.clock import add_months, today
from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    between,
    required,
    short_text,
)
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, GroupKind
from casework.organisation.meetings.calendar import LAST_WEEK
from casework.organisation.units.models import Unit

INTERVALS = (1, 2, 3, 6, 12)
WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
WEEKS = {1: _l("first"), 2: _l("second"), 3: _l("third"), 4: _l("fourth"), LAST_WEEK: _l("last")}


def _one_of(
    label: Any, pairs: Callable[[], Iterable[tuple[Any, Any]]], coerce: Callable[[Any], Any] = str
) -> SelectField:
    """One of some values. The words are asked for when it is shown, in the reader's language."""
    message = _l("Choose one of the list.")
    return SelectField(
        label,
        choices=lambda: [SelectChoice(value, word) for value, word in pairs()],
        coerce=coerce,
        invalid_value_message=message,
        invalid_choice_message=message,
    )


def _around_today() -> Callable[[Any, Any], None]:
    """A day within a year."""
    return between(lambda: add_months(today(), -12), lambda: add_months(today(), 13))


class ScheduleForm(Form):
    """The nth weekday of every so manyth month, from a day on."""

    week = _one_of(_l("Week of the month"), WEEKS.items, coerce=int)
    weekday = _one_of(_l("Day of the week"), lambda: enumerate(WEEKDAYS), coerce=int)
    interval_months = _one_of(
        _l("Every how many months"),
        lambda: zip(INTERVALS, map(str, INTERVALS), strict=True),
        coerce=int,
    )
    on = DayField(_l("From"), [required(), between(today, lambda: today() + timedelta(days=366))])


class GroupForm(Form):
    """A new self-help or peer group with its schedule."""

    name = short_text(_l("Name of the group"), required())
    kind = _one_of(_l("Kind"), lambda: [(str(kind), kind.label) for kind in CONFIDENTIAL_KINDS])
    unit = _one_of(_l("Unit"), list)
    week = _one_of(_l("Week of the month"), WEEKS.items, coerce=int)
    weekday = _one_of(_l("Day of the week"), lambda: enumerate(WEEKDAYS), coerce=int)
    interval_months = _one_of(
        _l("Every how many months"),
        lambda: zip(INTERVALS, map(str, INTERVALS), strict=True),
        coerce=int,
    )
    active_from = DayField(
        _l("Meetings are due from"),
        [
            required(),
            between(lambda: add_months(today(), -60), lambda: today() + timedelta(days=366)),
        ],
    )

    def offer(self, units: Sequence[Unit]) -> None:
        """The units to choose from."""
        self.unit.choices = [SelectChoice(str(unit.id), unit.label) for unit in units]

    def chosen_kind(self) -> GroupKind:
        """The kind as the program knows it."""
        return GroupKind(self.kind.data)


class SpanForm(Form):
    """A stretch of days whose meetings are postponed, and why."""

    from_on = DayField(_l("From"), [required(), _around_today()])
    until_on = DayField(_l("Until and including"), [required(), _around_today()])
    excuse = short_text(_l("Reason"), required())


class EndForm(VersionedForm):
    """The last day of a group; empty while it goes on."""

    active_until = DayField(_l("Last day"), [Optional(), _around_today()])
