"""Reading statutory statuses, with the rule that made each end."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from casework.confidential.cases.models import Case
from casework.confidential.cases.queries import unit_of
from casework.confidential.statutory.models import StatutoryKind, StatutoryStatus
from casework.confidential.statutory.rules import months_between
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.settings.models import USUAL, Setting
from casework.organisation.settings.queries import read_settings
from casework.organisation.units.models import Unit

RULES = {
    StatutoryKind.PR_VOLUNTARY: Setting.PR_VOLUNTARY_MONTHS,
    StatutoryKind.PR_COMPULSORY: Setting.PR_COMPULSORY_MONTHS,
    StatutoryKind.PR_SUBSTITUTION: Setting.PR_SUBSTITUTION_MONTHS,
    StatutoryKind.PR_MINOR: Setting.PR_MINOR_MONTHS,
}
"""The dated setting that says how many months each lasts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How many months a kind lasts when it begins on a day, and who said so."""

    months: int
    source: Any


@dataclass(frozen=True, slots=True)
class StatusLine:
    """A status, and the rule as it stands now for the day it began on."""

    status: StatutoryStatus
    rule: Rule

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return StatutoryKind(self.status.kind).label

    @property
    def months(self) -> int:
        """The months it was computed with."""
        return months_between(self.status.from_on, self.status.until_on)

    @property
    def last_on(self) -> date:
        """Its last day: the computed one, or the day on which an authority ended it."""
        return self.status.ended_on or self.status.until_on

    def runs(self, on: date) -> bool:
        """Whether it holds on a day; the first and the last day count."""
        return self.status.from_on <= on <= self.last_on


def rule_of(case: Case, kind: StatutoryKind, on: date) -> Rule:
    """How long a status lasts that begins on a day in the province of a case."""
    return _rule(read_settings(unit_of(case).province_id), kind, on)


def list_statuses(case: Case) -> list[StatusLine]:
    """The statuses of a case, newest first."""
    query = (
        select(StatutoryStatus, Unit.province_id)
        .join(Unit, Unit.id == case.unit_id)
        .where(StatutoryStatus.case_id == case.id)
        .order_by(StatutoryStatus.from_on.desc(), StatutoryStatus.recorded_at.desc())
    )
    rows = db.session.execute(query).all()
    settings = read_settings(rows[0].province_id) if rows else {}
    return [
        StatusLine(status, _rule(settings, StatutoryKind(status.kind), status.from_on))
        for status, _province_id in rows
    ]


def get_status(case: Case, status_id: UUID) -> StatutoryStatus:
    """A status of this case. Raises OutOfReach."""
    query = select(StatutoryStatus).where(
        StatutoryStatus.id == status_id, StatutoryStatus.case_id == case.id
    )
    status = db.session.scalar(query)
    if status is None:
        raise OutOfReach
    return status


def _rule(settings: Any, kind: StatutoryKind, on: date) -> Rule:
    dated = settings[RULES[kind]]
    row = dated.row_on(on)
    return Rule(int(dated.on(on)), row.source if row else USUAL[RULES[kind]][1])
