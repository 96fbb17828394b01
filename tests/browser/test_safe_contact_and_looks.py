"""How a person is reached safely stands on every page of their case, and in no list; who tried to
open the case is told to its counselor.
"""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand
from tests.confidential.test_cases import INTAKE, open_case

NAME, SAFE = INTAKE["name"], INTAKE["safe_contact"]
LISTS = ("/", "/cases", "/due", "/support", "/referrals", "/groups", "/looks", "/cases/export")
# Parts of a case have something in them, so that their own pages are linked.
RECORDS = {
    "/contacts/new": {"kind": "home", "note": "Đã gặp."},
    "/reminders/new": {"text": "Gọi lại.", "due_on": f"{today() + timedelta(days=30)}"},
    "/statutory/new": {"kind": "pr_voluntary", "from_on": f"{today()}"},
    "/rights/requests/new": {"kind": "see", "wish": "Cho tôi xem."},
    "/rights/disclosures/new": {"agency": "CAX", "number": "1/CV", "ground": "Điều 19"},
}


def pages_of(page: Page, case: str) -> dict[str, str]:
    """Every page that can be come to from the case and belongs to it, and what it says."""
    waiting, found = {case}, dict[str, str]()
    while waiting:
        address = waiting.pop()
        answer = page.request.get(address)
        assert answer.status == 200, address
        if "text/html" not in answer.headers["content-type"]:
            continue
        found[address] = answer.text()
        links = re.findall(rf'(?:href|hx-get)="({case}/[^"#?]+)', found[address])
        waiting |= set(links) - found.keys()
    return found


def test_safe_contact_stands_on_every_page_of_a_case_and_in_no_list(
    screen: Page, client_as, sign_in, accessible, screenshot
):
    counselor = client_as("counselor")
    case = open_case(counselor)
    for path, values in RECORDS.items():
        sent = counselor.submit(case + path, case + path, **values)
        assert sent.status == 303, sent.words
    sign_in(screen, "counselor")
    pages = pages_of(screen, case)
    assert len(pages) > 25, sorted(pages)
    without = [address for address, text in pages.items() if SAFE not in text]
    assert without == []
    for address in LISTS:
        assert SAFE not in screen.request.get(address).text(), address

    for path in ("", "/contacts/new", "/looks"):
        screen.goto(case + path)
        expect(screen.get_by_role("region", name="Safe contact")).to_be_in_viewport()
    screen.goto(case)
    screenshot(screen, "safe-contact-case")


def test_who_tried_to_open_a_case_is_told_in_the_weekly_note_and_on_the_case(
    screen: Page, open_page, client_as, sign_in, accessible, screenshot, complaints
):
    case = open_case(client_as("counselor"))
    complaints.expect("status of 404")
    curious = open_page(screen.viewport_size)
    sign_in(curious, "counselor2")
    assert curious.goto(case).status == 404
    assert NAME not in curious.content()
    screenshot(curious, "case-out-of-reach")

    sign_in(screen, "counselor")
    hand = Hand(screen)
    note = screen.locator("#panel-looks")
    expect(note.get_by_text("Trần Văn Đức").first).to_be_visible()
    expect(note.get_by_text("was refused").first).to_be_visible()
    accessible(screen)
    screenshot(screen, "looks-today")
    hand.tap(note.get_by_role("link").first)
    expect(screen.get_by_role("heading", level=1)).to_have_text("Who looked")
    refused = screen.locator("main tr", has_text="was refused")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("Trần Văn Đức")
    expect(screen.locator("main tr", has_text="took the person in")).to_contain_text("you")
    accessible(screen)
    screenshot(screen, "looks-of-the-case")

    screen.goto("/")
    hand.press("I have seen this")
    expect(screen.get_by_role("heading", name="My groups")).to_be_visible()
    expect(screen.get_by_role("heading", name="Outside the usual")).to_have_count(0)
    screen.goto("/looks")
    expect(screen.get_by_text("Nothing in your cases since")).to_be_visible()
    assert curious.goto(case).status == 404  # half an hour later it would be told anew
