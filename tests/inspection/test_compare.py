"""Units side by side: who sees which, in what order, and what leaves as a spreadsheet."""

import csv
from datetime import date
from io import BytesIO, StringIO
from uuid import UUID, uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select, update

from casework.authz.permissions import Role
from casework.core.audit import SYSTEM
from casework.core.database import db
from casework.core.workbooks import write_csv
from casework.inspection.comparison.rules import Change, Range, change_of, lower_end
from casework.inspection.readmodel.models import CriterionFigure, Edition, Figure, Rating
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.operations import give_role
from casework.organisation.units.models import Cluster, ClusterMembership, Unit
from tests.inspection.editions import judge, publish, tell_body, tell_cluster, tell_open
from tests.page import words

SET = uuid4()
SEPTEMBER = {
    # Vietnamese order: Đất Mũi stands before Năm Căn and after Bạc Liêu, of whatever letters.
    "Bạc Liêu": ("met", "met", "partly"),
    "Đất Mũi": ("not_met", "partly", "not_met"),
    "Khánh An": ("met", "not_met", "no_data"),
    "Năm Căn": ("met", "not_met", "met"),
}
AUGUST = {
    "Bạc Liêu": ("met", "partly", "met"),
    "Đất Mũi": ("na", "not_met", "not_met"),
    "Năm Căn": ("met", "not_met", "met"),
}
OPEN = {"Bạc Liêu": (5, 9), "Đất Mũi": (5, None), "Khánh An": (None, None), "Năm Căn": (12, 12)}


@pytest.fixture(autouse=True)
def _october():
    """Everything is looked at on 15 October 2026."""
    with time_machine.travel("2026-10-15 03:00:00+00:00", tick=False):
        yield


def add_unit(cast, name: str, until: date | None = None) -> UUID:
    """One more commune of the province."""
    unit = Unit(
        code=name[:3],
        name=name,
        kind="commune",
        valid_from=date(2025, 7, 1),
        valid_until=until,
        province_id=cast.units["province"],
        is_province=False,
        source="test",
    )
    db.session.add(unit)
    db.session.flush()
    return unit.id


@pytest.fixture
def ids(app, cast):
    """August and September 2026 of four units, one of which is no more; and of a unit elsewhere."""
    with app.app_context():
        found = {
            "Bạc Liêu": cast.units["a"],
            "Đất Mũi": add_unit(cast, "Đất Mũi"),
            "Khánh An": add_unit(cast, "Khánh An", date(2026, 10, 1)),
            "Năm Căn": cast.units["b"],
        }
        for period, ratings in (("2026-08", AUGUST), ("2026-09", SEPTEMBER)):
            edition = publish(cast.units["province"], period)
            for name, judged in ratings.items():
                codes = dict(zip(("A1", "B1", "E2"), judged, strict=True))
                judge(edition, found[name], codes, SET)
                tell_open(edition, found[name], *OPEN[name])
        # Whatever the read model holds of what is not printed.
        hidden = update(Figure).where(Figure.shown == "none")
        db.session.execute(hidden.values(low=333, high=334))
        tell_body(edition, found["Bạc Liêu"], "club")
        tell_body(edition, found["Đất Mũi"], "volunteer_team")
        tell_body(edition, found["Năm Căn"], "club", 0)
        cluster = Cluster(province_id=cast.units["province"], name="Cụm Biển")
        db.session.add(cluster)
        db.session.flush()
        found["cluster"] = cluster.id
        for name, until in (("Đất Mũi", None), ("Năm Căn", date(2026, 8, 31))):
            db.session.add(
                ClusterMembership(
                    cluster_id=cluster.id,
                    unit_id=found[name],
                    from_on=date(2025, 7, 1),
                    until_on=until,
                )
            )
        far = publish(cast.units["elsewhere"], "2026-09")
        judge(far, cast.units["c"], {"A1": "not_met", "B1": "met", "E2": "met"}, SET)
        db.session.commit()
        return found


def names(page) -> list[str]:
    """The units of the table, from the top."""
    rows = page.one("tbody", id="units").findall("tr")
    return [words(row.find("th")).split(" ", 1)[1] for row in rows]


def cells(page, place: int) -> list[str]:
    """What a row says of its criteria."""
    row = page.one("tbody", id="units").findall("tr")[place]
    return [words(said) for said in row.iter("span")]


@pytest.mark.parametrize("who", ["inspector", "manager"])
def test_whoever_reaches_a_province_sees_its_units_and_no_others(client_as, ids, who):
    page = client_as(who).get("/figures/compare")
    assert names(page) == list(SEPTEMBER)
    assert "Long Xuyên" not in page.text
    assert cells(page, 1) == ["Not met", "Partly met", "Not met"]
    assert "Tiêu chí B1" in page.words
    assert "4 units as of the end of 09/2026." in page.words
    assert page.all("a", href="/figures/compare", aria_current="page")


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("who", ["counselor", "unithead", "coordinator"])
def test_who_reaches_one_unit_is_shown_that_one(client_as, who):
    visitor = client_as(who)
    page = visitor.get("/figures/compare")
    assert (page.status, page.location) == (303, "/figures")
    for address in ("/figures/compare/excel", "/figures/compare/csv"):
        assert visitor.get(address).location == "/figures/compare"
    assert "Compare units" not in visitor.follow(visitor.get("/figures")).words


@pytest.mark.parametrize("who", ["volunteer", "admin", "dpo"])
@pytest.mark.parametrize("address", ["", "/excel", "/csv"])
def test_others_may_not(client_as, who, address):
    assert client_as(who).get(f"/figures/compare{address}").status == 403


def test_an_inspector_of_elsewhere_sees_only_that(client_as, ids, cast):
    visitor = client_as("inspector-elsewhere")
    for province in ("", f"?province={cast.units['province']}"):
        page = visitor.get(f"/figures/compare{province}")
        assert names(page) == ["Long Xuyên"]
        assert not [name for name in SEPTEMBER if name in page.text]


def test_who_reaches_the_country_chooses_a_province(client_as, app, ids, cast):
    with app.app_context():
        manager = db.session.get_one(Account, cast.accounts["manager"])
        give_role(manager, Role.MANAGER, None, by=SYSTEM, on=date(2026, 1, 1))
        db.session.commit()
    visitor = client_as("manager")
    assert names(visitor.get("/figures/compare")) == ["Long Xuyên"]  # An Giang is the first
    page = visitor.get(f"/figures/compare?province={cast.units['province']}&people=1")
    assert names(page) == list(SEPTEMBER)
    # Links and the form stay in the province.
    links = [a.get("href") for a in page.all("a") if "sort=B1" in (a.get("href") or "")]
    assert names(visitor.get(links[0]))[0] == "Khánh An"
    field = page.one("input", name="province")
    assert field.get("value") == str(cast.units["province"])


def test_who_has_two_units_compares_those_two(client_as, app, ids, cast):
    with app.app_context():
        head = db.session.get_one(Account, cast.accounts["unithead"])
        give_role(head, Role.UNIT_HEAD, ids["Năm Căn"], by=SYSTEM, on=date(2026, 1, 1))
        db.session.commit()
    page = client_as("unithead").get("/figures/compare")
    assert names(page) == ["Bạc Liêu", "Năm Căn"]
    assert "Đất Mũi" not in page.text


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=name", ["Bạc Liêu", "Đất Mũi", "Khánh An", "Năm Căn"]),
        ("sort=not_met", ["Đất Mũi", "Khánh An", "Năm Căn", "Bạc Liêu"]),
        ("sort=B1", ["Khánh An", "Năm Căn", "Đất Mũi", "Bạc Liêu"]),
        # 5–9 and "5 or more" are tied: by name. What is not printed comes last.
        ("sort=open", ["Năm Căn", "Bạc Liêu", "Đất Mũi", "Khánh An"]),
        ("sort=contacts", ["Bạc Liêu", "Đất Mũi", "Khánh An", "Năm Căn"]),
        ("sort=nonsense", ["Bạc Liêu", "Đất Mũi", "Khánh An", "Năm Căn"]),
        ("body=club", ["Bạc Liêu"]),
        ("body=volunteer_team", ["Đất Mũi"]),
        ("body=support_point", []),
        ("body=%00x", ["Bạc Liêu", "Đất Mũi", "Khánh An", "Năm Căn"]),
        ("not_met=1", ["Đất Mũi", "Khánh An", "Năm Căn"]),
        ("period=2026-08", ["Bạc Liêu", "Đất Mũi", "Năm Căn"]),
        ("period=9999-99&other=%00&cluster=x&province=y", list(SEPTEMBER)),
    ],
)
def test_order_and_filters(client_as, query, expected):
    page = client_as("inspector").get(f"/figures/compare?{query}")
    assert names(page) == expected if expected else "No unit fits this choice." in page.words


def test_a_cluster_is_that_of_the_period(client_as, ids):
    visitor, cluster = client_as("manager"), ids["cluster"]
    assert names(visitor.get(f"/figures/compare?cluster={cluster}")) == ["Đất Mũi"]
    earlier = visitor.get(f"/figures/compare?cluster={cluster}&period=2026-08")
    assert names(earlier) == ["Đất Mũi", "Năm Căn"]


@pytest.fixture
def cluster(app, cast, ids):
    """What is printed of the cluster: in July, with who was in it then, in September and before."""
    inside = [ids["Đất Mũi"], ids["Năm Căn"], ids["Bạc Liêu"]]
    with app.app_context():
        for period, units, count, new in (
            ("2025-11", (), 61, None),
            ("2025-12", (), 52, 77),
            ("2026-07", inside, 43, None),
        ):
            edition = publish(cast.units["province"], period)
            tell_cluster(edition, ids["cluster"], units, count, new)
        query = select(Edition).filter_by(province_id=cast.units["province"], period="2026-09")
        tell_cluster(db.session.scalars(query).one(), ids["cluster"], (), 41)
        db.session.commit()
    return ids["cluster"]


@pytest.mark.parametrize("who", ["inspector", "manager"])
def test_a_clusters_total_stands_above_its_units(client_as, cluster, who):
    visitor = client_as(who)
    page = visitor.get(f"/figures/compare?cluster={cluster}&people=1")
    row = page.one("tr", id="cluster-total")
    assert words(row).split() == ["The", "whole", "cluster", "41"]
    (address,) = [a.get("href") for a in row.iter("a")]
    assert "41 persons" in visitor.get(address).words
    for query in ("people=1", f"cluster={cluster}"):
        assert not visitor.get(f"/figures/compare?{query}").all("tr", id="cluster-total")
    # Numbers as they are printed stand on the page alone: spreadsheets are of units.
    lines = lines_of(visitor.get(f"/figures/compare/csv?cluster={cluster}&people=1"))
    assert not [line for line in lines if "41" in line]


def test_a_clusters_page_tells_what_is_printed_and_of_whom(client_as, cluster, ids):
    visitor = client_as("inspector")
    (heading,) = [h for h in visitor.get("/figures/compare").all("h3") if "Cụm" in words(h)]
    (address,) = [a.get("href") for a in heading.iter("a")]
    page = visitor.get(address)
    assert "Cụm Biển" in page.words and "As of the end of 09/2026" in page.words
    assert "Open cases 41 persons on 30/09/2026" in page.words
    assert "Closed cases not published" in page.words
    assert "The year 2025 New cases 77 persons" in page.words
    units = [a.get("href") for a in page.all("a") if "/figures/" in (a.get("href") or "")]
    for name in ("Đất Mũi", "Năm Căn", "Bạc Liêu"):
        assert f"/figures/{ids[name]}?period=2026-09" in units
    assert "Khánh An" not in page.text
    earlier = visitor.get(f"/figures/compare/clusters/{cluster}?period=2026-07")
    assert "Open cases 43 persons on 31/07/2026" in earlier.words
    assert (
        "The year 2025"
        not in visitor.get(f"/figures/compare/clusters/{cluster}?period=2025-11").words
    )


def test_a_cluster_without_totals_says_why(client_as, cluster):
    page = client_as("manager").get(f"/figures/compare/clusters/{cluster}?period=2025-12")
    assert "at least three units" in page.words
    assert "52" not in page.words


@pytest.mark.parametrize(
    ("who", "status"),
    [("unithead", 404), ("coordinator", 404), ("counselor", 404), ("inspector-elsewhere", 404),
     ("volunteer", 403), ("admin", 403), ("dpo", 403)],
)  # fmt: skip
def test_a_clusters_page_is_for_who_reaches_its_province(client_as, cluster, who, status):
    assert client_as(who).get(f"/figures/compare/clusters/{cluster}").status == status
    assert client_as("inspector").get(f"/figures/compare/clusters/{uuid4()}").status == 404


def test_who_has_two_units_sees_no_total_of_others(client_as, app, cast, cluster, ids):
    with app.app_context():
        head = db.session.get_one(Account, cast.accounts["unithead"])
        give_role(head, Role.UNIT_HEAD, ids["Đất Mũi"], by=SYSTEM, on=date(2026, 1, 1))
        db.session.commit()
    visitor = client_as("unithead")
    page = visitor.get(f"/figures/compare?cluster={cluster}&people=1")
    assert names(page) == ["Đất Mũi"]
    assert not page.all("tr", id="cluster-total")
    assert "clusters/" not in page.text
    assert visitor.get(f"/figures/compare/clusters/{cluster}").status == 404


@pytest.mark.usefixtures("ids")
def test_two_periods_stand_side_by_side(client_as):
    page = client_as("inspector").get("/figures/compare?other=2026-08")
    assert cells(page, 0) == [
        "Met; other period: Met (the same)",
        "Met; other period: Partly met (better)",
        "Partly met; other period: Met (worse)",
    ]
    assert cells(page, 1)[0] == "Not met; other period: Does not apply (not comparable)"
    assert cells(page, 2)[0] == "Met; other period: not judged (not comparable)"
    same = client_as("inspector").get("/figures/compare?other=2026-09")
    assert cells(same, 0)[0] == "Met"


@pytest.mark.usefixtures("ids")
def test_it_says_by_which_versions_was_judged(client_as, app):
    with app.app_context():
        august = select(Edition.id).where(Edition.period == "2026-08")
        of_august = CriterionFigure.edition_id.in_(august)
        db.session.execute(update(CriterionFigure).where(of_august).values(set_number=7))
        db.session.commit()
    words = client_as("inspector").get("/figures/compare?other=2026-08").words
    assert "Judged by version 1 of the checklist. 08/2026 by version 7." in words
    assert "version 7" not in client_as("inspector").get("/figures/compare").words


@pytest.mark.usefixtures("ids")
def test_totals_are_of_what_is_shown(client_as):
    def totals(query):
        told = client_as("inspector").get(f"/figures/compare?{query}").one("tbody", id="totals")
        return [[words(cell) for cell in row] for row in told.findall("tr")]

    assert totals("") == [
        ["Met", "", "3", "1", "1"],
        ["Partly met", "", "", "1", "1"],
        ["Not met", "", "1", "2", "1"],
        ["Not enough data", "", "", "", "1"],
    ]
    assert totals("body=club") == [["Met", "", "1", "1", ""], ["Partly met", "", "", "", "1"]]
    assert totals("body=club&other=2026-08")[2:] == [
        ["better", "", "", "1", ""],
        ["worse", "", "", "", "1"],
        ["the same", "", "1", "", ""],
    ]


@pytest.mark.usefixtures("ids")
def test_persons_are_shown_as_printed(client_as):
    page = client_as("inspector").get("/figures/compare?people=1&sort=open")
    rows = [words(row) for row in page.one("tbody", id="units").findall("tr")]
    assert " 12 " in rows[0]
    assert " 5–9 " in rows[1]
    assert " 5 or more " in rows[2]
    assert " not shown " in rows[3]
    assert "nobody can be recognised" in page.words
    plain = client_as("inspector").get("/figures/compare")
    assert not [cell for cell in plain.all("th") if "Open cases" in words(cell)]


@pytest.mark.usefixtures("ids")
def test_a_tile_for_each_unit_says_how_it_stands(client_as):
    page = client_as("inspector").get("/figures/compare")
    tiles = [words(tile) for tile in page.all("a", class_="tile")]
    assert tiles == [
        "✕2not met: 2, partly: 1 Đất Mũi",  # first the units of the cluster
        "◐1not met: 0, partly: 1 Bạc Liêu",
        "✕1not met: 1, partly: 0 Khánh An",
        "✕1not met: 1, partly: 0 Năm Căn",
    ]


def lines_of(page) -> list[list[str]]:
    assert page.response.get_data().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(page.response.get_data().decode("utf-8-sig"))))


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    "query", ["", "sort=B1&not_met=1", "other=2026-08&people=1&sort=open", "period=2026-08"]
)
def test_both_spreadsheets_hold_what_is_shown(client_as, query):
    visitor = client_as("inspector")
    page = visitor.get(f"/figures/compare?{query}")
    lines = lines_of(visitor.get(f"/figures/compare/csv?{query}"))
    units = [line[1].split(" ", 1)[1] for line in lines[1:] if line[0]]
    assert units == names(page)
    width = 3 if "other" in query else 1
    start = 3 + (2 if "people" in query else 0)
    for place, line in enumerate(lines[1 : 1 + len(units)]):
        ratings = line[start::width]
        assert ratings == [said.split(";")[0] for said in cells(page, place)]
    workbook = visitor.client.get(f"/figures/compare/excel?{query}")
    sheet = load_workbook(BytesIO(workbook.data)).active
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    head = next(place for place, row in enumerate(rows) if row[:2] == lines[0][:2])
    for line, row in zip(lines, rows[head:], strict=False):
        assert row[: len(line)] == line
    assert ["B1", "Tiêu chí B1"] in [row[:2] for row in rows[head + len(lines) :]]


@pytest.mark.usefixtures("ids")
def test_spreadsheets_hold_both_ends_and_nothing_that_is_not_printed(client_as):
    lines = lines_of(client_as("manager").get("/figures/compare/csv?people=1"))
    assert [line[3:5] for line in lines[1:5]] == [["5", "9"], ["5", ""], ["", ""], ["12", "12"]]
    assert "333" not in client_as("manager").get("/figures/compare?people=1").told


def test_a_text_is_never_a_formula():
    content = write_csv(["=A1"], [["+84", "@x", " =1", "\t-1", "–", 5, None, "x"]])
    assert list(csv.reader(StringIO(content.decode("utf-8-sig")))) == [
        ["'=A1"],
        ["'+84", "'@x", "' =1", "'\t-1", "–", "5", "", "x"],
    ]


def test_nothing_published_is_said_plainly(client_as):
    visitor = client_as("inspector")
    assert "Nothing is published yet" in visitor.get("/figures/compare").words
    assert visitor.get("/figures/compare/excel").location == "/figures/compare"


def test_an_edition_without_criteria_says_so(client_as, app, cast):
    with app.app_context():
        publish(cast.units["province"], "2026-09")
        db.session.commit()
    assert "No criteria were judged" in client_as("inspector").get("/figures/compare").words


@pytest.mark.usefixtures("ids")
def test_it_asks_no_more_for_more_units(client_as, app, cast):
    visitor = client_as("inspector")
    query = "/figures/compare?people=1&other=2026-08"
    asked = len(visitor.get(query).statements)
    with app.app_context():
        edition = publish(cast.units["province"], "2026-07")
        for number in range(30):
            judge(edition, add_unit(cast, f"{number:03}"), {"A1": "met"}, SET)
        db.session.commit()
    page = visitor.get("/figures/compare?people=1&other=2026-08&period=2026-07")
    assert len(names(page)) == 30
    assert len(page.statements) <= asked <= 12


@given(st.sampled_from([*Rating, None]), st.sampled_from([*Rating, None]))
def test_better_one_way_is_worse_the_other(now, then):
    mirrored = {Change.BETTER: Change.WORSE, Change.WORSE: Change.BETTER}
    change = change_of(now, then)
    assert change_of(then, now) == mirrored.get(change, change)


@given(st.integers(0, 500), st.integers(0, 500) | st.none())
def test_order_knows_the_lower_end_alone(low, more):
    band = Range("band", low, None if more is None else low + more)
    assert lower_end(band) == lower_end(Range("exact", low, low)) == low
    assert lower_end(Range("none", low, low)) < 0
