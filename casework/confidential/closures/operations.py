"""The end of support, its beginning again, and the end of a record.

Support ends for a reason, on a day after which nothing is recorded, and with it end the plan, what
partners never answered, standing in, reminders. A record is erased by two people, one of them a
data-protection officer; what is left are coded facts that name nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Column, Table, null, update

from casework.confidential.assignments.operations import end_covers
from casework.confidential.cases.models import (
    Case,
    CaseStatus,
    ClosureReason,
    Episode,
    EpisodeEnd,
    ReopeningReason,
)
from casework.confidential.cases.operations import check_key, objections_to_closing, tell_of_cases
from casework.confidential.cases.queries import current_episode
from casework.confidential.closures.models import Erasure, ErasureCause, ErasureStatus, KeepReason
from casework.confidential.closures.queries import (
    DueRecord,
    find_last_record_on,
    find_proposal,
    is_due,
    list_unanswered,
)
from casework.confidential.consent.models import Purpose
from casework.confidential.consent.operations import require_consent
from casework.confidential.plans.models import Plan
from casework.confidential.referrals.models import ReferralStatus, ReferralStep
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import add_months, now, today
from casework.core.database import Base, db
from casework.core.forms import RuleBroken
from casework.core.i18n import day
from casework.vault import drafts, grants
from casework.vault.grants import Compartment

LONGEST_KEPT = 120
"""Months for which one decision can keep a record."""

# Sealed under the keys of a group, and about no one case.
OF_GROUPS = frozenset({"group_sessions", "group_session_revisions"})


@dataclass(frozen=True, slots=True)
class SealedPart:
    """The columns of a table in which texts of cases stand, and the column that says whose."""

    table: Table
    case_column: Column[UUID]
    columns: tuple[Column[bytes], ...]


def close_case(case: Case, reason: ClosureReason, note: str, *, by: Actor, on: date) -> None:
    """End the support. The record stays until its retention ends."""
    _check_may_close(case, on)
    if note:
        check_key(case, Compartment.NOTES)
    episode = current_episode(case)
    episode.closed_on, episode.closure_reason, episode.closing_note = on, reason, note
    episode.ended_by = EpisodeEnd.CLOSURE
    case.closed_on, case.closure_reason, case.status = on, reason, CaseStatus.CLOSED
    case.next_on = None
    _end_plan(case, on)
    for referral in list_unanswered(case):
        referral.status = ReferralStatus.UNKNOWN
        step = ReferralStep(
            referral_id=referral.id,
            case_id=case.id,
            status=ReferralStatus.UNKNOWN,
            on=on,
            recorded_by=by.id,
        )
        db.session.add(step)
    end_covers([case], on=today())
    tell_of_cases([case], None, on)
    audit.record("case.close", "case", case.id, by=by, unit_id=case.unit_id, reason=str(reason))


def reopen_case(case: Case, reason: ReopeningReason, *, by: Actor, on: date) -> None:
    """Support begins again: a new episode, and the case as it was taken in. What was proposed about
    its erasure is off.
    """
    if case.is_open or case.closed_on is None:
        raise RuleBroken(_l("This case is open."))
    if on < case.closed_on:
        message = _l("The case was closed on %(day)s.", day=day(case.closed_on))
        raise RuleBroken(message, field="on")
    require_consent(case, Purpose.RECORD, today(), field="on")
    check_key(case, Compartment.NOTES)
    db.session.add(
        Episode(case_id=case.id, unit_id=case.unit_id, opened_on=on, reopened_because=reason)
    )
    case.opened_on, case.closed_on, case.closure_reason = on, None, None
    case.status = CaseStatus.INTAKE
    proposal = find_proposal(case)
    if proposal is not None:
        _keep(proposal, KeepReason.SUPPORT_AGAIN, None, by)
    audit.record("case.reopen", "case", case.id, by=by, unit_id=case.unit_id, reason=str(reason))


def propose_erasure(case: Case, cause: ErasureCause, *, by: Actor) -> Erasure:
    """Ask a data-protection officer to erase a closed case."""
    _check_may_erase(case)
    if find_proposal(case) is not None:
        raise RuleBroken(_l("The erasure of this case is proposed already."))
    if cause is ErasureCause.RETENTION and not is_due(case):
        raise RuleBroken(_l("The retention period of this case has not ended."), field="cause")
    erasure = Erasure(
        case_id=case.id,
        unit_id=case.unit_id,
        cause=cause,
        status=ErasureStatus.PROPOSED,
        proposed_by=by.id,
    )
    db.session.add(erasure)
    audit.record("erasure.propose", "case", case.id, by=by, unit_id=case.unit_id, cause=str(cause))
    return erasure


def propose_due(records: Sequence[DueRecord], chosen: Sequence[str], *, by: Actor) -> None:
    """Propose those of the due records that were chosen."""
    due = {str(record.case.id): record.case for record in records}
    if not chosen:
        raise RuleBroken(_l("Choose the records first."), field="cases")
    if not due.keys() >= set(chosen):
        message = _l("One of these is not due any more. Look at the list again.")
        raise RuleBroken(message, field="cases")
    for case_id in chosen:
        propose_erasure(due[case_id], ErasureCause.RETENTION, by=by)


def keep_record(erasure: Erasure, reason: KeepReason, until: date, *, by: Actor) -> None:
    """Decline: the record is kept, and not to be proposed for its retention before a day."""
    _check_may_decide(erasure, by)
    if not today() < until <= add_months(today(), LONGEST_KEPT):
        message = _l("A day to come, within ten years.")
        raise RuleBroken(message, field="until")
    _keep(erasure, reason, until, by)


def carry_erasure_out(erasure: Erasure, code: str, *, by: Actor) -> None:
    """Erase what somebody else proposed; its code is typed again."""
    _check_may_decide(erasure, by)
    case = db.session.get_one(Case, erasure.case_id)
    if not is_code_of(case, code):
        raise RuleBroken(_l("This is not the code of the case."), field="code")
    erase(case, erasure, by=by)


def is_code_of(case: Case, typed: str) -> bool:
    """Whether somebody typed the code of a case, in whatever letters, with the dash or without."""
    return typed.upper().replace("-", "").replace(" ", "") == case.reference.replace("-", "")


def erase(case: Case, erasure: Erasure, *, by: Actor) -> None:
    """Destroy every key of a case and empty every sealed column about it: nobody opens any of it
    again, not with the organisation's key either. Coded facts stay for the counts.
    """
    _check_may_erase(case)
    erasure.status, erasure.decided_by, erasure.decided_at = ErasureStatus.DONE, by.id, now()
    case.erased_at = now()
    db.session.flush()
    grants.destroy_keys(case.id)
    for part in sealed_parts():
        emptied: dict[Column[Any], Any] = {column: null() for column in part.columns}
        if "version" in part.table.c:
            emptied[part.table.c.version] = part.table.c.version + 1
        db.session.execute(update(part.table).where(part.case_column == case.id).values(emptied))
    drafts.forget_about(case.id)
    db.session.expire_all()
    audit.record("case.erase", "case", case.id, by=by, unit_id=case.unit_id)


def sealed_parts() -> Iterator[SealedPart]:
    """Where texts about cases stand, from the models themselves: a table that is added later is
    erased too. Raises LookupError for one that does not say whose its texts are.
    """
    for table in Base.metadata.sorted_tables:
        columns = tuple(
            column
            for column in table.columns
            if column.info.get("classed") in ("identifier", "sensitive")
        )
        if not columns or table.name in OF_GROUPS:
            continue
        whose = [
            column
            for column in table.columns
            if any(key.column is Case.__table__.c.id for key in column.foreign_keys)
        ]
        if len(whose) != 1:
            raise LookupError(f"{table.name} holds texts and does not say of which case")
        yield SealedPart(table, whose[0], columns)


def _check_may_close(case: Case, on: date) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed already."))
    if on < case.opened_on:
        raise RuleBroken(_l("The case was opened after this day."), field="on")
    last = find_last_record_on(case)
    if last is not None and last > on:
        message = _l("Something was recorded on %(day)s, after this day.", day=day(last))
        raise RuleBroken(message, field="on")
    for objection in objections_to_closing(case):
        raise RuleBroken(objection)


def _check_may_erase(case: Case) -> None:
    if case.erased_at is not None:
        raise RuleBroken(_l("This case is erased already."))
    if case.is_open:
        raise RuleBroken(_l("Support goes on in this case. It has to be closed first."))


def _check_may_decide(erasure: Erasure, by: Actor) -> None:
    if erasure.status != ErasureStatus.PROPOSED:
        raise RuleBroken(_l("This was decided already."))
    if erasure.proposed_by == by.id:
        raise RuleBroken(_l("Somebody else has to decide what you proposed yourself."))


def _keep(erasure: Erasure, reason: KeepReason, until: date | None, by: Actor) -> None:
    erasure.status, erasure.decided_by, erasure.decided_at = ErasureStatus.DECLINED, by.id, now()
    erasure.kept_because, erasure.keep_until = reason, until
    audit.record(
        "erasure.decline", "case", erasure.case_id, by=by, unit_id=erasure.unit_id, why=str(reason)
    )


def _end_plan(case: Case, on: date) -> None:
    db.session.execute(
        update(Plan)
        .where(Plan.case_id == case.id, Plan.ended_on.is_(None))
        .values(ended_on=on, version=Plan.version + 1)
    )
