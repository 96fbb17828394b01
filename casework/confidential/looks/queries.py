"""Reading the log about cases, for those they are entrusted to."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.authz.permissions import Permission
from casework.confidential.cases.models import Assignment, Case
from casework.confidential.cases.queries import reached
from casework.confidential.looks.models import Deed, Oddity
from casework.confidential.looks.rules import Trust, oddity_of
from casework.core.audit import AuditEntry, Outcome
from casework.core.clock import VIETNAM, today
from casework.core.database import db
from casework.organisation.accounts.queries import names_of

SHOWN = 300
VISIT = timedelta(minutes=10)
SEEN = "looks.seen"
_COLUMNS = (
    AuditEntry.position,
    AuditEntry.at,
    AuditEntry.actor_id,
    AuditEntry.action,
    AuditEntry.outcome,
    AuditEntry.subject_id,
)


@dataclass(frozen=True, slots=True)
class Look:
    """One row of the log about a case."""

    position: int
    at: datetime
    actor_id: UUID | None
    who: str
    action: str
    outcome: str
    case_id: UUID
    oddity: Oddity | None

    @property
    def deed(self) -> str:
        """What was done, in words."""
        if self.outcome == Outcome.REFUSED and self.action in set(Permission):
            return Permission(self.action).label
        return Deed(self.action).label if self.action in set(Deed) else self.action

    def belongs_to(self, later: "Look") -> bool:
        """Whether this is the same deed of the same account, minutes before."""
        same = (self.case_id, self.actor_id, self.action, self.outcome) == (
            later.case_id,
            later.actor_id,
            later.action,
            later.outcome,
        )
        return same and self.outcome != Outcome.DONE and later.at - self.at < VISIT


@dataclass(frozen=True, slots=True)
class Note:
    """What was outside the usual in somebody's cases since the Monday of last week, and since they
    put the note away the last time.
    """

    since: date
    looks: Sequence[Look]
    references: dict[UUID, str]

    @property
    def newest(self) -> int:
        """Up to where the log was seen when the note is put away."""
        return max((look.position for look in self.looks), default=0)


def list_looks(case: Case) -> Sequence[Look]:
    """Who opened, changed or was refused the case, newest first. One visit is one line, though each
    of its pages leaves a row in the log.
    """
    query = (
        select(*_COLUMNS)
        .where(AuditEntry.subject_id == case.id, AuditEntry.action != Deed.CASE_LIST)
        .order_by(AuditEntry.position.desc())
        .limit(SHOWN)
    )
    return _visits(db.session.execute(query).all(), {case.id: case.closed_on})


def read_note(access: Access) -> Note:
    """What was outside the usual in the cases of an account, this week and the week before, that it
    has not put away yet.
    """
    since = first_day()
    mine = select(Case.id, Case.reference, Case.closed_on).where(reached(access))
    cases = db.session.execute(mine).all()
    begin = datetime.combine(since, time.min, VIETNAM).astimezone(UTC)
    query = (
        select(*_COLUMNS)
        .where(
            AuditEntry.subject_id.in_(select(Case.id).where(reached(access))),
            AuditEntry.at >= begin,
            AuditEntry.action != Deed.CASE_LIST,
        )
        .order_by(AuditEntry.position.desc())
    )
    seen = find_seen(access.account_id)
    rows = [row for row in db.session.execute(query) if row.position > seen]
    looks = _visits(rows, {row.id: row.closed_on for row in cases})
    return Note(
        since, [look for look in looks if look.oddity], {row.id: row.reference for row in cases}
    )


def find_seen(account_id: UUID) -> int:
    """The position in the log up to which an account has put its note away."""
    newest = (
        select(AuditEntry.detail)
        .where(AuditEntry.subject_id == account_id, AuditEntry.action == SEEN)
        .order_by(AuditEntry.position.desc())
        .limit(1)
    )
    detail = db.session.scalar(newest)
    return int(json.loads(detail)["position"]) if detail else 0


def first_day() -> date:
    """Monday of the week before this one: what happened on a Sunday is still told on Monday."""
    day = today()
    return day - timedelta(days=day.weekday() + 7)


def _visits(rows: Sequence[Any], closed: dict[UUID, date | None]) -> list[Look]:
    looks: list[Look] = []
    trusts = _trusts(list(closed))
    names = names_of(list({row.actor_id for row in rows}))
    for position, at, actor_id, action, outcome, case_id in rows:
        oddity = oddity_of(
            action, outcome, actor_id, at, trusts=trusts[case_id], closed_on=closed[case_id]
        )
        look = Look(
            position, at, actor_id, names.get(actor_id, ""), action, outcome, case_id, oddity
        )
        if not any(look.belongs_to(later) for later in looks[-3:]):
            looks.append(look)
    return looks


def _trusts(case_ids: Sequence[UUID]) -> dict[UUID, list[Trust]]:
    query = select(
        Assignment.case_id, Assignment.account_id, Assignment.from_on, Assignment.until_on
    ).where(Assignment.case_id.in_(case_ids))
    found: dict[UUID, list[Trust]] = defaultdict(list)
    for case_id, account_id, from_on, until_on in db.session.execute(query):
        found[case_id].append(Trust(account_id, from_on, until_on))
    return found
