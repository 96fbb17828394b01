"""A plan written with the person, on a phone and at a desk: rows are added, nothing is lost."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE


def take_in(page: Page) -> str:
    """A new case; answers its address."""
    page.goto("/cases/new")
    page.get_by_label("Name", exact=False).first.fill("Đào Thị Ngọc Ánh")
    for name, value in (("sex", "female"), ("target_group", "A"), ("source", "self")):
        page.locator(f"[name={name}]").select_option(value)
    page.locator("label[for=consent_record-0]").click()
    page.get_by_label("Consent given how").select_option("signed")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/cases/*-*")
    return page.url


def write_plan(page: Page, case: str) -> None:
    """A plan with two goals; the second one's rows are asked for."""
    page.goto(f"{case}/plans/new")
    page.locator("[name=goals-0-area]").select_option("job")
    page.locator("[name=goals-0-goal]").fill("Có việc làm gần nhà")
    page.locator("[name=goals-0-actions-0-what]").fill("Hỏi xưởng may")
    page.locator("[name=goals-0-actions-0-responsible]").select_option("counselor")
    page.get_by_role("button", name="One more goal").click()
    expect(page.locator("[name=goals-0-actions-0-what]")).to_have_value("Hỏi xưởng may")
    page.locator("[name=goals-1-goal]").fill("Có giấy tờ")


def test_a_plan_is_written_followed_and_reviewed(screen, sign_in, accessible, screenshot) -> None:
    sign_in(screen, "counselor")
    case = take_in(screen)
    write_plan(screen, case)
    accessible(screen)
    screenshot(screen, "plan-form")
    screen.get_by_role("button", name="Save").click()
    # The second goal has no area yet: said beside it, and nothing is lost.
    expect(screen.locator("#goals-1-area-error")).to_be_visible()
    accessible(screen)
    screenshot(screen, "plan-fault")
    screen.locator("[name=goals-1-area]").select_option("identity_papers")
    screen.get_by_role("button", name="Save").click()
    screen.wait_for_url("**/plans")
    accessible(screen)
    screen.get_by_role("link", name="Note the progress").first.click()
    screen.locator("label", has_text="done").first.click()
    screen.get_by_role("button", name="Save").click()
    screen.wait_for_url("**/plans")
    expect(screen.get_by_text("Done: 1 of 1 actions")).to_be_visible()
    screen.get_by_role("link", name="Review the plan").click()
    accessible(screen)
    screenshot(screen, "plan-review")
    screen.locator("label", has_text="goes on as planned").click()
    screen.get_by_role("button", name="Save").click()
    screen.wait_for_url("**/plans")
    screenshot(screen, "plan")


def test_a_plan_is_written_without_a_script(open_page, sign_in) -> None:
    page = open_page(PHONE, javascript=False)
    sign_in(page, "counselor")
    write_plan(page, take_in(page))
    page.locator("[name=goals-1-area]").select_option("identity_papers")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/plans")
    expect(page.get_by_text("Hỏi xưởng may")).to_be_visible()
