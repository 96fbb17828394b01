"""Every revision goes up and down with data in the tables; the models are what the last makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import BLANK_SCHEMA, MetaData, inspect, select, text
from sqlalchemy.exc import DatabaseError

from casework import create_app
from casework.core import audit
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.database import Base, ReadBase, db
from casework.organisation.units.models import Unit
from tests.cast import assemble
from tests.conftest import MIGRATIONS, make_settings
from tests.postgresql import PostgreSQL, running_postgresql

DATABASES = {"default": (None, Base), "inspection": ("inspection", ReadBase)}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with running_postgresql() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A program on databases without a table."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.sqlite3" for name in ("casework", "inspection")]
        yield from _program(tmp_path, *urls)
        return
    server: PostgreSQL = request.getfixturevalue("server")
    url = server.create_database("migrations")
    yield from _program(tmp_path, url, url)
    server.drop_database("migrations")


def test_up_down_and_up_again_with_data(empty: Flask):
    for revision in _revisions():
        with empty.app_context():
            upgrade(directory=MIGRATIONS, revision=revision)
    with empty.app_context():
        assemble()
        audit.record("test", "unit", None, by=SYSTEM)
        db.session.commit()
        assert len(db.session.scalars(select(Unit)).all()) == 5
        db.session.remove()
        for revision in [*reversed(_revisions()[:-1]), "base"]:
            downgrade(directory=MIGRATIONS, revision=revision)
        assert _tables() == set()
        upgrade(directory=MIGRATIONS)
        assert "cases" in _tables()
        assert db.session.scalars(select(Unit)).all() == []


def test_the_models_are_what_the_migrations_make(empty: Flask):
    with empty.app_context():
        upgrade(directory=MIGRATIONS)
        for bind, base in DATABASES.values():
            assert _differences(bind, base.metadata) == []


def test_a_table_without_a_model_is_found(empty: Flask):
    with empty.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.execute(text(f"CREATE TABLE {'' if _is_sqlite() else 'core.'}planted (x int)"))
        db.session.commit()
        assert "planted" in str(_differences(None, Base.metadata))


def test_the_database_itself_refuses_to_change_the_log(empty: Flask):
    with empty.app_context():
        upgrade(directory=MIGRATIONS)
        audit.record("test", "unit", None, by=SYSTEM)
        db.session.commit()
        for change in ("UPDATE {} SET action = 'x'", "DELETE FROM {}"):
            log = "audit_entries" if _is_sqlite() else "core.audit_entries"
            with pytest.raises(DatabaseError, match="append-only"):
                db.session.execute(text(change.format(log)))
            db.session.rollback()
        assert db.session.scalars(select(AuditEntry.action)).one() == "test"


def _program(folder: Path, url: str, inspection_url: str) -> Iterator[Flask]:
    app = create_app(make_settings(folder, url, inspection_url))
    yield app
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def _revisions() -> list[str]:
    return [s.revision for s in reversed(list(ScriptDirectory(MIGRATIONS).walk_revisions()))]


def _is_sqlite() -> bool:
    return db.engines[None].dialect.name == "sqlite"


def _tables() -> set[str]:
    found: set[str] = set()
    for bind, base in DATABASES.values():
        with db.engines[bind].connect() as connection:
            schemas = {table.schema for table in base.metadata.tables.values()}
            for schema in [None] if _is_sqlite() else schemas:
                found.update(inspect(connection).get_table_names(schema))
    return {name for name in found if not name.startswith("migrations_")}


def _differences(bind: str | None, metadata: MetaData) -> list[object]:
    """What Alembic would still change. SQLite has no schemas, so the models lose theirs."""
    schemas = {table.schema for table in metadata.tables.values()}
    with db.engines[bind].connect() as connection:
        options = {
            "compare_type": True,
            "include_schemas": not _is_sqlite(),
            "include_name": lambda name, kind, _: (
                name in {None, *schemas}
                if kind == "schema"
                else not str(name).startswith("migrations_")
            ),
        }
        context = MigrationContext.configure(connection, opts=options)
        differences: list[object] = compare_metadata(
            context, _plain(metadata) if _is_sqlite() else metadata
        )
    return differences


def _plain(metadata: MetaData) -> MetaData:
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(copy, schema=None, referred_schema_fn=lambda *_: BLANK_SCHEMA)
    return copy
