"""Forms of support, and of taking a list of it out."""

from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms.validators import Optional

from casework.confidential.services.models import Service, ServiceKind
from casework.core.forms import (
    Form,
    VersionedForm,
    at_most,
    choice,
    long_text,
    money,
    past_day,
    pick,
    required,
    short_text,
)
from casework.core.labels import Labelled
from casework.organisation.budgets.models import FundingSource

VOUCHER = 40


class How(Labelled):
    """What was handed over."""

    IN_KIND = "in_kind", _l("in kind")
    MONEY = "money", _l("in money")


class ExportReason(Labelled):
    """Why a list leaves the program."""

    ACCOUNTING = "accounting", _l("for the accountant")
    SETTLEMENT = "settlement", _l("for a settlement")
    AUDIT = "audit", _l("for an audit of the money")
    OWN_CHECK = "own_check", _l("to check my own records")


class ServiceForm(VersionedForm):
    """What was given, when, of what worth, from where."""

    kind = choice(_l("Kind of support"), ServiceKind, required(), blank=True)
    on = past_day(_l("On"))
    how = pick(_l("Given"), How, required())
    amount = money(_l("Amount, or worth if known"), needed=False)
    funding_source = choice(_l("Source"), FundingSource, required(), blank=True)
    voucher = short_text(_l("Number of the voucher"), Optional(), at_most(VOUCHER))
    note = long_text(_l("Note"), render_kw={"rows": 4})

    @classmethod
    def of(cls, service: Service) -> Self:
        """What an item says, to be corrected."""
        return cls(obj=service, how=How.MONEY if service.is_money else How.IN_KIND)

    def answer(self) -> dict[str, Any]:
        """What was typed; `is_money` for how it was given."""
        answer = super().answer()
        answer["is_money"] = answer.pop("how") is How.MONEY
        return answer


class TakeBackForm(VersionedForm):
    """Why an item is taken back."""

    reason = long_text(_l("Why"), required(), render_kw={"rows": 3})


class ExportForm(Form):
    """Why the list of a year is taken out."""

    reason = choice(_l("What the file is for"), ExportReason, required(), blank=True)
