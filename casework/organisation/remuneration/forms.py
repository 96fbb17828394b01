"""Forms of remuneration: paying several members at once, and taking a payment back."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, HiddenField

from casework.core.clock import today
from casework.core.forms import Form, MoneyField, RuleBroken, past_day, required, short_text
from casework.organisation.remuneration.operations import Wanted
from casework.organisation.remuneration.queries import Line


class PayLineForm(Form):
    """What one member is paid."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    key = HiddenField()
    pay = BooleanField(_l("Pay"))
    amount = MoneyField(_l("Amount"), filters=[])  # of those ticked: operations.pay asks for it
    note = short_text(_l("Why another amount"))


class PayForm(Form):
    """Several members paid under one voucher."""

    paid_on = past_day(_l("Paid on"), years=10, default=today)
    voucher = short_text(_l("Voucher"), required())
    lines = FieldList(FormField(PayLineForm), max_entries=500)

    @classmethod
    def filled(cls, lines: Iterable[Line]) -> "PayForm":
        """A form in which whoever is owed something is ticked, with what is owed."""
        owed = [
            {"key": line.key, "pay": line.is_over, "amount": line.owed, "note": ""}
            for line in lines
            if line.owed
        ]
        return cls(data={"lines": owed, "paid_on": today()})

    def by_key(self) -> dict[str, PayLineForm]:
        """The part of the form that belongs to a line."""
        return {entry.form.key.data: entry.form for entry in self.lines}

    def wanted(self) -> list[Wanted]:
        """The ticked lines."""
        return [
            Wanted(part.key.data, part.amount.data, part.note.data or "")
            for part in self.by_key().values()
            if part.pay.data
        ]

    def refuse(self, broken: RuleBroken) -> None:
        """Show a broken rule beside the line that broke it, and above the form."""
        key, _, name = broken.field.partition("|")
        part = self.by_key().get(key) if name else None
        if part is None:
            super().refuse(broken)
            return
        field: Any = part[name]
        field.errors = [*field.errors, broken.message]
        self.form_errors.append(broken.message)


class TakeBackForm(Form):
    """A payment taken back."""

    paid_on = past_day(_l("Day"), years=10, default=today)
    voucher = short_text(_l("Voucher of the correction"), required())
    why = short_text(_l("Why it is taken back"), required())


def month_of(text: str | None, otherwise: date) -> date:
    """The first day of a month written 2026-03; another one where that is no month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return otherwise.replace(day=1)
