"""A group's year with its holidays and the flood season, a second facilitator, the sheet to sign,
and who belonged to the group on a past day.
"""

import io
from datetime import date, timedelta

from docx import Document
from playwright.sync_api import Page, expect

from casework.core.clock import today
from casework.organisation.meetings.calendar import LAST_WEEK, after_holidays, is_holiday
from tests.browser.hand import Hand

DAY, GROUP = "%d/%m/%Y", "Nhóm Hoa Súng"


def next_holiday() -> date:
    """A holiday of the coming year on which a group can be set to meet."""
    days = (today() + timedelta(days=number) for number in range(60, 330))
    return next(day for day in days if is_holiday(day) and day.day <= 7 * (LAST_WEEK - 1))


def test_a_year_has_its_holidays_its_floods_and_its_reasons(
    screen: Page, open_page, sign_in, accessible, screenshot
):
    holiday = next_holiday()
    moved = after_holidays(holiday)
    assert moved
    sign_in(screen, "counselor")
    hand = Hand(screen)
    hand.menu("Groups")
    hand.go("Set up a group")
    hand.write("Name of the group", GROUP)
    screen.locator("[name=week]").select_option(str((holiday.day - 1) // 7 + 1))
    screen.locator("[name=weekday]").select_option(str(holiday.weekday()))
    hand.write("Meetings are due from", f"{today() - timedelta(days=40)}")
    accessible(screen)
    screenshot(screen, "group-new")
    hand.press("Set up the group")
    hand.write("Names, one a line", "Sen\nTrúc")
    hand.write("Members from", f"{today() - timedelta(days=40)}")
    hand.press("Add all")
    expect(screen.get_by_text("Members: 2")).to_be_visible()
    group = screen.url.removesuffix("/members")

    screen.goto(group)
    hand.go("The year ahead")
    line = screen.locator("main tbody tr", has_text=f"{moved:{DAY}}").first
    expect(line).to_contain_text(f"moved from {holiday:{DAY}}, a public holiday")
    days = screen.locator("main tbody th").all_inner_texts()
    assert f"{holiday:{DAY}}" not in days
    hand.tap(line.get_by_role("link"))
    hand.press("Postpone")
    expect(screen.locator("#excuse-error")).to_be_visible()
    hand.write("Reason", "Tết")
    accessible(screen)
    screenshot(screen, "group-excuse")
    hand.press("Postpone")
    screen.goto(group + "/year")
    expect(line).to_contain_text("Tết")
    flooded = screen.locator("main tbody tr").nth(len(days) - 1)
    flood = screen.locator("main tbody th").nth(len(days) - 1).inner_text()
    day = date(*(int(part) for part in reversed(flood.split("/"))))
    hand.write("From", f"{day - timedelta(days=3)}")
    hand.write("Until and including", f"{day + timedelta(days=3)}")
    hand.write("Reason", "Mùa nước nổi")
    hand.press("Postpone")
    expect(flooded).to_contain_text("Mùa nước nổi")
    accessible(screen)
    screenshot(screen, "group-year")
    hand.tap(flooded.get_by_role("button", name="Due after all"))
    expect(flooded).not_to_contain_text("Mùa nước nổi")


def test_two_lead_a_group_print_its_sheet_and_a_past_day_has_its_own_roster(
    screen: Page, open_page, sign_in, accessible, screenshot
):
    past = today() - timedelta(days=20)
    sign_in(screen, "counselor")
    hand = Hand(screen)
    screen.goto("/groups/new")
    hand.write("Name of the group", GROUP)
    hand.write("Meetings are due from", f"{past}")
    hand.press("Set up the group")
    for names, since in (("Sen\nTrúc", past), ("Bưởi", today())):
        if not screen.get_by_label("Names, one a line").is_visible():
            hand.tap(screen.get_by_text("Add members", exact=True))
        hand.write("Names, one a line", names)
        hand.write("Members from", f"{since}")
        hand.press("Add all")
    expect(screen.get_by_text("Members: 3")).to_be_visible()
    group = screen.url.removesuffix("/members")

    screen.goto(group)
    paper = Document(io.BytesIO(hand.save("Sheet to sign (DOCX)")))
    (table,) = [each for each in paper.tables if each.cell(0, 0).text == "STT"]
    assert [row.cells[1].text for row in table.rows][1:4] == ["Bưởi", "Sen", "Trúc"]
    told = "\n".join(line.text for line in paper.paragraphs).lower()
    assert "danh sách tham dự" in told
    assert not [word for word in ("cai nghiện", "tự lực", "bán dâm", "mua bán") if word in told]
    hand.go("Who leads the group")
    hand.choose("Counselor", "Trần Văn Đức")
    accessible(screen)
    screenshot(screen, "group-leaders")
    hand.press("Add")
    expect(screen.locator("main .list-group")).to_contain_text("Trần Văn Đức")

    second = open_page(screen.viewport_size)
    sign_in(second, "counselor2")
    leading = Hand(second)
    leading.menu("Groups")
    leading.go(GROUP)
    leading.go("Log a session")
    expect(second.locator("main input[type=checkbox]")).to_have_count(3)
    # The day is another one: so is the list of those who belonged to the group.
    leading.write("Held on", f"{past + timedelta(days=2)}")
    leading.press("Save the session")
    expect(
        second.get_by_text("The list of members is another one on this day").first
    ).to_be_visible()
    expect(second.locator("main input[type=checkbox]")).to_have_count(2)
    accessible(second)
    screenshot(second, "session-of-a-past-day")
    leading.press("Save the session")
    expect(second.get_by_role("heading", name="Present: 2")).to_be_visible()
    expect(second.get_by_text("Bưởi")).to_have_count(0)

    screen.goto(group + "/attendance")
    expect(screen.locator("main tbody tr")).to_have_count(2)
    accessible(screen)
    screenshot(screen, "group-attendance-of-two")
    hand.go(f"{past + timedelta(days=2):%d/%m}")
    expect(screen.get_by_text("Trần Văn Đức").first).to_be_visible()
