"""The access log refuses to be changed, by the database itself."""

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSAL = "the access log is append-only"


def upgrade(engine_name: str) -> None:
    if engine_name == "default":
        _upgrade_postgresql() if _is_postgresql() else _upgrade_sqlite()


def downgrade(engine_name: str) -> None:
    if engine_name == "default":
        _downgrade_postgresql() if _is_postgresql() else _downgrade_sqlite()


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _upgrade_sqlite() -> None:
    for change in ("update", "delete"):
        op.execute(
            text(
                f"CREATE TRIGGER audit_entries_no_{change} BEFORE {change} ON audit_entries "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        )


def _downgrade_sqlite() -> None:
    for change in ("update", "delete"):
        op.execute(text(f"DROP TRIGGER audit_entries_no_{change}"))


def _upgrade_postgresql() -> None:
    op.execute(
        text(
            "CREATE FUNCTION core.refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
    )
    op.execute(
        text(
            "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "
            "core.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION core.refuse_change()"
        )
    )


def _downgrade_postgresql() -> None:
    op.execute(text("DROP TRIGGER audit_entries_append_only ON core.audit_entries"))
    op.execute(text("DROP FUNCTION core.refuse_change()"))
