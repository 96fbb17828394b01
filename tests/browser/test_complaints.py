"""The browser tests hear what they are there to hear. Each test breaks one rule on purpose."""

import pytest
from flask import Flask, Response
from playwright.sync_api import Page

from tests.browser.cdn import HTMX_ADDRESS, Cdn
from tests.browser.complaints import Complaints
from tests.browser.conftest import PATIENCE

INTEGRITY = "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
PAGES = {
    "htmx": f'<script src="{HTMX_ADDRESS}" integrity="{INTEGRITY}" crossorigin></script>',
    "console": "<script>console.error('something is wrong')</script>",
    "script": "<script>nowhere()</script>",
    "policy": '<p style="color: red">Red</p>',
    "abroad": '<img src="https://example.org/pixel.png" alt="">',
    "contrast": '<p style="color: #eee">Cannot be read</p>',
    "wide": '<div style="width: 500px">Wide</div>',
}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, static_folder=None)

    @app.get("/<name>")
    def show(name: str) -> Response:
        icon = '<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
        head = f'<!doctype html><html lang="en"><head><title>{name}</title>{icon}</head>'
        page = Response(f"{head}<body><main><h1>{name}</h1>{PAGES[name]}</main></body></html>")
        if name == "policy":
            page.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:"
        return page

    return app


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("console", "something is wrong"),
        ("script", "nowhere is not defined"),
        ("policy", "policy violated: style-src-attr"),
        ("abroad", "left this computer: https://example.org/pixel.png"),
    ],
)
def test_complaint_is_heard(desktop: Page, complaints: Complaints, name: str, heard: str):
    desktop.goto(f"/{name}")
    for _ in range(PATIENCE // 50):  # a violation is told when the browser comes to it
        if any(heard in complaint for complaint in complaints.unexpected):
            break
        desktop.wait_for_timeout(50)
    else:
        pytest.fail(f"not heard: {heard}")
    complaints.expect("")  # all of them were wanted


@pytest.mark.parametrize("name", ["contrast", "wide"])
def test_page_that_shuts_people_out_is_refused(phone: Page, accessible, name: str):
    phone.goto(f"/{name}")
    with pytest.raises(AssertionError, match=r"contrast|px wide"):
        accessible(phone)


@pytest.mark.parametrize("cdn", Cdn)
def test_cdn_does_as_it_is_told(desktop: Page, cdn: Cdn):
    desktop.goto("/htmx", wait_until="commit" if cdn is Cdn.HANGING else "load")
    loaded = desktop.evaluate("typeof htmx") == "object"
    assert loaded is (cdn is Cdn.WORKS)
    assert desktop.evaluate("window.tampered") is None
