"""Reading what a closure touches, which records are due for erasure, and what was proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, func, select, union_all

from casework.authz.enforce import Access
from casework.confidential.assessments.models import Assessment
from casework.confidential.cases.models import Case
from casework.confidential.closures.models import Erasure, ErasureStatus
from casework.confidential.contacts.models import Contact
from casework.confidential.plans.models import Plan, PlanAction, PlanReview
from casework.confidential.plans.queries import GOES_ON
from casework.confidential.referrals.models import Referral, ReferralStatus
from casework.confidential.reminders.models import Reminder
from casework.confidential.services.models import Service
from casework.core.clock import VIETNAM, add_months, now, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.partners.models import Partner
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import number_of, read_settings_of
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached as reached_units

UNANSWERED = (ReferralStatus.SENT, ReferralStatus.WAITLISTED)
_DECIDED_SHOWN = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends with the support in a case: referrals without an answer, each with its partner; the
    plan, with how many of its actions are not done; reminders.
    """

    referrals: Sequence[tuple[Referral, Partner]]
    has_plan: bool
    open_actions: int
    reminders: int


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A closed case whose retention is over, and since when."""

    case: Case
    due_on: date


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case proposed for erasure, or decided about."""

    erasure: Erasure
    reference: str
    closed_on: date | None
    unit: Unit


def what_ends(case: Case) -> Ending:
    """What closing the case ends, for the page that asks whether to close it."""
    current = select(Plan.id).where(Plan.case_id == case.id, Plan.ended_on.is_(None))
    plans = select(func.count()).where(Plan.id.in_(current))
    actions = select(func.count(PlanAction.id)).where(
        PlanAction.plan_id.in_(current), PlanAction.status.in_(GOES_ON)
    )
    reminders = select(func.count(Reminder.id)).where(
        Reminder.case_id == case.id, Reminder.done_on.is_(None), Reminder.dropped_on.is_(None)
    )
    counts = (each.scalar_subquery() for each in (plans, actions, reminders))
    has_plan, open_actions, open_reminders = db.session.execute(select(*counts)).one()
    unanswered = select(Referral, Partner).join(Partner, Partner.id == Referral.partner_id)
    found = db.session.execute(unanswered.where(*_unanswered(case)).order_by(Referral.sent_on))
    referrals = [(referral, partner) for referral, partner in found]
    return Ending(referrals, bool(has_plan), open_actions, open_reminders)


def find_last_record_on(case: Case) -> date | None:
    """The day of the newest record that belongs to the time of the support."""
    days = union_all(
        *(
            select(func.max(day, type_=Date).label("day")).where(of_case == case.id)
            for day, of_case in (
                (Contact.on, Contact.case_id),
                (Service.on, Service.case_id),
                (Assessment.on, Assessment.case_id),
                (PlanReview.on, PlanReview.case_id),
                (Referral.sent_on, Referral.case_id),
            )
        )
    ).subquery()
    newest: date | None = db.session.scalar(select(func.max(days.c.day, type_=Date)))
    return newest


def list_unanswered(case: Case) -> Sequence[Referral]:
    """The referrals to which no partner has answered."""
    return db.session.scalars(select(Referral).where(*_unanswered(case))).all()


def find_proposal(case: Case) -> Erasure | None:
    """What is proposed for the case and not decided yet."""
    query = select(Erasure).where(
        Erasure.case_id == case.id, Erasure.status == ErasureStatus.PROPOSED
    )
    return db.session.scalar(query)


def find_last_erasure(case: Case) -> Erasure | None:
    """What was proposed for the case last."""
    query = select(Erasure).where(Erasure.case_id == case.id)
    return db.session.scalar(query.order_by(Erasure.proposed_at.desc()).limit(1))


def find_case(reference: str) -> Case | None:
    """A case by its code, whoever asks: for commands typed at the server."""
    return db.session.scalar(select(Case).where(Case.reference == reference.strip().upper()))


def get_closed_case(access: Access, case_id: UUID) -> Case:
    """A closed case whose erasure the access may propose. Raises OutOfReach."""
    query = _of_closed().where(Case.id == case_id, _may_propose(access))
    case = db.session.scalar(query)
    if case is None:
        raise OutOfReach
    return case


def list_due(access: Access) -> Sequence[DueRecord]:
    """The closed cases of the access's units, and of those they followed, that have been kept long
    enough: nothing is proposed for them, and nobody decided to keep them longer.
    """
    waits = select(Erasure.case_id).where(Erasure.status == ErasureStatus.PROPOSED)
    kept = select(Erasure.case_id).where(Erasure.keep_until > today())
    query = (
        _of_closed()
        .add_columns(Unit.province_id)
        .where(_may_propose(access), Case.id.not_in(waits), Case.id.not_in(kept))
        .order_by(Case.closed_on, Case.reference)
    )
    rows = db.session.execute(query).all()
    settings = read_settings_of({province_id for _, province_id in rows})
    found = [
        DueRecord(case, _end_of_retention(case, int(months[Setting.RETENTION_MONTHS].on(today()))))
        for case, province_id in rows
        for months in (settings[province_id],)
    ]
    return [record for record in found if record.due_on <= today()]


def is_due(case: Case) -> bool:
    """Whether a closed case has been kept for as long as is set where it belongs."""
    province_id = db.session.get_one(Unit, case.unit_id).province_id
    months = number_of(Setting.RETENTION_MONTHS, province_id, today())
    return not case.is_open and _end_of_retention(case, months) <= today()


def get_proposal(access: Access, erasure_id: UUID) -> Proposal:
    """One proposal within reach, decided ones too. Raises OutOfReach."""
    row = db.session.execute(_proposals(access).where(Erasure.id == erasure_id)).first()
    if row is None:
        raise OutOfReach
    return Proposal(*row)


def list_proposals(access: Access) -> Sequence[Proposal]:
    """What waits for a decision, oldest first."""
    query = _proposals(access).where(Erasure.status == ErasureStatus.PROPOSED)
    return [Proposal(*row) for row in db.session.execute(query.order_by(Erasure.proposed_at))]


def list_decided(access: Access) -> Sequence[Proposal]:
    """What was decided within a year, newest first."""
    query = _proposals(access).where(Erasure.decided_at > now() - _DECIDED_SHOWN)
    rows = db.session.execute(query.order_by(Erasure.decided_at.desc()))
    return [Proposal(*row) for row in rows]


def in_backups_until(proposal: Proposal) -> date:
    """The last day on which a backup made before an erasure can still hold what it erased."""
    return backups_end(proposal.unit.province_id, proposal.erasure.decided_at or now())


def backups_end(province_id: UUID | None, at: datetime) -> date:
    """The last day on which a backup made until a time is kept."""
    on = at.astimezone(VIETNAM).date()
    return on + timedelta(days=number_of(Setting.BACKUP_DAYS, province_id, on))


def _of_closed() -> Select[Case]:
    return (
        select(Case)
        .join(Unit, Unit.id == Case.unit_id)
        .where(Case.closed_on.is_not(None), Case.erased_at.is_(None))
    )


def _may_propose(access: Access) -> ColumnElement[bool]:
    return reached_units(access, Case.unit_id, Unit.province_id)


def _proposals(access: Access) -> Select[Erasure, str, date | None, Unit]:
    return (
        select(Erasure, Case.reference, Case.closed_on, Unit)
        .join(Case, Case.id == Erasure.case_id)
        .join(Unit, Unit.id == Erasure.unit_id)
        .where(reached_units(access, Erasure.unit_id, Unit.province_id))
    )


def _end_of_retention(case: Case, months: int) -> date:
    return add_months(case.closed_on or today(), months)


def _unanswered(case: Case) -> tuple[ColumnElement[bool], ...]:
    return (
        Referral.case_id == case.id,
        Referral.status.in_(UNANSWERED),
        Referral.taken_back_at.is_(None),
    )
