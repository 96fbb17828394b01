"""An inspector puts the units of a whole province side by side, on a desk and on a phone."""

import csv
import re
from datetime import date
from io import StringIO
from random import Random
from uuid import uuid4

from playwright.sync_api import expect

from casework.core.database import db
from casework.organisation.settings.operations import DATA as CHECKLIST
from casework.organisation.units.models import Cluster, ClusterMembership, Unit
from casework.organisation.units.operations import DATA
from tests.browser.conftest import PHONE
from tests.browser.hand import Hand
from tests.inspection.editions import judge, publish, tell_body, tell_open

RATINGS = ("met",) * 6 + ("partly",) * 2 + ("not_met",) * 2 + ("na", "no_data")


def a_whole_province(cast) -> None:
    """The units of Cà Mau in their clusters, judged by the whole checklist in two months."""
    chance, province = Random(1), cast.units["province"]
    criteria = {row["code"]: row["text"] for row in rows(CHECKLIST / "criteria_v1.csv")}
    inside = {
        row["unit_code"]: row["cluster"]
        for row in rows(DATA / "clusters.csv")
        if row["province_code"] == "96"
    }
    clusters = {name: Cluster(province_id=province, name=name) for name in set(inside.values())}
    db.session.add_all(clusters.values())
    units = {}
    for row in rows(DATA / "units.csv"):
        if row["code"] in inside and not row["valid_until"]:
            units[row["code"]] = Unit(
                code=f"c{row['code']}",  # two of them are of the cast, and not judged
                name=row["name"],
                kind=row["kind"],
                valid_from=date(2025, 7, 1),
                province_id=province,
                is_province=False,
                source="test",
            )
    db.session.add_all(units.values())
    db.session.flush()
    db.session.add_all(
        ClusterMembership(
            cluster_id=clusters[inside[code]].id, unit_id=unit.id, from_on=date(2025, 7, 1)
        )
        for code, unit in units.items()
    )
    set_id = uuid4()
    for period in ("2026-08", "2026-09"):
        edition = publish(province, period)
        for unit in units.values():
            ratings = {code: chance.choice(RATINGS) for code in criteria}
            judge(edition, unit.id, ratings, set_id, criteria)
            tell_body(edition, unit.id, chance.choice(("club", "volunteer_team")))
            low = 5 * chance.randrange(4)
            tell_open(edition, unit.id, low, low + 4)


def rows(path) -> list[dict[str, str]]:
    """The lines of a file of the program's own data."""
    return list(csv.DictReader(StringIO(path.read_text("utf-8"))))


def test_a_whole_province_is_compared(screen, sign_in, cast, write, accessible, screenshot):
    write(a_whole_province, cast)
    sign_in(screen, "inspector")
    hand = Hand(screen)
    hand.menu("Compare units")
    heat = screen.locator("table.heat")
    expect(heat.locator("#units tr")).to_have_count(64)
    accessible(screen)
    screenshot(screen, "compare")

    # htmx replaces the table; the address can be passed on.
    hand.choose("Units with", "Club")
    expect(heat.locator("#units tr")).not_to_have_count(64)
    hand.choose("Beside", "08/2026")
    hand.choose("Order", "most criteria not met")
    hand.tick("numbers of persons too")
    expect(screen).to_have_url(re.compile(r"sort=not_met.*people=1"))
    expect(heat.locator("#totals")).to_contain_text("better")
    accessible(screen)
    screenshot(screen, "compare-two-periods")
    lines = hand.save("Save as CSV").decode("utf-8-sig").splitlines()
    assert len(lines) > heat.locator("#units tr").count()

    # The first column and the head stay while the rest moves.
    name = heat.locator("#units th").nth(9)
    before = name.bounding_box()
    heat.evaluate("table => { table.parentElement.scrollLeft = 400 }")
    assert name.bounding_box() == before
    if screen.viewport_size != PHONE:
        screenshot(screen, "compare-scrolled")


def test_it_needs_no_scripts(open_page, sign_in, cast, write):
    write(a_whole_province, cast)
    page = open_page(PHONE, javascript=False)
    sign_in(page, "manager")
    page.goto("/figures/compare")
    hand = Hand(page)
    hand.choose("Order", "most criteria not met")
    hand.press("Show")
    counts = [int(text) for text in page.locator("#units .heat-count").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    assert counts[0]
