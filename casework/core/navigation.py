"""The main menu: features add their entry; a page shows the entries its account may open."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import lazy_gettext as _l

from casework.config import HTMX_CDN, HTMX_INTEGRITY


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu."""

    label: Any
    endpoint: str
    is_open: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a page shows it."""

    label: Any
    url: str
    current: bool = False


_entries: list[Entry] = []


def menu(label: Any, endpoint: str, is_open: Callable[[], bool]) -> None:
    """Add an entry; `is_open` says whether the current account may go there."""
    _entries.append(Entry(label, endpoint, is_open))


def links() -> list[Link]:
    """The entries of the current account, in the order in which features were registered."""
    blueprint, order = request.blueprint or "", list(current_app.blueprints)
    entries = sorted(_entries, key=lambda entry: order.index(entry.endpoint.split(".")[0]))
    return [
        Link(entry.label, url_for(entry.endpoint), entry.endpoint.split(".")[0] == blueprint)
        for entry in entries
        if entry.is_open()
    ]


def init_app(app: Flask) -> None:
    """Give every page its menu and settings."""
    app.context_processor(_values)


def _values() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    identity = g.get("identity")
    return {
        "navigation": links() if identity else [],
        "account": identity,
        "account_links": [Link(_l("My account"), url_for("accounts.show"))] if identity else [],
        "footer_links": [],
        "htmx": {
            "mode": settings.htmx,
            "cdn_url": HTMX_CDN,
            "integrity": HTMX_INTEGRITY,
            "idle_minutes": settings.idle_minutes,
        },
    }
