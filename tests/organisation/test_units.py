"""Units: official lists come in whole or not at all; pages show a unit as of a day, and why."""

import csv
import unicodedata
from datetime import date

import pytest
from openpyxl import Workbook

from casework.core import audit
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.core.sheets import SheetRefused, read_sheet
from casework.organisation.units.models import Cluster, Succession, Unit
from casework.organisation.units.operations import COLUMNS, import_units, load_built_in_units
from casework.organisation.units.queries import find_unit_on, search_units

HAMLETS = [
    ["990", "Thử Nghiệm", "province", "2025-07-01", "", "", "test"],
    ["99001", "Đông", "ward", "01/07/2025", "", "990", "test"],
]


@pytest.fixture
def built_in(app):
    with app.app_context():
        load_built_in_units({"96", "91"})
        db.session.commit()


@pytest.fixture
def ca_mau(built_in, cast):
    return cast.units["province"]


def bring_in(app, tmp_path, rows, name="units.csv", encoding="utf-8", **how):
    path = tmp_path / name
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **how).writerows([COLUMNS, *rows])
    with app.app_context():
        imported = import_units(read_sheet(path, COLUMNS), by=SYSTEM)
        db.session.commit()
        return imported


def faults_of(app, tmp_path, rows, **how):
    with pytest.raises(SheetRefused) as refused:
        bring_in(app, tmp_path, rows, **how)
    with app.app_context():
        assert db.session.query(Unit).filter_by(code="990").count() == 0
    return [(fault.row, fault.column) for fault in refused.value.faults]


def test_the_built_in_units_of_a_province_come_with_what_they_were(app, built_in):
    with app.app_context():
        province = find_unit_on("96", date(2026, 1, 1))
        assert len(search_units(date(2026, 1, 1), province_id=province.id)) == 64
        assert db.session.query(Succession).count() == 12
        assert db.session.query(Cluster).count() == 14
        giá_rai_1 = find_unit_on("31942", date(2019, 1, 1))
        assert (giá_rai_1.label, giá_rai_1.province_id) == (
            "Phường 1",
            find_unit_on("95", date(2019, 1, 1)).id,
        )
        assert db.session.get(Unit, giá_rai_1.parent_id).label == "Thị xã Giá Rai"


def test_loading_twice_adds_nothing(app, built_in):
    with app.app_context():
        assert load_built_in_units({"96", "91"}).added == 0
        assert db.session.query(Cluster).count() == 14


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_csv_of_excel_comes_in(app, tmp_path, encoding, delimiter):
    assert bring_in(app, tmp_path, HAMLETS, encoding=encoding, delimiter=delimiter).added == 2
    assert bring_in(app, tmp_path, HAMLETS, encoding=encoding, delimiter=delimiter).added == 0
    with app.app_context():
        assert "units.import" in {row["action"] for row in audit._rows(db.session())}


def test_a_workbook_comes_in(app, tmp_path):
    book = Workbook()
    book.active.append(COLUMNS)
    book.active.append([990, "Thử Nghiệm", "province", date(2025, 7, 1), None, None, "test"])
    book.save(tmp_path / "units.xlsx")
    with app.app_context():
        rows = read_sheet(tmp_path / "units.xlsx", COLUMNS)
        assert import_units(rows, by=SYSTEM).added == 1


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({0: ""}, (3, "code")),
        ({1: ""}, (3, "name")),
        ({1: "x" * 201}, (3, "name")),
        ({2: "village"}, (3, "kind")),
        ({3: "yesterday"}, (3, "valid_from")),
        ({3: "9999-01-01"}, (3, "valid_from")),
        ({4: "2024-01-01"}, (3, "valid_until")),
        ({5: "nowhere"}, (3, "parent_code")),
        ({5: ""}, (3, "parent_code")),
        ({5: "99001"}, (3, "parent_code")),
        ({3: "2020-01-01"}, (3, "parent_code")),
        ({0: "990"}, (3, "code")),
        ({0: "31825", 5: "96"}, (3, "name")),
    ],
)
def test_one_bad_row_and_nothing_is_written(app, tmp_path, changed, fault):
    rows = [list(row) for row in HAMLETS]
    for column, text in changed.items():
        rows[1][column] = text
    assert fault in faults_of(app, tmp_path, rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("units.csv", b"\xff\xfeno utf-8"),
        ("units.csv", b"code,name\r\n1,2\r\n"),
        ("units.csv", b""),
        ("units.csv", b'code,"name\x00'),
        ("units.xlsx", b"not a workbook"),
        ("nothing.csv", None),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(app, tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with app.app_context(), pytest.raises(SheetRefused) as refused:
        read_sheet(path, COLUMNS)
    assert refused.value.faults


def test_a_known_unit_can_end_but_never_change(app, tmp_path):
    bring_in(app, tmp_path, HAMLETS)
    ended = [HAMLETS[0], [*HAMLETS[1][:4], "2026-01-31", *HAMLETS[1][5:]]]
    assert bring_in(app, tmp_path, ended).ended == 1
    again = [HAMLETS[0], [*HAMLETS[1][:4], "2026-02-28", *HAMLETS[1][5:]]]
    with pytest.raises(SheetRefused):
        bring_in(app, tmp_path, again)
    follower = [["99001", "Đông Mới", "ward", "2026-02-01", "", "990", "test"]]
    assert bring_in(app, tmp_path, follower).added == 1


def test_provinces_then_the_units_of_one_in_vietnamese_order(client_as, ca_mau):
    visitor = client_as("counselor")
    assert [words for words in ("An Giang", "Cà Mau") if words in visitor.get("/units").words]
    page = visitor.get(f"/units?province={ca_mau}")
    assert "64 units" in page.words
    names = ["".join(a.itertext()) for a in page.all("a") if (a.get("href") or "").count("/") == 2]
    assert names.index("Phường An Xuyên") < names.index("Phường Bạc Liêu")
    assert names.index("Xã Đá Bạc") < names.index("Xã Đầm Dơi") < names.index("Xã Hòa Bình")
    assert "Next" in page.words
    following = visitor.get(f"/units?province={ca_mau}&page=2")
    assert "shown from number 61" in following.words


@pytest.mark.parametrize(
    "words", ["dam doi", "Đầm Dơi", "ĐẦM", unicodedata.normalize("NFD", "đầm dơi")]
)
def test_search_folds_case_marks_and_đ(client_as, built_in, words):
    page = client_as("counselor").get("/units", query_string={"q": words})
    assert "Xã Đầm Dơi" in page.words


def test_filters_by_kind_and_cluster(app, client_as, ca_mau):
    visitor = client_as("counselor")
    assert "9 units" in visitor.get(f"/units?province={ca_mau}&kind=ward").words
    with app.app_context():
        cluster = db.session.query(Cluster).filter_by(province_id=ca_mau).first().id
    page = visitor.get(f"/units?province={ca_mau}&cluster={cluster}")
    assert page.status == 200 and "Phường" in page.words


def test_the_country_as_of_a_day(client_as, built_in):
    visitor = client_as("counselor")
    before = visitor.get("/units?on=2019-06-01")
    assert "Tỉnh Bạc Liêu" in before.words and "Tỉnh Kiên Giang" in before.words
    assert "Tỉnh Bạc Liêu" not in visitor.get("/units").words


@pytest.mark.parametrize(
    "query",
    ["on=9999-12-31", "on=garbage", "on=0001-01-01", "on=10000-01-01", "kind=village",
     "province=x", "cluster=x", "q=" + "x" * 101, "q=a%00b"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_said(client_as, query):
    page = client_as("counselor").get(f"/units?{query}")
    assert page.status == 422
    assert "Please look at this again" in page.words


@pytest.mark.parametrize("page", ["-1", "0", "99", "x"])
def test_a_page_beyond_the_end_is_the_last(client_as, ca_mau, page):
    assert client_as("counselor").get(f"/units?province={ca_mau}&page={page}").status == 200


def test_a_unit_tells_its_history(app, client_as, built_in):
    with app.app_context():
        giá_rai = find_unit_on("31942").id
        phường_1 = find_unit_on("31942", date(2020, 1, 1)).id
    visitor = client_as("inspector")
    page = visitor.get(f"/units/{giá_rai}")
    assert page.h1 == "Phường Giá Rai"
    for words in ("Phường Hộ Phòng", "Phường 1", "1655/NQ-UBTVQH15", "01/07/2025", "Tỉnh Cà Mau"):
        assert words in page.words
    assert "Published figures" in page.words
    page = visitor.get(f"/units/{phường_1}")
    assert "merged into" in page.words and "Phường Giá Rai" in page.words
    assert "Thị xã Giá Rai" in page.words and "30/06/2025" in page.words
    assert "Published figures" not in page.words


@pytest.mark.parametrize(
    ("username", "unit", "linked"),
    [
        ("unithead", "a", True),
        ("unithead", "b", False),
        ("inspector", "b", True),
        ("inspector", "c", False),
        ("volunteer", "a", False),
    ],
)
def test_figures_are_linked_only_where_they_open(client_as, cast, username, unit, linked):
    page = client_as(username).get(f"/units/{cast.units[unit]}")
    assert page.status == 200
    assert ("Published figures" in page.words) == linked


def test_an_unknown_unit_is_not_found(client_as, cast):
    assert client_as("counselor").get(f"/units/{cast.accounts['admin']}").status == 404


def test_the_whole_country(app, client_as):
    with app.app_context():
        assert load_built_in_units().added == 3374 - 5
        db.session.commit()
    visitor = client_as("counselor")
    page = visitor.get("/units")
    assert len([th for th in page.all("th") if th.get("scope") == "row"]) == 34
    assert visitor.get("/units?q=hoa+binh").status == 200


def test_formulas_and_empty_files_are_refused(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(list(COLUMNS))
    book.save(tmp_path / "empty.xlsx")
    with pytest.raises(SheetRefused) as empty:
        read_sheet(tmp_path / "empty.xlsx", COLUMNS)
    assert "no rows" in empty.value.faults[0].reason
    sheet.append(["=1+1" for _ in COLUMNS])
    book.save(tmp_path / "formulas.xlsx")
    with pytest.raises(SheetRefused) as formulas:
        read_sheet(tmp_path / "formulas.xlsx", COLUMNS)
    assert len(formulas.value.faults) == len(COLUMNS)
    assert formulas.value.faults[0].row == 2
