"""A month is closed: the unit head signs on a phone, the manager tries and publishes at a desk."""

import re
from datetime import date
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from casework.anonymisation import runs
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.organisation.settings.models import SettingValue
from tests.anonymisation.records import add_case, add_contact, add_group, add_meeting, add_session
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.hand import Hand

LAST = add_months(today().replace(day=1), -1)
MONTH = f"{LAST:%m/%Y}"
PATIENCE = 60_000


def a_month_of_work(cast) -> None:
    """Last month in two units; it closes the day after."""
    for key in ("a", "b"):
        unit = cast.units[key]
        group = add_group(unit)
        add_session(unit, group, LAST.replace(day=5), present=4, visitors=1)
        add_meeting(unit, group, LAST.replace(day=19))
        for number in range(9):
            case = add_case(unit, LAST.replace(day=1 + number))
            if number > 1:
                add_contact(case, unit, LAST.replace(day=20))
    db.session.add(
        SettingValue(
            key="closing_days",
            province_id=cast.units["province"],
            from_on=date(2025, 7, 1),
            value="1",
            source="test",
        )
    )


@pytest.fixture
def halting(monkeypatch):
    """Attacks that wait, with a quarter of their work done, until they are let go."""
    go_on, prepare = Event(), runs.prepare

    def prepare_(province, periods, *, watch):
        def watch_(stage: str, settled: int, all_cells: int) -> None:
            if stage == "attack" and not go_on.is_set():
                watch(stage, 25, 100)
                assert go_on.wait(60)
            watch(stage, settled, all_cells)

        return prepare(province, periods, watch=watch_)

    monkeypatch.setattr(runs, "prepare", prepare_)
    yield go_on
    go_on.set()


def test_a_month_goes_from_the_units_to_its_readers(
    open_page, sign_in, cast, write, halting, accessible, screenshot
):
    write(a_month_of_work, cast)
    check_completeness(open_page(PHONE), sign_in, accessible, screenshot)
    sign_on_a_phone(open_page(PHONE), sign_in, accessible, screenshot)

    desk = open_page(DESKTOP)
    sign_in(desk, "manager")
    hand = Hand(desk)
    hand.menu("Closing the month")
    accessible(desk)
    screenshot(desk, "publishing-months")
    hand.go(MONTH)
    expect(desk.locator("main")).to_contain_text("1 of 2 units are complete and signed.")
    accessible(desk)
    screenshot(desk, "publishing-month")
    hand.go("What is missing in each unit")
    accessible(desk)
    screenshot(desk, "publishing-missing")
    hand.go("Back to the month")

    hand.press("Try it, publish nothing")
    wait_for_the_end(desk, halting, accessible, screenshot)
    expect(desk.locator("main")).to_contain_text(f"The trial for {MONTH} went well")
    accessible(desk)
    screenshot(desk, "publishing-trial")

    halting.clear()
    hand.go("Back to the month")
    hand.go("Publish …")
    expect(desk.locator("main")).to_contain_text("Xã Năm Căn: not signed")
    accessible(desk)
    screenshot(desk, "publishing-question")
    hand.tick("Publish without the signatures that are missing")
    hand.tick("I know that a publication can't be taken back")
    hand.press(f"Publish {MONTH}")
    wait_for_the_end(desk, halting, accessible, screenshot)
    expect(desk.locator("main")).to_contain_text(f"The figures of {MONTH} are out")
    assert hand.taps < 16, "publishing takes too many taps"

    hear_of_it(open_page(PHONE), sign_in, accessible, screenshot)


def check_completeness(phone: Page, sign_in, accessible, screenshot) -> None:
    """The coordinator sees what is missing, and says that nothing more will come."""
    sign_in(phone, "coordinator")
    hand = Hand(phone)
    hand.menu("Closing the month")
    accessible(phone)
    screenshot(phone, "publishing-own")
    hand.go("What is missing")
    accessible(phone)
    screenshot(phone, "publishing-completeness")
    hand.press(f"Mark {MONTH} complete")
    expect(phone.get_by_role("button", name="Take the mark back")).to_be_visible()


def sign_on_a_phone(phone: Page, sign_in, accessible, screenshot) -> None:
    """The unit head reads the figures and signs them."""
    sign_in(phone, "unithead")
    hand = Hand(phone)
    hand.menu("Closing the month")
    hand.go("Look over and sign")
    hand.press("Sign the figures")
    expect(phone.locator("main")).to_contain_text("Tick that the figures are right")
    hand.tick("These figures are right, as far as I know")
    accessible(phone)
    screenshot(phone, "publishing-signature")
    hand.press("Sign the figures")
    expect(phone.locator("main")).to_contain_text("Nothing is left to do here")
    assert hand.taps < 9, "signing takes too many taps"


def wait_for_the_end(desk: Page, halting: Event, accessible, screenshot) -> None:
    """The page shows how far it is, and by itself that it is done."""
    bar = desk.locator("main progress")
    expect(bar).to_have_attribute("value", "25", timeout=PATIENCE)
    screenshot(desk, "publishing-progress")
    halting.set()
    expect(bar).to_have_count(0, timeout=PATIENCE)


def hear_of_it(phone: Page, sign_in, accessible, screenshot) -> None:
    """The unit is told, follows the word to the figures, and learns how they are protected."""
    sign_in(phone, "unithead")
    hand = Hand(phone)
    told = phone.locator("main").get_by_text(f"Figures of {MONTH} are out")
    expect(told).to_be_visible()
    accessible(phone)
    screenshot(phone, "publishing-notice")
    hand.press("Show the figures")
    phone.wait_for_url("**/figures/*")
    hand.tap(phone.locator("main .figure-note a").locator("visible=true").first)
    expect(phone.locator("main svg.drawn")).to_have_count(2)
    accessible(phone)
    screenshot(phone, "publishing-explanation")
    phone.goto("/overview")
    expect(phone.locator("#standing")).to_be_visible()
    phone.wait_for_load_state("networkidle")
    expect(told).to_have_count(0)


def test_without_javascript_the_page_is_looked_at_again(
    open_page, sign_in, cast, write, halting, screenshot
):
    write(a_month_of_work, cast)
    page = open_page(DESKTOP, javascript=False)
    sign_in(page, "manager")
    hand = Hand(page)
    page.goto(f"/publishing/provinces/{cast.units['province']}")
    hand.press("Try it, publish nothing")
    expect(page.locator("main progress")).to_be_visible()
    hand.go("Look again")
    expect(page.locator("main progress")).to_have_attribute("value", re.compile(r"\d+"))
    halting.set()
    for _ in range(60):
        page.reload()
        if not page.locator("main progress").count():
            break
        page.wait_for_timeout(500)
    expect(page.locator("main")).to_contain_text("went well")


@pytest.mark.parametrize("who", [None, "inspector"])
def test_everybody_may_read_how_figures_are_protected(screen: Page, sign_in, accessible, who):
    if who:
        sign_in(screen, who)
    screen.goto("/how-figures-are-protected")
    expect(screen.locator("main svg.drawn")).to_have_count(2)
    accessible(screen)
