"""The pictures of README.md and docs/, taken anew from the running program.

    python3 -m tools.pictures

Starts the program with its demonstration in a temporary folder, on a free port, signs in as the
people concerned and writes docs/pictures/*.png: in Vietnamese, as a desktop (1280) or a phone (360)
shows the first screen of a page. Needs the requirements of the tests and Chromium.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
DESKTOP, PHONE = (1280, 800), (360, 740)
LARGEST = 160_000  # bytes: a page of the documentation stays quick to load
PATIENCE = 60.0  # seconds until the server answers
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def stay(page: Page) -> None:
    """The start page itself."""


def open_case(page: Page) -> None:
    """The case that is due first, which has a few contacts."""
    page.goto("/cases?order=due")
    page.locator("tbody th a").first.click()


def in_a_case(part: str) -> Callable[[Page], object]:
    """A part of the case that is due first."""

    def go(page: Page) -> None:
        open_case(page)
        page.goto(page.url + part)

    return go


def log_session(page: Page) -> None:
    """The form of a group session, everybody ticked."""
    page.goto("/groups")
    page.locator("main a.btn-primary").first.click()


def unit_view(page: Page) -> None:
    """The published figures of the account's unit."""
    page.goto("/figures")
    link = page.locator("tbody th a")
    if link.count():
        link.first.click()


def at(address: str) -> Callable[[Page], object]:
    """A page with an address of its own."""
    return lambda page: page.goto(address)


@dataclass(frozen=True, slots=True)
class Picture:
    """What to show: whose screen, how they get there, how large it is, how far down to scroll."""

    name: str
    username: str
    go: Callable[[Page], object]
    size: tuple[int, int] = DESKTOP
    scroll_to: str = ""


PICTURES = (
    Picture("today-1280", "counselor", stay),
    Picture("today-360", "counselor", stay, PHONE),
    Picture("cases-1280", "counselor", at("/cases")),
    Picture("intake-360", "counselor", at("/cases/new"), PHONE),
    Picture("case-1280", "counselor", open_case),
    Picture("case-360", "counselor", open_case, PHONE),
    Picture("contact-360", "counselor", in_a_case("/contacts/new"), PHONE),
    Picture("needs-360", "counselor", in_a_case("/assessments/new"), PHONE),
    Picture("plan-1280", "counselor", in_a_case("/plans")),
    Picture("caseloads-1280", "coordinator", at("/caseloads")),
    Picture("out-of-turn-1280", "dpo", at("/emergency/decisions")),
    Picture("session-1280", "counselor", log_session),
    Picture("session-360", "counselor", log_session, PHONE),
    Picture("unit-1280", "unithead", unit_view),
    Picture("unit-persons-1280", "unithead", unit_view, scroll_to=".figures + h2"),
    Picture("unit-360", "unithead", unit_view, PHONE, scroll_to=".figures + h2"),
    Picture("my-unit-1280", "unithead", at("/overview")),
    Picture("meetings-1280", "unithead", at("/meetings")),
    Picture("meeting-360", "volunteer", at("/meetings/log"), PHONE),
    Picture("budget-1280", "accountant", at("/budgets")),
    Picture("log-1280", "dpo", at("/audit")),
)


def main() -> None:
    """Take every picture; complain about a large one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as (address, password),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--lang=vi"],
            env={**os.environ, "LANGUAGE": "vi"},  # its own date fields, where it has the language
        )
        for picture in PICTURES:
            take(browser, address, password, picture)
        browser.close()
    large = [path.name for path in FOLDER.glob("*.png") if path.stat().st_size > LARGEST]
    if large:
        sys.exit(f"More than {LARGEST} bytes: {', '.join(large)}")


@contextmanager
def running(instance: Path) -> Iterator[tuple[str, str]]:
    """The program with its demonstration; its address and the password of everybody."""
    password, port = secrets.token_urlsafe(12), free_port()
    environment = os.environ | {
        "CASEWORK_INSTANCE": str(instance),
        "CASEWORK_SECRET_KEY": secrets.token_hex(32),
        "CASEWORK_PEPPER": secrets.token_hex(32),
        "CASEWORK_DATABASE_URL": "",
        "CASEWORK_INSPECTION_DATABASE_URL": "",
        "CASEWORK_DEMO_PASSWORD": password,
        "CASEWORK_HTMX": "local",
        "CASEWORK_LOCALE": "vi",
        "CASEWORK_TLS": "0",
    }
    python = [sys.executable, "-m"]
    subprocess.run(
        [*python, "flask", "--app", "app", "prepare"], cwd=ROOT, env=environment, check=True
    )
    server = subprocess.Popen(
        [*python, "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level",
         "error", "app:app"],
        cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/healthz")
        yield address, password
    finally:
        server.terminate()
        server.wait(timeout=30)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Until the server answers. Raises OSError when it never does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def take(browser: Browser, address: str, password: str, picture: Picture) -> None:
    """Sign in like a person on a computer of their own, go there, and keep what is seen."""
    width, height = picture.size
    context = browser.new_context(
        base_url=address,
        viewport=ViewportSize(width=width, height=height),
        device_scale_factor=1.5 if picture.size == PHONE else 1,
        is_mobile=picture.size == PHONE,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("input[name=username]").fill(picture.username)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    picture.go(page)
    page.wait_for_load_state("networkidle")
    if picture.scroll_to:
        page.locator(picture.scroll_to).first.evaluate("element => element.scrollIntoView()")
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def find_chromium() -> str:
    """The browser named by CASEWORK_CHROMIUM, else the system's."""
    found = os.environ.get("CASEWORK_CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM)), ""
    )
    return found or sys.exit("No Chromium: install it first (on Debian: apt-get install chromium)")


if __name__ == "__main__":
    main()
