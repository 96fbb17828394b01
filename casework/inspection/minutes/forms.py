"""Forms of minutes."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from casework.core.forms import (
    Form,
    VersionedForm,
    long_text,
    past_day,
    pick,
    required,
    short_text,
)
from casework.core.uploads import JPEG, PDF, PNG, UploadField
from casework.inspection.minutes.models import Side


class DraftForm(VersionedForm):
    """What the team writes beside what the inspection holds already."""

    on = past_day(_l("Day of the minutes"), years=1)
    place = short_text(_l("Place"))
    assessment = long_text(_l("Assessment on the whole"), render_kw={"rows": 6})
    unit_opinion = long_text(_l("Opinion of the unit"), render_kw={"rows": 4})


class OpinionForm(VersionedForm):
    """What the unit itself says."""

    unit_opinion = long_text(_l("Opinion of the unit"), required(), render_kw={"rows": 6})


class FreezeForm(VersionedForm):
    """The draft as it was read."""


class ReopenForm(Form):
    """Why frozen minutes are opened again."""

    reason = long_text(_l("What is to be corrected"), required(), render_kw={"rows": 3})


class SignForm(Form):
    """What is signed: the digest of what was seen."""

    digest = HiddenField()


class OnPaperForm(SignForm):
    """Which side signed the printed minutes, who, when, and the scan."""

    side = pick(_l("Who signed"), Side, required())
    name = short_text(_l("Name of who signed"), required())
    on = past_day(_l("Signed on"), years=1)
    paper = UploadField(_l("Scan of the signed minutes"), allowed=(PDF, JPEG, PNG))


class SupplementForm(Form):
    """What is added to signed minutes."""

    text = long_text(_l("What is added"), required(), render_kw={"rows": 6})
