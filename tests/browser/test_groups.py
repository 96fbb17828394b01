"""A session of twelve on a phone: taps and seconds; without a script; without a signal."""

import re
import time
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from casework.confidential.groups.models import Attendance, GroupSession
from casework.core.clock import today
from casework.core.database import db
from tests.browser.hand import Hand

MEMBERS = [f"{word} {number}" for number in range(1, 7) for word in ("Sen", "Trúc")]
SECONDS = 30
SESSION = re.compile(r"/sessions/[0-9a-f-]{36}$")


def set_up(page: Page) -> str:
    """A group of twelve that is due today. Returns its address."""
    on = today()
    page.goto("/groups/new")
    page.locator("[name=name]").fill("Nhóm Hoa Súng")
    page.locator("[name=week]").select_option(str(min((on.day - 1) // 7 + 1, 5)))
    page.locator("[name=weekday]").select_option(str(on.weekday()))
    page.locator("[name=active_from]").fill((on - timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Set up the group").click()
    page.wait_for_url("**/members")
    page.locator("[name=names]").fill("\n".join(MEMBERS))
    page.get_by_role("button", name="Add all").click()
    expect(page.get_by_text("Members: 12")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page.url.removesuffix("/members")


def came(app: Flask) -> list[bool]:
    with app.app_context():
        return list(db.session.scalars(select(Attendance.was_present)))


def test_twelve_in_three_taps_on_a_phone(phone, sign_in, app, accessible, screenshot):
    sign_in(phone, "counselor")
    set_up(phone)
    phone.goto("/")
    accessible(phone)
    screenshot(phone, "today")
    hand, begun = Hand(phone), time.perf_counter()
    hand.go("Log a session")
    expect(phone.locator("main input[type=checkbox]:checked")).to_have_count(12)
    hand.tap(phone.locator("main label").get_by_text("Sen 1", exact=True))
    hand.press("Save the session")
    phone.wait_for_url(SESSION)
    seconds = time.perf_counter() - begun
    assert hand.taps == 3 and seconds < SECONDS, (hand.taps, seconds)
    assert sorted(came(app)) == [False] + [True] * 11
    accessible(phone)
    screenshot(phone, "session")


def test_one_tap_for_all_is_kept_as_a_draft(phone, sign_in):
    """A tick that a button sets is typed text like any other: the draft must hold it."""
    sign_in(phone, "counselor")
    set_up(phone)
    phone.goto("/")
    phone.get_by_role("link", name="Log a session").first.click()
    expect(phone.locator("main input[type=checkbox]:checked")).to_have_count(12)
    phone.get_by_role("button", name="None", exact=True).click()
    expect(phone.locator(".draft-line")).to_have_text(re.compile(r"Draft saved \d\d:\d\d"))
    phone.goto(phone.url)
    phone.get_by_role("link", name="Use it").click()
    expect(phone.get_by_role("button", name="Save the session")).to_be_visible()
    expect(phone.locator("main input[type=checkbox]:checked")).to_have_count(0)


@pytest.mark.parametrize("address", ["", "/year", "/schedule", "/members", "/attendance"])
def test_pages_of_a_group_fit(screen, sign_in, accessible, screenshot, address):
    sign_in(screen, "counselor")
    group = set_up(screen)
    screen.goto(group + address)
    screen.wait_for_load_state("networkidle")
    accessible(screen)
    screenshot(screen, f"group{address.replace('/', '-')}")


def test_without_a_script(open_page, sign_in, app):
    page = open_page({"width": 360, "height": 740}, javascript=False)
    sign_in(page, "counselor")
    page.goto(set_up(page))  # on a public holiday nothing is due today
    page.wait_for_load_state("networkidle")
    hand = Hand(page)
    hand.go("Log a session")
    page.locator("[name=walk_ins]").fill("Mai Văn Mới")
    hand.press("Save the session")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Session of")
    assert came(app) == [True] * 13


def test_a_lost_signal_loses_no_tick(phone, sign_in, app, complaints):
    sign_in(phone, "counselor")
    group = set_up(phone)
    phone.goto(f"{group}/sessions/new")
    hand = Hand(phone)
    hand.tap(phone.locator("main label").get_by_text("Trúc 2", exact=True))
    phone.locator("[name=note]").fill("Nói về việc làm.")
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    phone.wait_for_load_state("networkidle")  # no font is cut off half-way
    phone.context.set_offline(True)
    hand.tap(phone.get_by_role("button", name="Save the session"))
    phone.wait_for_timeout(500)
    phone.context.set_offline(False)
    if "/sessions/new" not in phone.url:  # the browser's own page for a lost signal
        phone.go_back()
    expect(phone.locator("[name=note]")).to_have_value("Nói về việc làm.")
    expect(phone.locator("main input[type=checkbox]:checked")).to_have_count(11)
    hand.press("Save the session")
    phone.wait_for_url(SESSION)
    with app.app_context():
        assert db.session.scalars(select(GroupSession.visitors)).all() == [0]
    assert sorted(came(app)) == [False] + [True] * 11
