"""A case opened out of turn by three people in three browsers; and a person's rights: what is kept
is printed, a request is answered in time, an authority is told only in writing.
"""

import io
from collections.abc import Callable
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Page, expect

from casework.vault.recovery import entrust_recovery
from tests.browser.conftest import SCREENS
from tests.browser.hand import Hand
from tests.browser.test_casework import NAME, take_in
from tests.cast import Cast

Sees = Callable[[Page], None]


@pytest.fixture
def entrusted(write: Callable[..., Any], cast: Cast) -> None:
    """The officer holds the organisation's key."""

    def entrust() -> None:
        assert entrust_recovery(cast.organisation_secret, cast.accounts["dpo"], by=None)

    write(entrust)


@pytest.fixture(params=SCREENS)
def computers(open_page, request: pytest.FixtureRequest) -> Callable[..., Page]:
    """Another person's computer, or phone."""
    viewport = SCREENS[request.param]
    return lambda **options: open_page(viewport, **options)


@pytest.mark.usefixtures("entrusted")
@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_case_is_opened_out_of_turn_and_its_counselor_is_told(
    computers, sign_in, accessible: Sees, screenshot, javascript
):
    counselor, helper, officer = (computers(javascript=javascript) for _ in range(3))
    sign_in(counselor, "counselor")
    case = take_in(counselor)
    code = counselor.get_by_role("heading", level=1).inner_text()

    sign_in(helper, "counselor2")
    asking = Hand(helper)
    asking.menu("Cases")
    asking.go("Open it out of turn")
    asking.go("Ask to open a case")
    asking.write("Case code", code.lower().replace("-", " "))
    asking.choose("What has to be opened", "who the person is and how to reach them safely")
    asking.choose("Reason", "the counselor can't be reached")
    asking.write("What happened", "Gia đình đến báo có việc gấp, cần số để gọi")
    _look(helper, "emergency-ask", accessible, screenshot, javascript)
    asking.press("Ask")
    expect(helper.get_by_text("waiting for a decision")).to_be_visible()

    sign_in(officer, "dpo")
    deciding = Hand(officer)
    expect(officer.get_by_text("waiting for a decision")).to_be_visible()
    _look(officer, "emergency-decisions", accessible, screenshot, javascript)
    deciding.go(code)
    deciding.write("Note", "Đã gọi lại, đúng người")
    _look(officer, "emergency-decide", accessible, screenshot, javascript)
    deciding.press("Open it for one hour")
    expect(officer.get_by_text("Its counselor is told")).to_be_visible()

    helper.goto("/emergency")
    _look(helper, "emergency-approved", accessible, screenshot, javascript)
    asking.go(f"Open {code}")
    expect(helper.get_by_text(NAME).first).to_be_visible()
    expect(helper.get_by_text("Opened out of turn until")).to_be_visible()
    assert helper.get_by_role("link", name="Log a contact").count() == 0
    _look(helper, "emergency-open", accessible, screenshot, javascript)

    counselor.goto("/" if javascript else "/looks")
    expect(counselor.get_by_text("approved an opening out of turn")).to_be_visible()
    _look(counselor, "looks-week", accessible, screenshot, javascript)
    Hand(counselor).press("I have seen this")
    counselor.goto("/looks")
    expect(counselor.get_by_text("Nothing in your cases")).to_be_visible()
    counselor.goto(case + "/looks")
    _look(counselor, "looks-case", accessible, screenshot, javascript)


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_person_asks_and_takes_home_what_is_kept(
    computers, sign_in, accessible: Sees, screenshot, javascript
):
    counselor, officer = computers(javascript=javascript), computers(javascript=javascript)
    sign_in(counselor, "counselor")
    case, working = take_in(counselor), Hand(counselor)
    counselor.goto(case + "/rights")
    _look(counselor, "rights-empty", accessible, screenshot, javascript)

    working.go("The person asks")
    working.choose("The person asks", "to have it corrected")
    working.write("In the person's words", "Tôi đến ngày mùng ba, không phải mùng năm")
    working.press("Save")
    counselor.goto(case + "/rights")
    working.go("to have it corrected")
    working.choose("Outcome", "refused, with the reason told")
    working.press("Save")
    expect(
        counselor.get_by_text("Write the reason that the person was told.").first
    ).to_be_visible()
    _look(counselor, "rights-answer", accessible, screenshot, javascript)
    working.write("What the person was told", "Phiếu đã ký ghi mùng năm")
    working.write("The person's own statement", "Mùng năm là ngày viết phiếu")
    working.press("Save")

    counselor.goto(case + "/rights")
    working.go("An authority asks")
    working.write("Agency", "Công an xã")
    working.write("Number of the written request", "88/CV-CAX")
    working.write("Legal ground it names", "Điều 19 Luật số 91/2025/QH15")
    working.press("Save")
    counselor.goto(case + "/rights")
    expect(counselor.get_by_text("Mùng năm là ngày viết phiếu")).to_be_visible()
    _look(counselor, "rights-panel", accessible, screenshot, javascript)
    paper = Document(io.BytesIO(working.save("Print what is kept")))
    assert NAME in "\n".join(line.text for line in paper.paragraphs)

    sign_in(officer, "dpo")
    Hand(officer).menu("Requests and disclosures")
    expect(officer.get_by_text("88/CV-CAX")).to_be_visible()
    assert officer.get_by_text(NAME).count() == 0
    _look(officer, "rights-register", accessible, screenshot, javascript)


def _look(page: Page, name: str, accessible: Sees, screenshot, javascript: bool) -> None:
    """Once is enough; axe needs scripts itself."""
    if javascript:
        accessible(page)
        screenshot(page, name)
