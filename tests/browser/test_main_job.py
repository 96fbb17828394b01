"""The main job from start to end: a case, a contact, a session of twelve, published figures, and a
unit head who reads them and can reach no name.
"""

import html
import re
import time
from datetime import date, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from casework.anonymisation.publish import publish_periods
from casework.core.audit import SYSTEM
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.units.models import Unit
from tests.cast import Cast
from tests.conftest import DATABASES, Program

NAME = "Đào Thị Ngọc Ánh"
MEMBERS = [f"{word} {number}" for number in range(1, 7) for word in ("Sen", "Trúc")]


@pytest.fixture(params=DATABASES)
def program(request: pytest.FixtureRequest) -> Program:
    """On SQLite and on PostgreSQL."""
    found: Program = request.getfixturevalue(f"{request.param}_program")
    found.reset()
    return found


def last_month() -> date:
    """The tenth day of the month before this one: its figures can be published today."""
    return (today().replace(day=1) - timedelta(days=1)).replace(day=10)


def take_in(page: Page, day: date) -> None:
    """Fill the intake form like a counselor."""
    page.get_by_role("link", name="Take a person in").first.click()
    page.get_by_label("Name", exact=False).first.fill(NAME)
    page.get_by_label("Sex").select_option("female")
    page.get_by_label("Born").fill("1990")
    page.get_by_label("Group").select_option("A")
    page.get_by_label("Came through").select_option("self")
    page.get_by_label("Taken in on").fill(day.isoformat())
    page.locator("label[for=consent_record-0]").click()
    page.locator("label[for=consent_anonymous_statistics-0]").click()
    page.get_by_label("Consent given how").select_option("signed")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\w{3}-\w{3}$"))


def set_up_group(page: Page, day: date) -> None:
    """A group of twelve, added at once."""
    page.goto("/groups/new")
    page.locator("[name=name]").fill("Nhóm Hoa Súng")
    page.locator("[name=active_from]").fill(day.isoformat())
    page.get_by_role("button", name="Set up the group").click()
    page.wait_for_url(re.compile(r"/groups/[0-9a-f-]{36}/members$"))
    page.locator("[name=names]").fill("\n".join(MEMBERS))
    page.locator("[name=joined_on]").fill(day.isoformat())
    page.get_by_role("button", name="Add all").click()
    expect(page.get_by_text("Members: 12")).to_be_visible()


def publish(app: Flask, cast: Cast, day: date) -> None:
    """What the manager's command does."""
    with app.app_context():
        province = db.session.get_one(Unit, cast.units["province"])
        publish_periods(province, [f"{day:%Y-%m}"], by=SYSTEM)


def reachable(page: Page) -> set[str]:
    """Every page of this program that the current account can go to by links, and their
    addresses.
    """
    waiting, seen = {"/figures", "/overview", "/account", "/units", "/roles"}, set[str]()
    while waiting and len(seen) < 150:
        address = waiting.pop()
        seen.add(address)
        answer = page.request.get(address)
        # Workbooks and papers are opened in tests/rules/test_reads.py.
        text = answer.text() if "text/html" in answer.headers["content-type"] else ""
        assert NAME not in text
        assert "Sen 1" not in text
        links = {html.unescape(link) for link in re.findall(r'href="(/[^"#]*)', text)}
        # One unit stands for the 3,000 that the list of units may hold.
        waiting |= {link for link in links if not link.startswith("/units")} - seen
    return seen


def test_from_the_first_contact_to_the_unit_heads_page(
    screen: Page, open_page, sign_in, app, cast, accessible, screenshot, complaints
):
    day = last_month()
    sign_in(screen, "counselor")
    take_in(screen, day)
    accessible(screen)
    case = screen.url

    begun = time.perf_counter()
    screen.get_by_role("link", name="Log a contact").first.click()
    screen.get_by_text("at home", exact=True).click()
    screen.locator("[name=on]").fill(day.isoformat())
    screen.get_by_label("Note", exact=False).first.fill("Đã gặp, chị khỏe.")
    screen.get_by_role("button", name="Save").click()
    expect(screen.get_by_text("Đã gặp, chị khỏe.")).to_be_visible()
    assert time.perf_counter() - begun < 30
    assert screen.url == case
    screenshot(screen, "case")

    set_up_group(screen, day)
    screen.goto(screen.url.split("/members")[0] + "/sessions/new")
    screen.locator("[name=on]").fill((day + timedelta(days=3)).isoformat())
    expect(screen.locator("main input[type=checkbox]:checked")).to_have_count(12)
    accessible(screen)
    screenshot(screen, "group-session")
    screen.get_by_role("button", name="Save the session").click()
    screen.wait_for_load_state()
    expect(screen.locator("main")).to_contain_text("12")

    publish(app, cast, day)
    head = open_page(screen.viewport_size)
    sign_in(head, "unithead")
    head.goto("/figures")
    head.get_by_text("All numbers of persons").click()
    expect(head.get_by_text("under 5").locator("visible=true").first).to_be_visible()
    expect(head.get_by_role("heading", level=1)).to_have_text("Phường Bạc Liêu")
    accessible(head)
    screenshot(head, "unit-view")
    assert len(reachable(head)) >= 5
    complaints.expect(case)
    assert head.goto(case).status in (403, 404)
    assert NAME not in head.content()
