"""Forms of groups: many names at once, and the one form that logs a whole session."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.confidential.groups.models import GroupMember
from casework.confidential.groups.operations import names_in, same_name
from casework.core.clock import add_months, today
from casework.core.forms import (
    SHORT,
    DayField,
    Form,
    VersionedForm,
    between,
    long_text,
    past_day,
    required,
    short_text,
)
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Group, GroupKind
from casework.organisation.meetings.calendar import LAST_WEEK
from casework.organisation.units.models import Unit

MOST_NAMES, MOST_VISITORS = 100, 200
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
UNREADABLE_NAME = _l("(this name can't be opened)")


def list_of_names(_form: Any, field: Field) -> None:
    """Refuse too many lines, lines too long for a name, and a name written twice."""
    names = names_in(field.data)
    if len(names) > MOST_NAMES:
        raise ValidationError(_l("At most %(count)s names at once.", count=MOST_NAMES))
    if any(len(name) > SHORT for name in names):
        raise ValidationError(_l("One name a line, at most %(count)s characters.", count=SHORT))
    folded = [same_name(name) for name in names]
    twice = [name for name, key in zip(names, folded, strict=True) if folded.count(key) > 1]
    if twice:
        raise ValidationError(
            _l(
                "Written twice: %(name)s. Add something that tells two people apart.",
                name=twice[0],
            )
        )


def held_day(_form: Any, field: Field) -> None:
    """A session is logged when it was held, not before."""
    if field.data and field.data > today():
        raise ValidationError(_l("This day has not come yet. Log a session once it was held."))


class CountField(IntegerField):
    """A whole number; nothing typed is nought."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        if typed and not re.fullmatch(r"[+-]?[0-9]{1,9}", typed):
            raise ValueError(_l("Type a whole number, such as 3."))
        self.data = int(typed or 0)


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


class MembersForm(Form):
    """Many new members at once."""

    names = long_text(_l("Names, one a line"), required(), list_of_names)
    joined_on = past_day(_l("Members from"))


class MemberForm(VersionedForm):
    """One member: the name the group uses, and from when until when."""

    name = short_text(_l("Name used in the group"), required())
    joined_on = past_day(_l("Member from"), years=30)
    left_on = past_day(_l("Last day as a member"), years=30, needed=False)


class AttendanceForm(VersionedForm):
    """Who of the list was present. The list shown is sent along: nobody is absent unasked."""

    shown = HiddenField()
    present = SelectMultipleField(
        _l("Present"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    visitors = CountField(
        _l("Visitors without a name"),
        [NumberRange(min=0, max=MOST_VISITORS, message=_l("A number from %(min)s to %(max)s."))],
    )
    note = long_text(_l("What was talked about"))

    def offer(self, roster: Sequence[GroupMember], present: Collection[UUID] | None = None) -> None:
        """The members to tick: everybody, or those in `present`, or what was sent."""
        ids = [str(member.id) for member in roster]
        self.present.choices = [
            SelectChoice(str(member.id), member.name or UNREADABLE_NAME) for member in roster
        ]
        if self.present.raw_data is None:
            self.present.data = ids if present is None else [str(i) for i in present]
            self.list_changed = False
        else:
            shown = set((self.shown.data or "").split())
            ticked = set(self.present.data or [])
            self.list_changed = shown != set(ids)
            # Whoever was not on the list that was shown is offered ticked, like everybody at first.
            self.present.data = [i for i in ids if i in ticked or i not in shown]
        self.shown.data = " ".join(ids)

    def ticked(self) -> set[UUID]:
        """Who is ticked; only members of the list offered."""
        return {UUID(member_id) for member_id in self.present.data}

    def validate_present(self, field: Field) -> None:
        """Nobody is recorded as absent who was not on the list shown."""
        if self.list_changed:
            raise ValidationError(
                _l(
                    "The list of members is another one on this day, or was changed meanwhile. "
                    "Check who was present, then save again."
                )
            )


class SessionForm(AttendanceForm):
    """One session in one form: the day, who came, who came for the first time, visitors, notes."""

    on = DayField(_l("Held on"), [required(), held_day])
    walk_ins = long_text(_l("New people, one name a line"), Optional(), list_of_names)


def roster_day(form: SessionForm, group: Group) -> date:
    """The day whose roster the form shows: the one typed, or today if that can't be right."""
    on: date | None = form.on.data
    return on if on is not None and group.active_from <= on <= today() else today()
