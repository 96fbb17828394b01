"""The form of a statutory status: the kind and the days, and nothing else about it."""

from flask_babel import lazy_gettext as _l

from casework.confidential.statutory.models import StatutoryKind
from casework.confidential.statutory.operations import Given
from casework.core.forms import VersionedForm, choice, past_day, required


class StatusForm(VersionedForm):
    """What an authority decided."""

    kind = choice(_l("Kind"), StatutoryKind, required(), blank=True)
    from_on = past_day(_l("First day"))
    ended_on = past_day(_l("Ended early on"), needed=False)

    def told(self) -> Given:
        """What was typed."""
        return Given(**self.answer())


class RemovalForm(VersionedForm):
    """The button that takes a status away, as it was seen."""
