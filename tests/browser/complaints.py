"""Everything a browser complains about while a test runs; a test with complaints fails."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

from tests.browser.cdn import HTMX_ADDRESS

# A refused form is an answer, though Chromium reports its status as an error.
REFUSED_FORM = "status of 422"

REPORT_POLICY_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  `policy violated: ${event.effectiveDirective} by ${event.blockedURI} ${event.sourceFile}`));
"""


class Complaints:
    """Console errors, failed scripts, policy violations, requests that leave this computer."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._expected = [REFUSED_FORM]

    def listen(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_POLICY_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_script_error)
        context.on("request", self._on_request)

    def expect(self, words: str) -> None:
        """From now on a complaint with these words belongs to the test."""
        self._expected.append(words)

    @property
    def unexpected(self) -> list[str]:
        return [
            heard for heard in self._heard if not any(words in heard for words in self._expected)
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "assert"):
            self._heard.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_script_error(self, error: WebError) -> None:
        self._heard.append(f"script: {error.error.stack or error.error.message}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        away = parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"
        if away and request.url != HTMX_ADDRESS:
            self._heard.append(f"left this computer: {request.url}")
