"""Forms of budget lines and movements, and the rows of a file of lines.

Money records carry no person: a hint says so beside every note and voucher.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from casework.core.clock import today
from casework.core.forms import (
    LARGEST_AMOUNT,
    SHORT,
    DayField,
    Form,
    VersionedForm,
    between,
    choice,
    long_text,
    money,
    past_day,
    required,
    short_text,
)
from casework.core.labels import Labelled
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.core.uploads import PAPERS, SHEETS, UploadField
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Phase,
    Programme,
    Purpose,
)
from casework.organisation.budgets.operations import FIRST_YEAR, Incoming, Move, Plan
from casework.organisation.units.forms import id_or_none
from casework.organisation.units.models import Unit

YEARS_BACK = 16
NO_PERSON = _l("No names of persons: a case code at most.")
PAPER_HELP = _l("PDF, JPG, PNG or DOCX, at most 5 MB; choose it again when the form comes back")
COLUMNS = (
    "body",
    "year",
    "funding_source",
    "purpose",
    "title",
    "estimate",
    "due_on",
    "allotted",
    "allotted_on",
)
"""What a file of budget lines holds."""
# Whole, or grouped by threes; a part after a comma or point is never read as more digits.
_WHOLE = re.compile(r"\d+|\d{1,3}([., \u00a0]\d{3})+")


def _plausible(needed: bool = True) -> list[Any]:
    span = between(lambda: date(FIRST_YEAR, 1, 1), lambda: today() + timedelta(days=3 * 366))
    return [required() if needed else Optional(), span]


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
    due_on = DayField(_l("To be settled by"), _plausible())

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
    due_on = DayField(_l("To be settled by"), _plausible())
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


class ReopenForm(Form):
    """Why a closed year is opened again."""

    year = SelectField(_l("Year"), [required()], coerce=int)
    reason = long_text(_l("Reason"), required())

    def offer(self, years: Sequence[int]) -> None:
        """The years that are closed."""
        self.year.choices = [(str(year), str(year)) for year in years]


class CloseForm(Form):
    """Which year is closed."""

    year = IntegerField(_l("Year"), [required()])


class ProgrammeForm(Form):
    """A programme that pays."""

    name = short_text(_l("Programme"), required())
    source = short_text(_l("Source note: number and day of the decision"), required())
    province = SelectField(_l("Province"), coerce=id_or_none)

    def offer(self, provinces: Sequence[Unit], *, everywhere: bool) -> None:
        """The provinces within reach; the whole country only for those who reach it."""
        country = [("", _l("The whole country"))] if everywhere else []
        self.province.choices = country + [(str(unit.id), unit.label) for unit in provinces]


class ProgrammeChangeForm(VersionedForm):
    """What may be said anew of a programme."""

    name = short_text(_l("Programme"), required())
    source = short_text(_l("Source note: number and day of the decision"), required())


class PhaseForm(VersionedForm):
    """A phase of a programme."""

    name = short_text(_l("Phase"), required())
    from_on = DayField(_l("First day"), _plausible())
    until_on = DayField(_l("Last day"), _plausible())


class ImportForm(Form):
    """A file of budget lines."""

    file = UploadField(_l("File"), allowed=SHEETS, validators=[required()])
    only_check = BooleanField(_l("Only check the file: nothing is written"), default=True)


def read_lines(rows: Sequence[SheetRow], bodies: Sequence[Body], on: date) -> list[Incoming]:
    """The lines that a file brings. Raises SheetRefused with every fault of every row."""
    words = {"funding_source": words_of(FundingSource), "purpose": words_of(Purpose)}
    faults: list[Fault] = []
    incoming = [_Cells(row, faults, words).line(bodies, on) for row in rows]
    if faults:
        raise SheetRefused(faults)
    return [each for each in incoming if each is not None]


def words_of(kind: type[Labelled]) -> dict[str, Labelled]:
    """The codes, English and Vietnamese words of an enumeration, folded."""
    words = {fold(each.value): each for each in kind}
    for locale in ("en", "vi"):
        with force_locale(locale):
            words |= {fold(each.label): each for each in kind}
    return words


class _Cells:
    """The cells of one row, each read, or noted among the faults and then None."""

    def __init__(
        self, row: SheetRow, faults: list[Fault], words: dict[str, dict[str, Labelled]]
    ) -> None:
        self.row, self.faults, self.words = row, faults, words

    def line(self, bodies: Sequence[Body], on: date) -> Incoming | None:
        """The whole row; None when something is wrong with it."""
        earlier = len(self.faults)
        body = self.body(bodies)
        plan = Plan(
            self.number("year", FIRST_YEAR, on.year + 1),
            self.code("funding_source"),
            self.code("purpose"),
            self.title(),
            self.number("estimate", 1, LARGEST_AMOUNT),
            self.day("due_on"),
        )
        allotment = self.allotment(on)
        if len(self.faults) > earlier:
            return None
        return Incoming(self.row.number, body, plan, allotment)

    def allotment(self, on: date) -> Move | None:
        """Amount and day go together, or both are left out."""
        if not self.row["allotted"] and not self.row["allotted_on"]:
            return None
        amount = self.number("allotted", 1, LARGEST_AMOUNT)
        allotted_on = self.day("allotted_on")
        if allotted_on and allotted_on > on:
            self.fault("allotted_on", _l("This date is too far ahead."))
        return Move(MovementKind.ALLOTMENT, allotted_on, amount)

    def body(self, bodies: Sequence[Body]) -> Any:
        """A body of the unit by its name."""
        wanted = fold(self.row["body"])
        found = [body for body in bodies if fold(body.name) == wanted]
        if len(found) == 1:
            return found[0]
        return self.fault("body", _l("The unit has no such body, or two of this name."))

    def number(self, column: str, least: int, most: int) -> Any:
        """A whole number, with or without dots between thousands."""
        text = self.row[column]
        if text.isascii() and _WHOLE.fullmatch(text):
            number = int("".join(filter(str.isdigit, text[:40])))
            if least <= number <= most:
                return number
        told = {"least": _grouped(least), "most": _grouped(most)}
        return self.fault(column, _l("A whole number from %(least)s to %(most)s.", **told))

    def code(self, column: str) -> Any:
        """A code, or its Vietnamese or English word."""
        words = self.words[column]
        codes = ", ".join(sorted({each.value for each in words.values()}))
        reason = _l("One of these: %(codes)s.", codes=codes)
        return words.get(fold(self.row[column])) or self.fault(column, reason)

    def title(self) -> str:
        """What the money is for."""
        title = self.row["title"]
        if not 0 < len(title) <= SHORT:
            self.fault("title", _l("Between 1 and 200 characters."))
        return title

    def day(self, column: str) -> Any:
        """A day."""
        try:
            return day_of(self.row[column])
        except ValueError:
            text = _l("Not a date. Write day/month/year, such as 05/02/2026.")
            return self.fault(column, text)

    def fault(self, column: str, reason: Any) -> Any:
        """Note a fault; answers None, which stands for what couldn't be read."""
        self.faults.append(Fault(self.row.number, column, str(reason)))


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".") if number >= 10_000 else str(number)
