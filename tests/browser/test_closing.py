"""Support ends, begins again and ends for good; the record is kept as long as is set, and two
people erase it.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from casework.core.clock import add_months, today
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.hand import Hand
from tests.confidential.test_cases import INTAKE, open_case
from tests.confidential.test_closures import closed_long_ago

NAME, NOTE = INTAKE["name"], "Đã có việc làm ổn định."
WAYS = pytest.mark.parametrize(
    ("size", "javascript"),
    [(PHONE, True), (DESKTOP, True), (PHONE, False)],
    ids=["phone", "desktop", "plain"],
)


@pytest.fixture
def look(
    javascript: bool, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> Callable[[Page, str], None]:
    """Take a picture of a page that is accessible; axe needs scripts itself."""

    def look_(page: Page, name: str) -> None:
        if javascript:
            accessible(page)
            screenshot(page, f"closing-{name}")

    return look_


@WAYS
def test_a_case_is_closed_found_among_the_closed_and_opened_again(
    size, javascript: bool, open_page: OpenPage, client_as, sign_in, look
) -> None:
    case = open_case(client_as("counselor"))
    page = open_page(size, javascript=javascript)
    sign_in(page, "counselor")
    hand = Hand(page)
    page.goto(case)
    code = page.get_by_role("heading", level=1).inner_text()
    hand.go("Close the case")
    hand.write("Closing note", NOTE)
    hand.press("Close the case")
    expect(page.locator("#reason-error")).to_be_visible()
    expect(hand.field("Closing note")).to_have_value(NOTE)
    hand.choose("Reason", "goals met")
    look(page, "form")
    hand.press("Close the case")
    expect(page.get_by_text("The case is closed.").first).to_be_visible()
    expect(page.get_by_role("link", name="Log a contact")).to_have_count(0)
    look(page, "case")

    page.goto("/cases")
    expect(page.get_by_text(code)).to_have_count(0)
    hand.tap(page.get_by_text("Filter and order"))
    hand.choose("Cases", "closed")
    hand.press("Show")
    look(page, "list")
    hand.go(NAME)
    hand.go("Needs support again")
    expect(page.get_by_text(NOTE)).to_be_visible()
    hand.choose("Reason", "needs support again")
    look(page, "reopening")
    hand.press("Open the case again")
    expect(page.get_by_text("The case is open again.")).to_be_visible()
    expect(page.get_by_role("link", name="Log a contact").first).to_be_visible()
    page.goto(case + "/course")
    expect(page.locator(".timeline > li")).to_have_count(2)
    expect(page.get_by_text("Opened again: needs support again.")).to_be_visible()
    expect(page.get_by_text(NOTE)).to_be_visible()
    look(page, "course")


@WAYS
def test_two_people_work_the_retention_list_through(
    size,
    javascript: bool,
    open_page: OpenPage,
    client_as,
    app,
    sign_in,
    look,
    complaints,
) -> None:
    counselor = client_as("counselor")
    gone, kept = open_case(counselor), open_case(counselor, name="Lê Thị Bưởi", alias="")
    closed_long_ago(counselor, app, gone, kept)
    codes = [counselor.get(case).one("h1").text for case in (gone, kept)]

    coordinator = open_page(size, javascript=javascript)
    sign_in(coordinator, "coordinator")
    proposing = Hand(coordinator)
    coordinator.goto("/erasures")
    proposing.press("Propose to erase")
    expect(coordinator.locator(".invalid-feedback").first).to_be_visible()
    for code in codes:
        proposing.tap(coordinator.locator(".tick-list label", has_text=code))
    look(coordinator, "due")
    proposing.press("Propose to erase")
    expect(coordinator.get_by_text("Waits for the decision: 2")).to_be_visible()
    look(coordinator, "proposed")

    officer = open_page(size, javascript=javascript)
    sign_in(officer, "dpo")
    deciding = Hand(officer)
    officer.goto("/erasures/proposed")
    look(officer, "waiting")
    deciding.go(codes[0])
    complaints.expect("status of 40")
    assert coordinator.goto(officer.url).status in (403, 404), "who proposes does not decide"
    deciding.write("Type the code of the case", codes[1])
    deciding.press("Erase for good")
    expect(officer.locator("#code-error")).to_be_visible()
    look(officer, "wrong-code")
    deciding.write("Type the code of the case", codes[0].lower())
    deciding.press("Erase for good")
    expect(officer.get_by_text("Erased. Earlier backups")).to_be_visible()
    deciding.go(codes[1])
    deciding.choose("Reason", "the person may need support again soon")
    deciding.write("Kept until", f"{add_months(today(), 12)}")
    deciding.press("Keep the record")
    expect(officer.get_by_text("Nothing waits for a decision")).to_be_visible()
    expect(officer.locator("main tr", has_text=codes[0])).to_contain_text("erased")
    expect(officer.locator("main tr", has_text=codes[1])).to_contain_text("kept")
    look(officer, "decided")

    coordinator.goto("/erasures")
    expect(coordinator.get_by_text("No record is due")).to_be_visible()
    page = open_page(size, javascript=javascript)
    sign_in(page, "counselor")
    page.goto(gone)
    expect(page.get_by_text("This case was erased on")).to_be_visible()
    assert NAME not in page.content()
    look(page, "erased")
    assert page.goto(gone + "/contacts").status == 404
    page.goto(kept)
    expect(page.get_by_text("Lê Thị Bưởi").first).to_be_visible()
