"""Typing where the signal comes and goes: nothing is lost, one record is made, nothing is left."""

import re

import pytest
import time_machine
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from casework.confidential.contacts.models import Contact
from casework.core.clock import now
from casework.core.database import db
from casework.vault.drafts import KeptForm
from tests.browser.test_casework import take_in

FIRST, LATER = "Anh kể chuyện tìm việc.", " Mất sóng rồi vẫn viết tiếp. Hẹn tuần sau."


@pytest.fixture
def typing(screen: Page, sign_in) -> Page:
    """A counselor at the form of a contact."""
    sign_in(screen, "counselor")
    take_in(screen)
    screen.get_by_role("link", name="Log a contact").first.click()
    screen.locator("[name=note]").click()
    return screen


def count(app, kind) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind)) or 0


def saved(page: Page) -> None:
    """Wait for the quiet line."""
    expect(page.locator(".draft-line")).to_have_text(re.compile(r"Draft saved \d\d:\d\d"))


def nothing_left(page: Page) -> None:
    """The browser keeps nothing of what was typed."""
    stored = page.evaluate(
        "async () => [localStorage.length, sessionStorage.length,"
        " (await indexedDB.databases()).length, (await caches.keys()).length]"
    )
    assert stored == [0, 0, 0, 0]


def test_the_signal_goes_and_comes_back(typing: Page, app, accessible, screenshot, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    typing.keyboard.type(FIRST)
    saved(typing)
    accessible(typing)
    screenshot(typing, "draft-saved")
    typing.context.set_offline(True)
    typing.keyboard.type(LATER)
    expect(typing.get_by_text("No signal: what you type is only on this page")).to_be_visible()
    screenshot(typing, "draft-offline")
    typing.get_by_role("button", name="Save").click()
    expect(typing.get_by_text("The program cannot be reached right now")).to_be_visible()
    assert typing.locator("[name=note]").input_value() == FIRST + LATER
    typing.context.set_offline(False)
    saved(typing)
    nothing_left(typing)

    # The browser closes; another one opens the form.
    address = typing.url
    typing.goto(address)
    expect(typing.get_by_role("heading", name="You began to write here")).to_be_visible()
    accessible(typing)
    screenshot(typing, "draft-offered")
    typing.get_by_role("link", name="Use it").click()
    expect(typing.locator("[name=note]")).to_have_value(FIRST + LATER)
    typing.get_by_role("button", name="Save").click()
    expect(typing.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\w{3}-\w{3}$"))
    expect(typing.get_by_text(FIRST + LATER)).to_be_visible()
    assert (count(app, Contact), count(app, KeptForm)) == (1, 0)


def test_what_is_typed_while_the_script_is_on_its_way_is_saved(typing: Page, complaints):
    """On a slow line the form stands there to be typed into before the page's scripts do."""
    held, lost = [], []

    def hold(route):
        (held if lost else lost).append(route)

    typing.route("**/drafts.js*", hold)
    with typing.expect_request("**/drafts.js*"):
        typing.reload(wait_until="domcontentloaded")
    typing.locator("[name=note]").click()
    typing.keyboard.type(FIRST)
    complaints.expect("ERR_FAILED")
    lost[0].abort()
    with typing.expect_request("**/drafts.js*"):
        typing.locator("[name=note]").press_sequentially(LATER, delay=20)
    expect(typing.locator(".draft-line")).not_to_have_text(re.compile("Draft saved"))
    held[0].continue_()
    saved(typing)
    typing.unroute("**/drafts.js*")
    typing.goto(typing.url)
    typing.get_by_role("link", name="Use it").click()
    expect(typing.locator("[name=note]")).to_have_value(FIRST + LATER)


def test_a_save_that_is_lost_on_its_way_loses_nothing(typing: Page, app, complaints):
    """The words typed last reach the server before the form is sent."""
    complaints.expect("ERR_FAILED")
    address = typing.url
    typing.keyboard.type(FIRST)
    lost = []

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        lost.append(route.request.url)
        return route.abort()

    typing.route(address, lose)
    with typing.expect_event("requestfailed"):
        typing.get_by_role("button", name="Save").click()
    assert lost == [address]
    again = typing.context.new_page()
    again.goto(address)
    again.get_by_role("link", name="Use it").click()
    expect(again.locator("[name=note]")).to_have_value(FIRST)
    again.get_by_role("button", name="Save").click()
    expect(again.get_by_text(FIRST)).to_be_visible()
    assert count(app, Contact) == 1


def test_the_session_ends_while_typing(typing: Page, open_page, sign_in, app, complaints):
    complaints.expect("status of 401")
    complaints.expect("status of 400")
    complaints.expect("status of 404")
    address = typing.url
    typing.keyboard.type(FIRST)
    saved(typing)
    with time_machine.travel(now().timestamp() + 16 * 60, tick=True):
        typing.keyboard.type(LATER)
        expect(typing.get_by_text("You are signed out.")).to_be_visible()

        # Somebody else signs in at the same computer, and sees nothing.
        other = typing.context.new_page()
        sign_in(other, "counselor2")
        assert other.goto(address).status == 404
        assert FIRST not in other.content()
        typing.keyboard.type(" Thêm.")
        expect(typing.get_by_text("You are signed out.")).to_be_visible()
        assert count(app, KeptForm) == 1
        nothing_left(other)
        other.locator("form[action='/sign-out'] button").locator("visible=true").first.click()

        # Whoever was typing signs in in the other tab and goes on here.
        sign_in(other, "counselor")
        typing.keyboard.type(" Xong.")
        saved(typing)
        typing.get_by_role("button", name="Save").click()
        expect(typing.get_by_text(FIRST + LATER + " Thêm. Xong.")).to_be_visible()
    assert (count(app, Contact), count(app, KeptForm)) == (1, 0)


def test_without_javascript_an_expired_form_comes_back(open_page, sign_in, app):
    page = open_page(javascript=False)
    sign_in(page, "counselor")
    page.goto("/cases/new")
    page.locator("[name=name]").fill("Bé Ba")
    with time_machine.travel(now().timestamp() + 16 * 60, tick=True):
        page.get_by_role("button", name="Open the case").click()
        page.wait_for_url(re.compile("/sign-in"))
        sign_in(page, "counselor")
        page.goto("/cases/new")
        page.get_by_role("link", name="Use it").click()
        expect(page.locator("[name=name]")).to_have_value("Bé Ba")
