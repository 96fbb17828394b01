"""Caseloads as tables: the log that people bring, and the own cases taken out.

A row is a contact of a person, or a person without one. Rows with the same `number` (the log's own,
any text) are one person: the first tells who it is, the others need the number and the contact
alone. Every cell goes through the very forms that people fill in, so that a log brings nothing that
could not be typed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from casework.confidential.caseloads.operations import CASE_COLUMNS, CONTACT_COLUMNS, Incoming
from casework.confidential.cases.models import (
    Case,
    CaseStatus,
    IntakeSource,
    PersonIdentity,
    Sex,
    TargetGroup,
)
from casework.confidential.consent.models import AGREEING
from casework.confidential.contacts.forms import ContactForm
from casework.confidential.contacts.models import ContactKind
from casework.confidential.intake.forms import IntakeForm
from casework.core.forms import Form, past_day
from casework.core.labels import Labelled
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.core.workbooks import write_sheet

COLUMNS = ("number", *CASE_COLUMNS, *CONTACT_COLUMNS)
NEEDED = ("number", "name", "sex", "group", "source", "opened_on", "agrees_record", "method")
"""The columns of the sheet that is handed out; others than these may be missing."""

EXPORTED = (
    "code",
    "status",
    "group",
    "sex",
    "birth_year",
    "source",
    "opened_on",
    "next_on",
)
EXPORTED_NAMES = ("name", "alias", "phone", "address")

_CODES: dict[str, Iterable[Labelled]] = {
    "sex": Sex,
    "group": TargetGroup,
    "source": IntakeSource,
    "method": AGREEING,
    "contact_kind": ContactKind,
}
_DAYS = ("opened_on", "contact_on")
# Empty: not asked.
_TICKS = ("agrees_record", "agrees_phone", "agrees_statistics", "child_agrees")
_YES, _NO = frozenset({"x", "co", "yes", "1", "y"}), frozenset({"khong", "no", "0", "n"})


# As long as people have kept logs in Excel.
OLDEST_YEARS = 20


class _OfARow(Form):
    """A form filled by a row of a sheet: nobody forged it, so no token comes along."""

    class Meta(Form.Meta):
        csrf = False


class CaseOfARow(IntakeForm, _OfARow):
    """The intake form, as a row fills it. A log goes back further than an intake."""

    opened_on = past_day(_l("Taken in on"), years=OLDEST_YEARS)


class ContactOfARow(ContactForm, _OfARow):
    """The form of a contact, as a row fills it."""

    on = past_day(_l("On"), years=OLDEST_YEARS)


def filled(form: type[Form], cells: Mapping[str, str]) -> Any:
    """A form as somebody would have sent it who typed the cells; empty ones were not sent."""
    return form(formdata=MultiDict({name: text for name, text in cells.items() if text}))


def write_template() -> bytes:
    """A workbook with the columns that the import asks for, and nobody."""
    return write_sheet("cases", COLUMNS, [])


def write_cases(
    cases: Iterable[tuple[Case, PersonIdentity]], headings: Sequence[str], *, with_names: bool
) -> bytes:
    """The own cases in words. Safe contact, notes and what a group letter means are never taken
    out.
    """
    columns = (*EXPORTED, *(EXPORTED_NAMES if with_names else ()))
    rows = []
    for case, person in cases:
        cells = {
            "code": case.reference,
            "status": CaseStatus(case.status).label,
            "group": case.target_group,
            "sex": Sex(case.sex).label,
            "birth_year": str(case.birth_year or ""),
            "source": IntakeSource(case.source).label,
            "opened_on": case.opened_on,
            "next_on": case.next_on,
        }
        if with_names:
            cells |= {name: str(getattr(person, name)) for name in EXPORTED_NAMES}
        rows.append([cells[column] for column in columns])
    return write_sheet("cases", headings, rows)


def read_people(rows: Sequence[SheetRow]) -> list[Incoming]:
    """The people of a log. Raises SheetRefused with every fault of every row."""
    words = {column: _words_of(kind) for column, kind in _CODES.items()}
    faults: list[Fault] = []
    people: dict[str, Incoming] = {}
    for row in rows:
        cells = _Cells(row, faults, words)
        number = fold(row["number"])
        if not number:
            faults.append(Fault(row.number, "number", str(_l("Fill this in."))))
        elif number not in people:
            people[number] = Incoming(row.number, cells.taken(CaseOfARow, CASE_COLUMNS))
        elif cells.say_something(CASE_COLUMNS):
            cells.contradict()
        if cells.say_something(CONTACT_COLUMNS) and number in people:
            contact = cells.taken(ContactOfARow, CONTACT_COLUMNS)
            people[number].contacts.append((row.number, contact))
    if faults:
        raise SheetRefused(faults)
    return list(people.values())


class _Cells:
    """One row while it is read; what is wrong goes to the faults."""

    def __init__(
        self, row: SheetRow, faults: list[Fault], words: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.row, self.faults, self.words = row, faults, words

    def say_something(self, columns: Iterable[str]) -> bool:
        """Whether any of the columns is filled in."""
        return any(self.row[column] for column in columns)

    def contradict(self) -> None:
        """A later row of the same number tells who it is once more: is it the same person?"""
        text = _l(
            "This number stands above already. Leave who it is empty here, or give another number."
        )
        self.faults.append(Fault(self.row.number, "number", str(text)))

    def taken(self, form: Any, columns: Mapping[str, str]) -> dict[str, Any]:
        """What a form takes from the row; its faults stand at the columns."""
        cells = {name: self._cell(column) for column, name in columns.items()}
        sent = filled(form, cells)
        if hasattr(sent, "unit"):
            del sent.unit  # chosen for the whole sheet
        if not sent.validate():
            of_field = {name: column for column, name in columns.items()}
            told = {fault.column for fault in self.faults if fault.row == self.row.number}
            for name, errors in sent.errors.items():
                column = of_field.get(name or "", "")
                if column not in told:
                    self.faults.append(Fault(self.row.number, column, str(errors[0])))
        answer: dict[str, Any] = sent.answer()
        return answer

    def _cell(self, column: str) -> str:
        """A cell as the form's field would be sent it; faulty words are told at once."""
        text = self.row[column]
        read = self._reader(column)
        if not text or read is None:
            return text
        try:
            return read(text)
        except ValueError as wrong:
            self.faults.append(Fault(self.row.number, column, str(wrong)))
            return ""

    def _reader(self, column: str) -> Callable[[str], str] | None:
        if column in self.words:
            return lambda text: _code_of(text, self.words[column], _CODES[column])
        if column in _TICKS:
            return _tick
        return _day if column in _DAYS else None


def _words_of(kind: Iterable[Labelled]) -> dict[str, str]:
    """Codes by themselves and by their words in both languages, folded."""
    found = {fold(each.value): each.value for each in kind}
    for locale in ("vi", "en"):
        with force_locale(locale):
            found |= {fold(each.label): each.value for each in kind}
    return found


def _code_of(text: str, words: Mapping[str, str], kind: Iterable[Labelled]) -> str:
    if fold(text) in words:
        return words[fold(text)]
    codes = ", ".join(f"{each.value} ({each.label})" for each in kind)
    raise ValueError(_l("One of %(kinds)s.", kinds=codes))


def _tick(text: str) -> str:
    if fold(text) not in _YES | _NO:
        raise ValueError(_l("Write yes or no, or leave it empty where nobody asked."))
    return "yes" if fold(text) in _YES else "no"


def _day(text: str) -> str:
    try:
        return day_of(text).isoformat()
    except ValueError:
        raise ValueError(_l("Not a date. Write it as 2025-07-01 or 01/07/2025.")) from None
