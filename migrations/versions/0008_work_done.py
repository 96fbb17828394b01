"""Editions tell of work done: activity figures, and criteria judged by the checklist of the day."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    if engine_name == "default":
        _create("published_activities", "published_criteria", "publication_id", "anonymisation")
    else:
        _create("activity_figures", "criterion_figures", "edition_id", "inspection")
        for table in ("activity_figures", "criterion_figures"):
            op.create_index(
                op.f(f"ix_{table}_unit_id_until_on"),
                table,
                ["unit_id", "until_on"],
                schema="inspection",
            )


def downgrade(engine_name: str) -> None:
    tables, schema = (
        (("published_criteria", "published_activities"), "anonymisation")
        if engine_name == "default"
        else (("criterion_figures", "activity_figures"), "inspection")
    )
    for table in tables:
        if schema == "inspection":
            op.drop_index(op.f(f"ix_{table}_unit_id_until_on"), table_name=table, schema=schema)
        op.drop_table(table, schema=schema)


def _create(activities: str, criteria: str, edition: str, schema: str) -> None:
    whole = {"publication_id": "publications", "edition_id": "editions"}[edition]
    for table, own in ((activities, _activity()), (criteria, _criterion())):
        key = ("measure", "kind") if table == activities else ("code",)
        of_one = (edition, "unit_id", *key)
        op.create_table(
            table,
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column(edition, sa.Uuid(), nullable=False),
            *own,
            sa.ForeignKeyConstraint(
                [edition],
                [f"{schema}.{whole}.id"],
                name=op.f(f"fk_{table}_{edition}"),
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint(*of_one, name=op.f(f"uq_{table}_{'_'.join(of_one)}")),
            schema=schema,
        )


def _activity() -> list[sa.Column[Any]]:
    return [
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("on_day", sa.Date(), nullable=True),
    ]


def _criterion() -> list[sa.Column[Any]]:
    return [
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("set_number", sa.Integer(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=True),
        sa.Column("partly", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("unit_of_value", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
    ]
