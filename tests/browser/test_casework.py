"""A counselor's hour on a phone: a contact logged from Today with two taps, support given, a person
referred once they agreed; and the same main path without a script.
"""

import time
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from casework.confidential.consent.models import Consent, ConsentMethod, Purpose
from casework.core.clock import today
from casework.core.database import db
from casework.organisation.partners.models import Partner, PartnerKind
from tests.browser.conftest import PHONE
from tests.browser.hand import Hand
from tests.cast import Cast

NAME = "Đào Thị Ngọc Ánh"
STATION = "Trạm y tế phường Bạc Liêu"
# The issue asks for two taps and half a minute; what was measured goes into
# the report (`pytest --junit-xml`) and docs/performance.md.
MOST_TAPS, MOST_SECONDS = 2, 30


def take_in(page: Page) -> str:
    """A case that was opened a month ago; answers its address."""
    page.goto("/cases/new")
    page.get_by_label("Name", exact=False).first.fill(NAME)
    page.get_by_label("Sex").select_option("female")
    page.get_by_label("Group").select_option("A")
    page.get_by_label("Came through").select_option("self")
    since = today() - timedelta(days=30)
    page.get_by_label("Taken in on").fill(since.isoformat())
    page.locator("label[for=consent_record-0]").click()
    page.get_by_label("Consent given how").select_option("signed")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/cases/*-*")
    return page.url


@pytest.fixture
def partner(write, cast: Cast) -> UUID:
    """A health station with which unit a works."""

    def enter() -> UUID:
        since, kind = today() - timedelta(days=200), PartnerKind.HEALTH_STATION
        made = Partner(unit_id=cast.units["a"], kind=kind, name=STATION, active_from=since)
        db.session.add(made)
        db.session.flush()
        return made.id

    found: UUID = write(enter)
    return found


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_contact_is_logged_from_today_with_two_taps(
    open_page, sign_in, record_testsuite_property, javascript
):
    page = open_page(PHONE, javascript=javascript)
    sign_in(page, "counselor")
    take_in(page)
    page.goto("/")
    hand, begun = Hand(page), time.perf_counter()
    hand.go("Log a contact")
    page.wait_for_url("**/contacts/new*")
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    hand.press("Save")
    page.wait_for_url(lambda address: address.endswith("/"))
    seconds = time.perf_counter() - begun
    record_testsuite_property(
        f"contact from Today, {javascript=}", f"{hand.taps} taps, {seconds:.1f} seconds"
    )
    assert hand.taps <= MOST_TAPS
    assert seconds < MOST_SECONDS
    expect(page.get_by_text("The contact is saved.")).to_be_visible()


def test_a_whole_contact_at_somebodys_door(
    phone, sign_in, accessible, screenshot, record_testsuite_property
):
    sign_in(phone, "counselor")
    case = take_in(phone)
    phone.goto("/")
    hand, begun = Hand(phone), time.perf_counter()
    hand.go("Log a contact")
    for choice in ("at home", "30", "in two weeks", "family", "work and income"):
        hand.tap(phone.locator(".picks label").get_by_text(choice, exact=True))
    hand.write("Note", "Chị khỏe, đang tìm việc gần nhà.")
    accessible(phone)
    screenshot(phone, "contact")
    hand.press("Save")
    phone.wait_for_url(lambda address: address.endswith("/"))
    seconds = time.perf_counter() - begun
    record_testsuite_property("whole contact", f"{hand.taps} taps, {seconds:.1f} seconds")
    assert hand.taps <= 8
    assert seconds < MOST_SECONDS
    due = today() + timedelta(days=14)
    expect(phone.get_by_text(f"Next appointment: {due:%d/%m/%Y}")).to_be_visible()
    phone.goto(case)
    expect(phone.get_by_text("Chị khỏe, đang tìm việc gần nhà.")).to_be_visible()
    expect(phone.get_by_text("work and income")).to_be_visible()


def test_the_case_page_loads_its_panels_as_they_come_into_view(
    screen, sign_in, accessible, screenshot
):
    asked: list[str] = []
    sign_in(screen, "counselor")
    case = take_in(screen)
    screen.goto("/account", wait_until="networkidle")
    screen.on("request", lambda request: asked.append(request.url))
    screen.goto(case)
    expect(screen.locator("#panel-contacts").get_by_text("No contact yet")).to_be_visible()
    screen.wait_for_load_state("networkidle")
    assert case + "/contacts" in asked
    waiting = screen.locator(".panel .waiting").count()
    screen.locator(".jumps").get_by_role("link", name="Who looked").click()
    expect(screen.locator("#panel-looks").get_by_text("took the person in")).to_be_visible()
    assert screen.viewport_size != PHONE or waiting > 0
    panels_shown = screen.locator("section.panel[id]")
    expect(panels_shown.last).to_be_attached()
    for panel in panels_shown.all():
        panel.scroll_into_view_if_needed()
    expect(screen.locator(".panel .waiting")).to_have_count(0)
    panels = [address for address in asked if address.startswith(case + "/")]
    assert sorted(panels) == sorted(set(panels)), "a panel was asked for twice"
    accessible(screen)
    screenshot(screen, "case-panels")


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_support_is_given_and_summed(open_page, sign_in, accessible, screenshot, javascript):
    page = open_page(PHONE, javascript=javascript)
    sign_in(page, "counselor")
    case = take_in(page)
    hand = Hand(page)
    page.goto(case)
    hand.go("Give support")
    hand.choose("Kind of support", "gift")
    hand.tap(page.locator(".picks label").get_by_text("in money", exact=True))
    hand.write("Amount, or worth if known", "500.000")
    hand.choose("Source", "programme funds")
    hand.write("Number of the voucher", "Nguyễn Văn An")
    hand.write("Note", "Quà Tết.")
    hand.press("Save")
    expect(page.locator("#voucher-error")).to_contain_text("no name")
    expect(page.get_by_label("Note", exact=False)).to_have_value("Quà Tết.")
    if javascript:
        accessible(page)
    hand.write("Number of the voucher", "PC-12/2026")
    hand.press("Save")
    page.wait_for_url(case)
    page.goto("/support")
    expect(page.get_by_text("Items: 1, for 1 of the cases")).to_be_visible()
    if javascript:
        accessible(page)
    screenshot(page, "support-of-the-year")
    page.goto(case + "/support")
    expect(page.get_by_text("PC-12/2026")).to_be_visible()
    if javascript:
        accessible(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_person_is_referred_once_they_agree(
    open_page, sign_in, accessible, screenshot, write, partner, javascript
):
    page = open_page(PHONE, javascript=javascript)
    sign_in(page, "counselor")
    case = take_in(page)
    hand = Hand(page)
    page.goto(case)
    hand.go("Refer")
    hand.choose("Partner", f"{STATION} (health station)")
    hand.choose("What help is asked for", "a link to health care")
    hand.write("Reason, as the partner will read it", "Cần hướng dẫn thủ tục khám bệnh.")
    hand.press("Save")
    expect(page.get_by_text("has not been asked yet").first).to_be_visible()
    expect(page.get_by_role("link", name="Record the person's answer")).to_be_visible()
    if javascript:
        accessible(page)
    screenshot(page, "referral-without-consent")
    write(agree, UUID(case.rsplit("/", 1)[1]), partner)

    hand.press("Save")
    page.wait_for_url("**/referrals/*-*")
    expect(page.get_by_text("Cần hướng dẫn thủ tục khám bệnh.")).to_be_visible()
    if javascript:
        accessible(page)
    screenshot(page, "referral")
    assert hand.save("Letter with the case code (DOCX)").startswith(b"PK")
    hand.go("Record the partner's answer")
    hand.tap(page.locator(".picks label").get_by_text("accepted", exact=True))
    hand.press("Save")
    expect(page.get_by_text("The partner's answer is saved.")).to_be_visible()
    page.goto("/referrals")
    expect(page.get_by_text("No referral waits")).to_be_visible()
    if javascript:
        accessible(page)


def agree(case_id: UUID, partner_id: UUID) -> None:
    """The person's yes to one partner, today."""
    told = {"purpose": Purpose.REFERRAL, "method": ConsentMethod.SIGNED, "is_given": True}
    consent = Consent(case_id=case_id, partner_id=partner_id, on=today(), **told)
    consent.recorded_by = partner_id
    db.session.add(consent)
