"""Form of one answer. Nothing is ticked beforehand."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, SelectField
from wtforms.validators import ValidationError

from casework.confidential.consent.models import AGREEING, ConsentMethod, Purpose
from casework.confidential.consent.operations import Answer
from casework.confidential.consent.queries import ASKED
from casework.core.forms import Form, coming_day, options, past_day, required, short_text
from casework.organisation.partners.models import Partner
from casework.organisation.units.models import Unit

_PARTNER, _UNIT = "partner:", "unit:"


class YesNoField(RadioField):
    """Yes, no, or nothing said: `data` is True, False or None."""

    def __init__(self, label: Any, yes: Any, no: Any, *validators: Any, **kwargs: Any) -> None:
        super().__init__(
            label,
            [*validators],
            choices=options([("yes", yes), ("no", no)]),
            coerce=lambda value: {"yes": True, "no": False}.get(str(value)),
            **kwargs,
        )

    def pre_validate(self, form: Any) -> None:
        """What no browser sends is no answer."""
        if self.data is None and (self.raw_data or [""])[0]:
            raise ValidationError(_l("Not a valid choice."))


def method_field(label: Any) -> SelectField:
    """How somebody agreed; left empty where nobody did."""
    return SelectField(
        label,
        choices=lambda: options(((each.value, each.label) for each in AGREEING), blank=True),
        coerce=lambda value: ConsentMethod(value) if value else None,
    )


class ConsentForm(Form):
    """The person's answer to one purpose; for a referral or a transfer, to one partner or unit."""

    purpose = SelectField(_l("Purpose"), [required()])
    answer_given = YesNoField(_l("Answer"), _l("Agrees"), _l("Does not agree"), required())
    method = method_field(_l("Given how"))
    witness = short_text(_l("Witness or guardian"))
    child_agrees = YesNoField(
        _l("The child's own answer"), _l("The child agrees"), _l("The child does not agree")
    )
    on = past_day(_l("On"))
    until_on = coming_day(_l("Holds until"), years=10)

    def offer(self, partners: Iterable[Partner], units: Iterable[Unit]) -> None:
        """What the person may be asked about."""
        everybody, referral, transfer = (
            _("What everybody is asked"),
            _("Refer to this partner"),
            _("Hand this case over to this unit"),
        )
        self.purpose.choices = [
            SelectChoice("", "—"),
            *(SelectChoice(each.value, each.label, optgroup=everybody) for each in ASKED),
            *(SelectChoice(f"{_PARTNER}{p.id}", p.name, optgroup=referral) for p in partners),
            *(SelectChoice(f"{_UNIT}{unit.id}", unit.label, optgroup=transfer) for unit in units),
        ]

    def begin_with(self, purpose: str, partner: str, unit: str) -> None:
        """Choose what a refusal elsewhere asked for; what is not offered stays open."""
        wanted = f"{_PARTNER}{partner}" if partner else f"{_UNIT}{unit}" if unit else purpose
        offered = {choice.value for choice in self.purpose.choices or ()}
        self.purpose.data = wanted if wanted in offered else ""

    @property
    def asked_unit(self) -> str:
        """The id of the unit that was chosen, as it was sent."""
        chosen = self.purpose.data or ""
        return chosen.removeprefix(_UNIT) if chosen.startswith(_UNIT) else ""

    def told(self) -> Answer:
        """The answer that was typed."""
        typed = self.answer()
        chosen, is_given = typed.pop("purpose"), typed.pop("answer_given")
        partner, unit = (
            UUID(chosen.removeprefix(kind)) if chosen.startswith(kind) else None
            for kind in (_PARTNER, _UNIT)
        )
        purpose = Purpose.REFERRAL if partner or unit else Purpose(chosen)
        return Answer(purpose, is_given, partner_id=partner, to_unit_id=unit, **typed)


class WithdrawalForm(Form):
    """The day on which the person said so."""

    on = past_day(_l("Withdrawn on"))
