"""What is told of a province by group, sex, age and reason: counts that fit, proofs, files."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_OID, UUID, uuid5

import numpy as np
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from casework.anonymisation.attack import attack, read
from casework.anonymisation.categories import (
    MANY,
    Categories,
    Proved,
    Silence,
    fit,
    prove_months,
    quarter_ends,
)
from casework.anonymisation.counting import ByCategory
from casework.anonymisation.export import files_of, read_figures
from casework.anonymisation.lifting import known_tables
from casework.anonymisation.measures import ACTIVITY, Counted, Part
from casework.anonymisation.models import Publication, PublishedCount, PublishedProof
from casework.anonymisation.plan import (
    CATEGORIES,
    LASTING,
    PROVINCE,
    Cell,
    Dimension,
    Measure,
    Plan,
    Printed,
    ends_quarter,
    months_between,
    previous_month,
)
from casework.anonymisation.protection import OPEN, Prints, Shown, protect
from casework.anonymisation.publish import publish_backlog
from casework.anonymisation.relations import frames_besides, relations_of
from casework.anonymisation.sequence import Batch, Past
from casework.anonymisation.witnesses import unpack
from casework.confidential.cases.models import Case, Episode
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.readmodel.models import Figure
from casework.organisation.settings.operations import load_usual
from casework.organisation.units.models import Unit
from tests.anonymisation.records import add_case, add_contact

PROVINCE_ID = uuid5(NAMESPACE_OID, PROVINCE)
COMMON: Mapping[Dimension, tuple[int, ...]] = {
    "group": (14, 4, 1, 1),
    "sex": (5, 14, 1),
    "age": (1, 5, 9, 4, 1),
    "reason": (8, 3, 2, 2, 1, 2, 2),
}


@dataclass
class Person:
    """Somebody supported in a unit, and in which month opening and closing were recorded."""

    unit: str
    labels: dict[Dimension, str]
    opened: str
    opening_known: str
    closed: str | None = None
    closing_known: str = ""


class Records:
    """Persons who come and go, some of them recorded late or with a group put right later."""

    def __init__(self, units: int, months: Sequence[str], seed: int, persons: int = 14) -> None:
        self.random, self.months = Random(seed), months
        self.units = [f"{31000 + number}" for number in range(units)]
        self.persons: list[Person] = []
        for unit in self.units:
            here = [
                self._person(unit, "2020-01") for _ in range(self.random.randrange(persons * 2))
            ]
            for month in months:
                here += [self._person(unit, month) for _ in range(self.random.randrange(3))]
                if here and self.random.random() < 0.6:
                    gone = here.pop(self.random.randrange(len(here)))
                    gone.closed, gone.closing_known = month, self._known(month)
        self.parts = {
            unit: Part(uuid5(NAMESPACE_OID, unit), unit, date(2000, 1, 1), None, date(2000, 1, 1))
            for unit in self.units
        }
        self.ids = {unit: part.id for unit, part in self.parts.items()} | {PROVINCE: PROVINCE_ID}

    def _person(self, unit: str, opened: str) -> Person:
        labels = {
            dimension: self.random.choices(CATEGORIES[dimension], weights)[0]
            for dimension, weights in COMMON.items()
        }
        person = Person(unit, labels, opened, self._known(opened))
        self.persons.append(person)
        return person

    def _known(self, month: str) -> str:
        late = self.random.random() < 0.1
        return f"{month[:4]}-{min(int(month[5:]) + 2, 12):02}" if late else month

    def put_right(self, share: float = 0.02) -> None:
        """Some groups and sexes were entered wrongly."""
        for person in self.persons:
            for dimension in LASTING:
                if self.random.random() < share:
                    person.labels[dimension] = self.random.choice(CATEGORIES[dimension])

    def counted(self, now: str) -> tuple[Counted, ByCategory]:
        """What the records say in a month."""
        opened, closed = Counter[tuple[UUID, str]](), Counter[tuple[UUID, str]]()
        by = {
            name: Counter[tuple[UUID, str, Dimension, str]]()
            for name in ("open", "opened", "closed")
        }
        known = [month for month in (previous_month(self.months[0]), *self.months) if month <= now]
        for person, month in product(self.persons, known):
            has_opened = person.opening_known <= now and person.opened <= month
            if not has_opened:
                continue
            has_closed = bool(
                person.closed and person.closing_known <= now and person.closed <= month
            )
            for place in (self.ids[person.unit], PROVINCE_ID):
                opened[place, month] += has_opened
                closed[place, month] += has_closed
                for dimension, value in person.labels.items():
                    key = place, month, dimension, value
                    by["closed"][key] += has_closed
                    if dimension != "reason":
                        by["opened"][key] += has_opened
                        by["open"][key] += has_opened and not has_closed
        nothing: dict[Measure, dict[tuple[UUID, str], int]] = {each: {} for each in ACTIVITY}
        return Counted(opened, closed, {}, {}, nothing), ByCategory(**by)

    def publish(self, past: Past, months: Sequence[str]) -> Proved:
        """What ``publish`` does with what the records say."""
        counted, labelled = self.counted(months[-1])
        proved = prove_months(past, months, counted, labelled, self.parts, self.ids)
        assert proved.batch.result.check() == ()
        assert proved.told.wrong == ()
        return proved


def by_category(past: Past, dimension: Dimension) -> dict[Cell, tuple[int, int]]:
    return {
        cell: one.ends[:2]
        for cell, one in past.printed.items()
        if cell.category and cell.category[0] == dimension
    }


@given(st.lists(st.integers(-5, 30), min_size=1, max_size=6), st.integers(0, 60))
def test_counts_fit_their_total(raw: list[int], total: int):
    fitted = fit({str(number): count for number, count in enumerate(raw)}, total)
    assert sum(fitted.values()) == total
    assert min(fitted.values()) >= 0
    if min(raw) >= 0 and sum(raw) == total:
        assert list(fitted.values()) == raw


def test_people_are_told_apart_where_a_quarter_or_a_year_ends():
    assert quarter_ends([], months_between("2025-01", "2025-07")) == [
        "2024-12",
        "2025-03",
        "2025-06",
    ]
    assert quarter_ends(months_between("2025-02", "2025-03"), ["2025-04"]) == ["2025-03"]


@pytest.mark.parametrize("seed", [1, 2])
def test_editions_follow_one_another_with_late_records_and_labels_put_right(seed: int, tmp_path):
    """What is printed contains the truth, adds up, is never drawn again, and nothing leaks."""
    months = months_between("2024-12", "2025-09")
    records, past = Records(9, months, seed), Past()
    past = records.publish(past, months[:4]).past
    for month in months[4:]:
        before = dict(past.printed)
        records.put_right()
        proved = records.publish(past, [month])
        past, batch, told = proved.past, proved.batch, proved.told
        assert {cell: past.printed[cell] for cell in before} == before
        _, truth = records.counted(month)
        for one in (one for prints in told.months.values() for one in prints if one.is_printed):
            assert one.cell.level == "province"
            low, high, shown = one.ends
            assert low <= one.count <= high
            assert shown is not Shown.EXACT or one.count >= 5
            dimension, value = one.cell.category or ("", "")
            if one.cell.measure == "open":
                assert one.count == truth.open[PROVINCE_ID, one.cell.period, dimension, value]
    assert_adds_up(past, records.units)
    assert by_category(past, "group")
    assert by_category(past, "sex")
    assert_proofs_go_together(past, batch, records)
    assert attacked(past, batch, tmp_path).stops({c.id: n for c, n in past.counts.items()}) == ()


def assert_adds_up(past: Past, units: Iterable[str]) -> None:
    """In every unit and in the province, each dimension's values are all persons."""
    found = Counter[tuple[Cell, Dimension]]()
    for cell, count in past.counts.items():
        if cell.category and not cell.measure.startswith("recorded"):
            found[Cell(*cell[:4]), cell.category[0]] += count
    assert len(found) > 50
    for (cell, dimension), count in found.items():
        assert past.counts[cell] == count, (cell, dimension)


def assert_proofs_go_together(past: Past, batch: Batch, records: Records) -> None:
    """Every move of the months' proof can be made with persons of one group and one sex, and
    nothing told of the province by group or sex changes by it.
    """
    moves = batch.result.moves
    assert moves
    ends = [month for month in past.months if ends_quarter(month)]
    common = {
        dimension: max(
            CATEGORIES[dimension],
            key=lambda value: sum(
                past.counts[Cell("unit", unit, "open", month)._replace(**{dimension: value})]
                for unit, month in product(records.units, ends)
            ),
        )
        for dimension in LASTING
    }
    for move in moves:
        for place, step in zip(move.cells, move.steps, strict=True):
            cell = batch.frame.cells[place]
            if cell.measure not in ("open", "new", "closed"):
                continue
            at_quarter = ends_quarter(cell.period) if cell.measure == "open" else "Q" in cell.period
            if cell.level == "province":
                assert not at_quarter
            elif at_quarter and cell.period > "2024-12":
                for dimension, value in common.items():
                    assert past.counts[cell._replace(**{dimension: value})] + step >= 0


def attacked(past: Past, batch: Batch, folder):
    prints = {cell: (one.shown, one.low, one.high) for cell, one in past.printed.items()}
    units = batch.frame.units
    frame = batch.frame.with_cells_of(frames_besides(prints, units, past.months, lambda at: {}))
    files_of(frame, prints).write_csv(folder)
    return attack(read(folder))


def test_too_few_units_are_not_told_apart():
    """With seven units there is too little to exchange."""
    months = months_between("2025-01", "2025-03")
    proved = Records(MANY - 1, months, 1).publish(Past(), months)
    assert not any(cell.category for cell in proved.past.printed)
    # The ledger is kept all the same, so that a unit more lets them be told.
    assert any(cell.category for cell in proved.past.counts)


def test_editions_from_before_are_followed_by_ones_that_tell_categories():
    """Where months were published before anything was told apart, their quarters are counted now
    and never printed.
    """
    months = months_between("2024-12", "2025-07")
    records = Records(9, months, 6)
    past = records.publish(Past(), months[:4]).past
    for known in (past.counts, past.printed):
        for cell in [cell for cell in known if cell.category]:
            del known[cell]
    records.put_right()
    past = records.publish(past, months[4:7]).past
    assert {cell.period for cell in by_category(past, "group")} == {"2025-06", "2025-Q2"}
    records.put_right()
    past = records.publish(past, months[7:]).past
    assert_adds_up(past, records.units)


@pytest.mark.parametrize(("was_told", "silence"), [(False, "by_category"), (True, "all_new")])
def test_what_can_not_be_proved_is_not_told(monkeypatch, was_told: bool, silence: str):
    """Before anything was told by category: none of it. Later: nothing new of persons, for what
    was told stays, and is proved on.
    """
    months = months_between("2024-12", "2025-06")
    records = Records(9, months, 8)
    past = records.publish(Past(), months[:4]).past if was_told else Past()
    before = dict(past.printed)
    prove = Categories.prove

    def fail(self, batch, watch):
        told = prove(self, batch, watch)
        return replace(told, wrong=("too much",)) if self.silence is Silence.NONE else told

    monkeypatch.setattr(Categories, "prove", fail)
    proved = records.publish(past, months[4 if was_told else 0 :])
    assert str(proved.told.silence) == silence
    new = [one for cell, one in proved.past.printed.items() if cell not in before]
    assert {cell: proved.past.printed[cell] for cell in before} == before
    assert not any(one.cell.category for one in new)
    persons = {one.shown for one in new if one.cell.measure in ("open", "new", "closed")}
    assert (persons == {Shown.NONE}) is was_told


def test_exactness_does_not_tell_which_value_is_few():
    """Beside one value that is few, the next is a range as well, and never the whole of a row."""
    months = months_between("2025-01", "2025-12")
    records = Records(10, months, 3)
    past = records.publish(Past(), months).past
    assert_adds_up(past, records.units)
    assert by_category(past, "age")
    assert by_category(past, "reason")
    rows: dict[tuple[str, str, Dimension], list[tuple[int, int]]] = {}
    for dimension in LASTING:
        for cell, ends in by_category(past, dimension).items():
            rows.setdefault((cell.measure, cell.period, dimension), []).append(ends)
    assert rows
    for row in rows.values():
        ranges = [ends for ends in row if ends[0] != ends[1]]
        assert len(ranges) != 1


def test_a_small_count_told_exactly_is_caught(tmp_path):
    months = months_between("2025-01", "2025-06")
    proved = Records(8, months, 4).publish(Past(), months)
    past, batch = proved.past, proved.batch
    small = next(
        one
        for cell, one in past.printed.items()
        if cell.category and cell.measure == "new" and 0 < one.count < 5
    )
    past.printed[small.cell] = replace(small, shown=Shown.EXACT, low=small.count, high=small.count)
    found = attacked(past, batch, tmp_path)
    assert small.cell.id in {one.cell for one in found.found if one.verdict == "exact"}


SMALL = Plan(
    measures=(Measure("open", "stock", finest="quarter"),),
    printed=(
        Printed("unit", "open", "quarter", 1),
        Printed("province", "open", "quarter", 1, by=("sex",), exact=True),
    ),
    categories={"sex": ("female", "male")},
)
MONTHS = months_between("2025-01", "2025-03")


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=4))
def test_brute_force_finds_three_values_for_every_small_count(units: list[tuple[int, int]]):
    """All tables of units by sex that agree with the units' ranges and with the province's row."""
    names = [f"u{number}" for number in range(len(units))]
    frame = relations_of(SMALL, units=names, months=MONTHS)
    counts = dict(counts_by_sex(frame.to_count, dict(zip(names, units, strict=True))))
    table = frame.table(counts)
    is_part = np.array([cell.category is not None for cell in frame.cells])
    totals = [cell for cell in frame.cells if cell.category is None]
    low = np.array([counts[cell] // 5 * 5 for cell in totals], dtype=np.int64)
    is_unit = np.array([cell.level == "unit" for cell in totals])
    frozen = Prints(
        tuple(cell.id for cell in totals),
        np.where(is_unit, low, 0),
        np.where(is_unit, low + 4, OPEN),
        tuple(Shown.BAND for _ in totals),
    )
    table = replace(table, personal=table.personal & is_part, printed=table.printed & is_part)
    result = protect(table, frozen)
    if result.unproved:
        return  # then nothing is published
    ends = {
        cell: (result.prints.low[n], result.prints.high[n]) for n, cell in enumerate(frame.cells)
    }
    seen: dict[Cell, set[int]] = {}
    options = {name: list(splits(ends, name)) for name in names}
    for name in names:
        others = [options[each] for each in names if each != name]
        rest = {tuple(map(sum, zip(*each, strict=True))) for each in product(*others)}
        for own in options[name]:
            sums = [(own[0] + female, own[1] + male) for female, male in rest]
            agreeing = [each for each in sums if is_printed(ends, each)]
            for sex, place in (("female", 0), ("male", 1)):
                if agreeing:
                    unit = Cell("unit", name, "open", "2025-03", sex=sex)
                    seen.setdefault(unit, set()).add(own[place])
                whole = Cell("province", PROVINCE, "open", "2025-03", sex=sex)
                seen.setdefault(whole, set()).update(each[place] for each in agreeing)
    assert len(seen) == 2 * len(units) + 2
    for cell, values in seen.items():
        assert counts[cell] in values
        if 0 < counts[cell] < 5:
            assert max(values) - min(values) >= 2, cell


def splits(ends, name: str) -> Iterator[tuple[int, int]]:
    low, high = ends[Cell("unit", name, "open", "2025-03")]
    for total in range(low, high + 1):
        yield from ((female, total - female) for female in range(total + 1))


def is_printed(ends, row: tuple[int, int]) -> bool:
    for sex, count in zip(("female", "male"), row, strict=True):
        low, high = ends[Cell("province", PROVINCE, "open", "2025-03", sex=sex)]
        if not low <= count <= high:
            return False
    return True


def counts_by_sex(cells: Iterable[Cell], units: Mapping[str, tuple[int, int]]):
    for cell in cells:
        here = units.values() if cell.level == "province" else [units[cell.unit]]
        yield (
            cell,
            sum(
                count
                for unit in here
                for sex, count in zip(("female", "male"), unit, strict=True)
                if cell.sex in ("", sex)
            ),
        )


@pytest.fixture
def full_province(app, cast):
    """Nine units of a province with persons of every kind, in July 2025."""
    with app.app_context(), time_machine.travel("2025-07-20 03:00:00+00:00", tick=False):
        load_usual(by=SYSTEM)
        province = db.session.get_one(Unit, cast.units["province"])
        random = Random(7)
        for number in range(9):
            unit = Unit(
                kind="ward",
                name=f"Phường {number}",
                code=f"9900{number}",
                province_id=province.id,
                parent_id=province.id,
                source="Thử",
                is_province=False,
                valid_from=date(2020, 1, 1),
            )
            db.session.add(unit)
            db.session.flush()
            for _ in range(random.randrange(4, 16)):
                add_person(unit.id, random)
        db.session.commit()
        yield province


def add_person(unit_id: UUID, random: Random) -> None:
    opened = date(2024, random.randrange(1, 13), 3)
    closed = date(2025, random.randrange(1, 7), 9) if random.random() < 0.4 else None
    case_id = add_case(unit_id, opened, closed, birth_year=random.choice([None, 1985]))
    case = db.session.get_one(Case, case_id)
    case.target_group = random.choice("AAAABCD")
    case.sex = random.choice(["male", "male", "male", "female"])
    add_contact(case_id, unit_id, date(2025, 1, 15))
    if closed:
        episode = db.session.scalars(select(Episode).where(Episode.case_id == case_id)).one()
        episode.closure_reason = random.choice(["goals_met", "moved"])


def test_readers_and_files_have_what_is_told_by_category(full_province, tmp_path):
    province_id = full_province.id
    publish_backlog(full_province, "2025-06", SYSTEM)
    figures = db.session.scalars(select(Figure).where(Figure.unit_id == province_id)).all()
    by_group = {
        figure.measure: (figure.low, figure.high)
        for figure in figures
        if figure.measure.startswith("open.group") and figure.until_on == date(2025, 6, 30)
    }
    assert set(by_group) == {f"open.group.{each}" for each in CATEGORIES["group"]}
    true = dict(
        db.session.execute(
            select(PublishedCount.measure, PublishedCount.count).where(
                PublishedCount.unit_id == province_id,
                PublishedCount.measure.in_(by_group),
                PublishedCount.period == "2025-06",
            )
        ).all()
    )
    for measure, (low, high) in by_group.items():
        assert low <= true[measure] and (high is None or true[measure] <= high)
    assert not any("." in figure.measure for figure in db.session.scalars(
        select(Figure).where(Figure.unit_id != province_id)
    ))  # fmt: skip
    read_figures(province_id, "2025-06").write_csv(tmp_path)
    edition = read(tmp_path)
    assert any(cell.endswith("open:2025-06:C") for cell in edition.ids)
    found = attack(edition)
    assert (found.undecided, found.contradictions) == ((), ())
    assert [one for one in found.found if one.verdict != "edge"] == []


def test_a_group_put_right_later_changes_no_earlier_figure(full_province):
    publish_backlog(full_province, "2025-03", SYSTEM)
    before = {
        (figure.measure, figure.until_on): (figure.low, figure.high)
        for figure in db.session.scalars(select(Figure))
        if "." in figure.measure
    }
    for case in db.session.scalars(select(Case).where(Case.target_group == "C")):
        case.target_group = "B"
    db.session.commit()
    publish_backlog(full_province, "2025-06", SYSTEM)
    after = {
        (figure.measure, figure.until_on): (figure.low, figure.high)
        for figure in db.session.scalars(select(Figure))
        if "." in figure.measure
    }
    assert before.items() <= after.items()
    assert after["open.group.C", date(2025, 6, 30)] == (0, 4)


def test_the_proof_of_the_newest_edition_is_kept(full_province):
    province: UUID = full_province.id

    def kept() -> list[str]:
        query = select(Publication.period).join(
            PublishedProof, PublishedProof.publication_id == Publication.id
        )
        return list(db.session.scalars(query.where(Publication.province_id == province)))

    publish_backlog(full_province, "2025-03", SYSTEM)
    assert kept() == ["2025-03"]
    publish_backlog(full_province, "2025-04", SYSTEM)
    assert kept() == ["2025-04"]
    moves = db.session.scalars(select(PublishedProof.moves)).one()
    assert {"months", "group", "sex", "age+reason"} <= set(unpack(moves))
    for month, lose in (
        ("2025-05", delete(PublishedProof)),
        ("2025-06", update(PublishedProof).values(moves=b"unreadable")),
    ):
        db.session.execute(lose)
        db.session.commit()
        publish_backlog(full_province, month, SYSTEM)  # lost, they are searched for
        assert kept() == [month]


def test_the_proofs_show_whole_tables_to_the_auditor():
    """Every move, laid out over all that is printed, is a table that agrees with it; they leave
    the auditor nothing to search for. A true table that does not agree is told.
    """
    months = months_between("2024-12", "2025-12")
    proved = Records(9, months, 5).publish(Past(), months)
    past, told, batch = proved.past, proved.told, proved.batch
    prints = {cell: (one.shown, one.low, one.high) for cell, one in past.printed.items()}
    besides = frames_besides(prints, batch.frame.units, past.months, lambda at: {})
    frame = batch.frame.with_cells_of(besides)
    known = known_tables(frame, past, told)
    table = frame.table({cell: known.table[cell.id] for cell in frame.to_count})
    place = {name: number for number, name in enumerate(table.ids)}
    changes = list(known.changes)
    assert len(changes) > 50
    for change in changes:
        cells = np.array([place[name] for name in change])
        steps = np.array(list(change.values()))
        assert table.relations.are_kept_by(cells, steps)
        assert (table.true[cells] + steps >= 0).all()
    with TemporaryDirectory() as folder:
        files_of(frame, prints).write_csv(Path(folder))
        edition = read(Path(folder))
    nothing: dict[str, int] = {}  # a move of what is not printed yet
    whole = replace(known, changes=[nothing, *changes])
    assert attack(edition, seconds=5, known=whole).stops(known.table) == ()
    first = next(
        cell.id
        for cell, one in past.printed.items()
        if one.shown is Shown.EXACT and cell.id in known.table
    )
    false = replace(whole, table={**known.table, first: known.table[first] + 1})
    assert attack(edition, seconds=5, known=false).contradictions
