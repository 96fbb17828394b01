"""The page of a unit: how it stands against the checklist, and what was done, as published."""

import csv
from datetime import date, datetime
from io import BytesIO
from uuid import uuid4

import pytest
import time_machine
from openpyxl import load_workbook
from sqlalchemy import event, select

from casework.anonymisation.publish import publish_backlog
from casework.core.audit import SYSTEM
from casework.core.database import Base, ReadBase, db
from casework.inspection.indicators.queries import criteria_of
from casework.inspection.indicators.rules import REMEDIES, advise, tell_checklist, tell_trends
from casework.inspection.readmodel.models import CriterionFigure, Figure, Measure, Rating
from casework.organisation.settings.operations import DATA, load_usual
from casework.organisation.units.models import Unit
from tests.anonymisation import work
from tests.anonymisation.records import fill
from tests.anonymisation.test_criteria import meet_monthly
from tests.page import words


@pytest.fixture(autouse=True)
def _october():
    """Everything happens on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


@pytest.fixture
def published(app, cast):
    """July to September 2026 of two units."""
    a, b = cast.units["a"], cast.units["b"]
    with app.app_context():
        load_usual(by=SYSTEM)
        fill([a, b], 1, date(2026, 7, 1), 90)
        club = work.add_body(a)
        work.add_regulation(club, date(2026, 1, 5))
        work.add_staff(a, club, "club", 2)
        meet_monthly(a, missed=(3, 4), body_id=club)
        line = work.add_line(a, club, date(2026, 3, 31), 20_000_000)
        work.move(a, line, "allotment", date(2026, 1, 5), 15_000_000)
        work.communicate(a, date(2026, 9, 5), 47, [work.add_hamlet(a)])
        for _ in range(12):
            work.refer(a, date(2026, 8, 5), answered=True)
        for _ in range(6):
            work.support(a, date(2026, 8, 5), "charity", 150_000)
        db.session.commit()
        publish_backlog(db.session.get_one(Unit, cast.units["province"]), "2026-09", SYSTEM)


def page_of(client_as, cast, who, unit="a", period="2026-09"):
    return client_as(who).get(f"/figures/{cast.units[unit]}?period={period}")


@pytest.mark.usefixtures("published")
def test_criteria_say_figure_rule_source_and_rating(client_as, cast):
    words = page_of(client_as, cast, "unithead").words
    assert "Judged by version 1 of the checklist, for 01/10/2025 – 30/09/2026." in words
    assert "B1. Sinh hoạt CLB đúng định kỳ Partly met 10/12 sessions (83 %)" in words
    assert "met from 90 %, partly from 70 %" in words
    assert "meetings of clubs and teams; those postponed with a reason are not counted" in words
    assert "Partly met: " in words
    assert "Not met: " in words
    assert "recommendations that fell due: done by their day" in words
    # Partly met criteria come after those that are not met.
    assert words.index("G2. Bảo mật") < words.index("B1. Sinh hoạt")


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((0, 49), "under 50 %"),
        ((0, 69), "under 70 %"),
        ((50, 69), "50–69 %"),
        ((70, 89), "70–89 %"),
        ((70, 100), "70 % or more; so few cases that no more is told"),
        ((90, 100), "90 % or more"),
        ((None, None), "–"),
    ],
)
def test_a_share_of_persons_is_a_band(app, ends, told):
    figure = CriterionFigure(
        code="D1", text="…", rating="met", value=ends[0], denominator=ends[1],
        unit_of_value="persons",
        set_number=1, from_on=date(2025, 10, 1), until_on=date(2026, 9, 30),
    )  # fmt: skip
    with app.test_request_context():
        checklist = tell_checklist([figure], sees_money=False)
    assert checklist is not None
    assert checklist.said[0].figure.replace("\u00a0", " ") == told


@pytest.mark.usefixtures("published")
def test_activity_is_told_in_parts_with_its_days(client_as, cast):
    words = page_of(client_as, cast, "unithead").words
    assert "Clubs, teams and support points with a regulation in force 1/1 bodies" in words
    assert "the newest since 05/01/2026" in words
    assert "Chair 1, Vice-chair 1, Secretary 1, Counselor 2" in words
    assert "Attendances at communication sessions 47 attendances" in words
    assert "Referrals sent 12 referrals" in words
    # All were answered: that none was not is not told.
    assert "Referrals answered 8–12 referrals" in words
    assert "Support given: charitable donors 6 items" in words
    assert "Support given: each of the other sources under 5 items" in words
    assert "What the support was worth: charitable donors 900,000 đồng" in words
    assert "blurred so that nobody can be recognised" in words


@pytest.mark.usefixtures("published")
def test_amounts_are_for_those_who_may_read_budgets(client_as, cast):
    for who in ("unithead", "inspector", "manager"):
        words = page_of(client_as, cast, who).words
        assert "Money allotted 15,000,000 đồng" in words
        assert "15,000,000/20,000,000 đồng (75 %)" in words
    for who in ("counselor", "coordinator"):
        page = page_of(client_as, cast, who)
        assert "15,000,000" not in page.text
        assert "75 %" in page.words
        assert "Money of the year" not in page.words


@pytest.mark.usefixtures("published")
def test_what_a_quarter_told_stays_until_the_next_one(client_as, cast):
    words = page_of(client_as, cast, "unithead", period="2026-08").words
    assert "01/04/2026 – 30/06/2026" in words
    assert "Referrals sent under 5 referrals" in words
    words = page_of(client_as, cast, "unithead", period="2026-09").words
    assert "01/07/2026 – 30/09/2026" in words
    assert "Referrals sent 12 referrals" in words


@pytest.mark.usefixtures("published")
def test_the_province_has_activity_and_no_criteria(client_as, cast):
    words = page_of(client_as, cast, "manager", "province").words
    assert "Judged by" not in words
    assert "Referrals sent 12–16 referrals" in words
    assert "What the support was worth: charitable donors 900,000 đồng or more" in words


@pytest.mark.usefixtures("published")
def test_criteria_of_all_units_of_a_period_are_one_statement(app, cast):
    asked = []
    a, b, province = (cast.units[name] for name in ("a", "b", "province"))
    with app.app_context():
        event.listen(
            db.engines["inspection"], "before_cursor_execute", lambda *args: asked.append(args[2])
        )
        found = criteria_of([a, b], province, "2026-09")
        assert len([s for s in asked if s.startswith("SELECT")]) == 1
        assert [each.code for each in found[a]][:2] == ["A1", "A2"]
        assert len(found[a]) == len(found[b]) == 25
        assert criteria_of([a], cast.units["elsewhere"], "2026-09") == {a: []}


def test_the_read_model_points_nowhere_else():
    """Its tables know only one another, and nothing of the working database refers to it."""
    own = set(ReadBase.metadata.tables)
    for table in ReadBase.metadata.tables.values():
        assert {key.column.table.key for key in table.foreign_keys} <= own
    for table in Base.metadata.tables.values():
        assert not {
            key.target_fullname
            for key in table.foreign_keys
            if key.target_fullname.startswith("inspection.")
        }
    assert {"inspection.activity_figures", "inspection.criterion_figures"} <= own


def sheet_of(client_as, cast, who, unit="a", period="2026-09"):
    answer = client_as(who).client.get(f"/figures/{cast.units[unit]}/excel?period={period}")
    assert answer.status_code == 200
    sheet = load_workbook(BytesIO(answer.data)).active
    return [tuple(cell for cell in row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.usefixtures("published")
def test_the_page_goes_into_a_spreadsheet_with_both_ends_of_every_range(client_as, cast, app):
    rows = sheet_of(client_as, cast, "unithead")
    assert rows[0][0] == "Figures of Phường Bạc Liêu"
    head = rows.index(
        ("Figure", "Of which", "Counted in", "From", "Until", "Printed", "At least", "At most")
    )
    told = [row for row in rows[head + 1 :] if isinstance(row[4], datetime)]
    figures = {(row[0], row[1] or "", row[4].date()): row for row in told}
    contacts = figures["Counselling contacts", "", date(2026, 9, 30)]
    assert contacts[2] == "contacts"
    with app.app_context():
        printed = db.session.scalars(select(Figure).where(Figure.unit_id == cast.units["a"])).all()
    persons = [one for one in printed if one.is_personal and one.until_on == date(2026, 9, 30)]
    assert persons
    for one in persons:
        row = figures[str(Measure(one.measure).label), "", one.until_on]
        words = {"exact": "exactly", "band": "as a range", "none": "not shown"}[one.shown]
        assert row[5:] == (words, one.low, one.high)
    assert any(str(row[0]).startswith("B1 Sinh hoạt CLB") and "83" in str(row[2]) for row in rows)


@pytest.mark.usefixtures("published")
def test_the_spreadsheet_holds_amounts_only_for_those_who_may_read_budgets(client_as, cast):
    for who, sees in (("unithead", True), ("counselor", False)):
        cells = {cell for row in sheet_of(client_as, cast, who) for cell in row}
        assert (15_000_000 in cells) is sees
        assert any("15,000,000" in str(cell) for cell in cells) is sees


@pytest.mark.usefixtures("published")
def test_no_spreadsheet_of_what_is_out_of_reach_or_not_published(client_as, cast):
    assert client_as("unithead").get(f"/figures/{cast.units['b']}/excel").status == 404
    assert client_as("unithead").get(f"/figures/{uuid4()}/excel").status == 404


def test_every_criterion_of_the_checklist_has_its_remedy(app):
    """One sentence each, of a line or two, and none for what is not on the checklist."""
    with (DATA / "criteria_v1.csv").open(encoding="utf-8") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    assert len(codes) == 29
    assert list(REMEDIES) == codes
    with app.test_request_context():
        for code in codes:
            told = {advise(code, rating) for rating in (Rating.NOT_MET, Rating.PARTLY)}
            assert len(told) == 1
            assert 20 < len(told.pop()) < 100
            assert advise(code, Rating.MET) == advise(code, Rating.NA) == ""


@pytest.mark.usefixtures("published")
def test_what_is_not_met_says_what_to_do(client_as, cast):
    page = page_of(client_as, cast, "unithead")
    red = page.words.partition("Partly met (")[0]
    assert "G2. Bảo mật" in red
    assert "Review each month who may sign in" in red
    assert "Fix the days of the next meetings now" not in red
    assert "Fix the days of the next meetings now" in page.words  # B1 is partly met
    assert "Draft the operating regulation" not in page.words  # A2 is met
    folded = [details for details in page.all("details") if "how" not in details.get("class")]
    assert all(details.get("open") is None for details in folded)


def test_what_cant_be_judged_says_what_is_wanting(app):
    with app.test_request_context():
        for code in ("D1", "D2", "D3", "D5"):
            assert "only where nobody is recognised" in advise(code, Rating.NO_DATA)
        assert advise("B1", Rating.NO_DATA).startswith("Record what it is computed from")
        # These say it in their rule or basis.
        assert advise("D4", Rating.NO_DATA) == advise("H2", Rating.NO_DATA) == ""


@pytest.mark.usefixtures("published")
def test_shares_are_drawn_over_the_periods_with_their_numbers(client_as, cast, app):
    page = page_of(client_as, cast, "unithead")
    table = next(t for t in page.all("table") if words(t).startswith("B1. Sinh hoạt CLB"))
    with app.app_context():
        of, table_of = CriterionFigure.__table__.c, CriterionFigure.__table__
        rows = db.session.execute(
            select(of.numerator, of.denominator)
            .select_from(table_of)
            .where(of.unit_id == cast.units["a"], of.code == "B1")
            .order_by(of.until_on),
            bind_arguments={"bind": db.engines["inspection"]},
        ).all()
    assert len(rows) == 12
    told = [words(cell) for cell in table.iter("td")]
    assert told == [str(part * 100 // whole) for part, whole in rows]
    assert [words(cell) for cell in table.iter("th")][-3:] == ["07/26", "08/26", "09/26"]


def test_a_share_that_is_a_band_is_drawn_as_one():
    figures = [
        CriterionFigure(
            code="D1", text="…", rating="met", value=low, denominator=high,
            unit_of_value="persons", until_on=date(2026, month, 28),
        )
        for month, (low, high) in enumerate(((None, None), (0, 69), (70, 89), (90, 100)), start=7)
    ]  # fmt: skip
    (trend,) = tell_trends(figures)
    assert [value for _, value in trend.points] == [None, (0, 69), (70, 89), (90, 100)]
    assert tell_trends(figures[:2]) != []
    assert tell_trends(figures[:1]) == []  # one period is no trend


@pytest.mark.usefixtures("published")
def test_one_sheet_holds_all_criteria_and_the_numbers_of_persons(client_as, cast):
    visitor = client_as("unithead")
    page = visitor.get(f"/figures/{cast.units['a']}/print?period=2026-09")
    assert page.h1 == "Phường Bạc Liêu"
    rows = [words(row) for row in page.all("table")[0].iter("tr")][1:]
    assert len(rows) == 25
    assert "B1 Sinh hoạt CLB đúng định kỳ 10/12 sessions (83 %) Partly met" in rows
    assert "As of the end of 09/2026, published on 15/10/2026." in page.words
    assert "Open cases" in page.words
    assert "Head of the unit" in page.words
    # Money is for those who may read budgets, on paper too.
    assert "15,000,000" in page.text
    other = client_as("counselor").get(f"/figures/{cast.units['a']}/print")
    assert other.status == 200
    assert "15,000,000" not in other.text
    assert visitor.get(f"/figures/{cast.units['b']}/print").status == 404
    assert visitor.get(f"/figures/{uuid4()}/print").status == 404
    assert client_as("volunteer").get(f"/figures/{cast.units['a']}/print").status == 403


def test_nothing_published_is_no_sheet(client_as, cast):
    assert client_as("unithead").get(f"/figures/{cast.units['a']}/print").status == 404


@pytest.mark.usefixtures("published")
def test_what_inspectors_asked_for_is_a_panel_for_who_may_read_it(client_as, cast, app):
    panels = {
        who: page_of(client_as, cast, who).all("section", id="panel-asked")
        for who in ("unithead", "counselor", "inspector", "coordinator")
    }
    mounted = "recommendations.of_unit" in app.view_functions
    assert {who: len(found) for who, found in panels.items()} == {
        "unithead": mounted, "counselor": mounted, "inspector": mounted, "coordinator": 0,
    }  # fmt: skip


def test_a_band_that_decides_nothing_says_why(app):
    figure = CriterionFigure(
        code="D5", text="…", rating="no_data", value=70, denominator=100, unit_of_value="persons",
        set_number=1, from_on=date(2025, 10, 1), until_on=date(2026, 9, 30),
    )  # fmt: skip
    with app.test_request_context():
        checklist = tell_checklist([figure], sees_money=False)
    assert checklist is not None
    told = checklist.said[0].figure.replace("\u00a0", " ")
    assert told == "70 % or more; so few cases that no more is told"
