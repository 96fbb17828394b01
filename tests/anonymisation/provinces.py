"""Small provinces to try the rule on, and every table that agrees with what is printed of them."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from casework.anonymisation.attack import Edition
from casework.anonymisation.plan import (
    AtMost,
    Balance,
    Cell,
    Measure,
    Plan,
    Printed,
    previous_month,
)
from casework.anonymisation.protection import Prints, Relations, Table
from casework.anonymisation.relations import Frame, relations_of

MONTHLY = Plan(
    measures=(Measure("open", "stock"), Measure("new", "flow"), Measure("closed", "flow")),
    printed=(
        Printed("unit", "new", "month", 0),
        Printed("unit", "closed", "month", 0),
        Printed("unit", "open", "month", 1),
        Printed("province", "new", "month", 2),
        Printed("province", "closed", "month", 2),
        Printed("province", "open", "month", 3),
    ),
    balances=(Balance("open", "new", "closed"),),
)
"""Everything printed every month: the tightest form, and small enough to try every table."""

Unit = tuple[int, tuple[tuple[int, int], ...]]
"""Open before the first month, then (new, closed) of each month."""


def counted(frame: Frame, units: dict[str, Unit]) -> dict[Cell, int]:
    """Counts of a frame of monthly measures, quarters and years, straight from the flows."""
    counts: dict[Cell, int] = {}
    for cell in frame.to_count:
        if cell.level == "cluster":
            parts = frame.parts_of(cell)
            counts[cell] = sum(_count(frame, part, units[part.unit]) for part in parts)
            continue
        chosen = units if cell.level == "province" else {cell.unit: units[cell.unit]}
        counts[cell] = sum(_count(frame, cell, unit) for unit in chosen.values())
    return counts


def _count(frame: Frame, cell: Cell, unit: Unit) -> int:
    months = sorted({c.period for c in frame.cells if c.measure == "new" and len(c.period) == 7})
    months = [month for month in months if "Q" not in month]
    opening, flows = unit
    if cell.measure == "open":
        until = [flow for month, flow in zip(months, flows, strict=False) if month <= cell.period]
        return opening + sum(new - closed for new, closed in until)
    inside = [
        flow for month, flow in zip(months, flows, strict=False) if _within(month, cell.period)
    ]
    return sum(flow[0 if cell.measure == "new" else 1] for flow in inside)


def _within(month: str, period: str) -> bool:
    if "Q" in period:
        return month[:4] == period[:4] and (int(month[5:]) + 2) // 3 == int(period[-1])
    return month.startswith(period)


def monthly(units: dict[str, Unit], months: tuple[str, ...], plan: Plan = MONTHLY) -> Table:
    frame = relations_of(plan, units=tuple(units), months=months)
    return frame.table(counted(frame, units))


@st.composite
def small_units(draw: st.DrawFn, months: int = 1, most_units: int = 3) -> dict[str, Unit]:
    """One to three units with few open cases and flows, where small counts are the rule."""
    units: dict[str, Unit] = {}
    for number in range(draw(st.integers(1, most_units))):
        stock = opening = draw(st.integers(0, 11))
        flows = []
        for _ in range(months):
            new = draw(st.integers(0, 6))
            closed = draw(st.integers(0, min(6, stock + new)))
            flows.append((new, closed))
            stock += new - closed
        units[f"u{number}"] = (opening, tuple(flows))
    return units


BEYOND = 7
"""How far above the truth an open range is tried: candidates beyond only add to the three."""


def candidates(table: Table, prints: Prints, known_unit: int | None = None) -> list[set[int]]:
    """Per cell, every value it has in any table of one month that agrees with what is printed.

    Brute force: all values of each unit's new, closed and open, then all combinations of units.
    ``known_unit``: only tables that give this unit its true counts.
    """
    place = {name: number for number, name in enumerate(table.ids)}
    month = next(name for name in table.ids if ":new:" in name).split(":")[3]
    before = previous_month(month)
    high = np.minimum(prints.high, table.true + BEYOND)
    units = sorted({name.split(":")[1] for name in table.ids if name.startswith("unit")})
    own: list[np.ndarray] = []
    for number, unit in enumerate(units):
        cells = [place[f"unit:{unit}:{measure}:{month}"] for measure in ("new", "closed", "open")]
        truth = table.true[cells]
        axes = [range(int(prints.low[cell]), int(high[cell]) + 1) for cell in cells]
        rows = np.array([row for row in product(*axes) if row[2] - row[0] + row[1] >= 0])
        own.append(truth[None, :] if number == known_unit else rows)
    total = np.zeros((1, 3), dtype=np.int64)
    picks = [np.zeros(1, dtype=np.int64)] * 0
    for rows in own:
        count = len(rows)
        picks = [np.repeat(pick, count) for pick in picks]
        picks.append(np.tile(np.arange(count), len(total)))
        total = np.repeat(total, count, axis=0) + np.tile(rows, (len(total), 1))
    sums = [place[f"province:province:{measure}:{month}"] for measure in ("new", "closed", "open")]
    agree = ((total >= prints.low[sums]) & (total <= prints.high[sums])).all(axis=1)
    found: list[set[int]] = [set() for _ in table.ids]
    for unit, rows, pick in zip(units, own, picks, strict=True):
        chosen = rows[np.unique(pick[agree])]
        for axis, measure in enumerate(("new", "closed", "open")):
            found[place[f"unit:{unit}:{measure}:{month}"]] = set(chosen[:, axis].tolist())
        opening = chosen[:, 2] - chosen[:, 0] + chosen[:, 1]
        found[place[f"unit:{unit}:open:{before}"]] = set(opening.tolist())
    for axis, cell in enumerate(sums):
        found[cell] = set(total[agree][:, axis].tolist())
    opening = total[agree][:, 2] - total[agree][:, 0] + total[agree][:, 1]
    found[place[f"province:province:open:{before}"]] = set(opening.tolist())
    return found


def edition(table: Table, prints: Prints) -> Edition:
    """What the attack would read from the files of this publication."""
    relations: Relations = table.relations
    return Edition(
        table.ids,
        tuple(" ".join((name.split(":") * 3)[0:3:2]) for name in table.ids),
        table.personal,
        prints.low,
        prints.high,
        relations.rel,
        relations.cell,
        relations.coef,
        relations.rhs,
    )


__all__ = ["MONTHLY", "AtMost", "candidates", "counted", "edition", "monthly", "small_units"]
