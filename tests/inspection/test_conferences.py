"""Review conferences: every number of a report against a count of its own, who prepares and who
reads them, what closing freezes, and what goes onto paper and slides.
"""

import json
from datetime import date
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
import time_machine
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select, update

from casework.core.database import db
from casework.inspection.conferences.models import BestPractice, ReviewConference
from casework.inspection.conferences.queries import Held, put_together, usual_phase
from casework.inspection.conferences.rules import (
    Printed,
    Quantity,
    Year,
    add_up,
    praise,
    quantity_of,
    read,
    regret,
    tell_persons,
    write,
)
from casework.inspection.readmodel.models import ActivityMeasure as A
from casework.inspection.readmodel.models import Measure as P
from casework.organisation.units.models import Unit
from tests.inspection import phase
from tests.inspection.phase import count

FIRST, LAST = date(2024, 1, 1), date(2026, 9, 30)
PHASE = {"first": FIRST, "last": LAST}
MERGED_ON = date(2025, 7, 1)
NEW = {"title": "Tổng kết mô hình", "from_on": "2024-01-01", "until_on": "2026-09-30"}


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


@pytest.fixture
def told(app, cast):
    """Thirty-three months: unit a followed two others in July 2025, unit b began then; a unit c has
    no figures at all.
    """
    with app.app_context():
        province, a, b = (cast.units[name] for name in ("province", "a", "b"))
        ends = date(2025, 6, 30)
        old = [
            phase.add_unit(name, code, province, date(2020, 1, 1), ends)
            for name, code in (("Vĩnh Lợi", "x1"), ("Hưng Hội", "x2"))
        ]
        phase.merge(old, a, MERGED_ON)
        phase.add_unit("Trống", "x3", province, MERGED_ON)
        since = {
            **dict.fromkeys(old, (FIRST, ends)),
            **dict.fromkeys((a, b), (MERGED_ON, None)),
        }
        phase.publish_months(province, since, "2024-01", "2026-09")
        visits = phase.inspect(province, [old[0], a, b], date(2026, 3, 10))
        phase.recommend(
            visits[1], a, date(2026, 3, 20),
            ("verified", date(2026, 6, 30), date(2026, 6, 30)),
            ("done", date(2026, 6, 30), date(2026, 7, 1)),
            ("in_progress", date(2026, 10, 14), None),
            ("open", date(2026, 10, 15), None),
            ("waived", date(2026, 5, 1), None),
        )  # fmt: skip
        phase.recommend(visits[0], old[0], None, ("open", date(2026, 4, 1), None))  # a draft
        phase.recommend(
            visits[0], old[0], date(2026, 3, 20), ("done", date(2026, 6, 1), date(2026, 5, 2))
        )
        db.session.commit()
        return old


def begin(client_as, who="inspector", **values):
    """Prepare a conference; its address."""
    visitor = client_as(who)
    page = visitor.submit("/conferences/new", "/conferences/new", **{**NEW, **values})
    assert page.status == 303, page.words
    return page.location


def report_of(app, cast, from_on=FIRST, until_on=LAST):
    """The report as it is computed."""
    province = db.session.get_one(Unit, cast.units["province"])
    conference = ReviewConference(
        id=uuid4(), province_id=province.id, title="T", from_on=from_on, until_on=until_on,
        place="", written_by="", situation="", causes="", lessons="", directions="", tasks="",
    )  # fmt: skip
    return put_together(Held(conference, province, is_department=True)).report


# ---- arithmetic -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "word"),
    [
        (0, 0, "none"), (0, 64, "none"), (1, 64, "few"), (1, 5, "few"), (2, 10, "few"),
        (21, 100, "some"), (1, 2, "some"), (32, 64, "some"), (33, 64, "more"),
        (51, 100, "more"), (66, 100, "more"), (2, 3, "most"), (43, 64, "most"),
        (42, 64, "more"), (63, 64, "most"), (64, 64, "all"), (1, 1, "all"),
    ],
)  # fmt: skip
def test_quantity_words_change_at_their_limits(part, whole, word):
    assert quantity_of(part, whole) == word


@given(st.integers(1, 200), st.data())
def test_more_is_never_fewer(whole, data):
    order = list(Quantity)
    part = data.draw(st.integers(0, whole))
    assert order.index(quantity_of(part, whole)) <= order.index(quantity_of(whole, whole))
    if part:
        assert order.index(quantity_of(part - 1, whole)) <= order.index(quantity_of(part, whole))
    assert (quantity_of(part, whole) is Quantity.ALL) == (part == whole)


def months(measure, ends, year=2025, kind=""):
    """Prints of the first months of a year."""
    return [
        Printed(measure, kind, date(year, month, 1), date(year, month, 28), low, high)
        for month, (low, high) in enumerate(ends, start=1)
    ]


YEAR = [Year(2025, date(2025, 3, 28))]


def test_months_add_up_and_ranges_add_up_to_a_range():
    exact = months(A.COMMUNICATION, [(1, 1), (2, 2), (3, 3)])
    (line,) = add_up(exact, YEAR, date(2025, 1, 1))
    assert line.values == [[6, 6]] == [line.total]
    ranges = months(A.REFERRALS_SENT, [(5, 9), (5, 5), (0, 4)])
    (line,) = add_up(ranges, YEAR, date(2025, 1, 1))
    assert line.total == [10, 18]
    ranges = months(A.REFERRALS_SENT, [(5, 9), (None, None), (5, None)])
    (line,) = add_up(ranges, YEAR, date(2025, 1, 1))
    assert line.total == [10, None]


@pytest.mark.parametrize("measure", [A.BODIES, A.MEMBERS, A.PARTNERS, A.REMUNERATION_PAID])
def test_what_stands_for_a_day_or_a_year_back_is_never_added(measure):
    rows = months(measure, [(9, 9), (8, 8), (7, 7)])
    (line,) = add_up(rows, YEAR, date(2025, 1, 1))
    assert line.values == [[7, 7]]
    assert line.total is None


def test_money_adds_up_over_whole_years_only():
    years = [Year(2024, date(2024, 12, 31)), Year(2025, date(2025, 9, 30))]
    rows = [
        Printed(A.SPENT, "", date(year.year, 1, 1), year.end, low, low)
        for year, low in zip(years, (70, 50), strict=True)
    ]
    (line,) = add_up(rows, years, date(2024, 1, 1))
    assert (line.values, line.total) == ([[70, 70], [50, 50]], [120, 120])
    (line,) = add_up(rows, years, date(2024, 3, 1))
    assert line.total is None


def test_quarters_that_reach_out_of_the_phase_are_left_out():
    rows = [
        Printed(A.REFERRALS_SENT, "", date(2025, 1, 1), date(2025, 3, 31), 10, 10),
        Printed(A.REFERRALS_SENT, "", date(2025, 4, 1), date(2025, 6, 30), 7, 7),
    ]
    years = [Year(2025, date(2025, 6, 30))]
    assert add_up(rows, years, date(2025, 2, 1))[0].total == [7, 7]


def test_a_source_of_which_nothing_is_known_is_left_out():
    rows = [
        *months(A.SUPPORT_ITEMS, [(0, 12)], kind="ngo"),
        *months(A.SUPPORT_ITEMS, [(6, None)], kind="charity"),
    ]
    (line,) = add_up(rows, YEAR, date(2025, 1, 1))
    assert (line.kind, line.total) == ("charity", [6, None])


def quarters(measure, *ends, year=2025):
    return [
        Printed(measure, "", date(year, 3 * n + 1, 1), date(year, 3 * n + 3, 30), low, high)
        for n, (low, high) in enumerate(ends)
    ]


@pytest.mark.parametrize(
    ("measure", "ends", "value", "total"),
    [
        (P.NEW, [(5, 5), (7, 7)], [12, 12], [12, 12]),
        (P.CLOSED, [(5, 5), (5, 9)], None, None),  # a range is never added
        (P.ATTENDANCES, [(40, 40), (50, 50)], [90, 90], [90, 90]),
        (P.SUPPORTED, [(5, 5), (7, 7)], [7, 7], None),  # the same persons in both quarters
        (P.SUPPORTED, [(5, 5), (5, 9)], [5, 9], None),
    ],
)
def test_numbers_of_persons_are_told_as_printed(measure, ends, value, total):
    years = [Year(2025, date(2025, 6, 30))]
    lines = tell_persons(quarters(measure, *ends), years, date(2025, 1, 1))
    assert [line.values[0] for line in lines] == ([value] if value else [])
    assert [line.total for line in lines] == ([total] if value else [])


def test_a_year_that_is_printed_goes_before_its_quarters():
    rows = [
        *quarters(P.NEW, (5, 9), (5, 9), (5, 9), (5, 9)),
        Printed(P.NEW, "", date(2025, 1, 1), date(2025, 12, 31), 31, 31),
    ]
    (line,) = tell_persons(rows, [Year(2025, date(2025, 12, 31))], date(2025, 1, 1))
    assert line.values == [[31, 31]]


def test_the_usual_phase_is_the_last_three_years():
    assert usual_phase(date(2026, 10, 15)) == (date(2024, 1, 1), date(2026, 9, 30))
    assert usual_phase(date(2026, 1, 31)) == (date(2023, 1, 1), date(2025, 12, 31))


# ---- every number against an independent count --------------------------------------------------


def test_activity_is_what_the_units_themselves_printed(app, cast, told):
    with app.app_context():
        report = report_of(app, cast)
        added = (A.MEETINGS_ON_TIME, A.MEETINGS_HELD, A.COMMUNICATION, A.COMMUNICATION_ATTENDANCES)
        lines = {line.measure: line for line in report.lines}
        for measure in added:
            by_year = count(
                "read",
                "SELECT e.period, sum(f.low) FROM inspection.activity_figures f"
                " JOIN inspection.editions e ON e.id = f.edition_id"
                " WHERE f.level = 'unit' AND f.measure = :measure"
                " AND f.until_on BETWEEN :first AND :last GROUP BY e.period",
                measure=str(measure),
                **PHASE,
            )
            years = {}
            for period, low in by_year:
                years[int(period[:4])] = years.get(int(period[:4]), 0) + int(low)
            assert report.years == sorted(years)
            assert lines[measure].values == [[years[year]] * 2 for year in report.years]
            assert lines[measure].total == [sum(years.values())] * 2
        for measure, unit in ((A.BODIES, "bodies"), (A.PARTNERS, "partners")):
            ends = count(
                "read",
                "SELECT sum(low) FROM inspection.activity_figures WHERE level = 'unit'"
                " AND measure = :measure AND until_on IN (:one, :two, :three)"
                " GROUP BY until_on ORDER BY until_on",
                measure=str(measure),
                one=date(2024, 12, 31),
                two=date(2025, 12, 31),
                three=LAST,
            )
            assert lines[measure].values == [[int(low)] * 2 for (low,) in ends]
            assert lines[measure].total is None
            assert lines[measure].unit == unit


def test_shares_have_their_divisor_over_the_same_months(app, cast, told):
    with app.app_context():
        line = next(
            line for line in report_of(app, cast).lines if line.measure == A.MEETINGS_ON_TIME
        )
        ((on_time, due),) = count(
            "read",
            "SELECT sum(CASE measure WHEN 'meetings_on_time' THEN low ELSE 0 END),"
            " sum(CASE measure WHEN 'meetings_due' THEN low ELSE 0 END)"
            " FROM inspection.activity_figures WHERE level = 'unit'",
        )
        assert (line.total, line.total_of) == ([on_time] * 2, due)
        with app.test_request_context():
            share = f"({on_time * 100 // due}\u00a0%)"
            assert line.told_total.endswith(share)


def test_ranges_of_referrals_add_up_quarter_by_quarter(app, cast, told):
    with app.app_context():
        lines = {line.measure: line for line in report_of(app, cast).lines}
        ((low, high),) = count(
            "read",
            "SELECT sum(low), sum(high) FROM inspection.activity_figures"
            " WHERE measure = 'referrals_sent' AND from_on >= :first AND until_on <= :last",
            **PHASE,
        )
        assert lines[A.REFERRALS_SENT].total == [int(low), int(high)]


def test_persons_are_as_printed(app, cast, told):
    with app.app_context():
        persons = {line.measure: line for line in report_of(app, cast).persons}
        rows = count(
            "read",
            "SELECT low, high FROM inspection.figures WHERE measure = 'open'"
            " AND until_on IN (:one, :two, :three) ORDER BY until_on",
            one=date(2024, 12, 31),
            two=date(2025, 12, 31),
            three=LAST,
        )
        assert persons[P.OPEN].values == [list(row) for row in rows]
        assert persons[P.OPEN].values[0][0] != persons[P.OPEN].values[0][1]
        assert persons[P.OPEN].total is None
        ((new,),) = count("read", "SELECT sum(low) FROM inspection.figures WHERE measure = 'new'")
        assert persons[P.NEW].total == [new, new]
        assert P.CLOSED not in persons  # a quarter of each year is a range
        assert persons[P.SUPPORTED].total is None


def test_criteria_count_the_units_judged_at_the_end_of_each_year(app, cast, told):
    with app.app_context():
        report = report_of(app, cast)
        assert [each.code for each in report.criteria] == list(phase.CODES)
        for place, end in enumerate((date(2024, 12, 31), date(2025, 12, 31), LAST)):
            rows = count(
                "read",
                "SELECT code, rating, count(*) FROM inspection.criterion_figures"
                " WHERE until_on = :end GROUP BY code, rating",
                end=end,
            )
            counts = {(code, rating): number for code, rating, number in rows}
            for each in report.criteria:
                got = {
                    rating: counts.get((each.code, rating), 0)
                    for rating in ("met", "partly", "not_met")
                }
                assert each.met[place] == got["met"]
                assert each.judged[place] == sum(got.values())
                if end == LAST:
                    assert (each.partly, each.not_met) == (got["partly"], got["not_met"])
                    assert each.word_short == quantity_of(each.short, each.judged[-1])


def test_findings_minutes_and_recommendations_are_counted(app, cast, told):
    with app.app_context():
        report = report_of(app, cast)
        found = {each.code: each.found for each in report.criteria}
        rows = count(
            "working",
            "SELECT f.code, count(DISTINCT i.unit_id) FROM rounds.findings f"
            " JOIN rounds.inspections i ON i.id = f.inspection_id"
            " WHERE f.status = 'accepted' AND f.kind = 'shortcoming' AND f.code <> ''"
            " AND i.status <> 'planned' GROUP BY f.code",
        )
        assert {code: number for code, number in found.items() if number} == dict(rows)
        assert found["B2"] == found["E2"] == 0  # declined, only proposed
        seen = report.inspected
        assert (seen.visits, seen.units, seen.signed) == (2, 2, 1)
        assert (seen.objective, seen.subjective) == (1, 1)
        assert seen.others == [("Biển tên câu lạc bộ đã cũ", 2)]
        assert seen.causes == ["Thay đổi nhân sự"]
        asked = report.asked
        ((given,),) = count(
            "working",
            "SELECT count(*) FROM rounds.recommendations"
            " WHERE in_force_on BETWEEN :first AND :last",
            **PHASE,
        )
        assert asked.given == given == 6
        told_all = (asked.in_time, asked.late, asked.overdue, asked.waiting, asked.waived)
        assert told_all == (2, 1, 1, 1, 1)
        assert sum(told_all) == given


def test_a_unit_has_what_the_units_it_followed_had(app, cast, told):
    with app.app_context():
        report = report_of(app, cast)
        units = {unit.name: unit for unit in report.of_units}
        assert set(units) == {"Phường Bạc Liêu", "Xã Năm Căn", "Xã Trống"}
        assert report.units == 3
        own = units["Phường Bạc Liêu"]
        assert own.followed == ["Xã Hưng Hội", "Xã Vĩnh Lợi"]
        sums = {}
        for unit, measure, low in count(
            "read",
            "SELECT unit_id, measure, sum(low) FROM inspection.activity_figures"
            " WHERE level = 'unit' GROUP BY unit_id, measure",
        ):
            key = unit.replace("-", "") if isinstance(unit, str) else unit.hex
            sums[key, measure] = int(low)
        line = [each.hex for each in (cast.units["a"], *told)]
        assert own.due == sum(
            sums[each, "meetings_due"] for each in line if (each, "meetings_due") in sums
        )
        assert own.attendances == sum(
            sums.get((each, "communication_attendances"), 0) for each in line
        )
        assert (own.inspections, own.asked, own.overdue) == (2, 6, 1)
        empty = units["Xã Trống"]
        assert (empty.due, empty.judged, empty.inspections, empty.followed) == (0, 0, 0, [])
        # Together they are the whole: nobody is counted twice.
        total = next(line for line in report.lines if line.measure == A.COMMUNICATION).total
        assert sum(unit.sessions for unit in report.of_units) == total[0]


def test_before_a_merger_the_units_are_those_of_then(app, cast, told):
    with app.app_context():
        report = report_of(app, cast, until_on=date(2025, 6, 30))
        assert [unit.name for unit in report.of_units] == ["Xã Hưng Hội", "Xã Vĩnh Lợi"]
        assert report.years == [2024, 2025]
        with app.test_request_context():
            assert report.headings == ["2024", "01–06/2025"]
        assert (report.months_published, report.months) == (18, 18)


def test_a_column_names_the_months_that_are_published(app, cast):
    with app.app_context():
        province, since = cast.units["province"], {cast.units["a"]: (FIRST, None)}
        for first, last in (("2024-03", "2024-05"), ("2024-07", "2025-12"), ("2026-09", "2026-09")):
            phase.publish_months(province, since, first, last)
        assert report_of(app, cast).headings == ["03–05, 07–12/2024", "2025", "09/2026"]
        assert report_of(app, cast, date(2024, 6, 1), date(2024, 8, 31)).headings == ["07–08/2024"]


def test_a_report_that_does_not_say_its_months_was_frozen_earlier(app, cast, told):
    with app.app_context():
        kept = json.loads(write(report_of(app, cast, date(2024, 3, 1), LAST)))
    del kept["published"]
    assert read(json.dumps(kept)).headings == ["03–12/2024", "2025", "01–09/2026"]


def test_a_report_is_read_again_as_it_was_written(app, cast, told):
    with app.app_context():
        report = report_of(app, cast)
    content = write(report)
    assert write(read(content)) == content
    assert read(content) == report
    with app.test_request_context():
        assert praise(read(content)) == praise(report) != []
        assert regret(read(content)) == regret(report) != []


# ---- pages --------------------------------------------------------------------------------------


def test_it_is_prepared_read_and_closed(client_as, cast, told, app):
    address = begin(client_as, situation="Tỉnh có ba đơn vị.", held_on="2026-10-20")
    inspector = client_as("inspector")
    page = inspector.get(address)
    assert page.h1 == "Tổng kết mô hình"
    assert "All of the units (2 of 2 judged) meet A1: Tiêu chí A1" in page.words
    assert "figures of 33 of 33 months are published" in page.words
    assert "Tỉnh có ba đơn vị." in page.words
    practice = address + "/practices"
    page = inspector.submit(address, practice, unit=str(cast.units["a"]), text="Họp tối thứ Bảy")
    assert page.status == 303
    page = inspector.submit(address, f"{address}/closing")
    assert page.status == 303
    page = inspector.follow(page)
    assert "shown as it was frozen" in page.words
    assert "Its digest is right" in page.words
    assert "Họp tối thứ Bảy" in page.words
    with app.app_context():
        conference = db.session.scalars(select(ReviewConference)).one()
        assert conference.digest == sha256(conference.content.encode()).hexdigest()
        assert conference.digest in page.text
        kept = json.loads(conference.content)
        assert kept["practices"] == [{"unit": "Phường Bạc Liêu", "text": "Họp tối thứ Bảy"}]
        # Canonical: keys in order, nothing between them.
        assert conference.content == json.dumps(
            kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )


def closed(client_as, told=None):
    address = begin(client_as, held_on="2026-10-10")
    inspector = client_as("inspector")
    assert inspector.submit(address, f"{address}/closing").status == 303
    return address


def test_what_is_closed_never_changes(client_as, cast, told, app):
    address = begin(client_as, held_on="2026-10-10")
    inspector = client_as("inspector")
    shown = inspector.get(address)
    practice = f"{address}/practices"
    change = inspector.get(f"{address}/change").form(f"{address}/change")
    add = shown.form(practice)
    close = shown.form(f"{address}/closing")
    assert inspector.follow(inspector.post(f"{address}/closing", close)).status == 200
    before = inspector.get(address).words
    # Records go on; the report does not.
    with app.app_context():
        phase.recommend(
            phase.inspect(cast.units["province"], [cast.units["a"]] * 1, date(2026, 9, 1))[0],
            cast.units["a"], date(2026, 9, 2), ("open", date(2026, 9, 9), None),
        )  # fmt: skip
        db.session.commit()
    assert inspector.get(address).words == before
    # Forms that were open meanwhile are refused, the text kept.
    page = inspector.post(
        f"{address}/change", {**change, "lessons": "Bài học muộn", "operation": str(uuid4())}
    )
    assert page.status in (409, 422)
    assert "Bài học muộn" in page.text
    unit = str(cast.units["a"])
    page = inspector.post(
        practice, {**add, "unit": unit, "text": "Muộn", "operation": str(uuid4())}
    )
    assert page.status == 422
    page = inspector.post(f"{address}/closing", {**close, "operation": str(uuid4())})
    assert page.status in (409, 422)
    assert inspector.get(f"{address}/change").status == 303
    assert inspector.get(address).words == before


def test_a_report_that_was_tampered_with_says_so(client_as, told, app):
    address = closed(client_as)
    with app.app_context():
        conference = db.session.scalars(select(ReviewConference)).one()
        forged = conference.content.replace('"title":"Tổng kết mô hình"', '"title":"Thành công"')
        assert forged != conference.content
        db.session.execute(update(ReviewConference).values(content=forged))
        db.session.commit()
    page = client_as("inspector").get(address)
    assert "Its digest is wrong" in page.words


def test_whoever_looked_before_somebody_changed_it_is_told(client_as, cast, told):
    address = begin(client_as, held_on="2026-10-10")
    one, other = client_as("inspector"), client_as("manager")
    change = f"{address}/change"
    first, second = one.get(change), other.get(change)
    closing = one.get(address).form(f"{address}/closing")
    assert one.post(change, {**first.form(change), "lessons": "Của kiểm tra viên"}).status == 303
    page = other.post(change, {**second.form(change), "lessons": "Của lãnh đạo"})
    assert page.status == 409
    assert "Của kiểm tra viên" in page.text
    assert "Của lãnh đạo" in page.text
    # What is frozen is what was looked at.
    assert one.post(f"{address}/closing", closing).status == 409
    # A best practice is a change too.
    closing = one.get(address).form(f"{address}/closing")
    unit = str(cast.units["b"])
    assert other.submit(address, f"{address}/practices", unit=unit, text="Tốt").status == 303
    assert one.post(f"{address}/closing", closing).status == 409
    assert one.submit(address, f"{address}/closing").status == 303


def test_units_read_what_is_closed_without_money_and_without_one_another(client_as, told):
    address = begin(client_as, held_on="2026-10-10")
    for who in ("unithead", "counselor"):
        assert client_as(who).get(address).status == 404
        assert "No conference yet" in client_as(who).get("/conferences").words
    inspector = client_as("inspector")
    assert inspector.submit(address, f"{address}/closing").status == 303
    page = inspector.get(address)
    assert "Money allotted" in page.words
    assert "Budget lines settled on time" in page.words
    assert "Unit by unit (3)" in page.words
    assert "Biển tên câu lạc bộ đã cũ" in page.words
    assert "Thay đổi nhân sự" in page.words
    for who in ("unithead", "counselor", "unithead-b"):
        unit = client_as(who)
        assert "Tổng kết mô hình" in unit.get("/conferences").words
        page = unit.get(address)
        assert page.status == 200
        assert "All of the units (2 of 2 judged) meet A1" in page.words
        assert "Money allotted" not in page.words
        assert "Budget lines settled on time" not in page.words
        assert "Unit by unit" not in page.words
        assert "Biển tên câu lạc bộ đã cũ" not in page.words
        assert "Thay đổi nhân sự" not in page.words
        paper = Document(BytesIO(unit.client.get(f"{address}/docx").data))
        words = "\n".join(paragraph.text for paragraph in paper.paragraphs)
        assert "PHỤ LỤC: TỪNG ĐƠN VỊ" not in words
        assert "Kinh phí" not in words


@pytest.mark.parametrize(
    ("who", "read_status", "write_status"),
    [
        ("inspector", 200, 200), ("manager", 200, 200), ("unithead", 404, 403),
        ("counselor", 404, 403), ("coordinator", 403, 403), ("accountant", 403, 403),
        ("dpo", 403, 403), ("admin", 403, 403), ("inspector-elsewhere", 404, 404),
    ],
)  # fmt: skip
def test_who_prepares_and_who_reads(client_as, told, who, read_status, write_status):
    address = begin(client_as)
    visitor = client_as(who)
    assert visitor.get(address).status == read_status
    assert visitor.client.get(f"{address}/docx").status_code == read_status
    assert visitor.client.get(f"{address}/pictures").status_code == read_status
    assert visitor.client.get(f"{address}/picture?of=trend").status_code == read_status
    assert visitor.get(f"{address}/change").status == write_status
    refused = write_status if write_status != 200 else 303
    assert visitor.post(f"{address}/closing", token(visitor)).status in (refused, 409, 422)
    if write_status != 200:
        assert visitor.post(f"{address}/practices", token(visitor)).status == write_status
        assert visitor.post(f"{address}/change", token(visitor)).status == write_status


def token(visitor):
    return {"csrf_token": visitor.get("/account").form("/sign-out")["csrf_token"]}


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"title": " "}, "title", "Fill this in."),
        ({"from_on": "2026-09-30", "until_on": "2024-01-01"}, "until_on", "ends before it begins"),
        ({"until_on": "2026-10-16"}, "until_on", "not over"),
        ({"until_on": "9999-12-31"}, "until_on", "not over"),
        ({"from_on": "2006-09-30"}, "from_on", "at most 20 years"),
        ({"from_on": "0001-01-01"}, "from_on", "at most 20 years"),
        ({"from_on": "ngày mai"}, "from_on", "Not a date"),
        ({"from_on": ""}, "from_on", "Fill this in."),
        ({"lessons": "x" * 20_001}, "lessons", "At most 20000 characters."),
        ({"place": "\x00"}, "place", "can't be kept"),
    ],
)
def test_a_phase_that_is_none_is_refused_with_the_text_kept(client_as, values, field, message):
    new = "/conferences/new"
    sent = {**NEW, "causes": "Cán bộ thay đổi", **values}
    page = client_as("inspector").submit(new, new, **sent)
    assert page.status == 422
    assert message in page.words
    assert "Cán bộ thay đổi" in page.text
    assert page.all("input", id=field) or page.all("textarea", id=field)


@pytest.mark.parametrize("changes", [False, True], ids=["new", "changed"])
def test_the_offered_title_follows_the_phase_and_another_one_stays(client_as, changes):
    inspector, form = client_as("inspector"), "/conferences/new"
    if changes:
        form = inspector.submit(form, form).location + "/change"
    years = {"from_on": "2025-01-01", "until_on": "2025-12-31"}
    page = inspector.get(form)
    offered = page.form(form)["title"]
    assert offered.endswith("tỉnh Cà Mau giai đoạn 2024–2026")
    refused = inspector.submit(page, form, from_on="2025-01-01", until_on="2024-12-31")
    assert refused.form(form)["title"] == offered
    page = inspector.follow(inspector.submit(page, form, **years))
    assert page.h1.endswith("tỉnh Cà Mau giai đoạn 2025")
    mine = inspector.submit(form, form, title=offered + " (dự thảo)", **years)
    assert inspector.follow(mine).h1 == offered + " (dự thảo)"


def test_twenty_years_and_one_day_are_phases(client_as):
    begin(client_as, from_on="2006-10-01")
    begin(client_as, from_on="2026-09-30")


def test_nothing_published_is_said_and_not_frozen(client_as, app):
    address = begin(client_as, from_on="2010-01-01", until_on="2012-12-31", held_on="2026-10-10")
    inspector = client_as("inspector")
    page = inspector.get(address)
    assert "No figures of this phase are published yet." in page.words
    assert inspector.client.get(f"{address}/docx").status_code == 200
    assert inspector.client.get(f"{address}/pictures").status_code == 200
    page = inspector.submit(address, f"{address}/closing")
    assert page.status == 422
    assert "there is nothing to freeze" in page.words


def test_a_day_is_needed_before_it_is_closed(client_as, told):
    address = begin(client_as)
    page = client_as("inspector").submit(address, f"{address}/closing")
    assert page.status == 422
    assert "Say first on which day" in page.words


def test_best_practices_are_of_units_that_are_there(client_as, cast, told, app):
    address = begin(client_as)
    inspector, practices = client_as("inspector"), f"{address}/practices"
    for unit in (str(told[0]), str(cast.units["c"]), str(uuid4()), "x", ""):
        page = inspector.submit(address, practices, unit=unit, text="Chữ đã gõ")
        assert page.status == 422, unit
        assert "Chữ đã gõ" in page.text
    assert inspector.submit(address, practices, unit=str(cast.units["a"]), text="").status == 422
    # Sent twice, kept once; taken out of another conference: not found.
    form = {**inspector.get(address).form(practices), "unit": str(cast.units["a"]), "text": "Tốt"}
    assert [inspector.post(practices, form).status for _ in range(2)] == [303, 303]
    with app.app_context():
        (practice,) = db.session.scalars(select(BestPractice.id)).all()
    other = begin(client_as, title="Khác")
    removal = f"/practices/{practice}/removal"
    sent = {**token(inspector), "operation": str(uuid4())}
    assert inspector.post(other + removal, sent).status == 404
    page = inspector.submit(address, address + removal)
    assert page.status == 303
    assert inspector.submit(address, practices, unit=str(cast.units["a"]), text="x").status == 303
    with app.app_context():
        assert len(db.session.scalars(select(BestPractice.id)).all()) == 1


def test_pages_keep_to_their_budget_of_statements(client_as, told):
    """Of a phase with everything in it: the pages' own check is at twelve."""
    address = begin(client_as, held_on="2026-10-10")
    page = client_as("inspector").get(address)
    assert 0 < len(page.statements) <= 12


# ---- paper and slides ---------------------------------------------------------------------------


def paper_of(visitor, address):
    answer = visitor.client.get(f"{address}/docx")
    assert answer.status_code == 200
    assert "tong-ket-96-2024-2026.docx" in answer.headers["Content-Disposition"]
    return Document(BytesIO(answer.data))


def test_the_paper_is_official_praises_first_and_ends_as_it_must(client_as, cast, told):
    address = begin(
        client_as, written_by="Sở Y tế", held_on="2026-10-10", causes="Kiêm nhiệm nhiều việc.",
        directions="Giữ sinh hoạt đều.", tasks="Tập huấn quý I.", lessons="Có người gánh vác.",
    )  # fmt: skip
    inspector = client_as("inspector")
    unit = str(cast.units["b"])
    inspector.submit(address, f"{address}/practices", unit=unit, text="Họp tối thứ Bảy.")
    paper = paper_of(inspector, address)
    lines = [paragraph.text for paragraph in paper.paragraphs]
    assert "BÁO CÁO" in lines
    assert "DỰ THẢO" in lines
    praised = next(n for n, line in enumerate(lines) if "A1: Tiêu chí A1" in line)
    besides = next(n for n, line in enumerate(lines) if line.startswith("Bên cạnh đó"))
    assert praised < besides
    assert " còn " in lines[besides]
    ends = [line for line in lines if line.endswith("./.")]
    assert ends == ["Trên đây là Báo cáo Tổng kết mô hình./."]
    for text in ("Kiêm nhiệm nhiều việc.", "Giữ sinh hoạt đều.", "Tập huấn quý I.",
                 "Có người gánh vác.", "Xã Năm Căn: Họp tối thứ Bảy."):  # fmt: skip
        assert text in lines
    head = [cell.text for cell in paper.tables[0].rows[0].cells]
    assert "SỞ Y TẾ" in head[0]
    assert "Độc lập - Tự do - Hạnh phúc" in head[1]
    assert "Cà Mau, ngày 10 tháng 10 năm 2026" in head[1]
    assert len(paper.inline_shapes) == 6
    section = paper.sections[0]
    width = section.page_width - section.left_margin - section.right_margin
    assert all(shape.width <= width for shape in paper.inline_shapes)
    cells = {cell.text for table in paper.tables for row in table.rows for cell in row.cells}
    assert "Phường Bạc Liêu (gồm Xã Hưng Hội, Xã Vĩnh Lợi)" in cells
    # Frozen, it is no draft any more.
    assert inspector.submit(address, f"{address}/closing").status == 303
    assert "DỰ THẢO" not in [each.text for each in paper_of(inspector, address).paragraphs]


def test_pictures_are_ready_for_slides_one_by_one_and_together(client_as, told):
    address = begin(client_as)
    inspector = client_as("inspector")
    answer = inspector.client.get(f"{address}/pictures")
    with ZipFile(BytesIO(answer.data)) as archive:
        names = archive.namelist()
        pictures = [Image.open(BytesIO(archive.read(name))) for name in names]
    assert [name[3:] for name in names] == [
        "meetings.png", "communication.png", "attendances.png", "trend.png",
        "recommendations.png", "criteria.png",
    ]  # fmt: skip
    assert {(picture.format, picture.size) for picture in pictures} == {("PNG", (1920, 1080))}
    # Each shows bars: a picture without them has next to nothing of their colour.
    for picture in pictures:
        colours = {told: many for many, told in picture.convert("RGB").getcolors(2**24)}
        assert colours[11, 92, 99] > 20_000
    page = inspector.get(address)
    links = [link.get("href") for link in page.all("a") if "picture?of=" in link.get("href", "")]
    assert len(links) == 6
    for link in links:
        answer = inspector.client.get(link)
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
    for wrong in ("x", "../x", "%00"):
        assert inspector.client.get(f"{address}/picture?of={wrong}").status_code == 404


def test_shares_are_rounded_down_and_bars_never_longer_than_the_whole(app, cast, told):
    with app.app_context():
        report = report_of(app, cast)
    for each in report.criteria:
        for met, judged, share in zip(each.met, each.judged, each.shares, strict=True):
            if judged:
                assert Fraction(share, 100) <= Fraction(met, judged) < Fraction(share + 1, 100)
