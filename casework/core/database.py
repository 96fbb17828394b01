"""One transaction a request, one commit at its edge; a GET never commits.

Every column says what it is: `identifier` (names one person), `sensitive` (told in confidence),
`coded` (an enumeration, a date or a number that counts need in clear) or `operational` (keys,
versions, times). The first two hold ciphertext only; a test refuses a column without a class.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, Response, g, has_request_context, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Date,
    DateTime,
    Dialect,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
    event,
)
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedColumn,
    Session,
    declared_attr,
    mapped_column,
)
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import DDLCompiler

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
PARTS = ("core", "vault", "organisation", "confidential", "anonymisation", "inspection", "rounds")
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "temp_store=MEMORY",
    "busy_timeout=8000",
    "cache_size=-16000",
)

db = SQLAlchemy()
migrate = Migrate()
_writing: ContextVar[bool | None] = ContextVar("writing", default=None)


class UtcDateTime(TypeDecorator[datetime]):
    """A time that knows it is UTC, on both databases."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """A table of the working database. Rows get their id before the insert, because ciphertext is
    bound to it.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        UUID: Uuid(),
        datetime: UtcDateTime(),
        date: Date(),
        str: Text(),
        bytes: LargeBinary(),
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        part = cls.__module__.split(".")[1]
        cls.__table_args__ = _in_schema(cls, "rounds" if part == "inspection" else part)
        super().__init_subclass__(**kwargs)

    def __init__(self, **values: Any) -> None:
        mapped = type(self).__mapper__.attrs
        if (
            "id" in mapped
            and values.get("id") is None
            and isinstance(self.__table__.c.id.type, Uuid)
        ):
            values["id"] = uuid4()
        # What is sealed needs the id and the subject, so it is set after them.
        for name in sorted(values, key=lambda name: name not in mapped):
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no {name}")
            setattr(self, name, values[name])


class ReadBase(DeclarativeBase):
    """A table of the read model: a database of its own, to which no key of the working one can
    point.
    """

    metadata = MetaData(naming_convention=NAMING, info={"bind_key": "inspection"})
    type_annotation_map = Base.type_annotation_map

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls.__table_args__ = _in_schema(cls, cls.__module__.split(".")[1])
        super().__init_subclass__(**kwargs)


def _in_schema(cls: type, schema: str) -> tuple[Any, ...]:
    """On PostgreSQL the six parts are schemas, so that a database role can be shut out of one.

    Inspection has two: what was published for it (`inspection`, the read model) and what it writes
    itself, its plans, visits and minutes (`rounds`, in the working database).
    """
    return (*cls.__dict__.get("__table_args__", ()), {"schema": schema})


def identifier(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column that names one person. Holds ciphertext."""
    return mapped_column(*args, info={"classed": "identifier"}, **kwargs)


def sensitive(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column told in confidence. Holds ciphertext."""
    return mapped_column(*args, info={"classed": "sensitive"}, **kwargs)


def coded(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column the counts need in clear: an enumeration, a date, a number, a unit."""
    return mapped_column(*args, info={"classed": "coded"}, **kwargs)


def operational(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column of the machinery or of the organisation itself; it says nothing of a person
    supported.
    """
    return mapped_column(*args, info={"classed": "operational"}, **kwargs)


class Versioned:
    """A row that two people may change: the second saver is told, never overruled silently."""

    version: Mapped[int] = operational(nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


@contextmanager
def apart(bind: str | None = None) -> Iterator[Session]:
    """A transaction of its own that commits at once: reads being logged, refusals, throttles,
    last-seen times.

    The request's own transaction must not be writing meanwhile: SQLite has one writer, and it would
    wait for itself.
    """
    token = _writing.set(True)
    try:
        with Session(db.engines[bind]) as session, session.begin():
            yield session
    finally:
        _writing.reset(token)


def empty_write_ahead_log() -> bool:
    """Write SQLite's log back into its file and cut it to nothing, after a commit that destroyed
    something. False when a reader was in the way; the next time it is cut with everything else.
    PostgreSQL looks after its own.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        was_busy, *_ = cursor.fetchone() or (1,)
        cursor.close()
    finally:
        connection.close()
    return not was_busy


class ReadModelAway(OperationalError):
    """The read model does not answer: its replica is stopped, or has cancelled a query."""


class RoleTooWide(RuntimeError):
    """The database role may enter what this server has no business with."""


class OneCommit(Flask):
    """Flask with the one commit: after the view answered, before anybody hears of it."""

    def dispatch_request(self) -> Response:
        """Answer the request; commit when a change succeeded, else leave the database as it was."""
        # What came before the view only read. From here on SQLite's write lock is taken at the
        # first statement, so
        # that nothing read here can have changed when it is written.
        db.session.rollback()
        g.writes = request.method not in SAFE_METHODS
        answer: Response = self.make_response(super().dispatch_request())
        if not g.writes or answer.status_code >= 400:
            db.session.rollback()
            for settle in self.extensions["after_refusal"]:
                answer = settle(answer)
            return answer
        for prepare in self.extensions["before_commit"]:
            prepare(answer)
        db.session.commit()
        return answer


class _EveryKey(SQLiteDDLCompiler):
    """SQLAlchemy leaves out foreign keys between schemas; in SQLite the parts stand in one file."""

    visit_foreign_key_constraint = DDLCompiler.visit_foreign_key_constraint


def init_app(app: Flask) -> None:
    """Bind the databases and set every connection up."""
    app.extensions["before_commit"], app.extensions["after_refusal"] = [], []
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations", compare_type=True, render_as_batch=False)
    with app.app_context():
        for engine in db.engines.values():
            if engine.dialect.name == "sqlite":
                engine.update_execution_options(schema_translate_map=dict.fromkeys(PARTS))
                engine.dialect.ddl_compiler = _EveryKey
                event.listen(engine, "connect", _set_up_sqlite)
                event.listen(engine, "begin", _begin_sqlite)
            event.listen(engine, "before_cursor_execute", _count_statement)
        event.listen(db.engines["inspection"], "handle_error", _say_which)


def _say_which(context: ExceptionContext) -> OperationalError | None:
    error = context.sqlalchemy_exception
    if not isinstance(error, OperationalError) or error.orig is None:
        return None
    return ReadModelAway(error.statement, None, error.orig, hide_parameters=True)


def stay_out_of(app: Flask, schema: str) -> None:
    """Use no connection of PostgreSQL whose role may enter a schema, whatever an operator wrote
    into the settings.
    """

    def look(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s",
            (schema,),
        )
        found = cursor.fetchone()
        cursor.close()
        connection.rollback()
        if found and found[0]:
            raise RoleTooWide(f"the database role of this server may enter {schema}")

    with app.app_context():
        for engine in db.engines.values():
            if engine.dialect.name == "postgresql":
                event.listen(engine, "connect", look)


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = (
        None  # BEGIN is ours: the driver's own comes too late for IMMEDIATE.
    )
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = _writing.get()
    if writing is None:
        writing = not has_request_context() or bool(g.get("writes"))
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _count_statement(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    asked = request.environ.get("casework.statements") if has_request_context() else None
    if asked is not None and not statement.startswith("BEGIN"):
        asked.append(statement)
