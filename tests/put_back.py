"""A PostgreSQL database that a test left changed is put back as its template has it.

To drop it and copy the template costs as much as a short test. Therefore the template keeps a copy
of its rows in a schema of its own, and a function that writes them back: what a test added,
changed and deleted is gone. What it did to tables, triggers or rights would stay; so the
catalogues are looked at first, and a database whose shape has changed is copied anew.
"""

from collections.abc import Iterable
from contextlib import ExitStack

import psycopg
from psycopg import sql
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError

from tests.postgresql import PostgreSQL, plain

# Nothing is vacuumed: rows that are gone are read over until the database is copied anew.
TIMES = 100
PATIENCE = "10s"
# Every change of shape writes rows of these, and a row says in which transaction it was written.
CATALOGUES = (
    "pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_default_acl", "pg_event_trigger",
    "pg_extension", "pg_index", "pg_inherits", "pg_largeobject_metadata", "pg_namespace",
    "pg_policy", "pg_proc", "pg_rewrite", "pg_sequence", "pg_trigger", "pg_type",
)  # fmt: skip
# As `DISCARD ALL` does, but for what is prepared: the driver would go on taking it for prepared.
# Temporary tables change the shape.
AS_OPENED = (
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; UNLISTEN *; "
    "SELECT pg_advisory_unlock_all(); DISCARD SEQUENCES"
)
# The schema of a template in which its rows are kept: of the tests, not of the program.
KEPT = "kept"
OURS = f"!~ '^(pg_|{KEPT}$|information_schema$)'"


class Copied:
    """A copy of a template, which goes back to it as often as it is asked to."""

    def __init__(self, server: PostgreSQL, name: str, *, template: str, keeps: bool) -> None:
        """`keeps` says whether the template keeps its rows (`keep`): else every way back is a new
        copy.
        """
        self._server, self._name, self._template, self._keeps = server, name, template, keeps
        self._hand: psycopg.Connection | None = None
        self.copies = 0
        self._copy()

    def put_back(self, engines: Iterable[Engine] = ()) -> None:
        """Leave nothing of a test, also not in the connections that these engines hold open."""
        engines = list(engines)
        if self._hand is None or self._times == TIMES or not self._written_back(engines):
            for engine in engines:
                engine.dispose()
            self.close()
            self._server.drop_database(self._name)
            self._copy()

    def close(self) -> None:
        if self._hand is not None:
            self._hand.close()
            self._hand = None

    def _copy(self) -> None:
        self.url = self._server.create_database(self._name, template=self._template)
        self.copies += 1
        self._times = 0
        if self._keeps:
            self._hand = psycopg.connect(plain(make_url(self.url)), autocommit=True)
            # Triggers and foreign keys sleep: the access log refuses to be changed.
            self._hand.execute("SET session_replication_role = replica")
            self._hand.execute(f"SET lock_timeout = '{PATIENCE}'")
            self._shape = self._asked(f"SELECT {KEPT}.shape()")

    def _written_back(self, engines: list[Engine]) -> bool:
        try:
            known = [pid for engine in engines for pid in _as_opened(engine)]
            self._asked(
                "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname"
                " = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)",
                known,
            )
            if self._asked(f"SELECT {KEPT}.shape()") != self._shape:
                return False
            self._asked(f"SELECT {KEPT}.put_back()")
        except (psycopg.Error, DBAPIError):
            return False
        self._times += 1
        return True

    def _asked(self, statement: str, *values: object) -> object:
        assert self._hand is not None
        row = self._hand.execute(statement, values or None).fetchone()
        assert row is not None
        return row[0]


def keep(address: str) -> bool:
    """Have a template keep its rows. False where that is not for its role to do: only a superuser
    puts triggers to sleep.
    """
    with psycopg.connect(plain(make_url(address))) as connection:
        if connection.info.parameter_status("is_superuser") != "on":
            return False
        connection.execute(f"CREATE SCHEMA {KEPT}")
        steps = [
            *(_keep_table(connection, *table) for table in _relations(connection, "r")),
            *(_keep_sequence(connection, *found) for found in _relations(connection, "S")),
        ]
        body = sql.SQL("BEGIN {} END").format(sql.SQL(" ").join(steps))
        # Nothing is bound into a body, so it is written as the text that it is.
        define = f"CREATE FUNCTION {KEPT}.put_back() RETURNS void LANGUAGE plpgsql AS "
        connection.execute(sql.SQL(define) + sql.Literal(body.as_string(connection)))
        connection.execute(sql.SQL(define_shape()))
    return True


def define_shape() -> str:
    """A function that answers something else whenever the shape of the database has changed."""
    looks = " UNION ALL ".join(
        f"SELECT '{name}', count(*), sum(xmin::text::bigint) FROM {name}" for name in CATALOGUES
    )
    of_the_database = (
        "SELECT setconfig::text, setrole::bigint, 0 FROM pg_db_role_setting WHERE setdatabase = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return (
        f"CREATE FUNCTION {KEPT}.shape() RETURNS text LANGUAGE sql AS $$ "
        "SELECT string_agg(seen::text, ' ' ORDER BY seen::text) "
        f"FROM ({looks} UNION ALL {of_the_database}) AS seen $$"
    )


def _relations(connection: psycopg.Connection, kind: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        f" WHERE relkind = %s AND nspname {OURS} ORDER BY 1, 2",
        [kind],
    ).fetchall()


def _keep_table(connection: psycopg.Connection, schema: str, name: str) -> sql.Composable:
    """Keep the rows of a table; answers the step that puts them back."""
    table, kept = sql.Identifier(schema, name), sql.Identifier(KEPT, f"{schema}.{name}")
    step = sql.SQL("IF EXISTS (SELECT FROM {0}) THEN DELETE FROM {0}; END IF;").format(table)
    held = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table)).fetchone()
    if held != (True,):
        return step
    connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, table))
    again = "{} INSERT INTO {} OVERRIDING SYSTEM VALUE TABLE {};"
    return sql.SQL(again).format(step, table, kept)


def _keep_sequence(connection: psycopg.Connection, schema: str, name: str) -> sql.Composable:
    """Keep where a sequence stands; answers the step that puts it back."""
    found = sql.Identifier(schema, name)
    select = sql.SQL("SELECT last_value, is_called FROM {}").format(found)
    row = connection.execute(select).fetchone()
    assert row is not None
    called = sql.Literal(found.as_string(connection))
    return sql.SQL("PERFORM setval({}, {}, {});").format(called, *row)


def _as_opened(engine: Engine) -> list[int]:
    """Have an engine's connections forget what they were told; answers who serves them. One that
    is still in somebody's hands is given up.
    """
    if engine.pool.checkedout():
        engine.dispose()
        return []
    served = []
    with ExitStack() as opened:
        for _ in range(engine.pool.checkedin()):
            connection = opened.enter_context(engine.connect())
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(AS_OPENED)
            served.append(connection.connection.driver_connection.info.backend_pid)
    return served
