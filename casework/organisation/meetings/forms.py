"""Forms of meetings: logging one in one post, minutes, excuses, a sheet of meetings."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField, SelectChoice, SelectField
from wtforms.validators import DataRequired, NumberRange, Optional, ValidationError

from casework.core.clock import add_months, today
from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    between,
    long_text,
    required,
    short_text,
)
from casework.core.uploads import PAPERS, SHEETS, UploadField
from casework.organisation.meetings.models import Circle
from casework.organisation.meetings.operations import MOST_PRESENT, OLDEST_MONTHS
from casework.organisation.units.models import Unit

# Every page has a "content" of its own.
DISCUSSED = "discussed"


class ExcuseForm(VersionedForm):
    """Why a due meeting is postponed."""

    excuse = short_text(_l("Reason"), DataRequired(_l("Fill this in.")))


class PresentField(IntegerField):
    """How many came."""

    def __init__(self, label: Any, validators: Sequence[Any], **kwargs: Any) -> None:
        message = _l("A number from %(min)s to %(max)s.")
        bounds = NumberRange(min=1, max=MOST_PRESENT, message=message)
        super().__init__(label, [*validators, bounds], **kwargs)


def held_day(_form: Any, field: Field) -> None:
    """A meeting is logged once it was held."""
    if field.data and field.data > today():
        raise ValidationError(_l("This day has not come yet. Log a meeting once it was held."))


class LogForm(Form):
    """One meeting in one post: who met when, how many came, what was discussed and resolved."""

    circle = SelectField(_l("Body or group"), [required()], coerce=str)
    on = DayField(
        _l("Held on"),
        [required(), held_day, between(lambda: add_months(today(), -OLDEST_MONTHS), today)],
    )
    present = PresentField(_l("Number present"), [Optional()])
    content = long_text(_l("What was discussed"), id=DISCUSSED)
    resolutions = long_text(_l("What was resolved"))
    paper = UploadField(_l("Minutes as a picture or paper"), allowed=PAPERS)
    extra = BooleanField(_l("Extra meeting, held besides the schedule"))

    def offer(self, circles: Sequence[tuple[Circle, Unit]]) -> None:
        """The bodies and open groups to choose from, with their unit where there are several."""
        several = len({unit.id for _, unit in circles}) > 1
        self.circle.choices = [
            SelectChoice(str(of.id), f"{of.name} · {unit.label}" if several else of.name)
            for of, unit in circles
        ]

    def chosen(self, circles: Sequence[tuple[Circle, Unit]]) -> Circle:
        """The body or group that was chosen."""
        return next(of for of, _ in circles if of.id == UUID(self.circle.data))

    @property
    def tells_of_minutes(self) -> bool:
        """Whether any part of the minutes was sent; else they follow."""
        told = (self.present.raw_data or [""])[0]
        return bool(told or self.content.data or self.resolutions.data or self.paper.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Minutes come whole or follow: how many came and what was discussed."""
        right: bool = super().validate(extra_validators)
        if self.tells_of_minutes:
            for field in (self.present, self.content):
                if not field.data and not field.errors:
                    field.errors = [_l("Fill this in, or leave all of the minutes for later.")]
                    right = False
        return right


class MinutesForm(VersionedForm):
    """The minutes of a meeting that was held."""

    present = PresentField(_l("Number present"), [required()])
    content = long_text(_l("What was discussed"), required(), id=DISCUSSED)
    resolutions = long_text(_l("What was resolved"))
    paper = UploadField(_l("Minutes as a picture or paper"), allowed=PAPERS)


class ApproveForm(VersionedForm):
    """The minutes that are approved are those that were read."""


class UndoForm(Form):
    """Why a meeting was not held after all."""

    reason = short_text(_l("Reason"), required())


class ImportForm(Form):
    """A sheet of meetings."""

    sheet = UploadField(_l("Sheet of meetings"), allowed=SHEETS, validators=[required()])
    dry_run = BooleanField(_l("Only check: write nothing yet"))
