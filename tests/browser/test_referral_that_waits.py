"""A partner is entered, the person agrees to that very partner, a letter is printed; the answer
that does not come stands on Today until it is recorded.
"""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from docx import Document
from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.hand import Hand
from tests.confidential.test_cases import INTAKE, open_case

NAME, CENTRE = INTAKE["name"], "Trung tâm dịch vụ việc làm Bạc Liêu"
REASON = "Cần giới thiệu việc làm gần nhà."


@pytest.mark.parametrize(
    ("size", "javascript"),
    [(PHONE, True), (DESKTOP, True), (PHONE, False)],
    ids=["phone", "desktop", "plain"],
)
def test_a_referral_waits_too_long_and_is_answered(
    size,
    javascript: bool,
    open_page: OpenPage,
    client_as,
    sign_in,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], None],
) -> None:
    def look(name: str) -> None:
        if javascript:
            accessible(page)
            screenshot(page, name)

    begun, sent = today() - timedelta(days=90), today() - timedelta(days=80)
    case = open_case(client_as("counselor"), opened_on=f"{begun}")
    page = open_page(size, javascript=javascript)
    sign_in(page, "counselor")
    hand = Hand(page)
    page.goto(case)
    hand.go("Refer")
    look("referral-without-partners")
    hand.go("New partner")
    hand.choose("Kind", "employment service centre")
    hand.write("Name of the office", CENTRE)
    hand.write("Partner from", f"{begun}")
    look("partner-new")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_text(CENTRE).first).to_be_visible()

    page.goto(case + "/referrals/new")
    page.locator("[name=partner]").select_option(index=1)
    hand.choose("What help is asked for", "work")
    hand.write("Sent on", f"{sent}")
    hand.write("Reason, as the partner will read it", REASON)
    hand.press("Save")
    expect(page.locator("#partner-error")).to_be_visible()
    expect(hand.field("Reason, as the partner will read it")).to_have_value(REASON)
    with page.expect_popup() as beside:
        hand.go("Record the person's answer")
    asking = Hand(beside.value)
    asking.tick("Agrees")
    asking.choose("Given how", "signed")
    asking.write("On", f"{begun}")
    asking.press("Save")
    expect(beside.value.get_by_text("The answer is saved.")).to_be_visible()
    beside.value.close()
    hand.press("Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("Referral")
    look("referral-overdue")
    letter = Document(io.BytesIO(hand.save("Letter with the case code (DOCX)")))
    told = "\n".join(line.text for line in letter.paragraphs)
    assert REASON in told
    assert NAME not in told

    page.goto("/")
    waiting = page.locator("main li", has_text="referral without answer").first
    expect(waiting).to_contain_text(NAME)
    look("today-referral")
    page.goto("/referrals")
    expect(page.locator("main tr", has_text=CENTRE)).to_contain_text("answer due")
    look("referrals-waiting")
    page.goto("/")
    hand.tap(waiting.get_by_role("link", name="Record the partner's answer"))
    hand.pick("completed")
    hand.write("Note", "Đã đi làm ở xưởng may.")
    look("referral-answer")
    hand.press("Save")
    expect(page.get_by_text("The partner's answer is saved.")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Đã đi làm ở xưởng may.")
    look("referral-completed")
    page.goto("/")
    expect(page.locator("main li", has_text="referral without answer")).to_have_count(0)
