"""What is published and how it hangs together: one plan, as data.

A *plan* says which counts exist down to which crossing (layers), which of them are printed at which
level how often, and which public relations hold between measures. ``relations`` lays it out over
units and months. A new table is a new line here; the proof and the attack take it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, NamedTuple

Level = Literal["unit", "cluster", "province"]
Every = Literal["month", "quarter", "year"]
Dimension = Literal["group", "sex", "age", "service", "reason"]
By = tuple[Dimension, ...]

LEVELS: tuple[Level, ...] = ("unit", "cluster", "province")
EVERY: tuple[Every, ...] = ("month", "quarter", "year")
DIMENSIONS: By = ("group", "sex", "age", "service", "reason")
LASTING: By = ("group", "sex")
"""What a person keeps as time goes on: ``stock(t) = stock(t - 1) + new - closed`` holds by it."""
PROVINCE = "province"
REST = "rest"
"""Stands for the units that no cluster holds. Their sum is implied, never printed."""
SMALLEST_CLUSTER = 3
"""Of one unit a cluster would be the unit itself; of two, each would be told the other's count."""
TELLING = ("C",)
"""Groups so rare that in a unit even "at least one" would tell who it is."""
UNKNOWN, OTHER, TRANSFERRED = "unknown", "other", "transferred"
CATEGORIES: Mapping[Dimension, tuple[str, ...]] = {
    "group": ("A", "B", "C", "D"),
    "sex": ("female", "male", OTHER),
    "age": ("under_18", "18-29", "30-44", "45_and_over", UNKNOWN),
    "reason": (
        "goals_met",
        "moved",
        "withdrew",
        "lost_contact",
        "deceased",
        OTHER,
        TRANSFERRED,
    ),
}
"""What persons are told apart by; each has one value of a dimension. ``reason`` is of closed cases
alone."""


class Cell(NamedTuple):
    """One count. An empty category means "all"; ``unit`` is the code of the unit or cluster."""

    level: Level
    unit: str
    measure: str
    period: str
    group: str = ""
    sex: str = ""
    age: str = ""
    service: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        return ":".join(self).rstrip(":")

    @property
    def category(self) -> tuple[Dimension, str] | None:
        """What it is told apart by; None when it counts all together."""
        return next(((name, one) for name, one in self.categories.items() if one), None)

    @property
    def categories(self) -> dict[Dimension, str]:
        """The category of each dimension, empty for all."""
        return dict(zip(DIMENSIONS, self[4:], strict=True))

    @property
    def code(self) -> str:
        """The measure with the category it is told apart by: ``open.group.A``."""
        return ".".join((self.measure, *(self.category or ())))

    @classmethod
    def of(cls, level: Level, unit: str, code: str, period: str) -> Cell:
        """The cell of a ``code``."""
        measure, _, category = code.partition(".")
        dimension, _, value = category.partition(".")
        if dimension not in DIMENSIONS or not value:  # service.job is a measure
            return cls(level, unit, code, period)
        return cls(level, unit, measure, period)._replace(**{dimension: value})  # type: ignore[arg-type]


class Layer(NamedTuple):
    """Counts of a measure at a level, crossed ``by`` dimensions, every ``finest`` period."""

    level: Level
    by: By
    finest: Every


@dataclass(frozen=True)
class Measure:
    """A count of persons, reckoned every ``finest`` period.

    A stock is taken at a period's end; a flow adds up over time.
    """

    name: str
    kind: Literal["stock", "flow"]
    finest: Every = "month"
    personal: bool = True


@dataclass(frozen=True)
class Printed:
    """A table of the publication. The higher ``usefulness``, the later it is widened.

    ``exact``: printed exactly wherever the proof allows it.
    """

    level: Level
    measure: str
    every: Every
    usefulness: int
    by: By = ()
    exact: bool = False


@dataclass(frozen=True)
class Balance:
    """``stock(t) = stock(t - 1) + inflow - outflow``."""

    stock: str
    inflow: str
    outflow: str


@dataclass(frozen=True)
class AtMost:
    """``measure <= stock at the end + flow``, as often as the measure is counted, at unit level."""

    measure: str
    stock: str
    flow: str | None


@dataclass(frozen=True)
class Plan:
    measures: tuple[Measure, ...]
    printed: tuple[Printed, ...]
    balances: tuple[Balance, ...] = ()
    limits: tuple[AtMost, ...] = ()
    categories: Mapping[Dimension, tuple[str, ...]] | None = None

    def measure(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)

    def layers_of(self, measure: Measure) -> tuple[Layer, ...]:
        """Every level with every crossing that a table or its margins need."""
        levels = {table.level for table in self.printed} | {"unit", "province"}
        return tuple(
            Layer(level, by, finest)
            for level in LEVELS
            if level in levels
            for by, finest in self._crossings(measure).items()
            if not by or level in self._levels_of(by)
        )

    def _levels_of(self, by: By) -> set[Level]:
        """Where a crossing is printed, and the units that it adds up."""
        told: set[Level] = {table.level for table in self.printed if set(by) <= set(table.by)}
        return told | {"unit"}

    def values(self, dimension: Dimension) -> tuple[str, ...]:
        """The categories of a dimension."""
        return (self.categories or {}).get(dimension, ())

    def _crossings(self, measure: Measure) -> dict[By, Every]:
        """The crossings of a measure, each as fine in time as its finest table."""
        found: dict[By, Every] = {(): measure.finest}
        tables = [table for table in self.printed if table.measure == measure.name]
        for table in sorted(tables, key=lambda table: -EVERY.index(table.every)):
            for size in range(1, len(table.by) + 1):
                for part in combinations(sorted(table.by, key=DIMENSIONS.index), size):
                    found[part] = table.every
        return dict(sorted(found.items(), key=lambda one: (len(one[0]), one[0])))


_LEAST, _LITTLE, _SOME, _MUCH, _MOST = range(5)

PLAN = Plan(
    measures=(
        Measure("open", "stock"),
        Measure("new", "flow"),
        Measure("closed", "flow"),
        Measure("supported", "flow", finest="quarter"),
        Measure("attendances", "flow", finest="quarter"),
    ),
    printed=(
        Printed("unit", "attendances", "quarter", _LEAST),
        Printed("unit", "supported", "quarter", _LEAST),
        Printed("unit", "new", "quarter", _LEAST),
        Printed("unit", "closed", "quarter", _LEAST),
        Printed("unit", "new", "year", _LITTLE, exact=True),
        Printed("unit", "closed", "year", _LITTLE, exact=True),
        Printed("unit", "open", "month", _SOME),
        Printed("unit", "open", "quarter", _SOME, exact=True),
        Printed("cluster", "attendances", "quarter", _SOME, exact=True),
        Printed("cluster", "supported", "quarter", _SOME, exact=True),
        Printed("cluster", "new", "quarter", _SOME, exact=True),
        Printed("cluster", "closed", "quarter", _SOME, exact=True),
        Printed("cluster", "new", "year", _SOME, exact=True),
        Printed("cluster", "closed", "year", _SOME, exact=True),
        Printed("cluster", "open", "month", _MUCH, exact=True),
        Printed("province", "attendances", "quarter", _MUCH, exact=True),
        Printed("province", "supported", "quarter", _MUCH, exact=True),
        Printed("province", "new", "quarter", _MUCH, exact=True),
        Printed("province", "closed", "quarter", _MUCH, exact=True),
        Printed("province", "new", "year", _MUCH, exact=True),
        Printed("province", "closed", "year", _MUCH, exact=True),
        Printed("province", "open", "month", _MOST, exact=True),
    ),
    balances=(Balance("open", "new", "closed"),),
    limits=(AtMost("supported", "open", "closed"),),
)
"""Person figures of a period (ends of months, quarters, years)."""


def _by(*tables: tuple[Dimension, str, Every]) -> Plan:
    """The months' plan without attendances, and tables of the province by category."""
    return replace(
        PLAN,
        measures=PLAN.measures[:4],
        printed=(
            *(table for table in PLAN.printed if table.measure != "attendances"),
            *(
                Printed("province", measure, every, _MUCH, by=(dimension,), exact=True)
                for dimension, measure, every in tables
            ),
        ),
        categories=CATEGORIES,
    )


_LASTING: dict[Dimension, tuple[tuple[Dimension, str, Every], ...]] = {
    dimension: (
        (dimension, "open", "quarter"),
        (dimension, "new", "quarter"),
        (dimension, "closed", "quarter"),
        (dimension, "new", "year"),
        (dimension, "closed", "year"),
    )
    for dimension in LASTING
}
CATEGORY_PLANS = (
    *(_by(*tables) for tables in _LASTING.values()),
    _by(
        ("age", "open", "year"),
        ("age", "new", "year"),
        ("age", "closed", "year"),
        ("reason", "closed", "year"),
    ),
)
"""What is told of the province by group, by sex, by age and by reason, each with a proof of its own
(``categories``). Units are not printed, but implied, and so protected.
"""
LASTING_TOGETHER = _by(*(table for tables in _LASTING.values() for table in tables))
"""Group and sex in one, for what is not proved one by one."""

SUPPORTED = "supported"
BORROWERS, SERVED, NEEDED = "borrowers", "service", "need"
SERVICES = (
    "essential_needs",
    "medical_link",
    "interpretation",
    "legal_support",
    "legal_aid",
    "travel",
    "psychological",
    "schooling",
    "vocational",
    "job",
    "hardship_grant",
    "counselling",
    "identity_papers",
    "health_insurance",
    "housing",
    "gift",
    "livelihood_kit",
)
"""Kinds of support; who received a loan is a borrower."""
NEEDS = (
    "housing",
    "identity_papers",
    "job",
    "loan",
    "vocational",
    "health_link",
    "legal",
    "psychosocial",
    "family",
    "schooling",
    "safety",
)
YEARLY = (
    BORROWERS,
    *(f"{SERVED}.{kind}" for kind in SERVICES),
    *(f"{NEEDED}.{area}" for area in NEEDS),
)
YEARLY_PLAN = Plan(
    measures=(
        *(Measure(name, "flow", finest="year") for name in YEARLY),
        Measure("open", "stock", personal=False),  # stands still (see ``yearly``)
    ),
    printed=(
        Printed("unit", BORROWERS, "year", _LITTLE),
        *(Printed("province", name, "year", _MUCH, exact=True) for name in YEARLY),
        Printed("unit", "open", "month", _MOST),
    ),
    limits=tuple(AtMost(f"{NEEDED}.{area}", "open", None) for area in NEEDS),
)
"""What a year says of a province besides, and of borrowers in its units. Other counts of units are
not printed, but implied, and so protected.
"""
STRONGEST = "strongest_quarter"
YEARLY_PROOF = replace(
    YEARLY_PLAN,
    measures=(*YEARLY_PLAN.measures, Measure(STRONGEST, "stock", personal=False)),
    printed=(*YEARLY_PLAN.printed, Printed("unit", STRONGEST, "month", _MOST)),
    limits=(*YEARLY_PLAN.limits, AtMost(BORROWERS, STRONGEST, None)),
)
"""What the proof of a year keeps besides, though it is no relation of the publication: borrowers
are at most the persons supported in the strongest quarter.
"""
LATE_PLAN = Plan(
    measures=(Measure(SUPPORTED, "flow", finest="year"),),
    printed=(
        Printed("unit", SUPPORTED, "year", _LITTLE),
        Printed("province", SUPPORTED, "year", _MUCH, exact=True),
    ),
)
"""What comes once more of a year, with what was recorded late. It has no public relation to the
quarters: persons are counted in several of them, and how many came late nobody knows.
"""


def previous_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def next_month(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


def months_between(first: str, last: str) -> tuple[str, ...]:
    """``YYYY-MM`` from first to last, both included."""
    count = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return tuple(f"{n // 12:04}-{n % 12 + 1:02}" for n in range(start, start + count))


def quarter_of(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def quarters_of(period: str) -> tuple[str, ...]:
    """The quarters that a month, a quarter or a year lies in or is made of."""
    if len(period) == 4:
        return tuple(f"{period}-Q{number}" for number in range(1, 5))
    return (period if "Q" in period else quarter_of(period),)


def ends_quarter(month: str) -> bool:
    return int(month[5:]) % 3 == 0


def whole(months: Sequence[str], every: Every) -> dict[str, tuple[str, ...]]:
    """The periods whose every month is among ``months``: period → its months."""
    if every == "month":
        return {month: (month,) for month in months}
    size = 3 if every == "quarter" else 12
    found: dict[str, list[str]] = {}
    for month in months:
        found.setdefault(quarter_of(month) if size == 3 else month[:4], []).append(month)
    return {period: tuple(held) for period, held in found.items() if len(held) == size}
