"""What a team was paid is found by the team, without reading the payments of the whole country."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEX = "ix_payments_body_id_month"


def upgrade(engine_name: str) -> None:
    if engine_name == "default":
        op.create_index(
            op.f(INDEX), "payments", ["body_id", "month"], unique=False, schema="organisation"
        )


def downgrade(engine_name: str) -> None:
    if engine_name == "default":
        op.drop_index(op.f(INDEX), table_name="payments", schema="organisation")
