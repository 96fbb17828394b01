"""Whole years of a province and of its units, as published."""

from datetime import date
from io import BytesIO
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from casework.confidential.assessments.models import NeedArea
from casework.confidential.services.models import ServiceKind
from casework.core.database import db
from casework.inspection.readmodel.models import Edition, Figure, Measure, measure_of
from casework.inspection.years.rules import KINDS
from tests.inspection.editions import publish


def test_the_words_are_those_of_the_records(app):
    with app.test_request_context():
        for measure, kinds in ((Measure.SERVED, ServiceKind), (Measure.NEEDED, NeedArea)):
            expected = {kind.value: kind.label for kind in kinds if kind.value != "loan"}
            told = {code: str(word) for code, word in KINDS[measure].items() if code != "loan"}
            assert told == expected


def add(edition, unit, measure, shown, low, high, year=2025):
    figure = Figure(
        id=uuid4(),
        edition_id=edition.id,
        unit_id=unit,
        level="unit",
        measure=measure,
        unit_of_count=str(measure_of(measure).unit_of_count),
        from_on=date(year, 1, 1),
        until_on=date(year, 12, 31),
        is_personal=True,
        shown=shown,
        low=low,
        high=high,
    )
    db.session.add(figure)


@pytest.fixture
def published(app, cast):
    with app.app_context():
        province = cast.units["province"]
        edition, earlier = publish(province, "2025-12"), publish(province, "2024-12")
        add(edition, province, "new", "exact", 42, 42)
        add(edition, province, "borrowers", "band", 5, 9)
        add(edition, province, "service.job", "band", 0, 4)
        add(edition, province, "service.gift", "exact", 77, 77)
        add(edition, province, "service.housing", "exact", 77, 77)
        add(edition, province, "service.travel", "band", 0, 4)
        add(edition, province, "need.housing", "none", None, None)
        add(edition, province, "need.safety", "band", 10, None)
        add(earlier, province, "new", "exact", 31, 31, 2024)
        add(edition, cast.units["a"], "closed", "band", 0, 4)
        add(edition, cast.units["a"], "borrowers", "none", None, None)
        later = publish(province, "2026-03")
        add(later, cast.units["a"], "supported", "band", 0, 9)
        add(later, province, "supported", "exact", 214, 214)
        db.session.commit()


@pytest.mark.usefixtures("published")
def test_the_newest_year_is_told_in_parts(client_as, cast):
    address = f"/figures/{cast.units['province']}/years"
    page = client_as("manager").get(address)
    words = page.words
    assert "The year 2025" in words
    assert "New cases 42 persons" in words
    assert "Persons with a loan 5–9 persons" in words
    assert "Persons supported 214 persons" in words
    assert "counted after the end of March 2026" in words
    assert "gift 77 persons housing 77 persons a job, travel under 5 persons" in words
    assert "safety 10 persons or more housing not shown" in words
    assert "blurred so that nobody can be recognised" in words
    assert "31 persons" not in words
    earlier = client_as("manager").get(f"{address}?year=2024").words
    assert "The year 2024" in earlier and "New cases 31 persons" in earlier
    assert "recorded late" not in earlier
    assert "The year 2025" in client_as("manager").get(f"{address}?year=nonsense").words


@pytest.mark.usefixtures("published")
def test_a_unit_has_its_own_year_and_a_stranger_none(client_as, cast):
    address = f"/figures/{cast.units['a']}/years"
    words = client_as("unithead").get(address).words
    assert "Closed cases under 5 persons" in words
    assert "Persons with a loan not shown" in words
    assert "Persons supported under 10 persons" in words
    assert (
        "Persons supported: each once in the year, counted after the end of March 2026, "
        "with what was recorded late." in words
    )
    assert client_as("unithead-b").get(address).status == 404
    of_province = f"/figures/{cast.units['province']}/years"
    assert client_as("unithead").get(of_province).status == 404


def test_before_a_year_is_out_the_page_says_so(client_as, cast):
    page = client_as("unithead").get(f"/figures/{cast.units['a']}/years")
    assert "No whole year is published yet" in page.words
    assert client_as("unithead").get(f"/figures/{cast.units['a']}/years/excel").status == 404


def sheet_of(client_as, address):
    answer = client_as("manager").client.get(address)
    assert answer.status_code == 200
    sheet = load_workbook(BytesIO(answer.data)).active
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.usefixtures("published")
def test_a_year_goes_into_a_spreadsheet_with_both_ends_of_every_range(client_as, cast, app):
    address = f"/figures/{cast.units['province']}/years/excel"
    with app.app_context():
        edition = db.session.scalars(select(Edition).filter_by(period="2025-12")).one()
        add(edition, cast.units["province"], "new.group.A", "exact", 12, 12)
        db.session.commit()
    rows = sheet_of(client_as, address)
    assert rows[1][0] == "The year 2025"
    told = {row[:2]: row[2:] for row in rows}
    assert told["New cases", None] == ("persons", "exactly", 42, 42)
    assert told["Persons supported", None] == ("persons", "exactly", 214, 214)
    assert told["Persons with a loan", None] == ("persons", "as a range", 5, 9)
    assert told["Persons by kind of support", "gift"] == ("persons", "exactly", 77, 77)
    assert told["Open cases by need", "housing"] == ("persons", "not shown", None, None)
    assert told["Open cases by need", "safety"] == ("persons", "as a range", 10, None)
    assert told["New cases by group", "Group A"] == ("persons", "exactly", 12, 12)
    assert rows.index(("New cases", None, "persons", "exactly", 42, 42)) < rows.index(
        ("New cases by group", "Group A", "persons", "exactly", 12, 12)
    )
    assert any(str(row[0]) == "A" for row in rows[-4:])  # what the letters stand for
    earlier = sheet_of(client_as, f"{address}?year=2024")
    assert earlier[-1][:1] + earlier[-1][2:] == ("New cases", "persons", "exactly", 31, 31)


@pytest.mark.usefixtures("published")
def test_no_spreadsheet_of_a_year_out_of_reach(client_as, cast):
    stranger = client_as("unithead-b")
    assert stranger.get(f"/figures/{cast.units['a']}/years/excel").status == 404
    assert stranger.get(f"/figures/{uuid4()}/years/excel").status == 404
