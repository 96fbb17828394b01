"""The vault is looked at on SQLite; that cases open on both databases is tested with cases."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest
from flask import Flask, g

from casework.core.database import db
from casework.vault.grants import Keyring
from tests.cast import Cast
from tests.conftest import Program

ActAs = Callable[[str], AbstractContextManager[UUID]]


@pytest.fixture
def program(sqlite_program: Program) -> Program:
    sqlite_program.reset()
    return sqlite_program


@pytest.fixture
def act_as(app: Flask, cast: Cast) -> ActAs:
    """A stretch of program in which an account holds its keys; what it did is committed."""

    @contextmanager
    def acting(username: str) -> Iterator[UUID]:
        with app.test_request_context(method="POST"):
            account = cast.accounts[username]
            g.writes, g.keyring = True, Keyring(account, cast.secrets[username])
            yield account
            db.session.commit()
            db.session.remove()

    return acting
