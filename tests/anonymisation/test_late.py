"""The persons supported in a whole year come once more, with March, and tell of nothing before."""

import csv
from datetime import date
from itertools import product

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.anonymisation.attack import attack, read
from casework.anonymisation.export import period_of, read_figures
from casework.anonymisation.late import print_late, years_due
from casework.anonymisation.models import PublishedCount
from casework.anonymisation.plan import Cell, months_between
from casework.anonymisation.protection import Shown
from casework.anonymisation.publish import publish_backlog, publish_period
from casework.anonymisation.sequence import Print
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.readmodel.models import Figure
from casework.organisation.settings.operations import load_usual
from casework.organisation.units.models import Unit
from tests.anonymisation.records import add_case, add_contact, add_service
from tests.anonymisation.test_measures import day, ident, rows
from tests.anonymisation.test_yearly import fill_year, past_of, spans_of


def test_a_year_is_due_with_the_march_after_it():
    months = months_between("2025-01", "2026-04")
    assert years_due(months, ["2026-03"]) == ["2025"]
    assert years_due(months, months) == ["2025"]
    assert years_due(months, ["2026-04"]) == []
    assert years_due(months[1:], ["2026-03"]) == []


# The prints.


def late(units):
    """The prints of a year: by unit the quarters, the whole year and the borrowers."""
    past = past_of(list(units), {unit: quarters for unit, (quarters, _, _) in units.items()})
    for unit, (_, _, borrowers) in units.items():
        past.counts[cell("unit", unit, "borrowers")] = borrowers
    tally = {(unit, "2025"): year for unit, (_, year, _) in units.items()}
    tally["province", "2025"] = sum(year for _, year, _ in units.values())
    ids = {name: name for name in (*units, "province")}
    return {one.cell.unit: one for one in print_late(past, "2025", tally, ids)}


def cell(level, unit, measure):
    return Cell(level, unit, measure, "2025")


def ends(one):
    return one.low, one.high


def test_a_unit_is_told_on_the_scale_of_its_quarters_and_the_province_where_nobody_is_squeezed():
    prints = late(
        {
            "u1": ((12, 11, 13, 10), 21, 3),
            "u2": ((3, 1, 2, 4), 6, 0),
            "u3": ((7, 9, 5, 6), 14, 9),
            "u4": ((1, 0, 0, 2), 2, 0),
        }
    )
    assert ends(prints["u1"]) == (20, 24)
    assert ends(prints["u2"]) == ends(prints["u4"]) == (0, 9)
    assert ends(prints["u3"]) == (10, 14)
    # 43 lie 1, 2 and 4 above the floors of 20, 4 and 10, and 2 below that of the fourth.
    assert prints["province"].shown is Shown.BAND
    assert ends(prints["province"]) == (30, 24 + 9 + 14 + 9)
    prints = late(
        {
            "u1": ((12, 11, 13, 10), 23, 3),
            "u2": ((3, 1, 2, 4), 8, 0),
            "u3": ((7, 9, 5, 6), 14, 9),
            "u4": ((1, 0, 0, 2), 2, 0),
        }
    )
    assert prints["province"].shown is Shown.EXACT and ends(prints["province"]) == (47, 47)


def test_an_only_unit_is_not_told_through_its_province():
    prints = late({"u1": ((12, 11, 13, 10), 21, 3)})
    assert ends(prints["province"]) == ends(prints["u1"]) == (20, 24)


def test_where_a_unit_is_not_shown_the_province_has_no_upper_end():
    prints = late({"u1": ((12, 11, 13, 10), 15, 3), "u2": ((3, 1, 2, 4), 13, 0)})
    assert ends(prints["u2"]) == (10, None)
    assert ends(prints["province"]) == (25, None)
    past = past_of(["u1", "u2"], {"u1": (3, 1, 2, 4)})  # nothing is printed of the other's quarters
    ids = {name: name for name in ("u1", "u2", "province")}
    tally = {("u1", "2025"): 4, ("u2", "2025"): 7, ("province", "2025"): 11}
    prints = {one.cell.unit: one for one in print_late(past, "2025", tally, ids)}
    assert prints["u2"].is_printed and prints["u2"].shown is Shown.NONE
    assert prints["province"].shown is Shown.NONE


def test_a_province_begins_at_its_largest_quarter_at_least():
    past = past_of(["u1", "u2"], {"u1": (3, 1, 2, 4)})
    quarter = Cell("province", "province", "supported", "2025-Q2")
    past.printed[quarter] = Print(quarter, 11, True, Shown.EXACT, 11, 11)
    ids = {name: name for name in ("u1", "u2", "province")}
    for taken_back, expected in ((0, (11, None)), (1, (None, None))):
        tally = {
            ("u1", "2025"): 4,
            ("u2", "2025"): 7 - taken_back,
            ("province", "2025"): 11 - taken_back,
        }
        prints = {one.cell.unit: one for one in print_late(past, "2025", tally, ids)}
        assert ends(prints["province"]) == expected


def test_a_unit_without_figures_in_the_year_is_not_shown_even_if_records_came_since():
    past = past_of(["u1", "u2"], {"u1": (3, 1, 2, 4), "u2": (0, 0, 0, 0)})
    past.last_in["u2"] = "2024-12"
    ids = {name: name for name in ("u1", "u2", "province")}
    for came, printed in ((0, False), (2, True)):
        tally = {("u1", "2025"): 4, ("u2", "2025"): came, ("province", "2025"): 4 + came}
        prints = {one.cell.unit: one for one in print_late(past, "2025", tally, ids)}
        assert (prints["u2"].is_printed, prints["u2"].shown) == (printed, Shown.NONE)


YEARS = st.tuples(
    st.lists(st.integers(0, 7), min_size=2, max_size=2),
    st.integers(0, 9),
    st.integers(0, 3),
)


def told(prints, name, most):
    one = prints[name]
    return range(one.low or 0, (most if one.high is None else one.high) + 1)


@given(st.lists(YEARS, min_size=2, max_size=4))
def test_a_reader_of_a_year_can_rule_out_no_quarters_and_no_small_year(drawn):
    """Brute force, against readers who know a unit and believe that a unit's year is at least each
    of its quarters: whatever values the quarters have that are printed of them, years of units
    agree with everything printed; and a small year keeps three values.
    """
    units = {
        f"u{number}": ((*two, 0, 0), max(*two) + more, min(borrowers, max(*two)))
        for number, (two, more, borrowers) in enumerate(drawn)
    }
    prints = late(units)
    true = {unit: year for unit, (_, year, _) in units.items()}
    assert prints["province"].low is None or prints["province"].low <= sum(true.values())
    most = sum(true.values()) + 30
    of_all = told(prints, "province", most)
    for reader in (None, *units):
        others = [unit for unit in units if unit != reader]
        known = true[reader] if reader else 0
        # Quarters with the largest values they are printed with, each unit's own to the largest.
        for pick in product((False, True), repeat=len(others)):
            least = known
            greatest = known
            for unit, at_most in zip(others, pick, strict=True):
                quarters = units[unit][0]
                largest = max(count // 5 * 5 + (4 if at_most else 0) for count in quarters)
                may = [
                    value
                    for value in told(prints, unit, most)
                    if value >= max(largest, units[unit][2])
                ]
                assert may, (unit, units)
                least, greatest = least + may[0], greatest + may[-1]
            assert least <= of_all[-1] and of_all[0] <= greatest, (reader, pick, units, prints)
        for unit in others:
            if not 0 < true[unit] < 5:
                continue
            sums = {known}
            for other in others:
                if other != unit:
                    at_least = max(*units[other][0], units[other][2])
                    values = [v for v in told(prints, other, most) if v >= at_least]
                    sums = {total + value for total in sums for value in values}
            left = {
                value
                for value in told(prints, unit, most)
                if value >= max(*units[unit][0], units[unit][2])
                and any(total + value in of_all for total in sums)
            }
            assert len(left) >= 3, (unit, reader, units, prints)


def test_an_exact_year_beside_an_exact_quarter_would_tell_a_small_one():
    """Why the province's year is not printed exactly as it is: one person more in the year than in
    the first quarter, and a unit whose quarters are "under 5" and "5–9", which must be 4 and 5.
    """
    quarters, year = (16, 17), 17
    left = {
        (first, second)
        for first, second in product(range(5), range(5, 10))
        for other_first, other_second in product(range(10, 15), repeat=2)
        if (first + other_first, second + other_second) == quarters
        and max(first, second) + max(other_first, other_second) <= year
    }
    assert left == {(4, 5)}
    prints = late({"u1": ((4, 5, 5, 5), 5, 0), "u2": ((12, 12, 12, 12), 12, 0)})
    assert prints["province"].shown is Shown.BAND


def test_a_second_print_of_borrowers_would_tell_who_came_late():
    """Why late loans are not printed beside the first edition's. Two units "under 5" with 7 loans
    in all; then one is "5–9", and all are 8: it had 4, and the one who came late is there.
    """
    before = {(one, 7 - one) for one in range(8) if one < 5 and 7 - one < 5}
    after = {(one, 8 - one) for one in range(9) if one >= 5 and 8 - one < 5}
    left = {
        (one, more - one)
        for (one, other), (more, others) in product(before, after)
        if one <= more and other <= others
    }
    assert left == {(4, 1)}


# From the records to the readers.


def plain_year(units):
    """Persons supported in 2025, by the unit that helped last, in plain SQL and plain loops; each
    case has one episode.
    """
    spans = spans_of(units)
    found = set()
    for table in ("$contacts", "$services"):
        for case, on in rows(
            f"SELECT case_id, on_day FROM {table} WHERE taken_back_at IS NULL", "confidential"
        ):
            if ident(case) in spans and day(on).year == 2025:
                begun, ended = spans[ident(case)]
                if begun <= day(on) <= ended:
                    found.add(ident(case))
    return len(found)


@pytest.fixture
def published(app, cast):
    """Up to February 2026."""
    with app.app_context(), time_machine.travel("2026-03-15 03:00:00+00:00", tick=False):
        load_usual(by=SYSTEM)
        fill_year([cast.units["a"], cast.units["b"]], 1)
        province = db.session.get_one(Unit, cast.units["province"])
        publish_backlog(province, "2026-02", SYSTEM)
        yield province


def prints_of():
    return {
        (one.unit_id, one.measure, period_of(one)): (one.shown, one.low, one.high)
        for one in db.session.scalars(select(Figure))
    }


def test_what_came_late_is_in_the_year_and_changes_no_earlier_print(published, cast):
    a, b = cast.units["a"], cast.units["b"]
    before = prints_of()
    assert not [key for key in before if key[1:] == ("supported", "2025")]
    expected = {a: plain_year([a]) + 3, b: plain_year([b])}
    for _ in range(3):
        case = add_case(a, date(2025, 5, 5))
        add_contact(case, a, date(2025, 5, 6))
        add_service(case, a, date(2025, 8, 6), "loan")
    taken_back = add_case(a, date(2025, 5, 5))
    add_service(taken_back, a, date(2026, 1, 6))  # of the next year
    db.session.commit()
    with time_machine.travel("2026-05-15 03:00:00+00:00", tick=False):
        publish_period(published, "2026-03", by=SYSTEM)
        after = prints_of()
        publish_period(published, "2026-04", by=SYSTEM)
    assert before.items() <= after.items()
    expected[published.id] = sum(expected.values())
    counts = select(PublishedCount).filter_by(measure="supported", period="2025")
    assert {one.unit_id: one.count for one in db.session.scalars(counts)} == expected
    for place, count in expected.items():
        shown, low, high = after[place, "supported", "2025"]
        assert shown in ("band", "exact") and low <= count and (high is None or count <= high)
        assert after[place, "borrowers", "2025"] == before[place, "borrowers", "2025"]
    of_all = [one for one in db.session.scalars(select(Figure)) if period_of(one) == "2025"]
    assert len([one for one in of_all if one.measure == "supported"]) == 3  # and never again


def believe(folder):
    """Add to an edition's files what a reader takes for true of years and their quarters."""
    cells = folder / "cells.csv"
    lines = list(csv.DictReader(cells.read_text().splitlines()))
    ids = {line["id"] for line in lines}
    relations = folder / "relations.csv"
    rel = 1 + max(int(line["rel"]) for line in csv.DictReader(relations.read_text().splitlines()))
    slack, entries = [], []

    def at_most(small, *large):
        nonlocal rel
        name = f"slack:{rel}"
        slack.append(name)
        entries.append([(one, 1) for one in large] + [(small, -1), (name, -1)])
        rel += 1

    first = rel
    for line in lines:
        if line["level"] == "unit" and (line["measure"], line["period"]) == ("supported", "2025"):
            quarters = [line["id"].replace("2025", f"2025-Q{n}") for n in range(1, 5)]
            assert ids.issuperset(quarters)
            borrowers = line["id"].replace("supported", "borrowers")
            at_most(borrowers, line["id"])
            at_most(borrowers, *quarters)
            for quarter in quarters:
                at_most(quarter, line["id"])
    with cells.open("a") as file:
        file.writelines(f"{name},unit,,slack,2025,,,,,0,none,,,\n" for name in slack)
    with relations.open("a") as file:
        for number, row in enumerate(entries, first):
            file.writelines(f"{number},{one},{sign},0\n" for one, sign in row)
    return len(entries)


def province_of(cast, sizes, seed):
    """A province of units of these sizes, with records of a year and more."""
    units = []
    for number in range(len(sizes)):
        unit = Unit(
            code=f"3040{number}",
            name=f"Mới {number}",
            kind="commune",
            valid_from=date(2024, 1, 1),
            is_province=False,
            province_id=cast.units["elsewhere"],
            source="test",
        )
        db.session.add(unit)
        db.session.flush()
        units.append(unit.id)
    for unit, size in zip(units, sizes, strict=True):
        fill_year([unit], 100 * seed + size, size)
    return db.session.get_one(Unit, cast.units["elsewhere"]), units


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_attack_finds_nothing_even_if_it_believes_more_than_is_public(
    app, cast, tmp_path, seed
):
    with app.app_context(), time_machine.travel("2026-04-15 03:00:00+00:00", tick=False):
        load_usual(by=SYSTEM)
        province, _ = province_of(cast, [4, 9, 16, 30, 45, 60], seed)
        publish_backlog(province, "2026-03", SYSTEM)
        read_figures(province.id, "2026-03").write_csv(tmp_path)
    found = attack(read(tmp_path))
    assert (found.found, found.undecided, found.contradictions) == ((), (), ())
    assert found.by_kind["unit supported"].cells == 6 * 6  # five quarters and the year
    assert believe(tmp_path) == 6 * 6
    found = attack(read(tmp_path))
    assert (found.found, found.undecided, found.contradictions) == ((), (), ())


def test_a_year_that_is_drawn_again_with_one_person_more_is_caught(published, cast, tmp_path):
    with time_machine.travel("2026-04-15 03:00:00+00:00", tick=False):
        publish_period(published, "2026-03", by=SYSTEM)
    for name in ("first", "second"):
        read_figures(published.id, "2026-03").write_csv(tmp_path / name)
    cells = tmp_path / "second" / "cells.csv"
    lines = cells.read_text().splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("unit:31825:supported:2025,"))
    *kept, low, high = lines[place].split(",")
    lines[place] = ",".join([*kept, str(int(low) + 5), str(int(high or low) + 5)])
    cells.write_text("\n".join(lines) + "\n")
    told_twice = attack(read(tmp_path / "first", tmp_path / "second")).contradictions
    assert any("printed twice: unit:31825:supported:2025" in line for line in told_twice)
