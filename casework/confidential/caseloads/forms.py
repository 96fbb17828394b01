"""Forms of caseloads: a log taken in, the own cases taken out."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from casework.core.forms import Form, choice, options, required
from casework.core.labels import Labelled
from casework.core.text import words_key
from casework.core.uploads import SHEETS, UploadField
from casework.organisation.units.models import Unit


class ExportReason(Labelled):
    """Why the own cases leave the program."""

    WORK_OFFLINE = "work_offline", _l("to work where there is no signal")
    MEETING = "meeting", _l("to prepare a case meeting")
    HANDOVER = "handover", _l("to hand work over")
    CHECK = "check", _l("to check what is recorded")


class ImportForm(Form):
    """A log in Excel; ticked, nothing is written yet."""

    unit = SelectField(_l("Unit"), [required()])
    sheet = UploadField(_l("Sheet"), allowed=SHEETS, validators=[required()])
    somebody_else = BooleanField(_l("I have looked: these are other people"))
    only_check = BooleanField(_l("Only check the sheet, write nothing yet"), default=True)

    def offer(self, units: Sequence[Unit]) -> None:
        """The units in which the account takes people in."""
        self.unit.choices = options(
            (str(u.id), u.label) for u in sorted(units, key=lambda u: words_key(u.name))
        )


class ExportForm(Form):
    """Why, and how much."""

    reason = choice(_l("Reason"), ExportReason, required(), blank=True)
    with_names = BooleanField(_l("With names, telephone numbers and addresses"))
