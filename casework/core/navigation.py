"""The main menu: features add their entry; a page shows the entries its account may open.

Entries of a section stand together under its name, unless the account sees one of them only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import lazy_gettext as _l

from casework.config import HTMX_CDN, HTMX_INTEGRITY
from casework.core.labels import Labelled


class Section(Labelled):
    """What entries have in common."""

    CASES = "cases", _l("Case administration")
    ACTIVITIES = "activities", _l("Activities")
    ORGANISATION = "organisation", _l("Organisation")
    MONEY = "money", _l("Money")
    INSPECTION = "inspection", _l("Inspection")
    ADMINISTRATION = "administration", _l("Administration")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu."""

    label: Any
    endpoint: str
    is_open: Callable[[], bool]
    section: Section | None
    count: Callable[[], int] | None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a page shows it."""

    label: Any
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    """A section of the menu with its links."""

    label: str
    links: list[Link]

    @property
    def url(self) -> str:
        """Its first page."""
        return self.links[0].url

    @property
    def current(self) -> bool:
        """Whether one of its pages is shown."""
        return any(link.current for link in self.links)


_entries: list[Entry] = []


def menu(
    label: Any,
    endpoint: str,
    is_open: Callable[[], bool],
    section: Section | None = None,
    count: Callable[[], int] | None = None,
) -> None:
    """Add an entry; `is_open` says whether the current account may go there, `count` how much
    waits there for it. It is asked on pages of the entry's own part alone: no page of the
    organisation or of an inspection asks what is confidential.
    """
    _entries.append(Entry(label, endpoint, is_open, section, count))


def is_mounted(endpoint: str) -> bool:
    """Whether this app answers an endpoint: the inspection side alone has not all of them."""
    return endpoint in current_app.view_functions


def first_page() -> str:
    """Where whoever has no Today begins: the first page of their menu."""
    first = next(iter(links()), None)
    return first.url if first else url_for("accounts.show")


def links() -> list[Link | Folder]:
    """The entries of the current account, in the order in which features were registered; a
    section stands where its first entry would.
    """
    order = list(current_app.blueprints)
    entries = [entry for entry in _entries if is_mounted(entry.endpoint)]
    entries.sort(key=lambda entry: order.index(entry.endpoint.split(".")[0]))
    open_entries = [(entry, url_for(entry.endpoint)) for entry in entries if entry.is_open()]
    # Features share addresses (/meetings, /meetings/pauses): the longest that fits is the current.
    current = max((url for _, url in open_entries if _lies_under(url)), key=len, default="")
    found: list[Link | Folder] = []
    folders: dict[Section, Folder] = {}
    for entry, url in open_entries:
        waiting = entry.count() if entry.count and _on_own_side(entry) else 0
        link = Link(entry.label, url, url == current, waiting)
        if entry.section is None:
            found.append(link)
        elif entry.section in folders:
            folders[entry.section].links.append(link)
        else:
            folders[entry.section] = Folder(entry.section.label, [link])
            found.append(folders[entry.section])
    return [
        each.links[0] if isinstance(each, Folder) and len(each.links) == 1 else each
        for each in found
    ]


def _on_own_side(entry: Entry) -> bool:
    shown = current_app.view_functions.get(request.endpoint or "")
    asked = current_app.view_functions[entry.endpoint]
    return shown is not None and _part(shown) == _part(asked)


def _part(view: Callable[..., Any]) -> str:
    return view.__module__.split(".")[1]


def _lies_under(url: str) -> bool:
    return request.path == url or (request.path.startswith(url.rstrip("/") + "/") and url != "/")


def init_app(app: Flask) -> None:
    """Give every page its menu and settings."""
    app.context_processor(_values)
    app.add_template_global(is_mounted)


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
