"""The menu names the page one is on, and puts what belongs together under one name."""

import pytest

from tests.page import Page, words


def current(page: Page) -> set[str]:
    menus = page.all("nav", aria_label="Main menu")
    return {words(a) for nav in menus for a in nav.iter("a") if a.get("aria-current")}


@pytest.mark.parametrize(
    ("username", "address", "label"),
    [
        ("counselor", "/", "Today"),
        ("counselor", "/cases", "Cases"),
        ("unithead", "/overview", "My unit"),
        ("unithead", "/meetings/pauses", "Meetings"),
        ("unithead", "/budgets/years", "Budget"),
        ("admin", "/meetings/pauses/province", "Pauses of a province"),
        ("admin", "/admin/settings/rates", "Settings"),
    ],
)
def test_the_longest_address_that_fits_is_current(client_as, username, address, label):
    assert current(client_as(username).get(address)) == {label}


def test_a_page_outside_the_menu_marks_nothing(client_as):
    assert current(client_as("unithead").get("/account")) == set()


def test_sections_hold_what_one_may_open_and_one_link_needs_no_section(client_as):
    folders = [words(s) for s in client_as("unithead").get("/overview").all("summary")]
    assert [f for f in folders if f in ("Activities", "Organisation", "Money")] == [
        "Activities",
        "Money",
        "Organisation",
    ]
    accountant = client_as("accountant").get("/budgets")
    assert "Activities" not in [words(s) for s in accountant.all("summary")]


@pytest.mark.parametrize(
    ("username", "address"),
    [("unithead", "/overview"), ("accountant", "/budgets"), ("admin", "/admin/accounts")],
)
def test_everybody_begins_with_their_daily_work(client_as, username, address):
    answer = client_as(username).client.get("/")
    assert (answer.status_code, answer.location) == (303, address)


def test_what_waits_is_counted_on_pages_of_its_own_side_alone(client_as):
    """A page of the organisation asks no confidential table, not even for a number in its menu."""
    officer = client_as("dpo")
    asked = [
        any("emergency_openings" in statement for statement in officer.get(address).statements)
        for address in ("/emergency/decisions", "/rights", "/audit", "/account", "/nowhere")
    ]
    assert asked == [True, True, False, False, False]
