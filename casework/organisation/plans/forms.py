"""The plan of a year in one form: five activities by twelve months, and what the paper says."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from casework.core.forms import VersionedForm, long_text, past_day, short_text
from casework.core.uploads import PAPERS, UploadField
from casework.organisation.plans.models import Activity
from casework.organisation.plans.queries import MONTHS, Grid

MOST = 200


class PlanForm(VersionedForm):
    """What a unit intends. Each number has a field of its own, such as `training_3`."""

    number = short_text(_l("Number of the plan"))
    signed_on = past_day(_l("Signed on"), needed=False)
    aims = long_text(_l("Aims"), render_kw={"rows": 4})
    paper = UploadField(_l("Paper"), allowed=PAPERS)

    def fill(self, grid: Grid) -> None:
        """Put numbers into the fields."""
        for activity in Activity:
            for month in MONTHS:
                self[f"{activity}_{month}"].data = grid[activity][month]

    def grid(self) -> Grid:
        """The numbers that were typed; an empty field is none."""
        return {
            activity: {month: self[f"{activity}_{month}"].data or 0 for month in MONTHS}
            for activity in Activity
        }


for _activity in Activity:
    for _month in MONTHS:
        _label = _l("%(activity)s, month %(month)s", activity=_activity.word, month=_month)
        _checks = [Optional(), NumberRange(0, MOST, _l("A whole number from 0 to 200."))]
        setattr(PlanForm, f"{_activity}_{_month}", IntegerField(_label, _checks))
