"""Reading the access log: newest first, a page at a time, by position."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from flask import current_app
from sqlalchemy import ColumnElement, or_, select

from casework.authz.enforce import Access
from casework.core.audit import AuditEntry, Outcome
from casework.core.clock import VIETNAM
from casework.core.database import db
from casework.organisation.accounts.models import Account
from casework.organisation.accounts.queries import reached
from casework.organisation.units.models import Unit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log to show; nothing means everything."""

    username: str = ""
    action: str = ""
    outcome: Outcome | None = None
    from_on: date | None = None
    until_on: date | None = None
    before: int | None = None


def list_entries(access: Access, asked: Asked) -> Sequence[AuditEntry]:
    """A page of entries within reach, newest first, and one more where there are further ones."""
    query = select(AuditEntry).where(_within(access), *_conditions(asked))
    return db.session.scalars(query.order_by(AuditEntry.position.desc()).limit(PAGE + 1)).all()


def anchor_file() -> Path:
    """Where anchors are written. A copy kept elsewhere shows when a tail was cut off."""
    settings = current_app.config["SETTINGS"]
    return Path(settings.audit_anchor or settings.instance / "audit_anchors.jsonl")


def list_anchors() -> list[tuple[int, str]]:
    """Position and digest of each anchor. Raises ValueError when the file was spoilt."""
    if not anchor_file().exists():
        return []
    try:
        lines = [json.loads(line) for line in anchor_file().read_text().splitlines() if line]
        return [(int(line["position"]), str(line["digest"])) for line in lines]
    except (KeyError, TypeError) as error:
        raise ValueError("an anchor without position or digest") from error


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.username:
        account = select(Account.id).where(Account.username == asked.username.casefold())
        conditions.append(AuditEntry.actor_id.in_(account))
    if asked.action:
        conditions.append(AuditEntry.action.startswith(asked.action, autoescape=True))
    if asked.outcome:
        conditions.append(AuditEntry.outcome == asked.outcome)
    if asked.from_on:
        conditions.append(AuditEntry.at >= datetime.combine(asked.from_on, time.min, VIETNAM))
    if asked.until_on:
        conditions.append(AuditEntry.at <= datetime.combine(asked.until_on, time.max, VIETNAM))
    if asked.before:
        conditions.append(AuditEntry.position < asked.before)
    return conditions


def _within(access: Access) -> ColumnElement[bool]:
    """Everything for whoever reaches everything; else what was done in a unit, or by an account,
    within reach.
    """
    units = select(Unit.id).where(access.within(Unit.id, Unit.province_id))
    accounts = select(Account.id).where(reached(access))
    if access.everywhere:
        return AuditEntry.position > 0
    return or_(AuditEntry.unit_id.in_(units), AuditEntry.actor_id.in_(accounts))
