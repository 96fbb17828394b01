"""Forms of bodies: a body comes with its decision, and a decision with its paper."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, SelectField
from wtforms.validators import Optional, ValidationError

from casework.core.clock import today
from casework.core.forms import (
    SHORT,
    DayField,
    Form,
    Required,
    VersionedForm,
    between,
    choice,
    long_text,
    options,
    past_day,
    required,
    short_text,
)
from casework.core.text import fold
from casework.core.uploads import PAPERS, UploadField
from casework.organisation.bodies.models import (
    CONFIDENTIAL_KINDS,
    BodyKind,
    DecisionKind,
    Group,
    GroupKind,
)
from casework.organisation.bodies.operations import NO_DECISION, Terms
from casework.organisation.units.forms import FIRST_DAY, id_or_none
from casework.organisation.units.models import Unit

MOST_HAMLETS = 100
_YEAR = timedelta(days=366)
_plausible = between(lambda: FIRST_DAY, lambda: today() + 2 * _YEAR)


def names_in(text: str | None) -> list[str]:
    """The names of a field that takes one a line."""
    return [" ".join(line.split()) for line in (text or "").splitlines() if line.strip()]


def list_of_hamlets(_form: Any, field: Field) -> None:
    """Refuse too many lines, a line too long, and a name written twice."""
    names = names_in(field.data)
    if len(names) > MOST_HAMLETS or any(len(name) > SHORT for name in names):
        raise ValidationError(
            _l("At most %(count)s lines of %(length)s letters.", count=MOST_HAMLETS, length=SHORT)
        )
    folded = [fold(name) for name in names]
    twice = [name for name, key in zip(names, folded, strict=True) if folded.count(key) > 1]
    if twice:
        raise ValidationError(_l("Written twice: %(name)s.", name=twice[0]))


class BodyFilter(Form):
    """As of which day bodies are shown. Sent by GET, so that the address can be kept."""

    class Meta(Form.Meta):
        csrf = False

    operation = None
    on = DayField(_l("As of"), [Optional(), _plausible])


class _DecisionFields(VersionedForm):
    """What the paper of a decision says, and the paper itself."""

    unit = SelectField(_l("Unit"), coerce=id_or_none)
    number = short_text(_l("Number of the decision"), Required(NO_DECISION))
    signed_on = past_day(_l("Signed on"), years=60)
    effective_on = DayField(_l("In effect from"), [required(), _plausible])
    signed_by = short_text(_l("Signed by"), required())
    note = long_text(_l("Note"), render_kw={"rows": 3})
    paper = UploadField(_l("Paper"), allowed=PAPERS, validators=[Optional()])

    def offer(self, units: Sequence[Unit], first: UUID | None = None) -> None:
        """The units to choose from; `first` is chosen on an untouched form."""
        self.unit.choices = options((str(unit.id), _label(unit)) for unit in units)
        if self.unit.raw_data is None and first is not None:
            self.unit.data = first

    def terms(self) -> Terms:
        """What the decision says."""
        return Terms(
            number=self.number.data,
            signed_on=self.signed_on.data,
            effective_on=self.effective_on.data,
            signed_by=self.signed_by.data,
            note=self.note.data or "",
        )


class BodyForm(_DecisionFields):
    """A body with the decision that established it."""

    kind = choice(_l("Kind"), BodyKind, required(), blank=True)
    name = short_text(_l("Name of the body"), required())


class DecisionForm(_DecisionFields):
    """A decision about a body, to be recorded or corrected."""

    kind = choice(_l("What it decides"), DecisionKind, required())

    def offer_kinds(self, *, establishes: bool) -> None:
        """The first decision establishes, and no other does."""
        later = DecisionKind.REORGANISATION, DecisionKind.DISSOLUTION
        kinds = (DecisionKind.ESTABLISHMENT,) if establishes else later
        self.kind.choices = options((kind.value, kind.label) for kind in kinds)


class NameForm(VersionedForm):
    """What a body is called."""

    name = short_text(_l("Name of the body"), required())


class GroupForm(Form):
    """A new open group of a body."""

    kind = SelectField(
        _l("Kind"),
        [required()],
        coerce=GroupKind,
        choices=lambda: options(
            (kind.value, kind.label) for kind in GroupKind if kind not in CONFIDENTIAL_KINDS
        ),
    )
    name = short_text(_l("Name of the group"), required())
    active_from = DayField(_l("Exists from"), [required(), _plausible], default=today)


class AttachForm(Form):
    """A group of the unit that becomes the body's."""

    group = SelectField(_l("Group"), [required()], coerce=id_or_none)

    def offer(self, groups: Iterable[Group]) -> None:
        """The groups to choose from."""
        self.group.choices = options(
            (str(group.id), f"{group.name} ({group.kind_label})") for group in groups
        )


class GroupChangeForm(VersionedForm):
    """A group's name and its last day."""

    name = short_text(_l("Name of the group"), required())
    active_until = DayField(_l("Last day"), [Optional(), _plausible])


class HamletsForm(Form):
    """Several new hamlets of a unit."""

    names = long_text(
        _l("Names of hamlets, one a line"), required(), list_of_hamlets, render_kw={"rows": 6}
    )
    active_from = DayField(_l("Exists from"), [required(), _plausible], default=today)


class HamletForm(Form):
    """A hamlet's name and its last day. `before` is what the form was opened on."""

    before = HiddenField()
    name = short_text(_l("Name of the hamlet"), required())
    active_until = DayField(_l("Last day"), [Optional(), _plausible])


def _label(unit: Unit) -> str:
    if unit.valid_until is None:
        return unit.label
    return str(_l("%(unit)s (until %(day)s)", unit=unit.label, day=f"{unit.valid_until:%d/%m/%Y}"))
