"""A small demonstration, loaded once on each kind of database and only looked at afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from casework import create_app
from casework.core.database import db
from casework.demonstration.horizon import Horizon, horizon
from casework.demonstration.loading import Wish, load
from tests.conftest import MIGRATIONS, make_settings
from tests.postgresql import PostgreSQL

PASSWORD = "xuồng ba lá trên sông"
DAY = date(2026, 10, 15)
TOLD = horizon(3, None, DAY)


@dataclass(frozen=True)
class Demonstration:
    """The loaded program and what was told."""

    app: Flask
    told: Horizon
    folder: Path


def load_small(app: Flask, folder: Path, seed: int = 1) -> None:
    """Two units, three months; the first counselor has twelve open cases."""
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        wish = Wish(TOLD, units=2, cases=60, own_cases=12, seed=seed)
        load(wish, PASSWORD, app.config["SETTINGS"].pepper, folder, recovery=True)
        db.session.commit()


def dispose(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def sqlite_demonstration(scratch: Path) -> Iterator[Demonstration]:
    folder = scratch / "demonstration"
    folder.mkdir(mode=0o700)
    app = sqlite_app(folder)
    load_small(app, folder)
    yield Demonstration(app, TOLD, folder)
    dispose(app)


@pytest.fixture(scope="session")
def postgresql_demonstration(scratch: Path, postgresql: PostgreSQL) -> Iterator[Demonstration]:
    folder = scratch / "demonstration_postgresql"
    folder.mkdir(mode=0o700)
    url = postgresql.create_database("casework_demonstration")
    app = create_app(make_settings(folder, url, url))
    load_small(app, folder)
    yield Demonstration(app, TOLD, folder)
    dispose(app)


@pytest.fixture(params=["sqlite", "postgresql"])
def demonstration(request: pytest.FixtureRequest) -> Demonstration:
    found: Demonstration = request.getfixturevalue(f"{request.param}_demonstration")
    return found


def sqlite_app(folder: Path) -> Flask:
    urls = [f"sqlite:///{folder / name}.sqlite3" for name in ("casework", "inspection")]
    return create_app(make_settings(folder, *urls))
