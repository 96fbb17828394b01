"""The persons counted by group, sex, age and reason, against a count in plain loops."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import event, select

from casework.anonymisation.counting import ByCategory, age_band, count_by_category
from casework.anonymisation.measures import count
from casework.anonymisation.plan import CATEGORIES, DIMENSIONS, months_between
from casework.confidential.cases.models import (
    Case,
    ClosureReason,
    Episode,
    EpisodeEnd,
    Sex,
    TargetGroup,
)
from casework.core.clock import month_end
from casework.core.database import db
from tests.anonymisation.records import add_case, fill
from tests.anonymisation.test_measures import countable, move

MONTHS = months_between("2025-11", "2026-09")


def counted(cast, months=MONTHS) -> ByCategory:
    db.session.commit()
    with db.engine.connect() as connection:
        return count_by_category(connection, cast.units["province"], months)


def mix(random: Random, units) -> None:
    """Give the cases all kinds of labels, end some, move some to another unit."""
    cases = db.session.scalars(select(Case).order_by(Case.reference)).all()
    for case in cases:
        case.target_group = random.choice(list(TargetGroup))
        case.sex = random.choice(list(Sex))
        case.birth_year = random.choice([None, *range(1960, 2015, 6)])
        episode = db.session.scalars(select(Episode).where(Episode.case_id == case.id)).one()
        if episode.closed_on:
            episode.ended_by = EpisodeEnd.CLOSURE
            episode.closure_reason = random.choice([None, *ClosureReason])
        elif random.random() < 0.3:
            on = episode.opened_on + timedelta(days=random.randrange(80))
            move(case.id, random.choice(units), on)


def plainly(cast) -> tuple[Counter, Counter, Counter]:
    """The same counts, each episode and month by itself."""
    still, opened, closed = Counter(), Counter(), Counter()
    may, province = countable(), cast.units["province"]
    cases = {case.id: case for case in db.session.scalars(select(Case))}
    for episode in db.session.scalars(select(Episode)):
        withdrawn = may.get(episode.case_id, date.min)
        if episode.opened_on >= withdrawn or episode.unit_id == cast.units["c"]:
            continue
        case, closing = cases[episode.case_id], episode.closed_on or date.max
        labels = {"group": case.target_group, "sex": case.sex}
        for month in MONTHS:
            end = month_end(int(month[:4]), int(month[5:]))
            ended = min(closing, withdrawn)
            for place in (episode.unit_id, province):
                if episode.opened_on <= end:
                    age = {"age": band(case, episode.opened_on)}
                    opened.update((place, month, *one) for one in (labels | age).items())
                if ended <= end:
                    more = {"age": band(case, ended), "reason": reason(episode, withdrawn)}
                    closed.update((place, month, *one) for one in (labels | more).items())
                elif episode.opened_on <= end:
                    age = {"age": band(case, end)}
                    still.update((place, month, *one) for one in (labels | age).items())
    return still, opened, closed


def band(case: Case, day: date) -> str:
    if case.birth_year is None:
        return "unknown"
    age = day.year - case.birth_year
    bands = {"under_18": range(-99, 18), "18-29": range(18, 30), "30-44": range(30, 45)}
    return next((name for name, ages in bands.items() if age in ages), "45_and_over")


def reason(episode: Episode, withdrawn: date) -> str:
    if episode.closed_on is None or episode.closed_on > withdrawn:
        return "other"
    return "transferred" if episode.ended_by == "transfer" else episode.closure_reason or "other"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_equal_a_plain_count_and_add_up_to_the_totals(app, cast, seed):
    units = [cast.units["a"], cast.units["b"]]
    with app.app_context():
        fill([*units, cast.units["c"]], seed, date(2026, 3, 1), 210, cases=40)
        mix(Random(seed), units)
        got = counted(cast)
        with db.engine.connect() as connection:
            totals = count(connection, cast.units["province"], MONTHS)
        expected = plainly(cast)
    assert (got.open, got.opened, got.closed) == expected
    for place in (*units, cast.units["province"]):
        for month in MONTHS:
            opened, closed = totals.opened.get((place, month), 0), totals.closed[place, month]
            for dimension in CATEGORIES:
                reasons = dimension == "reason"
                assert total(got.closed, place, month, dimension) == closed
                assert total(got.opened, place, month, dimension) == (0 if reasons else opened)
                assert total(got.open, place, month, dimension) == (
                    0 if reasons else opened - closed
                )


def total(counts, place, month, dimension) -> int:
    return sum(counts.get((place, month, dimension, value), 0) for value in CATEGORIES[dimension])


def test_the_categories_are_those_of_the_records():
    assert CATEGORIES["group"] == tuple(TargetGroup)
    assert CATEGORIES["sex"] == tuple(Sex)
    assert CATEGORIES["reason"] == (*ClosureReason, "transferred")
    assert set(CATEGORIES) <= {*DIMENSIONS, "reason"}


def test_age_changes_with_the_calendar_year_alone(app, cast):
    a = cast.units["a"]
    with app.app_context():
        add_case(a, date(2025, 11, 30), date(2026, 2, 1), birth_year=2008)
        got = counted(cast)
    assert {month: value for place, month, by, value in got.open if (place, by) == (a, "age")} == {
        "2025-11": "under_18",
        "2025-12": "under_18",
        "2026-01": "18-29",
    }
    assert got.opened[a, "2026-09", "age", "under_18"] == 1
    assert got.closed[a, "2026-09", "age", "18-29"] == 1


@pytest.mark.parametrize(
    ("age", "band"),
    [(-1, 0), (0, 0), (17, 0), (18, 1), (29, 1), (30, 2), (44, 2), (45, 3), (120, 3)],
)
def test_bands_of_age(age, band):
    assert age_band(age) == CATEGORIES["age"][band]


def test_whoever_withdraws_from_statistics_is_closed_for_another_reason(app, cast):
    """Closed afterwards, on that very day, or not at all: only a closure by then has a reason."""
    a, opened = cast.units["a"], date(2026, 1, 10)
    withdrawn = opened + timedelta(days=40)
    with app.app_context():
        for closed in (None, withdrawn + timedelta(days=1), withdrawn):
            case = add_case(a, opened, closed, answers=(True, False))
            episode = db.session.scalars(select(Episode).where(Episode.case_id == case)).one()
            if closed:
                episode.ended_by, episode.closure_reason = "closure", "deceased"
        got = counted(cast)
    assert {
        value: number
        for (place, month, by, value), number in got.closed.items()
        if (place, month, by) == (a, "2026-02", "reason")
    } == {"other": 2, "deceased": 1}


def test_statements_do_not_grow_with_months(app, cast):
    with app.app_context():
        fill([cast.units["a"], cast.units["b"]], 1, date(2026, 3, 1), 210)
        for months in (MONTHS[:1], MONTHS):
            asked = []

            def listen(*told, asked=asked):
                asked.append(told[2])

            event.listen(db.engine, "before_cursor_execute", listen)
            counted(cast, months)
            event.remove(db.engine, "before_cursor_execute", listen)
            assert sum("episodes" in sql for sql in asked) == 1


def test_an_empty_province_counts_nobody(app, cast):
    with app.app_context():
        got = counted(cast)
    assert not (got.open or got.opened or got.closed)
