"""A year's figures in words. Nothing here asks a database or says more than was printed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.core.i18n import number
from casework.inspection.categories.rules import apart
from casework.inspection.readmodel.models import Figure, Measure

KINDS: dict[Measure, Mapping[str, Any]] = {
    Measure.SERVED: {
        "essential_needs": _l("essential needs"),
        "medical_link": _l("link to medical care"),
        "interpretation": _l("interpretation"),
        "legal_support": _l("legal support"),
        "legal_aid": _l("legal aid"),
        "travel": _l("travel"),
        "psychological": _l("psychological support"),
        "schooling": _l("schooling"),
        "vocational": _l("vocational training"),
        "job": _l("a job"),
        "hardship_grant": _l("hardship grant"),
        "counselling": _l("counselling"),
        "identity_papers": _l("identity papers"),
        "health_insurance": _l("health insurance"),
        "housing": _l("housing"),
        "gift": _l("gift"),
        "livelihood_kit": _l("means of livelihood"),
    },
    Measure.NEEDED: {
        "housing": _l("housing"),
        "identity_papers": _l("identity papers"),
        "job": _l("work"),
        "loan": _l("a loan"),
        "vocational": _l("learning a trade"),
        "health_link": _l("a link to health care"),
        "legal": _l("legal help"),
        "psychosocial": _l("psychological help"),
        "family": _l("family"),
        "schooling": _l("schooling"),
        "safety": _l("safety"),
    },
}
"""The words of kinds of support and of needs: this side may not ask the records for them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of a year in words; `is_blurred`: as a range, or not at all."""

    label: str
    value: str
    is_blurred: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Figures of a year that belong together."""

    title: str
    lines: Sequence[Line]
    note: str = ""

    @property
    def is_blurred(self) -> bool:
        """Whether any of them is a range."""
        return any(line.is_blurred for line in self.lines)


def tell_year(figures: Iterable[Figure]) -> list[Part]:
    """A year in parts: persons, then kinds of support and needs, the most frequent first. Kinds of
    which the same range is printed stand on one line: mostly those that are few. What is told apart
    by group, sex, age or reason stands in tables of its own.
    """
    by_measure: dict[str, list[Figure]] = {}
    for figure in figures:
        if apart(figure.measure):
            continue
        by_measure.setdefault(figure.measure.partition(".")[0], []).append(figure)
    cases = [
        Line(measure.label, _told(figure), figure.shown != "exact")
        for measure in (Measure.NEW, Measure.CLOSED, Measure.SUPPORTED, Measure.BORROWERS)
        for figure in by_measure.get(measure, ())
    ]
    note = "".join(map(_note, by_measure.get(Measure.SUPPORTED, ())))
    parts = [Part(str(_("Cases of the year")), cases, note)] if cases else []
    for measure, words in KINDS.items():
        lines = list(_by_kind(by_measure.get(measure, ()), words))
        if lines:
            parts.append(Part(str(measure.label), lines))
    return parts


def _note(figure: Figure) -> str:
    return str(
        _(
            "Persons supported: each once in the year, counted after the end of March %(year)s, "
            "with what was recorded late.",
            year=figure.until_on.year + 1,
        )
    )


def _by_kind(figures: Iterable[Figure], words: Mapping[str, Any]) -> Iterable[Line]:
    alike: dict[tuple[int, str, bool], list[str]] = {}
    for figure in figures:
        kind = figure.measure.partition(".")[2]
        key = -(figure.low or 0), _told(figure), figure.shown != "exact"
        alike.setdefault(key, []).append(str(words[kind]))
    for (_least, value, is_blurred), kinds in sorted(alike.items()):
        for names in [", ".join(kinds)] if is_blurred else kinds:
            yield Line(names, value, is_blurred)


def _told(figure: Figure) -> str:
    unit = Measure(figure.measure.partition(".")[0]).unit_of_count.label
    low, high = figure.low, figure.high
    if figure.shown == "none" or low is None:
        return str(_("not shown"))
    if high is None:
        return str(_("%(low)s or more", low=f"{number(low)} {unit}"))
    if low == high:
        return f"{number(low)} {unit}"
    if low == 0:
        return str(_("under %(limit)s", limit=f"{number(high + 1)} {unit}"))
    return f"{number(low)}–{number(high)} {unit}"
