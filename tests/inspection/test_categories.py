"""Persons of a province by group, sex, age and reason: what is shown of them, and what must not
take them for the whole.
"""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from casework.anonymisation.export import read_figures
from casework.anonymisation.plan import CATEGORIES
from casework.confidential.cases.models import ClosureReason, Sex, TargetGroup
from casework.core.database import db
from casework.inspection.categories.rules import BY, LETTERS, VALUES, apart
from casework.inspection.readmodel.models import Edition, Figure, measure_of
from tests.inspection.apart import tell, tell_quarter, tell_year
from tests.inspection.editions import judge, publish, tell_open
from tests.page import words

LOUD = (7707, 7707)
"""Nobody prints it but who mistakes a part for the whole."""


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel("2026-11-15 03:00:00+00:00", tick=False):
        yield


def totals(edition: Edition, place, *, quarter: str = "", year: str = "") -> None:
    """The wholes that an edition prints of a province or a unit."""
    tell(edition, place, "open", edition.period, 120, 120)
    for measure, period in (("new", quarter), ("closed", quarter), ("new", year)):
        if period:
            tell(edition, place, measure, period, 30, 34)


@pytest.fixture
def published(app, cast):
    """December 2025, and the months of 2026 up to September."""
    province = cast.units["province"]
    with app.app_context():
        for period in ("2025-12", "2026-06", "2026-08", "2026-09"):
            edition = publish(province, period)
            is_quarter = period != "2026-08"
            quarter = f"{period[:4]}-Q{int(period[5:]) // 3}" if is_quarter else ""
            totals(edition, province, quarter=quarter, year="2025" if "12" in period else "")
            tell_open(edition, cast.units["a"], 5, 9)
        editions = {e.period: e for e in db.session.query(Edition)}
        tell_quarter(editions["2026-06"], province, {"open.group.A": (88, 88)})
        tell_quarter(
            editions["2026-09"],
            province,
            {
                "open.group.A": (101, 101),
                "open.group.B": (15, 19),
                "open.group.C": (None, None),
                "new.sex.female": (10, None),
                "closed.group.A": (1234, 1234),
            },
        )
        tell_quarter(editions["2025-12"], province, {})
        tell_year(
            editions["2025-12"],
            province,
            {
                "open.age.18-29": (61, 61),
                "new.age.under_18": (5, 9),
                "closed.reason.goals_met": (44, 44),
                "closed.reason.transferred": (10, 14),
            },
        )
        db.session.commit()


def rows(page, caption: str) -> dict[str, list[str]]:
    """The lines of a table by their first cell."""
    (table,) = (
        each for each in page.all("table") if words(each.find("caption")) == caption
    )  # fmt: skip
    return {
        words(line.find("th")): [words(cell) for cell in line.findall("td")]
        for line in table.find("tbody").findall("tr")
    }


def page_of(client_as, cast, who="manager", query=""):
    return client_as(who).get(f"/figures/{cast.units['province']}/categories{query}")


@pytest.mark.usefixtures("published")
def test_the_newest_quarter_stands_in_tables(client_as, cast):
    page = page_of(client_as, cast)
    assert "Quarter 3/2026" in page.words
    groups, sexes = rows(page, "by group (persons)"), rows(page, "by sex (persons)")
    assert list(groups) == ["All", "Group A", "Group B", "Group C", "Group D"]
    assert groups["All"] == ["120", "30–34", "30–34"]
    assert groups["Group A"] == ["101", "under 5", "1,234"]
    assert groups["Group B"][0] == "15–19"
    assert groups["Group C"][0] == "not shown"
    assert list(sexes) == ["All", "female", "male", "other"]
    assert sexes["female"] == ["under 5", "10 or more", "under 5"]
    assert "blurred so that nobody can be recognised" in page.words
    assert "A: person after rehabilitation;" in page.words
    heads = [words(cell) for cell in page.all("table")[0].find("thead").iter("th")]
    assert heads == ["Open, 30/09", "New", "Closed"]


@pytest.mark.usefixtures("published")
def test_ages_and_reasons_are_those_of_the_newest_year(client_as, cast):
    page = page_of(client_as, cast)
    ages = rows(page, "by age (persons)")
    assert "The year 2025" in page.words
    assert ages["18 to 29"] == ["61", "under 5", "under 5"]
    assert ages["under 18"] == ["under 5", "5–9", "under 5"]
    assert ages["All"] == ["120", "30–34", "not published"]
    reasons = rows(page, "by reason (persons)")
    assert reasons["goals met"] == ["44"]
    assert reasons["transferred to another unit"] == ["10–14"]


@pytest.mark.usefixtures("published")
def test_quarters_stand_side_by_side(client_as, cast):
    page = page_of(client_as, cast)
    quarters = rows(page, "Open cases (persons)")
    assert quarters["Group A"] == ["under 5", "88", "101"]
    assert list(quarters)[-1] == "other"
    heads = [words(cell) for cell in page.all("table")[4].find("thead").iter("th")]
    assert heads == ["Q4/2025", "Q2/2026", "Q3/2026"]


@pytest.mark.usefixtures("published")
def test_an_earlier_period_shows_nothing_later(client_as, cast):
    page = page_of(client_as, cast, query="?period=2026-08")
    assert "Quarter 2/2026" in page.words
    assert rows(page, "by group (persons)")["Group A"][0] == "88"
    assert "101" not in page.words
    assert "Quarter 3/2026" in page_of(client_as, cast, query="?period=x").words


@pytest.mark.usefixtures("published")
def test_no_drawing_says_more_than_the_print(client_as, cast):
    """What is not shown is not drawn; a range without an end is as wide as anywhere."""
    page = page_of(client_as, cast)
    groups, sexes = page.all("table", class_="table parts")[:2]
    drawn = {
        words(line.find("th")): [drawings(cell) > 0 for cell in line.findall("td")]
        for line in groups.find("tbody").findall("tr")
    }
    assert drawn["All"] == [False] * 3
    assert drawn["Group C"] == [False, True, True]
    assert sum(drawings(cell) for cell in sexes.iter("td")) == 9
    widths = {each.get("width") for each in sexes.iter() if each.get("class") == "range"}
    assert widths == {"16.0", "20.0", "60.0"}


def drawings(cell) -> int:
    return sum(each.tag.endswith("svg") for each in cell.iter())


@pytest.mark.usefixtures("published")
def test_the_panel_stands_on_the_province_alone(client_as, cast):
    manager = client_as("manager")
    of_province = manager.get(f"/figures/{cast.units['province']}")
    panel = of_province.one("section", id="panel-categories")
    assert panel.get("hx-get") == f"/figures/{cast.units['province']}/categories?period=2026-09"
    inside = manager.get(
        panel.get("hx-get"), headers={"HX-Request": "true", "HX-Target": "panel-categories"}
    )
    assert rows(inside, "by group (persons)")["Group A"][0] == "101"
    assert "By group and sex" in inside.words
    assert "by age (persons)" not in inside.words, "the panel of years has them"
    of_unit = manager.get(f"/figures/{cast.units['a']}")
    assert not of_unit.all("section", id="panel-categories")
    said = client_as("unithead").get(f"/figures/{cast.units['a']}/categories").words
    assert "Of single units nothing is published" in said


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("who", "status"),
    [("manager", 200), ("inspector", 200), ("inspector-elsewhere", 404), ("unithead", 404),
     ("volunteer", 403), ("dpo", 403), ("admin", 403)],
)  # fmt: skip
def test_who_reads_it_is_who_reads_the_province(client_as, cast, who, status):
    assert page_of(client_as, cast, who).status == status


@pytest.mark.usefixtures("published")
def test_a_department_of_vietnam_reads_it_in_vietnamese(client_as, cast):
    manager = client_as("manager")
    manager.client.set_cookie("casework_language", "vi")
    page = page_of(lambda _who: manager, cast)
    assert rows(page, "theo nhóm (người)")["Nhóm A"] == ["101", "dưới 5", "1.234"]
    assert rows(page, "theo độ tuổi (người)")["từ 45 tuổi"] == ["dưới 5"] * 3
    assert "Quý 3/2026" in page.words and "A: Người sau cai nghiện;" in page.words
    year = manager.get(f"/figures/{cast.units['province']}/years")
    assert rows(year, "theo lý do (người)")["Đạt mục tiêu"] == ["44"]


def test_before_anything_is_told_apart_the_page_says_so(app, client_as, cast):
    assert "Nothing is published by group" in page_of(client_as, cast).words
    with app.app_context():
        totals(publish(cast.units["province"], "2026-09"), cast.units["province"])
        db.session.commit()
    assert "Nothing is published by group" in page_of(client_as, cast).words


@pytest.mark.usefixtures("published")
def test_a_year_is_told_by_reason_age_group_and_sex(client_as, cast):
    page = client_as("manager").get(f"/figures/{cast.units['province']}/years")
    assert "New cases 30–34 persons" in page.words
    reasons = rows(page, "by reason (persons)")
    assert reasons["goals met"] == ["44"]
    assert reasons["transferred to another unit"] == ["10–14"]
    assert rows(page, "by age (persons)")["under 18"] == ["under 5", "5–9", "under 5"]
    assert rows(page, "by group (persons)")["Group D"] == ["under 5"] * 3
    assert "Closed cases under 5 persons" not in page.words, "a part is no whole"
    of_unit = client_as("unithead").get(f"/figures/{cast.units['a']}/years")
    assert not of_unit.all("table")


@pytest.mark.usefixtures("published")
def test_the_spreadsheet_of_a_province_has_a_sheet_of_them(client_as, cast):
    manager = client_as("manager").client
    book = load_workbook(
        BytesIO(manager.get(f"/figures/{cast.units['province']}/excel?period=2026-09").data)
    )
    first, second = book.worksheets
    assert second.title == "By group, sex and age"
    lines = [[cell.value for cell in row] for row in second.iter_rows()]
    told = {
        (line[0], line[1], line[4].date()): line[5:8] for line in lines if hasattr(line[4], "date")
    }
    end = date(2026, 9, 30)
    assert told["Open cases by group", "Group A", end] == ["exactly", 101, 101]
    assert told["Open cases by group", "Group C", end] == ["not shown", None, None]
    assert told["New cases by sex", "female", end] == ["as a range", 10, None]
    assert told["Closed cases by reason", "goals met", date(2025, 12, 31)] == ["exactly", 44, 44]
    assert lines[-4][:2] == ["A", "person after rehabilitation"]
    assert not any("Group" in str(cell.value) for row in first.iter_rows() for cell in row)
    of_unit = manager.get(f"/figures/{cast.units['a']}/excel?period=2026-09").data
    assert len(load_workbook(BytesIO(of_unit)).worksheets) == 1


READERS = (
    "/figures",
    "/figures/{province}",
    "/figures/{province}?period=2026-08",
    "/figures/{province}/print",
    "/figures/{a}",
    "/figures/{a}/print",
    "/figures/{a}/years",
    "/figures/compare?people=1",
    "/figures/compare/excel?people=1",
    "/figures/{a}/excel",
)


def read(client_as, cast, address: str) -> list[str]:
    address = address.format(province=cast.units["province"], a=cast.units["a"])
    visitor = client_as("manager")
    if "excel" not in address:
        return [visitor.get(address).words]
    answer = visitor.client.get(address)
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.data))
    return [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]


@pytest.mark.parametrize("address", READERS)
def test_parts_beside_the_wholes_change_no_other_page(app, client_as, cast, address):
    """Even parts of a unit, which nobody prints."""
    province, a = cast.units["province"], cast.units["a"]
    with app.app_context():
        ids = []
        for period in ("2025-12", "2026-08", "2026-09"):
            edition = publish(province, period)
            totals(edition, province, quarter="2026-Q3" if period == "2026-09" else "")
            tell_open(edition, a, 5, 9)
            judge(edition, a, {"A1": "met"}, a)
            if period == "2025-12":
                tell(edition, a, "closed", "2025", 10, 14)
            ids.append(edition.id)
        db.session.commit()
    before = read(client_as, cast, address)
    with app.app_context():
        for edition in map(db.session.get_one, [Edition] * 3, ids):
            for place in (province, a):
                parts = dict.fromkeys(codes(), LOUD)
                if edition.period != "2026-08":
                    tell_quarter(edition, place, parts)
                if edition.period == "2025-12":
                    tell_year(edition, place, parts)
        db.session.commit()
    assert db_has_parts(app)
    assert read(client_as, cast, address) == before


def codes() -> list[str]:
    return [
        f"{measure}.{by}.{value}"
        for measure in ("open", "new", "closed")
        for by, values in VALUES.items()
        for value in values
    ]


def db_has_parts(app) -> bool:
    with app.app_context():
        return db.session.query(Figure).filter(Figure.measure == "open.group.A").count() > 0


def test_a_conference_looks_back_on_wholes_alone(app, client_as, cast):
    province = cast.units["province"]
    manager = client_as("manager")
    with app.app_context():
        edition = publish(province, "2025-12")
        totals(edition, province, quarter="2025-Q4", year="2025")
        db.session.commit()
    form = manager.get("/conferences/new").form("/conferences/new")
    form |= {"from_on": "01/01/2025", "until_on": "31/12/2025"}
    address = manager.post("/conferences/new", form).location
    manager.get(address)  # says once that it is begun
    before = manager.get(address).words
    with app.app_context():
        edition = db.session.query(Edition).one()
        tell_quarter(edition, province, dict.fromkeys(codes(), LOUD))
        tell_year(edition, province, dict.fromkeys(codes(), LOUD))
        db.session.commit()
    assert "120" in before
    assert manager.get(address).words == before


def test_files_have_the_wholes_as_before(app, cast):
    province = cast.units["province"]
    with app.app_context():
        edition = publish(province, "2026-09")
        for place in (province, cast.units["a"]):
            for measure in ("open", "contacts"):
                tell(edition, place, measure, "2026-09", 120, 120)
        db.session.commit()
        before = {row.id: row for row in read_figures(province, "2026-09").rows}
        tell_quarter(edition, province, dict.fromkeys(codes(), LOUD))
        db.session.commit()
        after = {row.id: row for row in read_figures(province, "2026-09").rows}
    assert all(after[id_] == row for id_, row in before.items())
    assert set(after) > set(before)


def test_the_words_are_those_of_the_records(app):
    assert {by: tuple(values) for by, values in VALUES.items()} == CATEGORIES
    assert list(BY) == list(VALUES)
    with app.test_request_context():
        assert {k: str(v) for k, v in LETTERS.items()} == {k: k.label for k in TargetGroup}
        assert {k: str(v) for k, v in VALUES["sex"].items()} == {k: k.label for k in Sex}
        reasons = {k: str(v) for k, v in VALUES["reason"].items() if k != "transferred"}
        assert reasons == {k: k.label for k in ClosureReason}


@given(st.sampled_from(codes()) | st.text(max_size=30))
def test_only_what_is_told_apart_is_taken_for_it(code):
    said = apart(code)
    assert (said is not None) == (code in codes())
    if said:
        assert f"{said.measure}.{said.dimension}.{said.value}" == code
        assert measure_of(code) is said.measure


@pytest.mark.parametrize(
    "code",
    [
        "open",
        "service.job",
        "need.housing",
        "open.",
        "open.group",
        "open.group.",
        "open.group.E",
        "supported.sex.male",
        "",
        ".",
    ],
)
def test_wholes_and_kinds_are_not_told_apart(code):
    assert apart(code) is None
