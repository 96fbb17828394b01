"""What is missing of a unit's month, without publishing anything; and the coordinator's word that
nothing is.

Counted for one unit or for every unit of a province in one statement. What is counted of cases is
for the unit's coordinator alone: nobody else sees a number of persons that is not published.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from casework.anonymisation.models import CompletenessMark
from casework.anonymisation.periods import Month, require_open
from casework.confidential.cases.models import Case, CaseStatus
from casework.confidential.contacts.models import Contact
from casework.confidential.groups.models import GroupSession
from casework.confidential.referrals.models import Referral, ReferralStatus
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.labels import Labelled
from casework.organisation.bodies.models import Body, BodyKind
from casework.organisation.budgets.models import BudgetLine
from casework.organisation.communications.models import CommunicationSession
from casework.organisation.meetings.models import Meeting, Minutes
from casework.organisation.plans.models import Activity, PlannedActivity, YearlyPlan
from casework.organisation.remuneration.models import Payment
from casework.organisation.reports.models import ReportPeriod, UnitReport
from casework.organisation.units.models import Unit


class Item(Labelled):
    """What may be missing."""

    MEETINGS = "meetings", _l("Meetings due, neither held nor postponed")
    ATTENDANCE = "attendance", _l("Meetings held without minutes or attendance")
    COMMUNICATION = "communication", _l("Communication sessions planned and not logged")
    PLAN = "plan", _l("Yearly plan")
    REPORTS = "reports", _l("Reports not handed in")
    BUDGET = "budget", _l("Budget of the year")
    REMUNERATION = "remuneration", _l("Teams without remuneration entered")
    CONTACTS = "contacts", _l("Open cases without a contact in the month")
    REFERRALS = "referrals", _l("Referrals without an answer")

    @property
    def is_of_cases(self) -> bool:
        """Whether cases are counted: for the unit's coordinator alone."""
        return self in (Item.CONTACTS, Item.REFERRALS)


OF_THE_ORGANISATION = tuple(item for item in Item if not item.is_of_cases)
Missing = Mapping[Item, int]
Count = Select[UUID, str, int]
"""A unit, an item, and how much of it is missing."""


@dataclass(frozen=True, slots=True)
class _Span:
    """The month that is looked at."""

    first: date
    last: date
    closes_on: date


def count_missing(
    month: Month, units: ColumnElement[bool], items: Sequence[Item]
) -> dict[UUID, Missing]:
    """How much of each item is missing, by unit; what is not there is not missing. `units` says
    which rows of `Unit` are meant. One statement.
    """
    span = _Span(month.first_day, month.last_day, month.closes_on)
    parts = [query for item in items for query in _COUNTS[item](span, units)]
    found: dict[UUID, dict[Item, int]] = {}
    for unit_id, item, count in db.session.execute(union_all(*parts)):
        if count > 0:
            found.setdefault(unit_id, {})[Item(item)] = count
    return dict(found)


def mark_complete(unit: Unit, month: Month, *, by: Actor) -> CompletenessMark:
    """Keep the coordinator's word. Raises RuleBroken."""
    require_open(month)
    if find_mark(unit, month) is not None:
        raise RuleBroken(_l("This month is marked complete already."))
    mark = CompletenessMark(unit_id=unit.id, period=month.period, marked_by=by.id)
    db.session.add(mark)
    audit.record("figures.complete", "unit", unit.id, by=by, unit_id=unit.id, period=month.period)
    return mark


def take_mark_back(unit: Unit, month: Month, *, by: Actor) -> None:
    """Something is missing after all. Raises RuleBroken."""
    require_open(month)
    if find_mark(unit, month) is None:
        raise RuleBroken(_l("This month is not marked complete."))
    db.session.execute(
        delete(CompletenessMark).where(
            CompletenessMark.unit_id == unit.id, CompletenessMark.period == month.period
        )
    )
    audit.record("figures.incomplete", "unit", unit.id, by=by, unit_id=unit.id, period=month.period)


def find_mark(unit: Unit, month: Month) -> CompletenessMark | None:
    """The word that a unit's month is complete, if it was given."""
    query = select(CompletenessMark).where(
        CompletenessMark.unit_id == unit.id, CompletenessMark.period == month.period
    )
    return db.session.scalar(query)


def _row(item: Item, count: Any, units: ColumnElement[bool]) -> Count:
    return select(Unit.id, literal(str(item)), type_coerce(count, Integer)).where(units)


def _one_where(item: Item, units: ColumnElement[bool], absent: ColumnElement[bool]) -> Count:
    return _row(item, literal(1), units).where(absent)


def _meetings(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    yield (
        _row(Item.MEETINGS, func.count(), units)
        .join(Meeting, Meeting.unit_id == Unit.id)
        .where(
            Meeting.due_on.between(span.first, span.last),
            Meeting.held_on.is_(None),
            or_(Meeting.excuse.is_(None), Meeting.excuse == ""),
        )
        .group_by(Unit.id)
    )


def _attendance(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    yield (
        _row(Item.ATTENDANCE, func.count(), units)
        .join(Meeting, Meeting.unit_id == Unit.id)
        .where(
            Meeting.held_on.between(span.first, span.last),
            ~exists().where(Minutes.meeting_id == Meeting.id),
            ~exists().where(GroupSession.meeting_id == Meeting.id),
        )
        .group_by(Unit.id)
    )


def _communication(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    held = (
        select(func.count())
        .where(
            CommunicationSession.unit_id == Unit.id,
            CommunicationSession.held_on.between(span.first, span.last),
        )
        .correlate(Unit)
        .scalar_subquery()
    )
    yield (
        _row(Item.COMMUNICATION, PlannedActivity.count - held, units)
        .join(YearlyPlan, YearlyPlan.unit_id == Unit.id)
        .join(PlannedActivity, PlannedActivity.plan_id == YearlyPlan.id)
        .where(
            YearlyPlan.year == span.last.year,
            PlannedActivity.activity == Activity.COMMUNICATION,
            PlannedActivity.month == span.last.month,
        )
    )


def _plan(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    there = exists().where(YearlyPlan.unit_id == Unit.id, YearlyPlan.year == span.last.year)
    yield _one_where(Item.PLAN, units, ~there)


def _reports(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    begun = aliased(Body)
    handed_in = exists().where(
        UnitReport.period_id == ReportPeriod.id,
        UnitReport.unit_id == Unit.id,
        UnitReport.submitted_at.is_not(None),
    )
    yield (
        _row(Item.REPORTS, func.count(), units)
        .join(ReportPeriod, ReportPeriod.province_id == Unit.province_id)
        .where(
            ReportPeriod.until_on.between(span.first, span.last),
            ReportPeriod.due_on <= span.closes_on,
            exists().where(begun.unit_id == Unit.id, begun.active_from <= ReportPeriod.until_on),
            ~handed_in,
        )
        .group_by(Unit.id)
    )


def _budget(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    there = exists().where(BudgetLine.unit_id == Unit.id, BudgetLine.year == span.last.year)
    yield _one_where(Item.BUDGET, units, ~there)


def _remuneration(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    entered = exists().where(Payment.body_id == Body.id, Payment.month == span.first)
    yield (
        _row(Item.REMUNERATION, func.count(), units)
        .join(Body, Body.unit_id == Unit.id)
        .where(
            Body.kind == BodyKind.VOLUNTEER_TEAM,
            Body.active_from <= span.last,
            or_(Body.active_until.is_(None), Body.active_until >= span.first),
            ~entered,
        )
        .group_by(Unit.id)
    )


def _contacts(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    contacted = exists().where(
        Contact.case_id == Case.id,
        Contact.on.between(span.first, span.last),
        Contact.taken_back_at.is_(None),
    )
    yield (
        _row(Item.CONTACTS, func.count(), units)
        .join(Case, Case.unit_id == Unit.id)
        .where(
            Case.opened_on <= span.last,
            or_(Case.closed_on.is_(None), Case.closed_on > span.last),
            Case.status != CaseStatus.PAUSED,
            ~contacted,
        )
        .group_by(Unit.id)
    )


def _referrals(span: _Span, units: ColumnElement[bool]) -> Iterator[Count]:
    yield (
        _row(Item.REFERRALS, func.count(), units)
        .join(Case, Case.unit_id == Unit.id)
        .join(Referral, Referral.case_id == Case.id)
        .where(
            Referral.status == ReferralStatus.SENT,
            Referral.answered_on.is_(None),
            Referral.taken_back_at.is_(None),
            Referral.feedback_due_on <= span.last,
            Case.closed_on.is_(None),
        )
        .group_by(Unit.id)
    )


_COUNTS = {
    Item.MEETINGS: _meetings,
    Item.ATTENDANCE: _attendance,
    Item.COMMUNICATION: _communication,
    Item.PLAN: _plan,
    Item.REPORTS: _reports,
    Item.BUDGET: _budget,
    Item.REMUNERATION: _remuneration,
    Item.CONTACTS: _contacts,
    Item.REFERRALS: _referrals,
}
