"""A visit: the inspector answers on a phone in the room, the unit draws files on its own screen."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from casework.core.audit import AuditEntry
from casework.core.database import db
from casework.inspection.findings.models import Finding
from casework.inspection.visits.models import Check, SampleTick
from casework.vault.drafts import KeptForm
from tests.anonymisation import work
from tests.browser.conftest import DESKTOP
from tests.browser.hand import Hand
from tests.browser.test_casework import take_in
from tests.inspection.visiting import judge_fully, plan_round

REMARK = "Bốn kỳ không họp: hai kỳ vì bão, hai kỳ vì thiếu phòng."


def a_visit_to_come(cast) -> str:
    """An inspection of unit a, whose figures are out and in which two people counsel."""
    judge_fully(cast)
    club = work.add_body(cast.units["a"])
    work.add_staff(cast.units["a"], club, "club", 2)
    return f"/inspections/{plan_round(cast)}"


def count(app, kind, *conditions) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind).where(*conditions)) or 0


def rated(app, code: str) -> tuple[str, str]:
    with app.app_context():
        found = db.session.scalars(select(Check).where(Check.code == code)).one()
        return found.rating, found.remark


def rate(page: Page, code: str, words: str) -> None:
    """Tap on a rating of a criterion."""
    page.locator(f"fieldset#rating_{code} .picks label", has_text=words).first.click()


def remark(page: Page, code: str) -> None:
    """Open the remark of a criterion and go into it."""
    part = page.locator(f"fieldset#rating_{code}")
    part.locator("summary").click()
    part.locator("textarea").click()


def test_a_visit(phone, open_page, sign_in, cast, app, write, accessible, screenshot, complaints):
    base = write(a_visit_to_come, cast)
    sign_in(phone, "inspector")
    hand = Hand(phone)
    phone.goto(base + "/checklist")
    screenshot(phone, "visit-before")
    hand.press("Open the visit")
    expect(phone.get_by_text("0 of 29 answered")).to_be_visible()
    accessible(phone)
    screenshot(phone, "visit-opened")

    # One part after another: what the figure says is preset, and saved with one tap.
    phone.locator("nav.jumps a", has_text="Organisation").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("A. Organisation")
    accessible(phone)
    screenshot(phone, "visit-part")
    hand.press("Save and go on")
    expect(phone.get_by_role("heading", level=1)).to_have_text("B. Meetings")

    lose_the_signal(phone, base, app, complaints, accessible, screenshot)
    assert rated(app, "B1") == ("partly", REMARK)
    assert count(app, AuditEntry, AuditEntry.action == "visit.answer") == 2
    assert count(app, KeptForm) == 0

    # Skills seen at work.
    phone.goto(base + "/checklist/skills")
    phone.locator("select").nth(2).select_option("2")
    phone.locator("select").nth(3).select_option("4")
    phone.locator("input[name^=remark_]").nth(2).fill("Còn hỏi dồn")
    accessible(phone)
    screenshot(phone, "visit-skills")
    hand.press("Save")

    draw_files(phone, open_page, sign_in, base, accessible, screenshot)
    assert count(app, SampleTick) == 3

    # The unit's head types what the unit has to say.
    head = open_page(DESKTOP)
    sign_in(head, "unithead")
    head.goto(base + "/checklist")
    head.get_by_role("link", name="What the unit itself says").click()
    head.get_by_label("Difficulties").fill("Kinh phí cấp về chậm\nThiếu phòng sinh hoạt")
    accessible(head)
    screenshot(head, "visit-own-words")
    Hand(head).press("Save")

    # The end: what is missing stands there; findings are proposed, strengths first.
    phone.goto(base + "/checklist")
    accessible(phone)
    screenshot(phone, "visit-whole")
    hand.go("Close the visit")
    screenshot(phone, "visit-close")
    hand.tick("Close it although something is missing")
    hand.press("Close the visit")
    phone.goto(base + "/findings")
    told = phone.get_by_text("Sinh hoạt Câu lạc bộ chưa đúng định kỳ: 8/12 kỳ", exact=True)
    expect(told).to_be_visible()
    accessible(phone)
    screenshot(phone, "findings-proposed")
    hand.press("All")
    hand.press("Accept the ticked")
    accessible(phone)
    screenshot(phone, "findings-accepted")
    waiting = count(app, Finding, Finding.status != "accepted")
    assert waiting == 0
    hand.tap(phone.get_by_role("link", name=re.compile("^Change")).first)
    accessible(phone)
    screenshot(phone, "finding-form")

    desk = open_page(DESKTOP)
    sign_in(desk, "inspector")
    for path, name in (("", "inspection-with-visit"), ("/checklist", "visit-whole"),
                       ("/findings", "findings-accepted")):  # fmt: skip
        desk.goto(base + path)
        accessible(desk)
        screenshot(desk, name)


def lose_the_signal(phone, base, app, complaints, accessible, screenshot) -> None:
    """In the middle of a remark the signal goes; then a save is lost on its way."""
    for words in ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED"):
        complaints.expect(words)
    address = f"{base}/checklist/B"
    rate(phone, "B1", "Partly met")
    remark(phone, "B1")
    phone.keyboard.type(REMARK[:20])
    expect(phone.locator(".draft-line")).to_have_text(re.compile(r"Draft saved \d\d:\d\d"))
    phone.context.set_offline(True)
    phone.keyboard.type(REMARK[20:])
    expect(phone.get_by_text("No signal: what you type is only on this page")).to_be_visible()
    phone.get_by_role("button", name="Save and go on").click()
    expect(phone.get_by_text("The program cannot be reached right now")).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.locator(".draft-line")).to_have_text(re.compile(r"Draft saved \d\d:\d\d"))

    lost = []

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        lost.append(route.request.url)
        return route.abort()

    phone.route("**/checklist/B", lose)
    with phone.expect_event("requestfailed"):
        phone.get_by_role("button", name="Save and go on").click()
    assert len(lost) == 1
    phone.wait_for_url("chrome-error://**")  # what the browser shows of a lost save
    phone.unroute("**/checklist/B")
    assert rated(app, "B1") == ("", "")

    phone.goto(address)
    expect(phone.get_by_role("heading", name="You began to write here")).to_be_visible()
    phone.get_by_role("link", name="Use it").click()
    expect(phone.locator("[name=remark_B1]")).to_have_value(REMARK)
    expect(phone.locator("#rating_B1 input[value=partly]")).to_be_checked()
    accessible(phone)
    screenshot(phone, "visit-draft")
    Hand(phone).press("Save and go on")
    expect(phone.get_by_role("heading", level=1)).to_have_text("C. Communication")


def draw_files(phone, open_page, sign_in, base, accessible, screenshot) -> None:
    """The inspector asks for three files; the unit has one, and only its own screen says which."""
    counselor = open_page(DESKTOP)
    sign_in(counselor, "counselor")
    take_in(counselor)
    code = counselor.get_by_role("heading", level=1).inner_text()
    hand = Hand(phone)
    phone.goto(base + "/checklist/sample")
    accessible(phone)
    screenshot(phone, "sample-ask")
    hand.press("Ask for files")

    coordinator = open_page(DESKTOP)
    sign_in(coordinator, "coordinator")
    Hand(coordinator).menu("Files for inspectors", "Activities")
    accessible(coordinator)
    screenshot(coordinator, "samples")
    coordinator.locator("table a").first.click()
    accessible(coordinator)
    screenshot(coordinator, "sample-to-draw")
    Hand(coordinator).press("Draw the files")
    expect(coordinator.get_by_text(code)).to_be_visible()
    expect(coordinator.get_by_text("There are fewer files than numbers.")).to_be_visible()
    accessible(coordinator)
    screenshot(coordinator, "sample-drawn")

    phone.reload()
    assert code not in phone.content()
    for field, answer in (("tick_1_file", "yes"), ("tick_1_consent", "no"), ("tick_1_plan", "yes")):
        phone.locator(f"#{field} label", has_text=re.compile(f"^{answer}$")).click()
    accessible(phone)
    screenshot(phone, "sample-ticks")
    hand.press("Save")
    expect(phone.get_by_text("The file is there: 1/1")).to_be_visible()
