"""The form that adds a paper to a case."""

from flask_babel import lazy_gettext as _l

from casework.confidential.attachments.models import PaperKind
from casework.confidential.attachments.operations import Paper
from casework.core.forms import Form, choice, past_day, required
from casework.core.uploads import PAPERS, Upload, UploadField


class PaperForm(Form):
    """A paper, its kind and its day."""

    kind = choice(_l("Kind"), PaperKind, required(), blank=True)
    on = past_day(_l("Day of the paper"), years=10)
    paper = UploadField(_l("File"), allowed=PAPERS, validators=[required()])

    def told(self) -> Paper:
        """What was sent; only of a form that is valid."""
        upload: Upload | None = self.paper.data
        if upload is None:
            raise ValueError("a form without a file")
        return Paper(self.kind.data, self.on.data, upload)


class RemovalForm(Form):
    """Nothing but the button."""
