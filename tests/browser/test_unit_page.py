"""A unit head reads the unit's page in a minute, and prints it on one sheet."""

import csv
import re
from datetime import date
from io import StringIO
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from casework.core.database import db
from casework.inspection.readmodel.models import PERSONAL, CriterionFigure, Figure
from casework.organisation.settings.operations import DATA
from tests.inspection.editions import publish

RATINGS = ("met", "not_met", "met", "partly", "met", "na", "met", "no_data")


def a_year_of_a_unit(cast) -> None:
    """Twelve months of unit a, judged by all 29 criteria."""
    text = (DATA / "criteria_v1.csv").read_text("utf-8")
    criteria = list(csv.DictReader(StringIO(text)))
    set_id, unit = uuid4(), cast.units["a"]
    for month in range(1, 13):
        edition = publish(cast.units["province"], f"2025-{month:02}")
        db.session.add_all(
            CriterionFigure(
                id=uuid4(), edition_id=edition.id, unit_id=unit, code=row["code"],
                position=position, text=row["text"], set_id=set_id, set_number=1, met=90,
                partly=70, from_on=date(2025, 1, 1), until_on=edition.until_on,
                numerator=position % 10 + month // 3, denominator=14, value=50,
                unit_of_value="sessions", rating=RATINGS[(position * 5 + month) % 8],
            )
            for position, row in enumerate(criteria)
        )  # fmt: skip
        for measure in PERSONAL:
            db.session.add(
                Figure(
                    id=uuid4(), edition_id=edition.id, unit_id=unit, level="unit",
                    measure=measure, unit_of_count=measure.unit_of_count,
                    from_on=edition.from_on, until_on=edition.until_on, is_personal=True,
                    shown="band", low=10, high=14,
                )
            )  # fmt: skip


def test_what_is_red_comes_first_and_says_what_to_do(
    screen, sign_in, cast, write, accessible, screenshot
):
    write(a_year_of_a_unit, cast)
    sign_in(screen, "unithead")
    screen.goto(f"/figures/{cast.units['a']}")
    first = screen.locator("main table").first
    expect(first.locator("caption")).to_have_text("Not met: look at these first")
    expect(first.locator("tbody tr").first).to_be_visible()
    # A phone shows what is red and what to do within a few screens; the rest is folded.
    assert screen.locator("main").bounding_box()["height"] < 6000
    accessible(screen)
    screenshot(screen, "unit-page")
    for fold in screen.locator("main details > summary").all():
        if fold.is_visible():
            fold.click()
    expect(screen.locator("svg.bars").first).to_be_visible()
    accessible(screen)
    screenshot(screen, "unit-page-unfolded")


@pytest.mark.parametrize("language", ["en", "vi"])
def test_it_is_printed_on_one_sheet(desktop, sign_in, cast, write, language, screenshot):
    write(a_year_of_a_unit, cast)
    sign_in(desktop, "unithead")
    desktop.context.add_cookies(
        [{"name": "casework_language", "value": language, "url": desktop.url}]
    )
    desktop.goto(f"/figures/{cast.units['a']}/print?period=2025-12")
    expect(desktop.locator("main table").first.locator("tbody tr")).to_have_count(29)
    paper = desktop.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    size = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert size
    assert [round(float(side)) for side in size.groups()] == [595, 842]
    desktop.emulate_media(media="print")
    screenshot(desktop, f"unit-sheet-{language}")
