"""Consent, safe contact, statuses and papers in a browser, on a phone and on a desk."""

import re

from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.conftest import PHONE

NAME = "Đào Thị Ngọc Ánh"
PDF = {"name": "giấy chứng nhận.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}


def take_in(page: Page, name: str = NAME) -> None:
    """A person with a telephone who says how to be reached."""
    page.goto("/cases/new")
    page.locator("[name=name]").fill(name)
    page.locator("[name=birth]").fill("1990")
    for field, value in {"sex": "female", "target_group": "A", "source": "self"}.items():
        page.locator(f"[name={field}]").select_option(value)
    page.locator("[name=safe_contact]").fill("Nhắn qua chị Hai")
    page.locator("[name=never_say]").fill("Không nói tên câu lạc bộ")
    page.locator("label[for=consent_record-0]").click()
    page.locator("label[for=consent_phone_contact-0]").click()
    page.locator("[name=method]").select_option("signed")


def test_consent_papers_and_statuses(screen: Page, sign_in, accessible, screenshot):
    sign_in(screen, "counselor")
    take_in(screen)
    accessible(screen)
    screenshot(screen, "intake")
    screen.get_by_role("button", name="Open the case").click()
    expect(screen.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\w{3}-\w{3}$"))
    case = screen.url
    screenshot(screen, "case-safe-contact")

    screen.goto(case + "/consents")
    accessible(screen)
    screenshot(screen, "consents")
    screen.get_by_role("link", name=re.compile("Withdraw.*Contact by phone")).click()
    screenshot(screen, "withdrawal")
    screen.get_by_role("button", name="Withdraw the consent").click()
    expect(screen.get_by_text("withdrawn").first).to_be_visible()
    expect(screen.get_by_text("Không nói tên câu lạc bộ")).to_be_visible()

    screen.goto(case + "/consents/new")
    accessible(screen)
    screenshot(screen, "consent-form")

    screen.goto(case + "/statutory/new")
    screen.locator("[name=kind]").select_option("pr_voluntary")
    screen.locator("[name=from_on]").fill(today().isoformat())
    accessible(screen)
    screen.get_by_role("button", name="Save").click()
    expect(screen.get_by_text("12 months")).to_be_visible()
    accessible(screen)
    screenshot(screen, "statutory")

    screen.goto(case + "/attachments/new")
    screen.locator("[name=kind]").select_option("decision")
    screen.locator("[name=paper]").set_input_files(PDF)
    accessible(screen)
    screenshot(screen, "paper-form")
    screen.get_by_role("button", name="Keep the paper").click()
    expect(screen.get_by_text("giấy chứng nhận.pdf")).to_be_visible()
    accessible(screen)
    screenshot(screen, "papers")

    screen.goto(case + "/identity")
    accessible(screen)
    screenshot(screen, "identity")


def test_the_same_person_is_hinted_at_while_the_name_is_typed(screen: Page, sign_in, screenshot):
    sign_in(screen, "counselor")
    take_in(screen)
    screen.get_by_role("button", name="Open the case").click()
    expect(screen.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\w{3}-\w{3}$"))
    code = screen.get_by_role("heading", level=1).inner_text()
    screen.goto("/cases/new")
    screen.locator("[name=name]").press_sequentially("dao thi ngoc anh")
    expect(screen.locator("#likely")).to_contain_text(code)
    screenshot(screen, "intake-likely")


def test_without_javascript_the_first_submit_shows_the_same_person(
    open_page, sign_in, screenshot, complaints
):
    page = open_page(PHONE, javascript=False)
    sign_in(page, "counselor")
    take_in(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Open the case").click()
    case = page.url
    take_in(page)
    complaints.expect("/cases/new")
    page.get_by_role("button", name="Open the case").click()
    expect(page.locator("#likely")).to_contain_text("may have a case already")
    page.locator("label[for=somebody_else]").click()
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\w{3}-\w{3}$"))
    assert page.url != case
