"""A month is published once, in order, whole or not at all, and says nothing false."""

import csv
import json
from collections import Counter
from datetime import date
from itertools import pairwise

import pytest
import time_machine
from sqlalchemy import delete, func, select, text, update

from casework.anonymisation import publish, writing
from casework.anonymisation.export import read_figures
from casework.anonymisation.models import (
    Publication,
    PublishedActivity,
    PublishedCount,
    PublishedCriterion,
    PublishedProof,
)
from casework.anonymisation.plan import months_between
from casework.anonymisation.publish import publish_backlog, publish_period, publish_periods
from casework.anonymisation.writing import Refused
from casework.confidential.cases.models import Case, Episode
from casework.confidential.contacts.models import Contact
from casework.core.audit import SYSTEM, Actor, AuditEntry
from casework.core.database import db
from casework.inspection.readmodel.models import (
    YEARLY,
    ActivityFigure,
    CriterionFigure,
    Edition,
    Figure,
    Measure,
)
from casework.organisation.settings.operations import load_usual
from casework.organisation.units.models import Unit
from tests.anonymisation.records import add_case, add_contact, fill
from tests.anonymisation.test_measures import counted, never_withdrawn

FIRST = date(2026, 3, 1)
MONTHS = months_between("2026-03", "2026-09")


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


def province(cast) -> Unit:
    return db.session.get_one(Unit, cast.units["province"])


def filled(cast, seed=1, cases=14):
    fill([cast.units["a"], cast.units["b"]], seed, FIRST, 210, cases)
    db.session.commit()


def figures(**where) -> list[Figure]:
    query = select(Figure).order_by(Figure.until_on, Figure.from_on)
    return list(db.session.scalars(query.filter_by(**where)))


def editions() -> list[str]:
    return sorted(db.session.scalars(select(Edition.period)))


def holds(figure: Figure, count: int) -> bool:
    return (figure.low or 0) <= count and (figure.high is None or count <= figure.high)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_true_and_nothing_that_is_not_printed_is_written(app, cast, seed):
    with app.app_context():
        filled(cast, seed)
        publish_backlog(province(cast), "2026-09", SYSTEM)
        got = counted(cast, ("2026-02", *MONTHS))
        assert editions() == list(MONTHS)
        marks = Counter()
        for figure in figures():
            month = f"{figure.until_on:%Y-%m}"
            place = figure.unit_id
            before = f"{figure.from_on.year}-{figure.from_on.month - 1:02}"
            if figure.measure == Measure.OPEN:
                count = got.opened.get((place, month), 0) - got.closed.get((place, month), 0)
            elif figure.measure in (Measure.NEW, Measure.CLOSED):
                tally = got.opened if figure.measure == Measure.NEW else got.closed
                count = tally.get((place, month), 0) - tally.get((place, before), 0)
            elif figure.measure in (Measure.SUPPORTED, Measure.ATTENDANCES):
                tally = getattr(got, figure.measure)
                count = tally.get((place, f"2026-Q{figure.until_on.month // 3}"), 0)
            else:
                count = got.activity[Measure(figure.measure)].get((place, month), 0)
            assert holds(figure, count), (figure.measure, month, count)
            assert figure.unit_of_count == Measure(figure.measure).unit_of_count
            assert figure.is_personal == Measure(figure.measure).is_personal
            assert figure.level == ("province" if place == cast.units["province"] else "unit")
            if figure.shown == "exact":
                assert figure.low == figure.high == count
            elif figure.shown == "band":
                assert figure.high is None or figure.high - figure.low >= 4
            else:
                assert (figure.low, figure.high) == (None, None)
            if figure.is_personal and 0 < count < 5:
                assert figure.shown != "exact"
            marks[figure.measure, figure.shown] += 1
        assert {measure for measure, _ in marks} == set(Measure) - set(YEARLY)
        assert marks["sessions_due", "exact"] == 3 * len(MONTHS)


def test_what_was_true_is_kept_at_every_level(app, cast):
    with app.app_context():
        filled(cast)
        publish_backlog(province(cast), "2026-09", SYSTEM)
        counts = {
            (one.unit_id, one.measure, one.period): one.count
            for one in db.session.scalars(select(PublishedCount))
        }
        got = counted(cast)
        units = [cast.units["a"], cast.units["b"]]
        for place in (*units, cast.units["province"]):
            for before, month in pairwise(MONTHS):
                stock = counts[place, "open", month]
                assert stock == got.opened[place, month] - got.closed[place, month]
                flow = counts[place, "new", month] - counts[place, "closed", month]
                assert stock == counts[place, "open", before] + flow
        for measure in ("open", "new", "closed"):
            for month in MONTHS:
                total = sum(counts[unit, measure, month] for unit in units)
                assert counts[cast.units["province"], measure, month] == total


def test_month_by_month_prints_are_never_drawn_again(app, cast):
    with app.app_context():
        filled(cast)
        seen: dict[tuple, tuple] = {}
        for month in MONTHS[:4]:
            publish_period(province(cast), month, by=SYSTEM)
            now = {
                (one.unit_id, one.measure, one.from_on, one.until_on): (
                    one.low,
                    one.high,
                    one.shown,
                )
                for one in figures()
            }
            assert seen.items() <= now.items()
            seen = now
        assert editions() == list(MONTHS[:4])
        logged = db.session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "figures.publish")
        )
        assert [json.loads(detail)["period"] for detail in logged] == list(MONTHS[:4])


def test_late_records_change_nothing_printed_and_count_in_the_first_open_month(app, cast):
    a = cast.units["a"]
    with app.app_context():
        filled(cast)
        publish_backlog(province(cast), "2026-06", SYSTEM)
        before = [(one.id, one.low, one.high) for one in figures()]
        openings = counted(cast).opened[a, "2026-07"] - counted(cast).opened[a, "2026-06"]
        for _ in range(6):
            add_case(a, date(2026, 4, 9))  # written down only now
        add_case(a, date(2026, 4, 9), date(2026, 5, 5))
        db.session.execute(
            update(Episode)
            .where(Episode.case_id == db.session.scalar(open_cases(a)))
            .values(closed_on=date(2026, 6, 3))
        )
        db.session.commit()
        publish_period(province(cast), "2026-07", by=SYSTEM)
        after = {one.id: (one.low, one.high) for one in figures()}
        assert all(after[id_] == (low, high) for id_, low, high in before)
        assert count_of(a, "new", "2026-07") == openings + 7
        july = count_of(a, "open", "2026-07")
        assert july == counted(cast).opened[a, "2026-07"] - counted(cast).closed[a, "2026-07"]
        flow = count_of(a, "new", "2026-07") - count_of(a, "closed", "2026-07")
        assert july == count_of(a, "open", "2026-06") + flow


def test_a_case_that_moves_comes_back_or_vanishes_keeps_the_sums(app, cast):
    a, b = cast.units["a"], cast.units["b"]
    with app.app_context():
        filled(cast)
        publish_backlog(province(cast), "2026-08", SYSTEM)
        got = counted(cast, ("2026-08", "2026-09"))
        usual = {
            unit: (got.opened[unit, "2026-09"] - got.opened[unit, "2026-08"])
            - (got.closed[unit, "2026-09"] - got.closed[unit, "2026-08"])
            for unit in (a, b)
        }
        moved = db.session.scalar(open_cases(a).where(Case.opened_on < date(2026, 9, 1)))
        assert moved is not None
        db.session.execute(update(Episode).where(Episode.case_id == moved).values(unit_id=b))
        reopened = db.session.scalar(
            select(Case.id).where(
                Case.unit_id == b, Case.closed_on < date(2026, 7, 1), Case.id.in_(never_withdrawn())
            )
        )
        assert reopened is not None
        db.session.execute(
            update(Episode).where(Episode.case_id == reopened).values(closed_on=None)
        )
        add_contact(reopened, b, date(2026, 9, 9))
        db.session.commit()
        publish_period(province(cast), "2026-09", by=SYSTEM)
        for measure in ("open", "new", "closed"):
            parts = count_of(a, measure, "2026-09") + count_of(b, measure, "2026-09")
            assert count_of(cast.units["province"], measure, "2026-09") == parts
        for unit, more in ((a, -1), (b, 2)):  # one left a for b, one came back to b
            net = count_of(unit, "new", "2026-09") - count_of(unit, "closed", "2026-09")
            assert net == usual[unit] + more


def test_a_reopened_case_does_not_hide_a_closure(app, cast):
    """One comes back, another leaves: without a new and a closure two persons were supported of
    one who stayed."""
    a = cast.units["a"]
    with app.app_context():
        back = add_case(a, FIRST, date(2026, 6, 20))
        left = add_case(a, FIRST)
        add_contact(left, a, FIRST)
        db.session.commit()
        publish_backlog(province(cast), "2026-08", SYSTEM)
        db.session.execute(update(Episode).where(Episode.case_id == back).values(closed_on=None))
        db.session.execute(
            update(Episode).where(Episode.case_id == left).values(closed_on=date(2026, 9, 20))
        )
        for case in (back, left):
            add_contact(case, a, date(2026, 9, 9))
        publish_period(province(cast), "2026-09", by=SYSTEM)
        assert count_of(a, "supported", "2026-Q3") == 2
        for place in (a, cast.units["province"]):
            flows = [count_of(place, measure, "2026-09") for measure in ("open", "new", "closed")]
            assert flows == [1, 1, 1]


def test_of_two_who_publish_at_once_one_is_refused(app, cast):
    with app.app_context():
        filled(cast, cases=2)
        first, second = (publish.prepare(province(cast), ["2026-03"]) for _ in range(2))
        first.write(by=SYSTEM)
        with pytest.raises(Refused, match="Somebody else"):
            second.write(by=SYSTEM)
        assert editions() == ["2026-03"]


def test_a_unit_that_began_alone_does_not_bar_those_that_join(app, cast):
    """Its head knows the province's first figures, which are their own; that is no leak."""
    with app.app_context():
        elsewhere, alone = cast.units["elsewhere"], cast.units["c"]
        fill([alone], 3, FIRST, 90, cases=9)
        publish_backlog(db.session.get_one(Unit, elsewhere), "2026-04", SYSTEM)
        for number in range(5):
            unit = Unit(
                code=f"3040{number}",
                name=f"Mới {number}",
                kind="commune",
                valid_from=date(2026, 5, 1),
                is_province=False,
                province_id=elsewhere,
                source="test",
            )
            db.session.add(unit)
            db.session.flush()
            fill([unit.id], number, date(2026, 5, 1), 60, cases=6)
            db.session.execute(
                update(Episode)
                .where(Episode.unit_id == unit.id, Episode.opened_on < date(2026, 5, 1))
                .values(opened_on=date(2026, 5, 1))
            )
            db.session.commit()
        publish_backlog(db.session.get_one(Unit, elsewhere), "2026-06", SYSTEM)
        assert editions() == list(MONTHS[:4])


def test_a_dissolved_unit_without_cases_is_printed_no_more(app, cast):
    b = cast.units["b"]
    with app.app_context():
        fill([cast.units["a"]], 1, FIRST, 210)
        db.session.get_one(Unit, b).valid_until = date(2026, 6, 30)
        db.session.commit()
        publish_backlog(province(cast), "2026-08", SYSTEM)
        publish_backlog(province(cast), "2026-09", SYSTEM)
        assert max(one.until_on for one in figures(unit_id=b)) == date(2026, 6, 30)
        rows = {row.id: row for row in read_figures(cast.units["province"], "2026-09").rows}
        assert [rows[f"unit:32191:open:2026-0{month}"].shown for month in (6, 7, 9)] == [
            "band",
            "exact",
            "exact",
        ]


def open_cases(unit):
    return select(Case.id).where(
        Case.unit_id == unit, Case.closed_on.is_(None), Case.id.in_(never_withdrawn())
    )


def count_of(place, measure, period) -> int:
    query = select(PublishedCount.count).filter_by(unit_id=place, measure=measure, period=period)
    return db.session.scalars(query).one()


@pytest.mark.parametrize(
    ("period", "reason"),
    [
        ("2026-10", "not over yet"),
        ("2027-01", "not over yet"),
        ("2026-09", "2026-03 has to be published first"),
        ("2026-13", "not a month"),
        ("October", "not a month"),
    ],
)
def test_a_month_out_of_turn_is_refused(app, cast, period, reason):
    with app.app_context():
        filled(cast, cases=2)
        with pytest.raises(Refused, match=reason):
            publish_period(province(cast), period, by=SYSTEM)
        assert editions() == []
        assert db.session.scalar(select(func.count()).select_from(Publication)) == 0


def test_publishing_twice_leaving_a_gap_and_going_back_are_refused(app, cast):
    with app.app_context():
        filled(cast, cases=2)
        publish_period(province(cast), "2026-03", by=SYSTEM)
        for period, reason in (
            ("2026-03", "published already"),
            ("2026-05", "2026-04 has to be published first"),
            ("2026-02", "before the first edition"),
        ):
            with pytest.raises(Refused, match=reason):
                publish_period(province(cast), period, by=SYSTEM)
        assert editions() == ["2026-03"]


def test_a_unit_without_records_and_an_empty_province_are_under_five(app, cast):
    with app.app_context():
        publish_period(province(cast), "2026-09", by=SYSTEM)
        shown = [one for one in figures() if one.measure == Measure.OPEN]
        assert [(one.low, one.high, one.shown) for one in shown] == [(0, 4, "band")] * 3
        assert all(one.low == 0 for one in figures())


def test_a_province_in_which_nobody_takes_part_is_refused(app, cast):
    with app.app_context():
        empty = Unit(
            code="99", name="Không", kind="province", valid_from=FIRST, is_province=True, source="t"
        )
        db.session.add(empty)
        db.session.commit()
        with pytest.raises(Refused, match="No unit"):
            publish_period(empty, "2026-09", by=SYSTEM)


def test_a_single_unit_is_protected_too(app, cast):
    with app.app_context():
        for number in range(3):
            case = add_case(cast.units["c"], date(2026, 7, 1 + number))
            add_contact(case, cast.units["c"], date(2026, 8, 1))
        elsewhere = db.session.get_one(Unit, cast.units["elsewhere"])
        report = publish_periods(elsewhere, months_between("2026-07", "2026-09"), by=SYSTEM)
        assert report.periods == ("2026-07", "2026-08", "2026-09")
        assert not [one for one in figures(is_personal=True) if one.shown == "exact"]
        # Three contacts would say that at most three persons came.
        contacts = figures(measure="contacts", from_on=date(2026, 8, 1))
        assert [(one.low, one.high, one.shown) for one in contacts] == [(0, 4, "band")] * 2


def test_a_unit_that_joins_later_was_zero_before_and_that_is_no_secret(app, cast):
    with app.app_context():
        filled(cast)
        publish_backlog(province(cast), "2026-04", SYSTEM)
        new = Unit(
            code="32000",
            name="Mới",
            kind="commune",
            valid_from=date(2026, 5, 1),
            is_province=False,
            province_id=cast.units["province"],
            parent_id=cast.units["province"],
            source="test",
        )
        db.session.add(new)
        db.session.flush()
        new_id = new.id
        for _ in range(7):
            add_case(new_id, date(2026, 5, 9))
        db.session.commit()
        publish_backlog(province(cast), "2026-06", SYSTEM)
        assert min(one.from_on for one in figures(unit_id=new_id)) == date(2026, 4, 1)  # quarter
        assert [one.low for one in figures(unit_id=new_id, measure="open")] == [5, 5]
        rows = {row.id: row for row in read_figures(cast.units["province"], "2026-06").rows}
        assert rows["unit:32000:open:2026-04"].value == 0
        assert rows["unit:32000:open:2026-04"].shown == "exact"
        assert rows["unit:32000:new:2026-05"].shown == "none"


class Crash(Exception):
    pass


@pytest.mark.parametrize("step", ["_reveal", "_note_published"])
def test_a_crash_between_the_commits_publishes_nothing_or_everything(app, cast, monkeypatch, step):
    def crash(*_):
        raise Crash

    with app.app_context():
        filled(cast)
        place = province(cast)
        with monkeypatch.context() as patched:
            patched.setattr(writing, step, crash)
            with pytest.raises(Crash):
                publish_backlog(place, "2026-04", SYSTEM)
        db.session.rollback()
        prepared = prints()
        assert len(prepared) > 0
        visible = ["2026-03", "2026-04"] if step == "_note_published" else []
        assert editions() == visible
        assert db.session.scalars(select(Publication.published_at)).all() == [None, None]

        # Records that came meanwhile change nothing of what was prepared.
        add_case(cast.units["a"], date(2026, 3, 9))
        db.session.commit()
        report = publish_periods(province(cast), ["2026-03", "2026-04", "2026-05"], by=SYSTEM)
        assert report.finished == ("2026-03", "2026-04")
        assert report.periods == ("2026-05",)
        assert editions() == ["2026-03", "2026-04", "2026-05"]
        assert prepared.items() <= prints().items()
        assert None not in db.session.scalars(select(Publication.published_at)).all()
        figures_of = Counter(figure.edition_id for figure in figures())
        counts_of = Counter(
            db.session.scalars(select(PublishedCount.publication_id).filter_by(is_printed=True))
        )
        assert figures_of == counts_of


def prints() -> dict:
    return {
        one.id: (one.count, one.low, one.high, one.shown)
        for one in db.session.scalars(select(PublishedCount))
    }


def test_an_edition_lost_from_the_read_model_is_written_again_as_it_was(app, cast):
    with app.app_context():
        filled(cast)
        publish_backlog(province(cast), "2026-04", SYSTEM)

        def shown():
            return sorted(
                (str(one.unit_id), one.measure, one.from_on, one.until_on, one.shown, one.low or 0)
                for one in figures()
            )

        before = shown()
        for table in (CriterionFigure, ActivityFigure, Figure, Edition):
            db.session.execute(delete(table))
        db.session.commit()
        writing.finish(cast.units["province"], by=SYSTEM)
        assert shown() == before


def test_an_edition_that_nobody_here_made_stops_everything(app, cast):
    with app.app_context():
        filled(cast)
        publish_period(province(cast), "2026-03", by=SYSTEM)
        told = (PublishedCriterion, PublishedActivity, PublishedCount, PublishedProof)
        for table in (*told, Publication):
            db.session.execute(delete(table))
        db.session.commit()
        with pytest.raises(Refused, match="another backup"):
            publish_period(province(cast), "2026-03", by=SYSTEM)


def test_without_the_read_model_nothing_is_published(app, cast):
    with app.app_context():
        filled(cast, cases=3)
        engine = db.engines["inspection"]
        schema = "inspection." if engine.dialect.name == "postgresql" else ""
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {schema}editions RENAME TO away"))
        with pytest.raises(Refused, match="can't be reached"):
            publish_period(province(cast), "2026-03", by=SYSTEM)
        assert db.session.scalar(select(func.count()).select_from(Publication)) == 0
        db.session.commit()
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {schema}away RENAME TO editions"))
            connection.execute(text(f"ALTER TABLE {schema}figures RENAME TO away"))
        with pytest.raises(Refused, match="publish again"):
            publish_period(province(cast), "2026-03", by=SYSTEM)
        assert editions() == []
        db.session.commit()
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {schema}away RENAME TO figures"))
        assert publish_period(province(cast), "2026-03", by=SYSTEM).finished == ("2026-03",)
        assert editions() == ["2026-03"]


def test_who_published_and_when_stands_in_the_edition(app, cast):
    with app.app_context():
        filled(cast, cases=2)
        manager = Actor(cast.accounts["manager"], "manager")
        publish_period(province(cast), "2026-03", by=manager)
        edition = db.session.scalars(select(Edition)).one()
        assert edition.published_by == "manager"
        assert (edition.from_on, edition.until_on) == (date(2026, 3, 1), date(2026, 3, 31))
        entry = db.session.scalars(select(AuditEntry).filter_by(action="figures.publish")).one()
        assert (entry.actor_id, entry.subject_id) == (manager.id, edition.id)


def run(app, *arguments, **kwargs):
    return app.test_cli_runner().invoke(args=["figures", *map(str, arguments)], **kwargs)


def test_commands_publish_export_and_attack(app, cast, tmp_path):
    with app.app_context():
        load_usual(by=SYSTEM)
        filled(cast)
        publish_backlog(province(cast), "2026-05", SYSTEM)
    month = ("--period", "2026-06", "--province", "96")
    dry = run(app, "publish", *month, "--dry-run")
    assert dry.exit_code == 0 and "nothing was published" in dry.output
    assert "unit open" in dry.output
    assert run(app, "publish", *month, input="n\n").exit_code == 1
    assert run(app, "export", *month).output == "Error: Nothing is published for 2026-06.\n"
    done = run(app, "publish", *month, "--yes")
    assert "Published 2026-06 of Tỉnh Cà Mau." in done.output, done.output
    assert "published already" in run(app, "publish", *month, "--yes").output

    folder = tmp_path / "not" / "there"
    assert run(app, "export", *month, "--output", folder).exit_code == 0
    written = sorted(path.name for path in folder.iterdir())
    names = ["activity", "cells", "clusters", "criteria", "relations", "shares"]
    assert written == [f"{name}.csv" for name in names]
    attacked = run(app, "attack", folder)
    assert attacked.exit_code == 0, attacked.output
    assert "unit open" in attacked.output

    assert run(app, "export", *month, "--format", "json", "--output", folder).exit_code == 0
    content = json.loads((folder / "edition.json").read_text())
    lines = list(csv.DictReader((folder / "cells.csv").read_text().splitlines()))
    assert [cell["id"] for cell in content["cells"]] == [line["id"] for line in lines]
    for name, table in (("activity", ActivityFigure), ("criteria", CriterionFigure)):
        told = list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines()))
        assert len(told) == len(content[name]) > 0
        assert [line["unit"] for line in told] == [row["unit"] for row in content[name]]
        with app.app_context():
            assert len(told) == db.session.scalar(select(func.count()).select_from(table))
    printed = [line for line in lines if line["shown"] != "none"]
    with app.app_context():
        assert len(printed) == len([one for one in figures() if one.shown != "none"])
    assert all(not line["value"] for line in lines if line["shown"] != "exact")
    assert all(not line["lo"] and not line["hi"] for line in lines if line["shown"] != "band")


def test_a_leak_planted_in_the_export_is_found(app, cast, tmp_path):
    with app.app_context():
        filled(cast, cases=6)
        publish_backlog(province(cast), "2026-06", SYSTEM)
        small = db.session.scalars(
            select(PublishedCount).where(
                PublishedCount.count.between(1, 4),
                PublishedCount.measure.in_(["new", "closed", "supported"]),
                PublishedCount.level == "unit",
                PublishedCount.is_printed,
            )
        ).first()
        unit = db.session.get_one(Unit, small.unit_id).code
        cell, count = f"unit:{unit}:{small.measure}:{small.period}", small.count
        read_figures(cast.units["province"], "2026-06").write_csv(tmp_path)
    lines = (tmp_path / "cells.csv").read_text().splitlines()
    planted = [
        f"{line.rsplit(',', 4)[0]},exact,{count},," if line.startswith(f"{cell},") else line
        for line in lines
    ]
    assert planted != lines
    (tmp_path / "cells.csv").write_text("\n".join(planted) + "\n")
    found = run(app, "attack", tmp_path)
    assert found.exit_code == 1
    assert f"exact: {cell} is {count}..{count}" in found.output


def test_no_page_of_the_inspection_side_can_name_the_counts(app, client_as, cast):
    with app.app_context():
        filled(cast, cases=3)
        publish_period(province(cast), "2026-03", by=SYSTEM)
        assert db.session.scalar(select(func.count()).select_from(Contact)) > 0
    assert PublishedCount.__table__.schema == "anonymisation"
    assert PublishedCount.metadata is not Figure.metadata
    assert "Bạc Liêu" in client_as("unithead").get(f"/figures/{cast.units['a']}").words
