"""How large a share of persons is, told as a band: pure numbers, no database.

The band of a share, *met* of *all* open cases, must keep what it is a share of unknown. Which bands
there are to choose from depends on what is printed of *all*, and on nothing else, so that the
choice itself tells nothing. However well a reader knows *all* besides, every band leaves three
values or more to the persons in it and to those left out:

* from 20 on: under 50, 50–69, 70–89, 90 per cent and more. (Of 20, "90 and more" is 18, 19 or 20.)
* from 10 to 19: under 70, 70 and more. "90 and more" of 12 would say that one at most is left out.
* below 10, or where no lower end of 10 is printed: none.

Some shares can't be larger than another printed count (who was seen in thirty days was supported in
the quarter). Then a band is told only where it agrees with every value that count is printed with:
it tells nothing new about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

FEW, MANY = 10, 20
BANDED = ASSESSED, PLANNED, CONTACTED, AGREED = "D1", "D2", "D3", "D5"
"""The criteria that are shares of persons."""


class Band(StrEnum):
    """How large a share of persons is; none where there are too few to tell."""

    UNDER_50 = "under_50"
    UNDER_70 = "under_70"
    FROM_50 = "50_69"
    FROM_70 = "70_89"
    FROM_70_UP = "70_up"
    FROM_90 = "90_up"
    NONE = "none"


Bands = Mapping[str, Mapping[UUID, Mapping[str, Band]]]
"""Bands by month, unit and criterion."""
FINE = (Band.UNDER_50, Band.FROM_50, Band.FROM_70, Band.FROM_90)
COARSE = (Band.UNDER_70, Band.FROM_70_UP)
ENDS = {
    Band.UNDER_50: (0, 49),
    Band.UNDER_70: (0, 69),
    Band.FROM_50: (50, 69),
    Band.FROM_70: (70, 89),
    Band.FROM_70_UP: (70, 100),
    Band.FROM_90: (90, 100),
}
"""Least and most whole per cent; 89.9 is 89."""


def bands_for(low: int, high: int | None, at_most: int | None = None) -> tuple[Band, ...]:
    """The bands a share of `low`..`high` persons may be told in (no high: no upper end).

    `at_most`: the least value printed of a count that the share can't exceed, if there is one.
    """
    if high is None:
        return ()
    for bands, least in ((FINE, MANY), (COARSE, FEW)):
        highest, _ = ENDS[bands[-1]]
        if low >= least and (at_most is None or highest * high <= 100 * at_most):
            return bands
    return ()


def band_of(part: int, whole: int, bands: tuple[Band, ...]) -> Band:
    """The band that `part` of `whole` lies in, of those there are to choose from."""
    if not bands:
        return Band.NONE
    share = 100 * part // whole
    return next(band for band in bands if ENDS[band][0] <= share <= ENDS[band][1])


def band_from(least: int | None, most: int | None) -> Band:
    """The band with these ends; none for no ends."""
    return next((band for band, ends in ENDS.items() if ends == (least, most)), Band.NONE)
