"""The organisation in full: bodies, members, activities, money, reports, settings.

Meetings and schedules belong to a group or, from now on, to a body as a whole.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from casework.core.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OF_ONE = "(group_id IS NULL) <> (body_id IS NULL)"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def _part() -> str | None:
    """The schema of the organisation; in SQLite the parts stand in one file."""
    return "organisation" if op.get_bind().dialect.name == "postgresql" else None


def _refer(table: BatchOperations, name: str, column: str, to: str) -> None:
    table.create_foreign_key(
        op.f(f"fk_{name}_{column}"), to, [column], ["id"], referent_schema=_part()
    )


def upgrade_default() -> None:
    op.create_table(
        "base_salaries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_salaries")),
        sa.UniqueConstraint("from_on", name=op.f("uq_base_salaries_from_on")),
        schema="organisation",
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_revisions_subject_id_replaced_at"),
        "revisions",
        ["subject_id", "replaced_at"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "access_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("questioned", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_access_reviews_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_reviews")),
        sa.UniqueConstraint("unit_id", "month", name=op.f("uq_access_reviews_unit_id_month")),
        schema="organisation",
    )
    op.create_table(
        "agencies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("predecessor_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["predecessor_id"],
            ["organisation.agencies.id"],
            name=op.f("fk_agencies_predecessor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_agencies_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        schema="organisation",
    )
    op.create_table(
        "attached_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_attached_files_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attached_files")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_attached_files_owner_id"),
        "attached_files",
        ["owner_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "bodies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_bodies_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bodies")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_bodies_unit_id"), "bodies", ["unit_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "closed_years",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("reopened_by", sa.Uuid(), nullable=True),
        sa.Column("reopened_at", UtcDateTime(), nullable=True),
        sa.Column("reopen_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_closed_years_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_years")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_closed_years_unit_id_year"),
        "closed_years",
        ["unit_id", "year"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "coefficients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("thousandths", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_coefficients_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coefficients")),
        sa.UniqueConstraint(
            "role", "province_id", "from_on", name=op.f("uq_coefficients_role_province_id_from_on")
        ),
        schema="organisation",
    )
    op.create_table(
        "criteria_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_criteria_sets_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_sets")),
        sa.UniqueConstraint(
            "province_id", "number", name=op.f("uq_criteria_sets_province_id_number")
        ),
        schema="organisation",
    )
    op.create_table(
        "hamlets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_hamlets_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hamlets")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_hamlets_unit_id"), "hamlets", ["unit_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "joint_activities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_joint_activities_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_activities")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_joint_activities_unit_id_held_on"),
        "joint_activities",
        ["unit_id", "held_on"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("occupation", sa.Text(), nullable=False),
        sa.Column("is_voluntary", sa.Boolean(), nullable=False),
        sa.Column("lives_here_since", sa.Date(), nullable=True),
        sa.Column("works_here", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["organisation.accounts.id"], name=op.f("fk_members_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_members_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("account_id", name=op.f("uq_members_account_id")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_members_unit_id"), "members", ["unit_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "partners",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_partners_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_partners_unit_id"), "partners", ["unit_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_pauses_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_pauses_unit_id_from_on"),
        "pauses",
        ["unit_id", "from_on"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "programmes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_programmes_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        schema="organisation",
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_proposals_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_proposals_unit_id"), "proposals", ["unit_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "report_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_report_periods_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_periods")),
        sa.UniqueConstraint("province_id", "name", name=op.f("uq_report_periods_province_id_name")),
        schema="organisation",
    )
    op.create_table(
        "setting_values",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_setting_values_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_values")),
        sa.UniqueConstraint(
            "key", "province_id", "from_on", name=op.f("uq_setting_values_key_province_id_from_on")
        ),
        schema="organisation",
    )
    op.create_table(
        "trainings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_trainings_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_trainings_unit_id_until_on"),
        "trainings",
        ["unit_id", "until_on"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "yearly_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("aims", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_yearly_plans_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yearly_plans")),
        sa.UniqueConstraint("unit_id", "year", name=op.f("uq_yearly_plans_unit_id_year")),
        schema="organisation",
    )
    op.create_table(
        "communication_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("attendances", sa.Integer(), nullable=False),
        sa.Column("materials", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["organisation.bodies.id"], name=op.f("fk_communication_sessions_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_communication_sessions_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communication_sessions")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_communication_sessions_unit_id_held_on"),
        "communication_sessions",
        ["unit_id", "held_on"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "criteria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=True),
        sa.Column("partly", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["set_id"], ["organisation.criteria_sets.id"], name=op.f("fk_criteria_set_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria")),
        sa.UniqueConstraint("set_id", "code", name=op.f("uq_criteria_set_id_code")),
        schema="organisation",
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["organisation.bodies.id"], name=op.f("fk_decisions_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_decisions_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_decisions_body_id"), "decisions", ["body_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "joint_partners",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["organisation.joint_activities.id"],
            name=op.f("fk_joint_partners_activity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["organisation.partners.id"], name=op.f("fk_joint_partners_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_partners")),
        sa.UniqueConstraint(
            "activity_id", "partner_id", name=op.f("uq_joint_partners_activity_id_partner_id")
        ),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_joint_partners_partner_id"),
        "joint_partners",
        ["partner_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "member_skills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.members.id"], name=op.f("fk_member_skills_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_skills")),
        sa.UniqueConstraint("member_id", "skill", name=op.f("uq_member_skills_member_id_skill")),
        schema="organisation",
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(amount > 0) = (corrects_id IS NULL)", name=op.f("ck_payments_sign")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["organisation.bodies.id"], name=op.f("fk_payments_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["organisation.payments.id"], name=op.f("fk_payments_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.members.id"], name=op.f("fk_payments_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_payments_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_payments_corrects_id")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_payments_member_id_month"),
        "payments",
        ["member_id", "month"],
        unique=False,
        schema="organisation",
    )
    op.create_index(
        op.f("ix_payments_unit_id_month"),
        "payments",
        ["unit_id", "month"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "phases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["organisation.programmes.id"], name=op.f("fk_phases_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phases")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_phases_programme_id"),
        "phases",
        ["programme_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "planned_activities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["organisation.yearly_plans.id"],
            name=op.f("fk_planned_activities_plan_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_activities")),
        sa.UniqueConstraint(
            "plan_id",
            "activity",
            "month",
            name=op.f("uq_planned_activities_plan_id_activity_month"),
        ),
        schema="organisation",
    )
    op.create_table(
        "regulations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["organisation.bodies.id"], name=op.f("fk_regulations_body_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regulations")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_regulations_body_id"),
        "regulations",
        ["body_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "training_places",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.members.id"], name=op.f("fk_training_places_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["organisation.trainings.id"],
            name=op.f("fk_training_places_training_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_places")),
        sa.UniqueConstraint(
            "training_id", "member_id", name=op.f("uq_training_places_training_id_member_id")
        ),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_training_places_member_id"),
        "training_places",
        ["member_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "training_skills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["organisation.trainings.id"],
            name=op.f("fk_training_skills_training_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_skills")),
        sa.UniqueConstraint(
            "training_id", "skill", name=op.f("uq_training_skills_training_id_skill")
        ),
        schema="organisation",
    )
    op.create_table(
        "unit_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("achieved", sa.Text(), nullable=False),
        sa.Column("difficulties", sa.Text(), nullable=False),
        sa.Column("proposals", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("supplement", sa.Text(), nullable=False),
        sa.Column("supplemented_at", UtcDateTime(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["organisation.report_periods.id"],
            name=op.f("fk_unit_reports_period_id"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_unit_reports_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_reports")),
        sa.UniqueConstraint("unit_id", "period_id", name=op.f("uq_unit_reports_unit_id_period_id")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_unit_reports_period_id"),
        "unit_reports",
        ["period_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "budget_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("funding_source", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("phase_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("estimate_amount", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["organisation.bodies.id"], name=op.f("fk_budget_lines_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["phase_id"], ["organisation.phases.id"], name=op.f("fk_budget_lines_phase_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_budget_lines_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_lines")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_budget_lines_body_id"),
        "budget_lines",
        ["body_id"],
        unique=False,
        schema="organisation",
    )
    op.create_index(
        op.f("ix_budget_lines_unit_id_year"),
        "budget_lines",
        ["unit_id", "year"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "covered_hamlets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("hamlet_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hamlet_id"], ["organisation.hamlets.id"], name=op.f("fk_covered_hamlets_hamlet_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["organisation.communication_sessions.id"],
            name=op.f("fk_covered_hamlets_session_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_covered_hamlets")),
        sa.UniqueConstraint(
            "session_id", "hamlet_id", name=op.f("uq_covered_hamlets_session_id_hamlet_id")
        ),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_covered_hamlets_hamlet_id"),
        "covered_hamlets",
        ["hamlet_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["organisation.bodies.id"], name=op.f("fk_posts_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["organisation.groups.id"], name=op.f("fk_posts_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.members.id"], name=op.f("fk_posts_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_posts_body_id_role"),
        "posts",
        ["body_id", "role"],
        unique=False,
        schema="organisation",
    )
    op.create_index(
        op.f("ix_posts_group_id"), "posts", ["group_id"], unique=False, schema="organisation"
    )
    op.create_index(
        op.f("ix_posts_member_id"), "posts", ["member_id"], unique=False, schema="organisation"
    )
    op.create_table(
        "minutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("resolutions", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["organisation.meetings.id"], name=op.f("fk_minutes_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_minutes_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_minutes_meeting_id")),
        schema="organisation",
    )
    op.create_table(
        "movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(amount > 0) = (corrects_id IS NULL)", name=op.f("ck_movements_sign")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_movements_moves")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["organisation.movements.id"], name=op.f("fk_movements_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["organisation.budget_lines.id"], name=op.f("fk_movements_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_movements_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_movements_corrects_id")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_movements_line_id_on_day"),
        "movements",
        ["line_id", "on_day"],
        unique=False,
        schema="organisation",
    )
    op.create_index(
        op.f("ix_movements_unit_id_voucher"),
        "movements",
        ["unit_id", "voucher"],
        unique=False,
        schema="organisation",
    )
    part = _part()
    with op.batch_alter_table("account_roles", schema=part) as roles:
        roles.add_column(
            sa.Column("awaits_approval", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        roles.add_column(sa.Column("given_by", sa.Uuid(), nullable=True))
        roles.add_column(sa.Column("approved_by", sa.Uuid(), nullable=True))
    with op.batch_alter_table("groups", schema=part) as groups:
        groups.add_column(sa.Column("body_id", sa.Uuid(), nullable=True))
        groups.create_index(op.f("ix_groups_body_id"), ["body_id"])
        _refer(groups, "groups", "body_id", "bodies")
    with op.batch_alter_table("meetings", schema=part) as meetings:
        meetings.add_column(sa.Column("body_id", sa.Uuid(), nullable=True))
        meetings.add_column(
            sa.Column("window_days", sa.Integer(), server_default="7", nullable=False)
        )
        meetings.add_column(sa.Column("pause_id", sa.Uuid(), nullable=True))
        meetings.add_column(sa.Column("recorded_by", sa.Uuid(), nullable=True))
        meetings.alter_column("group_id", existing_type=sa.Uuid(), nullable=True)
        meetings.create_unique_constraint(op.f("uq_meetings_body_id_due_on"), ["body_id", "due_on"])
        meetings.create_check_constraint(op.f("ck_meetings_of_one"), OF_ONE)
        meetings.create_index(op.f("ix_meetings_pause_id"), ["pause_id"])
        _refer(meetings, "meetings", "body_id", "bodies")
        _refer(meetings, "meetings", "pause_id", "pauses")
    with op.batch_alter_table("schedules", schema=part) as schedules:
        schedules.add_column(sa.Column("body_id", sa.Uuid(), nullable=True))
        schedules.add_column(sa.Column("regulation_id", sa.Uuid(), nullable=True))
        schedules.alter_column("group_id", existing_type=sa.Uuid(), nullable=True)
        schedules.create_check_constraint(op.f("ck_schedules_of_one"), OF_ONE)
        schedules.create_index(op.f("ix_schedules_body_id"), ["body_id"])
        _refer(schedules, "schedules", "body_id", "bodies")
        _refer(schedules, "schedules", "regulation_id", "regulations")


def downgrade_default() -> None:
    part = _part()
    # What only this revision knows goes with it.
    for table in ("minutes", "meetings", "schedules"):
        of_bodies = "" if table == "minutes" else " WHERE body_id IS NOT NULL"
        op.execute(sa.text(f"DELETE FROM {f'{part}.' if part else ''}{table}{of_bodies}"))
    with op.batch_alter_table("schedules", schema=part) as schedules:
        schedules.drop_constraint(op.f("fk_schedules_regulation_id"), type_="foreignkey")
        schedules.drop_constraint(op.f("fk_schedules_body_id"), type_="foreignkey")
        schedules.drop_constraint(op.f("ck_schedules_of_one"), type_="check")
        schedules.drop_index(op.f("ix_schedules_body_id"))
        schedules.alter_column("group_id", existing_type=sa.Uuid(), nullable=False)
        schedules.drop_column("regulation_id")
        schedules.drop_column("body_id")
    with op.batch_alter_table("meetings", schema=part) as meetings:
        meetings.drop_constraint(op.f("fk_meetings_pause_id"), type_="foreignkey")
        meetings.drop_constraint(op.f("fk_meetings_body_id"), type_="foreignkey")
        meetings.drop_index(op.f("ix_meetings_pause_id"))
        meetings.drop_constraint(op.f("uq_meetings_body_id_due_on"), type_="unique")
        meetings.drop_constraint(op.f("ck_meetings_of_one"), type_="check")
        meetings.alter_column("group_id", existing_type=sa.Uuid(), nullable=False)
        meetings.drop_column("recorded_by")
        meetings.drop_column("pause_id")
        meetings.drop_column("window_days")
        meetings.drop_column("body_id")
    with op.batch_alter_table("groups", schema=part) as groups:
        groups.drop_constraint(op.f("fk_groups_body_id"), type_="foreignkey")
        groups.drop_index(op.f("ix_groups_body_id"))
        groups.drop_column("body_id")
    with op.batch_alter_table("account_roles", schema=part) as roles:
        roles.drop_column("approved_by")
        roles.drop_column("given_by")
        roles.drop_column("awaits_approval")
    op.drop_index(
        op.f("ix_movements_unit_id_voucher"), table_name="movements", schema="organisation"
    )
    op.drop_index(
        op.f("ix_movements_line_id_on_day"), table_name="movements", schema="organisation"
    )
    op.drop_table("movements", schema="organisation")
    op.drop_table("minutes", schema="organisation")
    op.drop_index(op.f("ix_posts_member_id"), table_name="posts", schema="organisation")
    op.drop_index(op.f("ix_posts_group_id"), table_name="posts", schema="organisation")
    op.drop_index(op.f("ix_posts_body_id_role"), table_name="posts", schema="organisation")
    op.drop_table("posts", schema="organisation")
    op.drop_index(
        op.f("ix_covered_hamlets_hamlet_id"), table_name="covered_hamlets", schema="organisation"
    )
    op.drop_table("covered_hamlets", schema="organisation")
    op.drop_index(
        op.f("ix_budget_lines_unit_id_year"), table_name="budget_lines", schema="organisation"
    )
    op.drop_index(op.f("ix_budget_lines_body_id"), table_name="budget_lines", schema="organisation")
    op.drop_table("budget_lines", schema="organisation")
    op.drop_index(
        op.f("ix_unit_reports_period_id"), table_name="unit_reports", schema="organisation"
    )
    op.drop_table("unit_reports", schema="organisation")
    op.drop_table("training_skills", schema="organisation")
    op.drop_index(
        op.f("ix_training_places_member_id"), table_name="training_places", schema="organisation"
    )
    op.drop_table("training_places", schema="organisation")
    op.drop_index(op.f("ix_regulations_body_id"), table_name="regulations", schema="organisation")
    op.drop_table("regulations", schema="organisation")
    op.drop_table("planned_activities", schema="organisation")
    op.drop_index(op.f("ix_phases_programme_id"), table_name="phases", schema="organisation")
    op.drop_table("phases", schema="organisation")
    op.drop_index(op.f("ix_payments_unit_id_month"), table_name="payments", schema="organisation")
    op.drop_index(op.f("ix_payments_member_id_month"), table_name="payments", schema="organisation")
    op.drop_table("payments", schema="organisation")
    op.drop_table("member_skills", schema="organisation")
    op.drop_index(
        op.f("ix_joint_partners_partner_id"), table_name="joint_partners", schema="organisation"
    )
    op.drop_table("joint_partners", schema="organisation")
    op.drop_index(op.f("ix_decisions_body_id"), table_name="decisions", schema="organisation")
    op.drop_table("decisions", schema="organisation")
    op.drop_table("criteria", schema="organisation")
    op.drop_index(
        op.f("ix_communication_sessions_unit_id_held_on"),
        table_name="communication_sessions",
        schema="organisation",
    )
    op.drop_table("communication_sessions", schema="organisation")
    op.drop_table("yearly_plans", schema="organisation")
    op.drop_index(
        op.f("ix_trainings_unit_id_until_on"), table_name="trainings", schema="organisation"
    )
    op.drop_table("trainings", schema="organisation")
    op.drop_table("setting_values", schema="organisation")
    op.drop_table("report_periods", schema="organisation")
    op.drop_index(op.f("ix_proposals_unit_id"), table_name="proposals", schema="organisation")
    op.drop_table("proposals", schema="organisation")
    op.drop_table("programmes", schema="organisation")
    op.drop_index(op.f("ix_pauses_unit_id_from_on"), table_name="pauses", schema="organisation")
    op.drop_table("pauses", schema="organisation")
    op.drop_index(op.f("ix_partners_unit_id"), table_name="partners", schema="organisation")
    op.drop_table("partners", schema="organisation")
    op.drop_index(op.f("ix_members_unit_id"), table_name="members", schema="organisation")
    op.drop_table("members", schema="organisation")
    op.drop_index(
        op.f("ix_joint_activities_unit_id_held_on"),
        table_name="joint_activities",
        schema="organisation",
    )
    op.drop_table("joint_activities", schema="organisation")
    op.drop_index(op.f("ix_hamlets_unit_id"), table_name="hamlets", schema="organisation")
    op.drop_table("hamlets", schema="organisation")
    op.drop_table("criteria_sets", schema="organisation")
    op.drop_table("coefficients", schema="organisation")
    op.drop_index(
        op.f("ix_closed_years_unit_id_year"), table_name="closed_years", schema="organisation"
    )
    op.drop_table("closed_years", schema="organisation")
    op.drop_index(op.f("ix_bodies_unit_id"), table_name="bodies", schema="organisation")
    op.drop_table("bodies", schema="organisation")
    op.drop_index(
        op.f("ix_attached_files_owner_id"), table_name="attached_files", schema="organisation"
    )
    op.drop_table("attached_files", schema="organisation")
    op.drop_table("agencies", schema="organisation")
    op.drop_table("access_reviews", schema="organisation")
    op.drop_index(
        op.f("ix_revisions_subject_id_replaced_at"), table_name="revisions", schema="organisation"
    )
    op.drop_table("revisions", schema="organisation")
    op.drop_table("base_salaries", schema="organisation")


def upgrade_inspection() -> None:
    pass


def downgrade_inspection() -> None:
    pass
