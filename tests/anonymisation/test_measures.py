"""What is counted, against an independent count in plain SQL and plain loops."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from casework.anonymisation.measures import ACTIVITY, Counted, count, days_of, list_parts
from casework.anonymisation.plan import months_between
from casework.confidential.cases.models import Case, Episode
from casework.core.database import db
from casework.inspection.readmodel.models import Measure
from tests.anonymisation.records import (
    add_case,
    add_contact,
    add_group,
    add_meeting,
    add_session,
    attend,
    fill,
)

MONTHS = months_between("2026-03", "2026-09")
QUARTERS = ("2026-Q2", "2026-Q3")


def counted(cast, months=MONTHS) -> Counted:
    db.session.commit()
    with db.engine.connect() as connection:
        return count(connection, cast.units["province"], months)


def day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def rows(query: str, part: str) -> list[tuple]:
    schema = f"{part}." if db.engine.dialect.name == "postgresql" else ""
    return [tuple(row) for row in db.session.execute(text(query.replace("$", schema)))]


def ident(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def countable() -> dict[UUID, date]:
    """Cases whose first answer was yes, and the day of the first no after it, far off without."""
    answers = rows(
        "SELECT case_id, is_given, on_day FROM $consents "
        "WHERE purpose = 'anonymous_statistics' ORDER BY recorded_at",
        "confidential",
    )
    first: dict[UUID, bool] = {}
    until: dict[UUID, date] = {}
    for case, is_given, on in answers:
        first.setdefault(ident(case), bool(is_given))
        if not is_given:
            until[ident(case)] = min(until.get(ident(case), date.max), day(on))
    return {case: until.get(case, date.max) for case, is_given in first.items() if is_given}


def never_withdrawn() -> list[UUID]:
    """Cases that are counted as long as they last."""
    return [case for case, until in countable().items() if until == date.max]


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_equal_an_independent_count(app, cast, seed):
    units = [cast.units["a"], cast.units["b"]]
    with app.app_context():
        fill(units, seed, date(2026, 3, 1), 210, services=True)
        fill([cast.units["c"]], seed, date(2026, 3, 1), 210)  # another province's
        got = counted(cast)
        may = countable()
        cases = {
            ident(id_): (ident(unit), day(opened), closed and day(closed))
            for id_, unit, opened, closed in rows(
                "SELECT id, unit_id, opened_on, closed_on FROM $cases", "confidential"
            )
        }
        contacts, services = (
            [
                (ident(case), ident(unit), day(on))
                for case, unit, on in rows(
                    f"SELECT case_id, unit_id, on_day FROM ${table}", "confidential"
                )
            ]
            for table in ("contacts", "services")
        )
    for case, withdrawn in may.items():
        unit, opened, closed = cases[case]
        cases[case] = unit, opened, min(closed or date.max, withdrawn)
    may = {case for case, withdrawn in may.items() if cases[case][1] < withdrawn}
    places = {units[0]: units[:1], units[1]: units[1:], cast.units["province"]: units}
    for place, inside in places.items():
        mine = [cases[case] for case in may if cases[case][0] in inside]
        for month in MONTHS:
            end = days_of(month)[1]
            opened = sum(case[1] <= end for case in mine)
            closed = sum(case[2] <= end for case in mine)
            still_open = [c for c in mine if c[1] <= end < c[2]]
            assert got.opened.get((place, month), 0) == opened
            assert got.closed.get((place, month), 0) == closed
            assert opened - closed == len(still_open)
            first = days_of(month)[0]
            assert got.activity[Measure.CONTACTS].get((place, month), 0) == sum(
                unit in inside and first <= on <= end for _, unit, on in contacts
            )
        for quarter in QUARTERS:
            first, end = days_of(quarter)
            persons = {
                case
                for case, _, on in [*contacts, *services]
                if case in may
                and cases[case][0] in inside
                and first <= on <= min(end, cases[case][2])
            }
            assert got.supported.get((place, quarter), 0) == len(persons)
            ended = sum(first <= case[2] <= end for case in mine)
            stock = sum(case[1] <= end < case[2] for case in mine)
            assert len(persons) <= stock + ended
    assert sum(got.supported.values()) > 0


def test_attendances_are_of_self_help_and_peer_groups_with_visitors(app, cast):
    unit = cast.units["a"]
    with app.app_context():
        refused = add_case(unit, date(2026, 1, 1), answers=(False,))
        agreed = add_case(unit, date(2026, 1, 1))
        group = add_group(unit)
        add_session(unit, group, date(2026, 4, 1), present=4, absent=3, visitors=2)
        add_session(unit, add_group(unit, "peer"), date(2026, 6, 30), present=1)
        add_session(unit, add_group(unit, "counselling"), date(2026, 5, 5), present=9, visitors=9)
        add_session(unit, group, date(2026, 7, 1), present=5)
        session = ident(
            rows("SELECT id FROM $group_sessions WHERE held_on = '2026-04-01'", "confidential")[0][
                0
            ]
        )
        attend(session, group, was_present=True, case=refused)
        attend(session, group, was_present=True, case=agreed)
        got = counted(cast)
    for place in (unit, cast.units["province"]):
        assert got.attendances[place, "2026-Q2"] == 4 + 2 + 1 + 1
        assert got.attendances[place, "2026-Q3"] == 5


def test_sessions_belong_to_the_month_they_are_due_in(app, cast):
    unit = cast.units["a"]
    with app.app_context():
        group, due = add_group(unit, "communication"), date(2026, 4, 30)
        add_meeting(unit, group, due, due + timedelta(days=7))  # on time, in May
        add_meeting(unit, group, due - timedelta(days=1), due + timedelta(days=7))  # late
        add_meeting(unit, group, due - timedelta(days=2))  # not held
        add_meeting(unit, group, due - timedelta(days=3), excuse="storm")
        add_meeting(unit, group, due - timedelta(days=4), due, excuse="storm")  # held after all
        add_meeting(unit, group, None, due)  # extra
        got = counted(cast)
    expected = Counter(
        {Measure.SESSIONS_DUE: 4, Measure.SESSIONS_HELD: 4, Measure.SESSIONS_ON_TIME: 2}
    )
    for measure, number in expected.items():
        assert got.activity[measure][unit, "2026-04"] == number
        assert got.activity[measure].get((unit, "2026-05"), 0) == 0


def test_a_contact_outside_the_time_of_the_case_supports_nobody(app, cast):
    unit = cast.units["a"]
    with app.app_context():
        case = add_case(unit, date(2026, 1, 5), date(2026, 3, 31))
        add_contact(case, unit, date(2026, 4, 1))
        got = counted(cast)
    assert got.supported[unit, "2026-Q2"] == 0
    assert got.activity[Measure.CONTACTS][unit, "2026-04"] == 1


def test_two_answers_at_one_moment_count_as_no(app, cast):
    unit = cast.units["a"]
    with app.app_context():
        add_case(unit, date(2026, 1, 5), answers=(True,))
        add_case(unit, date(2026, 1, 5), answers=(True, False))
        db.session.flush()
        schema = "confidential." if db.engine.dialect.name == "postgresql" else ""
        moment = "'2026-01-01 00:00:00+00'" if schema else "'2026-01-01 00:00:00.000000'"
        db.session.execute(
            text(
                f"UPDATE {schema}consents SET recorded_at = {moment} "
                "WHERE purpose = 'anonymous_statistics'"
            )
        )
        assert counted(cast).opened[unit, "2026-03"] == 1


def test_an_empty_province_counts_nothing(app, cast):
    with app.app_context():
        got = counted(cast)
    tallies = [got.opened, got.closed, got.supported, got.attendances]
    tallies += [got.activity[measure] for measure in ACTIVITY]
    assert not any(number for tally in tallies for number in tally.values())


def test_units_take_part_where_somebody_works_meets_or_is_supported(app, cast):
    with app.app_context():
        db.session.commit()
        with db.engine.connect() as connection:
            parts = list_parts(connection, cast.units["province"])
    assert [part.id for part in parts] == [cast.units["a"], cast.units["b"]]
    assert {part.since for part in parts} == {date(2025, 7, 1)}


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("2026-02", (date(2026, 2, 1), date(2026, 2, 28))),
        ("2026-Q4", (date(2026, 10, 1), date(2026, 12, 31))),
        ("2024", (date(2024, 1, 1), date(2024, 12, 31))),
    ],
)
def test_days_of_a_period(period, days):
    assert days_of(period) == days


def move(case, unit, on):
    """Transfer a case: its episode ends, another begins elsewhere on the same day."""
    episode = db.session.scalars(
        select(Episode).where(Episode.case_id == case, Episode.closed_on.is_(None))
    ).one()
    episode.closed_on, episode.ended_by = on, "transfer"
    db.session.flush()
    db.session.add(Episode(case_id=case, unit_id=unit, opened_on=on))
    db.session.get_one(Case, case).unit_id = unit


def stock(got, place, month):
    return got.opened.get((place, month), 0) - got.closed.get((place, month), 0)


def test_a_reopened_case_is_closed_and_new_and_one_person(app, cast):
    a, province = cast.units["a"], cast.units["province"]
    with app.app_context():
        case = add_case(a, date(2026, 4, 10), date(2026, 5, 20))
        db.session.scalars(select(Episode)).one().ended_by = "closure"
        db.session.add(Episode(case_id=case, unit_id=a, opened_on=date(2026, 6, 2)))
        for on in (date(2026, 4, 12), date(2026, 5, 25), date(2026, 6, 5)):
            add_contact(case, a, on)
        got = counted(cast)
    for place in (a, province):
        assert [stock(got, place, f"2026-{month:02}") for month in range(3, 8)] == [0, 1, 0, 1, 1]
        assert got.opened[place, "2026-06"] == 2
        assert got.closed[place, "2026-06"] == 1
        assert got.supported[place, "2026-Q2"] == 1


def test_a_transferred_case_is_closed_here_and_new_there(app, cast):
    a, b, province = (cast.units[name] for name in ("a", "b", "province"))
    with app.app_context():
        case = add_case(a, date(2026, 4, 10))
        add_contact(case, a, date(2026, 4, 12))
        move(case, b, date(2026, 6, 2))
        add_contact(case, b, date(2026, 6, 20))
        got = counted(cast)
    for month in MONTHS:
        places = [stock(got, place, month) for place in (a, b, province)]
        assert places[0] + places[1] == places[2], "stock agrees at every level"
    assert (stock(got, a, "2026-05"), stock(got, b, "2026-05")) == (1, 0)
    assert (stock(got, a, "2026-06"), stock(got, b, "2026-06")) == (0, 1)
    assert got.opened[province, "2026-06"] - got.closed[province, "2026-06"] == 1
    # Supported in two units in one quarter: one person, counted where they were last.
    assert got.supported.get((a, "2026-Q2"), 0) == 0
    assert got.supported[b, "2026-Q2"] == got.supported[province, "2026-Q2"] == 1


def test_a_contact_on_the_day_of_a_transfer_counts_once(app, cast):
    a, b, province = (cast.units[name] for name in ("a", "b", "province"))
    with app.app_context():
        case = add_case(a, date(2026, 4, 10))
        move(case, b, date(2026, 6, 2))
        add_contact(case, a, date(2026, 6, 2))
        got = counted(cast)
    found = [got.supported.get((place, "2026-Q2"), 0) for place in (a, b, province)]
    assert found == [0, 1, 1]


def test_a_case_that_went_to_another_province_stays_counted_in_the_first(app, cast):
    a, c, province = (cast.units[name] for name in ("a", "c", "province"))
    with app.app_context():
        case = add_case(a, date(2026, 4, 10))
        add_contact(case, a, date(2026, 4, 12))
        before = counted(cast, MONTHS[:3])
        move(case, c, date(2026, 6, 2))
        got = counted(cast)
    assert got.opened[province, "2026-05"] == before.opened[province, "2026-05"] == 1
    assert stock(got, province, "2026-06") == 0
    assert got.supported[a, "2026-Q2"] == 1
