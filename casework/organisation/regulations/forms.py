"""Forms of regulations: what the paper says, and when people are to meet by it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, HiddenField, SelectField
from wtforms.validators import Optional

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    RuleBroken,
    VersionedForm,
    between,
    long_text,
    options,
    past_day,
    required,
    short_text,
)
from casework.core.uploads import PAPERS, UploadField
from casework.organisation.meetings.models import Circle, Schedule
from casework.organisation.regulations.operations import Rule, Terms
from casework.organisation.regulations.queries import WEEKDAYS, WEEKS
from casework.organisation.units.forms import FIRST_DAY

INTERVALS = (1, 2, 3, 6, 12)
_CHOOSE = _l("Choose one of the list.")
_plausible = between(lambda: FIRST_DAY, lambda: today() + timedelta(days=5 * 366))


def _number(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class RuleForm(wtforms.Form):
    """When one body or group meets. Without an interval no meeting is due."""

    of = HiddenField()
    interval_months = SelectField(
        _l("Every how many months"),
        choices=lambda: options(
            [("", _l("no fixed meetings")), *((str(n), str(n)) for n in INTERVALS)]
        ),
        coerce=_number,
        invalid_value_message=_CHOOSE,
        invalid_choice_message=_CHOOSE,
    )
    week = SelectField(
        _l("Week of the month"),
        choices=lambda: options((str(week), word) for week, word in WEEKS.items()),
        coerce=int,
        invalid_value_message=_CHOOSE,
        invalid_choice_message=_CHOOSE,
    )
    weekday = SelectField(
        _l("Day of the week"),
        choices=lambda: options((str(day), word) for day, word in enumerate(WEEKDAYS)),
        coerce=int,
        invalid_value_message=_CHOOSE,
        invalid_choice_message=_CHOOSE,
    )


class _Rules(VersionedForm):
    rules = FieldList(FormField(RuleForm))

    def chosen_rules(self) -> list[Rule]:
        """The rules as they were sent."""
        return [
            Rule(UUID(said["of"]), said["week"], said["weekday"], said["interval_months"])
            for said in self.rules.data
        ]

    def validate_rules(self, field: FieldList) -> None:
        """Every rule is of one of those that were shown."""
        for entry in field:
            try:
                UUID(entry.form.of.data or "")
            except ValueError:
                raise wtforms.ValidationError(_CHOOSE) from None

    def refuse(self, broken: RuleBroken) -> None:
        """A rule that can't be is shown beside its own field: `weekday:<whose>`."""
        name, _, whose = broken.field.partition(":")
        for entry in self.rules:
            if whose and entry.form.of.data == whose:
                field = entry.form._fields[name]
                field.errors = [*field.errors, broken.message]
        super().refuse(broken)


class _Paper(Form):
    number = short_text(_l("Number of the regulation"), required())
    signed_on = past_day(_l("Signed on"), years=60)
    signed_by = short_text(_l("Signed by"), required())
    valid_from = DayField(_l("In force from"), [required(), _plausible])
    valid_until = DayField(_l("In force until"), [Optional(), _plausible])
    note = long_text(_l("Note"), render_kw={"rows": 3})
    paper = UploadField(_l("Paper"), allowed=PAPERS, validators=[Optional()])

    def terms(self) -> Terms:
        """What the regulation says."""
        return Terms(
            number=self.number.data,
            signed_by=self.signed_by.data,
            signed_on=self.signed_on.data,
            valid_from=self.valid_from.data,
            valid_until=self.valid_until.data,
            note=self.note.data or "",
        )


class RulesForm(_Rules):
    """The meeting rules of a body and its open groups, from a day on."""

    on = DayField(_l("From"), [required(), _plausible], default=today)


class RegulationForm(_Paper, _Rules):
    """A new regulation with its meeting rules, which hold from its first day."""


class CorrectionForm(_Paper, VersionedForm):
    """What a regulation really says."""


def rules_as_they_are(
    circles: Sequence[Circle], schedules: Mapping[UUID, Schedule]
) -> list[dict[str, Any]]:
    """What the rules of a form begin with: how everybody meets today."""
    return [
        {
            "of": str(circle.id),
            "interval_months": found.interval_months if found else None,
            "week": found.week if found else 1,
            "weekday": found.weekday if found else 0,
        }
        for circle in circles
        for found in [schedules.get(circle.id)]
    ]
