"""The form of a communication session: one post on a phone, many hamlets ticked at once."""

import re
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from casework.core.clock import today
from casework.core.forms import (
    DayField,
    Form,
    Required,
    VersionedForm,
    between,
    choice,
    clean,
    long_text,
    options,
    required,
    short_text,
)
from casework.core.i18n import day, number
from casework.core.uploads import PAPERS, PICTURES, UploadField
from casework.organisation.bodies.models import Body
from casework.organisation.communications.models import CommunicationForm, CommunicationSession
from casework.organisation.communications.queries import Place
from casework.organisation.units.forms import id_or_none

MOST = 100_000
YEARS = timedelta(days=5 * 366)
# 1250, or grouped by threes as people here write it: 1.250, 1 250.
_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}([., \u00a0][0-9]{3})+")

LABELS = {
    "held_on": _l("Held on"),
    "form": _l("Form of communication"),
    "topic": _l("Topic"),
    "audience": _l("Audience"),
    "attendances": _l("Attendances"),
    "materials": _l("Materials"),
    "hamlets": _l("Hamlets reached"),
    "body": _l("Held by"),
    "note": _l("Note"),
}
"""What a session says, in the order in which it is told."""


class CountField(StringField):
    """A whole number from 0 to 100.000; nothing typed is nought."""

    data: int | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the digits. Raises ValueError."""
        typed = clean(valuelist[0] if valuelist else "") or "0"
        digits = "".join(filter(str.isdigit, typed)).lstrip("0") or "0"
        self.data = 0
        if not _WHOLE.fullmatch(typed) or len(digits) > len(str(MOST)) or int(digits) > MOST:
            raise ValueError(_l("A whole number from 0 to 100,000, such as 45."))
        self.data = int(digits)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)


def has_come(_form: Any, field: Field) -> None:
    """A communication session is logged when it was held, not before."""
    if field.data and field.data > today():
        raise StopValidation(
            _l("This day has not come yet. Log a communication session once it was held.")
        )


class CommunicationSessionForm(VersionedForm):
    """One session. The hamlets shown are sent along: none is left out because it was not shown."""

    shown = HiddenField()
    held_on = DayField(
        _l("Held on"), [required(), has_come, between(lambda: today() - YEARS, today)]
    )
    form = choice(_l("Form of communication"), CommunicationForm, required(), blank=True)
    topic = short_text(_l("Topic"), required())
    audience = short_text(_l("Audience"))
    attendances = CountField(_l("Attendances"))
    materials = CountField(_l("Materials"))
    hamlets = SelectMultipleField(
        _l("Hamlets reached"),
        coerce=lambda value: UUID(str(value)),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_value_message=_l("Choose hamlets of the list."),
        invalid_choice_message=_l("Choose hamlets of the list."),
    )
    body = SelectField(_l("Held by"), [Optional()], coerce=id_or_none)
    note = long_text(_l("Note"), render_kw={"rows": 3})
    another = BooleanField(_l("It is another session"))
    picture = UploadField(_l("Picture"), allowed=PICTURES)

    def offer(
        self, hamlets: Sequence[Place], bodies: Sequence[Body], ticked: Collection[UUID] = ()
    ) -> None:
        """The hamlets of the day and the unit's bodies; `ticked` is what an earlier save said."""
        ids = [hamlet.id for hamlet in hamlets]
        self.hamlets.choices = [SelectChoice(str(each.id), each.name) for each in hamlets]
        self.body.choices = options([(str(body.id), body.name) for body in bodies], blank=True)
        sent = self.shown.raw_data is not None
        self.list_changed = sent and set((self.shown.data or "").split()) != set(map(str, ids))
        if not sent:
            self.hamlets.data = list(ticked)
        elif self.list_changed:
            self.hamlets.data = [each for each in self.hamlets.data or [] if each in ids]
        self.shown.data = " ".join(map(str, ids))

    def validate_hamlets(self, _field: Field) -> None:
        """No hamlet counts as not reached that was not on the list shown."""
        if self.list_changed:
            raise ValidationError(
                _l(
                    "The unit had other hamlets on this day. "
                    "Check which of them were reached, then save again."
                )
            )


def hamlet_day(form: CommunicationSessionForm) -> date:
    """The day whose hamlets the form shows: the one typed, or today if that can't be right."""
    on: date | None = form.held_on.data
    return on if on is not None and today() - YEARS <= on <= today() else today()


class PaperForm(Form):
    """One more paper or picture of a session."""

    paper = UploadField(
        _l("Paper or picture"), allowed=PAPERS, validators=[Required(_l("Choose a file."))]
    )


def told(said: dict[str, Any]) -> list[tuple[str, str]]:
    """What a session says or said: labels and words, without what was left empty."""
    return [(str(LABELS[name]), _word(name, said[name])) for name in LABELS if said.get(name)]


def differing(
    form: CommunicationSessionForm, session: CommunicationSession, covered: Sequence[Place]
) -> list[tuple[str, str, str]]:
    """What two people wrote differently: (label, yours, saved)."""
    bodies = {str(choice.value): str(choice.label) for choice in form.body.choices}
    hamlets = {UUID(choice.value): choice.label for choice in form.hamlets.choices}
    ticked = [name for hamlet_id, name in hamlets.items() if hamlet_id in form.hamlets.data]
    yours = form.answer() | {
        "hamlets": ", ".join(ticked),
        "body": bodies[str(form.body.data)] if form.body.data else "",
    }
    saved = {name: getattr(session, name, "") for name in LABELS} | {
        "hamlets": ", ".join(hamlet.name for hamlet in covered),
        "body": bodies.get(str(session.body_id), ""),
    }
    both = [dict(told(yours)), dict(told(saved))]
    pairs = [
        (label, *(said.get(label, "") for said in both)) for label in map(str, LABELS.values())
    ]
    return [(label, mine, theirs) for label, mine, theirs in pairs if mine != theirs]


def _word(name: str, value: Any) -> str:
    if name == "form":
        return CommunicationForm(value).label
    if name == "held_on":
        return day(date.fromisoformat(str(value)))
    return number(value) if isinstance(value, int) else str(value)
