"""Forms of budget lines and movements.

Money records carry no person: a hint says so beside every note and voucher.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from casework.core.clock import today
from casework.core.forms import (
    Form,
    VersionedForm,
    choice,
    long_text,
    money,
    past_day,
    required,
    short_text,
)
from casework.core.uploads import PAPERS, SHEETS, UploadField
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Purpose,
)
from casework.organisation.budgets.operations import Move, Plan
from casework.organisation.programmes.forms import money_day
from casework.organisation.programmes.models import FIRST_YEAR, Phase, Programme
from casework.organisation.units.forms import id_or_none

YEARS_BACK = 16
NO_PERSON = _l("No names of persons: a case code at most.")
PAPER_HELP = _l("PDF, JPG, PNG or DOCX, at most 5 MB; choose it again when the form comes back")


class _PhaseChoice:
    """Forms that may name a phase."""

    phases: dict[str, Phase]
    phase_id: SelectField

    def offer_phases(self, phases: Sequence[tuple[Programme, Phase]]) -> None:
        """The phases of the unit's province and of the country."""
        self.phases = {str(phase.id): phase for _, phase in phases}
        self.phase_id.choices = [("", "—")] + [
            (str(phase.id), f"{programme.name}: {phase.name}") for programme, phase in phases
        ]

    @property
    def phase(self) -> Phase | None:
        """The phase chosen."""
        return self.phases.get(str(self.phase_id.data))


class LineForm(_PhaseChoice, Form):
    """A new line."""

    body = SelectField(_l("Body"), [required()], coerce=id_or_none)
    year = IntegerField(
        _l("Year"),
        [required(), NumberRange(min=FIRST_YEAR, max=2100, message=_l("Not a year."))],
        default=lambda: today().year,
    )
    funding_source = choice(_l("Funding source"), FundingSource, required(), blank=True)
    purpose = choice(_l("Purpose"), Purpose, required(), blank=True)
    phase_id = SelectField(_l("Phase of a programme"), [Optional()], coerce=id_or_none)
    title = short_text(_l("What the money is for"), required(), description=NO_PERSON)
    estimate_amount = money(_l("Estimate"))
    due_on = money_day(_l("To be settled by"))

    def offer_bodies(self, bodies: Sequence[Body]) -> None:
        """The bodies of the unit."""
        self.body.choices = [("", "—")] + [(str(body.id), body.name) for body in bodies]

    @property
    def plan(self) -> Plan:
        """What was typed, once it is valid."""
        return Plan(
            self.year.data,
            self.funding_source.data,
            self.purpose.data,
            self.title.data,
            int(self.estimate_amount.data or 0),
            self.due_on.data,
            self.phase,
        )


class LineChangeForm(_PhaseChoice, VersionedForm):
    """What may be said anew of a line."""

    title = short_text(_l("What the money is for"), required(), description=NO_PERSON)
    estimate_amount = money(_l("Estimate"))
    due_on = money_day(_l("To be settled by"))
    phase_id = SelectField(_l("Phase of a programme"), [Optional()], coerce=id_or_none)

    @classmethod
    def of(cls, line: BudgetLine) -> "LineChangeForm":
        """The form as the line says it now."""
        return cls(obj=line)


class MovementForm(Form):
    """A movement of a line."""

    kind = choice(_l("What happened"), MovementKind, required())
    on = past_day(_l("Day"), years=YEARS_BACK, default=today)
    amount = money(_l("Amount"))
    voucher = short_text(_l("Number of the voucher"), description=NO_PERSON)
    note = long_text(_l("Note"), description=NO_PERSON)
    paper = UploadField(_l("Paper"), allowed=PAPERS, description=PAPER_HELP)

    @property
    def move(self) -> Move:
        """What was typed, once it is valid."""
        return Move(
            self.kind.data,
            self.on.data,
            int(self.amount.data or 0),
            self.voucher.data or "",
            self.note.data or "",
            self.paper.data,
        )


class CorrectionForm(MovementForm):
    """What takes a movement back, and the right one in its place."""

    corrected_on = past_day(_l("Taken back on"), years=YEARS_BACK, default=today)
    reason = long_text(_l("Why it is taken back"), required(), description=NO_PERSON)
    replaced = BooleanField(_l("Put the right movement in its place"), default=True)
    amount = money(_l("Amount"), needed=False)

    @classmethod
    def of(cls, movement: Movement) -> "CorrectionForm":
        """The form with what the movement says, to be put right."""
        return cls(
            kind=MovementKind(movement.kind),
            on=movement.on,
            amount=movement.amount,
            voucher=movement.voucher,
            note=movement.note,
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Without a right movement only the taking back is looked at."""
        if not self.replaced.data:
            for field in (self.kind, self.on, self.amount, self.voucher, self.note, self.paper):
                field.validators, field.process_errors = [], []
        good = super().validate(extra_validators)
        if good and self.replaced.data and self.amount.data is None:
            self.amount.errors = [_l("Fill this in.")]
            return False
        return bool(good)


class ImportForm(Form):
    """A file of budget lines."""

    file = UploadField(_l("File"), allowed=SHEETS, validators=[required()])
    only_check = BooleanField(_l("Only check the file: nothing is written"), default=True)
