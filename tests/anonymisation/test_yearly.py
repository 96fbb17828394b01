"""What a year says of a province: borrowers, kinds of support, needs; of units, borrowers alone."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from random import Random

import numpy as np
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.anonymisation import yearly
from casework.anonymisation.attack import attack, read
from casework.anonymisation.export import read_figures
from casework.anonymisation.lifting import Lifting
from casework.anonymisation.measures import days_of
from casework.anonymisation.models import PublishedCount
from casework.anonymisation.plan import NEEDS, YEARLY, Cell, months_between
from casework.anonymisation.protection import OPEN, Shown, protect
from casework.anonymisation.publish import publish_backlog
from casework.anonymisation.relations import frame_of_year
from casework.anonymisation.scales import scale_of_some
from casework.anonymisation.sequence import Past, Print
from casework.anonymisation.yearly import (
    count_year,
    print_year,
    prove_again,
    years_ended,
    years_told,
)
from casework.confidential.assessments.models import AssessedArea, Assessment, NeedArea
from casework.confidential.cases.models import Episode
from casework.confidential.services.models import ServiceKind
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.readmodel.models import Figure
from casework.organisation.settings.operations import load_usual
from casework.organisation.units.models import Unit
from tests.anonymisation.records import WRITER, add_case, add_contact, add_service
from tests.anonymisation.test_measures import countable, day, ident, rows

FIRST = date(2024, 12, 1)


def test_every_kind_of_support_and_every_need_is_counted():
    named = {name.partition(".")[2] for name in YEARLY if name.startswith("service.")}
    assert named == set(ServiceKind) - {ServiceKind.LOAN}
    assert set(NEEDS) == set(NeedArea)


def test_a_year_ends_with_december_and_needs_all_its_months():
    months = months_between("2024-12", "2025-12")
    assert years_ended(months, ["2025-12"]) == ["2025"]
    assert years_ended(months[2:], ["2025-12"]) == []
    assert years_ended(months_between("2025-01", "2026-02"), ["2026-01", "2026-02"]) == []


def fill_year(units, seed, cases=30):
    random = Random(seed)
    for unit in units:
        for _ in range(cases):
            opened = FIRST + timedelta(days=random.randrange(300))
            closed = opened + timedelta(days=random.randrange(30, 500))
            answers = random.choice([(True,), (True,), (True,), (True, False), (False,)])
            is_closed = closed < date(2026, 3, 1) and random.random() < 0.4
            case = add_case(unit, opened, closed if is_closed else None, answers)
            for _ in range(random.randrange(5)):
                on = opened + timedelta(days=random.randrange(400))
                add_service(case, unit, on, random.choice(["loan", "loan", "job", "gift"]))
            add_contact(case, unit, opened)
            for _ in range(random.randrange(3)):
                on = opened + timedelta(days=random.randrange(400))
                made = Assessment(case_id=case, unit_id=unit, on=on, recorded_by=WRITER)
                db.session.add(made)
                db.session.flush()
                for area in random.sample(list(NeedArea), 4):
                    db.session.add(
                        AssessedArea(
                            assessment_id=made.id,
                            case_id=case,
                            area=area,
                            level=random.randrange(4),
                        )
                    )
    db.session.commit()


def spans_of(units):
    """The days on which each case of units is counted, by plain loops."""
    may, spans = countable(), {}
    for case, unit, opened, closed in rows(
        "SELECT case_id, unit_id, opened_on, closed_on FROM $episodes", "confidential"
    ):
        until = may.get(ident(case), date.min)
        if ident(unit) in units and day(opened) < until:
            spans[ident(case)] = day(opened), min(day(closed) if closed else date.max, until)
    return spans


def plain_count(units, year):
    """The same once more, in plain SQL and plain loops."""
    first, end = days_of(year)
    spans, found = spans_of(units), Counter()
    persons = {
        (kind, ident(case))
        for case, kind, on in rows("SELECT case_id, kind, on_day FROM $services", "confidential")
        if ident(case) in spans
        and first <= day(on) <= end
        and spans[ident(case)][0] <= day(on) <= spans[ident(case)][1]
    }
    found.update("borrowers" if kind == "loan" else f"service.{kind}" for kind, _ in persons)
    newest = {
        ident(case): ident(id_)
        for case, id_, on in rows(
            "SELECT case_id, id, on_day FROM $assessments ORDER BY on_day, recorded_at, id DESC",
            "confidential",
        )
        if day(on) <= end
    }
    areas = rows("SELECT assessment_id, area FROM $assessed_areas WHERE level >= 2", "confidential")
    for case, (opened, last) in spans.items():
        if opened <= end < last:
            found.update(f"need.{area}" for id_, area in areas if ident(id_) == newest.get(case))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_a_years_counts_equal_an_independent_count(app, cast, seed):
    a, b, province = cast.units["a"], cast.units["b"], cast.units["province"]
    with app.app_context():
        fill_year([a, b], seed)
        fill_year([cast.units["c"]], seed)  # another province's
        with db.engine.connect() as connection:
            counted = count_year(connection, province, "2025")
        for place, units in ((a, [a]), (b, [b]), (province, [a, b])):
            expected = plain_count(units, "2025")
            assert expected["borrowers"] and any(expected[f"need.{area}"] for area in NEEDS)
            for measure in YEARLY:
                assert counted.get((place, measure), 0) == expected[measure], measure


def test_a_person_counts_where_they_were_helped_last(app, cast):
    a, b, province = cast.units["a"], cast.units["b"], cast.units["province"]
    with app.app_context():
        case = add_case(a, date(2025, 1, 5), date(2025, 6, 30))
        db.session.add(Episode(case_id=case, unit_id=b, opened_on=date(2025, 7, 1)))
        for unit, on in ((a, date(2025, 2, 1)), (b, date(2025, 8, 1)), (b, date(2025, 9, 1))):
            add_service(case, unit, on, "loan")
        add_service(case, a, date(2025, 3, 3), "job")
        add_service(case, a, date(2026, 1, 1), "gift")
        db.session.commit()
        with db.engine.connect() as connection:
            counted = count_year(connection, province, "2025")
    assert [counted[place, "borrowers"] for place in (a, b, province)] == [0, 1, 1]
    assert [counted[place, "service.job"] for place in (a, b, province)] == [1, 0, 1]
    assert not any(counted[place, "service.gift"] for place in (a, b, province))


# The proof.


def proved(units, counts, there, supported=None):
    """The prints of a year with these counts by (unit, measure), how many are open, and the persons
    supported in each quarter, printed as ranges of five.
    """
    past = past_of(units, supported or {})
    for unit in units:
        past.counts[Cell("unit", unit, "open", "2025-12")] = there[unit]
    ids = {name: name for name in (*units, "province")}
    tally = {**counts}
    for measure in YEARLY:
        tally["province", measure] = sum(counts.get((unit, measure), 0) for unit in units)
    return {one.cell.id: one for one in print_year(past, "2025", tally, ids)[0]}


def past_of(units, supported):
    """The editions of a year, with the persons supported by unit in each of its quarters."""
    past = Past()
    for month in months_between("2025-01", "2025-12"):
        taken = [
            Print(Cell("unit", unit, measure, month), 0, False, Shown.NONE, None, None)
            for unit, measure in product(units, ("recorded_opened", "recorded_closed"))
        ]
        here = [
            Print(Cell("unit", unit, "contacts", month), 0, True, Shown.EXACT, 0, 0)
            for unit in units
        ]
        past.add(month, [*taken, *here])
    for unit, quarters in supported.items():
        for number, count in enumerate(quarters, 1):
            cell = Cell("unit", unit, "supported", f"2025-Q{number}")
            past.counts[cell] = count
            low = count // 5 * 5
            past.printed[cell] = Print(cell, count, True, Shown.BAND, low, low + 4)
    return past


@given(st.lists(st.integers(0, 9), min_size=2, max_size=4))
def test_no_small_count_of_a_unit_has_fewer_than_three_values(values):
    """Brute force: every way in which units add up to what is printed of the province."""
    units = [f"u{number}" for number in range(len(values))]
    counts = {(unit, "borrowers"): value for unit, value in zip(units, values, strict=True)}
    prints = proved(units, counts, dict.fromkeys(units, 30))
    told = prints["province:province:borrowers:2025"]
    if told.shown is Shown.NONE:
        return
    top = told.high if told.high is not None else sum(values) + 9
    assert (told.low or 0) <= sum(values) <= top
    for unit, value in enumerate(values):
        if not 0 < value < 5:
            continue
        for known in (None, *(other for other in range(len(values)) if other != unit)):
            rest = [n for n in range(len(values)) if n not in (unit, known)]
            fixed = 0 if known is None else values[known]
            possible = [
                mine
                for mine in range(top + 1)
                # Whatever is left over can stand in the other units, if there are any.
                if (told.low - fixed <= mine + (10**6 if rest else 0)) and mine <= top - fixed
            ]
            assert len(possible) >= 3, (values, unit, known, told)


def test_few_persons_of_a_province_are_a_range(app):
    units = ["u1", "u2", "u3"]
    prints = proved(
        units,
        {("u1", "borrowers"): 1, ("u2", "borrowers"): 2, ("u3", "service.job"): 7},
        dict.fromkeys(units, 10),
    )
    assert (prints["province:province:borrowers:2025"].low,
            prints["province:province:borrowers:2025"].high) == (0, 4)  # fmt: skip
    assert prints["province:province:service.gift:2025"].shown is Shown.BAND
    of_units = {id_: one for id_, one in prints.items() if id_.startswith("unit")}
    assert {id_ for id_, one in of_units.items() if one.is_printed} == {
        f"unit:{unit}:borrowers:2025" for unit in units
    }
    # Nothing is printed of the persons supported there, so nothing may be said of borrowers.
    assert {one.shown for one in of_units.values()} == {Shown.NONE}


def test_needs_of_a_unit_with_one_open_case_stay_unknown():
    units = [f"u{number}" for number in range(6)]
    counts = {("u0", "need.job"): 1} | {(unit, "need.job"): 3 for unit in units[1:]}
    prints = proved(units, counts, dict.fromkeys(units, 8) | {"u0": 1})
    told = prints["province:province:need.job:2025"]
    assert (told.shown, told.low, told.high) == (Shown.EXACT, 16, 16)


def test_where_a_year_cannot_be_proved_nothing_of_it_is_printed(monkeypatch):
    def unproved(table, frozen):
        return replace(protect(table, frozen), unproved=("something",))

    monkeypatch.setattr(yearly, "protect", unproved)
    prints = proved(["u1", "u2"], {("u1", "borrowers"): 9}, {"u1": 9, "u2": 9})
    assert {one.shown for one in prints.values()} == {Shown.NONE}


def test_the_proof_of_a_year_shows_tables_of_all_that_is_printed():
    """When it is published, and again for the auditor of every later month."""
    units = [f"u{number}" for number in range(6)]
    past = past_of(units, dict.fromkeys(units, (9, 9, 9, 9)))
    past.counts |= {Cell("unit", unit, "open", "2025-12"): 12 for unit in units}
    random = Random(3)
    tally = Counter({(unit, name): random.randint(0, 6) for unit in units for name in YEARLY})
    for name in YEARLY:
        tally["province", name] = sum(tally[unit, name] for unit in units)
    ids = {name: name for name in (*units, "province")}
    prints, proof = print_year(past, "2025", tally, ids)
    past.printed |= {one.cell: one for one in prints if one.is_printed}
    assert years_told(past) == ["2025"]
    frame = frame_of_year(units, "2025")
    table = frame.table({cell: past.counts.get(cell, 0) for cell in frame.to_count})
    ends = {one.cell: one.ends for one in prints if one.is_printed}
    frequent = {"group": "A", "sex": "male"}
    for own, result in (proof, prove_again(past, "2025")):
        seen = {cell: [0] for cell, count in past.counts.items() if cell.measure in YEARLY}
        for change in Lifting(frame, past.counts, frequent).changes(own, result):
            cells = np.array([table.ids.index(name) for name in change])
            steps = np.array(list(change.values()))
            assert table.relations.are_kept_by(cells, steps)
            for place, step in zip(cells.tolist(), steps.tolist(), strict=True):
                cell = frame.cells[place]
                low, high, _ = ends.get(cell, (0, OPEN, None))
                assert low <= table.true[place] + step <= high, cell
                if cell in seen:
                    seen[cell].append(step)
        small = [cell for cell in seen if 0 < past.counts[cell] < 5]
        assert len(small) > 50
        assert all(max(seen[cell]) - min(seen[cell]) >= 2 for cell in small)


def test_a_unit_that_was_not_there_hides_nobody():
    frame = frame_of_year(["u1", "u2"], "2025")
    assert Cell("unit", "u2", "borrowers", "2025") in frame.cells
    past_units = proved(["u1"], {("u1", "borrowers"): 7}, {"u1": 9})
    # The only unit knows the province's number anyway.
    assert past_units["province:province:borrowers:2025"].low == 7


# Published.


@pytest.fixture
def published(app, cast):
    with app.app_context(), time_machine.travel("2026-03-15 03:00:00+00:00", tick=False):
        load_usual(by=SYSTEM)
        fill_year([cast.units["a"], cast.units["b"]], 1)
        province = db.session.get_one(Unit, cast.units["province"])
        publish_backlog(province, "2026-02", SYSTEM)
        yield province


def test_december_prints_its_year_of_the_province_and_of_units_borrowers_alone(published, cast):
    figures = [figure for figure in db.session.scalars(select(Figure)) if figure.measure in YEARLY]
    of_units = [figure for figure in figures if figure.unit_id != published.id]
    assert {(one.unit_id, one.measure, one.shown) for one in of_units} == {
        (cast.units[unit], "borrowers", "band") for unit in "ab"
    }
    for figure in of_units:
        there = plain_count([figure.unit_id], "2025")["borrowers"]
        assert figure.low <= there and (figure.high is None or there <= figure.high)
    figures = [figure for figure in figures if figure.unit_id == published.id]
    assert {figure.measure for figure in figures} == set(YEARLY)
    assert {(figure.from_on, figure.until_on) for figure in figures} == {days_of("2025")}
    expected = plain_count([cast.units["a"], cast.units["b"]], "2025")
    for figure in figures:
        assert figure.is_personal and figure.unit_of_count == "persons"
        if figure.shown != "none":
            assert figure.low <= expected[figure.measure]
            assert figure.high is None or expected[figure.measure] <= figure.high
        if figure.shown == "exact":
            assert figure.low >= 5
    assert any(figure.shown == "exact" for figure in figures)
    counts = select(PublishedCount.count).where(
        PublishedCount.measure == "borrowers", PublishedCount.level == "unit"
    )
    assert sum(db.session.scalars(counts)) == expected["borrowers"]


def test_a_trial_counts_the_kinds_of_a_year_together(app, cast):
    with app.app_context(), time_machine.travel("2026-01-15 03:00:00+00:00", tick=False):
        load_usual(by=SYSTEM)
        fill_year([cast.units["a"], cast.units["b"]], 1)
        province = db.session.get_one(Unit, cast.units["province"])
        shown = publish_backlog(province, "2025-12", SYSTEM).shown
    kinds = Counter(
        measure for (_level, measure, _mark), number in shown.items() for _ in range(number)
    )
    assert kinds["service"] + kinds["need"] + kinds["borrowers"] == len(YEARLY) + 2
    assert kinds["borrowers"] == 3
    assert not [measure for measure in kinds if "." in measure]


def test_the_attack_finds_nothing_in_a_year(published, tmp_path):
    read_figures(published.id, "2026-02").write_csv(tmp_path)
    lines = (tmp_path / "cells.csv").read_text()
    assert "unit:31825:borrowers:2025" in lines and "province:province:need.job:2025" in lines
    edition = read(tmp_path)
    found = attack(edition)
    assert (found.found, found.undecided, found.contradictions) == ((), (), ())
    assert found.by_kind["unit borrowers"].cells == 2
    # Two units whose sum is printed: the one's count gives the other's away.
    planted = lines.replace(
        "unit:31825:service.housing:2025,unit,31825,service.housing,2025,,,,,,1,none,,,",
        "unit:31825:service.housing:2025,unit,31825,service.housing,2025,,,,,,1,exact,3,,",
    ).replace(
        "province:province:service.housing:2025,province,province,service.housing,2025,,,,,,1,band,,0,4",
        "province:province:service.housing:2025,province,province,service.housing,2025,,,,,,1,exact,4,,",
    )
    assert planted.count(",exact,3,,") > lines.count(",exact,3,,")
    (tmp_path / "cells.csv").write_text(planted)
    assert any("service.housing" in one.cell for one in attack(read(tmp_path)).found)


# Borrowers of units.


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 12), min_size=4, max_size=4), st.floats(0, 1)),
        min_size=2,
        max_size=4,
    )
)
def test_borrowers_of_units_keep_three_values_from_every_reader(drawn):
    """Brute force, against readers who know a unit and believe that borrowers were supported."""
    units = [f"u{number}" for number in range(len(drawn))]
    supported = {unit: quarters for unit, (quarters, _) in zip(units, drawn, strict=True)}
    true = {
        unit: round(share * max(quarters))
        for unit, (quarters, share) in zip(units, drawn, strict=True)
    }
    prints = proved(
        units,
        {(unit, "borrowers"): count for unit, count in true.items()},
        dict.fromkeys(units, 30),
        supported,
    )
    of_all = prints["province:province:borrowers:2025"]
    may = {}
    for unit in units:
        one = prints[f"unit:{unit}:borrowers:2025"]
        least = sum(count // 5 * 5 for count in supported[unit])
        scale = scale_of_some([(count // 5 * 5, count // 5 * 5 + 4) for count in supported[unit]])
        assert (one.low, one.high) == (scale.range_of(true[unit]) or (None, None))
        assert one.is_printed and (one.low or 0) <= least
        most = max(2, *supported[unit])
        may[unit] = range(one.low or 0, min(most, most if one.high is None else one.high) + 1)
        assert true[unit] in may[unit]
    for unit, reader in product(units, (None, *units)):
        if unit == reader or not 0 < true[unit] < 5:
            continue
        sums = {0}
        for other in units:
            if other != unit:
                values = [true[other]] if other == reader else may[other]
                sums = {total + value for total in sums for value in values}
        left = {
            value
            for value in may[unit]
            for total in sums
            if (of_all.low or 0) <= total + value
            and (of_all.high is None or total + value <= of_all.high)
        }
        assert len(left) >= 3, (true, unit, reader, of_all)


def test_a_unit_that_was_not_there_in_the_year_is_not_printed():
    past = past_of(["u1", "u2"], {"u1": (12, 12, 12, 12), "u2": (0, 0, 0, 0)})
    past.last_in["u2"] = "2024-12"
    tally = {("u1", "borrowers"): 7, ("province", "borrowers"): 7}
    ids = {name: name for name in ("u1", "u2", "province")}
    prints = {one.cell.id: one for one in print_year(past, "2025", tally, ids)[0]}
    assert not prints["unit:u2:borrowers:2025"].is_printed
    here = prints["unit:u1:borrowers:2025"]
    assert (here.low, here.high) == (5, 9)
    assert yearly.printed_quarters(past, "u2", "2025") == [(0, 0)] * 4
