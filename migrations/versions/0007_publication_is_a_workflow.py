"""A month is marked complete, signed, published by a run, and made known to its units."""

import sqlalchemy as sa
from alembic import op

from casework.core.database import UtcDateTime

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "anonymisation"
UNDER_WAY = sa.text("ended_at IS NULL")


def upgrade(engine_name: str) -> None:
    if engine_name != "default":
        return
    op.create_table(
        "completeness_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_completeness_marks_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completeness_marks")),
        sa.UniqueConstraint("unit_id", "period", name=op.f("uq_completeness_marks_unit_id_period")),
        schema=SCHEMA,
    )
    op.create_table(
        "signatures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_signatures_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_signatures_unit_id_period"), "signatures", ["unit_id", "period"], schema=SCHEMA
    )
    op.create_table(
        "publication_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("all_cells", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_publication_runs_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_runs")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_publication_runs_province_id_started_at"),
        "publication_runs",
        ["province_id", "started_at"],
        schema=SCHEMA,
    )
    op.create_index(
        "uq_publication_runs_under_way",
        "publication_runs",
        ["province_id"],
        unique=True,
        schema=SCHEMA,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "notices_read",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["organisation.accounts.id"], name=op.f("fk_notices_read_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["anonymisation.publications.id"],
            name=op.f("fk_notices_read_publication_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_read")),
        sa.UniqueConstraint(
            "account_id", "publication_id", name=op.f("uq_notices_read_account_id_publication_id")
        ),
        schema=SCHEMA,
    )


def downgrade(engine_name: str) -> None:
    if engine_name == "default":
        for table in ("notices_read", "publication_runs", "signatures", "completeness_marks"):
            op.drop_table(table, schema=SCHEMA)
