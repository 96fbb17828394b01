"""Going through pages like somebody with a finger or a mouse: by the words that stand there."""

import re
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page

from tests.browser.conftest import PHONE

# The form that a button sends with the whole page, not with htmx alone.
SENDS = (
    "xpath=self::*[@type='submit' or not(@type)]/ancestor::form[@method='post' and not(@hx-post)]"
)


class Hand:
    """Taps, types and chooses on a page, and counts the taps: one to come to a field, two to choose
    from a list.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, target: Locator) -> None:
        """Tap on what is shown."""
        self.taps += 1
        target.click()

    def go(self, words: str) -> None:
        """Follow the link with these words, and wait for the page it leads to."""
        self.tap(self._shown("link", words))
        self.page.wait_for_load_state()

    def press(self, words: str) -> None:
        """Press the button with these words, and wait for the page that answers."""
        button = self._shown("button", words)
        if button.locator(SENDS).count():
            with self.page.expect_navigation():
                self.tap(button)
        else:
            self.tap(button)

    def menu(self, entry: str, section: str = "") -> None:
        """Go somewhere by the menu; a section of it has to be opened on a wide screen only."""
        is_phone = self.page.viewport_size == PHONE
        menu = self.page.locator(".menu-phone" if is_phone else ".nav-wide")
        if is_phone or section:
            self.tap(menu.locator("summary", has_text="Menu" if is_phone else section).first)
        self.tap(menu.get_by_role("link", name=entry, exact=True))
        self.page.wait_for_load_state()

    def field(self, label: str) -> Locator:
        """The field with this label."""
        words = rf"^\s*{re.escape(label)}\s*(\(optional\))?\s*$"
        return self.page.locator("main").get_by_label(re.compile(words)).locator("visible=true")

    def write(self, label: str, text: str) -> None:
        """Tap into a field and type."""
        self.taps += 1
        self.field(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Open a list and choose."""
        self.taps += 2
        self.field(label).select_option(label=option)

    def tick(self, label: str) -> None:
        """Tick a box by its words, which are the larger target."""
        self.tap(self.page.locator("main label").get_by_text(label, exact=True))

    def pick(self, words: str) -> None:
        """Tap on one of a few choices that stand side by side."""
        self.tap(self.page.locator(".picks label").get_by_text(words, exact=True))

    def attach(self, label: str, name: str, content: bytes, kind: str = "application/pdf") -> None:
        """Choose a file."""
        self.taps += 2
        self.field(label).set_input_files(FilePayload(name=name, mimeType=kind, buffer=content))

    def save(self, words: str) -> bytes:
        """Save the file behind a link."""
        with self.page.expect_download() as expected:
            self.go(words)
        return Path(expected.value.path()).read_bytes()

    def _shown(self, role: str, words: str) -> Locator:
        found = self.page.locator("main").get_by_role(role, name=words)  # type: ignore[arg-type]
        return found.locator("visible=true").first
