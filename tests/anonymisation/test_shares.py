"""Shares of persons are told as bands that leave who is in them, and who is not, unknown."""

import csv
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.anonymisation.attack import attack, read
from casework.anonymisation.attack.edition import EditionUnreadable
from casework.anonymisation.bands import BANDED, COARSE, ENDS, FINE, Band, band_of, bands_for
from casework.anonymisation.export import read_figures
from casework.anonymisation.models import PublishedCount
from casework.anonymisation.publish import publish_backlog
from casework.anonymisation.shares import count_kept, review_due
from casework.confidential.assessments.models import Assessment
from casework.confidential.cases.models import Case
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.plans.models import Plan, PlanReview
from casework.confidential.referrals.models import Referral
from casework.core.audit import SYSTEM
from casework.core.clock import add_months
from casework.core.database import db
from casework.inspection.readmodel.models import CriterionFigure, Edition
from casework.organisation.partners.models import Partner
from casework.organisation.settings.operations import load_usual
from casework.organisation.units.models import Unit
from tests.anonymisation.records import WRITER, add_case, add_contact
from tests.anonymisation.test_measures import countable, day, ident, rows

K = 5
PRINTS = st.integers(0, 40).flatmap(
    lambda low: st.sampled_from([(low, low), (low - low % 5, low - low % 5 + 4), (low, None)])
)


def parts_in(band: Band, whole: int, bands: tuple[Band, ...]) -> list[int]:
    """By trying all of them."""
    return [part for part in range(whole + 1) if band_of(part, whole, bands) is band]


@given(PRINTS)
def test_every_band_leaves_three_values_or_more_whatever_the_whole_is(printed):
    low, high = printed
    bands = bands_for(low, high)
    assert bool(bands) == (high is not None and low >= 10)
    for whole in range(low, (high or low) + 1) if bands else ():
        for band in bands:
            inside = parts_in(band, whole, bands)
            outside = {whole - part for part in inside}
            assert len(inside) >= 3, (whole, band)
            assert len(outside) >= 3
        assert sum(len(parts_in(band, whole, bands)) for band in bands) == whole + 1


@given(PRINTS, st.integers(0, 40))
def test_a_band_rules_out_no_printed_value_of_what_the_share_cannot_exceed(printed, least):
    low, high = printed
    bands = bands_for(low, high, least)
    for whole in range(low, (high or low) + 1) if bands else ():
        for band in bands:
            assert parts_in(band, whole, bands)[0] <= least


def test_small_bases_are_told_coarsely_and_smaller_ones_not_at_all():
    assert bands_for(9, 9) == ()
    assert bands_for(5, 14) == ()
    assert bands_for(10, 14) == bands_for(19, 19) == COARSE
    assert bands_for(20, 24) == FINE
    assert bands_for(20, None) == ()
    assert bands_for(20, 24, 22) == FINE
    assert bands_for(20, 24, 20) == COARSE
    assert bands_for(20, 24, 16) == ()
    assert band_of(17, 19, FINE) is Band.FROM_70  # 89.5 is not 90
    assert band_of(3, 3, ()) is Band.NONE


# The attack.


def edition(folder, of, shares, supported=None):
    """One unit's open cases, printed, and shares of them."""
    cells = [("open", *of), *([("supported", *supported)] if supported else [])]
    with (folder / "cells.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "level", "measure", "shown", "value", "lo", "hi", "personal"])
        for measure, low, high in cells:
            exact = low == high
            shown = ["exact", low, "", ""] if exact else ["band", "", low, high]
            writer.writerow([measure, "unit", measure, *shown, 1])
    (folder / "relations.csv").write_text("rel,cell,coef,rhs\n")
    with (folder / "shares.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "of", "at_most", "low", "high"])
        writer.writerows(shares)
    return attack(read(folder), seconds=5)


@pytest.mark.parametrize(
    ("of", "ends", "verdict"),
    [
        ((12, 12), (90, 100), "within one"),  # nobody or one is left out
        ((10, 10), (70, 89), "within one"),  # two or three are
        ((10, 14), (70, 89), "within one"),
        ((14, 14), (70, 89), None),
        ((10, 10), (91, 100), None),  # all of them: nobody is left out, and that is no small number
        ((11, 11), (0, 9), "within one"),
        ((11, 11), (9, 17), "exact"),
        ((20, 24), (90, 100), None),
        ((10, 14), (0, 69), None),
    ],
)
def test_the_attack_finds_bands_that_are_too_narrow(tmp_path, of, ends, verdict):
    found = edition(tmp_path, of, [("unit:u:D1:2026-03", "open", "", *ends)]).found
    assert [one.verdict for one in found] == ([verdict] if verdict else [])
    if verdict:
        assert (found[0].cell, found[0].kind) == ("unit:u:D1:2026-03", "unit D1")


@given(PRINTS)
def test_what_may_be_told_is_never_found(tmp_path_factory, printed):
    low, high = printed
    shares = [
        (f"unit:u:D1:{number}", "open", "", *ENDS[band])
        for number, band in enumerate(bands_for(low, high))
    ]
    found = edition(tmp_path_factory.mktemp("edition"), (low, high or low), shares)
    assert [one for one in found.found if one.kind == "unit D1"] == []
    assert found.contradictions == ()


def test_the_attack_finds_a_band_that_tells_of_another_count(tmp_path):
    share = ("unit:u:D3:2026-03", "open", "supported", 90, 100)
    told = edition(tmp_path, (20, 24), [share], supported=(15, 19)).contradictions
    assert told == ("unit:u:D3:2026-03 tells of another count",)
    assert not edition(tmp_path, (20, 24), [share], supported=(22, 26)).contradictions


def test_a_share_of_what_is_not_there_is_named(tmp_path):
    with pytest.raises(EditionUnreadable, match="unknown cell"):
        edition(tmp_path, (20, 24), [("unit:u:D3:2026-03", "nothing", "", 90, 100)])


# Counted from the records.


def test_when_a_plan_was_to_be_reviewed_is_known_of_any_day():
    def review(on, due, following):
        return PlanReview(
            on=date(2026, *on), due_on=date(2026, *due), next_on=date(2026, *following)
        )

    reviews = [review((3, 1), (2, 20), (6, 1)), review((6, 5), (6, 1), (9, 5))]
    now = date(2026, 9, 5)
    assert review_due(now, reviews, date(2026, 2, 1)) == date(2026, 2, 20)
    assert review_due(now, reviews, date(2026, 3, 1)) == date(2026, 6, 1)
    assert review_due(now, reviews, date(2026, 7, 1)) == date(2026, 9, 5)
    assert review_due(now, [], date(2026, 7, 1)) == now


def keep(unit, case, random, first):
    """Records of one case over some months, more or less well kept."""

    def some_day(span=300):
        return first + timedelta(days=random.randrange(span))

    for _ in range(random.randrange(3)):
        on = some_day()
        db.session.add(Assessment(case_id=case, unit_id=unit, on=on, recorded_by=WRITER))
    agreed = some_day(200)
    for number in range(random.randrange(3)):
        ended = agreed + timedelta(days=random.randrange(1, 120))
        plan = Plan(
            case_id=case,
            unit_id=unit,
            number=number,
            agreed_on=agreed,
            recorded_by=WRITER,
            ended_on=ended if random.random() < 0.5 else None,
            review_on=add_months(agreed, 3),
        )
        db.session.add(plan)
        db.session.flush()
        due = plan.review_on
        for _ in range(random.randrange(3)):
            on = due + timedelta(days=random.randrange(-20, 30))
            following = add_months(on, 3)
            db.session.add(
                PlanReview(
                    plan_id=plan.id,
                    case_id=case,
                    unit_id=unit,
                    on=on,
                    due_on=due,
                    result="continue",
                    next_on=following,
                    recorded_by=WRITER,
                )
            )
            due = plan.review_on = following
        agreed = ended
    for _ in range(random.randrange(8)):
        add_contact(case, unit, some_day())
    if random.random() < 0.3:
        db.session.add(
            Consent(
                case_id=case,
                purpose=Purpose.RECORD,
                is_given=random.random() < 0.5,
                method="signed",
                on=some_day(),
                until_on=random.choice([None, some_day()]),
                recorded_by=WRITER,
            )
        )
    if random.random() < 0.4:
        partner = Partner(
            unit_id=unit, name=f"Trạm {random.random()}", kind="health_station", active_from=FIRST
        )
        db.session.add(partner)
        db.session.flush()
        sent = some_day(250)
        answer = Consent(
            case_id=case,
            purpose=Purpose.REFERRAL,
            partner_id=partner.id,
            is_given=True,
            method="signed",
            on=sent,
            until_on=random.choice([None, sent + timedelta(days=40)]),
            recorded_by=WRITER,
        )
        db.session.add(answer)
        db.session.flush()
        answered = random.choice([None, sent + timedelta(days=random.randrange(60))])
        db.session.add(
            Referral(
                case_id=case,
                unit_id=unit,
                partner_id=partner.id,
                consent_id=answer.id,
                area="job",
                sent_on=sent,
                feedback_due_on=sent,
                answered_on=answered,
                status="sent",
                recorded_by=WRITER,
            )
        )


FIRST = date(2025, 12, 1)
QUARTERS = ("2026-03", "2026-06", "2026-09")


def fill_kept(units, seed, cases=45):
    random = Random(seed)
    for unit in units:
        for _ in range(cases):
            opened = FIRST + timedelta(days=random.randrange(-100, 250))
            closed = opened + timedelta(days=random.randrange(30, 300))
            is_closed = random.random() < 0.2 and closed < date(2026, 10, 1)
            answers = random.choice([(True,), (True,), (True,), (True, False), (False,)])
            case = add_case(unit, opened, closed if is_closed else None, answers)
            keep(unit, case, random, FIRST)
    db.session.commit()


def plain_count(unit, end):
    """The same once more, in plain SQL and plain loops."""
    may, found = countable(), Counter()

    def of_case(query):
        return [(ident(row[0]), *row[1:]) for row in rows(query, "confidential")]

    assessments = of_case("SELECT case_id, on_day FROM $assessments")
    contacts = of_case("SELECT case_id, on_day FROM $contacts WHERE taken_back_at IS NULL")
    plans = of_case("SELECT case_id, id, agreed_on, ended_on, review_on FROM $plans")
    reviews = rows("SELECT plan_id, on_day, due_on, next_on FROM $plan_reviews", "confidential")
    referrals = of_case("SELECT case_id, partner_id, sent_on, answered_on FROM $referrals")
    answers = of_case(
        "SELECT case_id, purpose, partner_id, is_given, until_on, on_day, recorded_at "
        "FROM $consents ORDER BY on_day, recorded_at"
    )

    def agrees(case, purpose, partner):
        asked = [
            row
            for row in answers
            if (row[0], row[1], row[2] and ident(row[2])) == (case, purpose, partner)
            and day(row[5]) <= end
        ]
        return bool(asked and asked[-1][3] and (not asked[-1][4] or day(asked[-1][4]) >= end))

    def is_kept(plan):
        _, plan_id, agreed, ended, review = plan
        if day(agreed) > end or (ended and day(ended) <= end):
            return False
        own = sorted((day(r[1]), day(r[2]), day(r[3])) for r in reviews if r[0] == plan_id)
        before = [each for each in own if each[0] <= end]
        due = before[-1][2] if before else own[0][1] if own else day(review)
        return due >= end

    for id_, opened, closed in of_case("SELECT id, opened_on, closed_on FROM $cases"):
        where = db.session.get_one(Case, id_).unit_id
        ended = min(day(closed) if closed else date.max, may.get(id_, date.min))
        if where != unit or not day(opened) <= end < ended:
            continue
        newest = [day(on) for case, on in assessments if case == id_ and day(on) <= end]
        found["D1"] += bool(newest) and add_months(max(newest), 6) > end
        found["D2"] += any(is_kept(plan) for plan in plans if plan[0] == id_)
        found["D3"] += any(0 <= (end - day(on)).days < 30 for c, on in contacts if c == id_)
        waiting = [
            ident(partner)
            for case, partner, sent, answered in referrals
            if case == id_ and day(sent) <= end and not (answered and day(answered) <= end)
        ]
        found["D5"] += agrees(id_, "record", None) and all(
            agrees(id_, "referral", partner) for partner in waiting
        )
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cases_well_kept_equal_an_independent_count(app, cast, seed):
    units = [cast.units["a"], cast.units["b"]]
    with app.app_context():
        load_usual(by=SYSTEM)
        fill_kept(units, seed)
        fill_kept([cast.units["c"]], seed)  # another province's
        with db.engine.connect() as connection:
            kept = count_kept(connection, cast.units["province"], QUARTERS)
        for month, end in zip(
            QUARTERS, (date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)), strict=True
        ):
            for unit in units:
                expected = plain_count(unit, end)
                assert all(expected[code] for code in BANDED), "the records try every code"
                assert kept[unit, month] == expected
        assert {unit for unit, _ in kept} == set(units)


def test_no_quarter_asks_nothing(app, cast):
    with app.app_context(), db.engine.connect() as connection:
        assert count_kept(connection, cast.units["province"], ()) == {}


@pytest.fixture
def published(app, cast):
    with app.app_context(), time_machine.travel("2026-12-15 03:00:00+00:00", tick=False):
        load_usual(by=SYSTEM)
        fill_kept([cast.units["a"]], 1, cases=70)
        fill_kept([cast.units["b"]], 2, cases=16)
        province = db.session.get_one(Unit, cast.units["province"])
        publish_backlog(province, "2026-11", SYSTEM)
        yield province


def bands_of(unit, period):
    query = (
        select(CriterionFigure.code, CriterionFigure.value, CriterionFigure.denominator)
        .join(Edition, Edition.id == CriterionFigure.edition_id)
        .where(
            CriterionFigure.unit_id == unit,
            Edition.period == period,
            CriterionFigure.code.in_(BANDED),
        )
    )
    return {code: (low, high) for code, low, high in db.session.execute(query)}


def open_of(unit, month):
    return db.session.scalars(
        select(PublishedCount).filter_by(unit_id=unit, measure="open", period=month)
    ).one()


def test_bands_of_a_quarters_end_are_true_and_stand_until_the_next(published, cast):
    a = cast.units["a"]
    assert bands_of(a, "2026-01") == bands_of(a, "2026-02") == bands_of(a, "2025-12")
    for month, end in {"2026-03": date(2026, 3, 31), "2026-09": date(2026, 9, 30)}.items():
        base, told = open_of(a, month), bands_of(a, month)
        assert base.low >= 10, "the test looks at a unit large enough"
        met = plain_count(a, end)
        for code in ("D1", "D2", "D5"):
            low, high = told[code]
            assert low <= 100 * met[code] // base.count <= high
    assert bands_of(a, "2026-10") == bands_of(a, "2026-11") == bands_of(a, "2026-09")
    assert any(low is not None for low, _ in bands_of(a, "2026-11").values())


def test_few_cases_have_no_band(published, cast):
    b = cast.units["b"]
    for month in QUARTERS:
        base = open_of(b, month)
        if base.low is None or base.low < 10:
            assert bands_of(b, month) == dict.fromkeys(BANDED, (None, None))
            break
    else:
        pytest.fail("the test needs a quarter with few cases")


def test_a_later_month_takes_what_stood(app, published, cast):
    """Published one by one, as it happens, a month finds the bands of the last edition."""
    a = cast.units["a"]
    with time_machine.travel("2027-01-15 03:00:00+00:00", tick=False):
        before = bands_of(a, "2026-11")
        publish_backlog(published, "2026-12", SYSTEM)
        own = bands_of(a, "2026-12")
    with time_machine.travel("2027-02-15 03:00:00+00:00", tick=False):
        publish_backlog(published, "2027-01", SYSTEM)
        assert bands_of(a, "2027-01") == own
    assert set(before) == set(own)


def test_exported_shares_can_be_attacked_by_anybody(published, tmp_path):
    read_figures(published.id, "2026-11").write_csv(tmp_path)
    lines = list(csv.DictReader((tmp_path / "shares.csv").read_text().splitlines()))
    assert {line["id"].split(":")[-1] for line in lines} <= {"2025-12", *QUARTERS}
    assert lines and all(line["at_most"] == "" or ":D3:" in line["id"] for line in lines)
    found = attack(read(tmp_path))
    assert (found.found, found.undecided, found.contradictions) == ((), (), ())
    assert found.by_kind["unit D1"].cells == len([1 for line in lines if ":D1:" in line["id"]])
    # One band drawn narrower than it may be is found.
    text = (tmp_path / "shares.csv").read_text().replace(",0,69", ",0,9").replace(",0,49", ",0,9")
    (tmp_path / "shares.csv").write_text(text)
    assert attack(read(tmp_path)).found
