"""The rules of the whole program are looked at once, on SQLite; features are tested on both."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from casework.core.database import db
from tests.conftest import Program
from tests.rules.sweep import Answer, Sweep, open_everything
from tests.rules.world import World, build


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    sqlite_program.reset()
    return sqlite_program


@pytest.fixture(scope="session")
def built(sqlite_program: Program) -> tuple[World, Path]:
    """A world, and a copy of its databases to go back to."""
    sqlite_program.reset()
    folder = sqlite_program.app.config["SETTINGS"].instance
    world = build(sqlite_program.app, sqlite_program.cast)
    release(sqlite_program.app)
    for file in folder.glob("*.sqlite3"):
        shutil.copy(file, file.with_suffix(".world"))
    return world, folder


@pytest.fixture
def world(built: tuple[World, Path], program: Program) -> World:
    """A case and a group in each of two units, made through the forms."""
    return back_to(*built)


@pytest.fixture(scope="session")
def sweep(built: tuple[World, Path], sqlite_program: Program) -> Sweep:
    """Every page opened once by everybody, as a page and as a fragment."""
    sqlite_program.reset()
    return open_everything(back_to(*built))


@pytest.fixture
def answers(sweep: Sweep) -> list[Answer]:
    return sweep.answers


def back_to(world: World, folder: Path) -> World:
    """The world as it was built."""
    release(world.app)
    for file in folder.glob("*.world"):
        shutil.copy(file, file.with_suffix(".sqlite3"))
    return world


def release(app: Flask) -> None:
    """Close the databases, so that all that was written stands in their files."""
    with app.app_context():
        for engine in set(db.engines.values()):
            engine.dispose()
