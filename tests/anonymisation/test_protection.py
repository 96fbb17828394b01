"""Prints are true, nothing small becomes known, and the proof can be done again by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.anonymisation.attack import attack
from casework.anonymisation.plan import (
    PLAN,
    Balance,
    Cell,
    Measure,
    Plan,
    Printed,
    months_between,
)
from casework.anonymisation.protection import (
    OPEN,
    Move,
    Prints,
    Protection,
    Result,
    Shown,
    Table,
    TableWrong,
    Width,
    decide,
    protect,
    verify,
)
from casework.anonymisation.protection.proof import agrees, stays_inside
from casework.anonymisation.protection.search import Layout, Neighbourhood
from casework.anonymisation.protection.table import draft
from casework.anonymisation.relations import relations_of
from tests.anonymisation.provinces import (
    MONTHLY,
    Unit,
    candidates,
    counted,
    edition,
    monthly,
    small_units,
)

slow = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

FALLING = Plan(
    measures=MONTHLY.measures,
    printed=(
        Printed("unit", "open", "month", 1),
        Printed("province", "closed", "month", 2),
        Printed("province", "open", "month", 3),
    ),
    balances=(Balance("open", "new", "closed"),),
)


def true_by_id(table: Table) -> dict[str, int]:
    return dict(zip(table.ids, table.true.tolist(), strict=True))


def assert_good(result: Result) -> None:
    assert result.unproved == ()
    assert result.seconds > 0
    assert result.verify() == ()
    table, prints = result.table, result.prints
    assert (prints.low <= table.true).all() and (table.true <= prints.high).all()
    # Zero is never told apart: a range that holds it holds 0 to 4 at least.
    persons = table.personal & (prints.low == 0)
    assert (prints.high[persons] >= 4).all()


@slow
@given(small_units())
def test_no_table_gives_a_small_cell_away(units: dict[str, Unit]) -> None:
    result = protect(monthly(units, ("2026-02",)))
    assert_good(result)
    small = np.flatnonzero(result.table.small(5))
    readers = [None] if len(units) == 1 else [None, *range(len(units))]
    for reader in readers:
        values = candidates(result.table, result.prints, reader)
        for cell in small:
            if reader is None or result.table.block[cell] != reader:
                told = f"{result.table.ids[cell]} to reader {reader}: {values[cell]}"
                assert len(values[cell]) >= 3, told


@slow
@given(small_units(months=4, most_units=5), st.integers(0, 3))
def test_a_year_in_sequence_stays_unsolved(units: dict[str, Unit], seed: int) -> None:
    months = months_between("2026-01", "2026-04")
    plan = replace(
        PLAN,
        measures=PLAN.measures[:3],
        printed=tuple(t for t in PLAN.printed if t.measure in {"open", "new", "closed"}),
        limits=(),
    )
    frozen: Prints | None = None
    for last in range(1, 5):
        table = monthly(units, months[:last], plan)
        result = protect(table, frozen, Protection(seed=seed))
        assert_good(result)
        if frozen is not None:
            assert_unchanged(frozen, result.prints)
        frozen = result.prints
        findings = attack(edition(table, frozen), seconds=20)
        assert findings.stops(true_by_id(table)) == ()


def assert_unchanged(before: Prints, now: Prints) -> None:
    place = {name: number for number, name in enumerate(now.ids)}
    at = [place[name] for name in before.ids]
    assert (now.low[at] == before.low).all() and (now.high[at] == before.high).all()
    assert tuple(now.shown[n] for n in at) == before.shown


def test_four_units_that_fall_out_of_their_range_do_not_tell_their_closures() -> None:
    """Each falls from 5–9 to 0–4, the province closed 0–4: ranges alone say 1, 1, 1, 1."""
    before = {f"u{n}": (5, ((0, 0), (0, 1))) for n in range(4)}
    months = ("2026-02", "2026-03")
    first = protect(monthly(before, months[:1], FALLING))
    table = monthly(before, months, FALLING)

    naive = _narrow(table)
    proved = {one.cell: one for one in attack(edition(table, naive)).found}
    for unit in before:
        assert proved[f"unit:{unit}:closed:2026-03"].verdict == "exact"

    result = protect(table, first.prints)
    assert_good(result)
    assert result.widened
    assert attack(edition(table, result.prints)).stops(true_by_id(table)) == ()


def _narrow(table: Table) -> Prints:
    """Five-wide ranges everywhere and no proof: what a simpler program would print."""
    low = np.where(table.printed, table.true // 5 * 5, 0)
    high = np.where(table.printed, low + 4, OPEN)
    return Prints(table.ids, low, high, (Shown.BAND,) * len(table.ids))


def test_the_least_useful_figure_gives_way() -> None:
    """Three fall from 5–9 to 0–4 with 0–4 closures in the province: either that or a unit's stock
    has to widen, and a unit's stock is of less use.
    """
    units = {f"u{n}": (5, ((0, 0), (0, 1))) for n in range(3)}
    first = protect(monthly(units, ("2026-02",), FALLING))
    assert first.widened == ()
    result = protect(monthly(units, ("2026-02", "2026-03"), FALLING), first.prints)
    assert_good(result)
    assert result.widened
    assert all(name.startswith("unit:") and ":open:" in name for name, _ in result.widened)


EXACT = replace(MONTHLY, printed=tuple(replace(table, exact=True) for table in MONTHLY.printed))


@slow
@given(small_units())
def test_what_is_printed_exactly_gives_nothing_small_away(units: dict[str, Unit]) -> None:
    """Every count of five and more would be printed exactly; the proof decides which may be."""
    result = protect(monthly(units, ("2026-02",), EXACT))
    assert_good(result)
    table, prints = result.table, result.prints
    exact = np.array([shown is Shown.EXACT for shown in prints.shown])
    assert (table.true[exact] >= 5).all()
    assert (prints.low[exact] == prints.high[exact]).all()
    assert attack(edition(table, prints), seconds=20).stops(true_by_id(table)) == ()


def test_exactness_is_bought_where_the_proof_allows_it() -> None:
    """One small count beside an exact total would be known; beside three it need not be."""
    plan = Plan(
        measures=(Measure("open", "stock"),),
        printed=(
            Printed("unit", "open", "month", 1, exact=True),
            Printed("province", "open", "month", 2, exact=True),
        ),
    )
    one = {"u0": (3, ()), **{f"u{n}": (20 + n, ()) for n in range(1, 4)}}
    three = one | {"u1": (2, ()), "u2": (2, ())}
    shown = {}
    for name, units in (("one", one), ("three", three)):
        frame = relations_of(plan, units=tuple(units), months=("2026-01",))
        result = protect(frame.table(counted(frame, units)))
        assert_good(result)
        shown[name] = dict(zip(result.table.ids, result.prints.shown, strict=True))
    total = "province:province:open:2026-01"
    assert shown["one"][total] is Shown.EXACT
    # The least useful pays: another unit's count stays a range.
    assert [shown["one"][f"unit:u{n}:open:2026-01"] for n in range(1, 4)].count(Shown.BAND) >= 1
    assert shown["three"][total] is Shown.EXACT
    assert shown["three"]["unit:u3:open:2026-01"] is Shown.EXACT


def test_presence_is_not_told_where_it_would_say_who() -> None:
    """Persons of group C in a unit: that there is one must not be known, though 1, 2, 3 may be."""
    plan = Plan(
        measures=(Measure("open", "stock"),),
        printed=(
            Printed("unit", "open", "month", 1),
            Printed("unit", "open", "month", 0, by=("group",)),
        ),
        categories={"group": ("A", "C")},
    )
    frame = relations_of(plan, units=("u0", "u1"), months=("2026-01",))
    counts = {
        cell: {"A": 9, "C": 1, "": 10}[cell.group] * (2 if cell.level == "province" else 1)
        for cell in frame.to_count
    }
    result = protect(frame.table(counts))
    assert_good(result)
    cell = result.table.ids.index("unit:u0:open:2026-01:C")
    others = {int(move.applied_to(result.table.true)[cell]) for move in result.moves}
    assert 0 in others
    kept = tuple(move for move in result.moves if move.applied_to(result.table.true)[cell] > 0)
    assert "unproved: unit:u0:open:2026-01:C" in verify(
        result.table, result.prints, kept, result.settings
    )


def test_earlier_prints_are_never_drawn_again_and_a_false_one_is_named() -> None:
    units = {"u0": (3, ((2, 1), (1, 0))), "u1": (8, ((0, 3), (2, 2)))}
    first = protect(monthly(units, ("2026-01",)))
    later = dict(units, u0=(3, ((7, 1), (1, 0))))  # five more records reached January late
    with pytest.raises(TableWrong, match="u0:new:2026-01"):
        protect(monthly(later, ("2026-01", "2026-02")), first.prints)


def test_what_earlier_prints_already_tell_is_named_and_not_drawn_again() -> None:
    """Ranges printed without proof give u0 to u3 away; only a new print may be widened."""
    units = {f"u{n}": (5, ((0, 0), (0, 1))) for n in range(4)}
    table = monthly(units, ("2026-02", "2026-03"), FALLING)
    printed_before = _narrow(table)
    result = protect(table, printed_before)
    assert "unit:u0:closed:2026-03" in result.unproved
    assert result.widened == ()
    assert_unchanged(printed_before, result.prints)


def test_a_relation_that_does_not_hold_is_named() -> None:
    table = monthly({"u0": (3, ((2, 1),)), "u1": (8, ((0, 3),))}, ("2026-01",))
    wrong = table.true.copy()
    wrong[table.ids.index("province:province:new:2026-01")] += 1
    with pytest.raises(TableWrong, match="new:2026-01"):
        protect(replace(table, true=wrong))


def test_a_count_that_is_missing_is_named() -> None:
    frame = relations_of(MONTHLY, units=("u0",), months=("2026-01",))
    with pytest.raises(TableWrong, match="counts are missing"):
        frame.table({})


@pytest.mark.parametrize("bad", [{"k": 4}, {"width": 4}, {"k": 6}])
def test_settings_cannot_be_lowered(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Protection(**bad)


def test_a_higher_k_with_wider_ranges_is_kept() -> None:
    units = {f"u{n}": (n + 4, ((n, 1),)) for n in range(4)}
    result = protect(monthly(units, ("2026-01",)), None, Protection(k=8, width=10))
    assert_good(result)
    shown = result.table.printed & (result.prints.low == 0)
    assert (result.prints.high[shown] >= 9).all()


def test_checking_again_finds_a_narrowed_print_a_lost_move_and_a_false_label() -> None:
    units = {"u0": (3, ((2, 1),)), "u1": (8, ((0, 3),)), "u2": (12, ((1, 1),))}
    result = protect(monthly(units, ("2026-01",)))
    table, prints, moves = result.table, result.prints, result.moves
    cell = table.ids.index("unit:u0:new:2026-01")
    narrowed = prints.low.copy(), prints.high.copy()
    narrowed[0][cell] = narrowed[1][cell] = table.true[cell]
    assert verify(table, Prints(prints.ids, *narrowed, prints.shown), moves, result.settings)
    assert any("unproved" in line for line in verify(table, prints, moves[:1], result.settings))
    false = prints.low.copy()
    false[cell] = 5
    told = verify(table, Prints(prints.ids, false, prints.high, prints.shown), moves, Protection())
    assert told[0] == "false print: unit:u0:new:2026-01"


def test_a_move_must_agree_with_every_print_and_relation() -> None:
    """One more of a count of 3 stays in 0–4; two more do not. Nor may a relation break."""
    table = monthly({"u0": (3, ((3, 3),))}, ("2026-01",))
    places = [table.ids.index(f"unit:u0:{measure}:2026-01") for measure in ("new", "closed")]
    above = [table.ids.index(f"province:province:{m}:2026-01") for m in ("new", "closed")]
    cells = np.array(places + above)
    prints = _narrow(table)
    one, two = Move(cells, np.full(4, 1)), Move(cells, np.full(4, 2))
    assert agrees(table, prints.low, prints.high, one)
    assert not agrees(table, prints.low, prints.high, two)
    assert not agrees(table, prints.low, prints.high, Move(cells[:1], np.array([1])))
    assert "move 0 disagrees" in verify(table, prints, (two,), Protection())[0]


def test_two_values_are_not_enough_and_three_may_come_from_two_moves() -> None:
    table = monthly({"u0": (3, ((3, 3),))}, ("2026-01",))
    places = [f"unit:u0:{name}:2026-01" for name in ("new", "closed")]
    above = [f"province:province:{name}:2026-01" for name in ("new", "closed")]
    cells = np.array([table.ids.index(name) for name in (*places, *above)])
    up, down = Move(cells, np.full(4, 1)), Move(cells, np.full(4, -1))
    unproved = [f"unproved: {name}" for name in places]
    rule, prints = Protection(knowing_unit=False), _narrow(table)
    for moves, told in (((up,), True), ((down,), True), ((up, down), False)):
        wrong = verify(table, prints, moves, rule)
        assert all((line in wrong) is told for line in unproved)


@pytest.mark.parametrize(
    "units",
    [
        {"u0": (3, ((1, 2),))},
        {f"u{n}": (0, ((0, 0),)) for n in range(5)},
        {f"u{n}": (4000 + n, ((300, 200),)) for n in range(3)},
    ],
    ids=["one unit only", "all zeros", "counts of thousands"],
)
def test_unusual_provinces(units: dict[str, Unit]) -> None:
    result = protect(monthly(units, ("2026-01",)))
    assert_good(result)
    assert attack(edition(result.table, result.prints)).stops(true_by_id(result.table)) == ()


def test_every_widened_print_is_true_and_shown_for_what_it_is() -> None:
    units = {f"u{n}": (5, ((0, 1),)) for n in range(4)}
    result = protect(monthly(units, ("2026-02",)))
    place = {name: number for number, name in enumerate(result.table.ids)}
    for name, width in result.widened:
        shown = result.prints.shown[place[name]]
        assert shown is (Shown.NONE if width == Width.HIDDEN else Shown.BAND)


def test_clusters_are_proved_with_the_rest() -> None:
    units = {f"u{n}": (n + 2, tuple((n % 3, (n + m) % 2) for m in range(3))) for n in range(6)}
    clusters = {f"c{c}": [f"u{n}" for n in range(c, 6, 2)] for c in range(2)}
    plan = replace(PLAN, measures=PLAN.measures[:3], limits=())
    frame = relations_of(
        plan, units=tuple(units), months=months_between("2026-01", "2026-03"), clusters=clusters
    )
    result = protect(frame.table(counted(frame, units)))
    assert_good(result)
    assert "cluster:c0:open:2026-03" in result.table.ids


def test_a_table_by_group_is_one_more_line_of_the_plan() -> None:
    """Crossings bring their margins: the total is the sum of its groups, at every level."""
    plan = Plan(
        measures=(Measure("open", "stock", finest="quarter"),),
        printed=(
            Printed("unit", "open", "quarter", 1),
            Printed("unit", "open", "quarter", 0, by=("group",)),
            Printed("province", "open", "quarter", 2),
            Printed("province", "open", "quarter", 2, by=("group",)),
        ),
        categories={"group": ("A", "B", "C")},
    )
    units = tuple(f"u{n}" for n in range(5))
    frame = relations_of(plan, units=units, months=months_between("2026-01", "2026-03"))
    counts: dict[Cell, int] = {}
    random = np.random.default_rng(3)
    for cell in frame.to_count:
        if cell.level == "unit" and cell.group:
            counts[cell] = int(random.poisson({"A": 14, "B": 2, "C": 0.8}[cell.group]))
    for cell in frame.to_count:
        if cell.level == "unit" and not cell.group:
            counts[cell] = sum(counts[cell._replace(group=group)] for group in "ABC")
    for cell in frame.to_count:
        if cell.level == "province":
            counts[cell] = sum(counts[cell._replace(level="unit", unit=unit)] for unit in units)
    result = protect(frame.table(counts))
    assert_good(result)
    assert attack(edition(result.table, result.prints)).stops(true_by_id(result.table)) == ()


def by_group() -> tuple[Table, Neighbourhood]:
    """Four units by group, of which the province is printed exactly."""
    plan = Plan(
        measures=(Measure("open", "stock", finest="quarter"),),
        printed=(Printed("province", "open", "quarter", 1, by=("group",), exact=True),),
        categories={"group": ("A", "B", "C")},
    )
    own = {"u0": (3, 9, 4), "u1": (8, 2, 0), "u2": (7, 6, 5), "u3": (9, 8, 6)}
    frame = relations_of(plan, units=tuple(own), months=months_between("2026-01", "2026-03"))
    counts: dict[Cell, int] = {}
    for cell in frame.to_count:
        here = own.values() if cell.level == "province" else [own[cell.unit]]
        counts[cell] = sum(
            unit["ABC".index(cell.group)] if cell.group else sum(unit) for unit in here
        )
    table = frame.table(counts)
    layout, made = Layout(table), draft(table, None, Protection())
    return table, Neighbourhood(layout, made, range(layout.parts), elastic=True)


def test_a_telling_count_comes_down_to_nothing_in_one_move():
    """Four of group C in a unit: another table has none there, though prints are overstepped."""
    table, near = by_group()
    cell = table.ids.index("unit:u0:open:2026-03:C")
    found = near.force(cell, -4, np.zeros(len(table.ids)))
    assert found is not None
    assert found[0].applied_to(table.true)[cell] == 0


def test_a_whole_move_costs_what_it_oversteps(monkeypatch):
    """Also where it took a program of whole numbers to find it, and none is found below it."""
    table, near = by_group()
    cell, wishes = table.ids.index("province:province:open:2026-03:C"), np.zeros(len(table.ids))
    corner = near.force(cell, 2, wishes)
    assert corner is not None
    assert corner[1] > 0
    whole, asked = Neighbourhood._whole, []

    def not_the_first(self, values):
        asked.append(values)
        return whole(self, values) if len(asked) > 1 else None

    monkeypatch.setattr(Neighbourhood, "_whole", not_the_first)
    found = near.force(cell, 2, wishes)
    assert found is not None
    assert len(asked) == 2
    assert found[1] == pytest.approx(corner[1])
    assert near.force(cell, 2, wishes, below=corner[1] / 2) is None


GOING_ON = {
    "u0": (7, ((2, 1), (1, 2), (2, 2))),
    "u1": (8, ((1, 1), (2, 1), (1, 2))),
    "u2": (6, ((2, 2), (1, 1), (2, 1))),
}
BEGUN = {
    "unit:u0:new:2026-01": 1,
    "unit:u0:open:2026-01": 1,
    "unit:u1:new:2026-01": -1,
    "unit:u1:open:2026-01": -1,
}


def begun(table: Table) -> Move:
    """One person who was new in January was so in u0, not in u1."""
    places = [table.ids.index(name) for name in BEGUN]
    return Move(np.array(places), np.array([*BEGUN.values()]))


def test_a_move_that_is_begun_goes_on_as_prints_allow() -> None:
    """As it is, it breaks the stocks' relation to what follows; what was before stays as begun."""
    table = monthly(GOING_ON, months_between("2026-01", "2026-03"))
    layout, made = Layout(table), draft(table, None, Protection())
    assert not table.relations.are_kept_by(begun(table).cells, begun(table).steps)
    near = Neighbourhood(layout, made, range(layout.parts), begun=begun(table))
    nothing = np.zeros(len(table.ids))
    found = near.push(nothing)
    assert found is not None
    assert agrees(table, made.low, made.high, found)
    moved = dict(zip((table.ids[cell] for cell in found.cells), found.steps, strict=True))
    assert {name: step for name, step in moved.items() if "2026-01" in name} == BEGUN
    assert len(moved) > len(BEGUN)

    # Printed exactly, what follows leaves it no way to go on; at a price there is one.
    after = table.last > table.last[begun(table).cells[0]]
    made.low[after], made.high[after] = table.true[after], table.true[after]
    assert (
        Neighbourhood(layout, made, range(layout.parts), begun=begun(table)).push(nothing) is None
    )
    elastic = Neighbourhood(layout, made, range(layout.parts), elastic=True, begun=begun(table))
    assert elastic.cheapest(nothing, 1.0) is None
    dear = elastic.cheapest(nothing)
    assert dear is not None
    assert dear[1] >= 1.0


def test_only_what_may_change_does() -> None:
    table = monthly(GOING_ON, months_between("2026-01", "2026-03"))
    layout, made = Layout(table), draft(table, None, Protection())
    flows = np.array([":open:" not in name for name in table.ids])
    near = Neighbourhood(layout, made, range(layout.parts), elastic=True, only=flows)
    found = near.force(table.ids.index("unit:u0:new:2026-02"), 1, np.zeros(len(table.ids)))
    assert found is not None
    assert flows[found[0].cells].all()
    assert agrees(table, np.zeros_like(table.true), np.full_like(table.true, OPEN), found[0])


def test_known_moves_serve_the_month_after_and_widen_nothing_needlessly() -> None:
    """What proved two months proves them again in the third, which only goes on from there."""
    months = months_between("2026-01", "2026-03")
    first = protect(monthly(GOING_ON, months[:2]))
    assert_good(first)
    table = monthly(GOING_ON, months)
    place = {name: number for number, name in enumerate(table.ids)}
    known = [
        Move(np.array([place[first.table.ids[cell]] for cell in move.cells]), move.steps)
        for move in first.moves
    ]
    left: dict[str, int] = {}

    def tell(stage: str, proved: int, all_: int) -> None:
        left.setdefault(stage, all_ - proved)

    result = protect(table, first.prints, None, tell, known)
    assert_good(result)
    small = int(table.small(5).sum())
    assert left["known"] < small / 2
    searched = protect(table, first.prints)
    assert len(result.widened) <= len(searched.widened)


def test_a_beginning_that_other_tables_forbid_is_not_gone_on_from(monkeypatch) -> None:
    """It would be found for every cell that it is about, and refused each time, until the tries are
    used up.
    """
    table = monthly(GOING_ON, months_between("2026-01", "2026-03"))
    kept = begun(table)
    layout, made = Layout(table), draft(table, None, Protection())
    near = Neighbourhood(layout, made, range(layout.parts), begun=kept)
    known = near.push(np.zeros(len(table.ids)))
    assert known is not None
    ceiling = table.ceiling.copy()
    ceiling[kept.cells[0]] = table.true[kept.cells[0]]
    bound = replace(table, ceiling=ceiling)
    tried: list[Move] = []
    enter = decide._Search._enter

    def watched(search, move):
        tried.append(move)
        return enter(search, move)

    monkeypatch.setattr(decide._Search, "_enter", watched)
    assert_good(protect(bound, known=[known, kept]))
    assert tried
    assert all(stays_inside(bound, np.zeros_like(ceiling), ceiling, move) for move in tried)
