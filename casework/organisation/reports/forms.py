"""Forms of report periods, and of a unit's report on itself."""

from datetime import date

from flask_babel import lazy_gettext as _l

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    VersionedForm,
    between,
    long_text,
    required,
    short_text,
)
from casework.core.uploads import PAPERS, UploadField

EARLIEST, YEARS_AHEAD = date(2010, 1, 1), 5
_SENSIBLE = between(lambda: EARLIEST, lambda: date(today().year + YEARS_AHEAD, 12, 31))


class PeriodForm(VersionedForm):
    """Which days are reported, and by when."""

    name = short_text(_l("Name of the period"), required())
    from_on = DayField(_l("First day"), [required(), _SENSIBLE])
    until_on = DayField(_l("Last day"), [required(), _SENSIBLE])
    due_on = DayField(_l("Due on"), [required(), _SENSIBLE])
    source = short_text(_l("Source"), required())


class ReportForm(VersionedForm):
    """What the figures do not say."""

    achieved = long_text(_l("What was achieved"), render_kw={"rows": 8})
    difficulties = long_text(_l("Difficulties"), render_kw={"rows": 5})
    proposals = long_text(_l("Proposals"), render_kw={"rows": 5})


class SupplementForm(VersionedForm):
    """What is added once to a report that was handed in."""

    supplement = long_text(_l("Supplement"), required(), render_kw={"rows": 5})


class PaperForm(Form):
    """The signed paper of a report."""

    paper = UploadField(_l("Signed paper"), allowed=PAPERS)
