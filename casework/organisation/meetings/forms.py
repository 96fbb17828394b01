"""The form that postpones a meeting."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from casework.core.forms import Form, short_text


class ExcuseForm(Form):
    """Why a due meeting is postponed."""

    excuse = short_text(_l("Reason"), DataRequired(_l("Fill this in.")))
