"""From the plan of a round to the self-report of a unit: an inspector, a department manager and a
unit head, on a desk and on a phone.
"""

from datetime import timedelta
from uuid import uuid4

from playwright.sync_api import expect

from casework.core.clock import today
from tests.browser.conftest import PHONE
from tests.browser.hand import Hand
from tests.inspection.editions import judge, publish

TEXTS = {
    "A1": "Có quyết định thành lập còn hiệu lực",
    "B1": "Sinh hoạt Câu lạc bộ đúng định kỳ",
    "E2": "Thanh quyết toán đúng hạn",
}


def an_edition(cast) -> None:
    """Both units judged; the first does not meet one criterion."""
    edition = publish(cast.units["province"], "2026-08")
    for unit, rating in (("a", "not_met"), ("b", "met")):
        ratings = {"A1": "met", "B1": rating, "E2": "partly"}
        judge(edition, cast.units[unit], ratings, uuid4(), TEXTS)


def monday() -> int:
    """Days until the Monday after next."""
    return 14 - today().weekday()


def type_day(hand, label, days) -> None:
    hand.field(label).fill(f"{today() + timedelta(days=days):%Y-%m-%d}")


def test_from_the_plan_to_the_self_report(
    open_page, screen, sign_in, cast, write, accessible, screenshot
):
    write(an_edition, cast)
    sign_in(screen, "inspector")
    hand = Hand(screen)
    hand.menu("Rounds and visits", "Inspection")
    expect(screen.get_by_text("No round yet")).to_be_visible()
    accessible(screen)
    hand.go("New plan")
    hand.write("Title", "Kiểm tra hoạt động mô hình năm 2026")
    hand.write("Legal basis", "Căn cứ Kế hoạch công tác năm 2026 của Sở Y tế")
    hand.write("Purpose", "Đánh giá hoạt động của Câu lạc bộ, Đội")
    hand.write("Outline of the units' reports", "1. Tổ chức\n2. Hoạt động\n3. Kinh phí")
    for label, days in (
        ("Looks at the days from", -300),
        ("until", -5),
        ("First day of the visits", monday()),
        ("Last day of the visits", monday() + 11),
        ("Units report until", monday() - 3),
    ):
        type_day(hand, label, days)
    accessible(screen)
    screenshot(screen, "round-plan-form")
    hand.press("Save the plan")

    # Which units, who, when.
    hand.pick("Units with criteria that are not met")
    accessible(screen)
    screenshot(screen, "round-units")
    hand.press("Choose these units")
    hand.press("All units")
    hand.press("Save the units")
    hand.go("Choose the team")
    hand.choose("Role in the team", "Head of the team")
    hand.choose("Inspector", "Võ Văn Tám")
    hand.press("Put in")
    hand.choose("Role in the team", "Secretary of the team")
    hand.write("Or a guest's name", "Lưu Thị Khách")
    hand.write("Office", "Hội Liên hiệp Phụ nữ tỉnh")
    hand.press("Put in")
    accessible(screen)
    screenshot(screen, "round-team")
    hand.go("Back to the plan")
    hand.press("Suggest days for those without one")
    rows = screen.locator("tbody tr")
    expect(rows).to_have_count(2)
    hand.go("Set the day")
    type_day(hand, "Day of the visit", monday() + 5)
    hand.write("Begins at", "13:30")
    hand.tick("Võ Văn Tám · Head of the team")
    accessible(screen)
    screenshot(screen, "round-day")
    hand.press("Save the day")
    expect(screen.get_by_text("is a weekend.")).to_be_visible()
    accessible(screen)
    screenshot(screen, "round-plan")
    assert hand.save("Save as DOCX").startswith(b"PK")
    hand.press("Submit the plan for approval")
    expect(
        screen.get_by_text("A department manager who did not prepare it decides")
    ).to_be_visible()

    # Somebody else approves.
    boss = open_page(screen.viewport_size)
    sign_in(boss, "manager")
    hand = Hand(boss)
    hand.menu("Rounds and visits", "Inspection")
    news = boss.get_by_role("link", name="A plan waits for your approval")
    expect(news).to_be_visible()
    accessible(boss)
    screenshot(boss, "round-list")
    news.click()
    hand.pick("Approve it")
    hand.write("Number", "45")
    accessible(boss)
    screenshot(boss, "round-decision")
    hand.press("Save the decision")
    expect(boss.get_by_text("Its units can read it now.")).to_be_visible()

    # The unit reads of it where its day begins, and reports.
    head = open_page(screen.viewport_size)
    sign_in(head, "unithead")
    hand = Hand(head)
    news = head.get_by_role("link", name="Phường Bạc Liêu will be inspected on")
    expect(news).to_be_visible()
    screenshot(head, "round-news-of-unit")
    news.click()
    expect(head.locator("#panel-self-report").get_by_text("Not submitted yet")).to_be_visible()
    accessible(head)
    screenshot(head, "round-inspection")
    hand.go("Begin the report")
    hand.write("What was achieved", "Câu lạc bộ duy trì sinh hoạt hằng tháng.")
    hand.write("Remark to B1", "Tháng 8 hoãn do bão.")
    accessible(head)
    screenshot(head, "round-self-report-form")
    hand.press("Save the draft")
    hand.press("Save and submit")
    expect(head.get_by_text("Submitted on")).to_be_visible()
    accessible(head)
    screenshot(head, "round-self-report")

    # The inspector reads it.
    hand = Hand(screen)
    screen.goto("/notices/inspections")
    accessible(screen)
    screenshot(screen, "round-news")
    hand.go("Phường Bạc Liêu has submitted its self-report.")
    panel = screen.locator("#panel-self-report")
    expect(panel.get_by_text("Tháng 8 hoãn do bão.")).to_be_visible()
    accessible(screen)
    hand.go("Change the day")
    type_day(hand, "Day of the visit", monday() + 1)
    hand.write("Why it changes", "Tránh cuối tuần")
    hand.press("Save the day")
    expect(screen.get_by_text("Tránh cuối tuần")).to_be_visible()


def test_it_needs_no_scripts(open_page, sign_in, cast, write):
    write(an_edition, cast)
    page = open_page(PHONE, javascript=False)
    sign_in(page, "inspector")
    page.goto("/inspections")
    hand = Hand(page)
    hand.go("New plan")
    hand.write("Title", "Kiểm tra")
    hand.write("Legal basis", "Căn cứ kế hoạch năm")
    hand.write("Purpose", "Đánh giá")
    for label, days in (
        ("Looks at the days from", -300),
        ("until", -5),
        ("First day of the visits", monday()),
        ("Last day of the visits", monday() + 11),
    ):
        type_day(hand, label, days)
    hand.press("Save the plan")
    hand.pick("Drawn at random")
    hand.write("How many to draw", "1")
    hand.press("Choose these units")
    hand.go("Back to the plan")
    expect(page.get_by_text("Drawn at random (1/2)")).to_be_visible()
    hand.press("Suggest days for those without one")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inspection of")
