"""What a share told as a band says of the persons in it, and of those left out.

For every value the whole may still have: which numbers of persons give a share in the band? Fewer
than three, one of them small, is a finding, however the whole became known. So is a band that rules
out a value which the whole, or what the share can't exceed, is printed with: it tells of another
count.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """Between ``low`` and ``high`` whole per cent of a cell (89.9 is 89), and never more than the
    cell ``at_most``, if it names one.
    """

    id: str
    of: str
    at_most: str
    low: int
    high: int

    @property
    def kind(self) -> str:
        """What it is grouped by in reports: its level and its criterion."""
        level, _, rest = self.id.partition(":")
        return f"{level} {rest.split(':')[-2] if ':' in rest else rest}"

    def numbers(self, whole: int) -> range:
        """How many persons of ``whole`` there may be in it."""
        stop = -(-(self.high + 1) * whole // 100)
        return range(-(-self.low * whole // 100), min(stop, whole + 1))

    def narrowest(self, least: int, most: int, k: int) -> range | None:
        """The fewest numbers of persons, in it or left out, that any whole from ``least`` to
        ``most`` leaves while one of them is small; None where three or more are left always.
        """
        worst: range | None = None
        for whole in range(least, most + 1):
            inside = self.numbers(whole)
            outside = range(whole - inside[-1], whole - inside[0] + 1) if inside else inside
            for left in (inside, outside):
                few = len(left) < 3 and any(0 < number < k for number in left)
                if few and (worst is None or len(left) < len(worst)):
                    worst = left
        return worst

    def tells_of_others(self, whole: tuple[int, int], bound: tuple[int, int] | None) -> bool:
        """Whether it rules out a value that the whole, or what it can't exceed, is printed with."""
        least = 10**9 if bound is None else bound[0]
        return any(
            not self.numbers(each) or self.numbers(each).start > least
            for each in range(whole[0], whole[1] + 1)
        )
