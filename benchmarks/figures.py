"""CPU seconds, memory and exactness of publishing a random province month after month.

    python -m benchmarks.figures --units 64 --months 24 [--clusters 6] [--seed 1] [--attack]
    python -m benchmarks.figures --provinces 34 --units 98 --months 24

Every month is published with all earlier prints as fixed constraints, and rechecked by plain
arithmetic. At the end stands, for each table, how much of it was printed exactly, as a range of
five, wider or not at all. With ``--attack`` the independent attack reads the last month's edition.

With ``--provinces``, that many are published beside each other, one a core: each has all months but
the last printed before, and the last month is measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from casework.anonymisation.attack import attack, read
from casework.anonymisation.exchange import cell_rows, write_edition
from casework.anonymisation.plan import (
    PLAN,
    Cell,
    ends_quarter,
    months_between,
    previous_month,
    quarter_of,
)
from casework.anonymisation.protection import Prints, Protection, Result, protect
from casework.anonymisation.relations import Frame, relations_of


@dataclass(frozen=True)
class RandomProvince:
    """Counts like the real ones: 14 open cases a unit, most monthly flows 0 to 3."""

    units: tuple[str, ...]
    months: tuple[str, ...]
    counts: dict[tuple[str, str, str], int]

    @classmethod
    def made(cls, units: int, months: int, seed: int) -> RandomProvince:
        random = np.random.default_rng(seed)
        codes = tuple(f"{31000 + n}" for n in range(units))
        last = f"{2024 + (months - 1) // 12}-{(months - 1) % 12 + 1:02}"
        calendar = months_between("2024-01", last)
        counts: dict[tuple[str, str, str], int] = {}
        for unit in codes:
            stock = int(random.poisson(random.gamma(2.0, 7.0)))
            rate = stock / 18 + 0.1
            counts["open", unit, previous_month(calendar[0])] = stock
            for month in calendar:
                new, closed = int(random.poisson(rate)), int(random.poisson(rate))
                closed = min(closed, stock + new)
                stock += new - closed
                counts["open", unit, month] = stock
                for measure, value in (("new", new), ("closed", closed)):
                    for period in (month, quarter_of(month), month[:4]):
                        key = measure, unit, period
                        counts[key] = counts.get(key, 0) + value
                if month[5:] in ("03", "06", "09", "12"):
                    quarter = quarter_of(month)
                    most = stock + counts["closed", unit, quarter]
                    counts["supported", unit, quarter] = int(random.binomial(most, 0.6))
                    held = random.random() < 0.6
                    counts["attendances", unit, quarter] = int(random.poisson(20)) if held else 0
        return cls(codes, calendar, counts)

    def of(self, frame: Frame) -> dict[Cell, int]:
        """The counts of a frame; the province from the same records."""
        total: Counter[tuple[str, str]] = Counter()
        for (measure, _, period), value in self.counts.items():
            total[measure, period] += value
        found = {
            cell: self.counts[cell.measure, cell.unit, cell.period]
            if cell.level == "unit"
            else total[cell.measure, cell.period]
            for cell in frame.to_count
        }
        clusters = [cell for cell in found if cell.level == "cluster"]
        return found | {
            cell: sum(found[part] for part in frame.parts_of(cell)) for cell in clusters
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--clusters", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attack", action="store_true")
    parser.add_argument("--provinces", type=int, default=0)
    given = parser.parse_args()
    if given.provinces:
        _country(given.provinces, given.units, given.months)
        return
    province = RandomProvince.made(given.units, given.months, given.seed)
    every = max(given.clusters, 1)
    clusters = {f"c{n}": province.units[n::every] for n in range(given.clusters)}
    frozen: Prints | None = None
    for count in range(1, given.months + 1):
        started = time.process_time()
        months = province.months[:count]
        frame = relations_of(PLAN, units=province.units, months=months, clusters=clusters)
        result = protect(frame.table(province.of(frame)), frozen, Protection(seed=given.seed))
        seconds = time.process_time() - started
        wrong = result.verify()
        _line(province.months[count - 1], seconds, result, wrong)
        frozen = result.prints
    _shares(frame, result)
    if given.attack:
        _attack(frame, result)


def _country(provinces: int, units: int, months: int) -> None:
    """The last month of many provinces, in as many processes as there are cores."""
    begun = time.monotonic()
    with ProcessPoolExecutor(max_tasks_per_child=1) as processes:
        jobs = [processes.submit(_last_month, units, months, seed) for seed in range(provinces)]
        done = [job.result() for job in as_completed(jobs)]
    seconds = sorted(seconds for seconds, _, _ in done)
    print(
        f"{provinces} provinces of {units} units, month {months}: {time.monotonic() - begun:.0f} s"
        f" with all earlier months, the last month {sum(seconds):.0f} s cpu in all, slowest"
        f" {seconds[-1]:.1f} s; memory of a process at most {max(mb for _, mb, _ in done):.0f} MB;"
        f" failed checks {sum(wrong for _, _, wrong in done)}"
    )


def _last_month(units: int, months: int, seed: int) -> tuple[float, float, int]:
    """Seconds of the processor, peak memory in MB, failed checks."""
    province = RandomProvince.made(units, months, seed)
    before = relations_of(PLAN, units=province.units, months=province.months[:-1])
    frozen = protect(before.table(province.of(before))).prints
    started = time.process_time()
    frame = relations_of(PLAN, units=province.units, months=province.months)
    result = protect(frame.table(province.of(frame)), frozen)
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds, memory, len(result.verify()) + len(result.unproved)


def _attack(frame: Frame, result: Result) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = cell_rows(frame, result.table, result.prints)
        write_edition(Path(folder), rows, result.table.relations, result.table.ids)
        findings = attack(read(Path(folder)), seconds=600)
    true = dict(zip(result.table.ids, result.table.true.tolist(), strict=True))
    for kind, tally in findings.by_kind.items():
        print(kind, tally)
    print(f"attack {findings.seconds:.1f} s, stops publication: {findings.stops(true)[:10]}")


def _line(month: str, seconds: float, result: Result, wrong: tuple[str, ...]) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    small = int(result.table.small(result.settings.k).sum())
    print(
        f"{month} {seconds:6.1f} s cpu {memory:5.0f} MB small {small} moves {len(result.moves)}"
        f" widened now {len(result.widened)} unproved {len(result.unproved)}"
        f" failed checks {len(wrong)}",
        flush=True,
    )


def _shares(frame: Frame, result: Result) -> None:
    """How each table came out; the last column: exact ones among counts of five and more."""
    rows: dict[tuple[str, str, str], Counter[str]] = {}
    prints, true = result.prints, result.table.true
    for place, cell in enumerate(frame.cells):
        if cell not in frame.printed:
            continue
        every = "year" if len(cell.period) == 4 else "quarter" if "Q" in cell.period else "month"
        if cell.measure == "open" and ends_quarter(cell.period):
            every = "quarter's end"
        tally = rows.setdefault((cell.level, cell.measure, every), Counter())
        width = int(prints.high[place] - prints.low[place]) + 1
        tally["exact" if width == 1 else "five" if width == 5 else "wider"] += 1
        tally["exact of 5+"] += width == 1
        tally["5+"] += bool(true[place] >= result.settings.k)
    print("\n| level | measure | every | cells | exact | range of five | wider | exact of 5+ |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    for key, tally in sorted(rows.items()):
        cells = tally["exact"] + tally["five"] + tally["wider"]
        shares = (f"{tally[name] / cells:.0%}" for name in ("exact", "five", "wider"))
        large = f"{tally['exact of 5+'] / tally['5+']:.0%}" if tally["5+"] else "—"
        print(f"| {' | '.join(key)} | {cells} | {' | '.join(shares)} | {large} |")


if __name__ == "__main__":
    main()
