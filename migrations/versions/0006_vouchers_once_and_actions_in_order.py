"""A voucher is used once in a unit and year by the database too; actions of a plan know in which
order they were written.

Of support that used one voucher twice so far, the item recorded first keeps the use; the others
stay as they are. Actions written so far keep the order of their days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEX = "ix_services_unit_id_voucher_use"


def _part() -> str | None:
    """The schema; in SQLite the parts stand in one file."""
    return "confidential" if op.get_bind().dialect.name == "postgresql" else None


def upgrade(engine_name: str) -> None:
    if engine_name != "default":
        return
    with op.batch_alter_table("services", schema=_part()) as services:
        services.add_column(sa.Column("voucher_use", sa.Text(), nullable=True))
    _tell_uses()
    op.create_index(
        op.f(INDEX), "services", ["unit_id", "voucher_use"], unique=True, schema=_part()
    )
    with op.batch_alter_table("plan_actions", schema=_part()) as actions:
        actions.add_column(sa.Column("position", sa.Integer(), server_default="0", nullable=False))


def downgrade(engine_name: str) -> None:
    if engine_name != "default":
        return
    with op.batch_alter_table("plan_actions", schema=_part()) as actions:
        actions.drop_column("position")
    op.drop_index(op.f(INDEX), table_name="services", schema=_part())
    with op.batch_alter_table("services", schema=_part()) as services:
        services.drop_column("voucher_use")


def _tell_uses() -> None:
    """What the vouchers of support that stands are compared by."""
    services = sa.table(
        "services",
        sa.column("id", sa.Uuid()),
        sa.column("unit_id", sa.Uuid()),
        sa.column("on_day", sa.Date()),
        sa.column("voucher", sa.Text()),
        sa.column("voucher_use", sa.Text()),
        sa.column("taken_back_at"),
        sa.column("recorded_at"),
        schema=_part(),
    )
    of = services.c
    query = (
        sa.select(of.id, of.unit_id, of.on_day, of.voucher)
        .where(of.voucher != "", of.taken_back_at.is_(None))
        .order_by(of.recorded_at, of.id)
    )
    known = set()
    for row in op.get_bind().execute(query).all():
        use = f"{row.on_day.year} {''.join(row.voucher.casefold().split())}"
        if (row.unit_id, use) not in known:
            known.add((row.unit_id, use))
            op.execute(sa.update(services).where(of.id == row.id).values(voucher_use=use))
