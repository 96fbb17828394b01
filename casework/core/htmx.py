"""One address serves the page and its fragment; every fragment is a page of its own.

`render` sends block `content` to htmx and the whole page to everyone else.
"""

from typing import Any

from flask import render_template, request
from jinja2_fragments.flask import render_block


def is_htmx() -> bool:
    """Whether htmx asks for a fragment (going back in history asks for whole pages)."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def wants_fragment() -> bool:
    """Whether the answer goes into a part of the page: htmx names such requests partial, or gives their target."""
    if not is_htmx():
        return False
    kind = request.headers.get("HX-Request-Type")
    return kind == "partial" if kind else "HX-Target" in request.headers


def render(template: str, **values: Any) -> str:
    """The page, or only its content where htmx swaps a part."""
    if wants_fragment():
        return render_block(template, "content", **values)
    return render_template(template, **values)
