"""A case goes to another unit once the person agrees, and opens there only when it is accepted; a
colleague stands in up to a day; a whole caseload goes over in one act.
"""

from datetime import timedelta

import time_machine
from playwright.sync_api import Page, expect

from casework.core.clock import now, today
from tests.browser.hand import Hand
from tests.confidential.test_cases import INTAKE, open_case

NAME, NOTE = INTAKE["name"], "Chị muốn gặp nữ tư vấn viên."


def test_a_case_opens_in_the_other_unit_once_it_is_accepted(
    screen: Page, open_page, client_as, sign_in, accessible, screenshot, complaints
):
    complaints.expect("status of 404")
    case = open_case(client_as("counselor"))
    sign_in(screen, "counselor")
    hand = Hand(screen)
    screen.goto(case)
    hand.go("Transfer to another unit")
    hand.choose("Unit", "Xã Năm Căn")
    hand.write("Note for the next counselor", NOTE)
    hand.press("Offer the case")
    expect(screen.locator("#unit-error")).to_be_visible()
    expect(hand.field("Note for the next counselor")).to_have_value(NOTE)
    accessible(screen)
    screenshot(screen, "transfer-refused")
    with screen.expect_popup() as beside:
        hand.go("Record the person's answer")
    asking = Hand(beside.value)
    asking.tick("Agrees")
    asking.choose("Given how", "signed")
    accessible(beside.value)
    screenshot(beside.value, "transfer-consent")
    asking.press("Save")
    expect(beside.value.get_by_text("The answer is saved.")).to_be_visible()
    hand.press("Offer the case")
    expect(screen.get_by_role("heading", level=1)).not_to_have_text("Transfer to another unit")

    new = open_page(screen.viewport_size)
    sign_in(new, "counselor-b")
    assert new.goto(case).status == 404
    coordinator = open_page(screen.viewport_size)
    sign_in(coordinator, "coordinator-b")
    accepting = Hand(coordinator)
    accepting.tap(coordinator.locator("main li", has_text="transfer waits").get_by_role("link"))
    expect(coordinator.get_by_role("heading", level=1)).to_have_text("Transfers")
    accessible(coordinator)
    screenshot(coordinator, "transfers")
    accepting.tap(coordinator.locator("main tbody a"))
    accepting.choose("Counselor", "Lý Thị Tư")
    accessible(coordinator)
    screenshot(coordinator, "transfer-answer")
    assert NAME not in coordinator.content()
    accepting.press("Accept the case")
    expect(coordinator.get_by_text("Lý Thị Tư").first).to_be_visible()
    assert NAME not in coordinator.content()

    assert new.goto(case).status == 200
    expect(new.get_by_text(NAME).first).to_be_visible()
    expect(new.get_by_role("region", name="Safe contact")).to_be_visible()
    new.goto(case + "/course")
    expect(new.get_by_text(NOTE)).to_be_visible()
    accessible(new)
    screenshot(new, "transfer-arrived")
    assert screen.goto(case).status == 404
    assert NAME not in screen.content()


def test_a_colleague_stands_in_up_to_a_day(
    screen: Page, open_page, client_as, sign_in, accessible, screenshot, complaints
):
    complaints.expect("status of 404")
    counselor, last = client_as("counselor"), today() + timedelta(days=3)
    case, other = open_case(counselor), open_case(counselor)
    sign_in(screen, "counselor")
    hand = Hand(screen)
    for address in (case, other):
        screen.goto(address)
        hand.go("Have a colleague stand in")
        hand.choose("Who stands in", "Trần Văn Đức")
        hand.write("Last day", f"{last}")
        if address == case:
            accessible(screen)
            screenshot(screen, "standing-in-form")
        hand.press("Stand in from today")
        told = f"Trần Văn Đức stands in until {last:%d/%m/%Y}"
        expect(screen.get_by_text(told)).to_be_visible()
    accessible(screen)
    screenshot(screen, "standing-in-case")
    colleague = open_page(screen.viewport_size)
    sign_in(colleague, "counselor2")
    ending = colleague.locator("main li", has_text="last day of standing in")
    expect(ending).to_have_count(2)
    expect(ending.first).to_contain_text(f"{last:%d/%m/%Y}")
    accessible(colleague)
    screenshot(colleague, "standing-in-today")
    standing = Hand(colleague)
    colleague.goto(case)
    standing.go("Log a contact")
    standing.pick("at home")
    standing.write("Note", "Thay chị Hoa đến thăm.")
    standing.press("Save")
    expect(colleague.get_by_text("The contact is saved.")).to_be_visible()

    screen.goto(case)
    expect(screen.get_by_text("Thay chị Hoa đến thăm.")).to_be_visible()
    hand.go("End standing in")
    accessible(screen)
    screenshot(screen, "standing-in-end")
    hand.press("End it now")
    expect(screen.get_by_text("Nobody stands in for this case now.")).to_be_visible()
    assert colleague.goto(case).status == 404
    assert colleague.goto(other).status == 200
    for page in (screen, colleague):
        page.goto("about:blank")  # no panel is fetched with a session of four days ago
    with time_machine.travel(now() + timedelta(days=4)):
        assert client_as("counselor2").get(other).status == 404
        assert client_as("counselor").get(other).status == 200


def test_a_coordinator_hands_a_whole_caseload_over(
    screen: Page, client_as, sign_in, accessible, screenshot
):
    open_case(client_as("counselor"))
    sign_in(screen, "coordinator")
    hand = Hand(screen)
    screen.goto("/caseloads")
    accessible(screen)
    screenshot(screen, "caseloads")
    hand.tap(screen.locator("main tr", has_text="Nguyễn Thị Hoa").get_by_role("link"))
    hand.choose("Who takes it over", "Trần Văn Đức")
    assert NAME not in screen.content()
    accessible(screen)
    screenshot(screen, "caseload")
    hand.press("Hand everything over")
    expect(screen.get_by_role("heading", level=1)).to_have_text("Caseloads")
    expect(screen.locator("main tr", has_text="Trần Văn Đức")).to_contain_text("1")
    assert NAME in client_as("counselor2").get("/cases").words
