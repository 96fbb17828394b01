"""Inspections have tables of their own: plans, visits, findings, minutes, recommendations,
conferences; and the blind sample, half of it on either side.
"""

import sqlalchemy as sa
from alembic import op

from casework.core.database import UtcDateTime

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    if engine_name != "default":
        return
    op.create_table(
        "paper_samples",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("shown_by", sa.Uuid(), nullable=True),
        sa.Column("shown_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_paper_samples_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_samples")),
        schema="organisation",
    )
    op.create_index(
        op.f("ix_paper_samples_unit_id"),
        "paper_samples",
        ["unit_id"],
        unique=False,
        schema="organisation",
    )
    op.create_table(
        "inspection_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("visits_from_on", sa.Date(), nullable=False),
        sa.Column("visits_until_on", sa.Date(), nullable=False),
        sa.Column("outline", sa.Text(), nullable=False),
        sa.Column("report_due_on", sa.Date(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_note", sa.Text(), nullable=False),
        sa.Column("is_adjusted", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"], ["organisation.units.id"], name=op.f("fk_inspection_plans_province_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_plans")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspection_plans_province_id"),
        "inspection_plans",
        ["province_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "news_seen",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["organisation.accounts.id"], name=op.f("fk_news_seen_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_seen")),
        sa.UniqueConstraint("account_id", name=op.f("uq_news_seen_account_id")),
        schema="rounds",
    )
    op.create_table(
        "review_conferences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("causes", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("tasks", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["province_id"],
            ["organisation.units.id"],
            name=op.f("fk_review_conferences_province_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_conferences")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_review_conferences_province_id"),
        "review_conferences",
        ["province_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "best_practices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conference_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["rounds.review_conferences.id"],
            name=op.f("fk_best_practices_conference_id"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["organisation.units.id"],
            name=op.f("fk_best_practices_unit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_best_practices")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_best_practices_conference_id"),
        "best_practices",
        ["conference_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "sampled_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["confidential.cases.id"], name=op.f("fk_sampled_cases_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["organisation.paper_samples.id"],
            name=op.f("fk_sampled_cases_sample_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampled_cases")),
        sa.UniqueConstraint(
            "sample_id", "position", name=op.f("uq_sampled_cases_sample_id_position")
        ),
        schema="confidential",
    )
    op.create_index(
        op.f("ix_sampled_cases_case_id"),
        "sampled_cases",
        ["case_id"],
        unique=False,
        schema="confidential",
    )
    op.create_table(
        "inspection_team_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["organisation.accounts.id"],
            name=op.f("fk_inspection_team_members_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["rounds.inspection_plans.id"],
            name=op.f("fk_inspection_team_members_plan_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_team_members")),
        sa.UniqueConstraint(
            "plan_id", "account_id", name=op.f("uq_inspection_team_members_plan_id_account_id")
        ),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspection_team_members_plan_id"),
        "inspection_team_members",
        ["plan_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "inspections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("visit_on", sa.Date(), nullable=True),
        sa.Column("starts_at", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("notified_by", sa.Uuid(), nullable=True),
        sa.Column("notified_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["rounds.inspection_plans.id"], name=op.f("fk_inspections_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_inspections_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("plan_id", "unit_id", name=op.f("uq_inspections_plan_id_unit_id")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspections_unit_id"), "inspections", ["unit_id"], unique=False, schema="rounds"
    )
    op.create_table(
        "sample_ticks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["organisation.paper_samples.id"], name=op.f("fk_sample_ticks_sample_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_ticks")),
        sa.UniqueConstraint(
            "sample_id",
            "position",
            "question",
            name=op.f("uq_sample_ticks_sample_id_position_question"),
        ),
        schema="rounds",
    )
    op.create_table(
        "checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("set_number", sa.Integer(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=True),
        sa.Column("partly", sa.Integer(), nullable=True),
        sa.Column("numerator", sa.BigInteger(), nullable=True),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("unit_of_value", sa.Text(), nullable=False),
        sa.Column("computed", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["rounds.inspections.id"], name=op.f("fk_checks_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
        sa.UniqueConstraint("inspection_id", "code", name=op.f("uq_checks_inspection_id_code")),
        schema="rounds",
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("proposed_text", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decline_reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["rounds.inspections.id"], name=op.f("fk_findings_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_findings_inspection_id"),
        "findings",
        ["inspection_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "inspection_minutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("province_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("unit_opinion", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("frozen_by", sa.Uuid(), nullable=True),
        sa.Column("frozen_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["rounds.inspections.id"],
            name=op.f("fk_inspection_minutes_inspection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["province_id"],
            ["organisation.units.id"],
            name=op.f("fk_inspection_minutes_province_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_minutes")),
        sa.UniqueConstraint("inspection_id", name=op.f("uq_inspection_minutes_inspection_id")),
        sa.UniqueConstraint(
            "province_id",
            "year",
            "number",
            name=op.f("uq_inspection_minutes_province_id_year_number"),
        ),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspection_minutes_digest"),
        "inspection_minutes",
        ["digest"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "inspection_visitors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["rounds.inspections.id"],
            name=op.f("fk_inspection_visitors_inspection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["rounds.inspection_team_members.id"],
            name=op.f("fk_inspection_visitors_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_visitors")),
        sa.UniqueConstraint(
            "inspection_id",
            "member_id",
            name=op.f("uq_inspection_visitors_inspection_id_member_id"),
        ),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspection_visitors_member_id"),
        "inspection_visitors",
        ["member_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "observed_skills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["rounds.inspections.id"],
            name=op.f("fk_observed_skills_inspection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.members.id"], name=op.f("fk_observed_skills_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observed_skills")),
        sa.UniqueConstraint(
            "inspection_id",
            "member_id",
            "skill",
            name=op.f("uq_observed_skills_inspection_id_member_id_skill"),
        ),
        schema="rounds",
    )
    op.create_table(
        "self_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("achieved", sa.Text(), nullable=False),
        sa.Column("difficulties", sa.Text(), nullable=False),
        sa.Column("causes", sa.Text(), nullable=False),
        sa.Column("proposals", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["rounds.inspections.id"], name=op.f("fk_self_reports_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_reports")),
        sa.UniqueConstraint("inspection_id", name=op.f("uq_self_reports_inspection_id")),
        schema="rounds",
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=False),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("favourable", sa.Text(), nullable=False),
        sa.Column("difficulties", sa.Text(), nullable=False),
        sa.Column("proposals", sa.Text(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["rounds.inspections.id"], name=op.f("fk_visits_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["organisation.paper_samples.id"], name=op.f("fk_visits_sample_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("inspection_id", name=op.f("uq_visits_inspection_id")),
        schema="rounds",
    )
    op.create_table(
        "inspection_minutes_supplements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["minutes_id"],
            ["rounds.inspection_minutes.id"],
            name=op.f("fk_inspection_minutes_supplements_minutes_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_minutes_supplements")),
        sa.UniqueConstraint(
            "minutes_id", "number", name=op.f("uq_inspection_minutes_supplements_minutes_id_number")
        ),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspection_minutes_supplements_digest"),
        "inspection_minutes_supplements",
        ["digest"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "inspection_minutes_signatures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("is_on_paper", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["minutes_id"],
            ["rounds.inspection_minutes.id"],
            name=op.f("fk_inspection_minutes_signatures_minutes_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_minutes_signatures")),
        sa.UniqueConstraint(
            "minutes_id", "side", name=op.f("uq_inspection_minutes_signatures_minutes_id_side")
        ),
        schema="rounds",
    )
    op.create_table(
        "inspection_minutes_reopenings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["minutes_id"],
            ["rounds.inspection_minutes.id"],
            name=op.f("fk_inspection_minutes_reopenings_minutes_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_minutes_reopenings")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_inspection_minutes_reopenings_minutes_id"),
        "inspection_minutes_reopenings",
        ["minutes_id"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "recommendations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("is_money", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["rounds.findings.id"], name=op.f("fk_recommendations_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["rounds.inspections.id"],
            name=op.f("fk_recommendations_inspection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation.units.id"], name=op.f("fk_recommendations_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_recommendations_inspection_id"),
        "recommendations",
        ["inspection_id"],
        unique=False,
        schema="rounds",
    )
    op.create_index(
        op.f("ix_recommendations_unit_id_due_on"),
        "recommendations",
        ["unit_id", "due_on"],
        unique=False,
        schema="rounds",
    )
    op.create_table(
        "self_report_remarks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["rounds.self_reports.id"], name=op.f("fk_self_report_remarks_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_report_remarks")),
        sa.UniqueConstraint(
            "report_id", "code", name=op.f("uq_self_report_remarks_report_id_code")
        ),
        schema="rounds",
    )
    op.create_table(
        "recommendation_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["rounds.recommendations.id"],
            name=op.f("fk_recommendation_steps_recommendation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation_steps")),
        schema="rounds",
    )
    op.create_index(
        op.f("ix_recommendation_steps_recommendation_id"),
        "recommendation_steps",
        ["recommendation_id"],
        unique=False,
        schema="rounds",
    )


def downgrade(engine_name: str) -> None:
    if engine_name != "default":
        return
    op.drop_index(
        op.f("ix_recommendation_steps_recommendation_id"),
        table_name="recommendation_steps",
        schema="rounds",
    )
    op.drop_table("recommendation_steps", schema="rounds")
    op.drop_table("self_report_remarks", schema="rounds")
    op.drop_index(
        op.f("ix_recommendations_unit_id_due_on"), table_name="recommendations", schema="rounds"
    )
    op.drop_index(
        op.f("ix_recommendations_inspection_id"), table_name="recommendations", schema="rounds"
    )
    op.drop_table("recommendations", schema="rounds")
    op.drop_index(
        op.f("ix_inspection_minutes_reopenings_minutes_id"),
        table_name="inspection_minutes_reopenings",
        schema="rounds",
    )
    op.drop_table("inspection_minutes_reopenings", schema="rounds")
    op.drop_table("inspection_minutes_signatures", schema="rounds")
    op.drop_index(
        op.f("ix_inspection_minutes_supplements_digest"),
        table_name="inspection_minutes_supplements",
        schema="rounds",
    )
    op.drop_table("inspection_minutes_supplements", schema="rounds")
    op.drop_table("visits", schema="rounds")
    op.drop_table("self_reports", schema="rounds")
    op.drop_table("observed_skills", schema="rounds")
    op.drop_index(
        op.f("ix_inspection_visitors_member_id"), table_name="inspection_visitors", schema="rounds"
    )
    op.drop_table("inspection_visitors", schema="rounds")
    op.drop_index(
        op.f("ix_inspection_minutes_digest"), table_name="inspection_minutes", schema="rounds"
    )
    op.drop_table("inspection_minutes", schema="rounds")
    op.drop_index(op.f("ix_findings_inspection_id"), table_name="findings", schema="rounds")
    op.drop_table("findings", schema="rounds")
    op.drop_table("checks", schema="rounds")
    op.drop_table("sample_ticks", schema="rounds")
    op.drop_index(op.f("ix_inspections_unit_id"), table_name="inspections", schema="rounds")
    op.drop_table("inspections", schema="rounds")
    op.drop_index(
        op.f("ix_inspection_team_members_plan_id"),
        table_name="inspection_team_members",
        schema="rounds",
    )
    op.drop_table("inspection_team_members", schema="rounds")
    op.drop_index(
        op.f("ix_sampled_cases_case_id"), table_name="sampled_cases", schema="confidential"
    )
    op.drop_table("sampled_cases", schema="confidential")
    op.drop_index(
        op.f("ix_best_practices_conference_id"), table_name="best_practices", schema="rounds"
    )
    op.drop_table("best_practices", schema="rounds")
    op.drop_index(
        op.f("ix_review_conferences_province_id"), table_name="review_conferences", schema="rounds"
    )
    op.drop_table("review_conferences", schema="rounds")
    op.drop_table("news_seen", schema="rounds")
    op.drop_index(
        op.f("ix_inspection_plans_province_id"), table_name="inspection_plans", schema="rounds"
    )
    op.drop_table("inspection_plans", schema="rounds")
    op.drop_index(
        op.f("ix_paper_samples_unit_id"), table_name="paper_samples", schema="organisation"
    )
    op.drop_table("paper_samples", schema="organisation")
