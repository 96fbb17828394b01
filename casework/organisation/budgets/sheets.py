"""Budget lines as files: an empty one, those of a year, and those that a file brings in.

Every row of a file is looked at first, and all its faults are told; lines are opened for the whole
file or not at all.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import LARGEST_AMOUNT, SHORT
from casework.core.labels import Labelled
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.core.workbooks import write_sheet
from casework.organisation.bodies.models import Body
from casework.organisation.budgets.models import FundingSource, MovementKind, Purpose
from casework.organisation.budgets.operations import (
    SAME,
    Move,
    Plan,
    add_movement,
    before_message,
    closed_message,
    hold_money,
    line_of,
)
from casework.organisation.budgets.queries import LineKey, Shown, lines_by_key, list_closings
from casework.organisation.programmes.forms import last_money_day
from casework.organisation.programmes.models import FIRST_YEAR
from casework.organisation.units.models import Unit

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
SUM_COLUMNS = (
    "advanced",
    "spent",
    "settled",
    "refunded",
    "outstanding",
    "settled_on",
    "days_late",
)
"""What an export says of a line beyond the columns of the import."""
# Whole, or grouped by threes; a part after a comma or point is never read as more digits.
_WHOLE = re.compile(r"\d+|\d{1,3}([., \u00a0]\d{3})+")


def write_template() -> bytes:
    """A workbook with the columns that the import asks for, and no line."""
    return write_sheet("budget_lines", COLUMNS, [])


def write_lines(listed: Sequence[Shown]) -> bytes:
    """Lines in the columns of the import, and then what became of them."""
    rows = [_cells_of(shown) for shown in listed]
    return write_sheet("budget_lines", (*COLUMNS, *SUM_COLUMNS), rows)


def _cells_of(shown: Shown) -> list[Any]:
    """A line as an export writes it: the cells of the import, then SUM_COLUMNS."""
    line, balance = shown.line, shown.balance
    return [
        shown.body.name,
        line.year,
        line.funding_source,
        line.purpose,
        line.title,
        line.estimate_amount,
        line.due_on,
        balance.allotted or None,
        balance.allotted_on,
        balance.advanced,
        balance.spent,
        balance.settled,
        balance.refunded,
        balance.outstanding,
        balance.settled_on,
        shown.days_late,
    ]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row of a file, good in itself."""

    number: int
    body: Body
    plan: Plan
    allotment: Move | None


def read_lines(rows: Sequence[SheetRow], bodies: Sequence[Body], on: date) -> list[Incoming]:
    """The lines that a file brings. Raises SheetRefused with every fault of every row."""
    words = {"funding_source": words_of(FundingSource), "purpose": words_of(Purpose)}
    faults: list[Fault] = []
    incoming = [_Cells(row, faults, words).line(bodies, on) for row in rows]
    if faults:
        raise SheetRefused(faults)
    return [each for each in incoming if each is not None]


def import_lines(unit: Unit, incoming: Sequence[Incoming], *, by: Actor) -> int:
    """Open every line, with its allotment; answers how many. Raises SheetRefused when a rule
    forbids one of them; the caller then leaves the database as it was.
    """
    hold_money(unit.id)
    known = set(lines_by_key(list({each.body.id for each in incoming})))
    years = {each.plan.year for each in incoming}
    years |= {each.allotment.on.year for each in incoming if each.allotment}
    closed = {year for year in years if list_closings([unit.id], year)}
    faults: list[Fault] = []
    for each in incoming:
        faults += _faults_of(each, unit, known, closed)
        known.add(each.plan.key(each.body.id))
    if faults:
        raise SheetRefused(faults)
    lines = [line_of(unit, each.body, each.plan, by=by) for each in incoming]
    db.session.add_all(lines)
    db.session.flush()
    for each, line in zip(incoming, lines, strict=True):
        audit.record("budget.open", "budget_line", line.id, by=by, unit_id=unit.id)
        if each.allotment is not None:
            add_movement(line, each.allotment, by=by)
    return len(lines)


def _faults_of(
    incoming: Incoming, unit: Unit, known: Collection[LineKey], closed: Collection[int]
) -> Iterator[Fault]:
    """Which rules of opening a line and of allotting a row breaks."""
    plan, move = incoming.plan, incoming.allotment
    if plan.key(incoming.body.id) in known:
        yield Fault(incoming.number, "title", str(SAME))
    if plan.year in closed:
        yield Fault(incoming.number, "year", str(closed_message(unit, plan.year)))
    if move and move.on.year < plan.year - 1:
        yield Fault(incoming.number, "allotted_on", str(before_message(plan.year)))
    if move and move.on.year in closed:
        yield Fault(incoming.number, "allotted_on", str(closed_message(unit, move.on.year)))


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
            self.due_on(),
        )
        allotment = self.allotment(on)
        if len(self.faults) > earlier:
            return None
        return Incoming(self.row.number, body, plan, allotment)

    def due_on(self) -> Any:
        """A day within the bounds of the form."""
        due_on = self.day("due_on")
        if due_on and due_on < date(FIRST_YEAR, 1, 1):
            self.fault("due_on", _l("This date is too long ago."))
        elif due_on and due_on > last_money_day():
            self.fault("due_on", _l("This date is too far ahead."))
        return due_on

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
