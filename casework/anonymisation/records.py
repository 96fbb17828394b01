"""The organisation's records of a province, read once for all months that are counted: a fixed
number of statements, however many units and months.

Rows are kept by the unit they name. A record keeps the unit as it was, so the records of a unit are
those that name it and those that name a unit it followed by the day (`Records.line`). Where a body
stood on a day its decisions say, not the unit it stands under now.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Executable, func, or_, select
from sqlalchemy.orm import aliased

from casework.authz.permissions import Role
from casework.confidential.referrals.models import Referral
from casework.confidential.services.models import Service, ServiceKind
from casework.core.clock import VIETNAM
from casework.organisation.access_reviews.models import AccessReview
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.bodies.models import Body, Decision, DecisionKind, Group
from casework.organisation.budgets.models import BudgetLine, Movement, MovementKind
from casework.organisation.communications.models import CommunicationSession, CoveredHamlet
from casework.organisation.meetings.models import Meeting, Minutes, Schedule
from casework.organisation.members.models import Member, Post, Skill
from casework.organisation.partners.models import JointActivity, JointPartner
from casework.organisation.plans.models import YearlyPlan
from casework.organisation.regulations.models import Regulation
from casework.organisation.remuneration.models import Due, Held, Payment, due_for_month
from casework.organisation.reports.models import ReportPeriod, UnitReport
from casework.organisation.settings.models import (
    BaseSalary,
    Coefficient,
    CriteriaSet,
    Criterion,
    PartMonth,
    Setting,
    SettingValue,
)
from casework.organisation.settings.queries import Dated, Rates
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from casework.organisation.units.models import Hamlet, Succession, Unit
from casework.organisation.units.queries import with_predecessors

ByUnit = Mapping[UUID, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Circle:
    """A body or a group as it stands on a day. `interval` is that of its schedule in months;
    `is_decided` whether a decision holds.
    """

    id: UUID
    body_id: UUID | None
    kind: str
    unit_id: UUID
    active_from: date
    active_until: date | None
    interval: int | None
    is_decided: bool

    @property
    def is_body(self) -> bool:
        """Whether it is a body, not a group."""
        return self.body_id == self.id

    def stands_on(self, on: date) -> bool:
        """Whether it exists on a day; the first and the last day count."""
        return lasts(self.active_from, self.active_until, on)


@dataclass(frozen=True)
class Records:
    """Every row, by the unit it names; what has no unit of its own, by the body or line it is of.

    `units` are those of the province; `known` also those they followed, with their last days.
    """

    province_id: UUID
    units: Mapping[UUID, Any]
    known: Mapping[UUID, Any]
    successions: Sequence[Any]
    bodies: Sequence[Any]
    groups: Sequence[Any]
    decisions: ByUnit
    regulations: ByUnit
    schedules: ByUnit
    posts: ByUnit
    meetings: ByUnit
    counselor_roles: ByUnit
    trained: ByUnit
    communications: ByUnit
    covered: ByUnit
    hamlets: ByUnit
    plans: ByUnit
    lines: ByUnit
    movements: ByUnit
    payments: Mapping[tuple[UUID, UUID], Sequence[Any]]
    report_periods: Sequence[Any]
    reports: Mapping[tuple[UUID, UUID], date]
    joint: ByUnit
    reviews: ByUnit
    first_roles: Mapping[UUID, date]
    referrals: ByUnit
    support: ByUnit
    rates: Rates
    settings: Mapping[Setting, Dated]
    sets: Sequence[Any]
    criteria: ByUnit
    _circles: dict[date, dict[UUID, list[Circle]]] = field(default_factory=dict)
    _due: dict[tuple[tuple[Held, ...], date], Due | None] = field(default_factory=dict)

    def line(self, unit_id: UUID, on: date) -> frozenset[UUID]:
        """A unit and all units that it followed by a day."""
        found, ahead = {unit_id}, [unit_id]
        while ahead:
            later = ahead.pop()
            earlier = {s.predecessor_id for s in self.successions
                       if s.successor_id == later and s.on <= on} - found  # fmt: skip
            found |= earlier
            ahead += earlier
        return frozenset(found)

    def of(self, rows: ByUnit, unit_ids: Iterable[UUID]) -> list[Any]:
        """The rows of units."""
        return [row for unit_id in unit_ids for row in rows.get(unit_id, ())]

    def number(self, setting: Setting, on: date) -> int:
        """A setting as it held on a day."""
        return int(self.settings[setting].on(on))

    def due(self, roles: tuple[Held, ...], month: date) -> Due | None:
        """What is due to somebody who held these roles in one team, for a month."""
        key = roles, month
        if key not in self._due:
            part_month = PartMonth(self.settings[Setting.PART_MONTH].on(month))
            self._due[key] = due_for_month(roles, month, self.rates, part_month)
        return self._due[key]

    def circles(self, on: date) -> Mapping[UUID, list[Circle]]:
        """Bodies and groups begun by a day, ended ones too, by the unit they stood under."""
        if on not in self._circles:
            found: dict[UUID, list[Circle]] = defaultdict(list)
            places = {}
            for body in self.bodies:
                unit_id, is_decided = self._place(body, on)
                places[body.id] = unit_id
                if body.active_from <= on:
                    found[unit_id].append(self._stand(body, body.id, unit_id, is_decided, on))
            for group in self.groups:
                if group.active_from <= on:
                    unit_id = places.get(group.body_id, group.unit_id)
                    found[unit_id].append(self._stand(group, group.body_id, unit_id, False, on))
            self._circles[on] = found
        return self._circles[on]

    @cached_property
    def first_bodies(self) -> Mapping[UUID, date]:
        """When the first body of each unit was set up."""
        first: dict[UUID, date] = {}
        for body in self.bodies:
            first[body.unit_id] = min(first.get(body.unit_id, date.max), body.active_from)
        return first

    def _place(self, body: Any, on: date) -> tuple[UUID, bool]:
        begun = [each for each in self.decisions.get(body.id, ()) if each.effective_on <= on]
        newest = max(begun, key=lambda each: (each.effective_on, each.recorded_at), default=None)
        return (newest.unit_id if newest else body.unit_id), newest is not None

    def _stand(
        self, row: Any, body_id: UUID | None, unit_id: UUID, is_decided: bool, on: date
    ) -> Circle:
        day = min(on, row.active_until or on)
        held = [each for each in self.schedules.get(row.id, ())
                if lasts(each.from_on, each.until_on, day)]  # fmt: skip
        newest = max(held, key=lambda each: each.from_on, default=None)
        return Circle(
            row.id,
            body_id,
            row.kind,
            unit_id,
            row.active_from,
            row.active_until,
            newest.interval_months if newest else None,
            is_decided,
        )


def lasts(first: date, last: date | None, on: date) -> bool:
    """Whether a day lies between two days, both inclusive; without a last day there is no end."""
    return first <= on and (last is None or last >= on)


def read_records(connection: Connection, province_id: UUID, first: date, last: date) -> Records:
    """Everything that activity figures and criteria of the days between two days are counted from.

    Some thirty statements, however many units.
    """
    return _Reading(connection, province_id, first, last).records()


class _Reading:
    def __init__(self, connection: Connection, province_id: UUID, first: date, last: date) -> None:
        self.connection, self.province_id = connection, province_id
        self.first, self.last = first, last
        own = select(Unit.id, Unit.valid_from, Unit.valid_until, Unit.province_id)
        self.units = self._by_id(own.where(Unit.province_id == province_id, ~Unit.is_province))
        self.known = self._by_id(own.where(Unit.id.in_(with_predecessors(self.units))))
        self.ids = list(self.known)

    def records(self) -> Records:
        local = or_(
            SettingValue.province_id.is_(None), SettingValue.province_id == self.province_id
        )
        values = self._rows(
            select(
                SettingValue.key,
                SettingValue.province_id,
                SettingValue.from_on,
                SettingValue.value,
            ).where(local)
        )
        return Records(
            province_id=self.province_id,
            units=self.units,
            known=self.known,
            successions=self._rows(
                select(
                    Succession.predecessor_id, Succession.successor_id, Succession.on.label("on")
                ).where(Succession.predecessor_id.in_(self.ids))
            ),
            **self._bodies(),
            **self._people(),
            **self._events(),
            **self._money(),
            **self._reports(),
            **self._of_persons(),
            settings={
                setting: Dated(setting, [row for row in values if row.key == setting])
                for setting in Setting
            },
            **self._checklists(),
        )

    def _bodies(self) -> dict[str, Any]:
        here = select(Body.id).where(Body.unit_id.in_(self.ids))
        of_groups = select(Group.id).where(Group.unit_id.in_(self.ids))
        decisions = select(
            Decision.body_id, Decision.unit_id, Decision.effective_on, Decision.recorded_at
        ).where(Decision.body_id.in_(here), Decision.kind != DecisionKind.DISSOLUTION)
        regulations = select(
            Regulation.body_id, Regulation.valid_from, Regulation.valid_until
        ).where(Regulation.body_id.in_(here))
        schedules = select(
            func.coalesce(Schedule.body_id, Schedule.group_id).label("circle_id"),
            Schedule.from_on,
            Schedule.until_on,
            Schedule.interval_months,
        ).where(or_(Schedule.body_id.in_(here), Schedule.group_id.in_(of_groups)))
        lasting = (Body.id, Body.unit_id, Body.kind, Body.active_from, Body.active_until)
        group = (Group.id, Group.unit_id, Group.kind, Group.active_from, Group.active_until)
        return {
            "bodies": self._rows(select(*lasting).where(Body.unit_id.in_(self.ids))),
            "groups": self._rows(select(*group, Group.body_id).where(Group.unit_id.in_(self.ids))),
            "decisions": _by(self._rows(decisions), "body_id"),
            "regulations": _by(self._rows(regulations), "body_id"),
            "schedules": _by(self._rows(schedules), "circle_id"),
        }

    def _people(self) -> dict[str, Any]:
        posts = (
            select(
                Post.body_id,
                Post.member_id,
                Post.role,
                Post.from_on,
                Post.until_on,
                Member.unit_id.label("member_unit_id"),
                Group.kind.label("group_kind"),
            )
            .join(Member, Member.id == Post.member_id)
            .join(Body, Body.id == Post.body_id)
            .outerjoin(Group, Group.id == Post.group_id)
            .where(
                or_(Body.unit_id.in_(self.ids), Member.unit_id.in_(self.ids)),
                # One that ended before it began was entered by mistake.
                or_(Post.until_on.is_(None), Post.until_on >= Post.from_on),
            )
        )
        roles = (
            select(
                Member.id.label("member_id"),
                Member.unit_id,
                AccountRole.unit_id.label("role_unit_id"),
                AccountRole.from_on,
                AccountRole.until_on,
            )
            .join(Account, Account.id == Member.account_id)
            .join(AccountRole, AccountRole.account_id == Account.id)
            .where(
                Member.unit_id.in_(self.ids),
                Account.disabled_at.is_(None),
                AccountRole.role == Role.COUNSELOR,
                ~AccountRole.awaits_approval,
            )
        )
        trained = (
            select(TrainingPlace.member_id, Training.until_on)
            .join(Training, Training.id == TrainingPlace.training_id)
            .join(TrainingSkill, TrainingSkill.training_id == Training.id)
            .where(TrainingSkill.skill == Skill.COUNSELLING, Training.unit_id.in_(self.ids))
        )
        begun = (
            select(AccountRole.unit_id, func.min(AccountRole.from_on).label("from_on"))
            .where(AccountRole.unit_id.in_(self.ids))
            .group_by(AccountRole.unit_id)
        )
        return {
            "posts": _by(self._rows(posts), "body_id"),
            "counselor_roles": _by(self._rows(roles), "unit_id"),
            "trained": _by(self._rows(trained), "member_id"),
            "first_roles": {row.unit_id: row.from_on for row in self._rows(begun)},
        }

    def _events(self) -> dict[str, Any]:
        meetings = (
            select(
                Meeting.unit_id,
                Meeting.body_id,
                Meeting.group_id,
                Meeting.due_on,
                Meeting.held_on,
                Meeting.excuse,
                Meeting.window_days,
                Minutes.id.label("minutes_id"),
            )
            .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
            .where(
                Meeting.unit_id.in_(self.ids),
                or_(self._within(Meeting.due_on), self._within(Meeting.held_on)),
            )
        )
        session = CommunicationSession
        sessions = select(session.unit_id, session.held_on, session.attendances).where(
            session.unit_id.in_(self.ids), self._within(session.held_on)
        )
        covered = (
            select(session.unit_id, session.held_on, CoveredHamlet.hamlet_id)
            .join(CoveredHamlet, CoveredHamlet.session_id == session.id)
            .where(session.unit_id.in_(self.ids), self._within(session.held_on))
        )
        joint = (
            select(JointActivity.unit_id, JointActivity.held_on, JointPartner.partner_id)
            .join(JointPartner, JointPartner.activity_id == JointActivity.id)
            .where(JointActivity.unit_id.in_(self.ids), self._within(JointActivity.held_on))
        )
        hamlets = select(Hamlet.id, Hamlet.unit_id, Hamlet.active_from, Hamlet.active_until)
        plans = select(YearlyPlan.unit_id, YearlyPlan.year)
        reviews = select(AccessReview.unit_id, AccessReview.month)
        return {
            "meetings": _by(self._rows(meetings)),
            "communications": _by(self._rows(sessions)),
            "covered": _by(self._rows(covered)),
            "joint": _by(self._rows(joint)),
            "hamlets": _by(self._rows(hamlets.where(Hamlet.unit_id.in_(self.ids)))),
            "plans": _by(self._rows(plans.where(YearlyPlan.unit_id.in_(self.ids)))),
            "reviews": _by(
                self._rows(
                    reviews.where(
                        AccessReview.unit_id.in_(self.ids), self._within(AccessReview.month)
                    )
                )
            ),
        }

    def _money(self) -> dict[str, Any]:
        later = aliased(Movement)
        taken_back = select(later.id).where(later.corrects_id == Movement.id).exists()
        lines = select(
            BudgetLine.id,
            BudgetLine.unit_id,
            BudgetLine.year,
            BudgetLine.funding_source,
            BudgetLine.estimate_amount,
            BudgetLine.due_on,
        ).where(BudgetLine.unit_id.in_(self.ids), BudgetLine.year >= self.first.year - 1)
        movements = (
            select(
                Movement.line_id,
                Movement.kind,
                Movement.amount,
                Movement.on.label("on"),
                ((Movement.kind == MovementKind.SETTLEMENT) & Movement.approved_at.is_(None)).label(
                    "waits"
                ),
            )
            .join(BudgetLine, BudgetLine.id == Movement.line_id)
            .where(
                BudgetLine.unit_id.in_(self.ids),
                BudgetLine.year >= self.first.year - 1,
                # What was taken back counts nowhere, and neither does what took it back.
                Movement.corrects_id.is_(None),
                ~taken_back,
            )
        )
        payments = (
            select(
                Payment.id,
                Payment.body_id,
                Payment.member_id,
                Payment.month,
                Payment.amount,
                Payment.paid_on,
                Payment.corrects_id,
            )
            .join(Body, Body.id == Payment.body_id)
            .where(Body.unit_id.in_(self.ids), self._within(Payment.month))
        )
        local = or_(Coefficient.province_id.is_(None), Coefficient.province_id == self.province_id)
        salaries = select(BaseSalary.from_on, BaseSalary.amount)
        coefficients = select(
            Coefficient.role, Coefficient.province_id, Coefficient.from_on, Coefficient.thousandths
        )
        return {
            "lines": _by(self._rows(lines)),
            "movements": _by(self._rows(movements), "line_id"),
            "payments": _grouped(self._rows(payments), lambda row: (row.body_id, row.member_id)),
            "rates": Rates(self._rows(salaries), self._rows(coefficients.where(local))),
        }

    def _reports(self) -> dict[str, Any]:
        provinces = {unit.province_id for unit in self.known.values()} | {self.province_id}
        periods = select(
            ReportPeriod.id, ReportPeriod.province_id, ReportPeriod.until_on, ReportPeriod.due_on
        ).where(ReportPeriod.province_id.in_(provinces), self._within(ReportPeriod.due_on))
        reports = select(UnitReport.unit_id, UnitReport.period_id, UnitReport.submitted_at).where(
            UnitReport.unit_id.in_(self.ids), UnitReport.submitted_at.is_not(None)
        )
        return {
            "report_periods": self._rows(periods),
            "reports": {
                (row.unit_id, row.period_id): row.submitted_at.astimezone(VIETNAM).date()
                for row in self._rows(reports)
            },
        }

    def _of_persons(self) -> dict[str, Any]:
        """Work with persons, by the unit it was done in: this alone is read from the confidential
        side, and without anything that says whom it was for, but for telling two persons apart.
        """
        own = list(self.units)
        referrals = select(Referral.unit_id, Referral.sent_on, Referral.answered_on).where(
            Referral.unit_id.in_(own),
            Referral.taken_back_at.is_(None),
            self._within(Referral.sent_on),
        )
        support = select(
            Service.unit_id,
            Service.on.label("on"),
            Service.funding_source,
            Service.amount,
            Service.case_id,
        ).where(
            Service.unit_id.in_(own),
            Service.taken_back_at.is_(None),
            Service.kind != ServiceKind.LOAN,
            self._within(Service.on),
        )
        return {
            "referrals": _by(self._rows(referrals)),
            "support": _by(self._rows(support)),
        }

    def _checklists(self) -> dict[str, Any]:
        local = or_(CriteriaSet.province_id.is_(None), CriteriaSet.province_id == self.province_id)
        sets = select(
            CriteriaSet.id, CriteriaSet.province_id, CriteriaSet.number, CriteriaSet.from_on
        )
        lines = (
            select(
                Criterion.set_id,
                Criterion.code,
                Criterion.position,
                Criterion.text,
                Criterion.met,
                Criterion.partly,
            )
            .join(CriteriaSet, CriteriaSet.id == Criterion.set_id)
            .where(local)
            .order_by(Criterion.position)
        )
        return {
            "sets": self._rows(sets.where(local)),
            "criteria": _by(self._rows(lines), "set_id"),
        }

    def _rows(self, query: Executable) -> list[Any]:
        return list(self.connection.execute(query))

    def _by_id(self, query: Executable) -> dict[UUID, Any]:
        return {row.id: row for row in self.connection.execute(query)}

    def _within(self, day: Any) -> Any:
        return day.between(self.first, self.last)


def _by(rows: Iterable[Any], name: str = "unit_id") -> dict[Any, list[Any]]:
    return _grouped(rows, lambda row: getattr(row, name))


def _grouped(rows: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)
