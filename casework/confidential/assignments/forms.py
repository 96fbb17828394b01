"""Forms of handing over and standing in."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField
from wtforms.validators import Optional

from casework.core.clock import today
from casework.core.forms import DayField, Form, between, options, required
from casework.organisation.accounts.models import Account


class HandoverForm(Form):
    """Who takes the case over."""

    counselor = SelectField(_l("New counselor"), [required()], validate_choice=True)

    def offer(self, counselors: Sequence[Account]) -> None:
        """Let one of these be chosen."""
        self.counselor.choices = _people(counselors)


class CoverForm(Form):
    """Who stands in, and up to which day."""

    colleague = SelectField(_l("Who stands in"), [required()], validate_choice=True)
    last_day = DayField(
        _l("Last day"), [required(), between(today, lambda: today() + timedelta(days=366))]
    )

    def offer(self, counselors: Sequence[Account]) -> None:
        """Let one of these be chosen."""
        self.colleague.choices = _people(counselors)


class CaseloadForm(Form):
    """Who takes a caseload over: one for all, and others for some of it."""

    receiver = SelectField(_l("Who takes it over"), validate_choice=True)

    def receiver_of(self, item_id: UUID) -> UUID | None:
        """Who was chosen for a case or a group; None when nobody was."""
        chosen = self[_name(item_id)].data or self.receiver.data
        return UUID(chosen) if chosen else None

    def field_of(self, item_id: UUID) -> SelectField:
        """The choice for one case or group."""
        return self[_name(item_id)]


def caseload_form(items: Mapping[UUID, tuple[str, Sequence[Account]]]) -> CaseloadForm:
    """The form of a caseload. `items`: the code or name of each, and who may take it over."""
    fields = {
        _name(item_id): SelectField(label, [Optional()], choices=_people(counselors))
        for item_id, (label, counselors) in items.items()
    }
    everybody = {each.id: each for _, counselors in items.values() for each in counselors}
    form: CaseloadForm = type("OneCaseloadForm", (CaseloadForm,), fields)()
    form.receiver.choices = _people(list(everybody.values()))
    return form


def _name(item_id: UUID) -> str:
    return f"to_{item_id.hex}"


def _people(counselors: Sequence[Account]) -> list[SelectChoice]:
    return options(((str(each.id), each.display_name) for each in counselors), blank=True)
