"""What inspection asks of the database is what its role may do, where it stands on a server of its
own (casework/inspection_role.py): every test of this folder holds it to that, on both databases.
"""

import re
from collections.abc import Iterator
from functools import cache

import flask
import pytest
from flask import Flask, has_request_context
from sqlalchemy import event

from casework import INSPECTION_ALONE, blueprints
from casework.core.database import Base, ReadBase, db
from casework.inspection_role import decided

# Signing in is tried with the role itself (test_two_deployments.py).
PAGES = {blueprint.name for blueprint in blueprints(INSPECTION_ALONE)} - {"accounts", "start_page"}
_NAME = re.compile(r"[a-z_]+")
# PostgreSQL lets nobody lock a row who may not change it.
_LOCKED = re.compile(r" for (?:no key )?update(?: of ([a-z_., ]+))?$")
_NAMED = re.compile(r"\b(from|join|into|update) \"?((?:[a-z_]+\.)?[a-z_]+)")


@cache
def known_tables() -> dict[str, str]:
    """Tables by their name without the schema, which SQLite does not have."""
    every = (*Base.metadata.tables.values(), *ReadBase.metadata.tables.values())
    return {table.name: str(table) for table in every}


def wanted_by(statement: str) -> set[tuple[str, str]]:
    """What a statement does to which tables: ("SELECT", "organisation.units")."""
    told = " ".join(statement.split()).lower()
    found = set()
    for word, name in _NAMED.findall(told):
        verb = {"into": "INSERT", "update": "UPDATE"}.get(word, "SELECT")
        if told.startswith(f"delete from {name}"):
            verb = "DELETE"
        table = known_tables().get(name.rpartition(".")[2])
        if table is not None:
            found.add((verb, table))
    if locked := _LOCKED.search(told):
        names = (
            locked[1].split(", ") if locked[1] else [name for _word, name in _NAMED.findall(told)]
        )
        tables = (known_tables().get(name.rpartition(".")[2]) for name in names)
        found |= {("UPDATE", table) for table in tables if table}
    return found


def refused_to_the_role(statement: str) -> set[tuple[str, str]]:
    """What of it the role may not do."""
    return {
        (verb, table) for verb, table in wanted_by(statement) if not may(verb, table, statement)
    }


def may(verb: str, table: str, statement: str) -> bool:
    """Whether the role may do this with the table, or with the columns that are touched."""
    for privilege in decided(table) or ():
        word, _space, columns = privilege.partition(" ")
        if word == verb:
            return not columns or touched(verb, table, statement) <= set(_NAME.findall(columns))
    return False


def touched(verb: str, table: str, statement: str) -> set[str]:
    """The columns of a table that a statement reads or changes."""
    if verb == "SELECT":
        return set(re.findall(rf"\b{table.rpartition('.')[2]}\.\"?([a-z_]+)", statement))
    changed = statement.partition(" SET ")[2].partition(" WHERE ")[0]
    return set(re.findall(r"\b([a-z_]+)\"?\s*=", changed))


@pytest.fixture(autouse=True)
def _within_the_role(request: pytest.FixtureRequest) -> Iterator[None]:
    if "program" not in request.fixturenames:
        yield
        return
    app: Flask = request.getfixturevalue("app")
    refused: set[tuple[str, str, str]] = set()

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if has_request_context() and flask.request.blueprint in PAGES:
            wanted = refused_to_the_role(statement)
            refused.update((str(flask.request.endpoint), *each) for each in wanted)

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", look)
    yield
    for engine in engines:
        event.remove(engine, "before_cursor_execute", look)
    assert refused == set(), "decide in casework/inspection_role.py"
