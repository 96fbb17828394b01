"""What was said is corrected and taken back without being lost; what is due stands on Today; the
calendar file names nobody.
"""

from datetime import timedelta

from playwright.sync_api import Page, expect

from casework.core.clock import today
from tests.browser.hand import Hand
from tests.confidential.test_cases import INTAKE, open_case

NAME = INTAKE["name"]
FIRST, BETTER = "Chị khỏe, đang tìm việc.", "Chị khỏe, đã có việc ở xưởng may."
TASK = "Hỏi lại phường về giấy khai sinh"


def test_a_note_is_corrected_its_earlier_text_kept_and_a_contact_taken_back(
    screen: Page, client_as, sign_in, accessible, screenshot
):
    case = open_case(client_as("counselor"))
    sign_in(screen, "counselor")
    hand, due = Hand(screen), f"{today() + timedelta(days=7):%d/%m/%Y}"
    screen.goto(case)
    hand.go("Log a contact")
    hand.pick("at home")
    hand.pick("in a week")
    hand.write("Note", FIRST)
    hand.press("Save")
    expect(screen.get_by_text("The contact is saved.")).to_be_visible()
    screen.goto("/")
    appointment = screen.locator("main li", has_text=NAME).filter(has_text="appointment")
    expect(appointment).to_contain_text(due)
    accessible(screen)
    screenshot(screen, "today-appointment")

    hand.go(NAME)
    hand.go("Correct this contact")
    expect(hand.field("Note")).to_have_value(FIRST)
    hand.write("Note", BETTER)
    hand.press("Save")
    expect(screen.locator("#panel-contacts").get_by_text(BETTER)).to_be_visible()
    screen.goto(case + "/contacts")
    expect(screen.get_by_text(BETTER)).to_be_visible()
    expect(screen.get_by_text(FIRST)).to_have_count(0)
    hand.go("Correct this contact")
    expect(screen.get_by_role("heading", name="Before it was corrected")).to_be_visible()
    expect(screen.locator(".timeline").get_by_text(FIRST)).to_be_visible()
    expect(screen.locator(".timeline")).to_contain_text(f"{today():%d/%m/%Y} · Next appointment")
    expect(screen.locator("[name=length]:checked")).to_have_count(0)
    accessible(screen)
    screenshot(screen, "contact-corrected")

    hand.go("Logged by mistake? Take it back")
    hand.press("Take it back")
    expect(screen.locator("#reason-error")).to_be_visible()
    hand.write("Why", "Gặp người khác, ghi nhầm hồ sơ.")
    accessible(screen)
    screenshot(screen, "contact-take-back")
    hand.press("Take it back")
    screen.goto(case + "/contacts")
    expect(screen.get_by_text("No contact yet")).to_be_visible()
    hand.tap(screen.get_by_text("Taken back (1)"))
    expect(screen.get_by_text("Gặp người khác, ghi nhầm hồ sơ.")).to_be_visible()
    hand.tap(screen.get_by_text("What it said"))
    expect(screen.get_by_text(BETTER)).to_be_visible()
    accessible(screen)
    screenshot(screen, "contact-taken-back")
    screen.goto("/")
    expect(appointment).to_have_count(0)


def test_a_reminder_is_set_stands_in_a_calendar_that_names_nobody_and_is_done(
    screen: Page, client_as, sign_in, accessible, screenshot
):
    case = open_case(client_as("counselor"))
    sign_in(screen, "counselor")
    hand = Hand(screen)
    screen.goto(case + "/reminders")
    code = screen.locator("main .eyebrow a").inner_text()
    hand.go("Set a reminder")
    hand.write("What is to be done", TASK)
    hand.write("When", "2001-01-01")
    hand.press("Save")
    expect(screen.locator("#due_on-error")).to_be_visible()
    expect(hand.field("What is to be done")).to_have_value(TASK)
    accessible(screen)
    screenshot(screen, "reminder-refused")
    hand.write("When", f"{today() + timedelta(days=2)}")
    hand.press("Save")
    screen.goto(case + "/reminders")
    expect(screen.get_by_text(TASK)).to_be_visible()
    accessible(screen)
    screenshot(screen, "reminders")

    screen.goto("/")
    hand.go("reminder: 1")
    expect(screen.get_by_role("heading", level=1)).to_have_text("All that is due")
    line = screen.locator("main li", has_text=NAME)
    expect(line).to_have_count(1)
    expect(line).to_contain_text(f"{today() + timedelta(days=2):%d/%m/%Y}")
    accessible(screen)
    screenshot(screen, "due-reminders")
    calendar = hand.save("Calendar file").decode()
    days = [line for line in calendar.splitlines() if line.startswith("DTSTART")]
    assert f"DTSTART;VALUE=DATE:{today() + timedelta(days=2):%Y%m%d}" in days
    assert code in calendar
    for told in (NAME, INTAKE["alias"], TASK, INTAKE["phone"], "reminder"):
        assert told not in calendar, told

    hand.go("Open the reminder")
    hand.press("Done")
    expect(screen.get_by_text("No reminder is open")).to_be_visible()
    hand.tap(screen.get_by_text("Done or dropped: 1"))
    expect(screen.get_by_text(TASK)).to_be_visible()
    accessible(screen)
    screenshot(screen, "reminder-done")
    screen.goto("/due?kind=reminder")
    expect(screen.get_by_text("Nothing is due")).to_be_visible()
