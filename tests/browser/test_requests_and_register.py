"""A request of a person runs out of time, on Today and in the officer's register, until it is done;
an authority is refused in writing.
"""

from datetime import timedelta

from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand
from tests.confidential.test_cases import INTAKE, open_case

NAME, RIGHT_NAME = INTAKE["name"], "Đào Thị Ngọc Anh"
REFUSAL = "Công văn không nêu điều luật cho phép."


def test_a_request_is_overdue_done_and_registered_and_an_authority_refused(
    screen: Page, open_page, client_as, sign_in, accessible, screenshot
):
    received = today() - timedelta(days=80)
    case = open_case(client_as("counselor"), opened_on=f"{received}")
    sign_in(screen, "counselor")
    hand = Hand(screen)
    screen.goto(case + "/rights")
    code = screen.locator("main .eyebrow a").inner_text()
    hand.go("The person asks")
    hand.choose("The person asks", "to have it corrected")
    hand.write("Received on", f"{received}")
    hand.write("In the person's words", "Tên tôi là Anh, không phải Ánh")
    hand.press("Save")
    screen.goto("/")
    asked = screen.locator("main li", has_text="the person's own request")
    expect(asked).to_contain_text("overdue")

    officer = open_page(screen.viewport_size)
    sign_in(officer, "dpo")
    officer.goto("/rights")
    line = officer.locator("main tr", has_text=code)
    expect(line).to_contain_text("overdue")
    expect(line).to_contain_text("waiting")
    accessible(officer)
    screenshot(officer, "register-overdue")

    # What is wrong is corrected; what stood there stays readable.
    screen.goto(case + "/identity")
    hand.write("Name", RIGHT_NAME)
    hand.press("Save")
    expect(screen.get_by_text(RIGHT_NAME).first).to_be_visible()
    screen.goto(case + "/identity")
    hand.tap(screen.locator("main summary").last)
    expect(screen.locator("main details[open]").last).to_contain_text(NAME)
    accessible(screen)
    screenshot(screen, "identity-corrected")
    screen.goto("/")
    hand.tap(asked.get_by_role("link", name="Answer the request"))
    expect(screen.get_by_text("Tên tôi là Anh, không phải Ánh")).to_be_visible()
    hand.choose("Outcome", "done")
    hand.press("Save")
    screen.goto("/")
    expect(asked).to_have_count(0)

    screen.goto(case + "/rights")
    hand.go("An authority asks")
    hand.write("Agency", "Công an xã")
    hand.write("Number of the written request", "không số")
    hand.write("Legal ground it names", "Theo yêu cầu nghiệp vụ")
    hand.press("Save")
    expect(screen.locator("#number-error")).to_contain_text("A written request has a number")
    hand.write("Number of the written request", "88/CV-CAX")
    hand.press("Save")
    screen.goto(case + "/rights")
    hand.go("88/CV-CAX")
    hand.choose("Decision", "refused")
    hand.write("What was told, or why nothing was", REFUSAL)
    accessible(screen)
    screenshot(screen, "disclosure-decision")
    hand.press("Save")
    screen.goto(case + "/rights")
    expect(screen.locator("main tr", has_text="88/CV-CAX")).to_contain_text("refused")

    officer.goto(f"/rights?year={received.year}")
    expect(line.first).to_contain_text("done")
    officer.goto("/rights")
    disclosed = officer.locator("main tr", has_text="88/CV-CAX")
    expect(disclosed).to_contain_text("refused")
    expect(disclosed).to_contain_text("Công an xã")
    page = officer.content()
    assert not [told for told in (NAME, RIGHT_NAME, REFUSAL, "Tên tôi là") if told in page]
    accessible(officer)
    screenshot(officer, "register-answered")
