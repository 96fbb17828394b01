"""The button under the weekly note."""

from wtforms import HiddenField
from wtforms.validators import Regexp

from casework.core.forms import Form, required


class SeenForm(Form):
    """Up to which row of the log the note told, so that what came after it is not put away."""

    position = HiddenField(validators=[required(), Regexp(r"^\d{1,18}$")])
