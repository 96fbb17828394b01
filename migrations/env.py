"""Runs every revision on both databases: `default` (the working one) and `inspection` (the read
model).
"""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.schema import CreateSchema

import casework
from casework.core.database import PARTS, Base, ReadBase, db

for module in pkgutil.walk_packages(casework.__path__, "casework."):
    if module.name.endswith(".models") or module.name.startswith(
        ("casework.core.", "casework.vault.")
    ):
        import_module(module.name)

DATABASES = {"default": (None, Base.metadata), "inspection": ("inspection", ReadBase.metadata)}
SCHEMAS = {
    "default": [part for part in PARTS if part != "inspection"],
    "inspection": ["inspection"],
}


def _is_ours(schemas: list[str], value: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or value in schemas


def run() -> None:
    """Migrate each database in a transaction of its own; a failure leaves that one as it was."""
    for name, (bind, metadata) in DATABASES.items():
        engine = db.engines[bind]
        with engine.connect() as connection, _keys_unwatched(connection), connection.begin():
            if engine.dialect.name == "postgresql":
                for schema in SCHEMAS[name]:
                    connection.execute(CreateSchema(schema, if_not_exists=True))
            context.configure(
                connection=connection,
                target_metadata=metadata,
                version_table=f"migrations_{name}",
                upgrade_token=f"{name}_upgrades",
                downgrade_token=f"{name}_downgrades",
                include_schemas=engine.dialect.name == "postgresql",
                include_name=partial(_is_ours, SCHEMAS[name]),
                compare_type=True,
                user_module_prefix="",
            )
            context.run_migrations(engine_name=name)
            if engine.dialect.name == "sqlite":
                dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if dangling:
                    raise SystemExit(
                        f"Nothing was migrated: keys that lead nowhere: {dangling[:5]}"
                    )


@contextmanager
def _keys_unwatched(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew; what points to it must not notice meanwhile."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    raise SystemExit("Migrations run on a live database: both databases are looked at.")
current_app.logger.setLevel("WARNING")
run()
