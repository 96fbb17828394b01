"""Forms of partners and of what was done with them."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectMultipleField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.forms import (
    DayField,
    Required,
    VersionedForm,
    choice,
    long_text,
    past_day,
    required,
    short_text,
)
from casework.organisation.partners.models import Partner, PartnerKind


class PartnerForm(VersionedForm):
    """An office: its kind, name and desk, and from when until when it is worked with."""

    kind = choice(_l("Kind"), PartnerKind, required(), blank=True)
    name = short_text(_l("Name of the office"), required())
    contact = long_text(_l("Contact of the office"), render_kw={"rows": 3})
    agreement = short_text(_l("Agreement"))
    active_from = past_day(_l("Partner from"), years=50)
    active_until = DayField(_l("Last day"), [Optional()])


class JointActivityForm(VersionedForm):
    """What was done together, when, and with whom."""

    held_on = past_day(_l("On"))
    topic = short_text(_l("Topic"), required())
    partners = SelectMultipleField(
        _l("Partners that took part"),
        [Required(_l("Tick at least one partner."))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    outcome = long_text(_l("Outcome"), render_kw={"rows": 4})

    def offer(self, partners: Sequence[Partner]) -> None:
        """Set what may be ticked."""
        self.partners.choices = [
            SelectChoice(str(partner.id), f"{partner.name} ({partner.kind_label})")
            for partner in partners
        ]

    def ticked(self, partners: Sequence[Partner]) -> list[Partner]:
        """Those that are ticked, of the ones offered."""
        return [partner for partner in partners if str(partner.id) in (self.partners.data or [])]
