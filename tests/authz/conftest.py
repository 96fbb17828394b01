"""Who reaches what is looked at on SQLite; the same queries run on both databases elsewhere."""

import pytest

from tests.conftest import Program


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    sqlite_program.reset()
    return sqlite_program
