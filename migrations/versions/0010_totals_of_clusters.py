"""Editions tell of clusters, and keep which units were in them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNIQUE = "uq_published_counts_publication_id_cluster_id_measure_period"
OF_ONE = "(unit_id IS NULL) <> (cluster_id IS NULL)"


def _part() -> str | None:
    """The schema; in SQLite the parts stand in one file."""
    return "anonymisation" if op.get_bind().dialect.name == "postgresql" else None


def _refers(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade(engine_name: str) -> None:
    if engine_name != "default":
        _keep_members("edition_memberships", "edition_id", "inspection", "editions")
        return
    _keep_members("published_memberships", "publication_id", "anonymisation", "publications")
    part = _part()
    with op.batch_alter_table("published_counts", schema=part) as counts:
        counts.add_column(sa.Column("cluster_id", sa.Uuid(), nullable=True))
        counts.alter_column("unit_id", existing_type=sa.Uuid(), nullable=True)
        counts.create_foreign_key(
            op.f("fk_published_counts_cluster_id"),
            "clusters",
            ["cluster_id"],
            ["id"],
            referent_schema="organisation" if part else None,
        )
        counts.create_unique_constraint(
            op.f(UNIQUE), ["publication_id", "cluster_id", "measure", "period"]
        )
        counts.create_check_constraint(op.f("ck_published_counts_of_one"), OF_ONE)


def downgrade(engine_name: str) -> None:
    if engine_name != "default":
        # What only this revision knows goes with it.
        op.execute(
            sa.text(f"DELETE FROM {_table('inspection', 'figures')} WHERE level = 'cluster'")
        )
        op.drop_table("edition_memberships", schema="inspection")
        return
    part = _part()
    counts_of = _table("anonymisation", "published_counts")
    op.execute(sa.text(f"DELETE FROM {counts_of} WHERE cluster_id IS NOT NULL"))
    with op.batch_alter_table("published_counts", schema=part) as counts:
        counts.drop_constraint(op.f("ck_published_counts_of_one"), type_="check")
        counts.drop_constraint(op.f(UNIQUE), type_="unique")
        counts.drop_constraint(op.f("fk_published_counts_cluster_id"), type_="foreignkey")
        counts.alter_column("unit_id", existing_type=sa.Uuid(), nullable=False)
        counts.drop_column("cluster_id")
    op.drop_table("published_memberships", schema="anonymisation")


def _table(schema: str, name: str) -> str:
    return f"{schema}.{name}" if op.get_bind().dialect.name == "postgresql" else name


def _keep_members(table: str, edition: str, schema: str, editions: str) -> None:
    of_one = (edition, "cluster_id", "unit_id")
    outside = (
        (_refers(table, "cluster_id", "organisation.clusters"),
         _refers(table, "unit_id", "organisation.units"))
        if schema == "anonymisation"
        else ()
    )  # fmt: skip
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in of_one),
        _refers(table, edition, f"{schema}.{editions}"),
        *outside,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*of_one, name=op.f(f"uq_{table}_{'_'.join(of_one)}")),
        schema=schema,
    )
