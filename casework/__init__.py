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

There are two apps: the whole program, and the inspection side alone for a server of its own. A
feature is named by its folder and imported when an app is made of it, so that the second imports
nothing confidential, and runs where those folders do not even stand.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from casework.authz import enforce
from casework.authz.permissions import Role
from casework.authz.policy import INSPECTION_SIDE
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
from casework.organisation import accounts

ROOT = Path(__file__).resolve().parent.parent

# In the order of the menu; a second blueprint of a folder stands behind a colon. What is named here
# is in both apps.
INSPECTION = (
    "inspection.indicators",
    "inspection.indicators:explanation",
    "inspection.years",
    "inspection.comparison",
    "inspection.inspections",
    "inspection.self_reports",
    "inspection.visits",
    "inspection.findings",
    "inspection.recommendations",
    "inspection.minutes",
    "inspection.conferences",
    "inspection.notices",
)
OWN_ACCOUNT = (
    "organisation.roles",
    "organisation.drafts",
    "organisation.accounts",
)
# `documents` are the papers attached to what units answer; of others the database shows no row.
INSPECTION_ALONE = (
    "organisation.accounts:start_page",
    *INSPECTION,
    "organisation.documents",
    *OWN_ACCOUNT,
)
FEATURES = (
    "confidential.followups",
    "confidential.intake",
    "confidential.cases",
    "confidential.assignments",
    "confidential.transfers",
    "confidential.caseloads",
    "confidential.looks",
    "confidential.consent",
    "confidential.statutory",
    "confidential.attachments",
    "confidential.contacts",
    "confidential.assessments",
    "confidential.plans",
    "confidential.reminders",
    "confidential.services",
    "confidential.referrals",
    "confidential.groups",
    "confidential.facilitators",
    "confidential.rosters",
    "confidential.rosters:memberships",
    "confidential.group_sessions",
    "confidential.break_glass",
    "confidential.rights",
    "confidential.closures",
    "confidential.samples",
    "organisation.overview",
    "organisation.administration",
    "organisation.meetings",
    "organisation.pauses",
    "organisation.communications",
    "organisation.trainings",
    "organisation.plans",
    "organisation.budgets",
    "organisation.settlements",
    "organisation.remuneration",
    "organisation.bodies",
    "organisation.regulations",
    "organisation.members",
    "organisation.posts",
    "organisation.partners",
    "organisation.reports",
    *INSPECTION,
    "anonymisation",
    "organisation.programmes",
    "organisation.documents",
    "organisation.units",
    "organisation.territory",
    "organisation.clusters",
    "organisation.settings",
    "organisation.proposals",
    "organisation.approvals",
    "organisation.access_reviews",
    "organisation.access_log",
    *OWN_ACCOUNT,
)


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application: settings, extensions, features in menu order."""
    app = _make(settings or Settings.from_environment())
    for blueprint in blueprints(FEATURES):
        app.register_blueprint(blueprint)
    import_module("casework.cli").init_app(app)
    return app


def create_inspection_app(settings: Settings | None = None) -> Flask:
    """The inspection side alone, for a server of its own: for accounts that hold no key of a case,
    with a database role that sees no case, and the read model of a replica.
    """
    app = _make(settings or Settings.from_environment(), only=INSPECTION_SIDE)
    database.stay_out_of(app, "confidential")
    for blueprint in blueprints(INSPECTION_ALONE):
        app.register_blueprint(blueprint)
    return app


def blueprints(features: Sequence[str]) -> list[Blueprint]:
    """The pages of features, which are imported by this with all that they stand on."""
    found = []
    for feature in features:
        folder, _colon, name = feature.partition(":")
        routes = import_module(f"casework.{folder}.routes")
        found.append(getattr(routes, name or "bp"))
    return found


def _make(settings: Settings, *, only: frozenset[Role] | None = None) -> Flask:
    """An app without features yet, for all accounts or for those of some roles only."""
    app = database.OneCommit(
        __name__, template_folder=str(ROOT / "templates"), static_folder="static"
    )
    app.config.from_mapping(settings.for_flask())
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
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
    ):
        extension.init_app(app)
    accounts.init_app(app, only=only)
    enforce.init_app(
        app,
        sign_in=accounts.ask_to_sign_in,
        open_to_anybody=frozenset({"static", "health.show", "language.switch"}),
    )
    CSRFProtect(app)
    return app
