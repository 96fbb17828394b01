"""casework: a case-support tracker for reintegration.

The house has six parts; imports only point down, and import-linter checks it (pyproject.toml):

    anonymisation             the only door: reads confidential, writes the read model
    confidential | inspection two sides that may not import each other, even indirectly
    organisation              what names no person supported: accounts, units, bodies, members,
                              meetings, money, reports, settings, access log
    authz                     who may do what, and how far: one table
    vault                     keys: what only the people entrusted with a case can open
    core                      database, forms, htmx, audit, language: knows no feature

A feature folder holds at most routes > forms > operations > queries > models, in that import order.
A request passes: headers > who signed in (organisation.accounts) > may they (authz.enforce) >
the view > the one commit (core.database). `demonstration` and `cli` stand above all, and nothing
depends on them.
"""

from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from casework import cli
from casework.anonymisation.routes import bp as publishing
from casework.authz import enforce
from casework.confidential.assessments.routes import bp as assessments
from casework.confidential.assignments.routes import bp as assignments
from casework.confidential.attachments.routes import bp as attachments
from casework.confidential.break_glass.routes import bp as break_glass
from casework.confidential.caseloads.routes import bp as caseloads
from casework.confidential.cases.routes import bp as cases
from casework.confidential.closures.routes import bp as closures
from casework.confidential.consent.routes import bp as consent
from casework.confidential.contacts.routes import bp as contacts
from casework.confidential.facilitators.routes import bp as facilitators
from casework.confidential.followups.routes import bp as followups
from casework.confidential.group_sessions.routes import bp as group_sessions
from casework.confidential.groups.routes import bp as groups
from casework.confidential.intake.routes import bp as intake
from casework.confidential.looks.routes import bp as looks
from casework.confidential.plans.routes import bp as support_plans
from casework.confidential.referrals.routes import bp as referrals
from casework.confidential.reminders.routes import bp as reminders
from casework.confidential.rights.routes import bp as rights
from casework.confidential.rosters.routes import bp as rosters
from casework.confidential.rosters.routes import memberships
from casework.confidential.services.routes import bp as services
from casework.confidential.statutory.routes import bp as statutory
from casework.confidential.transfers.routes import bp as transfers
from casework.config import Settings
from casework.core import (
    assets,
    database,
    errors,
    headers,
    health,
    i18n,
    logs,
    navigation,
    operations,
    uploads,
)
from casework.inspection.comparison.routes import bp as comparison
from casework.inspection.indicators.routes import bp as indicators
from casework.inspection.inspections.routes import bp as inspections
from casework.organisation import accounts
from casework.organisation.access_log.routes import bp as access_log
from casework.organisation.access_reviews.routes import bp as access_reviews
from casework.organisation.accounts.routes import bp as account_pages
from casework.organisation.administration.routes import bp as administration
from casework.organisation.approvals.routes import bp as approvals
from casework.organisation.bodies.routes import bp as bodies
from casework.organisation.budgets.routes import bp as budgets
from casework.organisation.clusters.routes import bp as clusters
from casework.organisation.communications.routes import bp as communications
from casework.organisation.documents.routes import bp as documents
from casework.organisation.drafts.routes import bp as drafts
from casework.organisation.meetings.routes import bp as meetings
from casework.organisation.members.routes import bp as members
from casework.organisation.overview.routes import bp as overview
from casework.organisation.partners.routes import bp as partners
from casework.organisation.pauses.routes import bp as pauses
from casework.organisation.plans.routes import bp as plans
from casework.organisation.posts.routes import bp as posts
from casework.organisation.programmes.routes import bp as programmes
from casework.organisation.proposals.routes import bp as proposals
from casework.organisation.regulations.routes import bp as regulations
from casework.organisation.remuneration.routes import bp as remuneration
from casework.organisation.reports.routes import bp as reports
from casework.organisation.roles.routes import bp as roles
from casework.organisation.settings.routes import bp as settings
from casework.organisation.settlements.routes import bp as settlements
from casework.organisation.territory.routes import bp as territory
from casework.organisation.trainings.routes import bp as trainings
from casework.organisation.units.routes import bp as units

ROOT = Path(__file__).resolve().parent.parent

# In the order of the menu.
FEATURES = (
    followups,
    intake,
    cases,
    assignments,
    transfers,
    caseloads,
    looks,
    consent,
    statutory,
    attachments,
    contacts,
    assessments,
    support_plans,
    reminders,
    services,
    referrals,
    groups,
    facilitators,
    rosters,
    memberships,
    group_sessions,
    break_glass,
    rights,
    closures,
    overview,
    administration,
    meetings,
    pauses,
    communications,
    trainings,
    plans,
    budgets,
    settlements,
    remuneration,
    bodies,
    regulations,
    members,
    posts,
    partners,
    reports,
    indicators,
    comparison,
    inspections,
    publishing,
    programmes,
    documents,
    units,
    territory,
    clusters,
    settings,
    proposals,
    approvals,
    access_reviews,
    access_log,
    roles,
    drafts,
    account_pages,
)


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application: settings, extensions, features in menu order."""
    app = database.OneCommit(
        __name__, template_folder=str(ROOT / "templates"), static_folder="static"
    )
    app.config.from_mapping((settings or Settings.from_environment()).for_flask())
    proxies = app.config["SETTINGS"].proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for extension in (
        logs,
        uploads,
        database,
        i18n,
        errors,
        headers,
        operations,
        health,
        navigation,
        assets,
        accounts,
    ):
        extension.init_app(app)
    enforce.init_app(
        app,
        sign_in=accounts.ask_to_sign_in,
        open_to_anybody=frozenset({"static", "health.show", "language.switch"}),
    )
    CSRFProtect(app)
    for feature in FEATURES:
        app.register_blueprint(feature)
    cli.init_app(app)
    return app
