"""Units side by side: which are shown, in which order, and what their marks say. Nothing here asks
a database, and no order or colour says more than what was printed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import NamedTuple
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from casework.core.i18n import language
from casework.core.labels import Labelled
from casework.inspection.readmodel.models import Measure, Rating
from casework.organisation.bodies.models import BodyKind

BY_NAME, BY_NOT_MET = "name", "not_met"
SIGNS = {
    Rating.MET: "✓",
    Rating.PARTLY: "◐",
    Rating.NOT_MET: "✕",
    Rating.NA: "–",
    Rating.NO_DATA: "?",
}
_WORST_FIRST = (Rating.NOT_MET, Rating.PARTLY, Rating.NO_DATA, Rating.NA, Rating.MET, None)
_ORDER = (Rating.NOT_MET, Rating.PARTLY, Rating.MET)
_FEW, _SEVERAL = 2, 5


class Published(NamedTuple):
    """An edition that is out: a month of a province."""

    id: UUID
    province_id: UUID
    period: str
    from_on: date
    until_on: date

    @property
    def label(self) -> str:
        """09/2026."""
        return f"{self.period[5:]}/{self.period[:4]}"


class Criterion(NamedTuple):
    """A criterion of the checklist by which an edition judged."""

    code: str
    text: str


class Range(NamedTuple):
    """A number of persons as it is printed."""

    shown: str
    low: int | None
    high: int | None


class People(NamedTuple):
    """A measure of persons and the days it is about, with what is printed of each unit."""

    measure: Measure
    from_on: date
    until_on: date
    of: dict[UUID, Range]


class Change(Labelled):
    """What became of a rating since the other period. What can't be compared has none."""

    BETTER = "better", _l("better")
    WORSE = "worse", _l("worse")
    SAME = "same", _l("the same")

    @property
    def sign(self) -> str:
        """The sign that stands beside its word."""
        return {"better": "▲", "worse": "▼", "same": "="}[self.value]


class Level(Labelled):
    """How a unit stands, for the overview: by how many criteria it does not meet."""

    MANY = "many", _l("more than five not met")
    SEVERAL = "several", _l("three to five not met")
    FEW = "few", _l("one or two not met")
    PARTLY = "partly", _l("none not met, some partly")
    MET = "met", _l("all met that could be judged")
    NONE = "none", _l("nothing could be judged")

    @property
    def sign(self) -> str:
        """The sign of the worst rating."""
        return {"partly": "◐", "met": "✓", "none": "?"}.get(self.value, "✕")


@dataclass(frozen=True, slots=True)
class Mark:
    """A rating as a sign and in words; `before` is that of the other period."""

    rating: Rating | None
    before: Rating | None
    change: Change | None
    words: str

    @property
    def beside(self) -> str:
        """The sign of what became of it, and that of the other period; empty where there is none
        to compare with.
        """
        return f"{self.change.sign} {SIGNS[self.before]}" if self.change and self.before else ""

    @property
    def is_to_look_at(self) -> bool:
        """Whether it is not met, or partly."""
        return self.rating in (Rating.NOT_MET, Rating.PARTLY)


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with its marks, in the order of the criteria; `people` are ranges by measure."""

    unit_id: UUID
    code: str
    label: str
    name: str
    marks: Sequence[Mark]
    bodies: Collection[BodyKind]
    cluster_ids: Sequence[UUID]
    people: Mapping[Measure, Range]

    def count(self, rating: Rating) -> int:
        """How many criteria have a rating."""
        return [mark.rating for mark in self.marks].count(rating)

    @property
    def not_met(self) -> int:
        """How many criteria are not met."""
        return self.count(Rating.NOT_MET)

    @property
    def partly(self) -> int:
        """How many criteria are partly met."""
        return self.count(Rating.PARTLY)

    @property
    def weight(self) -> int:
        """How many criteria have the worst rating, where that is not met or partly."""
        return self.not_met or self.partly

    @property
    def level(self) -> Level:
        """How the unit stands."""
        if self.not_met > _SEVERAL:
            return Level.MANY
        if self.not_met:
            return Level.FEW if self.not_met <= _FEW else Level.SEVERAL
        if self.partly:
            return Level.PARTLY
        return Level.MET if self.count(Rating.MET) else Level.NONE


@dataclass(frozen=True, slots=True)
class Choice:
    """Which units are shown, and in which order."""

    cluster_id: UUID | None = None
    body: BodyKind | None = None
    only_not_met: bool = False
    sort: str = BY_NAME


def make_marks(ratings: Iterable[tuple[str | None, str | None]], *, is_beside: bool) -> list[Mark]:
    """Ratings as marks, each beside that of the other period if there is one."""
    spoken = language()
    return [_mark(now, then, spoken, is_beside) for now, then in ratings]


@cache
def _mark(now: str | None, then: str | None, _language: str, is_beside: bool) -> Mark:
    """There are some sixty in all; a page shows three thousand."""
    rating, before = Rating(now) if now else None, Rating(then) if then else None
    change = change_of(rating, before)
    words = rating.label if rating else str(_("not judged"))
    if is_beside:
        was = before.label if before else str(_("not judged"))
        told = change.label if change else _("not comparable")
        sentence = _("%(rating)s; other period: %(before)s (%(change)s)")
        words = str(sentence) % {"rating": words, "before": was, "change": told}
    return Mark(rating, before, change, words)


def change_of(now: Rating | None, then: Rating | None) -> Change | None:
    """Only met, partly and not met can be better or worse than one another."""
    if now == then:
        return Change.SAME if now else None
    if now not in _ORDER or then not in _ORDER:
        return None
    return Change.BETTER if _ORDER.index(now) > _ORDER.index(then) else Change.WORSE


def choose(lines: Iterable[Line], choice: Choice, codes: Sequence[str]) -> list[Line]:
    """The lines that fit a choice, in its order. They come in the order of names, and stay in it
    where the order leaves them tied.
    """
    fitting = (
        line
        for line in lines
        if (choice.cluster_id is None or choice.cluster_id in line.cluster_ids)
        and (choice.body is None or choice.body in line.bodies)
        and (not choice.only_not_met or line.not_met)
    )
    return sorted(fitting, key=_key_of(choice.sort, codes))


def _key_of(sort: str, codes: Sequence[str]) -> Callable[[Line], int]:
    if sort == BY_NOT_MET:
        return lambda line: -line.not_met
    if sort in codes:
        place = codes.index(sort)
        return lambda line: _WORST_FIRST.index(line.marks[place].rating)
    if sort in list(Measure):
        return lambda line: -lower_end(line.people.get(Measure(sort)))
    return lambda line: 0


def lower_end(printed: Range | None) -> int:
    """What a printed number of persons is sorted by: its lower end, never more. What is not printed
    comes after everything that is.
    """
    return -1 if printed is None or printed.low is None or printed.shown == "none" else printed.low


@dataclass(frozen=True)
class Comparison:
    """Units side by side: those shown, and what is computed of them alone."""

    edition: Published
    other: Published | None
    criteria: Sequence[Criterion]
    set_number: int | None
    other_set_number: int | None
    people: Sequence[People]
    lines: Sequence[Line]

    def _columns(self) -> Iterable[tuple[Mark, ...]]:
        return zip(*(line.marks for line in self.lines), strict=True)

    @cached_property
    def totals(self) -> list[tuple[Rating, list[int]]]:
        """How many of the units shown have each rating, by criterion; ratings of none are left
        out.
        """
        ratings = [[mark.rating for mark in column] for column in self._columns()]
        counted = [(rating, [each.count(rating) for each in ratings]) for rating in Rating]
        return [(rating, counts) for rating, counts in counted if any(counts)]

    @cached_property
    def changes(self) -> list[tuple[Change, list[int]]]:
        """The same of what became better, worse, or stayed."""
        changes = [[mark.change for mark in column] for column in self._columns()]
        counted = [(change, [each.count(change) for each in changes]) for change in Change]
        return [(change, counts) for change, counts in counted if any(counts)]
