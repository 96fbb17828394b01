"""The one form that logs a whole session, and the form that corrects it."""

import re
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.confidential.groups.models import GroupMember
from casework.confidential.rosters.forms import list_of_names
from casework.core.clock import today
from casework.core.forms import DayField, VersionedForm, long_text, required
from casework.organisation.bodies.models import Group

MOST_VISITORS = 200
UNREADABLE_NAME = _l("(this name can't be opened)")


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
