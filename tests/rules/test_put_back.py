"""Every test on PostgreSQL begins with what the cast left, whatever the test before it did."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Engine

from casework.core.database import db
from tests import put_back
from tests.conftest import Program
from tests.postgresql import PostgreSQL, plain
from tests.put_back import Copied, keep

pytestmark = pytest.mark.postgresql
TEMPLATE = """
CREATE SCHEMA village;
CREATE TABLE village.houses (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE village.people (house_id bigint REFERENCES village.houses, name text);
CREATE TABLE village.log (told text);
CREATE TABLE village.empty (told text);
CREATE SEQUENCE village.numbers;
INSERT INTO village.houses (name) VALUES ('by the canal'), ('at the market');
INSERT INTO village.people VALUES (1, 'Hoa'), (2, 'Đức');
INSERT INTO village.log VALUES ('moved in');
CREATE FUNCTION village.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON village.log
    EXECUTE FUNCTION village.refuse();
"""
REFUSES_NOTHING = """
CREATE OR REPLACE FUNCTION village.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NULL; END $$
"""
ROWS = [
    "UPDATE village.people SET name = 'somebody else'",
    "DELETE FROM village.people; DELETE FROM village.houses",
    "INSERT INTO village.log VALUES ('came to tea')",
    "INSERT INTO village.empty VALUES ('not any more')",
    "INSERT INTO village.houses (name) VALUES ('on the hill')",
    "SELECT nextval('village.numbers')",
]
SHAPE = [
    "CREATE TABLE village.shops (name text)",
    "DROP TABLE village.empty",
    "ALTER TABLE village.houses ADD COLUMN colour text",
    "ALTER TABLE village.people ALTER COLUMN name SET NOT NULL",
    "DROP TRIGGER append_only ON village.log",
    "ALTER TABLE village.log DISABLE TRIGGER append_only",
    REFUSES_NOTHING,
    "CREATE INDEX ON village.people (name)",
    "GRANT SELECT ON village.people TO PUBLIC",
    "TRUNCATE village.people",
    "DROP SCHEMA kept CASCADE",
    "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET work_mem = 999'; END $$",
]


@pytest.fixture
def village(postgresql: PostgreSQL) -> Iterator[Copied]:
    address = postgresql.create_database("village_template")
    with psycopg.connect(plain(make_url(address))) as connection:
        connection.execute(TEMPLATE)
    keeps = keep(address)
    copied = Copied(postgresql, "village", template="village_template", keeps=keeps)
    if not keeps:
        pytest.skip("the role on this server is no superuser: every way back is a new copy")
    yield copied
    copied.close()
    postgresql.drop_database("village")
    postgresql.drop_database("village_template")


def connect(copied: Copied) -> psycopg.Connection:
    return psycopg.connect(plain(make_url(copied.url)), autocommit=True)


def everything(address: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, where the sequences stand, and the shape of it all."""
    with psycopg.connect(plain(make_url(address))) as connection:
        found = connection.execute(
            "SELECT nspname, relname, relkind FROM pg_class "
            "JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relkind IN ('r', 'S') AND nspname !~ '^(pg_|information_schema)'"
        ).fetchall()
        rows = {
            f"{schema}.{name}": sorted(
                connection.execute(
                    sql.SQL("SELECT ({})::text FROM {} AS held").format(
                        sql.SQL("last_value, is_called" if kind == "S" else "held"),
                        sql.Identifier(schema, name),
                    )
                ).fetchall()
            )
            for schema, name, kind in found
        }
        columns = connection.execute(
            "SELECT attrelid::regclass::text, attname, atttypid, attnotnull FROM pg_attribute "
            "WHERE attrelid >= 16384 AND attnum > 0 ORDER BY 1, attnum"
        ).fetchall()
        triggers = connection.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled, prosrc FROM pg_trigger "
            "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal ORDER BY 1, 2"
        ).fetchall()
        rights = connection.execute(
            "SELECT relname, relacl::text FROM pg_class WHERE oid >= 16384 "
            "AND relkind <> 't' AND relname !~ '^pg_toast' ORDER BY 1"
        ).fetchall()
        configured = connection.execute(
            "SELECT setconfig::text FROM pg_db_role_setting JOIN pg_database d ON d.oid = "
            "setdatabase WHERE datname = current_database()"
        ).fetchall()
    return {**rows, "": [*columns, *triggers, *rights, *configured]}


@pytest.mark.parametrize("statement", [*ROWS, *SHAPE])
def test_nothing_of_a_test_is_left(village, statement):
    before = everything(village.url)
    with connect(village) as connection:
        connection.execute(statement)
    assert everything(village.url) != before
    village.put_back()
    assert everything(village.url) == before
    assert village.copies == (1 if statement in ROWS else 2)


def test_what_sleeps_while_rows_are_put_back_is_awake_for_the_next_test(village):
    village.put_back()
    with connect(village) as connection:
        with pytest.raises(psycopg.Error, match="append-only"):
            connection.execute("DELETE FROM village.log")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute("DELETE FROM village.houses")


def test_it_goes_on_when_asked_again_and_is_copied_anew_in_time(village, monkeypatch):
    monkeypatch.setattr(put_back, "TIMES", 3)
    before = everything(village.url)
    for copies in (1, 1, 1, 2, 2):
        with connect(village) as connection:
            connection.execute("DELETE FROM village.people")
        village.put_back()
        assert (everything(village.url), village.copies) == (before, copies)


def test_where_the_template_keeps_nothing_every_way_back_is_a_new_copy(postgresql, village):
    before = everything(village.url)
    plainly = Copied(postgresql, "hamlet", template="village_template", keeps=False)
    with connect(plainly) as connection:
        connection.execute("DELETE FROM village.people")
    plainly.put_back()
    assert (everything(plainly.url), plainly.copies) == (before, 2)
    postgresql.drop_database("hamlet")


def test_a_transaction_left_open_is_ended(village):
    before = everything(village.url)
    connection = connect(village)
    connection.execute("BEGIN")
    connection.execute("LOCK TABLE village.people")
    connection.execute("INSERT INTO village.log VALUES ('never told')")
    village.put_back()
    assert (everything(village.url), village.copies) == (before, 1)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("COMMIT")
    connection.close()


@pytest.fixture
def engine(village: Copied) -> Iterator[Engine]:
    engine = create_engine(village.url)
    yield engine
    engine.dispose()


def test_a_connection_stays_open_and_forgets_what_it_was_told(village, engine):
    told = "SELECT pg_backend_pid(), current_user, current_setting('work_mem')"
    with engine.connect() as connection:
        before = connection.execute(text(told)).one()
        connection.execute(text("SET work_mem = '999kB'"))
        connection.execute(text("SET ROLE pg_monitor"))
        connection.execute(text("SELECT pg_advisory_lock(1)"))
        connection.commit()
        assert connection.execute(text(told)).one() != before
    village.put_back([engine])
    with connect(village) as other, engine.connect() as connection:
        assert connection.execute(text(told)).one() == before
        assert other.execute("SELECT pg_try_advisory_lock(1)").fetchone() == (True,)


def test_a_connection_that_somebody_still_holds_is_given_up(village, engine):
    before = everything(village.url)
    held = engine.connect()
    held.execute(text("DELETE FROM village.people"))
    village.put_back([engine])
    assert everything(village.url) == before
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM village.people")).scalar_one() == 2
    held.invalidate()
    held.close()


def test_the_program_is_as_the_cast_left_it(postgresql_program: Program):
    postgresql_program.reset()
    with postgresql_program.app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
        before = everything(url)
        assert before["core.audit_entries"] and before["public.migrations_default"]
        db.session.execute(text("UPDATE organisation.units SET name = 'Ấp Năm'"))
        db.session.execute(text("DELETE FROM organisation.account_roles"))
        db.session.execute(
            text(
                "INSERT INTO core.audit_entries SELECT (jsonb_populate_record(each, "
                "jsonb_build_object('position', each.position + 9000))).* "
                "FROM core.audit_entries AS each"
            )
        )
        db.session.commit()
        assert everything(url) != before
        db.session.remove()
    postgresql_program.reset()
    assert everything(url) == before
