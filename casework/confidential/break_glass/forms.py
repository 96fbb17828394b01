"""Forms of an opening out of turn."""

from flask_babel import lazy_gettext as _l

from casework.confidential.break_glass.models import EmergencyReason, Part, ReviewVerdict
from casework.core.forms import Form, VersionedForm, choice, long_text, required, short_text


class AskForm(Form):
    """Which case, which part of it, why."""

    reference = short_text(_l("Case code"), required())
    compartment = choice(_l("What has to be opened"), Part, required(), blank=True)
    reason = choice(_l("Reason"), EmergencyReason, required(), blank=True)
    explanation = long_text(_l("What happened"), required(), render_kw={"rows": 4})


class DecisionForm(VersionedForm):
    """A note to whoever asked."""

    note = long_text(_l("Note"), render_kw={"rows": 3})


class ReviewForm(VersionedForm):
    """What the review found."""

    verdict = choice(_l("The opening was"), ReviewVerdict, required(), blank=True)
    note = long_text(_l("Note"), render_kw={"rows": 3})
