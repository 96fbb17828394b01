"""Whether two names may be one person's. Case, marks and the stroke of đ do not matter."""

from collections import defaultdict
from collections.abc import Iterable
from enum import IntEnum
from typing import Generic, TypeVar

from casework.core.text import fold

T = TypeVar("T")


class Likeness(IntEnum):
    """How likely two records are of one person."""

    NONE = 0
    LIKELY = 1
    VERY_LIKELY = 2


def likeness(
    names: Iterable[str], birth_year: int | None, others: Iterable[str], other_year: int | None
) -> Likeness:
    """The same full name is likely, born in the same year very likely. A single word, such as Út,
    or a name that the other one ends with, such as Ngọc Ánh, tells too little without the year.
    """
    return _likeness(_folded(names), birth_year, _folded(others), other_year)


class Known(Generic[T]):
    """Many people by what they are called, so that each of many others is found quickly: two names
    that may be one person's end with the same word.
    """

    def __init__(self) -> None:
        self._ending: dict[str, list[tuple[T, frozenset[str], int | None]]] = defaultdict(list)

    def add(self, who: T, names: Iterable[str], birth_year: int | None) -> None:
        """Somebody to be found from now on."""
        called = _folded(names)
        for word in _last_words(called):
            self._ending[word].append((who, called, birth_year))

    def find(self, names: Iterable[str], birth_year: int | None) -> list[tuple[T, Likeness]]:
        """Who may be the same person, the likeliest first."""
        called, found = _folded(names), dict[T, Likeness]()
        for word in _last_words(called):
            for who, others, year in self._ending[word]:
                how = _likeness(called, birth_year, others, year)
                if how:
                    found[who] = how
        return sorted(found.items(), key=lambda each: -each[1])


def _likeness(
    ours: frozenset[str], year: int | None, theirs: frozenset[str], other_year: int | None
) -> Likeness:
    same_year = year is not None and year == other_year
    if any(" " in name for name in ours & theirs):
        return Likeness.VERY_LIKELY if same_year else Likeness.LIKELY
    if same_year and any(_ends_with(a, b) or _ends_with(b, a) for a in ours for b in theirs):
        return Likeness.LIKELY
    return Likeness.NONE


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(name) for name in names) - {""}


def _ends_with(name: str, end: str) -> bool:
    return name == end or (" " in end and name.endswith(f" {end}"))


def _last_words(folded: Iterable[str]) -> set[str]:
    return {name.rpartition(" ")[2] for name in folded}
