"""Totals of clusters: from the records, by who was inside on a quarter's first day, proved."""

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from casework.anonymisation import writing
from casework.anonymisation.attack import attack, read
from casework.anonymisation.clusters import cluster_code
from casework.anonymisation.export import files_of, read_figures
from casework.anonymisation.measures import ACTIVITY, Counted, Part
from casework.anonymisation.models import PublicationRun, PublishedCount, PublishedMembership
from casework.anonymisation.plan import (
    PLAN,
    REST,
    Cell,
    ends_quarter,
    months_between,
    previous_month,
    quarter_of,
)
from casework.anonymisation.protection import Shown
from casework.anonymisation.publish import publish_backlog, publish_period, publish_periods
from casework.anonymisation.relations import relations_of
from casework.anonymisation.sequence import Batch, Past, next_months
from casework.anonymisation.wording import tell
from casework.confidential.cases.models import Episode
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.readmodel.models import (
    ActivityFigure,
    CriterionFigure,
    Edition,
    EditionMembership,
    Figure,
    Measure,
)
from casework.organisation.clusters.operations import create_cluster, put_in, take_out
from casework.organisation.clusters.queries import list_memberships
from casework.organisation.units.models import Cluster, Unit
from tests.anonymisation.records import add_case, fill
from tests.anonymisation.test_measures import counted as count_records

Grouped = Mapping[str, tuple[str, ...]]
PROVINCE_ID = uuid4()


def made(units: int, months: tuple[str, ...], seed: int) -> tuple[dict[str, Part], Counted]:
    """A province at random, with seven open cases a unit and few that come and go."""
    random = np.random.default_rng(seed)
    parts = {
        f"u{n}": Part(UUID(int=n + 1), f"u{n}", date(2020, 1, 1), None, date(2020, 1, 1))
        for n in range(units)
    }
    opened, closed, supported, attendances = Counter(), Counter(), Counter(), Counter()

    def add(tally: Counter, part: Part, period: str, count: int) -> None:
        tally[part.id, period] += count
        tally[PROVINCE_ID, period] += count

    for part in parts.values():
        begun, ended, gone = int(random.poisson(random.gamma(2.0, 4.0))), 0, 0
        for month in (previous_month(months[0]), *months):
            if month in months:
                left = min(int(random.poisson(0.6)), begun - ended)
                begun, ended, gone = begun + int(random.poisson(0.7)), ended + left, gone + left
            add(opened, part, month, begun)
            add(closed, part, month, ended)
            if ends_quarter(month):
                most = begun - ended + gone
                add(supported, part, quarter_of(month), int(random.binomial(most, 0.6)))
                add(attendances, part, quarter_of(month), int(random.poisson(9)))
                gone = 0
    return parts, Counted(opened, closed, supported, attendances, {key: {} for key in ACTIVITY})


def publish(
    parts: dict[str, Part],
    counted: Counted,
    months: tuple[str, ...],
    standing: Mapping[str, Grouped],
    past: Past | None = None,
) -> Batch:
    return next_months(
        past if past is not None else Past(), months, counted, parts, PROVINCE_ID, standing
    )


def look(past: Past, batch: Batch):
    """What the auditor finds in the files of everything printed so far."""
    prints = {cell: (one.shown, one.low, one.high) for cell, one in past.printed.items()}
    for place, cell in enumerate(batch.frame.cells):
        shown = batch.result.prints.shown[place]
        if shown is Shown.EXACT and cell not in prints:  # known to be zero
            prints[cell] = (shown, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        files_of(batch.frame, prints).write_csv(Path(folder))
        return attack(read(Path(folder)), seconds=120)


def thirds(units: int, clusters: int) -> Grouped:
    return {
        f"c{c}": tuple(f"u{n}" for n in range(units) if n % clusters == c) for c in range(clusters)
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_the_attack_finds_nothing_over_two_years(seed):
    """Clusters that lose and win units, come and go, overlap, and leave one unit out."""
    months = months_between("2024-01", "2025-12")
    parts, counted = made(12, months, seed)
    usual = thirds(12, 3)
    standing = dict.fromkeys(months, usual)
    for month in months_between("2024-07", "2025-12"):
        standing[month] = usual | {"c0": ("u0", "u3", "u6"), "c1": (*usual["c1"], "u9")}
    for month in months_between("2025-01", "2025-12"):
        standing[month] = usual | {"c0": usual["c0"][1:], "coast": ("u1", "u2", "u4", "u5", "u8")}
    for month in months_between("2025-07", "2025-12"):
        standing[month] = {"c1": usual["c1"], "c2": usual["c2"]}
    past = Past()
    for first, last in (("2024-01", "2024-11"), ("2024-12", "2025-12")):
        batch = publish(parts, counted, months_between(first, last), standing, past)
        assert batch.result.unproved == ()
        assert batch.result.verify() == ()
    findings = look(past, batch)
    assert findings.stops({cell.id: count for cell, count in past.counts.items()}) == ()
    told = [one for one in past.printed.values() if one.cell.level == "cluster"]
    exact = [one for one in told if one.shown is Shown.EXACT]
    large = [one for one in told if one.count >= 5]
    assert 0.6 * len(large) <= len(exact) <= len(large) < len(told)
    # A year takes each quarter as it was then, and is told of clusters that were there in all four.
    years = {cell.unit for cell in past.printed if cell.level == "cluster" and len(cell.period) < 5}
    assert years == {"c0", "c1", "c2"}
    quarters = [f"2024-Q{n}" for n in range(1, 5)]
    parts_of_year = [past.counts[Cell("cluster", "c1", "new", at)] for at in quarters]
    assert past.counts[Cell("cluster", "c1", "new", "2024")] == sum(parts_of_year)
    assert Cell("cluster", "c0", "new", "2025") not in past.counts


@settings(max_examples=15)
@given(
    st.dictionaries(
        st.sampled_from(["c0", "c1", "c2"]),
        st.frozensets(st.sampled_from([f"u{n}" for n in range(7)])).map(tuple),
        max_size=3,
    ),
    st.integers(0, 50),
)
def test_whoever_is_inside_every_small_count_stays_unknown(inside, seed):
    """Any grouping: overlapping, of one unit, of all but one, of nobody."""
    months = months_between("2026-01", "2026-03")
    parts, counted = made(6, months, seed)  # u6 does not take part
    past = Past()
    batch = publish(parts, counted, months, dict.fromkeys(months, inside), past)
    assert batch.result.unproved == ()
    assert batch.result.verify() == ()
    enough = {code for code, units in inside.items() if len({*units} & {*parts}) >= 3}
    told = {one.cell.unit for one in past.printed.values() if one.cell.level == "cluster"}
    assert told == enough
    for cell, one in past.printed.items():
        if cell.level == "cluster":
            units = {*inside[cell.unit]} & {*parts}
            alone = [past.counts[cell._replace(level="unit", unit=unit)] for unit in units]
            assert one.count == sum(alone)
            assert (one.low or 0) <= one.count <= (10**6 if one.high is None else one.high)
            assert one.shown is not Shown.EXACT or one.count >= 5
    findings = look(past, batch)
    assert findings.stops({cell.id: count for cell, count in past.counts.items()}) == ()


def test_a_province_without_clusters_has_the_cells_it_had():
    units, months = ("u0", "u1", "u2"), months_between("2025-01", "2026-04")
    frame = relations_of(PLAN, units=units, months=months)
    assert {cell.level for cell in frame.cells} == {"unit", "province"}
    beside = relations_of(PLAN, units=units, months=months, clusters={"c": units[:2]})
    assert [cell for cell in beside.cells if cell.level != "cluster"] == list(frame.cells)
    assert {cell.unit for cell in beside.cells if cell.level == "cluster"} == {"c", REST}
    assert not [cell for cell in beside.printed if cell.unit == REST]


def test_one_unit_outside_knows_what_no_cluster_holds_and_nobody_else_does():
    """The units in no cluster are one: its own cells, and those of the rest, are known to it."""
    months = months_between("2026-01", "2026-03")
    parts, counted = made(4, months, 5)
    batch = publish(parts, counted, months, {at: {"c": ("u0", "u1", "u2")} for at in months})
    table = batch.result.table
    block = dict(zip(table.ids, table.block.tolist(), strict=True))
    assert block["cluster:rest:open:2026-03"] == block["unit:u3:open:2026-03"] == 3
    assert block["cluster:c:open:2026-03"] == -1
    assert batch.result.unproved == ()


def still(stocks: dict[str, int], months: tuple[str, ...]) -> tuple[dict[str, Part], Counted]:
    """Units with so many open cases, where nobody comes and nobody goes."""
    parts, counted = made(len(stocks), months, 0)
    opened: Counter = Counter()
    for name, stock in stocks.items():
        for month in (previous_month(months[0]), *months):
            opened[parts[name].id, month] = stock
            opened[PROVINCE_ID, month] += stock
    return parts, replace(counted, opened=opened, closed={}, supported={}, attendances={})


@pytest.mark.parametrize("recorded", ["before", "afterwards"])
def test_that_nobody_was_left_in_a_unit_gives_nothing_away_beside_it(recorded):
    """A cluster of nine, three and nobody: who has the nine would know the three once the third
    unit is gone, had their total been printed exactly.
    """
    months = months_between("2026-05", "2026-09")
    parts, counted = still({"u0": 9, "u1": 3, "u2": 0, "u3": 20, "u4": 30}, months)
    standing = {month: {"c": ("u0", "u1", "u2")} for month in months}
    past, total = Past(), Cell("cluster", "c", "open", "2026-06")
    ended = replace(parts["u2"], valid_until=date(2026, 6, 10))
    if recorded == "before":
        parts["u2"] = ended
    publish(parts, counted, months[:2], standing, past)
    assert (past.printed[total].shown is Shown.EXACT) == (recorded == "afterwards")
    parts["u2"] = ended
    for month in months[2:]:
        batch = publish(parts, counted, (month,), standing, past)
        assert batch.result.unproved == ()
        assert look(past, batch).stops({c.id: count for c, count in past.counts.items()}) == ()
    # Recorded afterwards, it stays for the one edition whose proof counts on its being gone.
    last = max(cell.period for cell in past.printed if (cell.unit, cell.measure) == ("u2", "open"))
    assert last == ("2026-06" if recorded == "before" else "2026-07")


# With the databases.


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


def province(cast) -> Unit:
    return db.session.get_one(Unit, cast.units["province"])


def add_unit(cast, number: int, since: date = date(2025, 7, 1)) -> Unit:
    place = cast.units["province"]
    unit = Unit(
        code=f"3200{number}", name=f"Xã {number}", kind="commune", valid_from=since,
        is_province=False, province_id=place, parent_id=place, source="test",
    )  # fmt: skip
    db.session.add(unit)
    db.session.flush()
    return unit


def grouped(cast, clusters: Mapping[str, Iterable[Unit]], since: date) -> dict[str, Cluster]:
    made_of = {}
    for name, units in clusters.items():
        made_of[name] = create_cluster(province(cast), name, by=SYSTEM)
        db.session.flush()
        put_in(made_of[name], list(units), since, None, by=SYSTEM)
    db.session.commit()
    return made_of


def seven(cast, since: date = date(2026, 1, 1)) -> tuple[list[Unit], dict[str, Cluster]]:
    """Seven units with records since March, three in the east, three by the sea, one in none."""
    own = [db.session.get_one(Unit, cast.units[name]) for name in ("a", "b")]
    units = [*own, *(add_unit(cast, number) for number in range(5))]
    fill([unit.id for unit in units], 4, date(2026, 3, 1), 210, 9)
    return units, grouped(cast, {"Cụm Đông": units[:3], "Cụm Biển": units[3:6]}, since)


def figures_of(cluster: Cluster) -> list[Figure]:
    return list(db.session.scalars(select(Figure).filter_by(unit_id=cluster.id)))


def members(table=EditionMembership) -> Counter:
    rows = db.session.execute(select(table.cluster_id, table.unit_id))
    return Counter((cluster, unit) for cluster, unit in rows)


def counts(cluster: Cluster) -> dict[tuple[str, str], int]:
    query = select(PublishedCount).filter_by(cluster_id=cluster.id)
    return {(one.measure, one.period): one.count for one in db.session.scalars(query)}


def sum_of(units: Iterable[Unit], measure: str, period: str) -> int:
    query = select(func.sum(PublishedCount.count)).where(
        PublishedCount.unit_id.in_([unit.id for unit in units]),
        PublishedCount.measure == measure,
        PublishedCount.period == period,
    )
    return db.session.scalar(query) or 0


def test_an_edition_tells_of_clusters_what_the_records_say(app, cast, tmp_path):
    with app.app_context():
        units, clusters = seven(cast)
        publish_backlog(province(cast), "2026-09", SYSTEM)
        got = count_records(cast, months_between("2026-02", "2026-09"))
        for name, inside in (("Cụm Đông", units[:3]), ("Cụm Biển", units[3:6])):
            told = Counter()
            for figure in figures_of(clusters[name]):
                month = f"{figure.until_on:%Y-%m}"
                before = f"{figure.from_on.year}-{figure.from_on.month - 1:02}"
                quarter = quarter_of(month)

                def tally(one, period):
                    return sum(one.get((unit.id, period), 0) for unit in inside)  # noqa: B023

                count = {
                    "open": tally(got.opened, month) - tally(got.closed, month),
                    "new": tally(got.opened, month) - tally(got.opened, before),
                    "closed": tally(got.closed, month) - tally(got.closed, before),
                    "supported": tally(got.supported, quarter),
                    "attendances": tally(got.attendances, quarter),
                }[figure.measure]
                assert figure.level == "cluster" and figure.is_personal
                assert figure.unit_of_count == Measure(figure.measure).unit_of_count
                assert (figure.low or 0) <= count <= (count if figure.high is None else figure.high)
                assert figure.shown != "exact" or count >= 5
                told[figure.measure] += 1
            assert told == {"open": 7, "new": 2, "closed": 2, "supported": 2, "attendances": 2}
        assert members() == members(PublishedMembership)
        assert set(members().values()) == {3}  # three quarters: begun, whole, whole
        assert not db.session.scalars(select(PublishedCount.id).filter_by(level=REST)).all()

        files = read_figures(cast.units["province"], "2026-09")
        rows = {row.id: row for row in files.rows}
        code = cluster_code(clusters["Cụm Đông"].id)
        assert rows[f"cluster:{code}:open:2026-09"].shown is not Shown.NONE
        assert rows[f"cluster:{REST}:open:2026-09"].shown is Shown.NONE
        assert f"cluster:{code}:new:2026-Q1" not in rows  # begun in March
        files.write_csv(tmp_path)
        files.write_json(tmp_path)
        lines = list(csv.DictReader((tmp_path / "clusters.csv").read_text().splitlines()))
        assert len(lines) == 18
        east = {"period": "2026-Q1", "cluster": code, "name": "Cụm Đông", "unit": "31825"}
        assert east in lines
        content = json.loads((tmp_path / "edition.json").read_text())
        assert content["clusters"] == lines
        assert {cell["level"] for cell in content["cells"]} == {"unit", "cluster", "province"}
        attacked = app.test_cli_runner().invoke(args=["figures", "attack", str(tmp_path)])
        assert attacked.exit_code == 0 and "cluster open" in attacked.output


def test_a_quarter_keeps_the_units_of_its_first_day(app, cast):
    """Changed within it, or dated back afterwards: nothing of it moves."""
    with app.app_context():
        units, clusters = seven(cast)
        east, sea = clusters["Cụm Đông"], clusters["Cụm Biển"]
        publish_backlog(province(cast), "2026-04", SYSTEM)
        before = [(one.id, one.low, one.high) for one in figures_of(east)]
        put_in(east, [units[6]], date(2026, 1, 1), None, by=SYSTEM)
        (left,) = [each for each in list_memberships(east) if each.unit.id == units[0].id]
        take_out(left, date(2026, 10, 15), by=SYSTEM)
        left.membership.until_on = date(2026, 5, 9)
        (moved,) = [each for each in list_memberships(sea) if each.unit.id == units[3].id]
        moved.membership.from_on = date(2026, 5, 1)
        db.session.commit()
        publish_backlog(province(cast), "2026-08", SYSTEM)
        after = {one.id: (one.low, one.high) for one in figures_of(east)}
        assert all(after[id_] == (low, high) for id_, low, high in before)
        for month in ("2026-04", "2026-05", "2026-06"):
            assert counts(east)["open", month] == sum_of(units[:3], "open", month)
            assert counts(sea)["open", month] == sum_of(units[3:6], "open", month)
        assert counts(east)["new", "2026-Q2"] == sum_of(units[:3], "new", "2026-Q2")
        now_inside = [units[1], units[2], units[6]]
        assert counts(east)["open", "2026-07"] == sum_of(now_inside, "open", "2026-07")
        assert members()[east.id, units[0].id] == 2
        assert members()[east.id, units[6].id] == 1


def test_a_cluster_of_two_units_is_not_told(app, cast):
    with app.app_context():
        _units, clusters = seven(cast)
        for each in list_memberships(clusters["Cụm Biển"])[:1]:
            each.membership.until_on = date(2026, 6, 30)
        db.session.commit()
        publish_backlog(province(cast), "2026-08", SYSTEM)
        told = figures_of(clusters["Cụm Biển"])
        assert max(one.until_on for one in told) == date(2026, 6, 30)
        assert max(one.until_on for one in figures_of(clusters["Cụm Đông"])) == date(2026, 8, 31)


def test_a_cluster_whose_units_all_left_ends(app, cast):
    """And one that begins within a quarter is told from the next one on."""
    with app.app_context():
        units, clusters = seven(cast)
        for each in list_memberships(clusters["Cụm Đông"]):
            each.membership.until_on = date(2026, 5, 31)
        new = grouped(cast, {"Cụm Mới": units[:4]}, date(2026, 5, 20))["Cụm Mới"]
        publish_backlog(province(cast), "2026-05", SYSTEM)
        assert figures_of(new) == []
        publish_backlog(province(cast), "2026-09", SYSTEM)
        east = figures_of(clusters["Cụm Đông"])
        assert max(one.until_on for one in east) == date(2026, 6, 30)
        assert min(one.from_on for one in figures_of(new)) == date(2026, 7, 1)


def test_a_unit_merged_within_a_quarter_leaves_its_cluster_with_what_it_has(app, cast):
    """Its successor is in no cluster until the next quarter begins."""
    with app.app_context():
        units, clusters = seven(cast)
        east = clusters["Cụm Đông"]
        publish_backlog(province(cast), "2026-04", SYSTEM)
        new = add_unit(cast, 9, date(2026, 5, 16))
        units[2].valid_until = date(2026, 5, 15)
        db.session.execute(
            update(Episode).where(Episode.unit_id == units[2].id).values(unit_id=new.id)
        )
        put_in(east, [new], date(2026, 5, 16), None, by=SYSTEM)
        for each in list_memberships(east):
            if each.unit.id == units[2].id:
                each.membership.until_on = date(2026, 5, 15)
        db.session.commit()
        for month in ("2026-05", "2026-06", "2026-07", "2026-08"):
            publish_period(province(cast), month, by=SYSTEM)
        query = select(Figure).filter_by(unit_id=units[2].id, measure=Measure.OPEN)
        last = db.session.scalars(query.order_by(Figure.until_on.desc())).first()
        # That nobody was left there is known once it is gone, and foreseen until then.
        assert (last.until_on, last.low, last.high) == (date(2026, 6, 30), 0, 4)
        assert counts(east)["open", "2026-04"] == sum_of(units[:3], "open", "2026-04")
        assert counts(east)["open", "2026-06"] == sum_of(units[:2], "open", "2026-06")
        assert counts(east)["closed", "2026-Q2"] == sum_of(units[:3], "closed", "2026-Q2")
        now_inside = [*units[:2], new]
        assert counts(east)["open", "2026-08"] == sum_of(now_inside, "open", "2026-08")
        assert sum_of([new], "open", "2026-08") > 0


def test_a_refusal_names_clusters_in_words(app, cast):
    with app.app_context():
        east = grouped(cast, {"Cụm Đông": []}, date(2026, 1, 1))["Cụm Đông"]
        cells = [f"cluster:{cluster_code(east.id)}:open:2026-09", f"cluster:{REST}:new:2026-Q3"]
        run = PublicationRun(province_id=cast.units["province"], told=json.dumps({"cells": cells}))
    with app.test_request_context():
        assert tell(run).cells == [
            "Cụm Đông: Open cases, 09/2026",
            "units in no cluster: New cases, quarter 3/2026",
        ]


def test_a_quarter_begun_before_clusters_were_told_has_none(app, cast):
    with app.app_context():
        _units, clusters = seven(cast, since=date(2026, 4, 2))
        publish_backlog(province(cast), "2026-04", SYSTEM)
        publish_backlog(province(cast), "2026-06", SYSTEM)
        assert members() == Counter()
        publish_backlog(province(cast), "2026-07", SYSTEM)
        assert min(one.from_on for one in figures_of(clusters["Cụm Đông"])) == date(2026, 7, 1)


def test_a_unit_that_joins_late_stands_beside_the_clusters_of_earlier_quarters(app, cast):
    """Until then every unit was in one: in the quarters before, the rest are units nobody had."""
    with app.app_context():
        units, clusters = seven(cast)
        put_in(clusters["Cụm Đông"], units[6:], date(2026, 1, 1), None, by=SYSTEM)
        publish_backlog(province(cast), "2026-07", SYSTEM)
        new = add_unit(cast, 9, date(2026, 8, 1))
        for _ in range(7):
            add_case(new.id, date(2026, 8, 9))
        db.session.commit()
        publish_periods(province(cast), ["2026-08", "2026-09"], by=SYSTEM)
        rows = {row.id for row in read_figures(cast.units["province"], "2026-09").rows}
        assert f"cluster:{REST}:open:2026-04" in rows
        opened = counts(clusters["Cụm Đông"])["open", "2026-09"]
        assert opened == sum_of([*units[:3], units[6]], "open", "2026-09")


class Crash(Exception):
    pass


@pytest.mark.parametrize("step", ["_reveal", "_note_published"])
def test_a_crash_between_the_commits_loses_no_cluster(app, cast, monkeypatch, step):
    def crash(*_):
        raise Crash

    with app.app_context():
        _units, clusters = seven(cast)
        with monkeypatch.context() as patched:
            patched.setattr(writing, step, crash)
            with pytest.raises(Crash):
                publish_backlog(province(cast), "2026-03", SYSTEM)
        db.session.rollback()
        prepared = members(PublishedMembership)
        assert len(prepared) == 6
        # Who goes meanwhile was inside on the first day.
        for each in list_memberships(clusters["Cụm Đông"]):
            each.membership.until_on = date(2026, 2, 1)
        db.session.commit()
        report = publish_periods(province(cast), ["2026-03", "2026-04"], by=SYSTEM)
        assert (report.finished, report.periods) == (("2026-03",), ("2026-04",))
        assert {key: n for key, n in members().items() if key in prepared} == {
            key: 1 if key[0] == clusters["Cụm Đông"].id else 2 for key in prepared
        }
        told = {one.until_on for one in figures_of(clusters["Cụm Đông"])}
        assert told == {date(2026, 3, 31)}


def test_clusters_lost_from_the_read_model_are_written_again(app, cast):
    with app.app_context():
        seven(cast)
        publish_period(province(cast), "2026-03", by=SYSTEM)
        before, figures = members(), db.session.scalar(select(func.count(Figure.id)))
        for table in (EditionMembership, CriterionFigure, ActivityFigure, Figure, Edition):
            db.session.execute(delete(table))
        db.session.commit()
        writing.finish(cast.units["province"], by=SYSTEM)
        assert members() == before
        assert db.session.scalar(select(func.count(Figure.id))) == figures
