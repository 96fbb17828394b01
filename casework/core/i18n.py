"""Vietnamese by default, English on request; dates and money the way people here write them."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Flask, current_app, g, redirect, request
from flask_babel import Babel, get_locale, get_translations
from werkzeug.wrappers import Response as BaseResponse

from casework.config import LANGUAGES
from casework.core.clock import VIETNAM

bp = Blueprint("language", __name__)
babel = Babel()
COOKIE = "casework_language"
LONGEST_PATH = 2000  # What a proxy takes in a header.


def language() -> str:
    """The language of this request: chosen with the switch, else the installation's."""
    chosen = request.cookies.get(COOKIE, "") if request else ""
    return chosen if chosen in LANGUAGES else str(current_app.config["BABEL_DEFAULT_LOCALE"])


@bp.post("/language")
def switch() -> BaseResponse:
    """Remember the language in a cookie that says nothing else, and go back to the page."""
    chosen = request.form.get("language", "")
    answer: BaseResponse = redirect(local_path(request.form.get("next", "/")), 303)
    if chosen in LANGUAGES:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        answer.set_cookie(
            COOKIE, chosen, max_age=31_536_000, httponly=True, samesite="Lax", secure=secure
        )
    return answer


def local_path(path: str) -> str:
    """A path within this program; anything else becomes the start page."""
    unsafe = (
        not path.startswith("/")
        or path.startswith("//")
        or "\\" in path
        or any(c < " " for c in path)
        or len(path) > LONGEST_PATH
    )
    return "/" if unsafe else path


def day(value: date | datetime | None) -> str:
    """05/02/2026."""
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM).date()
    return value.strftime("%d/%m/%Y") if value else "—"


def moment(value: datetime | None) -> str:
    """05/02/2026 14:30, in Vietnam's time."""
    return value.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if value else "—"


def number(value: int) -> str:
    """15.000 in Vietnamese, 15,000 in English; papers are Vietnamese on an English screen too."""
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if str(get_locale()) == "vi" else grouped


def dong(amount: int) -> str:
    """15.000.000 đồng."""
    return f"{number(amount)} đồng"


def init_app(app: Flask) -> None:
    """Set the languages and the filters of every template."""
    babel.init_app(app, locale_selector=language)
    app.register_blueprint(bp)
    app.jinja_env.filters.update(day=day, moment=moment, number=number, dong=dong)
    app.jinja_env.globals["_"] = _said
    app.context_processor(_values)


def _values() -> dict[str, Any]:
    return {"language": language()}


def _said(text: str, **values: Any) -> str:
    """A message of a template, in the language of the request. Looked up once per request and text:
    a list asks for the same few labels a hundred times.
    """
    known: dict[str, str] = g.setdefault("messages", {})
    message = known.get(text)
    if message is None:
        message = known[text] = get_translations().ugettext(text)
    # Values are escaped like any other where the template prints the sentence.
    return message % values if values else message
