"""Opens every page once as everybody, as a page and as a fragment, and keeps what came of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from flask import Flask
from sqlalchemy import bindparam, event, inspect, select
from werkzeug.datastructures import Headers

from casework.core.audit import AuditEntry
from casework.core.database import db
from tests.rules.world import EVERYBODY, NOBODY, World, ways

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "panel"}
# The log and the time a browser was last seen are all that opening a page may write.
WRITTEN_BY_READING = {"audit_entries": None, "account_sessions": {"seen_at"}}


# What the text of a workbook or a document begins with.
IN_PARTS = "in parts:\n"


@dataclass(frozen=True)
class Answer:
    """What one account got for one page."""

    who: str
    endpoint: str
    address: str
    method: str
    fragment: bool
    status: int
    headers: Headers
    text: str
    statements: tuple[str, ...]
    # The rows this request added to the log: (action, outcome, subject).
    logged: tuple[tuple[str, str, Any], ...]


@dataclass(frozen=True)
class Sweep:
    """All answers, and whose reading changed the database."""

    answers: list[Answer]
    wrote: list[str]


def open_everything(world: World) -> Sweep:
    """GET and HEAD of every rule, by everybody and nobody."""
    answers, wrote = [], []
    with statements_of(world.app) as statements, log_of(world.app) as newly_logged:
        for who in (*EVERYBODY, NOBODY):
            client = world.sign_in(who).client
            before = digest(world.app)
            newly_logged()
            for rule, method in ways(world.app):
                if method not in ("GET", "HEAD"):
                    continue
                address = world.address(rule)
                for fragment in (False, True) if method == "GET" else (False,):
                    statements.clear()
                    response = client.open(
                        address, method=method, headers=FRAGMENT if fragment else None
                    )
                    asked = tuple(statements)
                    answers.append(
                        Answer(
                            who,
                            rule.endpoint,
                            address,
                            method,
                            fragment,
                            response.status_code,
                            response.headers,
                            text_of(response.get_data()),
                            asked,
                            newly_logged(),
                        )
                    )
            if digest(world.app) != before:
                wrote.append(who)
    return Sweep(answers, wrote)


def text_of(content: bytes) -> str:
    """What an answer says: a page as it is, a workbook or a document by the texts inside it."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with ZipFile(BytesIO(content)) as parts:
        return IN_PARTS + "\n".join(
            parts.read(name).decode("utf-8", "replace") for name in parts.namelist()
        )


def part_of(app: Flask, endpoint: str) -> str:
    """The part of the program that answers: confidential, inspection, organisation…"""
    return app.view_functions[endpoint].__module__.split(".")[1]


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """The SQL that runs meanwhile, on either database."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def digest(app: Flask) -> str:
    """Everything in both SQLite files but what reading writes, as one number."""
    found = sha256()
    with app.app_context():
        for engine in set(db.engines.values()):
            with engine.connect() as connection:
                for table in inspect(connection).get_table_names():
                    left_out = WRITTEN_BY_READING.get(table, set())
                    if left_out is None:
                        continue
                    columns = inspect(connection).get_columns(table)
                    kept = ", ".join(c["name"] for c in columns if c["name"] not in left_out)
                    rows = connection.exec_driver_sql(f"SELECT {kept} FROM {table} ORDER BY rowid")
                    found.update(f"{table}{rows.all()}".encode())
    return found.hexdigest()


def position(app: Flask) -> int:
    """The newest row of the log."""
    with app.app_context():
        newest = select(AuditEntry.position).order_by(AuditEntry.position.desc()).limit(1)
        return db.session.scalar(newest) or 0


@contextmanager
def log_of(app: Flask) -> Iterator[Callable[[], tuple[tuple[str, str, Any], ...]]]:
    """Answers, as often as it is asked, the rows of the log that came since it was asked last."""
    head = position(app)
    columns = (AuditEntry.position, AuditEntry.action, AuditEntry.outcome, AuditEntry.subject_id)
    query = (
        select(*columns)
        .where(AuditEntry.position > bindparam("head"))
        .order_by(AuditEntry.position)
    )
    with app.app_context():
        engine = db.engine

    def newly_logged() -> tuple[tuple[str, str, Any], ...]:
        nonlocal head
        with engine.connect() as connection:
            rows = connection.execute(query, {"head": head}).all()
        head = rows[-1][0] if rows else head
        return tuple((row[1], row[2], row[3]) for row in rows)

    yield newly_logged


def logged_since(app: Flask, head: int) -> tuple[tuple[str, str, Any], ...]:
    """The rows of the log after a position."""
    with app.app_context():
        query = (
            select(AuditEntry.action, AuditEntry.outcome, AuditEntry.subject_id)
            .where(AuditEntry.position > head)
            .order_by(AuditEntry.position)
        )
        return tuple((row[0], row[1], row[2]) for row in db.session.execute(query))
