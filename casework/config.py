"""What an installation decides: read once from the environment, then frozen.

No secret has a default. A missing secret stops the program with a sentence that says what to do.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HTMX_CDN = "https://cdn.jsdelivr.net/npm/htmx.org@4.0.1/dist/htmx.min.js"
HTMX_INTEGRITY = "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
LANGUAGES = ("vi", "en")


class SettingMissing(RuntimeError):
    """The environment and the instance folder lack something the program can't run without."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment says. `pepper` is mixed into every password's key and stands
    outside the database.
    """

    secret_key: str
    pepper: bytes
    instance: Path
    database_url: str
    inspection_database_url: str
    htmx: str = "cdn"
    locale: str = "vi"
    tls: bool = False
    # How many proxies stand in front: so many addresses of X-Forwarded-For are trusted, no more.
    proxies: int = 0
    idle_minutes: int = 15
    session_hours: int = 8
    organisation_recovery: bool = True
    audit_anchor: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read CASEWORK_* and the secrets kept in the instance folder; raise SettingMissing."""
        instance = Path(environ.get("CASEWORK_INSTANCE", "instance")).resolve()
        database_url = environ.get("CASEWORK_DATABASE_URL") or _sqlite(instance, "casework")
        inspection_url = environ.get("CASEWORK_INSPECTION_DATABASE_URL")
        if not inspection_url:
            embedded = database_url.startswith("sqlite")
            inspection_url = _sqlite(instance, "inspection") if embedded else database_url
        htmx, locale = environ.get("CASEWORK_HTMX", "cdn"), environ.get("CASEWORK_LOCALE", "vi")
        if htmx not in ("cdn", "local"):
            raise SettingMissing("CASEWORK_HTMX is 'cdn' or 'local'.")
        if locale not in LANGUAGES:
            raise SettingMissing("CASEWORK_LOCALE is 'vi' or 'en'.")
        anchor = environ.get("CASEWORK_AUDIT_ANCHOR")
        return cls(
            secret_key=environ.get("CASEWORK_SECRET_KEY") or _secret(instance, "secret_key"),
            pepper=(environ.get("CASEWORK_PEPPER") or _secret(instance, "pepper")).encode(),
            instance=instance,
            database_url=_with_driver(database_url),
            inspection_database_url=_with_driver(inspection_url),
            htmx=htmx,
            locale=locale,
            tls=environ.get("CASEWORK_TLS") == "1",
            proxies=_count(environ, "CASEWORK_PROXIES"),
            organisation_recovery=environ.get("CASEWORK_ORGANISATION_RECOVERY", "1") == "1",
            audit_anchor=Path(anchor) if anchor else None,
        )

    def for_flask(self) -> dict[str, Any]:
        """The same as Flask's and its extensions' configuration keys."""
        return {
            "SETTINGS": self,
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_BINDS": {"inspection": self.inspection_database_url},
            "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True, "pool_pre_ping": False},
            "PROPAGATE_EXCEPTIONS": False,
            # Six fields of 10^5 characters of three bytes, percent-encoded to nine.
            "MAX_CONTENT_LENGTH": 6 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 6 * 1024 * 1024,
            "MAX_FORM_PARTS": 2000,
            # The cookie of flask.session carries the CSRF token and notices, never who is signed
            # in.
            "SESSION_COOKIE_NAME": "__Host-casework_form" if self.tls else "casework_form",
            "SESSION_COOKIE_SECURE": self.tls,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": True,
            "BABEL_DEFAULT_LOCALE": self.locale,
            "BABEL_DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
            "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,
        }


def _count(environ: Mapping[str, str], name: str) -> int:
    value = environ.get(name, "0")
    if not value.isdecimal():
        raise SettingMissing(f"{name} is a whole number.")
    return int(value)


def _sqlite(instance: Path, name: str) -> str:
    return f"sqlite:///{instance / name}.sqlite3"


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return (
        f"postgresql+psycopg://{rest}"
        if scheme in ("postgres", "postgresql") and separator
        else url
    )


def _secret(instance: Path, name: str) -> str:
    path = instance / name
    if not path.exists():
        raise SettingMissing(
            f"CASEWORK_{name.upper()} is not set and {path} does not exist. "
            "Run `python3 dev.py run`."
        )
    return path.read_text().strip()
