"""Eleven areas assessed on a phone in fewer than two minutes, again months later, and looked at."""

import time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.conftest import PHONE
from tests.browser.hand import Hand
from tests.browser.test_casework import take_in

AREAS = 11
MOST_TAPS, MOST_SECONDS = 13, 120


def choose(page: Page, levels: list[int], hand: Hand | None = None) -> None:
    """A level in every area, top to bottom."""
    areas = page.locator("fieldset.picked")
    expect(areas).to_have_count(AREAS)
    for number, area in enumerate(areas.all()):
        pill = area.locator(".picks label").nth(levels[number % len(levels)])
        if hand:
            hand.tap(pill)
        else:
            pill.click()


def test_needs_are_assessed_twice_and_their_change_is_seen(
    screen: Page, sign_in, accessible, screenshot, record_testsuite_property
):
    sign_in(screen, "counselor")
    case = take_in(screen)
    begun, hand = time.perf_counter(), Hand(screen)
    screen.goto(case + "/assessments/new")
    expect(screen.locator("fieldset.picked")).to_have_count(AREAS)
    accessible(screen)
    choose(screen, [3, 0, 2, 1], hand)
    hand.press("Save")
    expect(screen.get_by_text("The assessment is saved.")).to_be_visible()
    seconds = time.perf_counter() - begun
    assert hand.taps <= MOST_TAPS
    assert seconds < MOST_SECONDS
    if screen.viewport_size == PHONE:
        told = f"{hand.taps} taps, {seconds:.1f} s"
        record_testsuite_property("assessing eleven areas on a phone", told)

    screen.goto(case + "/assessments")
    screen.get_by_role("link", name="Read and correct").click()
    screen.locator("[name=on]").fill((today() - timedelta(days=20)).isoformat())
    screen.get_by_role("button", name="Save").click()
    screen.get_by_role("link", name="Assess the needs").click()
    expect(screen.get_by_text("Last time: pressing need").first).to_be_visible()
    screenshot(screen, "assessment-form")
    screen.get_by_role("link", name="Begin as last time").click()
    expect(screen.locator("fieldset.picked input:checked")).to_have_count(AREAS)
    choose(screen, [1, 0, 2, 2])
    screen.locator("label[for=is_urgent]").click()
    safety = screen.locator("fieldset.picked").last
    safety.locator(".picks label").nth(3).click()
    safety.locator("summary").click()
    safety.locator("textarea").fill("Có người đến tìm.")
    screen.get_by_role("button", name="Save").click()
    expect(screen.get_by_role("heading", name="Urgent: safety")).to_be_visible()
    screenshot(screen, "case-urgent")
    screen.goto(case + "/assessments")
    expect(screen.locator("svg.levels")).to_have_count(AREAS)
    expect(screen.get_by_text("Có người đến tìm.")).to_be_visible()
    accessible(screen)
    screenshot(screen, "assessments")


@pytest.mark.parametrize("viewport", [PHONE], ids=["phone"])
def test_without_a_script(open_page, sign_in, viewport):
    page = open_page(viewport, javascript=False)
    sign_in(page, "counselor")
    case = take_in(page)
    page.goto(case + "/assessments/new")
    choose(page, [1])
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    page.goto(case + "/assessments")
    expect(page.get_by_text("little need").first).to_be_visible()
