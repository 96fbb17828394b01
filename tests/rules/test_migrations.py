"""Every revision goes up and down with data in the tables; the models are what the last makes."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import (
    BLANK_SCHEMA,
    MetaData,
    TableClause,
    Uuid,
    column,
    delete,
    inspect,
    select,
    text,
)
from sqlalchemy import table as sql_table
from sqlalchemy.exc import DatabaseError, IntegrityError

from casework import create_app
from casework.confidential.groups.models import GroupSession
from casework.confidential.services.models import Service
from casework.core import audit
from casework.core.audit import SYSTEM, AuditEntry
from casework.core.clock import now
from casework.core.database import Base, ReadBase, UtcDateTime, db
from casework.organisation.meetings.models import Meeting
from casework.organisation.units.models import Unit
from tests.cast import assemble
from tests.conftest import MIGRATIONS, make_settings
from tests.postgresql import PostgreSQL

DATABASES = {"default": (None, Base), "inspection": ("inspection", ReadBase)}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A program on databases without a table."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.sqlite3" for name in ("casework", "inspection")]
        yield from _program(tmp_path, *urls)
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
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


def test_meetings_of_the_foundation_outlive_the_organisation_in_full(empty: Flask):
    """SQLite makes the table anew; what points to its rows must still point to them."""
    with empty.app_context():
        upgrade(directory=MIGRATIONS, revision="0002")
        cast = assemble_units()
        ids = {name: uuid4() for name in ("group", "meeting", "session")}
        rows: list[tuple[str, dict[str, object]]] = [
            ("organisation.groups", {
                "id": ids["group"], "unit_id": cast, "kind": "self_help", "name": "Hoa Sen",
                "active_from": date(2025, 7, 1), "version": 1}),
            ("organisation.meetings", {
                "id": ids["meeting"], "unit_id": cast, "group_id": ids["group"],
                "due_on": date(2026, 1, 10), "held_on": date(2026, 1, 11), "version": 1}),
            ("confidential.group_sessions", {
                "id": ids["session"], "group_id": ids["group"], "unit_id": cast,
                "meeting_id": ids["meeting"], "held_on": date(2026, 1, 11), "visitors": 2,
                "recorded_by": uuid4(), "recorded_at": now(), "version": 1}),
        ]  # fmt: skip
        for table, values in rows:
            _insert(table, values)
        db.session.commit()
        db.session.remove()
        upgrade(directory=MIGRATIONS)
        meeting = db.session.scalars(select(Meeting)).one()
        assert (meeting.group_id, meeting.body_id) == (ids["group"], None)
        assert (meeting.window_days, meeting.status(date(2026, 2, 1))) == (7, "on_time")
        assert db.session.scalars(select(GroupSession)).one().meeting_id == meeting.id
        with pytest.raises(IntegrityError):
            db.session.execute(delete(Meeting))
        db.session.rollback()
        db.session.remove()
        downgrade(directory=MIGRATIONS, revision="0002")
        names = {column["name"] for column in _columns("organisation.meetings")}
        assert "body_id" not in names and "window_days" not in names


def test_vouchers_used_so_far_are_used_from_then_on(empty: Flask):
    """The first of two keeps the use; what was taken back, or has none, uses nothing."""
    with empty.app_context():
        upgrade(directory=MIGRATIONS, revision="0005")
        unit_id, case_id = assemble_units(), uuid4()
        case = {
            "id": case_id, "reference": "K7M-4QX", "unit_id": unit_id, "target_group": "A",
            "sex": "female", "source": "self", "status": "active", "opened_on": date(2026, 1, 1),
            "is_urgent": False, "created_at": now(), "version": 1,
        }  # fmt: skip
        _insert("confidential.cases", case)
        taken_back = {"taken_back_at": now(), "taken_back_by": uuid4()}
        for day, voucher, more in (
            (2, "PC-7", {}), (3, "pc-7", {}), (4, "", {}), (5, "PC-8", taken_back), (6, "PC-9", {})
        ):  # fmt: skip
            row = {
                "id": uuid4(), "case_id": case_id, "unit_id": unit_id, "kind": "gift",
                "on_day": date(2026, 1, day), "is_money": True, "funding_source": "charity",
                "voucher": voucher, "recorded_by": uuid4(), "version": 1,
                "recorded_at": now() + timedelta(days=day), **more,
            }  # fmt: skip
            _insert("confidential.services", row)
        db.session.commit()
        db.session.remove()
        upgrade(directory=MIGRATIONS)
        uses = db.session.scalars(select(Service.voucher_use).order_by(Service.on)).all()
        assert uses == ["2026 pc-7", None, None, None, "2026 pc-9"]


def test_counts_of_units_outlive_those_of_clusters(empty: Flask):
    """SQLite makes the table anew; back again, what only clusters have goes with them."""
    with empty.app_context():
        upgrade(directory=MIGRATIONS, revision="0009")
        unit_id, publication_id, cluster_id = assemble_units(), uuid4(), uuid4()
        count = {
            "id": uuid4(), "publication_id": publication_id, "unit_id": unit_id, "level": "unit",
            "measure": "open", "period": "2026-09", "count": 7, "is_printed": True, "shown": "band",
            "low": 5, "high": 9,
        }  # fmt: skip
        of_cluster = {**count, "id": uuid4(), "unit_id": None, "cluster_id": cluster_id}
        publication = {
            "id": publication_id, "province_id": unit_id, "period": "2026-09",
            "prepared_at": now(), "prepared_by": "test",
        }  # fmt: skip
        cluster = {"id": cluster_id, "province_id": unit_id, "name": "Cụm Đông"}
        _insert("organisation.clusters", cluster)
        _insert("anonymisation.publications", publication)
        _insert("anonymisation.published_counts", count)
        db.session.commit()
        db.session.remove()
        upgrade(directory=MIGRATIONS)
        _insert("anonymisation.published_counts", of_cluster)
        db.session.commit()
        for wrong in (
            {**of_cluster, "id": uuid4()},
            {**of_cluster, "id": uuid4(), "cluster_id": None},
            {**of_cluster, "id": uuid4(), "unit_id": unit_id},
        ):
            with pytest.raises(IntegrityError):
                _insert("anonymisation.published_counts", wrong)
            db.session.rollback()
        db.session.remove()
        downgrade(directory=MIGRATIONS, revision="0009")
        kept = _table("anonymisation.published_counts", count)
        assert [row.id for row in db.session.execute(select(kept.c.id))] == [count["id"]]


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


def assemble_units() -> UUID:
    """A unit, written without the models: they know what the newest revision knows."""
    unit = {
        "id": uuid4(), "code": "31825", "name": "Bạc Liêu", "kind": "ward", "source": "test",
        "valid_from": date(2025, 7, 1), "is_province": False,
    }  # fmt: skip
    _insert("organisation.units", unit)
    return UUID(str(unit["id"]))


def _table(name: str, values: dict[str, object]) -> TableClause:
    schema, table = name.split(".")
    kinds = {UUID: Uuid(), datetime: UtcDateTime()}
    columns = [column(key, kinds.get(type(value))) for key, value in values.items()]
    return sql_table(table, *columns, schema=None if _is_sqlite() else schema)


def _insert(name: str, values: dict[str, object]) -> None:
    db.session.execute(_table(name, values).insert().values(**values))


def _columns(name: str) -> list[Any]:
    schema, table = name.split(".")
    found: list[Any] = inspect(db.engine).get_columns(table, None if _is_sqlite() else schema)
    return found


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
