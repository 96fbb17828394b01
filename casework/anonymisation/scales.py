"""Ranges that tell nothing new of other counts: pure numbers, no database.

A count may be bound to counts that are printed already: who borrowed in a year was supported in one
of its quarters; who was supported in a quarter was supported in that year. Such bonds are not
relations of the publication: a transfer or a late record breaks them now and then. A reader takes
them for true all the same. So the ranges there are to choose from, the *scale*, depend on what is
printed of the other counts and on nothing else, and each of them agrees with every value these are
printed with. Then neither the range nor the choice of the scale tells anything new about them.

On a scale five is as wide as a range gets narrow. Below `under` lies one range, from `top` on
another one without an end. Where both would be the same there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDE = 5

Range = tuple[int, int | None]
"""What is printed of a count: its least and its greatest value, if there is one."""


class Scale(NamedTuple):
    """The ranges that a count may be told in."""

    under: int
    top: int

    def range_of(self, count: int) -> Range | None:
        """The range that a count lies in; none where the scale has only one."""
        if self.top < self.under:
            return None
        if count >= self.top:
            return self.top, None
        if count < self.under:
            return 0, self.under - 1
        low = count // WIDE * WIDE
        return low, low + WIDE - 1


NO_SCALE = Scale(1, 0)


def scale_of_some(parts: Sequence[Range]) -> Scale:
    """For persons who are among the `parts`: at most as many as these together.

    No range begins above the sum of their lower ends. So every value they are printed with leaves
    the count in its range: they are that many anyway.
    """
    return Scale(WIDE, sum(low for low, _high in parts) // WIDE * WIDE)


def scale_of_all(parts: Sequence[Range]) -> Scale:
    """For persons among whom are those of each of the `parts`: at least as many as in the largest.

    The lowest range ends no earlier than any of theirs, and is ten wide at least: a small count
    keeps three values even if it is known to be the largest part's. None begins above what the
    parts allow when one of them is the least it may be, so that each keeps its whole range even
    from a reader who believes that all are in one of them.
    """
    highs = [high for _low, high in parts if high is not None]
    if len(highs) < len(parts) or not parts:
        return NO_SCALE
    under = max(2 * WIDE, -(-(max(highs) + 1) // WIDE) * WIDE)
    rest = min(low + sum(highs) - high for (low, _), high in zip(parts, highs, strict=True))
    return Scale(under, rest // WIDE * WIDE)
