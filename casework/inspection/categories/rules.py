"""Persons of a province by group, sex, age and reason, as printed. Nothing here asks a database or
says more than was printed.

The measure of such a figure says all three: open.group.A. Values stand in one order everywhere,
never in that of their numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.inspection.readmodel.models import Figure, Measure

COUNTED = (Measure.OPEN, Measure.NEW, Measure.CLOSED)
GROUP, SEX, AGE, REASON = "group", "sex", "age", "reason"
BY: Mapping[str, Any] = {
    GROUP: _l("by group"),
    SEX: _l("by sex"),
    AGE: _l("by age"),
    REASON: _l("by reason"),
}
VALUES: Mapping[str, Mapping[str, Any]] = {
    GROUP: {letter: _l("Group %(letter)s", letter=letter) for letter in "ABCD"},
    SEX: {"female": _l("female"), "male": _l("male"), "other": _l("other")},
    AGE: {
        "under_18": _l("under 18"),
        "18-29": _l("18 to 29"),
        "30-44": _l("30 to 44"),
        "45_and_over": _l("45 and over"),
        "unknown": _l("age not known"),
    },
    REASON: {
        "goals_met": _l("goals met"),
        "moved": _l("moved away"),
        "withdrew": _l("no longer takes part"),
        "lost_contact": _l("contact lost"),
        "deceased": _l("deceased"),
        "other": _l("other"),
        "transferred": _l("transferred to another unit"),
    },
}
"""The words of values: this side may not ask the records for them."""
LETTERS: Mapping[str, Any] = {
    "A": _l("person after rehabilitation"),
    "B": _l("person who left sex work"),
    "C": _l("person returned after trafficking"),
    "D": _l("other, or not said"),
}
"""What the letters of groups stand for. Beside numbers there are the letters alone."""
QUARTER_MONTHS = 3
QUARTERS = 8
LEAST_TOP = 20


class Apart(NamedTuple):
    """What a figure is told apart by."""

    measure: Measure
    dimension: str
    value: str

    @property
    def label(self) -> str:
        """The word of the value."""
        return str(VALUES[self.dimension][self.value])


def apart(code: str) -> Apart | None:
    """What a measure says it is told apart by; nothing for a whole, or for a kind of a year."""
    measure, _point, rest = code.partition(".")
    dimension, _point, value = rest.partition(".")
    if measure not in COUNTED or value not in VALUES.get(dimension, {}):
        return None
    return Apart(Measure(measure), dimension, value)


@dataclass(frozen=True, slots=True)
class Line:
    """A value, and what is printed of it in each column. `is_whole`: all values together."""

    label: str
    figures: Sequence[Figure | None]
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Persons told apart, or over time."""

    title: str
    columns: Sequence[str]
    lines: Sequence[Line]

    @property
    def is_blurred(self) -> bool:
        """Whether any figure is a range, or not shown."""
        return any(each and each.shown != "exact" for line in self.lines for each in line.figures)

    @property
    def tops(self) -> list[int]:
        """The highest end of the parts in each column, which its drawings are measured by."""
        parts = [line.figures for line in self.lines if not line.is_whole]
        columns = zip(*parts, strict=True)
        return [max(LEAST_TOP, *map(_highest, column)) for column in columns]


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of a province: its newest quarter, the newest year's ages and reasons, and
    over time.
    """

    quarter: str
    of_quarter: Sequence[Table]
    year: int | None
    of_year: Sequence[Table]
    over_time: Sequence[Table]

    @property
    def is_blurred(self) -> bool:
        """Whether any figure is a range, or not shown."""
        return any(each.is_blurred for each in (*self.of_quarter, *self.of_year, *self.over_time))


class _Column(NamedTuple):
    measure: Measure
    heading: str
    from_on: date
    until_on: date


def tell(figures: Sequence[Figure]) -> Told | None:
    """What is printed, up to the newest quarter; nothing where nothing is told apart."""
    ends = _ends_of_quarters(figures)
    if not ends:
        return None
    year = max((each.from_on.year for each in figures if _is_of_year(each)), default=None)
    newest = ends[-1]
    return Told(
        quarter=_quarter(newest),
        of_quarter=_tables(figures, _columns_of_quarter(newest), (GROUP, SEX)),
        year=year,
        of_year=tell_year(figures, year, (AGE, REASON)) if year else [],
        over_time=_over_time(figures, ends[-QUARTERS:]),
    )


def tell_year(
    figures: Sequence[Figure], year: int, dimensions: Sequence[str] = (GROUP, SEX, AGE, REASON)
) -> list[Table]:
    """A year told apart: open cases on its last day, new and closed ones over it."""
    return _tables(figures, _columns_of_year(year), dimensions)


def _highest(figure: Figure | None) -> int:
    if figure is None or figure.low is None:
        return 0
    return figure.low * 2 + 5 if figure.high is None else figure.high


def _ends_of_quarters(figures: Iterable[Figure]) -> list[date]:
    return sorted(
        {
            each.until_on
            for each in figures
            if apart(each.measure)
            and not _is_of_year(each)
            and each.until_on.month % QUARTER_MONTHS == 0
        }
    )


def _is_of_year(figure: Figure) -> bool:
    return figure.from_on.year == figure.until_on.year and (
        (figure.from_on.month, figure.until_on.month) == (1, 12)
    )


def _quarter(end: date) -> str:
    told: str = _("quarter %(number)s/%(year)s", number=end.month // QUARTER_MONTHS, year=end.year)
    return told


def _columns_of_quarter(end: date) -> list[_Column]:
    last = date(end.year, end.month, 1)
    first = date(end.year, end.month - QUARTER_MONTHS + 1, 1)
    return _columns(last, first, end)


def _columns_of_year(year: int) -> list[_Column]:
    return _columns(date(year, 12, 1), date(year, 1, 1), date(year, 12, 31))


def _columns(month: date, first: date, end: date) -> list[_Column]:
    """A stock is that of the last month's end; flows are of the whole time."""
    return [
        _Column(Measure.OPEN, str(_("Open, %(day)s", day=f"{end:%d/%m}")), month, end),
        _Column(Measure.NEW, str(_("New")), first, end),
        _Column(Measure.CLOSED, str(_("Closed")), first, end),
    ]


def _tables(
    figures: Sequence[Figure], columns: Sequence[_Column], dimensions: Iterable[str]
) -> list[Table]:
    printed = _by_days(figures)
    tables = []
    for dimension in dimensions:
        codes = [f"{dimension}.{value}" for value in VALUES[dimension]]
        own = [one for one in columns if any(_find(printed, one, code) for code in codes)]
        if own:
            title = str(BY[dimension])
            tables.append(Table(title, [one.heading for one in own], _lines(printed, own, codes)))
    return tables


def _over_time(figures: Sequence[Figure], ends: Sequence[date]) -> list[Table]:
    printed = _by_days(figures)
    codes = [f"{dimension}.{value}" for dimension in (GROUP, SEX) for value in VALUES[dimension]]
    tables = []
    for place, measure in enumerate(COUNTED):
        columns = [_columns_of_quarter(end)[place] for end in ends]
        headings = [
            str(_("Q%(number)s/%(year)s", number=end.month // QUARTER_MONTHS, year=end.year))
            for end in ends
        ]
        tables.append(Table(measure.label, headings, _lines(printed, columns, codes)))
    return tables


_Printed = Mapping[tuple[str, date, date], Figure]


def _by_days(figures: Iterable[Figure]) -> _Printed:
    return {(each.measure, each.from_on, each.until_on): each for each in figures}


def _find(printed: _Printed, column: _Column, code: str = "") -> Figure | None:
    measure = f"{column.measure}.{code}" if code else str(column.measure)
    return printed.get((measure, column.from_on, column.until_on))


def _lines(printed: _Printed, columns: Sequence[_Column], codes: Iterable[str]) -> list[Line]:
    whole = Line(str(_("All")), [_find(printed, column) for column in columns], is_whole=True)
    parts = []
    for code in codes:
        dimension, _point, value = code.partition(".")
        label = str(VALUES[dimension][value])
        parts.append(Line(label, [_find(printed, column, code) for column in columns]))
    return [whole, *parts]
