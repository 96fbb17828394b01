"""One address serves the page and its fragment; every fragment is a page of its own.

`render` sends block `content` to htmx and the whole page to everyone else.
"""

from typing import Any

from flask import current_app, render_template, request


def is_htmx() -> bool:
    """Whether htmx asks for a fragment (going back in history asks for whole pages)."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def wants_fragment() -> bool:
    """Whether the answer goes into a part of the page: htmx names such requests partial, or gives
    their target.
    """
    if not is_htmx():
        return False
    kind = request.headers.get("HX-Request-Type")
    return kind == "partial" if kind else "HX-Target" in request.headers


def render(template: str, **values: Any) -> str:
    """The page, or only its content where htmx swaps a part.

    Templates get `heading`: "h1" on a page of its own, "h2" where the fragment stands in another
    page.
    """
    if not wants_fragment():
        return render_template(template, heading="h1", **values)
    return _content(template, {**values, "heading": "h2"})


def _content(name: str, values: dict[str, Any]) -> str:
    """Block `content` of a template. The template's top level is run first, for its imports of
    macros.
    """
    current_app.update_template_context(values)
    template = current_app.jinja_env.get_template(name)
    context = template.new_context(values)
    next(template.root_render_func(context))
    return "".join(template.blocks["content"](context))
