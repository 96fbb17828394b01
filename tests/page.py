"""What a test gets back from a request: parsed strictly, with the standing checks made on every
page.

Every page: valid HTML, a language, a title, one h1, labels on fields, no duplicate ids, CSRF and an
action on every form that posts, nothing inline, at most twelve SQL statements.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from werkzeug.test import TestResponse

from tests.markup import parse

STATEMENTS = 12


class Page:
    """An answer of the program."""

    def __init__(self, response: TestResponse, *, budget: int = STATEMENTS) -> None:
        self.response, self.status, self.text = (
            response,
            response.status_code,
            response.get_data(as_text=True),
        )
        self.headers = response.headers
        self.location = response.headers.get("Location", "")
        self.statements: list[str] = response.request.environ["casework.statements"]
        assert self.status < 500, f"{self.status}: {self.text[-1500:]}"
        is_html = response.mimetype == "text/html"
        self.root: Element | None = None
        if is_html and self.text and not 300 <= self.status < 400:
            self._check(whole=self.text.lstrip().lower().startswith("<!doctype"))
            asked = len(self.statements)
            assert asked <= budget, "\n".join([f"{asked} SQL statements", *self.statements])

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements by tag and attributes (`class_`, `for_` for the reserved words)."""
        assert self.root is not None, f"no page to look at: {self.status} {self.location}"
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            e
            for e in self.root.iter(tag)
            if all(e.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} × {tag} {attributes}"
        return found[0]

    @property
    def words(self) -> str:
        """What a reader sees, with single spaces."""
        return words(self.root) if self.root is not None else self.text

    @property
    def told(self) -> str:
        """The source without ids and tokens, in which any few letters or digits stand by chance."""
        return re.sub(r"[\w.-]{30,}", "", self.text)

    @property
    def h1(self) -> str:
        """The heading of the page."""
        return words(self.one("h1"))

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form that posts to an address, as the browser would send them
        untouched.
        """
        forms = [
            form for form in self.all("form") if (form.get("action") or "").split("?")[0] == action
        ]
        assert len(forms) == 1, f"{len(forms)} forms post to {action}"
        return dict(_fields(forms[0]))

    def _check(self, *, whole: bool) -> None:
        self.root, faults = parse(self.text, whole=whole)
        assert not faults, f"not valid HTML: {faults[:5]}"
        if whole:
            assert self.one("html").get("lang") in ("vi", "en")
            assert words(self.one("title")).strip(" ·")
        # A fragment stands in a page that has its heading.
        assert len(self.all("h1")) == (1 if whole else 0), f"{len(self.all('h1'))} h1"
        _check_ids(self)
        _check_nothing_inline(self)
        _check_forms(self)


def words(element: Element) -> str:
    """The text inside an element."""
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def _check_ids(page: Page) -> None:
    assert page.root is not None
    ids = Counter(element.get("id") for element in page.root.iter() if element.get("id"))
    assert not [name for name, count in ids.items() if count > 1], (
        f"duplicate ids: {ids.most_common(3)}"
    )


def _check_nothing_inline(page: Page) -> None:
    assert page.root is not None
    for element in page.root.iter():
        if not isinstance(element.tag, str):
            continue
        inline = [name for name in element.attrib if name.startswith("on") or name == "style"]
        assert not inline, f"inline {inline} on {element.tag}"
        assert element.tag != "style" or element.get("src"), "an inline style"
        assert element.tag != "script" or element.get("src"), "an inline script"
        assert not (element.get("href") or "").startswith("javascript:")


def _check_forms(page: Page) -> None:
    labelled = {label.get("for") for label in page.all("label")}
    for form in page.all("form"):
        assert form.get("action"), "a form without an action"
        if (form.get("method") or "get").lower() == "post":
            assert [e for e in form.iter("input") if e.get("name") == "csrf_token"], (
                f"no CSRF: {form.get('action')}"
            )
        for tag in ("input", "select", "textarea"):
            for control in form.iter(tag):
                quiet = control.get("type") in ("hidden", "submit", "button")
                named = (
                    control.get("id") in labelled
                    or control.get("aria-label")
                    or control.get("aria-labelledby")
                )
                assert quiet or named, f"no label for {control.get('name')}"


def _fields(form: Element) -> list[tuple[str, str]]:
    fields = []
    for control in form.iter():
        name, kind = control.get("name"), control.get("type")
        if not name or kind in ("submit", "button") or control.get("disabled") is not None:
            continue
        if kind in ("checkbox", "radio"):
            if control.get("checked") is not None:
                fields.append((name, control.get("value") or "on"))
        elif control.tag == "select":
            options = list(control.iter("option"))
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            fields += [(name, o.get("value") or "") for o in chosen]
        elif control.tag == "textarea":
            fields.append((name, "".join(control.itertext()).removeprefix("\n")))
        elif control.tag == "input":
            fields.append((name, control.get("value") or ""))
    return fields


def _counting(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Have the program write down its SQL statements."""
    overrides = {**kwargs.pop("environ_overrides", {}), "casework.statements": []}
    return {**kwargs, "environ_overrides": overrides}


class Visitor:
    """A browser of one account: keeps cookies, follows its own forms."""

    def __init__(self, client: Any, csrf: Callable[[], str] | None = None) -> None:
        self.client = client

    def get(self, address: str, *, budget: int = STATEMENTS, **kwargs: Any) -> Page:
        """Open a page."""
        return Page(self.client.get(address, **_counting(kwargs)), budget=budget)

    def post(self, address: str, data: Any = None, *, budget: int = 40, **kwargs: Any) -> Page:
        """Send a form as it is; a missing CSRF token is taken from the account page's own form."""
        answer = self.client.post(address, data=data or {}, **_counting(kwargs))
        return Page(answer, budget=budget)

    def submit(self, page: Page | str, action: str, *, budget: int = 40, **values: Any) -> Page:
        """Fill the form of a page that posts to `action` and send it. A list sends a field several
        times.
        """
        shown = self.get(page) if isinstance(page, str) else page
        fields: dict[str, Any] = {**shown.form(action), **values}
        return self.post(action, {k: v for k, v in fields.items() if v is not None}, budget=budget)

    def follow(self, page: Page, *, budget: int = STATEMENTS) -> Page:
        """Go where a change led."""
        assert page.status == 303, f"{page.status}, not 303: {page.words[:300]}"
        return self.get(page.location, budget=budget)
