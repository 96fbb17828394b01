"""Units: official lists come in whole or not at all; pages show a unit as of a day, and why."""

import csv
import unicodedata
from datetime import date
from uuid import UUID

import pytest
from openpyxl import Workbook

from casework.authz.permissions import Role
from casework.core import audit
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.core.sheets import SheetRefused, read_sheet
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.history.models import Revision
from casework.organisation.units.models import Cluster, ClusterMembership, Succession, Unit
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


# What an administrator changes


NEW = "/admin/units/new"
DAY = date(2026, 9, 1)
DOCUMENT = "Nghị quyết 12/NQ-HĐND"


def enter(visitor, cast, **changes):
    """Enter a ward of the cast's province."""
    fields = {
        "code": "31826",
        "name": "Vĩnh Trạch",
        "kind": "ward",
        "parent": str(cast.units["province"]),
        "valid_from": DAY.isoformat(),
        "source": DOCUMENT,
        **changes,
    }
    return visitor.submit(NEW, NEW, **fields)


def entered(visitor, cast, **changes):
    """The id of a unit that was entered."""
    return UUID(enter(visitor, cast, **changes).location.split("/")[-1])


def follow_with(visitor, unit, successors, **changes):
    """Let units follow one."""
    address = f"/admin/units/{unit}/succession"
    page = visitor.get(address)
    form = next(form for form in page.all("form", method="post") if form.get("action") == address)
    fields = {
        **{
            field.get("name"): field.get("value")
            for field in form.iter("input")
            if field.get("type") == "hidden"
        },
        "how": "merge",
        "on": DAY.isoformat(),
        "document": DOCUMENT,
        "successors": [str(each) for each in successors],
        **changes,
    }
    return visitor.post(address, fields)


def unit_of(app, unit_id):
    with app.app_context():
        return db.session.get_one(Unit, unit_id)


def successions(app):
    with app.app_context():
        rows = db.session.query(Succession).all()
        return [(row.predecessor_id, row.successor_id, row.kind, row.on) for row in rows]


def give_administration(app, cast, username, unit):
    """Make an account an administrator of a province."""
    with app.app_context():
        account = db.session.get_one(Account, cast.accounts[username])
        give_role(account, Role.ADMINISTRATOR, cast.units[unit], by=SYSTEM, on=date(2026, 1, 1))
        db.session.commit()


def test_a_new_unit_has_its_place_and_its_document(app, cast, client_as):
    admin = client_as("admin")
    answer = enter(admin, cast)
    page = admin.follow(answer)
    assert page.h1 == "Phường Vĩnh Trạch" and DOCUMENT in page.words
    unit = unit_of(app, UUID(answer.location.split("/")[-1]))
    assert (unit.code, unit.kind, unit.valid_from, unit.valid_until) == (
        "31826",
        "ward",
        DAY,
        None,
    )
    assert unit.parent_id == unit.province_id == cast.units["province"]
    assert not unit.is_province
    province = unit_of(app, entered(admin, cast, code="99", kind="province", parent=""))
    assert province.is_province and province.province_id == province.id


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": "31825"}, "Phường Bạc Liêu has the code 31825 since 01/07/2025. It has to end"),
        ({"code": "31825", "valid_from": "2025-07-01"}, "has the code 31825 since 01/07/2025"),
        ({"code": "3182 5"}, "Code: A code has 1 to 20 letters and digits."),
        ({"code": ""}, "Code: Fill this in."),
        ({"name": " "}, "Name of the unit: Fill this in."),
        ({"name": "x" * 201}, "At most 200 characters."),
        ({"kind": ""}, "Kind: Fill this in."),
        ({"parent": ""}, "Only a province or a city stands under no other."),
        ({"kind": "province"}, "A province stands under no other."),
        ({"parent": "nonsense"}, "Belongs to: "),
        ({"valid_from": "2025-06-30"}, "Tỉnh Cà Mau does not exist on 30/06/2025."),
        ({"valid_from": "1990-01-01"}, "This date is too long ago."),
        ({"valid_from": "9999-01-01"}, "This date is too far ahead."),
        ({"valid_from": ""}, "First day: Fill this in."),
        ({"source": ""}, "Document: Fill this in."),
    ],
)
def test_a_unit_that_can_t_be_is_refused_with_what_was_typed(
    app, cast, client_as, changes, message
):
    refused = enter(client_as("admin"), cast, **changes)
    assert refused.status == 422 and message in refused.words
    for name in {"name", "source"} - set(changes):
        assert refused.form(NEW)[name] in ("Vĩnh Trạch", DOCUMENT)
    with app.app_context():
        assert db.session.query(Unit).count() == 5


def test_a_code_is_given_again_from_the_day_after(app, cast, client_as):
    admin = client_as("admin")
    new = entered(admin, cast)
    assert follow_with(admin, cast.units["a"], [new]).status == 303
    last = "Phường Bạc Liêu has the code 31825 until 31/08/2026."
    refused = enter(admin, cast, code="31825", name="Khác", valid_from="2026-08-31")
    assert refused.status == 422 and last in refused.words
    assert enter(admin, cast, code="31825", name="Khác", valid_from="2026-09-01").status == 303


def test_one_unit_follows_another(app, cast, client_as):
    admin, old = client_as("admin"), cast.units["a"]
    new = entered(admin, cast)
    assert "6 accounts work here" in admin.get(f"/admin/units/{old}/succession").words
    page = admin.follow(follow_with(admin, old, [new]))
    assert "merged into" in page.words and "This unit ended on 31/08/2026." in page.words
    assert unit_of(app, old).valid_until == date(2026, 8, 31)
    assert successions(app) == [(old, new, "merge", DAY)]
    assert "Phường Bạc Liêu" in client_as("counselor").get(f"/units/{new}").words
    with app.app_context():
        row = next(r for r in audit._rows(db.session()) if r["action"] == "unit.succession")
        assert row["subject_id"] == row["unit_id"] == old and new.hex in row["detail"]


def test_a_unit_is_split_into_two(app, cast, client_as):
    admin, old = client_as("admin"), cast.units["a"]
    parts = [entered(admin, cast, code=code, name=code) for code in ("31826", "31827")]
    refused = follow_with(admin, old, parts[:1], how="split")
    assert refused.status == 422 and "split into two or more" in refused.words
    assert follow_with(admin, old, parts, how="split").status == 303
    assert {row[1] for row in successions(app)} == set(parts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"on": "2025-07-01"}, "Phường Bạc Liêu began on 01/07/2025; what follows it begins later"),
        ({"on": "2026-08-31"}, "Phường Vĩnh Trạch does not exist on 31/08/2026."),
        ({"on": ""}, "First day of what follows: Fill this in."),
        ({"on": "31/02/2026"}, "Not a date."),
        ({"how": ""}, "How: Fill this in."),
        ({"how": "vanish"}, "Invalid Choice"),
        ({"document": ""}, "Document: Fill this in."),
        ({"successors": []}, "Followed by: Fill this in."),
        ({"successors": ["nonsense"]}, "Followed by: "),
    ],
)
def test_a_succession_that_can_t_be_is_refused(app, cast, client_as, changes, message):
    changes = dict(changes)
    admin, old = client_as("admin"), cast.units["a"]
    new = entered(admin, cast)
    refused = follow_with(admin, old, changes.pop("successors", [new]), **changes)
    assert refused.status == 422 and message in refused.words
    assert successions(app) == [] and unit_of(app, old).valid_until is None


def test_merged_renamed_and_transferred_is_into_one(cast, client_as):
    admin = client_as("admin")
    parts = [entered(admin, cast, code=code, name=code) for code in ("31826", "31827")]
    for how in ("merge", "rename", "transfer"):
        refused = follow_with(admin, cast.units["a"], parts, how=how)
        assert refused.status == 422 and "Choose the one unit that follows." in refused.words


def test_a_unit_ends_once(app, cast, client_as):
    admin, old = client_as("admin"), cast.units["a"]
    new = entered(admin, cast)
    follow_with(admin, old, [new])
    again = follow_with(admin, old, [cast.units["b"]], on="2026-08-01")
    assert again.status == 422
    assert "Phường Bạc Liêu has ended already, on 31/08/2026." in again.words
    assert len(successions(app)) == 1


def test_a_unit_does_not_follow_what_followed_it(app, cast, client_as):
    """Dates alone would allow it where somebody took an end back in the database."""
    admin = client_as("admin")
    a, b = cast.units["a"], cast.units["b"]
    follow_with(admin, a, [b])
    with app.app_context():
        db.session.get_one(Unit, a).valid_until = None
        db.session.commit()
    refused = follow_with(admin, b, [a], on="2026-10-01")
    assert refused.status == 422
    assert "Phường Bạc Liêu came before Xã Năm Căn; it can't follow it." in refused.words
    itself = follow_with(admin, a, [a], on="2026-10-01")
    assert itself.status == 422 and len(successions(app)) == 1


def test_a_province_ends_after_its_units(app, cast, client_as):
    admin, old = client_as("admin"), cast.units["elsewhere"]
    refused = follow_with(admin, old, [cast.units["province"]])
    assert refused.status == 422
    assert "1 units below it still exist on this day." in refused.words
    part, into = cast.units["c"], cast.units["b"]
    page = admin.get(f"/admin/units/{part}/succession?province={cast.units['province']}")
    assert [box for box in page.all("input", name="successors") if box.get("value") == str(into)]
    province = str(cast.units["province"])
    assert follow_with(admin, part, [into], how="transfer", province=province).status == 303
    assert follow_with(admin, old, [cast.units["province"]]).status == 303


def test_a_name_is_put_right_while_nothing_followed(app, cast, client_as):
    admin, unit = client_as("admin"), cast.units["a"]
    address = f"/admin/units/{unit}/correct"
    assert admin.submit(address, address).status == 303, "nothing changed, nothing kept"
    assert admin.submit(address, address, name="Bạc Liêu I").status == 303
    page = admin.get(address)
    assert page.h1 == "Put right: Phường Bạc Liêu I"
    assert "What it said earlier (1)" in page.words and "Name of the unit Bạc Liêu " in page.words
    assert admin.submit(address, address, name="").status == 422
    follow_with(admin, unit, [cast.units["b"]])
    refused = admin.submit(address, address, name="Khác")
    assert refused.status == 422
    assert "Other units followed Phường Bạc Liêu I" in refused.words
    assert unit_of(app, unit).name == "Bạc Liêu I"
    with app.app_context():
        earlier = [row.said for row in db.session.query(Revision).all()]
        assert len(earlier) == 2, "the correction and the last day"


def test_an_administrator_of_a_province_changes_its_units_alone(app, cast, client_as):
    give_administration(app, cast, "volunteer", "province")
    admin = client_as("volunteer")
    assert enter(admin, cast).status == 303
    assert enter(admin, cast, code="1", parent=str(cast.units["elsewhere"])).status == 422
    assert enter(admin, cast, code="1", kind="province", parent="").status == 422
    foreign = cast.units["c"]
    token = {"csrf_token": admin.get("/account").form("/sign-out")["csrf_token"]}
    for page in ("correct", "succession"):
        assert admin.get(f"/admin/units/{foreign}/{page}").status == 404
        assert admin.post(f"/admin/units/{foreign}/{page}", token).status == 404
    assert follow_with(admin, cast.units["a"], [foreign]).status == 422
    shown = admin.get(f"/units/{foreign}")
    assert "Merge, split, rename" not in shown.words, "no link leads to a refusal"
    assert "Merge, split, rename" in admin.get(f"/units/{cast.units['b']}").words


@pytest.mark.parametrize(
    "username", ["counselor", "unithead", "accountant", "inspector", "manager", "dpo"]
)
def test_only_administrators_change_units(cast, client_as, username):
    visitor = client_as(username)
    token = {"csrf_token": visitor.get("/account").form("/sign-out")["csrf_token"]}
    unit = f"/admin/units/{cast.units['a']}"
    for page in (NEW, f"{unit}/correct", f"{unit}/succession"):
        assert visitor.get(page).status == 403
        assert visitor.post(page, token).status == 403
    assert "New unit" not in visitor.get("/units").words


# Clusters

CLUSTERS = "/admin/clusters"


def make_cluster(visitor, cast, name="Ven biển", province="province"):
    """The address of a new cluster, or the page that refuses it."""
    address = f"{CLUSTERS}?province={cast.units[province]}"
    page = visitor.get(address)
    form = next(form for form in page.all("form", method="post")
                if (form.get("action") or "").startswith(CLUSTERS))  # fmt: skip
    hidden = {field.get("name"): field.get("value") for field in form.iter("input")}
    return visitor.post(address, {**hidden, "name": name})


def put_units_in(visitor, address, *units, **changes):
    """Tick units of a cluster's page."""
    fields = {"units": [str(unit) for unit in units], "from_on": DAY.isoformat(), **changes}
    return visitor.submit(address, f"{address}/units", **fields)


def end_of_first(visitor, address):
    """The address that takes the first unit out."""
    links = (a.get("href") or "" for a in visitor.get(address).all("a"))
    return next(link for link in links if link.endswith("/end"))


def memberships(app):
    with app.app_context():
        rows = db.session.query(ClusterMembership).order_by(ClusterMembership.from_on).all()
        return [(row.unit_id, row.from_on, row.until_on) for row in rows]


def test_a_cluster_is_made_filled_renamed_and_left(app, cast, client_as):
    admin, (a, b) = client_as("admin"), (cast.units["a"], cast.units["b"])
    address = make_cluster(admin, cast).location
    assert "No units in it yet" in admin.get(address).words
    assert put_units_in(admin, address, a, b).status == 303
    assert "Ven biển 2" in admin.get(f"{CLUSTERS}?province={cast.units['province']}").words
    assert "Ven biển" in client_as("counselor").get(f"/units/{a}").words
    assert admin.submit(address, address, name="Ven biển phía Đông").status == 303
    page = admin.get(address)
    assert page.h1 == "Ven biển phía Đông"
    assert "What it said earlier" in page.words
    end = end_of_first(admin, address)
    early = admin.submit(end, end, until_on="2026-08-31")
    assert early.status == 422 and "The last day is before the first." in early.words
    assert admin.submit(end, end, until_on="2026-09-30").status == 303
    assert set(memberships(app)) == {(a, DAY, date(2026, 9, 30)), (b, DAY, None)}
    with app.app_context():
        assert db.session.query(Revision).count() == 2
        actions = [row["action"] for row in audit._rows(db.session())]
    assert {"cluster.create", "cluster.rename", "cluster.put_in", "cluster.take_out"} <= set(
        actions
    )


@pytest.mark.parametrize(
    ("from_on", "until_on", "fits"),
    [
        ("2026-08-01", "2026-08-31", True),
        ("2026-08-01", "2026-09-01", False),
        ("2026-08-01", "", False),
        ("2026-09-10", "2026-09-11", False),
        ("2026-09-30", "", False),
        ("2026-10-01", "", True),
    ],
)
def test_a_unit_is_in_a_cluster_once_on_any_day(app, cast, client_as, from_on, until_on, fits):
    """It is in it from 1 to 30 September already."""
    admin, a = client_as("admin"), cast.units["a"]
    address = make_cluster(admin, cast).location
    put_units_in(admin, address, a, until_on="2026-09-30")
    units = (cast.units["b"], a)
    again = put_units_in(admin, address, *units, from_on=from_on, until_on=until_on)
    assert again.status == (303 if fits else 422)
    if not fits:
        assert "Phường Bạc Liêu is in this cluster already, from 01/09/2026." in again.words
    assert len(memberships(app)) == (3 if fits else 1), "all of them or none"
    other = make_cluster(admin, cast, name="Ngoại thành").location
    assert put_units_in(admin, other, a).status == 303, "other clusters are free"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": []}, "Units: Fill this in."),
        ({"from_on": ""}, "First day: Fill this in."),
        ({"from_on": "2025-06-30"}, "Phường Bạc Liêu does not exist on 30/06/2025."),
        ({"from_on": "2026-10-02", "until_on": "2026-10-01"}, "The last day is before the first."),
        ({"until_on": "soon"}, "Not a date."),
    ],
)
def test_units_that_can_t_be_put_in_are_refused(app, cast, client_as, changes, message):
    admin = client_as("admin")
    address = make_cluster(admin, cast).location
    refused = put_units_in(admin, address, cast.units["a"], **changes)
    assert refused.status == 422 and message in refused.words and memberships(app) == []


def test_units_of_another_province_are_not_offered(app, cast, client_as):
    admin = client_as("admin")
    address = make_cluster(admin, cast).location
    assert put_units_in(admin, address, cast.units["c"]).status == 422
    assert put_units_in(admin, address, cast.units["province"]).status == 422


def test_a_name_is_used_once_in_a_province(cast, client_as):
    admin = client_as("admin")
    address = make_cluster(admin, cast).location
    refused = make_cluster(admin, cast, name="ven bien")
    assert refused.status == 422
    assert "This province has a cluster Ven biển already." in refused.words
    assert make_cluster(admin, cast, name=" ").status == 422
    assert make_cluster(admin, cast, province="elsewhere").status == 303
    make_cluster(admin, cast, name="Nội ô")
    assert admin.submit(address, address, name="NỘI Ô").status == 422
    assert admin.submit(address, address, name="VEN BIỂN").status == 303


def test_what_is_over_is_not_ended_again(cast, client_as):
    admin = client_as("admin")
    address = make_cluster(admin, cast).location
    put_units_in(admin, address, cast.units["a"])
    end = end_of_first(admin, address)
    admin.submit(end, end, until_on="2026-09-30")
    again = admin.submit(end, end, until_on="2026-10-30")
    assert again.status == 422 and "has left this cluster already" in again.words


def test_clusters_belong_to_their_province_and_their_units_to_them(app, cast, client_as):
    give_administration(app, cast, "volunteer", "province")
    admin, own = client_as("admin"), client_as("volunteer")
    foreign = make_cluster(admin, cast, province="elsewhere").location
    put_units_in(admin, foreign, cast.units["c"])
    end = end_of_first(admin, foreign)
    token = {"csrf_token": own.get("/account").form("/sign-out")["csrf_token"]}
    for page in (foreign, end, f"{CLUSTERS}?province={cast.units['elsewhere']}"):
        assert own.get(page).status == 404
        assert own.post(page, token).status == 404
    assert own.post(f"{foreign}/units", token).status == 404
    address = make_cluster(own, cast).location
    assert own.get(end.replace(foreign, address)).status == 404
    assert client_as("unithead").get(CLUSTERS).status == 403
    assert client_as("dpo").get(address).status == 403
