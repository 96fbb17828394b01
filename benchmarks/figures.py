"""Seconds, memory and exactness of publishing a random province month after month.

    python -m benchmarks.figures --units 64 --months 24 [--at-once 23] [--clusters 6] [--attack]
    python -m benchmarks.figures --provinces 34 --units 98 --months 24
    python -m benchmarks.figures --growth

Every month is published with all earlier prints as fixed constraints, and rechecked by plain
arithmetic. At the end stands, for each table, how much of it was printed exactly, as a range of
five, wider or not at all. With ``--attack`` the auditor checks the last month's edition with the
tables that the proofs show, with ``--stranger`` also without them, for so many seconds.

With ``--growth``, what a December costs as units and months grow, proof by proof.

With ``--provinces``, that many are published beside each other, one a core: first all months but
the last at once; then the last month, which is measured.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_OID, UUID, uuid5

import numpy as np

from casework.anonymisation.attack import attack, read
from casework.anonymisation.categories import Told, name_of, prove_months
from casework.anonymisation.counting import ByCategory
from casework.anonymisation.export import files_of
from casework.anonymisation.lifting import known_tables
from casework.anonymisation.measures import ACTIVITY, Counted, Part
from casework.anonymisation.plan import (
    CATEGORIES,
    CATEGORY_PLANS,
    PROVINCE,
    Dimension,
    ends_quarter,
    months_between,
    previous_month,
    quarter_of,
)
from casework.anonymisation.protection import Protection
from casework.anonymisation.relations import Membership, frames_besides
from casework.anonymisation.sequence import Batch, Past
from casework.inspection.readmodel.models import Measure

LABELS: Mapping[Dimension, tuple[float, ...]] = {
    "group": (0.72, 0.17, 0.06, 0.05),
    "sex": (0.22, 0.77, 0.01),
    "age": (0.04, 0.26, 0.46, 0.22, 0.02),
    "reason": (0.45, 0.15, 0.12, 0.13, 0.02, 0.05, 0.08),
}
"""How often each value of ``CATEGORIES`` is."""
PROVINCE_ID = uuid5(NAMESPACE_OID, PROVINCE)
GROWING_UNITS, GROWING_MONTHS = (16, 32, 64), (12, 24)


@dataclass(frozen=True)
class RandomProvince:
    """Persons like the real ones: 14 open cases a unit, most monthly flows 0 to 3. Nobody grows
    older: ages are those at the beginning.
    """

    parts: Mapping[str, Part]
    months: tuple[str, ...]
    counted: Counted
    labelled: ByCategory

    @classmethod
    def made(cls, units: int, months: int, seed: int) -> RandomProvince:
        random = np.random.default_rng(seed)
        last = f"{2024 + (months - 1) // 12}-{(months - 1) % 12 + 1:02}"
        calendar = months_between("2024-01", last)
        codes = [f"{31000 + number}" for number in range(units)]
        parts = {
            code: Part(uuid5(NAMESPACE_OID, code), code, date(2000, 1, 1), None, date(2000, 1, 1))
            for code in codes
        }
        tallies = _Tallies(calendar, random)
        for part in parts.values():
            tallies.live(part.id)
        return cls(parts, calendar, tallies.counted(), tallies.labelled())

    @property
    def ids(self) -> dict[str, UUID]:
        """Units by name, and the province."""
        return {name: part.id for name, part in self.parts.items()} | {PROVINCE: PROVINCE_ID}


class _Tallies:
    """What is counted while persons come and go, unit by unit."""

    def __init__(self, months: Sequence[str], random: np.random.Generator) -> None:
        self.months, self.random = months, random
        self.opened: Counter[tuple[UUID, str]] = Counter()
        self.closed: Counter[tuple[UUID, str]] = Counter()
        self.supported: Counter[tuple[UUID, str]] = Counter()
        self.attendances: Counter[tuple[UUID, str]] = Counter()
        self.by: dict[str, Counter[tuple[UUID, str, Dimension, str]]] = {
            name: Counter() for name in ("open", "opened", "closed")
        }

    def live(self, unit: UUID) -> None:
        """One unit through all months."""
        random = self.random
        here = [self._person() for _ in range(int(random.poisson(random.gamma(2.0, 7.0))))]
        rate = len(here) / 18 + 0.1
        opened, closed = list(here), []
        for month in (previous_month(self.months[0]), *self.months):
            if month in self.months:
                came = [self._person() for _ in range(int(random.poisson(rate)))]
                here += came
                opened += came
                going = min(int(random.poisson(rate)), len(here))
                closed += [here.pop(int(random.integers(len(here)))) for _ in range(going)]
            self._note(unit, month, here, opened, closed)
            if ends_quarter(month) and month in self.months:
                before = months_between("2000-01", month)[-4]
                ended = self.closed[unit, month] - self.closed[unit, before]
                self._support(unit, quarter_of(month), len(here) + ended)

    def _support(self, unit: UUID, quarter: str, most: int) -> None:
        held = self.random.random() < 0.6
        supported = int(self.random.binomial(most, 0.6))
        attendances = int(self.random.poisson(20)) if held else 0
        for place in (unit, PROVINCE_ID):
            self.supported[place, quarter] += supported
            self.attendances[place, quarter] += attendances

    def _person(self) -> dict[Dimension, str]:
        return {
            dimension: str(self.random.choice(CATEGORIES[dimension], p=shares))
            for dimension, shares in LABELS.items()
        }

    def _note(
        self,
        unit: UUID,
        month: str,
        here: list[dict[Dimension, str]],
        opened: list[dict[Dimension, str]],
        closed: list[dict[Dimension, str]],
    ) -> None:
        for place in (unit, PROVINCE_ID):
            self.opened[place, month] += len(opened)
            self.closed[place, month] += len(closed)
            if ends_quarter(month):
                for name, persons in (("open", here), ("opened", opened), ("closed", closed)):
                    for person in persons:
                        for dimension, value in person.items():
                            if dimension != "reason" or name == "closed":
                                self.by[name][place, month, dimension, value] += 1

    def counted(self) -> Counted:
        """What ``measures.count`` would give."""
        nothing: dict[Measure, dict[tuple[UUID, str], int]] = {each: {} for each in ACTIVITY}
        return Counted(self.opened, self.closed, self.supported, self.attendances, nothing)

    def labelled(self) -> ByCategory:
        """What ``count_by_category`` would give."""
        return ByCategory(self.by["open"], self.by["opened"], self.by["closed"])


class Seconds(NamedTuple):
    """Of the processor, all cores together, and of the clock."""

    processor: float
    clock: float


@dataclass
class Editions:
    """A province's editions, month by month or several at once."""

    province: RandomProvince
    clusters: Membership = field(default_factory=dict)
    past: Past = field(default_factory=Past)
    batch: Batch | None = None
    told: Told | None = None

    def publish(self, months: Sequence[str]) -> Seconds:
        """Count and prove, and how long it took."""
        processor, clock = time.process_time(), time.monotonic()
        province = self.province
        proved = prove_months(
            self.past,
            months,
            province.counted,
            province.labelled,
            province.parts,
            province.ids,
            dict.fromkeys(months, self.clusters),
        )
        self.past, self.batch, self.told = proved.past, proved.batch, proved.told
        return Seconds(time.process_time() - processor, time.monotonic() - clock)

    @property
    def wrong(self) -> int:
        """What is unproved or fails when it is checked again."""
        assert self.batch is not None
        assert self.told is not None
        return len(self.batch.result.check()) + len(self.told.wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--clusters", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attack", action="store_true")
    parser.add_argument("--stranger", type=float, default=0.0, help="seconds for an attack alone")
    parser.add_argument("--at-once", type=int, default=1, help="months of the first publication")
    parser.add_argument("--provinces", type=int, default=0)
    parser.add_argument("--growth", action="store_true")
    given = parser.parse_args()
    if given.growth:
        _growth(given.seed)
        return
    if given.provinces:
        _country(given.provinces, given.units, given.months)
        return
    province = RandomProvince.made(given.units, given.months, given.seed)
    every = max(given.clusters, 1)
    clusters = {
        f"c{number}": list(province.parts)[number::every] for number in range(given.clusters)
    }
    editions = Editions(province, clusters)
    months = editions.province.months
    for batch in (months[: given.at_once], *([month] for month in months[given.at_once :])):
        _line(batch[-1], editions.publish(batch), editions)
    _shares(editions.past)
    if given.attack or given.stranger:
        _attack(editions, given.stranger)


def _growth(seed: int) -> None:
    """The last month of provinces of some sizes, after all earlier ones at once."""
    proofs = ("all persons", *map(name_of, CATEGORY_PLANS))
    print("| units | months | small counts |", " | ".join((*proofs, "all")), "|")
    print("|---:" * (4 + len(proofs)) + "|")
    for months in GROWING_MONTHS:
        for units in GROWING_UNITS:
            editions = Editions(RandomProvince.made(units, months, seed))
            editions.publish(editions.province.months[:-1])
            took = editions.publish(editions.province.months[-1:]).processor
            assert editions.told is not None
            assert not editions.wrong
            small = sum(0 < count < Protection().k for count in editions.past.counts.values())
            each = [result.seconds for _, result in editions.told.proofs[: len(proofs)]]
            told = " | ".join(f"{seconds:.1f} s" for seconds in (*each, took))
            print(f"| {units} | {months} | {small:,} | {told} |", flush=True)


def _memory() -> float:
    """The most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _country(provinces: int, units: int, months: int) -> None:
    """The last month of many provinces, in as many processes as there are cores, after all earlier
    months are there.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(max_tasks_per_child=1) as processes,
    ):
        files = [Path(folder) / str(seed) for seed in range(provinces)]
        begun = time.monotonic()
        for job in [
            processes.submit(_save_history, file, units, months, seed)
            for seed, file in enumerate(files)
        ]:
            job.result()
        between = time.monotonic()
        jobs = [processes.submit(_last_month, file) for file in files]
        done = [job.result() for job in as_completed(jobs)]
        ended = time.monotonic()
    seconds = sorted(seconds for seconds, _, _ in done)
    print(
        f"{provinces} provinces of {units} units: month {months} in {ended - between:.0f} s"
        f" ({sum(seconds):.0f} s cpu, {seconds[len(seconds) // 2]:.0f} s at the median, the slowest"
        f" {seconds[-1]:.0f} s); memory of a process at most {max(mb for _, mb, _ in done):.0f} MB;"
        f" failed checks {sum(wrong for _, _, wrong in done)}. All earlier months at once:"
        f" {between - begun:.0f} s"
    )


def _save_history(file: Path, units: int, months: int, seed: int) -> None:
    """All months but the last."""
    editions = Editions(RandomProvince.made(units, months, seed))
    editions.publish(editions.province.months[:-1])
    editions.batch = editions.told = None
    file.write_bytes(pickle.dumps(editions))


def _last_month(file: Path) -> tuple[float, float, int]:
    """Seconds of the processor, peak memory in MB, failed checks."""
    editions: Editions = pickle.loads(file.read_bytes())
    seconds = editions.publish(editions.province.months[-1:]).processor
    return seconds, _memory(), editions.wrong


def _attack(editions: Editions, seconds: float) -> None:
    """First as ``publish`` does, with the tables that the proofs show; then as a stranger would."""
    past, batch, told = editions.past, editions.batch, editions.told
    assert batch is not None
    assert told is not None
    prints = {cell: (one.shown, one.low, one.high) for cell, one in past.printed.items()}
    units = batch.frame.units
    besides = frames_besides(prints, units, past.months, lambda at: past.clusters.get(at, {}))
    frame = batch.frame.with_cells_of(besides)
    with tempfile.TemporaryDirectory() as folder:
        files_of(frame, prints).write_csv(Path(folder))
        edition = read(Path(folder))
    true = {cell.id: count for cell, count in past.counts.items()}
    for known in (known_tables(frame, past, told), None):
        if known is None and not seconds:
            return
        findings = attack(edition, seconds=seconds or 600.0, known=known)
        how = "with the tables shown" if known else "by a stranger"
        print(
            f"attack {how} {findings.seconds:.1f} s, undecided {len(findings.undecided)},"
            f" stops publication: {findings.stops(true)[:10]}",
            flush=True,
        )


def _line(month: str, seconds: Seconds, editions: Editions) -> None:
    past = editions.past
    small = sum(0 < count < Protection().k for count in past.counts.values())
    print(
        f"{month} {seconds.processor:6.1f} s cpu {seconds.clock:6.1f} s {_memory():5.0f} MB"
        f" small {small} failed checks {editions.wrong}",
        flush=True,
    )


def _under_five(past: Past) -> None:
    """How many counts of open cases of units, by what tells them apart, are under five."""
    for dimension in CATEGORIES:
        counts = [
            count
            for cell, count in past.counts.items()
            if (cell.level, cell.measure) == ("unit", "open") and cell.categories[dimension]
        ]
        if counts:
            share = sum(count < Protection().k for count in counts) / len(counts)
            print(f"open cases of units by {dimension}: {share:.0%} of the counts under five")


def _shares(past: Past) -> None:
    """How each table came out; the last column: exact ones among counts of five and more."""
    rows: dict[tuple[str, str, str], Counter[str]] = {}
    for cell, one in past.printed.items():
        if cell.measure in ACTIVITY:
            continue
        every = "year" if len(cell.period) == 4 else "quarter" if "Q" in cell.period else "month"
        if cell.measure == "open" and ends_quarter(cell.period):
            every = "quarter's end"
        by = f" by {cell.category[0]}" if cell.category else ""
        tally = rows.setdefault((cell.level, f"{cell.measure}{by}", every), Counter())
        low, high, _ = one.ends
        width = high - low + 1
        tally["exact" if width == 1 else "five" if width == 5 else "wider"] += 1
        tally["exact of 5+"] += width == 1
        tally["5+"] += one.count >= Protection().k
    _under_five(past)
    print("\n| level | measure | every | cells | exact | range of five | wider | exact of 5+ |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    for key, tally in sorted(rows.items()):
        cells = tally["exact"] + tally["five"] + tally["wider"]
        shares = (f"{tally[name] / cells:.0%}" for name in ("exact", "five", "wider"))
        large = f"{tally['exact of 5+'] / tally['5+']:.0%}" if tally["5+"] else "—"
        print(f"| {' | '.join(key)} | {cells} | {' | '.join(shares)} | {large} |")


if __name__ == "__main__":
    main()
