"""Bounds, then other tables nearby, then programs: each step leaves fewer cells to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from casework.anonymisation.attack.bounds import propagate
from casework.anonymisation.attack.edition import CEILING, Edition
from casework.anonymisation.attack.region import Ints, Region

Bools = NDArray[np.bool_]
Verdict = Literal["exact", "within one", "edge"]

WIDE = 12
"""A relation over more cells than this links parts of the province, it does not make one."""

PUSHES = 12
"""Other tables tried in one region before going on."""


@dataclass(frozen=True)
class Finding:
    """The candidate values ``low..high`` of a cell, proved, and what that amounts to."""

    cell: str
    kind: str
    low: int
    high: int
    verdict: Verdict


@dataclass
class Tally:
    """One line of the report."""

    cells: int = 0
    exact: int = 0
    within_one: int = 0
    edge: int = 0
    undecided: int = 0


@dataclass(frozen=True)
class Known:
    """A whole table by the ids of cells, and others by what is different in them.

    A cell that is missing has the lower end of what is printed of it.
    """

    table: Mapping[str, int]
    changes: Iterable[Mapping[str, int]]


@dataclass(frozen=True)
class Findings:
    """What was proved. ``contradictions`` say that something printed cannot be true."""

    found: tuple[Finding, ...]
    undecided: tuple[str, ...]
    contradictions: tuple[str, ...]
    by_kind: Mapping[str, Tally]
    seconds: float

    def stops(self, true: Mapping[str, int], k: int = 5) -> tuple[str, ...]:
        """Cells for whose sake a publisher, who knows the ``true`` counts, must not publish."""
        named = [one.cell for one in self.found if one.verdict != "edge"]
        named += [
            one.cell for one in self.found if one.verdict == "edge" and 0 < true[one.cell] < k
        ]
        return (*self.contradictions, *named, *self.undecided)


def attack(
    edition: Edition,
    *,
    seconds: float = 120.0,
    k: int = 5,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda decided, all_: None,
    known: Known | None = None,
) -> Findings:
    """Try to prove small counts from ``edition`` within ``seconds`` (see the package's text).

    ``known``: tables that whoever publishes says agree with it, the true one first. Each is
    checked, and those that do need not be searched for; nor is anything asked about a count that
    is not small in the true one.
    """
    return _Auditor(edition, seconds, k, seed, progress, known).run()


@dataclass
class _Auditor:
    edition: Edition
    budget: float
    k: int
    seed: int
    progress: Callable[[int, int], None]
    known: Known | None = None
    asked: Bools | None = None
    contradictions: list[str] = field(default_factory=list)

    def run(self) -> Findings:
        self.started = time.monotonic()
        self.random = np.random.default_rng(self.seed)
        self.contradictions += [f"printed twice: {cell}" for cell in self.edition.redrawn]
        self.low, self.high = propagate(self.edition)
        self.seen_low = np.full(len(self.low), CEILING)
        self.seen_high = np.full(len(self.low), -1, dtype=np.int64)
        crossed = np.flatnonzero(self.low > self.high)
        self.contradictions += [f"impossible: {self.edition.ids[cell]}" for cell in crossed[:20]]
        if not len(crossed):
            self._search()
        return self._report()

    def _look_at_shares(self) -> Iterator[Finding]:
        """Shares told as bands, one by one: nothing links them to one another."""
        place = {cell: number for number, cell in enumerate(self.edition.ids)}
        for share in self.edition.shares:
            of, most = place[share.of], place.get(share.at_most)
            whole = int(self.edition.low[of]), int(self.edition.high[of])
            if whole[1] >= CEILING:
                self.contradictions.append(f"{share.id} is a share of what is not printed")
                continue
            bound = None
            if most is not None:
                bound = int(self.edition.low[most]), int(self.edition.high[most])
            if share.tells_of_others(whole, bound):
                self.contradictions.append(f"{share.id} tells of another count")
            few = share.narrowest(int(self.low[of]), int(self.high[of]), self.k)
            if few is not None:
                verdict: Verdict = "exact" if len(few) == 1 else "within one"
                yield Finding(share.id, share.kind, few[0], few[-1], verdict)

    def _search(self) -> None:
        table = self._take(self.known) if self.known else None
        whole = Region(self.edition, (self.low, self.high), np.arange(len(self.low)))
        if table is None:
            if whole.feasible() is False:
                self.contradictions.append("no table agrees with all relations and prints")
                return
            table = self._first_table(whole)
        if table is not None:
            self._wander(table)
        self._prove_nearby()
        for exact in (False, True):
            for cell in np.flatnonzero(self._open()):
                self._prove(whole, int(cell), exact)

    def _take(self, known: Known) -> Ints | None:
        """Look through tables that are said to agree; None when the first does not."""
        edition = self.edition
        table = np.array(
            [
                known.table.get(name, least)
                for name, least in zip(edition.ids, edition.low.tolist(), strict=True)
            ],
            dtype=np.int64,
        )
        place = {name: number for number, name in enumerate(edition.ids)}
        left = np.bincount(
            edition.rel, weights=edition.coef * table[edition.cell], minlength=len(edition.rhs)
        )
        is_inside = (table >= np.maximum(edition.low, 0)) & (table <= edition.high)
        if (left != edition.rhs).any() or not is_inside.all():
            self.contradictions.append("the table that is said to be true does not agree")
            return None
        self.asked = (table >= 1) & (table < self.k)
        self._note(table)
        order = np.argsort(edition.cell, kind="stable")
        begins = np.searchsorted(edition.cell[order], np.arange(len(table) + 1))
        for change in known.changes:
            if not change or not change.keys() <= place.keys():
                continue
            cells = np.array([place[name] for name in change], dtype=np.int64)
            steps = np.array(list(change.values()), dtype=np.int64)
            other = table[cells] + steps
            if (other < np.maximum(edition.low[cells], 0)).any():
                continue
            if (other > edition.high[cells]).any():
                continue
            sizes = begins[cells + 1] - begins[cells]
            entries = np.concatenate([order[begins[c] : begins[c + 1]] for c in cells])
            rows, row = np.unique(edition.rel[entries], return_inverse=True)
            moved = np.bincount(
                row, weights=edition.coef[entries] * np.repeat(steps, sizes), minlength=len(rows)
            )
            if not moved.any():
                self.seen_low[cells] = np.minimum(self.seen_low[cells], other)
                self.seen_high[cells] = np.maximum(self.seen_high[cells], other)
        return table

    def _open(self) -> Bools:
        """Cells that may be small and whose proved values were not all, or not three, seen yet."""
        maybe: Bools = self.edition.personal & (self.low < self.k) & (self.high > self.low)
        maybe &= self.seen_high - self.seen_low < np.minimum(2, self.high - self.low)
        return maybe if self.asked is None else maybe & self.asked

    def _left(self) -> float:
        return self.budget - (time.monotonic() - self.started)

    def _note(self, table: Ints) -> None:
        self.seen_low = np.minimum(self.seen_low, table)
        self.seen_high = np.maximum(self.seen_high, table)
        self.progress(len(self.low) - int(self._open().sum()), len(self.low))

    def _first_table(self, whole: Region) -> Ints | None:
        """Some table of whole numbers that agrees with everything."""
        for integer in (False, False, False, True):
            weights = self.random.uniform(-1.0, 1.0, len(self.low))
            # Ends that stand for "no end" must not draw the table there.
            weights[self.high > self.low + 1000] = -0.01
            table = whole.push(weights, seconds=self._left() / 3, whole=integer)
            if table is not None:
                self._note(table)
                return table
        return None

    def _wander(self, table: Ints) -> None:
        """Change the table part by part, towards values not yet seen, in ever larger parties."""
        parts, hubs = self._parts()
        size = 1
        while size <= 2 * (int(parts.max()) + 1) and self._left() > 0:
            before = int(self._open().sum())
            for party in self._parties(parts, size):
                cells = np.flatnonzero(np.isin(parts, party) | np.isin(parts, hubs))
                table = self._change(table, cells)
            after = int(self._open().sum())
            if after == 0:
                return
            if after > 0.8 * before:
                size *= 3

    def _parties(self, parts: Ints, size: int) -> Iterator[Ints]:
        needy = self.random.permutation(np.unique(parts[self._open()]))
        everyone = np.unique(parts)
        for start in range(0, len(needy), size):
            if self._left() <= 0:
                return
            party = needy[start : start + size]
            more = self.random.choice(everyone, min(size - 1, len(everyone)), replace=False)
            yield np.union1d(party, more)

    def _change(self, table: Ints, cells: Ints) -> Ints:
        region = Region(self.edition, (self.low, self.high), cells, held=table)
        for _ in range(PUSHES):
            wanted = self._open()[cells]
            if not wanted.any() or self._left() <= 0:
                break
            middle = (self.seen_low[cells] + self.seen_high[cells]) / 2
            room_up = self.high[cells] - middle
            room_down = middle - self.low[cells]
            upward = self.random.random(len(cells)) * (room_up + room_down) < room_up
            weights = np.where(upward, 1.0, -1.0) * self.random.uniform(0.2, 1.0, len(cells))
            # Cells that are not wanted get a faint pull home, so that nothing runs off to no end.
            home = np.where(self.high[cells] > self.low[cells] + 1000, -1e-5, 0.0)
            found = region.push(np.where(wanted, weights, home), seconds=self._left())
            if found is not None:
                table = table.copy()
                table[cells] = found
                self._note(table)
        return table

    def _parts(self) -> tuple[Ints, Ints]:
        """Parts of the table held together by narrow relations, and those that sum the others."""
        edition = self.edition
        size = np.bincount(edition.rel, minlength=len(edition.rhs))
        narrow = size[edition.rel] <= WIDE
        part = np.arange(len(edition.ids))
        rel, cell = edition.rel[narrow], edition.cell[narrow]
        while True:
            least = np.full(len(edition.rhs), len(part))
            np.minimum.at(least, rel, part[cell])
            new = part.copy()
            np.minimum.at(new, cell, least[rel])
            new = new[new]
            if (new == part).all():
                break
            part = new
        part = np.unique(part, return_inverse=True)[1].astype(np.int64)
        lone = np.bincount(edition.rel, weights=np.sign(edition.coef), minlength=len(edition.rhs))
        sums = ~narrow & (np.sign(edition.coef) != np.sign(lone[edition.rel]))
        return part, np.unique(part[edition.cell[sums]])

    def _prove_nearby(self) -> None:
        """Bounds from a part and the sums above it; all else free, so what is proved is proved."""
        parts, hubs = self._parts()
        for part in np.unique(parts[self._open()]):
            cells = np.flatnonzero((parts == part) | np.isin(parts, hubs))
            region = Region(self.edition, (self.low, self.high), cells)
            for cell in np.flatnonzero(self._open() & (parts == part)):
                self._prove(region, int(cell), False)

    def _prove(self, region: Region, cell: int, whole: bool) -> None:
        for side, ends in ((1, self.high), (-1, self.low)):
            if self._left() <= 0 or not self._open()[cell]:
                return
            end = region.end(cell, side, seconds=self._left(), whole=whole)
            if end is not None:
                ends[cell] = min(ends[cell], end) if side > 0 else max(ends[cell], end)
                if whole:  # the end is the value of a whole table
                    self.seen_low[cell] = min(self.seen_low[cell], end)
                    self.seen_high[cell] = max(self.seen_high[cell], end)

    def _report(self) -> Findings:
        open_ = self._open()
        by_kind: dict[str, Tally] = {}
        found: list[Finding] = []
        undecided: list[str] = []
        for cell in np.flatnonzero(self.edition.personal):
            kind = self.edition.kinds[cell]
            tally = by_kind.setdefault(kind, Tally())
            tally.cells += 1
            low, high = int(self.low[cell]), int(self.high[cell])
            verdict = self._verdict(low, high)
            if verdict is None and open_[cell]:
                undecided.append(self.edition.ids[cell])
                tally.undecided += 1
            if verdict is not None:
                found.append(Finding(self.edition.ids[cell], kind, low, high, verdict))
                tally.exact += verdict == "exact"
                tally.within_one += verdict == "within one"
                tally.edge += verdict == "edge"
        for share in self.edition.shares:
            by_kind.setdefault(share.kind, Tally()).cells += 1
        for one in self._look_at_shares():
            found.append(one)
            by_kind[one.kind].exact += one.verdict == "exact"
            by_kind[one.kind].within_one += one.verdict == "within one"
        return Findings(
            tuple(found),
            tuple(undecided),
            tuple(self.contradictions),
            by_kind,
            time.monotonic() - self.started,
        )

    def _verdict(self, low: int, high: int) -> Verdict | None:
        if high - low >= 2 or high < 1 or low >= self.k or low > high:
            return None
        if low >= 1 and high < self.k:
            return "exact" if low == high else "within one"
        return "edge"
