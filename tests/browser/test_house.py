"""What holds on every page in a real browser: the CDN and its fallback, no JavaScript, a light
first visit, nothing left behind after signing out.
"""

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from casework.core.i18n import COOKIE
from tests.browser.cdn import HTMX_ADDRESS, STATIC, Cdn
from tests.browser.conftest import PHONE

KILOBYTES, REQUESTS = 70, 6
PAGES = (
    "/",
    "/cases",
    "/cases/new",
    "/groups",
    "/groups/new",
    "/meetings",
    "/units",
    "/account",
    "/roles",
)


def open_case(page: Page, alias: str) -> None:
    """Take somebody in with the least that is needed."""
    page.goto("/cases/new")
    page.locator("[name=alias]").fill(alias)
    chosen = {"sex": "female", "target_group": "D", "source": "self", "method": "signed"}
    for name, value in chosen.items():
        page.locator(f"[name={name}]").select_option(value)
    page.locator("label[for=consent_record-0]").click()
    page.get_by_role("button", name="Open the case").click()


@pytest.mark.parametrize("who", ["coordinator", "counselor", "unithead", "manager"])
def test_the_menu_takes_one_line(desktop: Page, sign_in, who):
    sign_in(desktop, who)
    for language in ("en", "vi"):
        desktop.context.add_cookies([{"name": COOKIE, "value": language, "url": desktop.url}])
        desktop.goto("/account")
        entries = desktop.locator(".nav-wide .nav-list").first.locator(":scope > li")
        tops = {entry.bounding_box()["y"] for entry in entries.all()}
        assert len(tops) == 1, f"{language}: {entries.all_inner_texts()}"


@pytest.mark.parametrize("cdn", Cdn)
def test_htmx_comes_from_the_cdn_or_from_the_program(desktop: Page, sign_in, cdn):
    sign_in(desktop, "counselor")
    desktop.wait_for_function("() => window.htmx !== undefined")
    # Only htmx turns this panel into the list of groups.
    expect(desktop.get_by_role("heading", name="My groups")).to_be_visible()
    assert desktop.evaluate("window.tampered") is None


def test_every_page_of_a_counselor_is_accessible(screen: Page, sign_in, accessible):
    sign_in(screen, "counselor")
    for address in PAGES:
        assert screen.goto(address).status == 200, address
        accessible(screen)


@pytest.mark.parametrize(
    ("who", "addresses"),
    [
        ("admin", ("/admin/accounts", "/admin/accounts/new", "/roles", "/audit/chain")),
        ("dpo", ("/audit", "/admin/accounts")),
        ("inspector", ("/figures",)),
        ("coordinator", ("/cases", "/meetings")),
    ],
)
def test_pages_of_the_other_roles_are_accessible(screen: Page, sign_in, accessible, who, addresses):
    sign_in(screen, who)
    for address in addresses:
        assert screen.goto(address).status == 200, address
        accessible(screen)


def test_the_main_path_works_without_javascript(open_page, sign_in):
    page = open_page(PHONE, javascript=False)
    sign_in(page, "counselor")
    open_case(page, "Bé Ba")
    page.get_by_role("link", name="Log a contact").first.click()
    page.locator("[name=note]").fill("Gặp ở nhà.")
    page.get_by_role("button", name="Save").click()
    page.locator("#panel-contacts a").click()
    expect(page.get_by_text("Gặp ở nhà.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[name=username]")).to_be_visible()


def test_a_first_visit_is_light(phone: Page, record_property):
    answers: list[Response] = []
    phone.on("response", lambda answer: answers.append(answer))
    phone.goto("/sign-in")
    phone.wait_for_load_state("networkidle")
    sizes = {
        answer.url: _compressed(answer) for answer in answers if not answer.url.startswith("data:")
    }
    record_property("first visit", f"{len(sizes)} requests, {sum(sizes.values()) / 1000:.1f} kB")
    assert len(sizes) <= REQUESTS, sorted(sizes)
    assert sum(sizes.values()) <= KILOBYTES * 1000, sizes


def _compressed(answer: Response) -> int:
    """Bytes of the body as sent; the CDN's file as a CDN compresses it."""
    if answer.url == HTMX_ADDRESS:
        (file,) = (STATIC / "vendor").rglob("htmx*.js")
        return len(gzip.compress(file.read_bytes(), 6))
    return int(answer.request.sizes()["responseBodySize"])


def test_nothing_is_left_after_signing_out(desktop: Page, sign_in):
    sign_in(desktop, "counselor")
    open_case(desktop, "Lính Canh")
    expect(desktop.get_by_text("Lính Canh").first).to_be_visible()
    case = desktop.url
    desktop.get_by_role("button", name="Sign out").click()
    expect(desktop.locator("[name=username]")).to_be_visible()
    desktop.go_back()
    desktop.wait_for_load_state()
    expect(desktop.get_by_text("Lính Canh")).to_have_count(0)
    desktop.goto(case)
    assert "/sign-in" in desktop.url
    stored = desktop.evaluate(
        """async () => JSON.stringify([{...localStorage}, {...sessionStorage},
           await indexedDB.databases(), await caches.keys()])"""
    )
    assert stored == "[{},{},[],[]]"
    assert not [c for c in desktop.context.cookies() if c["name"] == "casework"]


def test_an_expired_session_keeps_the_text_through_signing_in(
    desktop: Page, sign_in, app, complaints
):
    from datetime import timedelta

    from sqlalchemy import update

    from casework.core.clock import now
    from casework.core.database import db
    from casework.organisation.accounts.models import AccountSession

    sign_in(desktop, "counselor")
    desktop.goto("/cases/new")
    desktop.locator("[name=alias]").fill("Chưa kịp lưu")
    with app.app_context():
        db.session.execute(update(AccountSession).values(seen_at=now() - timedelta(minutes=16)))
        db.session.commit()
    complaints.expect("status of 401")
    desktop.get_by_role("button", name="Open the case").click()
    desktop.locator("input[name=username]").fill("counselor")
    desktop.locator("input[name=password]").fill("chiếc thuyền ngoài xa")
    desktop.locator("input[name=password]").press("Enter")
    desktop.wait_for_url(re.compile("/cases/new"))
    assert desktop.locator("[name=alias]").input_value() == "Chưa kịp lưu"


def test_the_bundle_is_current():
    from tools.bundle_css import bundle

    assert bundle() == (Path(STATIC) / "casework.css").read_text()
