"""What is due, derived from the records: one select for each kind, all of them in one statement.

Each select yields the day from which the due day follows; where a setting of the province decides
how long after, `_due_on` adds it. A thing is counted here and nowhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    Uuid,
    and_,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import QueryableAttribute, aliased

from casework.authz.enforce import Access, Identity
from casework.authz.permissions import Permission
from casework.confidential.assessments.models import Assessment
from casework.confidential.cases.models import Assignment, Case, CaseStatus
from casework.confidential.cases.queries import in_force, reached
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.contacts.models import Contact
from casework.confidential.followups.models import AHEAD, Due, DueKind
from casework.confidential.groups.queries import led_by
from casework.confidential.plans.models import ActionStatus, Plan, PlanAction
from casework.confidential.referrals.models import Referral, ReferralStatus
from casework.confidential.reminders.models import Reminder
from casework.confidential.rights.models import RightsRequest
from casework.confidential.statutory.models import StatutoryStatus
from casework.confidential.transfers.models import Transfer, TransferStatus
from casework.core.clock import add_months, today
from casework.core.database import db
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.models import Meeting
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import Dated, read_settings_of
from casework.organisation.units.models import Unit

Column = ColumnElement[Any] | QueryableAttribute[Any]
# A case without an assessment, before a setting tells when it must have one.
FIRST_ASSESSMENT = "first_assessment"
OPEN_REFERRALS = (ReferralStatus.SENT, ReferralStatus.ACCEPTED, ReferralStatus.WAITLISTED)
# The longest that a province may set; each row is judged by its own.
LONGEST_LATEST = timedelta(days=92)


def find_own_access(identity: Identity) -> Access | None:
    """Whose cases somebody's day is about: one's own, or for a coordinator those of the unit."""
    return identity.access(Permission.CASE_WRITE) or identity.access(Permission.CASE_LIST)


def list_due(access: Access, until: date | None = None) -> list[Due]:
    """Everything due, the oldest first: what is near enough to be shown today, or all up to a
    day.
    """
    on = today()
    furthest = until or on + max(AHEAD.values())
    own = _own_cases(access)
    sources = [*_of_cases(own, access, furthest), *_beside_cases(access, furthest)]
    rows = db.session.execute(union_all(*sources)).all()
    settings = read_settings_of({row.province_id for row in rows}) if rows else {}
    found = (_due(row, settings) for row in rows)
    due = [each for each in found if each and (each.on <= until if until else each.is_shown(on))]
    return sorted(due, key=lambda each: each.key)


def count_by_kind(due: Sequence[Due]) -> dict[DueKind, tuple[int, int]]:
    """How many of each kind, and how many of them are overdue, in the order of the kinds."""
    counted = {
        kind: (
            sum(each.kind is kind for each in due),
            sum(each.kind is kind and each.is_overdue for each in due),
        )
        for kind in DueKind
    }
    return {kind: counts for kind, counts in counted.items() if counts[0]}


def _due(row: Any, settings: Mapping[UUID | None, Mapping[Setting, Dated]]) -> Due | None:
    held = settings[row.province_id]

    def number(setting: Setting) -> int:
        return int(held[setting].on(today()))

    on: date = row.day
    match row.kind:
        case DueKind.CONTACT:
            on += timedelta(days=number(Setting.CONTACT_DAYS))
            if row.next_on is not None and row.next_on <= on:
                return None  # the appointment comes first
        case DueKind.ASSESSMENT:
            on = add_months(on, number(Setting.ASSESSMENT_MONTHS))
        case "first_assessment":
            on += timedelta(days=number(Setting.CONTACT_DAYS))
        case DueKind.COVER:
            on -= timedelta(days=1)  # it holds up to the day before
        case DueKind.SESSION if (today() - on).days > number(Setting.LATEST_DAYS):
            return None  # it counts as not held now
    kind = DueKind.ASSESSMENT if row.kind == FIRST_ASSESSMENT else DueKind(row.kind)
    return Due(kind, on, row.subject_id, row.case_id, row.code)


def _own_cases(access: Access) -> CTE:
    """The open cases of an access, with what every kind asks of them."""
    return (
        select(Case.id, Case.reference, Case.status, Case.opened_on, Case.next_on, Unit.province_id)
        .join(Unit, Unit.id == Case.unit_id)
        .where(reached(access), Case.closed_on.is_(None))
        .cte("own")
    )


def _row(
    own: CTE,
    kind: str,
    subject_id: Column,
    day: Column,
    *conditions: ColumnElement[bool],
) -> Select[Any]:
    return select(
        literal(kind).label("kind"),
        own.c.id.label("case_id"),
        subject_id.label("subject_id"),
        day.label("day"),
        own.c.reference.label("code"),
        own.c.province_id,
        own.c.next_on,
    ).where(*conditions)


def _of_cases(own: CTE, access: Access, furthest: date) -> Iterator[Select[Any]]:
    """What is due in the cases of an access."""
    c, on = own.c, today()
    goes_on = c.status != CaseStatus.PAUSED
    appointment = c.next_on.is_not(None)
    yield _row(own, DueKind.APPOINTMENT, c.id, c.next_on, appointment, c.next_on <= furthest)
    yield _row(own, DueKind.CONTACT, c.id, _last(Contact, own), goes_on)
    assessed = exists().where(Assessment.case_id == c.id)
    yield _row(own, DueKind.ASSESSMENT, c.id, _last(Assessment, own), goes_on, assessed)
    yield _row(own, FIRST_ASSESSMENT, c.id, c.opened_on, goes_on, ~assessed)
    yield _row(
        own,
        DueKind.REVIEW,
        Plan.id,
        Plan.review_on,
        Plan.case_id == c.id,
        Plan.ended_on.is_(None),
        Plan.review_on <= furthest,
    )
    yield _row(
        own,
        DueKind.ACTION,
        PlanAction.id,
        PlanAction.due_on,
        PlanAction.case_id == c.id,
        PlanAction.status.in_((ActionStatus.OPEN, ActionStatus.UNDER_WAY)),
        PlanAction.due_on <= furthest,
        exists().where(Plan.id == PlanAction.plan_id, Plan.ended_on.is_(None)),
    )
    yield _row(
        own,
        DueKind.REFERRAL,
        Referral.id,
        Referral.feedback_due_on,
        Referral.case_id == c.id,
        Referral.answered_on.is_(None),
        Referral.taken_back_at.is_(None),
        Referral.status == ReferralStatus.SENT,
        Referral.feedback_due_on <= furthest,
    )
    yield _row(
        own,
        DueKind.CONSENT,
        Consent.id,
        Consent.until_on,
        Consent.case_id == c.id,
        Consent.until_on <= furthest,
        _still_needed(),
    )
    yield _row(
        own,
        DueKind.STATUTORY,
        StatutoryStatus.id,
        StatutoryStatus.until_on,
        StatutoryStatus.case_id == c.id,
        StatutoryStatus.ended_on.is_(None),
        StatutoryStatus.until_on.between(on, furthest),
    )
    yield _row(
        own,
        DueKind.REQUEST,
        RightsRequest.id,
        RightsRequest.due_on,
        RightsRequest.case_id == c.id,
        RightsRequest.answered_on.is_(None),
    )
    yield _row(
        own,
        DueKind.COVER,
        Assignment.id,
        Assignment.until_on,
        Assignment.case_id == c.id,
        Assignment.is_cover.is_(True),
        Assignment.until_on.between(on + timedelta(days=1), furthest + timedelta(days=1)),
    )
    yield _row(
        own,
        DueKind.REMINDER,
        Reminder.id,
        Reminder.due_on,
        Reminder.case_id == c.id,
        Reminder.done_on.is_(None),
        Reminder.dropped_on.is_(None),
        Reminder.due_on <= furthest,
        or_(Reminder.account_id == access.account_id, _was_left()),
    )


def _beside_cases(access: Access, furthest: date) -> Iterator[Select[Any]]:
    """What is due in the account's groups, and what other units offer to its own."""
    leading = access.identity.access(Permission.GROUP_WRITE)
    if leading is not None:
        yield _apart(DueKind.SESSION, Group.id, Meeting.due_on, Group.name, Unit.province_id).where(
            Meeting.group_id == Group.id,
            Unit.id == Group.unit_id,
            led_by(leading),
            Meeting.held_on.is_(None),
            Meeting.excuse.is_(None),
            Meeting.due_on.between(today() - LONGEST_LATEST, furthest),
            or_(Group.active_until.is_(None), Meeting.due_on <= Group.active_until),
        )
    receiving = access.identity.access(Permission.CASE_TRANSFER)
    if receiving is not None:
        offered_on = func.date(Transfer.offered_at, type_=Date)
        yield _apart(DueKind.TRANSFER, Transfer.id, offered_on, Unit.name, Unit.province_id).where(
            Unit.id == Transfer.from_unit_id,
            Transfer.status == TransferStatus.OFFERED,
            receiving.within(Transfer.to_unit_id),
        )


def _apart(
    kind: str,
    subject_id: Column,
    day: Column,
    code: Column,
    province_id: Column,
) -> Select[Any]:
    return select(
        literal(kind).label("kind"),
        type_coerce(null(), Uuid).label("case_id"),
        subject_id.label("subject_id"),
        day.label("day"),
        code.label("code"),
        province_id,
        type_coerce(null(), Date).label("next_on"),
    )


def _last(record: type[Contact] | type[Assessment], own: CTE) -> ColumnElement[date]:
    """The day of a case's last record of a kind; of a case without one the day it was opened."""
    newest = select(func.max(record.on, type_=Date)).where(record.case_id == own.c.id)
    if record is Contact:
        newest = newest.where(Contact.taken_back_at.is_(None))
    return func.coalesce(newest.correlate(own).scalar_subquery(), own.c.opened_on, type_=Date)


def _still_needed() -> ColumnElement[bool]:
    """The latest answers that keep the record, and those on which an open referral rests."""
    newer = aliased(Consent)
    superseded = exists().where(
        newer.case_id == Consent.case_id,
        newer.purpose == Consent.purpose,
        newer.partner_id.is_not_distinct_from(Consent.partner_id),
        newer.to_unit_id.is_not_distinct_from(Consent.to_unit_id),
        or_(
            newer.on > Consent.on,
            and_(newer.on == Consent.on, newer.recorded_at > Consent.recorded_at),
        ),
    )
    waits = exists().where(
        Referral.consent_id == Consent.id,
        Referral.taken_back_at.is_(None),
        Referral.status.in_(OPEN_REFERRALS),
    )
    needed = or_(
        Consent.purpose == Purpose.RECORD, and_(Consent.purpose == Purpose.REFERRAL, waits)
    )
    return and_(Consent.is_given, needed, ~superseded)


def _was_left() -> ColumnElement[bool]:
    """A reminder goes with its case: whoever set it no longer has the case."""
    holding = (
        select(Assignment.id)
        .where(
            Assignment.case_id == Reminder.case_id,
            Assignment.account_id == Reminder.account_id,
            in_force(),
        )
        .correlate(Reminder)
    )
    return ~holding.exists()
