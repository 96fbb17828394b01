"""One program per database, with the cast of tests/cast.py; every test begins with it as the cast
left it: with a copy of its files on SQLite, with its rows put back on PostgreSQL (put_back.py).

No fixture holds an application context open around client calls: Flask-Login would reuse the first
account and hide a refusal. Tests that look into the database open one themselves: `with
app.app_context(): …`.
"""

import gc
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Engine

from casework import create_app
from casework.config import Settings
from casework.core.database import db
from casework.organisation.accounts import sessions
from casework.organisation.accounts.models import Account
from tests.cast import PASSWORD, PEPPER, Cast, assemble
from tests.page import Visitor
from tests.postgresql import PostgreSQL, running_postgresql
from tests.put_back import Copied, keep
from tests.scratch import in_memory

pytest_plugins = ["tests.days", "tests.network", "tests.workers"]
ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = str(ROOT / "migrations")
DATABASES = ("sqlite", "postgresql")

# How long an example takes tells what else the machine was doing.
settings.register_profile("casework", settings(), deadline=None)
settings.load_profile("casework")


class Program:
    """An application on one kind of database, and a template of that database to go back to."""

    def __init__(self, app: Flask, cast: Cast, reset: Callable[[], None]) -> None:
        self.app, self.cast, self.reset = app, cast, reset


def make_settings(
    folder: Path, database_url: str, inspection_url: str, **changes: object
) -> Settings:
    """Settings of a test: English, so that tests read like the code; no TLS; the CDN's htmx."""
    values: dict[str, object] = {
        "secret_key": "a secret key for tests",
        "pepper": PEPPER,
        "instance": folder,
        "database_url": database_url,
        "inspection_database_url": inspection_url,
        "locale": "en",
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for databases and what stands beside them."""
    with tempfile.TemporaryDirectory(prefix="casework-", dir=in_memory()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def compiled(pytestconfig: pytest.Config) -> BytecodeCache:
    """Templates that some run has compiled and that have not changed since."""
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir(f"templates-jinja-{version('jinja2')}")
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_program(scratch: Path, compiled: BytecodeCache) -> Iterator[Program]:
    folder = scratch / "sqlite"
    folder.mkdir(mode=0o700)
    names = ("casework", "inspection")
    urls = [f"sqlite:///{folder / name}.sqlite3" for name in names]
    app = create_app(make_settings(folder, *urls))
    app.jinja_env.bytecode_cache = compiled
    cast = _fill(app)

    def reset() -> None:
        _dispose(app)
        for name in names:
            for leftover in folder.glob(f"{name}.sqlite3*"):
                leftover.unlink()
            shutil.copy(folder / f"{name}.template", folder / f"{name}.sqlite3")
        _dispose(app)  # nobody keeps a connection to the files before

    _dispose(app)
    for name in names:
        shutil.copy(folder / f"{name}.sqlite3", folder / f"{name}.template")
    yield Program(app, cast, reset)
    _dispose(app)


@pytest.fixture(scope="session")
def postgresql_program(
    scratch: Path, postgresql: PostgreSQL, compiled: BytecodeCache
) -> Iterator[Program]:
    folder = scratch / "postgresql"
    folder.mkdir(mode=0o700)
    url = postgresql.create_database("casework_template")
    template = create_app(make_settings(folder, url, url))
    cast = _fill(template)
    _dispose(template)
    keeps = keep(url)
    database = Copied(postgresql, "casework", template="casework_template", keeps=keeps)
    app = create_app(make_settings(folder, database.url, database.url))
    app.jinja_env.bytecode_cache = compiled
    with app.app_context():
        engines = list(db.engines.values())
    yield Program(app, cast, lambda: database.put_back(engines))
    _dispose(app)
    database.close()


@pytest.fixture(params=DATABASES)
def program(request: pytest.FixtureRequest) -> Program:
    """The program on SQLite and again on PostgreSQL, as the cast left it."""
    found: Program = request.getfixturevalue(f"{request.param}_program")
    found.reset()
    return found


@pytest.fixture
def app(program: Program) -> Flask:
    return program.app


@pytest.fixture
def cast(program: Program) -> Cast:
    return program.cast


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def client_as(app: Flask, cast: Cast) -> Callable[[str], Visitor]:
    """A browser in which an account has signed in. Each call is another computer."""

    def sign_in(username: str) -> Visitor:
        client = app.test_client()
        with app.test_request_context():
            account = db.session.get_one(Account, cast.accounts[username])
            token = sessions.start_session(account, cast.secrets[username], awaits_code=False)
            db.session.commit()
            name = sessions.cookie_name()
        client.set_cookie(name, token)
        return Visitor(client)

    return sign_in


@pytest.fixture
def demo_password() -> str:
    return PASSWORD


def pytest_configure() -> None:
    # Ended from outside, as by `timeout`, the tests leave no server and nothing in memory.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_finish() -> None:
    # What was imported and collected stays to the end. To look through it for garbage again and
    # again takes a tenth of a test's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec and "postgresql" in callspec.params.values():
            item.add_marker(pytest.mark.postgresql)
    # One database after the other, so that each program is made once and its pages stay warm.
    items.sort(key=lambda item: item.get_closest_marker("postgresql") is not None)


def _fill(app: Flask) -> Cast:
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        cast = assemble()
        db.session.commit()
    return cast


def _dispose(app: Flask) -> None:
    with app.app_context():
        engines: list[Engine] = list(db.engines.values())
        for engine in engines:
            engine.dispose()
