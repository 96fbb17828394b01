"""Bound propagation: what each relation alone says about each of its cells, over and over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from casework.anonymisation.attack.edition import CEILING, Edition

Bounds = tuple[NDArray[np.int64], NDArray[np.int64]]

PASSES = 200


def propagate(edition: Edition) -> Bounds:
    """Least and greatest values per cell; where they cross, the edition contradicts itself."""
    low = np.maximum(edition.low, 0)
    high = np.minimum(edition.high, CEILING)
    rel, cell, coef, rows = edition.rel, edition.cell, edition.coef, len(edition.rhs)
    plus = coef > 0
    for _ in range(PASSES):
        if (low > high).any():
            break
        at_least = coef * np.where(plus, low[cell], high[cell])
        at_most = coef * np.where(plus, high[cell], low[cell])
        least, greatest = _sums(rel, at_least, rows), _sums(rel, at_most, rows)
        # coef · x lies between what the others leave at their greatest and at their least.
        upper = edition.rhs[rel] - (least[rel] - at_least)
        lower = edition.rhs[rel] - (greatest[rel] - at_most)
        new_high, new_low = high.copy(), low.copy()
        np.minimum.at(new_high, cell, np.where(plus, upper // coef, lower // coef))
        np.maximum.at(new_low, cell, -((-np.where(plus, lower, upper)) // coef))
        if (new_high == high).all() and (new_low == low).all():
            break
        low, high = new_low, new_high
    return low, high


def _sums(rel: NDArray[np.int64], values: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    total = np.zeros(rows, dtype=np.int64)
    np.add.at(total, rel, values)
    return total
