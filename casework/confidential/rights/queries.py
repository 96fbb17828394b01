"""Reading requests of persons and of authorities, and everything kept about one person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, extract, func, or_, select

from casework.authz.enforce import Access
from casework.confidential.assessments.models import AssessedArea, Assessment
from casework.confidential.attachments.models import Attachment
from casework.confidential.break_glass.models import EmergencyOpening
from casework.confidential.cases.models import Assignment, Case, Episode, PersonIdentity
from casework.confidential.cases.queries import list_assignments, list_episodes, reached
from casework.confidential.consent.models import Consent
from casework.confidential.contacts.models import Contact, ContactRevision
from casework.confidential.history.models import CaseRevision
from casework.confidential.plans.models import Plan, PlanAction, PlanGoal, PlanReview
from casework.confidential.plans.queries import by_due_day
from casework.confidential.referrals.models import Referral, ReferralStep
from casework.confidential.rights.models import Disclosure, RightsRequest
from casework.confidential.services.models import Service
from casework.confidential.statutory.models import StatutoryStatus
from casework.core.clock import today
from casework.core.database import Base, db
from casework.core.errors import OutOfReach
from casework.organisation.accounts.queries import names_of
from casework.organisation.partners.models import Partner
from casework.organisation.units.models import Unit
from casework.vault.grants import Use, holders_of


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A row of a register: a code and a unit, no person."""

    record: Any
    reference: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is kept about a person, as it goes onto their own paper. What belongs to a record
    stands under the record's id.
    """

    case: Case
    person: PersonIdentity
    unit: Unit
    episodes: Sequence[Episode]
    statuses: Sequence[StatutoryStatus]
    consents: Sequence[Consent]
    assessments: Sequence[Assessment]
    areas: dict[UUID, list[AssessedArea]]
    plans: Sequence[Plan]
    goals: dict[UUID, list[PlanGoal]]
    actions: dict[UUID, list[PlanAction]]
    reviews: dict[UUID, list[PlanReview]]
    contacts: Sequence[Contact]
    services: Sequence[Service]
    referrals: Sequence[Referral]
    steps: dict[UUID, list[ReferralStep]]
    attachments: Sequence[Attachment]
    assignments: Sequence[tuple[Assignment, str]]
    custodians: Sequence[str]
    openings: Sequence[EmergencyOpening]
    requests: Sequence[RightsRequest]
    disclosures: Sequence[Disclosure]
    partners: dict[UUID, str]
    names: dict[UUID | None, str]
    earlier: int

    @property
    def closed_notes(self) -> int:
        """How many closed notes there are."""
        return sum(contact.closed_note_sealed is not None for contact in self.contacts)


def list_requests(case: Case) -> Sequence[RightsRequest]:
    """What the person asked for, newest first."""
    rows: Sequence[RightsRequest] = _of_case(RightsRequest, case, RightsRequest.received_on.desc())
    return rows


def get_request(case: Case, request_id: UUID) -> RightsRequest:
    """A request of this case. Raises OutOfReach."""
    query = select(RightsRequest).where(RightsRequest.id == request_id)
    found = db.session.scalar(query.where(RightsRequest.case_id == case.id))
    if found is None:
        raise OutOfReach
    return found


def list_disclosures(case: Case) -> Sequence[Disclosure]:
    """What authorities asked for, newest first."""
    rows: Sequence[Disclosure] = _of_case(Disclosure, case, Disclosure.received_on.desc())
    return rows


def get_disclosure(case: Case, disclosure_id: UUID) -> Disclosure:
    """An authority's request about this case. Raises OutOfReach."""
    query = select(Disclosure).where(Disclosure.id == disclosure_id)
    found = db.session.scalar(query.where(Disclosure.case_id == case.id))
    if found is None:
        raise OutOfReach
    return found


def list_unanswered(access: Access) -> Sequence[tuple[RightsRequest, str]]:
    """The requests of persons that wait for an answer in the cases of an access, soonest first,
    with the case code: what Today tells.
    """
    query = (
        select(RightsRequest, Case.reference)
        .join(Case, Case.id == RightsRequest.case_id)
        .where(RightsRequest.answered_on.is_(None), reached(access))
        .order_by(RightsRequest.due_on, RightsRequest.id)
    )
    return [(request, reference) for request, reference in db.session.execute(query)]


def list_register_of_requests(access: Access, year: int) -> Sequence[RegisterLine]:
    """What persons asked for in a year, and all that still waits; soonest due first."""
    order = (RightsRequest.answered_on.is_not(None), RightsRequest.due_on, RightsRequest.id)
    return _register(RightsRequest, access, year, order)


def list_register_of_disclosures(access: Access, year: int) -> Sequence[RegisterLine]:
    """What authorities asked for in a year, and all that still waits; newest first."""
    order = (
        Disclosure.answered_on.is_not(None),
        Disclosure.received_on.desc(),
        Disclosure.id,
    )
    return _register(Disclosure, access, year, order)


def count_overdue(access: Access) -> int:
    """How many requests of persons are past their day."""
    query = select(func.count()).select_from(RightsRequest)
    overdue = (RightsRequest.answered_on.is_(None), RightsRequest.due_on < today())
    return db.session.scalar(query.where(*overdue, _within(RightsRequest, access))) or 0


def read_everything(case: Case, person: PersonIdentity, unit: Unit) -> Everything:
    """All that is kept about the person. The caller has left a row in the log."""
    referrals = _of_case(Referral, case, Referral.sent_on)
    consents = _of_case(Consent, case, Consent.on, Consent.recorded_at)
    contacts = _of_case(Contact, case, Contact.on, Contact.recorded_at)
    custodians = names_of(list(holders_of(case.id, Use.CUSTODY)))
    return Everything(
        case,
        person,
        unit,
        episodes=list_episodes(case),
        statuses=_of_case(StatutoryStatus, case, StatutoryStatus.from_on),
        consents=consents,
        assessments=_of_case(Assessment, case, Assessment.on),
        areas=_by(_of_case(AssessedArea, case, AssessedArea.area), "assessment_id"),
        plans=_of_case(Plan, case, Plan.number),
        goals=_by(_of_case(PlanGoal, case, PlanGoal.position), "plan_id"),
        actions=_by(sorted(_of_case(PlanAction, case), key=by_due_day), "goal_id"),
        reviews=_by(_of_case(PlanReview, case, PlanReview.on), "plan_id"),
        contacts=contacts,
        services=[row for row in _of_case(Service, case, Service.on) if row.taken_back_at is None],
        referrals=referrals,
        steps=_by(_of_case(ReferralStep, case, ReferralStep.on), "referral_id"),
        attachments=[
            row for row in _of_case(Attachment, case, Attachment.on) if row.removed_at is None
        ],
        assignments=list_assignments(case),
        custodians=sorted(custodians.values()),
        openings=[
            row
            for row in _of_case(EmergencyOpening, case, EmergencyOpening.asked_at)
            if row.expires_at is not None
        ],
        requests=list_requests(case),
        disclosures=list_disclosures(case),
        partners=_partners([row.partner_id for row in (*referrals, *consents)]),
        names=names_of([contact.recorded_by for contact in contacts]),
        earlier=_count(CaseRevision, case) + _count(ContactRevision, case),
    )


def _of_case(kind: Any, case: Case, *order: Any) -> Any:
    return db.session.scalars(select(kind).where(kind.case_id == case.id).order_by(*order)).all()


def _by(rows: Sequence[Any], name: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _count(kind: Any, case: Case) -> int:
    query = select(func.count()).select_from(kind).where(kind.case_id == case.id)
    return db.session.scalar(query) or 0


def _partners(partner_ids: Sequence[UUID | None]) -> dict[UUID, str]:
    query = select(Partner.id, Partner.name).where(Partner.id.in_([i for i in partner_ids if i]))
    return {row.id: row.name for row in db.session.execute(query)}


def _register(
    kind: type[Base], access: Access, year: int, order: Sequence[Any]
) -> Sequence[RegisterLine]:
    record: Any = kind
    query = (
        select(kind, Case.reference, Unit)
        .join(Case, Case.id == record.case_id)
        .join(Unit, Unit.id == record.unit_id)
        .where(
            _within(record, access),
            or_(extract("year", record.received_on) == year, record.answered_on.is_(None)),
        )
        .order_by(*order)
    )
    return [RegisterLine(*row) for row in db.session.execute(query)]


def _within(kind: Any, access: Access) -> ColumnElement[bool]:
    units = select(Unit.id).where(access.within(Unit.id, Unit.province_id))
    found: ColumnElement[bool] = kind.unit_id.in_(units)
    return found


def is_overdue(request: RightsRequest, on: date) -> bool:
    """Whether a request waits past its day."""
    return request.answered_on is None and request.due_on < on
