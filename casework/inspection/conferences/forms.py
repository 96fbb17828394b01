"""What people write for a review conference."""

from collections.abc import Iterable
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import Optional

from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    long_text,
    options,
    required,
    short_text,
)
from casework.organisation.units.models import Unit


class ConferenceForm(VersionedForm):
    """A conference: its phase, when and where it is held, and the texts of its report."""

    title = short_text(_l("Title of the report"), required())
    from_on = DayField(_l("First day of the phase"), [required()])
    until_on = DayField(_l("Last day of the phase"), [required()])
    held_on = DayField(_l("Held on"), [Optional()])
    place = short_text(_l("Place"))
    written_by = short_text(_l("Agency that reports"))
    situation = long_text(_l("The situation in general"))
    causes = long_text(_l("Causes of shortcomings"))
    lessons = long_text(_l("Lessons"))
    directions = long_text(_l("Directions for the next phase"))
    tasks = long_text(_l("Tasks for the next phase"))


class PracticeForm(Form):
    """What a unit did that others may follow."""

    unit = SelectField(_l("Unit"), coerce=UUID, validators=[required()])
    text = long_text(_l("What it did well"), required(), render_kw={"rows": 3})

    def offer(self, units: Iterable[Unit]) -> None:
        """The units to choose from."""
        self.unit.choices = options((str(unit.id), unit.label) for unit in units)


class CloseForm(VersionedForm):
    """Freeze the report as it stands."""


class RemovalForm(Form):
    """Take a best practice out again."""
