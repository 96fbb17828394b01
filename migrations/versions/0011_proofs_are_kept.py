"""The moves that proved a province's newest edition are kept for the next."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    if engine_name != "default":
        return
    op.create_table(
        "published_proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("moves", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["anonymisation.publications.id"],
            name=op.f("fk_published_proofs_publication_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_proofs")),
        sa.UniqueConstraint("publication_id", name=op.f("uq_published_proofs_publication_id")),
        schema="anonymisation",
    )


def downgrade(engine_name: str) -> None:
    if engine_name == "default":
        op.drop_table("published_proofs", schema="anonymisation")
