"""What the CDN of htmx does while a test runs: it answers, fails, lies or hangs."""

from enum import StrEnum
from pathlib import Path

from playwright.sync_api import BrowserContext, Route

STATIC = Path(__file__).parents[2] / "casework" / "static"
HTMX_ADDRESS = "https://cdn.jsdelivr.net/npm/htmx.org@4.0.1/dist/htmx.min.js"


class Cdn(StrEnum):
    """The value is what a test is called after."""

    WORKS = "cdn"
    BROKEN = "cdn-broken"
    TAMPERED = "cdn-tampered"
    HANGING = "cdn-hanging"


def intercept(context: BrowserContext, cdn: Cdn) -> None:
    """Answer for the CDN; it is never asked itself."""
    context.route(HTMX_ADDRESS, _ANSWERS[cdn])


def _works(route: Route) -> None:
    _send(route, _own_copy())


def _broken(route: Route) -> None:
    route.abort("connectionrefused")


def _tampered(route: Route) -> None:
    _send(route, _own_copy() + b"\n;window.tampered = true;")


def _hanging(_: Route) -> None:
    """Never answer."""


_ANSWERS = {
    Cdn.WORKS: _works,
    Cdn.BROKEN: _broken,
    Cdn.TAMPERED: _tampered,
    Cdn.HANGING: _hanging,
}


def _send(route: Route, body: bytes) -> None:
    # Without the header the browser may not check the integrity of another origin's file.
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
    route.fulfill(status=200, headers=headers, body=body)


def _own_copy() -> bytes:
    (file,) = (STATIC / "vendor").rglob("htmx*.js")
    return file.read_bytes()
