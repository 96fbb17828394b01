"""How criteria are judged, at the edges of their thresholds; and what is found of a unit."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from casework.anonymisation.criteria import _WAYS, BANDED, Band, judge, judge_band
from casework.anonymisation.found import FINDING, Found, Rule
from casework.anonymisation.work import count_work, read_sources
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.inspection.readmodel.models import Rating
from casework.organisation.meetings.figures import allowed_gap
from casework.organisation.settings.models import CriteriaSet, Criterion, SettingValue
from casework.organisation.settings.operations import load_usual
from tests.anonymisation import work

MET, PARTLY, NOT_MET, NA, NO_DATA = Rating
SEPTEMBER = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


def rule(code, met=None, partly=None):
    return Rule(uuid4(), 1, code, 1, "…", met, partly)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rating"),
    [
        (900, 1000, MET),
        (899, 1000, PARTLY),
        (9, 10, MET),
        (8, 9, PARTLY),
        (700, 1000, PARTLY),
        (699, 1000, NOT_MET),
        (0, 10, NOT_MET),
        (0, 0, NO_DATA),
    ],
)
@pytest.mark.parametrize("code", ["B1", "B2", "E1", "E2", "E3", "F1", "G1"])
def test_shares_at_their_thresholds(code, numerator, denominator, rating):
    assert judge(rule(code, 90, 70), Found(numerator, denominator)) is rating


@pytest.mark.parametrize(
    ("numerator", "denominator", "rating"),
    [(12, 12, MET), (11, 12, PARTLY), (1, 12, PARTLY), (0, 12, NOT_MET), (0, 0, NO_DATA)],
)
@pytest.mark.parametrize("code", ["A2", "A6", "E2", "F1", "G1", "G2"])
def test_without_thresholds_the_checklist_is_taken_at_its_word(
    code, numerator, denominator, rating
):
    assert judge(rule(code), Found(numerator, denominator)) is rating


def test_without_a_lower_threshold_nothing_is_partly_met():
    assert judge(rule("B4", 90), Found(89, 100)) is NOT_MET
    assert judge(rule("B4", 90), Found(90, 100)) is MET


def test_what_does_not_apply_is_not_judged():
    assert judge(rule("B1", 90, 70), Found(0, 0, applies=False)) is NA


@pytest.mark.parametrize(
    ("found", "rating"),
    [
        (Found(2, 2), MET),
        (Found(1, 2), PARTLY),
        (Found(0, 2), NOT_MET),
        (Found(0, 0), NOT_MET),  # no body at all: no decision is in force
    ],
)
def test_decisions_in_force(found, rating):
    assert judge(rule("A1"), found) is rating


@pytest.mark.parametrize(("days", "rating"), [(0, MET), (60, MET), (61, NOT_MET)])
def test_vacancies_and_bodies_under_a_unit_that_is_no_more(days, rating):
    assert judge(rule("A5", 60), Found(2, 2, days)) is rating
    assert judge(rule("A5", 60), Found(1, 2, days)) is NOT_MET
    assert judge(rule("A5"), Found(2, 2, days)) is rating, "usually sixty days"


@given(st.integers(1, 12), st.integers(0, 800), st.integers(100, 500))
def test_gaps_are_judged_as_the_organisation_judges_them(interval, gap, percent):
    """Against the rule of the organisation's own page."""
    rating = judge(rule("B3", percent), Found(None, interval, gap))
    assert (rating is MET) == (gap <= allowed_gap(interval, percent))


def test_a_gap_of_one_and_a_half_months_is_just_right():
    assert judge(rule("B3", 150), Found(None, 1, 45)) is MET
    assert judge(rule("B3", 150), Found(None, 1, 46)) is NOT_MET
    assert judge(rule("B3", 150, 200), Found(None, 1, 46)) is PARTLY
    assert judge(rule("B3", 150), Found()) is NO_DATA


@pytest.mark.parametrize(("value", "rating"), [(3, MET), (2, PARTLY), (1, NOT_MET), (0, NOT_MET)])
def test_numbers_at_their_thresholds(value, rating):
    assert judge(rule("D6", 3, 2), Found(value=value)) is rating
    assert judge(rule("H1"), Found(value=value)) is (MET if value else NOT_MET)


@pytest.mark.parametrize(
    ("found", "rating"),
    [
        (Found(8, 8, 3), MET),
        (Found(7, 8, 3), PARTLY),
        (Found(0, 8, 3), NOT_MET),
        (Found(0, 8, 0), NOT_MET),
        (Found(0, 0, 3), NO_DATA),
    ],
)
def test_communication_reaches_hamlets(found, rating):
    assert judge(rule("C1"), found) is rating
    assert judge(rule("C1", 4, 3), found) is (PARTLY if found.value == 3 else NOT_MET)


@pytest.mark.parametrize(
    ("low", "high", "rating"),
    [(90, 100, MET), (89, 100, NO_DATA), (70, 89, PARTLY), (0, 69, NOT_MET), (60, 75, NO_DATA)],
)
def test_a_share_known_as_a_range_is_judged_where_it_leaves_no_doubt(low, high, rating):
    found = Found(share=(Fraction(low), Fraction(high)))
    assert judge(rule("D4"), found) is rating


@pytest.mark.parametrize("code", BANDED)
@pytest.mark.parametrize(
    ("band", "rating"),
    [
        (Band.FROM_90, MET),
        (Band.FROM_70, PARTLY),
        (Band.FROM_50, NOT_MET),
        (Band.UNDER_50, NOT_MET),
        (Band.NONE, NO_DATA),
    ],
)
def test_bands_of_persons(code, band, rating):
    assert judge_band(rule(code), band) is rating


def test_a_threshold_within_a_band_leaves_it_open():
    assert judge_band(rule("D1", 95, 70), Band.FROM_90) is NO_DATA
    assert judge_band(rule("D1", 70, 50), Band.FROM_70) is MET
    # What D3 sets are the days of a contact, not a share.
    assert judge_band(rule("D3", 30), Band.FROM_50) is NOT_MET


def test_bands_of_units_come_along_from_the_protected_side(world, cast):
    a, b = cast.units["a"], cast.units["b"]
    db.session.commit()
    bands = {"2026-09": {a: {"D1": Band.FROM_70, "D5": Band.NONE}}}
    here = {"2026-09": [a, b]}
    with db.engine.connect() as connection:
        sources = read_sources(connection, cast.units["province"], here)
    found = count_work(sources, here, bands)["2026-09"].criteria
    banded = {
        (one.unit_id, one.rule.code): (one.found.value, one.found.numerator, one.rating)
        for one in found
        if one.rule.code in BANDED
    }
    assert banded == {(a, "D1"): (70, None, PARTLY), (a, "D5"): (None, None, NO_DATA)}


def test_without_recommendations_there_is_nothing_to_judge():
    assert judge(rule("H2"), Found()) is NO_DATA
    assert judge(rule("H2"), Found(0, 0)) is NO_DATA


def test_every_computed_criterion_is_found_and_judged(app):
    with app.app_context():
        load_usual(by=SYSTEM)
        computed = {
            each.code
            for each in db.session.scalars(db.select(Criterion))
            if each.method != "answered"
        }
    assert FINDING.keys() == _WAYS.keys()
    assert _WAYS.keys() | set(BANDED) == computed


# What is found of a unit.


def judged(cast, name="a", period="2026-09", units=("a", "b")):
    """The criteria of a unit in a month, by code."""
    db.session.commit()
    here = {period: [cast.units[each] for each in units]}
    with db.engine.connect() as connection:
        sources = read_sources(connection, cast.units["province"], here)
    found = count_work(sources, here, {})[period]
    return {one.rule.code: one for one in found.criteria if one.unit_id == cast.units[name]}


def told(one):
    return one.found.numerator, one.found.denominator, one.found.value, one.rating


@pytest.fixture
def world(app, cast):
    """A checklist, and a unit with a club that does everything right."""
    with app.app_context():
        load_usual(by=SYSTEM)
        a = cast.units["a"]
        club = work.add_body(a)
        work.add_regulation(club, work.LONG_AGO)
        work.add_staff(a, club, "club", 2)
        work.add_schedule(body_id=club)
        work.add_plan(a, 2026)
        for kind in ("communication", "counselling", "self_help"):
            group = work.add_group(a, club, kind)
            meet_monthly(a, group_id=group)
        meet_monthly(a, body_id=club)
        work.communicate(a, date(2026, 5, 5), 40, [work.add_hamlet(a), work.add_hamlet(a)])
        work.meet_partner(a, work.add_partner(a), date(2026, 5, 5))
        db.session.commit()
        yield club


def meet_monthly(unit, missed=(), **circle):
    """Twelve meetings due until September 2026, held on their days but for some."""
    for number in range(12):
        day = date(2025 + (9 + number) // 12, (9 + number) % 12 + 1, 5)
        work.add_meeting(
            unit, day, None if number in missed else day, minuted=number not in missed, **circle
        )


def test_a_unit_that_does_everything(world, cast):
    got = judged(cast)
    assert told(got["A1"]) == (1, 1, None, MET)
    assert told(got["A2"]) == (1, 1, None, MET)
    assert told(got["A3"]) == (None, None, 3, MET)
    assert told(got["A4"]) == (3, 3, 5, MET)
    assert told(got["A5"]) == (1, 1, 0, MET)
    assert told(got["A6"]) == (1, 1, None, MET)
    assert told(got["B1"]) == (12, 12, 0, MET)
    assert told(got["B2"]) == (12, 12, 0, MET)
    assert told(got["B3"]) == (None, 1, 31, MET)
    assert told(got["B4"]) == (36, 36, None, MET), "what is said in self-help has no minutes"
    assert told(got["C1"]) == (2, 2, 1, MET)
    assert told(got["D4"]) == (None, None, None, NO_DATA)
    assert told(got["D6"]) == (None, None, 0, NOT_MET)
    assert got["E1"].rating is got["E2"].rating is NO_DATA
    assert got["E3"].rating is NA, "no volunteer team is paid here"
    assert told(got["F1"]) == (0, 2, None, NOT_MET)
    assert got["G1"].rating is NO_DATA
    assert told(got["G2"]) == (0, 12, None, NOT_MET)
    assert told(got["H1"]) == (None, None, 1, MET)
    assert not set(BANDED) & got.keys(), "bands come from the protected side"
    assert {(one.from_on, one.until_on) for one in got.values()} == {(date(2025, 10, 1), SEPTEMBER)}


def test_a_unit_without_any_body(world, cast):
    got = judged(cast, "b")
    assert {code for code, one in got.items() if one.rating is NA} == {
        "A2", "A3", "A4", "A5", "E3",
    }  # fmt: skip
    assert {code for code, one in got.items() if one.rating is NOT_MET} == {
        "A1", "A6", "C1", "D6", "G2", "H1",
    }  # fmt: skip
    rest = {one.rating for one in got.values()} - {NA, NOT_MET}
    assert rest == {NO_DATA}


def test_everything_postponed_does_not_apply(world, cast):
    b = cast.units["b"]
    club = work.add_body(b)
    group = work.add_group(b, club, "communication")
    for circle in ({"body_id": club}, {"group_id": group}):
        work.add_meeting(b, date(2026, 6, 1), excuse="bão", **circle)
    got = judged(cast, "b")
    assert told(got["B1"]) == (0, 0, 1, NA)
    assert told(got["B2"]) == (0, 0, 1, NA)


def test_a_meeting_that_may_still_be_held_is_not_judged_yet(world, cast):
    a, club = cast.units["a"], world
    work.add_meeting(a, date(2026, 9, 23), body_id=club)  # seven days before the end: still open
    assert told(judged(cast)["B1"])[:2] == (12, 12)
    work.add_meeting(a, date(2026, 9, 22), body_id=club)
    assert told(judged(cast)["B1"])[:2] == (12, 13)
    # Held in October: in time, but nobody knew it at the end of September.
    work.add_meeting(a, date(2026, 9, 21), date(2026, 10, 1), body_id=club)
    assert told(judged(cast)["B1"])[:2] == (12, 14)
    work.add_meeting(a, date(2026, 9, 26), date(2026, 10, 1), body_id=club)
    assert told(judged(cast)["B1"])[:2] == (12, 14)


def test_the_worst_group_is_shown(world, cast):
    a = cast.units["a"]
    meet_monthly(a, missed=(1, 2, 7), group_id=work.add_group(a, world, "peer"))
    got = judged(cast)
    assert told(got["B2"]) == (9, 12, 0, PARTLY)


def test_a_vacant_post_and_a_short_staff(world, cast):
    b = cast.units["b"]
    team = work.add_body(b, "volunteer_team")
    leader = work.add_member(b)
    work.add_post(leader, team, "team_leader", until=SEPTEMBER - timedelta(days=60))
    got = judged(cast, "b")
    assert told(got["A5"]) == (1, 1, 457, NOT_MET), "the deputy was never there"
    work.add_post(work.add_member(b), team, "deputy_leader")
    got = judged(cast, "b")
    assert told(got["A5"]) == (1, 1, 60, MET)
    assert told(got["A4"]) == (1, 3, 1, PARTLY)


def test_a_body_under_a_merged_unit_asks_for_a_decision(world, cast):
    a = cast.units["a"]
    old = work.add_unit(cast.units["province"])
    club = work.add_body(old)
    work.merge(old, a, date(2026, 8, 16))
    got = judged(cast)
    assert told(got["A5"])[:2] == (1, 2)
    assert got["A5"].rating is NOT_MET
    assert told(got["A1"]) == (2, 2, None, MET)
    work.decide(club, a, date(2026, 9, 20), "reorganisation")
    work.add_staff(a, club, "club", 2)
    assert told(judged(cast)["A5"]) == (2, 2, 0, MET)


def test_money_of_units(world, cast):
    a = cast.units["a"]
    team = work.add_body(a, "volunteer_team")
    for due, on, amount in (
        (date(2026, 3, 31), date(2026, 3, 31), 4),
        (date(2026, 3, 31), date(2026, 4, 1), 4),
        (date(2026, 9, 20), date(2026, 9, 21), 3),
        (date(2026, 9, 15), date(2026, 10, 5), 4),  # not known yet
        (date(2026, 12, 31), date(2026, 5, 1), 4),
    ):
        line = work.add_line(a, world, due, 10)
        work.move(a, line, "allotment", date(2026, 1, 5), 9)
        work.move(a, line, "advance", date(2026, 1, 6), 4)
        work.move(a, line, "settlement", on, amount)
    got = judged(cast)
    assert told(got["E1"]) == (45, 50, None, PARTLY)
    assert told(got["E2"]) == (1, 4, 15, PARTLY)
    assert told(got["D6"]) == (45, 45, 1, NOT_MET)
    member = work.add_member(a)
    work.add_post(member, team, "volunteer", date(2026, 7, 1))
    work.pay(a, team, member, date(2026, 7, 1), 936_000, date(2026, 8, 15))
    work.pay(a, team, member, date(2026, 8, 1), 936_000, date(2026, 9, 16))
    # September is to be paid by 15 October: not judged yet.
    assert told(judged(cast)["E3"]) == (1, 2, 0, PARTLY)


def test_sources_are_those_of_money_and_of_much_support(world, cast):
    a = cast.units["a"]
    for source in ("programme", "local_budget"):
        line = work.add_line(a, world, date(2026, 12, 31), source=source)
        work.move(a, line, "allotment", date(2026, 1, 5), 30 if source == "programme" else 10)
    for source, items in (("charity", 5), ("family", 4), ("programme", 6)):
        for _ in range(items):
            work.support(a, date(2026, 8, 8), source)
    assert told(judged(cast)["D6"]) == (30, 40, 3, MET)


def test_answers_are_judged_by_what_is_printed(world, cast):
    a = cast.units["a"]
    for number in range(40):
        work.refer(a, date(2026, 8, 8), answered=number >= 3)
    got = judged(cast)["D4"]
    # 37 of 40 are printed as 36–40: nine in ten at least, whatever it is.
    assert (got.found.numerator, got.found.denominator) == (None, None)
    assert got.found.share == (Fraction(90), Fraction(100))
    assert got.rating is MET


def test_recommendations_done_by_their_day(world, cast):
    """Due by the end of September, unless said otherwise; independent of how they are counted."""
    a, day = cast.units["a"], date(2026, 9, 10)
    ask = work.inspect(a)
    assert told(judged(cast)["H2"]) == (0, 0, None, NO_DATA)
    done = ("verification", day, day)
    ask(day, done)  # 1 of 1
    ask(day)  # nobody answered: 1 of 2
    ask(day, ("answer", day, day), ("verification", day + timedelta(15), day))  # 2 of 3
    ask(day, ("answer", day, day))  # waits for the inspectors
    ask(day, ("answer", day, None))  # being worked on: 2 of 4
    ask(day, ("verification", day + timedelta(1), day + timedelta(1)))  # late: 2 of 5
    ask(day, ("answer", day, day), ("return", day + timedelta(3), None))  # returned: 2 of 6
    ask(day, ("waiver", day + timedelta(5), None))  # not asked any more
    ask(day, ("answer", day, day), ("verification", date(2026, 10, 2), day))  # not known yet
    assert told(judged(cast)["H2"])[:2] == (2, 6)
    later = day + timedelta(10)
    ask(day, ("extension", day, later), ("verification", later, later))  # in time: 3 of 7
    ask(day, ("extension", day + timedelta(1), later), ("verification", later, later))  # 3 of 8
    ask(day, ("extension", day, date(2026, 10, 1)))  # due in October
    ask(date(2026, 10, 1), done)
    ask(date(2025, 9, 30), done)  # thirteen months ago
    ask(date(2025, 10, 1), ("verification", date(2025, 10, 1), date(2025, 10, 1)))  # 4 of 9
    ask(day, done, in_force=date(2026, 10, 1))
    ask(day, done, in_force=None)
    assert told(judged(cast)["H2"]) == (4, 9, None, PARTLY)


def test_recommendations_of_a_merged_unit_go_on(world, cast):
    old = work.add_unit(cast.units["province"])
    work.merge(old, cast.units["a"], date(2026, 8, 16))
    day = date(2026, 9, 10)
    work.inspect(old)(day, ("verification", day, day))
    assert told(judged(cast)["H2"]) == (1, 1, None, MET)


def test_few_referrals_are_no_share(world, cast):
    for _ in range(9):
        work.refer(cast.units["a"], date(2026, 8, 8), answered=True)
    assert judged(cast)["D4"].rating is NO_DATA
    work.refer(cast.units["a"], date(2026, 8, 8), answered=True)
    # Ten of ten are printed as 6–10: it may be three in five.
    assert judged(cast)["D4"].rating is NO_DATA


def test_the_checklist_of_the_day_judges_and_stays_with_the_figure(world, cast):
    province = cast.units["province"]
    for number, met, since in ((1, 50, date(2026, 9, 30)), (2, 99, date(2026, 10, 1))):
        checklist = CriteriaSet(
            id=uuid4(), province_id=province, number=number, from_on=since, source="QĐ"
        )
        db.session.add(checklist)
        db.session.flush()
        line = {"set_id": checklist.id, "code": "F1", "method": "computed", "text": "F"}
        db.session.add(Criterion(id=uuid4(), position=1, met=met, **line))
    work.train(cast.units["a"], next(iter(counselling(cast))), date(2026, 5, 5))
    got = judged(cast)
    assert got.keys() == {"F1"}, "the province's own goes before the country's"
    assert (got["F1"].rule.set_number, got["F1"].rule.met) == (1, 50)
    assert told(got["F1"]) == (1, 2, None, MET)
    earlier = judged(cast, period="2026-08")
    assert earlier["B1"].rule.set_number == 1
    assert earlier["B1"].rule.set_id != got["F1"].rule.set_id


def counselling(cast):
    from casework.organisation.members.queries import counselling_members

    return [member.id for member in counselling_members([cast.units["a"]], SEPTEMBER)]


def test_settings_of_the_province_hold_as_of_the_day(world, cast):
    db.session.add(
        SettingValue(
            id=uuid4(),
            key="least_members",
            province_id=cast.units["province"],
            from_on=date(2026, 9, 1),
            value="6",
            source="QĐ",
        )
    )
    assert told(judged(cast)["A4"]) == (2, 3, 5, PARTLY)
    assert told(judged(cast, period="2026-08")["A4"]) == (3, 3, 5, MET)


def test_without_a_checklist_nothing_is_judged(app, cast):
    with app.app_context():
        assert judged(cast) == {}
