"""A volunteer logs what was done, a unit head sees to the unit: on a phone and on a desktop."""

import re
import time
from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect

from casework.core.clock import today
from tests.browser.conftest import PHONE
from tests.browser.hand import Hand
from tests.browser.records import (
    CLUB,
    HAMLETS,
    MONDAY,
    TEAM,
    asked_report,
    minuted_meeting,
    regulation_in_force,
)

PDF = b"%PDF-1.7 a scan of the decision"
PANELS = ("people", "activities", "money")
YEAR = today().year


def shown(page: Page, words: str) -> Locator:
    """The first place where the page shows these words: tables are there for phones and desks."""
    return page.locator("main").get_by_text(words).locator("visible=true").first


def last_due() -> date:
    """The newest second Monday of a month, on which the club met."""
    day = today()
    while not (day.weekday() == MONDAY and 8 <= day.day <= 14):
        day -= timedelta(days=1)
    return day


def test_a_volunteer_logs_a_meeting_and_a_session_and_sees_the_remuneration(
    screen: Page, sign_in, records, write, accessible, screenshot, record_property
):
    write(regulation_in_force, records.club)
    sign_in(screen, "volunteer")
    hand, begun = Hand(screen), time.perf_counter()
    hand.menu("Meetings", "Activities")
    hand.go("Log a meeting")
    hand.choose("Body or group", CLUB)
    hand.write("Held on", f"{last_due()}")
    hand.write("Number present", "24")
    hand.write("What was discussed", "Góp ý quy chế; phân công thăm hỏi.")
    hand.press("Keep the meeting")
    expect(shown(screen, "Góp ý quy chế")).to_be_visible()
    seconds = time.perf_counter() - begun
    record_property("logging a meeting", f"{hand.taps} taps, {seconds:.1f} s")
    assert hand.taps <= 10, "logging a meeting takes too many taps"
    assert "24" in screen.locator("dl.facts").last.inner_text()
    accessible(screen)
    screenshot(screen, "meeting")
    screen.goto("/meetings")
    accessible(screen)
    screenshot(screen, "meetings-month")
    hand.go("Log a meeting")
    accessible(screen)
    screenshot(screen, "meeting-log")

    hand, begun = Hand(screen), time.perf_counter()
    hand.menu("Communication", "Activities")
    hand.go("Log a communication session")
    hand.choose("Form of communication", "leaflets handed out")
    hand.write("Topic", "Phòng ngừa mua bán người")
    hand.write("Attendances", "45")
    hand.press("All hamlets")
    accessible(screen)
    screenshot(screen, "communication-log")
    hand.press("Save")
    expect(shown(screen, HAMLETS[-1])).to_be_visible()
    seconds = time.perf_counter() - begun
    record_property("logging a communication session", f"{hand.taps} taps, {seconds:.1f} s")
    assert hand.taps <= 12, "logging a communication session takes too many taps"
    screen.goto("/communications")
    expect(shown(screen, "4/4")).to_be_visible()
    accessible(screen)
    screenshot(screen, "communications")

    hand.menu("My remuneration")
    expect(shown(screen, TEAM)).to_be_visible()
    accessible(screen)
    screenshot(screen, "remuneration-own")


def test_a_unit_head_goes_from_a_task_to_the_regulation_and_the_year_is_due(
    screen: Page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "unithead")
    hand = Hand(screen)
    hand.menu("My unit")
    for panel in PANELS:
        expect(screen.locator(f"#{panel} .figures").first).to_be_visible()
    links = screen.locator(".tasks li").count()
    assert links and links == screen.locator(".tasks li > a[href^='/']").count()
    accessible(screen)
    screenshot(screen, "my-unit")

    hand.tap(screen.locator("#standing .task", has_text=CLUB).first)
    hand.go("Record a regulation")
    hand.write("Number of the regulation", "02/QC-CLB")
    hand.write("Signed on", f"{BEGUN}")
    hand.write("Signed by", "Chủ nhiệm CLB")
    hand.write("In force from", f"{BEGUN}")
    club = screen.locator("main fieldset", has_text=CLUB)
    club.get_by_label("Every how many months").select_option("1")
    club.get_by_label("Week of the month").select_option("2")
    club.get_by_label("Day of the week").select_option("0")
    accessible(screen)
    screenshot(screen, "regulation-new")
    hand.press("Record the regulation")
    expect(shown(screen, "02/QC-CLB")).to_be_visible()
    accessible(screen)
    screenshot(screen, "regulations")

    for month in (1, 12):
        screen.goto(f"/meetings?month={YEAR}-{month:02}")
        expect(screen.locator("main a:visible", has_text=CLUB)).to_have_count(1)
    screen.goto("/meetings")
    accessible(screen)
    screenshot(screen, "meetings-due")
    hand.tap(screen.locator("main a:visible", has_text=CLUB))
    hand.go("Postpone it with a reason")
    hand.write("Reason", "Bão số 9")
    accessible(screen)
    hand.press("Postpone")
    expect(shown(screen, "Bão số 9")).to_be_visible()
    expect(screen.get_by_role("button", name="It is due after all")).to_be_visible()


BEGUN = date(YEAR, 1, 1)


def test_a_unit_head_records_a_member_with_a_post(
    screen: Page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "unithead")
    hand = Hand(screen)
    hand.menu("Members", "Organisation")
    accessible(screen)
    screenshot(screen, "members")
    hand.go("New member")
    hand.write("Name", "Nguyễn Thị Bé Tư")
    hand.write("Birth year", "1975")
    hand.write("Phone", "091 234 5678")
    hand.tick("Works here")
    accessible(screen)
    hand.press("Record the member")
    expect(screen.get_by_role("heading", level=1)).to_have_text("Nguyễn Thị Bé Tư")
    accessible(screen)
    hand.go("Give a post")
    hand.choose("Body", TEAM)
    hand.choose("Post", "Volunteer")
    hand.write("First day", f"{today()}")
    accessible(screen)
    hand.press("Give the post")
    expect(screen.locator("main table", has_text=TEAM)).to_be_visible()
    accessible(screen)
    screenshot(screen, "member")


def test_a_unit_head_approves_minutes_and_hands_the_report_in(
    screen: Page, sign_in, cast, records, write, accessible, screenshot
):
    write(minuted_meeting, records, cast.accounts["volunteer"])
    write(asked_report, cast.units["province"])
    sign_in(screen, "unithead")
    hand = Hand(screen)
    screen.goto("/meetings")
    hand.tap(screen.locator("main a:visible", has_text=CLUB))
    hand.press("Approve the minutes")
    expect(shown(screen, "The minutes are approved.")).to_be_visible()
    expect(screen.get_by_role("button", name="Approve the minutes")).to_have_count(0)
    accessible(screen)

    hand.menu("Reports", "Organisation")
    accessible(screen)
    screenshot(screen, "reports")
    hand.go("Begin the report")
    hand.write("What was achieved", "Sinh hoạt đều, truyền thông bốn khóm.")
    hand.press("Save the draft")
    expect(shown(screen, "Money as it stands today")).to_be_visible()
    hand.go("Go on writing")
    assert hand.field("What was achieved").input_value().startswith("Sinh hoạt đều")
    hand.write("Difficulties", "Thiếu phòng họp.")
    accessible(screen)
    screenshot(screen, "report-draft")
    hand.press("Save and hand in")
    expect(shown(screen, "handed in on time")).to_be_visible()
    accessible(screen)
    screenshot(screen, "report")


def test_the_years_plan_is_typed_month_by_month(
    screen: Page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "unithead")
    hand = Hand(screen)
    hand.menu("Yearly plan", "Activities")
    accessible(screen)
    screen.goto(f"/plans/change?unit={records.unit}&year={YEAR}")
    for month in range(1, 13):
        screen.locator(f"[name=training_{month}]").fill(str(month % 2))
    hand.write("Aims", "Mỗi quý một đợt truyền thông.")
    accessible(screen)
    screenshot(screen, "plan-change")
    screen.locator("main form button[type=submit]").last.click()
    expect(shown(screen, "Mỗi quý một đợt truyền thông.")).to_be_visible()
    accessible(screen)
    screenshot(screen, "plan")


def test_without_javascript_the_parts_of_a_unit_are_links_and_forms_are_posted(
    open_page, sign_in, records
):
    page = open_page(PHONE, javascript=False)
    sign_in(page, "unithead")
    for panel in PANELS:
        page.goto("/overview")
        page.locator(f"#{panel} a", has_text="Open").click()
        assert f"/overview/{panel}" in page.url
        expect(page.locator("main .figures").first).to_be_visible()
    page.goto(f"/members/new?unit={records.unit}")
    hand = Hand(page)
    hand.write("Name", "Võ Văn Kiên")
    hand.press("Record the member")
    expect(page.get_by_role("heading", level=1)).to_have_text("Võ Văn Kiên")


def test_a_file_that_is_not_what_it_is_called_is_refused_beside_its_field(
    screen: Page, sign_in, records, accessible, screenshot
):
    sign_in(screen, "unithead")
    screen.goto(f"/bodies/{records.club}/decisions/new")
    hand = Hand(screen)
    day = f"{today() - timedelta(days=3)}"
    hand.choose("What it decides", "reorganisation")
    hand.write("Number of the decision", "45/QĐ-UBND")
    hand.write("Signed on", day)
    hand.write("In effect from", day)
    hand.write("Signed by", "Chủ tịch UBND phường")
    hand.attach("Paper", "quyet-dinh.pdf", b"<!doctype html><title>no scan</title>")
    hand.press("Record the decision")
    expect(screen.locator("#paper-error")).to_contain_text("Only these kinds may be sent")
    assert hand.field("Paper").get_attribute("aria-describedby").endswith("paper-error")
    assert hand.field("Number of the decision").input_value() == "45/QĐ-UBND"
    accessible(screen)
    screenshot(screen, "upload-refused")
    hand.attach("Paper", "quyet-dinh.pdf", PDF)
    hand.press("Record the decision")
    expect(shown(screen, "45/QĐ-UBND")).to_be_visible()
    accessible(screen)
    screenshot(screen, "body")
    with screen.expect_download() as expected:
        screen.locator("main a", has_text="quyet-dinh.pdf").first.click()
    assert re.search(r"\.pdf$", expected.value.suggested_filename)
