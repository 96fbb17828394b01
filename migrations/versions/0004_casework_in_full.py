"""Casework in full: needs, plans, support, referrals, papers, rights, transfers, openings out of
turn, erasures; and episodes, which are what is counted.

Each case so far was one stretch of support in one unit; it becomes its first episode.
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from casework.core.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OF_THE_PERSON = (
    "safe_times_sealed",
    "never_say_sealed",
    "no_message_sealed",
    "guardian_sealed",
    "guardian_phone_sealed",
)


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def _part(name: str) -> str | None:
    """The schema of a part; in SQLite the parts stand in one file."""
    return name if op.get_bind().dialect.name == "postgresql" else None


def _refer(table: BatchOperations, name: str, column: str, to: str) -> None:
    table.create_foreign_key(
        op.f(f"fk_{name}_{column}"),
        to,
        [column],
        ["id"],
        referent_schema=_part("organisation"),
    )


def upgrade_default() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("summary_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_assessments_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_assessments_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_assessments_case_id_on_day"),
        "assessments",
        ["case_id", "on_day"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_assessments_unit_id_on_day"),
        "assessments",
        ["unit_id", "on_day"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("filename_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_attachments_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_attachments_case_id"),
        "attachments",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "case_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("record_kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("named_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("replaced_by", sa.Uuid(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_case_revisions_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_revisions")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_case_revisions_case_id"),
        "case_revisions",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_case_revisions_record_id_replaced_at"),
        "case_revisions",
        ["record_id", "replaced_at"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "disclosures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("agency_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ground_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("told_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_disclosures_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_disclosures_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_disclosures_case_id"),
        "disclosures",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_disclosures_unit_id_received_on"),
        "disclosures",
        ["unit_id", "received_on"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "emergency_openings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("compartment", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("explanation_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("decision_note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("review_note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_emergency_openings_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_emergency_openings_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_openings")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_emergency_openings_asked_by_expires_at"),
        "emergency_openings",
        ["asked_by", "expires_at"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_emergency_openings_case_id"),
        "emergency_openings",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("closure_reason", sa.Text(), nullable=True),
        sa.Column("reopened_because", sa.Text(), nullable=True),
        sa.Column("closing_note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_episodes_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_episodes_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_episodes_case_id"), "episodes", ["case_id"], unique=False, schema="confidential"
    )
    op.create_index(
        op.f("ix_episodes_unit_id_closed_on"),
        "episodes",
        ["unit_id", "closed_on"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_episodes_unit_id_opened_on"),
        "episodes",
        ["unit_id", "opened_on"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("kept_because", sa.Text(), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_erasures_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_erasures_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_erasures_case_id"), "erasures", ["case_id"], unique=False, schema="confidential"
    )
    op.create_index(
        op.f("ix_erasures_unit_id"), "erasures", ["unit_id"], unique=False, schema="confidential"
    )
    op.create_table(
        "plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("person_signed_on", sa.Date(), nullable=True),
        sa.Column("counselor_signed_on", sa.Date(), nullable=True),
        sa.Column("summary_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_plans_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_plans_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_plans_case_id_number")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plans_unit_id_review_on"),
        "plans",
        ["unit_id", "review_on"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("dropped_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["organisation.accounts.id"], name=op.f("fk_reminders_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_reminders_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_reminders_account_id_due_on"),
        "reminders",
        ["account_id", "due_on"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_reminders_case_id"), "reminders", ["case_id"], unique=False, schema="confidential"
    )
    op.create_table(
        "rights_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("wish_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reply_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("statement_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_rights_requests_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_rights_requests_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_requests")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_rights_requests_case_id"),
        "rights_requests",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_rights_requests_unit_id_due_on"),
        "rights_requests",
        ["unit_id", "due_on"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("is_money", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("funding_source", sa.Text(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("taken_back_at", UtcDateTime(), nullable=True),
        sa.Column("taken_back_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_services_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_services_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_services_case_id_on_day"),
        "services",
        ["case_id", "on_day"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_services_unit_id_on_day"),
        "services",
        ["unit_id", "on_day"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "statutory_statuses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_statutory_statuses_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statutory_statuses")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_statutory_statuses_case_id"),
        "statutory_statuses",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "assessed_areas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["confidential.assessments.id"],
            name=op.f("fk_assessed_areas_assessment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_assessed_areas_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessed_areas")),
        sa.UniqueConstraint(
            "assessment_id", "area", name=op.f("uq_assessed_areas_assessment_id_area")
        ),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_assessed_areas_case_id"),
        "assessed_areas",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "plan_goals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("goal_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_plan_goals_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["confidential.plans.id"], name=op.f("fk_plan_goals_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_goals")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_goals_case_id"),
        "plan_goals",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_goals_plan_id_position"),
        "plan_goals",
        ["plan_id", "position"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "plan_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_plan_reviews_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["confidential.plans.id"], name=op.f("fk_plan_reviews_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_plan_reviews_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_reviews")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_reviews_case_id"),
        "plan_reviews",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_reviews_plan_id_on_day"),
        "plan_reviews",
        ["plan_id", "on_day"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("feedback_due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("names_person", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("taken_back_at", UtcDateTime(), nullable=True),
        sa.Column("taken_back_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_referrals_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["confidential.consents.id"], name=op.f("fk_referrals_consent_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["organisation.partners.id"], name=op.f("fk_referrals_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_referrals_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_referrals_case_id_sent_on"),
        "referrals",
        ["case_id", "sent_on"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_referrals_partner_id"),
        "referrals",
        ["partner_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_referrals_unit_id_sent_on"),
        "referrals",
        ["unit_id", "sent_on"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("from_unit_id", sa.Uuid(), nullable=False),
        sa.Column("to_unit_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("offered_by", sa.Uuid(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_transfers_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["confidential.consents.id"], name=op.f("fk_transfers_consent_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_unit_id"], ["organisation.units.id"], name=op.f("fk_transfers_from_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_unit_id"], ["organisation.units.id"], name=op.f("fk_transfers_to_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_transfers_case_id"), "transfers", ["case_id"], unique=False, schema="confidential"
    )
    op.create_index(
        op.f("ix_transfers_to_unit_id_status"),
        "transfers",
        ["to_unit_id", "status"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "plan_actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("what_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("progress_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_plan_actions_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["goal_id"], ["confidential.plan_goals.id"], name=op.f("fk_plan_actions_goal_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["confidential.plans.id"], name=op.f("fk_plan_actions_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_actions")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_actions_case_id"),
        "plan_actions",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_actions_goal_id"),
        "plan_actions",
        ["goal_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_plan_actions_plan_id"),
        "plan_actions",
        ["plan_id"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "referral_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_referral_steps_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["confidential.referrals.id"],
            name=op.f("fk_referral_steps_referral_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_steps")),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_referral_steps_case_id"),
        "referral_steps",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_index(
        op.f("ix_referral_steps_referral_id_on_day"),
        "referral_steps",
        ["referral_id", "on_day"],
        unique=False,
        schema="confidential",
    )
    part = _part("confidential")
    with op.batch_alter_table("assignments", schema=part) as assignments:
        assignments.add_column(
            sa.Column("is_cover", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    with op.batch_alter_table("cases", schema=part) as cases:
        cases.add_column(sa.Column("erased_at", UtcDateTime(), nullable=True))
        cases.add_column(
            sa.Column("is_urgent", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("consents", schema=part) as consents:
        consents.add_column(sa.Column("partner_id", sa.Uuid(), nullable=True))
        consents.add_column(sa.Column("to_unit_id", sa.Uuid(), nullable=True))
        consents.add_column(sa.Column("child_agrees", sa.Boolean(), nullable=True))
        _refer(consents, "consents", "partner_id", "partners")
        _refer(consents, "consents", "to_unit_id", "units")
    with op.batch_alter_table("contacts", schema=part) as contacts:
        contacts.add_column(sa.Column("topics", sa.Text(), server_default="", nullable=False))
        contacts.add_column(sa.Column("taken_back_at", UtcDateTime(), nullable=True))
        contacts.add_column(sa.Column("taken_back_by", sa.Uuid(), nullable=True))
    with op.batch_alter_table("contact_revisions", schema=part) as revisions:
        revisions.add_column(sa.Column("kind", sa.Text(), nullable=True))
        revisions.add_column(sa.Column("on_day", sa.Date(), nullable=True))
        revisions.add_column(sa.Column("minutes", sa.Integer(), nullable=True))
        revisions.add_column(sa.Column("topics", sa.Text(), nullable=True))
        revisions.add_column(sa.Column("next_on", sa.Date(), nullable=True))
    with op.batch_alter_table("identities", schema=part) as identities:
        for name in OF_THE_PERSON:
            identities.add_column(sa.Column(name, sa.LargeBinary(), nullable=True))
    # The log about many cases is read since a day.
    op.drop_index(
        op.f("ix_audit_entries_subject_id"), table_name="audit_entries", schema=_part("core")
    )
    op.create_index(
        op.f("ix_audit_entries_subject_id_at"),
        "audit_entries",
        ["subject_id", "at"],
        unique=False,
        schema=_part("core"),
    )
    schema = f"{part}." if part else ""
    op.execute(
        sa.text(
            f"INSERT INTO {schema}episodes "
            "(id, case_id, unit_id, opened_on, closed_on, ended_by, closure_reason) "
            "SELECT id, id, unit_id, opened_on, closed_on, "
            "CASE WHEN closed_on IS NULL THEN NULL ELSE 'closure' END, closure_reason "
            f"FROM {schema}cases"
        )
    )


def downgrade_default() -> None:
    op.drop_index(
        op.f("ix_audit_entries_subject_id_at"), table_name="audit_entries", schema=_part("core")
    )
    op.create_index(
        op.f("ix_audit_entries_subject_id"),
        "audit_entries",
        ["subject_id"],
        unique=False,
        schema=_part("core"),
    )
    part = _part("confidential")
    with op.batch_alter_table("identities", schema=part) as identities:
        for name in reversed(OF_THE_PERSON):
            identities.drop_column(name)
    with op.batch_alter_table("contact_revisions", schema=part) as revisions:
        for name in ("next_on", "topics", "minutes", "on_day", "kind"):
            revisions.drop_column(name)
    with op.batch_alter_table("contacts", schema=part) as contacts:
        for name in ("taken_back_by", "taken_back_at", "topics"):
            contacts.drop_column(name)
    with op.batch_alter_table("consents", schema=part) as consents:
        consents.drop_constraint(op.f("fk_consents_to_unit_id"), type_="foreignkey")
        consents.drop_constraint(op.f("fk_consents_partner_id"), type_="foreignkey")
        consents.drop_column("child_agrees")
        consents.drop_column("to_unit_id")
        consents.drop_column("partner_id")
    with op.batch_alter_table("cases", schema=part) as cases:
        cases.drop_column("is_urgent")
        cases.drop_column("erased_at")
    with op.batch_alter_table("assignments", schema=part) as assignments:
        assignments.drop_column("is_cover")
    op.drop_index(
        op.f("ix_referral_steps_referral_id_on_day"),
        table_name="referral_steps",
        schema="confidential",
    )
    op.drop_index(
        op.f("ix_referral_steps_case_id"), table_name="referral_steps", schema="confidential"
    )
    op.drop_table("referral_steps", schema="confidential")
    op.drop_index(op.f("ix_plan_actions_plan_id"), table_name="plan_actions", schema="confidential")
    op.drop_index(op.f("ix_plan_actions_goal_id"), table_name="plan_actions", schema="confidential")
    op.drop_index(op.f("ix_plan_actions_case_id"), table_name="plan_actions", schema="confidential")
    op.drop_table("plan_actions", schema="confidential")
    op.drop_index(
        op.f("ix_transfers_to_unit_id_status"), table_name="transfers", schema="confidential"
    )
    op.drop_index(op.f("ix_transfers_case_id"), table_name="transfers", schema="confidential")
    op.drop_table("transfers", schema="confidential")
    op.drop_index(
        op.f("ix_referrals_unit_id_sent_on"), table_name="referrals", schema="confidential"
    )
    op.drop_index(op.f("ix_referrals_partner_id"), table_name="referrals", schema="confidential")
    op.drop_index(
        op.f("ix_referrals_case_id_sent_on"), table_name="referrals", schema="confidential"
    )
    op.drop_table("referrals", schema="confidential")
    op.drop_index(
        op.f("ix_plan_reviews_plan_id_on_day"), table_name="plan_reviews", schema="confidential"
    )
    op.drop_index(op.f("ix_plan_reviews_case_id"), table_name="plan_reviews", schema="confidential")
    op.drop_table("plan_reviews", schema="confidential")
    op.drop_index(
        op.f("ix_plan_goals_plan_id_position"), table_name="plan_goals", schema="confidential"
    )
    op.drop_index(op.f("ix_plan_goals_case_id"), table_name="plan_goals", schema="confidential")
    op.drop_table("plan_goals", schema="confidential")
    op.drop_index(
        op.f("ix_assessed_areas_case_id"), table_name="assessed_areas", schema="confidential"
    )
    op.drop_table("assessed_areas", schema="confidential")
    op.drop_index(
        op.f("ix_statutory_statuses_case_id"),
        table_name="statutory_statuses",
        schema="confidential",
    )
    op.drop_table("statutory_statuses", schema="confidential")
    op.drop_index(op.f("ix_services_unit_id_on_day"), table_name="services", schema="confidential")
    op.drop_index(op.f("ix_services_case_id_on_day"), table_name="services", schema="confidential")
    op.drop_table("services", schema="confidential")
    op.drop_index(
        op.f("ix_rights_requests_unit_id_due_on"),
        table_name="rights_requests",
        schema="confidential",
    )
    op.drop_index(
        op.f("ix_rights_requests_case_id"), table_name="rights_requests", schema="confidential"
    )
    op.drop_table("rights_requests", schema="confidential")
    op.drop_index(op.f("ix_reminders_case_id"), table_name="reminders", schema="confidential")
    op.drop_index(
        op.f("ix_reminders_account_id_due_on"), table_name="reminders", schema="confidential"
    )
    op.drop_table("reminders", schema="confidential")
    op.drop_index(op.f("ix_plans_unit_id_review_on"), table_name="plans", schema="confidential")
    op.drop_table("plans", schema="confidential")
    op.drop_index(op.f("ix_erasures_unit_id"), table_name="erasures", schema="confidential")
    op.drop_index(op.f("ix_erasures_case_id"), table_name="erasures", schema="confidential")
    op.drop_table("erasures", schema="confidential")
    op.drop_index(
        op.f("ix_episodes_unit_id_opened_on"), table_name="episodes", schema="confidential"
    )
    op.drop_index(
        op.f("ix_episodes_unit_id_closed_on"), table_name="episodes", schema="confidential"
    )
    op.drop_index(op.f("ix_episodes_case_id"), table_name="episodes", schema="confidential")
    op.drop_table("episodes", schema="confidential")
    op.drop_index(
        op.f("ix_emergency_openings_case_id"),
        table_name="emergency_openings",
        schema="confidential",
    )
    op.drop_index(
        op.f("ix_emergency_openings_asked_by_expires_at"),
        table_name="emergency_openings",
        schema="confidential",
    )
    op.drop_table("emergency_openings", schema="confidential")
    op.drop_index(
        op.f("ix_disclosures_unit_id_received_on"), table_name="disclosures", schema="confidential"
    )
    op.drop_index(op.f("ix_disclosures_case_id"), table_name="disclosures", schema="confidential")
    op.drop_table("disclosures", schema="confidential")
    op.drop_index(
        op.f("ix_case_revisions_record_id_replaced_at"),
        table_name="case_revisions",
        schema="confidential",
    )
    op.drop_index(
        op.f("ix_case_revisions_case_id"), table_name="case_revisions", schema="confidential"
    )
    op.drop_table("case_revisions", schema="confidential")
    op.drop_index(op.f("ix_attachments_case_id"), table_name="attachments", schema="confidential")
    op.drop_table("attachments", schema="confidential")
    op.drop_index(
        op.f("ix_assessments_unit_id_on_day"), table_name="assessments", schema="confidential"
    )
    op.drop_index(
        op.f("ix_assessments_case_id_on_day"), table_name="assessments", schema="confidential"
    )
    op.drop_table("assessments", schema="confidential")


def upgrade_inspection() -> None:
    pass


def downgrade_inspection() -> None:
    pass
