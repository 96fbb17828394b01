"""Money on a phone and on a desktop: a line from its allotment to its settlement, the payroll."""

from datetime import date, timedelta
from io import BytesIO

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand
from tests.browser.records import CLUB, TEAM
from tests.browser.test_organisation import PDF, shown

TITLE = "Sinh hoạt định kỳ câu lạc bộ"
YEAR = today().year
LAST_MONTH = today().replace(day=1) - timedelta(days=1)


def open_line(hand: Hand) -> None:
    """A line of 15 million from the programme."""
    hand.go("Open a budget line")
    hand.choose("Body", CLUB)
    hand.write("Year", str(YEAR))
    hand.choose("Funding source", "programme funds")
    hand.choose("Purpose", "meetings and activities")
    hand.write("What the money is for", TITLE)
    hand.write("Estimate", "20.000.000")
    hand.write("To be settled by", f"{date(YEAR, 12, 31)}")
    hand.press("Open the line")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text(TITLE)


def enter(hand: Hand, kind: str, amount: str, voucher: str = "") -> None:
    """Fill the form of a movement and send it."""
    hand.go(f"Enter: {kind}")
    hand.write("Amount", amount)
    if voucher:
        hand.write("Number of the voucher", voucher)
    hand.press("Enter the movement")


def bar(page: Page) -> str:
    """What the bar of a line says to those who can't see it."""
    return page.locator("main svg.band").first.get_attribute("aria-label") or ""


def test_a_budget_line_from_its_allotment_to_its_approved_settlement(
    screen: Page, open_page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "accountant")
    hand = Hand(screen)
    hand.menu("Budget", "Money")
    accessible(screen)
    open_line(hand)
    line = screen.url
    enter(hand, "allotted", "15.000.000")

    enter(hand, "advanced", "99.000.000", "PC 01")
    expect(screen.locator("#amount-error")).to_be_visible()
    assert hand.field("Amount").input_value() == "99.000.000"
    assert hand.field("Number of the voucher").input_value() == "PC 01"
    accessible(screen)
    screenshot(screen, "advance-refused")
    hand.write("Amount", "10 000 000")
    hand.press("Enter the movement")

    hand.go("Enter: spent")
    hand.write("Amount", "6000000")
    hand.write("Number of the voucher", "HĐ 17")
    hand.attach("Paper", "hoa-don.pdf", PDF)
    hand.press("Enter the movement")
    expect(screen.locator("main a", has_text="hoa-don.pdf")).to_be_visible()
    enter(hand, "settled", "5.000.000", "QT 01")
    assert screen.url == line
    expect(shown(screen, "awaits approval")).to_be_visible()
    waiting = bar(screen)
    accessible(screen)
    screenshot(screen, "budget-line")
    sheet = load_workbook(BytesIO(hand.save("Settlement sheet (XLSX)"))).active
    amounts = {cell.value for row in sheet.iter_rows() for cell in row}
    assert {15_000_000, 10_000_000, 6_000_000, 5_000_000} <= amounts

    head = open_page(screen.viewport_size)
    sign_in(head, "unithead")
    head.goto("/budgets")
    accessible(head)
    screenshot(head, "budget")
    other = Hand(head)
    other.go("Look at them")
    accessible(head)
    screenshot(head, "approvals")
    other.press("Approve")
    head.goto(line)
    assert "settled: 5,000,000 đồng;" not in waiting
    assert "settled: 5,000,000 đồng;" in bar(head)
    expect(shown(head, "awaits approval")).to_have_count(0)


def test_the_accountant_pays_the_remuneration_of_a_month(
    screen: Page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "accountant")
    hand = Hand(screen)
    hand.menu("Remuneration", "Money")
    accessible(screen)
    screenshot(screen, "remuneration-year")
    screen.goto(f"/remuneration/month?unit={records.unit}&month={LAST_MONTH:%Y-%m}")
    expect(shown(screen, TEAM)).to_be_visible()
    expect(screen.get_by_label("Pay", exact=True)).to_have_count(2)
    accessible(screen)
    screenshot(screen, "payroll")
    hand.write("Voucher", "PC 20")
    hand.press("Enter the payments")
    expect(shown(screen, "PC 20")).to_be_visible()
    expect(screen.get_by_label("Pay", exact=True)).to_have_count(0)
    accessible(screen)
    screenshot(screen, "payroll-paid")
