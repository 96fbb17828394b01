"""Forms of requests and of their answers."""

from flask_babel import lazy_gettext as _l

from casework.confidential.rights.models import DisclosureDecision, RequestKind, RequestOutcome
from casework.core.forms import (
    Form,
    Required,
    VersionedForm,
    choice,
    long_text,
    past_day,
    required,
    short_text,
)


class RequestForm(Form):
    """What the person asks for, in their words."""

    kind = choice(_l("The person asks"), RequestKind, required(), blank=True)
    received_on = past_day(_l("Received on"), years=2)
    wish = long_text(_l("In the person's words"), required(), render_kw={"rows": 4})


class AnswerForm(VersionedForm):
    """What became of it."""

    outcome = choice(_l("Outcome"), RequestOutcome, required(), blank=True)
    answered_on = past_day(_l("Answered on"), years=2)
    reply = long_text(_l("What the person was told"), render_kw={"rows": 4})
    statement = long_text(_l("The person's own statement"), render_kw={"rows": 4})


class DisclosureForm(Form):
    """An authority's written request."""

    agency = short_text(_l("Agency"), required())
    number = short_text(_l("Number of the written request"), required())
    received_on = past_day(_l("Received on"), years=2)
    ground = long_text(_l("Legal ground it names"), required(), render_kw={"rows": 3})


class DecisionForm(VersionedForm):
    """What the authority got."""

    decision = choice(_l("Decision"), DisclosureDecision, required(), blank=True)
    answered_on = past_day(_l("Answered on"), years=2)
    told = long_text(
        _l("What was told, or why nothing was"),
        Required(_l("Write what the authority was told, or why nothing was.")),
        render_kw={"rows": 4},
    )
