"""A browser, the running program, and what a journey needs.

A test takes `desktop` or `phone` (or `screen`, to run on both) and gets a page that is watched: any
complaint of the browser fails it. `open_page` opens more, each like another person's computer.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from casework.core.database import db
from casework.core.i18n import COOKIE
from tests.browser.cdn import HTMX_ADDRESS, Cdn, intercept
from tests.browser.complaints import Complaints
from tests.browser.records import Records, furnish
from tests.cast import Cast
from tests.conftest import Program

PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=800)
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
PATIENCE = 10_000  # milliseconds
expect.set_options(timeout=PATIENCE)

ARGUMENTS = [
    "--no-sandbox",  # refused to root; the pages are ours
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


class _Quiet(WSGIRequestHandler):
    """Keeps requests out of the output of the tests, and knows which are still being answered."""

    answering: ClassVar[set[int]] = set()

    def log(self, type: str, message: str, *args: object) -> None:
        pass

    def run_wsgi(self) -> None:
        self.answering.add(id(self))
        try:
            super().run_wsgi()
        finally:
            self.answering.discard(id(self))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CASEWORK_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    if not found:
        pytest.fail("No Chromium: python3 dev.py test installs it or says how")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    """Journeys run on SQLite; the main job runs on PostgreSQL too (test_main_job.py)."""
    sqlite_program.reset()
    return sqlite_program


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The program on a free port of this computer; answers its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    # A panel that a closed page asked for last must not reach into the next test's database: it
    # would open the file that is just taken away, and that connection knows no later session.
    deadline = time.monotonic() + PATIENCE / 1000
    while _Quiet.answering and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _Quiet.answering, "a request is still being answered"
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def cdn() -> Cdn:
    """How the CDN behaves; `@pytest.mark.parametrize("cdn", Cdn)` tries every way."""
    return Cdn.WORKS


@pytest.fixture
def complaints(cdn: Cdn) -> Iterator[Complaints]:
    """What the browser complained about; asked at the end of the test."""
    heard = Complaints()
    if cdn is not Cdn.WORKS:
        heard.expect(HTMX_ADDRESS)
    yield heard
    assert heard.unexpected == []


@pytest.fixture
def open_page(
    browser: Browser, live_server: str, cdn: Cdn, complaints: Complaints
) -> Iterator[OpenPage]:
    """Open a page like another person's computer would: no cookies, no storage, no cache."""
    contexts = []

    def open_(viewport: ViewportSize = DESKTOP, *, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server,
            viewport=viewport,
            is_mobile=viewport == PHONE,
            has_touch=viewport == PHONE,
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
        intercept(context, cdn)
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def desktop(open_page: OpenPage) -> Page:
    return open_page(DESKTOP)


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    return open_page(PHONE)


@pytest.fixture(params=SCREENS)
def screen(open_page: OpenPage, request: pytest.FixtureRequest) -> Page:
    """The same test on a phone and on a desktop."""
    return open_page(SCREENS[request.param])


@pytest.fixture
def sign_in(demo_password: str) -> Callable[[Page, str], None]:
    """Sign a demonstration account in, the way a person does."""

    def sign_in_(page: Page, username: str) -> None:
        page.goto("/sign-in")
        page.locator("input[name=username]").fill(username)
        page.locator("input[name=password]").fill(demo_password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)

    return sign_in_


@pytest.fixture
def write(app: Flask) -> Callable[..., Any]:
    """Write records, as in `write(furnish, cast)`; answers what was written."""

    def write_(what: Callable[..., Any], *values: object) -> Any:
        with app.app_context():
            written = what(*values)
            db.session.commit()
        return written

    return write_


@pytest.fixture
def records(cast: Cast, write: Callable[..., Any]) -> Records:
    """A club, a team, their members and hamlets in unit a."""
    found: Records = write(furnish, cast)
    return found


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Save a picture to look at, where CASEWORK_SCREENSHOTS is set; `vi` takes the page in
    Vietnamese besides, as its address shows it.
    """
    wanted = os.environ.get("CASEWORK_SCREENSHOTS")

    def screenshot_(page: Page, name: str) -> None:
        if not wanted:
            return
        page.screenshot(path=SCREENSHOTS / f"{name}-{_width(page)}.png", full_page=True)
        if wanted == "vi" and page.request.get(page.url).ok:
            page.context.add_cookies([{"name": COOKIE, "value": "vi", "url": page.url}])
            other = page.context.new_page()
            other.goto(page.url, wait_until="networkidle")
            other.screenshot(path=SCREENSHOTS / f"{name}-{_width(page)}-vi.png", full_page=True)
            other.close()
            page.context.clear_cookies(name=COOKIE)

    return screenshot_


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Refuse a page with which axe finds fault, or that has to be scrolled sideways."""

    def accessible_(page: Page) -> None:
        # Panels fade while htmx fetches them; a page without panels is whole once it is loaded.
        panels = page.locator("[hx-get]").count()
        page.wait_for_load_state("networkidle" if panels else "load")
        page.wait_for_function("() => !document.querySelector('.htmx-request')")
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= _width(page), f"{page.url} is {needed} px wide"

    return accessible_


def _width(page: Page) -> int:
    assert page.viewport_size, "pages are opened with a viewport"
    return page.viewport_size["width"]
