"""Reading the organisation's records of a province once for all months that are counted: a fixed
number of statements, however many units and months.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Executable, func, or_, select
from sqlalchemy.orm import aliased

from casework.anonymisation.records import Records
from casework.authz.permissions import Role
from casework.confidential.referrals.models import Referral
from casework.confidential.services.models import Service, ServiceKind
from casework.core.clock import VIETNAM
from casework.inspection.recommendations.models import Recommendation, RecommendationStep
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
from casework.organisation.remuneration.models import Payment
from casework.organisation.reports.models import ReportPeriod, UnitReport
from casework.organisation.settings.models import (
    BaseSalary,
    Coefficient,
    CriteriaSet,
    Criterion,
    Setting,
    SettingValue,
)
from casework.organisation.settings.queries import Dated, Rates
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from casework.organisation.units.models import Hamlet, Succession, Unit
from casework.organisation.units.queries import with_predecessors


def read_records(connection: Connection, province_id: UUID, first: date, last: date) -> Records:
    """Everything that activity figures and criteria of the days between two days are counted from.

    Some thirty statements, however many units.
    """
    return _Reading(connection, province_id, first, last).records()


def read_settings(connection: Connection, province_id: UUID) -> dict[Setting, Dated]:
    """Every setting over time in a province, in one statement."""
    local = or_(SettingValue.province_id.is_(None), SettingValue.province_id == province_id)
    query = select(
        SettingValue.key, SettingValue.province_id, SettingValue.from_on, SettingValue.value
    ).where(local)
    values: list[Any] = list(connection.execute(query))
    return {
        setting: Dated(setting, [row for row in values if row.key == setting])
        for setting in Setting
    }


class _Reading:
    def __init__(self, connection: Connection, province_id: UUID, first: date, last: date) -> None:
        self.connection, self.province_id = connection, province_id
        self.first, self.last = first, last
        own = select(Unit.id, Unit.valid_from, Unit.valid_until, Unit.province_id)
        self.units = self._by_id(own.where(Unit.province_id == province_id, ~Unit.is_province))
        self.known = self._by_id(own.where(Unit.id.in_(with_predecessors(self.units))))
        self.ids = list(self.known)

    def records(self) -> Records:
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
            **self._recommendations(),
            **self._of_persons(),
            settings=read_settings(self.connection, self.province_id),
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

    def _recommendations(self) -> dict[str, Any]:
        """What inspectors asked of units, whenever, and what became of it."""
        asked = select(
            Recommendation.id,
            Recommendation.unit_id,
            Recommendation.first_due_on,
            Recommendation.in_force_on,
        ).where(Recommendation.unit_id.in_(self.ids), Recommendation.in_force_on <= self.last)
        step = RecommendationStep
        steps = (
            select(step.recommendation_id, step.kind, step.on.label("on"), step.at)
            .join(Recommendation, Recommendation.id == step.recommendation_id)
            .where(Recommendation.unit_id.in_(self.ids))
            .order_by(step.at)
        )
        return {
            "recommendations": _by(self._rows(asked)),
            "recommendation_steps": _by(self._rows(steps), "recommendation_id"),
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
