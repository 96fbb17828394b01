"""How the rows of a sheet of members and their posts are read."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from casework.core.clock import today
from casework.core.sheets import Fault, SheetRefused, SheetRow, day_of
from casework.core.text import fold
from casework.organisation.bodies.models import Body, Group
from casework.organisation.members.models import MemberRole
from casework.organisation.members.rules import (
    NOT_A_PHONE,
    NOT_A_YEAR,
    OLDEST,
    is_phone,
    name_of,
    phone_of,
)
from casework.organisation.posts.operations import Row
from casework.organisation.posts.rules import Terms

NEEDED = (
    "name",
    "birth_year",
    "phone",
    "occupation",
    "lives_here_since",
    "works_here",
    "body",
    "role",
    "from_on",
    "decision",
)
COLUMNS = (*NEEDED, "group", "until_on")
"""The columns of the sheet that is handed out; the last two may be missing."""

_YES, _NO = frozenset({"x", "co", "yes", "1"}), frozenset({"", "khong", "no", "0"})


def read_rows(
    rows: Iterable[SheetRow], bodies: Sequence[Body], groups: Sequence[Group]
) -> list[Row]:
    """The rows of a sheet with their bodies and groups found by name. Raises SheetRefused with
    every fault.
    """
    faults: list[Fault] = []
    found = [_Reader(row, faults).read(bodies, groups) for row in rows]
    if faults:
        raise SheetRefused(faults)
    return [row for row in found if row]


class _Reader:
    """One row while its cells are read; what is wrong goes to the faults."""

    def __init__(self, row: SheetRow, faults: list[Fault]) -> None:
        self.row, self.faults = row, faults

    def read(self, bodies: Sequence[Body], groups: Sequence[Group]) -> Row | None:
        answer = {
            "name": self.cell("name", self.name),
            "birth_year": self.cell("birth_year", _year),
            "phone": self.cell("phone", _phone) or "",
            "occupation": self.cell("occupation", _short) or "",
            "lives_here_since": self.cell("lives_here_since", _past_day),
            "works_here": bool(self.cell("works_here", _yes)),
        }
        terms = self.terms(bodies, groups)
        return Row(self.row.number, answer, terms) if answer["name"] else None

    def terms(self, bodies: Sequence[Body], groups: Sequence[Group]) -> Terms | None:
        if not any(self.row[column] for column in ("body", "role", "from_on", "group")):
            return None
        body = self.cell("body", lambda text: _named(text, bodies), needed=True)
        own = [group for group in groups if body and group.body_id == body.id]
        role = self.cell("role", _role, needed=True)
        from_on = self.cell("from_on", _day, needed=True)
        until_on = self.cell("until_on", _day)
        group = self.cell("group", lambda text: _named(text, own)) if body else None
        decision = self.cell("decision", _short) or ""
        if body is None or role is None or from_on is None:
            return None
        return Terms(body, role, from_on, until_on, group, decision)

    def name(self, text: str) -> str:
        return _short(name_of(text))

    def cell(self, column: str, read: Callable[[str], Any], *, needed: bool = False) -> Any:
        """What a cell says; None when it is empty or wrong."""
        text = self.row[column]
        if not text:
            if needed or column == "name":
                self.faults.append(Fault(self.row.number, column, str(_l("Fill this in."))))
            return None
        try:
            return read(text)
        except ValueError as wrong:
            self.faults.append(Fault(self.row.number, column, str(wrong)))
            return None


def _short(text: str) -> str:
    if len(text) > 200:
        raise ValueError(_l("At most %(max)d characters.", max=200))
    return text


def _year(text: str) -> int:
    if not (re.fullmatch(r"[0-9]{4}", text) and OLDEST <= int(text) <= today().year):
        raise ValueError(NOT_A_YEAR)
    return int(text)


def _phone(text: str) -> str:
    digits = phone_of(text)
    if not is_phone(digits):
        raise ValueError(NOT_A_PHONE)
    return digits


def _yes(text: str) -> bool:
    if fold(text) not in _YES | _NO:
        raise ValueError(_l("Write x, or leave it empty."))
    return fold(text) in _YES


def _day(text: str) -> date:
    try:
        day = day_of(text)
    except ValueError:
        raise ValueError(_l("Not a date. Write it as 2025-07-01 or 01/07/2025.")) from None
    if not OLDEST <= day.year <= today().year + 2:
        raise ValueError(_l("This date lies outside 1900–2100."))
    return day


def _past_day(text: str) -> date:
    day = _day(text)
    if day > today():
        raise ValueError(_l("This date is too far ahead."))
    return day


def _role(text: str) -> MemberRole:
    for role in MemberRole:
        if fold(text) in (role.value, fold(role.label)):
            return role
    codes = ", ".join(f"{role.value} ({role.label})" for role in MemberRole)
    raise ValueError(_l("One of %(kinds)s.", kinds=codes))


def _named(text: str, things: Sequence[Any]) -> Any:
    found = [thing for thing in things if fold(thing.name) == fold(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(_l("Several have this name. Rename one first."))
    names = ", ".join(thing.name for thing in things) or "–"
    raise ValueError(_l("Nothing here has this name. There are: %(names)s.", names=names))
