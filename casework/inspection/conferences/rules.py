"""What a province looks back on over a phase: how figures of many months are put together, and what
is said of them. Nothing here asks a database.

* Months add up, and so do quarters. What stands for a day, for twelve months or for the year so far
  is told as of the end of each year and never added; only whole years of money add up.
* Sessions, attendances and persons stay apart. Numbers of persons are told as they were printed,
  and added only where every one of them is exact; other ranges add up to a range.
* The share of a year is that of the units that were judged at its end, as they were then.
* Quantity words go by `_QUANTITIES` and by nothing else.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.core.i18n import number
from casework.core.labels import Labelled
from casework.inspection.readmodel.models import (
    ActivityMeasure,
    Measure,
    Rating,
    Span,
)
from casework.organisation.budgets.models import FundingSource

A, P = ActivityMeasure, Measure
PER_CENT = "\u00a0%"
MONTH_DAYS, QUARTER_DAYS = 31, 100
Ends = list[int | None]
"""The two ends of a number as it is printed; no upper end means "or more"."""


class Quantity(Labelled):
    """How many of the units, in a word."""

    NONE = "none", _l("no unit")
    FEW = "few", _l("a few units")
    SOME = "some", _l("some units")
    MORE = "more", _l("more than half of the units")
    MOST = "most", _l("most units")
    ALL = "all", _l("all of the units")


_QUANTITIES: tuple[tuple[Quantity, Callable[[Fraction], bool]], ...] = (
    (Quantity.ALL, lambda share: share == 1),
    (Quantity.MOST, lambda share: share >= Fraction(2, 3)),
    (Quantity.MORE, lambda share: share > Fraction(1, 2)),
    (Quantity.SOME, lambda share: share > Fraction(1, 5)),
    (Quantity.FEW, lambda share: share > 0),
)


def quantity_of(part: int, whole: int) -> Quantity:
    """The word for so many of so many units, by their exact share."""
    share = Fraction(part, whole) if whole else Fraction(0)
    return next((word for word, holds in _QUANTITIES if holds(share)), Quantity.NONE)


class Part(Labelled):
    """Figures of activity that belong together."""

    BODIES = "bodies", _l("Organisation and staff")
    MEETINGS = "meetings", _l("Meetings and sessions")
    COMMUNICATION = "communication", _l("Communication")
    SUPPORT = "support", _l("Support and coordination")
    MONEY = "money", _l("Money")


class Printed(NamedTuple):
    """A number of a province as an edition prints it."""

    measure: str
    kind: str
    from_on: date
    until_on: date
    low: int | None
    high: int | None

    @property
    def days(self) -> int:
        """How many days it is about."""
        return (self.until_on - self.from_on).days + 1


class Year(NamedTuple):
    """A year of a phase with the last day about which something was published."""

    year: int
    end: date


@dataclass(frozen=True, slots=True)
class Line:
    """One figure over the years. `of` is what it is a part of, where it is a share; `total` is the
    sum over the phase, where there is one.
    """

    part: str
    measure: str
    kind: str
    values: list[Ends | None]
    of: list[int | None]
    total: Ends | None
    total_of: int | None

    @property
    def label(self) -> str:
        """What is counted."""
        name = _named(self.measure).label
        return f"{name}: {FundingSource(self.kind).label}" if self.kind else name

    @property
    def unit(self) -> str:
        """What one stands for; never mixed."""
        return _named(self.measure).unit_of_count.label

    @property
    def is_money(self) -> bool:
        """Whether it is for those only who may read budgets."""
        named = _named(self.measure)
        return isinstance(named, ActivityMeasure) and named.is_money

    @property
    def told(self) -> list[str]:
        """The years in words."""
        parts = self.of or [None] * len(self.values)
        return [tell(value, whole) for value, whole in zip(self.values, parts, strict=True)]

    @property
    def told_total(self) -> str:
        """The sum over the phase in words."""
        return tell(self.total, self.total_of)


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion over the years: how many units met it, of how many judged, year by year; and at
    the end how many did not, or only partly. `found` and `praised`: units of which inspectors
    accepted a shortcoming or a strength. The words for how many met it and how many fell short are
    kept with the numbers.
    """

    code: str
    text: str
    met: list[int]
    judged: list[int]
    partly: int
    not_met: int
    found: int
    praised: int
    word_met: str
    word_short: str

    @property
    def short(self) -> int:
        """The units that did not wholly meet it at the end."""
        return self.partly + self.not_met

    @property
    def shares(self) -> list[int | None]:
        """The share of units that met it, in per cent, by year; rounded down."""
        pairs = zip(self.met, self.judged, strict=True)
        return [met * 100 // judged if judged else None for met, judged in pairs]


@dataclass(frozen=True, slots=True)
class OfUnit:
    """A unit as it is at the end of the phase, with what those it followed had before."""

    name: str
    followed: list[str]
    on_time: int
    due: int
    sessions: int
    attendances: int
    met: int
    judged: int
    inspections: int
    asked: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What inspectors asked for in the phase, and what became of it."""

    given: int
    in_time: int
    late: int
    overdue: int
    waiting: int
    waived: int


@dataclass(frozen=True, slots=True)
class Inspected:
    """Inspections of the phase: visits, units, minutes signed by both sides; causes of shortcomings
    as findings name them; what fits no criterion, with how many units it was found in.
    """

    visits: int
    units: int
    signed: int
    strengths: int
    shortcomings: int
    objective: int
    subjective: int
    others: list[tuple[str, int]]
    causes: list[str]


@dataclass(frozen=True, slots=True)
class Practice:
    """What a unit did that others may follow."""

    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report of a conference. Days are written 2020-12-31, so that it is its own JSON."""

    title: str
    province: str
    place_name: str
    written_by: str
    from_on: str
    until_on: str
    held_on: str
    place: str
    situation: str
    causes: str
    lessons: str
    directions: str
    tasks: str
    years: list[int]
    ends: list[str]
    months_published: int
    months: int
    units: int
    lines: list[Line]
    persons: list[Line]
    criteria: list[Judged]
    of_units: list[OfUnit]
    inspected: Inspected
    asked: Asked
    practices: list[Practice]
    # Months of each year of which anything is published; reports frozen earlier don't say.
    published: list[list[int]] = field(default_factory=list)

    @property
    def parts(self) -> list[tuple[Part, list[Line]]]:
        """The figures of activity, part by part."""
        found = [(part, [line for line in self.lines if line.part == part]) for part in Part]
        return [(part, lines) for part, lines in found if lines]

    @property
    def headings(self) -> list[str]:
        """The years; one of which only some months are told says which."""
        months = self.published or [
            list(range(self._first_month(year), int(end[5:7]) + 1))
            for year, end in zip(self.years, self.ends, strict=True)
        ]
        return [tell_months(year, of) for year, of in zip(self.years, months, strict=True)]

    def _first_month(self, year: int) -> int:
        """The first month of a year that lies in the phase."""
        return int(self.from_on[5:7]) if self.from_on.startswith(f"{year}-") else 1

    @property
    def strong(self) -> list[Judged]:
        """What most units met at the end, the best first."""
        strong = (Quantity.MOST, Quantity.ALL)
        found = [each for each in self.criteria if each.word_met in strong]
        return sorted(found, key=lambda each: Fraction(-each.met[-1], each.judged[-1]))

    @property
    def weak(self) -> list[Judged]:
        """What units fell short of at the end, the commonest first."""
        found = [each for each in self.criteria if each.short]
        return sorted(found, key=lambda each: Fraction(-each.short, each.judged[-1]))


def tell_months(year: int, months: Sequence[int]) -> str:
    """A year by those of its months that are told: 2024, 07–09/2025, 01–03, 06/2025."""
    if len(months) == 12:
        return str(year)
    runs: list[list[int]] = []
    for month in months:
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    ends = [f"{run[0]:02}–{run[-1]:02}" if run[1:] else f"{run[0]:02}" for run in runs]
    return f"{', '.join(ends)}/{year}"


def write(report: Report) -> str:
    """A report as canonical JSON: the same report is the same text."""
    return json.dumps(asdict(report), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(content: str) -> str:
    """The SHA-256 of a report as it was written."""
    return hashlib.sha256(content.encode()).hexdigest()


def read(content: str) -> Report:
    """A report as it was frozen."""
    kept: dict[str, Any] = json.loads(content)
    inspected = kept["inspected"]
    inspected["others"] = [(text, count) for text, count in inspected["others"]]
    return Report(
        **{
            **kept,
            "lines": [Line(**each) for each in kept["lines"]],
            "persons": [Line(**each) for each in kept["persons"]],
            "criteria": [Judged(**each) for each in kept["criteria"]],
            "of_units": [OfUnit(**each) for each in kept["of_units"]],
            "inspected": Inspected(**inspected),
            "asked": Asked(**kept["asked"]),
            "practices": [Practice(**each) for each in kept["practices"]],
        }
    )


_SHARES: dict[str, str] = {
    A.REGULATIONS: A.BODIES,
    A.TRAINED: A.COUNSELLORS,
    A.MEETINGS_ON_TIME: A.MEETINGS_DUE,
    A.MINUTES: A.MINUTES_DUE,
    P.SESSIONS_ON_TIME: P.SESSIONS_DUE,
    A.HAMLETS_COVERED: A.HAMLETS,
    A.LINES_ON_TIME: A.LINES_DUE,
    A.MONTHS_IN_TIME: A.MONTHS_DUE,
    A.REPORTS_ON_TIME: A.REPORTS_DUE,
}
_PARTS: dict[Part, Sequence[ActivityMeasure | Measure]] = {
    Part.BODIES: (A.BODIES, A.REGULATIONS, A.GROUPS, A.MEMBERS, A.TRAINED, A.REPORTS_ON_TIME),
    Part.MEETINGS: (
        A.MEETINGS_ON_TIME,
        A.MEETINGS_HELD,
        P.SESSIONS_ON_TIME,
        P.SESSIONS_HELD,
        A.MINUTES,
    ),
    Part.COMMUNICATION: (A.COMMUNICATION, A.COMMUNICATION_ATTENDANCES, A.HAMLETS_COVERED),
    Part.SUPPORT: (
        P.CONTACTS,
        A.REFERRALS_SENT,
        A.REFERRALS_ANSWERED,
        A.SUPPORT_ITEMS,
        A.PARTNERS,
    ),
    Part.MONEY: (
        A.ESTIMATED,
        A.ALLOTTED,
        A.SPENT,
        A.SETTLED,
        A.LINES_ON_TIME,
        A.MONTHS_IN_TIME,
        A.REMUNERATION_PAID,
    ),
}
_ADDED = (Span.MONTH, Span.QUARTER)


def add_up(rows: Iterable[Printed], years: Sequence[Year], from_on: date) -> list[Line]:
    """What was done, by year and over the phase. Measures of which nothing is told are left out."""
    by_measure: dict[tuple[str, str], list[Printed]] = {}
    for row in rows:
        by_measure.setdefault((row.measure, row.kind), []).append(row)
    lines = []
    for part, measures in _PARTS.items():
        for measure in measures:
            kinds = sorted(kind for name, kind in by_measure if name == measure)
            if measure is not A.SUPPORT_ITEMS:  # every other measure is told as a whole
                kinds = [kind for kind in kinds if not kind]
            for kind in kinds:
                line = _line(part, measure, kind, by_measure, years, from_on)
                # A source of which no number is known to be above none says nothing.
                if not kind or (line.total and line.total[0]):
                    lines.append(line)
    return lines


def _line(
    part: Part,
    measure: ActivityMeasure | Measure,
    kind: str,
    rows: dict[tuple[str, str], list[Printed]],
    years: Sequence[Year],
    from_on: date,
) -> Line:
    values, total = _over_years(measure, rows[measure, kind], years, from_on)
    of: list[int | None] = []
    total_of = None
    if measure in _SHARES:
        base = _SHARES[measure]
        wholes, whole = _over_years(_named(base), rows.get((base, ""), []), years, from_on)
        of = [ends[0] if ends else None for ends in wholes]
        total_of = whole[0] if whole else None
    return Line(part, measure, kind, values, of, total, total_of)


def _over_years(
    measure: ActivityMeasure | Measure,
    rows: Sequence[Printed],
    years: Sequence[Year],
    from_on: date,
) -> tuple[list[Ends | None], Ends | None]:
    span = measure.span if isinstance(measure, ActivityMeasure) else Span.MONTH
    if span in _ADDED:
        own = [row for row in rows if row.from_on >= from_on]
        values = [_sum(row for row in own if row.until_on.year == year.year) for year in years]
        return values, _sum_ends(value for value in values if value)
    values = [_sum(row for row in rows if row.until_on == year.end) for year in years]
    is_whole = span is Span.YEAR and (from_on.month, from_on.day) == (1, 1) and all(values)
    return values, _sum_ends(value for value in values if value) if is_whole else None


def _sum(rows: Iterable[Printed]) -> Ends | None:
    return _sum_ends([row.low, row.high] for row in rows)


def _sum_ends(parts: Iterable[Ends]) -> Ends | None:
    """The ends of a sum: what is not shown may be anything from none on."""
    found = list(parts)
    if not found:
        return None
    highs = [high for _low, high in found]
    return [
        sum(low or 0 for low, _high in found),
        None if None in highs else sum(high or 0 for high in highs),
    ]


PERSON_MEASURES = (P.OPEN, P.NEW, P.CLOSED, P.SUPPORTED, P.ATTENDANCES)
_EVENTS = (P.NEW, P.CLOSED, P.ATTENDANCES)
"""Numbers that may be added, where they are exact: nobody is counted twice as a person."""


def tell_persons(rows: Sequence[Printed], years: Sequence[Year], from_on: date) -> list[Line]:
    """Numbers of persons as printed: open cases at the end of each year, persons supported in its
    last quarter, the rest over the year.
    """
    lines = []
    for measure in PERSON_MEASURES:
        own = [row for row in rows if row.measure == measure]
        values = [_of_year(measure, own, year, from_on) for year in years]
        exact = bool(values) and all(ends and ends[0] == ends[1] for ends in values)
        adds = measure in _EVENTS and exact
        total = _sum_ends(ends for ends in values if ends) if adds else None
        if any(values):
            lines.append(Line("", measure, "", values, [], total, None))
    return lines


def _of_year(measure: Measure, rows: Sequence[Printed], year: Year, from_on: date) -> Ends | None:
    own = [row for row in rows if row.until_on.year == year.year]
    if measure is P.OPEN:
        return _as_printed([row for row in own if row.until_on == year.end])
    own = [row for row in own if row.from_on >= from_on]
    whole = [row for row in own if row.days > QUARTER_DAYS]
    quarters = [row for row in own if MONTH_DAYS < row.days <= QUARTER_DAYS]
    if measure in _EVENTS and not whole:
        exact = all(row.low is not None and row.low == row.high for row in quarters)
        return _sum(quarters) if exact else None
    if measure in _EVENTS:
        return _as_printed(whole)
    newest = max((row.until_on for row in quarters), default=None)
    return _as_printed([row for row in quarters if row.until_on == newest])


def _as_printed(rows: Sequence[Printed]) -> Ends | None:
    """The one number that was printed; of two provinces of before, their sum if both are exact."""
    if len(rows) == 1 and rows[0].low is not None:
        return [rows[0].low, rows[0].high]
    if rows and all(row.low is not None and row.low == row.high for row in rows):
        return _sum(rows)
    return None


JUDGED = (Rating.MET, Rating.PARTLY, Rating.NOT_MET)


class Tally(NamedTuple):
    """Of how many units a criterion was rated so at the end of a year."""

    end: date
    code: str
    text: str
    rating: str
    units: int


def count_criteria(
    tallies: Iterable[Tally],
    years: Sequence[Year],
    found: dict[str, int],
    praised: dict[str, int],
) -> list[Judged]:
    """The criteria over the years, in the order in which they come, in their newest words. What
    does not apply or can't be told is not counted.
    """
    texts: dict[str, str] = {}
    units: Counter[tuple[str, date, str]] = Counter()
    for tally in tallies:
        texts[tally.code] = tally.text
        units[tally.code, tally.end, tally.rating] += tally.units
    criteria = []
    for code, text in texts.items():
        counts = [[units[code, year.end, rating] for rating in JUDGED] for year in years]
        met, judged = [each[0] for each in counts], [sum(each) for each in counts]
        _met, partly, not_met = counts[-1]
        criteria.append(
            Judged(
                code,
                text,
                met,
                judged,
                partly,
                not_met,
                found.get(code, 0),
                praised.get(code, 0),
                quantity_of(met[-1], judged[-1]),
                quantity_of(partly + not_met, judged[-1]),
            )
        )
    return criteria


def tell(ends: Ends | None, of: int | None = None) -> str:
    """A number as printed, or a share of a whole with its per cent, rounded down."""
    if ends is None:
        return "–"
    low, high = ends
    if low is None:
        return str(_("not shown"))
    if of is not None and low == high:
        return f"{number(low)}/{number(of)} ({low * 100 // of}{PER_CENT})" if of else "–"
    if high is None:
        return str(_("%(low)s or more", low=number(low)))
    return number(low) if low == high else f"{number(low)}–{number(high)}"


def praise(report: Report) -> list[str]:
    """What went well, in sentences: by published ratings, the best first."""
    return [
        str(
            _(
                "%(word)s (%(part)s of %(whole)s judged) meet %(code)s: %(text)s",
                word=_begin(each.word_met),
                part=each.met[-1],
                whole=each.judged[-1],
                code=each.code,
                text=each.text,
            )
        )
        for each in report.strong
    ]


def regret(report: Report) -> list[str]:
    """What falls short, in sentences: by published ratings, the commonest first; and in how many
    units inspectors found it.
    """
    told = []
    for each in report.weak:
        sentence = _(
            "%(word)s (%(part)s of %(whole)s judged) do not wholly meet %(code)s: %(text)s",
            word=_begin(each.word_short),
            part=each.short,
            whole=each.judged[-1],
            code=each.code,
            text=each.text,
        )
        if each.not_met:
            sentence += _("; not met at all: %(count)s", count=each.not_met)
        if each.found:
            sentence += _("; found at visits in %(count)s units", count=each.found)
        told.append(str(sentence))
    seen = {each.code for each in report.weak}
    told += [
        str(
            _(
                "%(code)s: %(text)s; found at visits in %(count)s units",
                code=each.code,
                text=each.text,
                count=each.found,
            )
        )
        for each in report.criteria
        if each.found and each.code not in seen
    ]
    return told


def _begin(word: str) -> str:
    label = Quantity(word).label
    return label[:1].upper() + label[1:]


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: bars with their words. `lying` bars have long labels."""

    name: str
    title: str
    unit: str
    labels: list[str]
    values: list[int | None]
    told: list[str]
    top: int | None = None
    lying: bool = False


def draw_charts(report: Report) -> list[Chart]:
    """The pictures of a report; those without a number are left out."""
    lines = {line.measure: line for line in report.lines}
    charts = [
        _share_chart("meetings", lines.get(A.MEETINGS_ON_TIME), report),
        _count_chart("communication", lines.get(A.COMMUNICATION), report),
        _count_chart("attendances", lines.get(A.COMMUNICATION_ATTENDANCES), report),
        _trend_chart(report),
        _asked_chart(report),
        _criteria_chart(report),
    ]
    return [chart for chart in charts if chart and any(chart.values)]


def _share_chart(name: str, line: Line | None, report: Report) -> Chart | None:
    if line is None:
        return None
    values = [
        ends[0] * 100 // whole if ends and ends[0] is not None and whole else None
        for ends, whole in zip(line.values, line.of, strict=True)
    ]
    return Chart(name, line.label, "%", report.headings, values, line.told, top=100)


def _count_chart(name: str, line: Line | None, report: Report) -> Chart | None:
    if line is None:
        return None
    values = [ends[0] if ends else None for ends in line.values]
    return Chart(name, line.label, line.unit, report.headings, values, line.told)


def _trend_chart(report: Report) -> Chart:
    met = [sum(each.met[place] for each in report.criteria) for place in range(len(report.years))]
    judged = [
        sum(each.judged[place] for each in report.criteria) for place in range(len(report.years))
    ]
    pairs = list(zip(met, judged, strict=True))
    return Chart(
        "trend",
        str(_("Criteria that units met, of all that were judged")),
        "%",
        report.headings,
        [part * 100 // whole if whole else None for part, whole in pairs],
        [tell([part, part], whole) if whole else "–" for part, whole in pairs],
        top=100,
    )


def _criteria_chart(report: Report) -> Chart:
    told = [each for each in report.criteria if each.judged[-1]]
    return Chart(
        "criteria",
        str(_("Units that meet each criterion at the end of the phase")),
        "%",
        [f"{each.code}. {each.text}" for each in told],
        [each.shares[-1] for each in told],
        [tell([each.met[-1], each.met[-1]], each.judged[-1]) for each in told],
        top=100,
        lying=True,
    )


def tell_asked(asked: Asked) -> list[tuple[str, int]]:
    """What became of recommendations, in words."""
    return [
        (str(_("Done in time")), asked.in_time),
        (str(_("Done late")), asked.late),
        (str(_("Overdue")), asked.overdue),
        (str(_("Not due yet")), asked.waiting),
        (str(_("Waived")), asked.waived),
    ]


def _asked_chart(report: Report) -> Chart:
    told = tell_asked(report.asked)
    return Chart(
        "recommendations",
        str(_("Recommendations of the phase")),
        str(_("recommendations")),
        [label for label, _count in told],
        [count for _label, count in told],
        [number(count) for _label, count in told],
    )


def _named(measure: str) -> ActivityMeasure | Measure:
    try:
        return ActivityMeasure(measure)
    except ValueError:
        return Measure(measure)
