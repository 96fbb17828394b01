"""Whether two names may be one person's. Case, marks and the stroke of đ do not matter."""

from collections.abc import Iterable
from enum import IntEnum

from casework.core.text import fold


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
    same_year = birth_year is not None and birth_year == other_year
    ours, theirs = ({fold(name) for name in each} - {""} for each in (names, others))
    if any(" " in name for name in ours & theirs):
        return Likeness.VERY_LIKELY if same_year else Likeness.LIKELY
    if same_year and any(_ends_with(a, b) or _ends_with(b, a) for a in ours for b in theirs):
        return Likeness.LIKELY
    return Likeness.NONE


def _ends_with(name: str, end: str) -> bool:
    return name == end or (" " in end and name.endswith(f" {end}"))
