"""A unit's own records as they stand now, in four parts, each beginning with what is to be done.

Every number is the one that its own page shows: nothing is counted here a second time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from casework.core.clock import last_year_to
from casework.core.database import db
from casework.core.i18n import day, dong
from casework.organisation.bodies.models import BodyKind, GroupKind
from casework.organisation.bodies.queries import BodyLine, Scope, list_bodies, list_lines
from casework.organisation.budgets.balance import Balance, Bar
from casework.organisation.budgets.models import BudgetLine
from casework.organisation.budgets.queries import balances
from casework.organisation.communications.queries import Coverage, Totals, coverage, totals
from casework.organisation.meetings.figures import (
    CircleFigures,
    OnSchedule,
    add_up,
    on_schedule_by_circle,
)
from casework.organisation.members.queries import list_posts
from casework.organisation.members.rules import Staffing, count_staff
from casework.organisation.partners.queries import active_partners
from casework.organisation.plans.queries import YearShown, show_year
from casework.organisation.remuneration.queries import PaidShare, paid_share
from casework.organisation.reports.models import ReportStatus
from casework.organisation.reports.queries import ReportLine, reports_due
from casework.organisation.settings.models import Setting
from casework.organisation.settings.queries import settings_on
from casework.organisation.trainings.queries import trained_counsellors

WANTED_GROUPS = (GroupKind.COMMUNICATION, GroupKind.COUNSELLING, GroupKind.SELF_HELP)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done, and the page where it is done."""

    text: str
    endpoint: str
    values: dict[str, Any]
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Bodies with their decisions, regulations and groups; partners of the last twelve months."""

    bodies: Sequence[BodyLine]
    partners: int
    tasks: Sequence[Task]


@dataclass(frozen=True, slots=True)
class People:
    """Who mans the bodies, who is trained, and how bodies and groups met in twelve months."""

    staffing: Sequence[Staffing]
    trained: int
    counsellors: int
    circles: Sequence[CircleFigures]
    gap_percent: int
    tasks: Sequence[Task]

    def is_too_long(self, circle: CircleFigures) -> bool:
        """Whether a body or group was too long without a meeting."""
        return is_too_long(circle, self.gap_percent)

    @property
    def on_schedule(self) -> OnSchedule:
        """All bodies and groups together."""
        return add_up(self.circles)


@dataclass(frozen=True, slots=True)
class Activities:
    """Communication and the plan of a year."""

    year: int
    totals: Totals
    coverage: Coverage
    plan: YearShown
    tasks: Sequence[Task]


@dataclass(frozen=True, slots=True)
class Money:
    """The budget of a year and what is left of the year before, remuneration, reports."""

    year: int
    balance: Balance
    bar: Bar
    estimate: int
    late: Sequence[tuple[BudgetLine, int]]
    waiting: int
    remuneration: PaidShare
    reports: Sequence[ReportLine]
    tasks: Sequence[Task]


def show_standing(scope: Scope, on: date) -> Standing:
    """The first part: what exists, by which decision and regulation, and with whom it works."""
    bodies = list_lines(list_bodies(scope.unit_ids, on), on)
    partners = active_partners(scope.unit_ids, *last_year_to(on))
    return Standing(bodies, partners, _urgent_first(_of_bodies(scope, bodies, partners)))


def show_people(scope: Scope, on: date) -> People:
    """The second part: who works here, and whether they meet."""
    settings = settings_on(scope.unit.province_id, on)
    bodies = list_bodies(scope.unit_ids, on)
    posts = list_posts(body_ids=[body.id for body in bodies])
    staffing = count_staff(bodies, posts, on, settings)
    months = int(settings[Setting.TRAINING_MONTHS])
    trained, counsellors = trained_counsellors(scope.unit_ids, on, months)
    circles = on_schedule_by_circle(scope.unit_ids, *last_year_to(on))
    percent = int(settings[Setting.LONGEST_GAP])
    tasks = [
        *_of_meetings(scope, circles, percent, int(settings[Setting.ON_TIME_SHARE])),
        *_of_staff(scope, staffing, counsellors - trained),
    ]
    return People(staffing, trained, counsellors, circles, percent, _urgent_first(tasks))


def show_activities(scope: Scope, on: date) -> Activities:
    """The third part: what was done this year."""
    reached = coverage(scope.unit_ids, scope.unit, on.year)
    plan = show_year(scope.unit.id, scope.unit_ids, on.year)
    told = totals(scope.unit_ids, date(on.year, 1, 1), on)
    tasks = _urgent_first(_of_activities(scope, reached, plan, on.year))
    return Activities(on.year, told, reached, plan, tasks)


def show_money(scope: Scope, on: date) -> Money:
    """The fourth part: money, remuneration and reports."""
    lines = _lines_since(scope, on.year - 1)
    now = [line for line in lines if line.year == on.year]
    found = balances(lines)
    late = [
        (line, days)
        for line in lines
        if found[line.id].outstanding > 0 and (days := found[line.id].days_late(line.due_on, on))
    ]
    shown = Money(
        on.year,
        Balance.total(found[line.id] for line in now),
        Bar.total(found[line.id].bar for line in now),
        sum(line.estimate_amount for line in now),
        sorted(late, key=lambda pair: -pair[1]),
        sum(found[line.id].waiting > 0 for line in lines),
        paid_share(scope.unit_ids, on.year),
        reports_due(scope.unit, on),
        tasks := [],
    )
    tasks += _urgent_first(_of_money(scope, shown))
    return shown


def _lines_since(scope: Scope, year: int) -> Sequence[BudgetLine]:
    """What an earlier year left unsettled is still to be done."""
    query = select(BudgetLine).where(
        BudgetLine.unit_id.in_(scope.unit_ids), BudgetLine.year >= year
    )
    return db.session.scalars(query).all()


def is_too_long(circle: CircleFigures, percent: int) -> bool:
    """Whether the longest gap between meetings is above so many per cent of the interval."""
    allowed = circle.allowed_gap(percent)
    return allowed is not None and circle.longest_gap > allowed


def _of_bodies(scope: Scope, bodies: Sequence[BodyLine], partners: int) -> Iterator[Task]:
    here = {"unit": scope.unit.id}
    if not bodies:
        yield Task(_("Enter the club or team with its decision."), "bodies.index", here, True)
    for line in bodies:
        name = line.body.name
        if line.prompt:
            text = _("%(name)s still stands under a unit that is no more: reorganise.", name=name)
            yield Task(text, "bodies.show", {"body_id": line.body.id}, True)
        for told in line.told:
            if told.tone in ("warn", "bad"):
                text = _("%(name)s: %(what)s", name=name, what=told.label)
                yield Task(text, "regulations.index", {"body_id": line.body.id}, True)
        kinds = {group.kind for group in line.groups}
        missing = [kind.label for kind in WANTED_GROUPS if kind not in kinds]
        if line.body.kind == BodyKind.CLUB and missing:
            text = _("%(name)s lacks: %(kinds)s", name=name, kinds=", ".join(missing))
            yield Task(text, "bodies.show", {"body_id": line.body.id})
    if not partners:
        text = _("Nothing was done together with a partner in twelve months.")
        yield Task(text, "partners.index", here)


def _of_staff(scope: Scope, staffing: Sequence[Staffing], untrained: int) -> Iterator[Task]:
    here = {"unit": scope.unit.id}
    if untrained:
        text = _("Members who counsel without training: %(count)s", count=untrained)
        yield Task(text, "trainings.index", here, True)
    for each in staffing:
        for vacancy in each.vacancies:
            text = _(
                "%(name)s: %(post)s vacant for %(days)s days",
                name=each.body.name,
                post=vacancy.role.label,
                days=vacancy.days,
            )
            yield Task(text, "members.index", here, vacancy.too_long)
        if each.members < each.least:
            text = _(
                "%(name)s has %(count)s members, at least %(least)s are wanted",
                name=each.body.name,
                count=each.members,
                least=each.least,
            )
            yield Task(text, "members.index", here)


def _of_meetings(
    scope: Scope, circles: Sequence[CircleFigures], percent: int, share: int
) -> Iterator[Task]:
    here = {"unit": scope.unit.id}
    for circle in circles:
        kept = circle.on_schedule
        if kept.due and kept.on_time * 100 < share * kept.due:
            text = _(
                "%(name)s: %(held)s of %(due)s meetings held on schedule",
                name=circle.name,
                held=kept.on_time,
                due=kept.due,
            )
            yield Task(text, "meetings.index", {**here, "circle": circle.id}, True)
        if circle.kind == BodyKind.CLUB and circle.interval_months is None:
            text = _("%(name)s has no meeting schedule", name=circle.name)
            yield Task(text, "regulations.index", {"body_id": circle.id}, True)
    long = [each for each in circles if is_too_long(each, percent)]
    if long:
        text = _(
            "Too long without a meeting: %(names)s",
            names=", ".join(f"{each.name} ({each.longest_gap})" for each in long),
        )
        yield Task(text, "meetings.index", here)
    lacking = sum(circle.missing_minutes for circle in circles)
    if lacking:
        text = _("Meetings held without minutes: %(count)s", count=lacking)
        yield Task(text, "meetings.index", here)


def _of_activities(scope: Scope, reached: Coverage, plan: YearShown, year: int) -> Iterator[Task]:
    here = {"unit": scope.unit.id}
    if plan.plan is None:
        yield Task(_("There is no plan for %(year)s yet.", year=year), "plans.index", here, True)
    elif plan.behind:
        months = ", ".join(str(month) for month in plan.behind)
        text = _("Less was done than planned in month %(months)s.", months=months)
        yield Task(text, "plans.index", here)
    if reached.missing:
        names = ", ".join(hamlet.name for hamlet in reached.missing)
        text = _("No communication session reached %(names)s this year.", names=names)
        yield Task(text, "communications.index", here)


def _of_money(scope: Scope, shown: Money) -> Iterator[Task]:
    here = {"unit": scope.unit.id}
    for line, days in shown.late:
        text = _("%(title)s: settlement %(days)s days late", title=line.title, days=days)
        yield Task(text, "budgets.show_line", {"line_id": line.id}, True)
    if shown.waiting:
        text = _("Lines with a settlement that waits for approval: %(count)s", count=shown.waiting)
        yield Task(text, "settlements.approvals", here)
    paid = shown.remuneration
    if paid.due > paid.paid:
        text = _(
            "Remuneration: %(paid)s of %(due)s months paid, %(owed)s owed",
            paid=paid.paid,
            due=paid.due,
            owed=dong(paid.owed_amount),
        )
        yield Task(text, "remuneration.index", here, True)
    if paid.missing:
        text = _("Remuneration: no rate for %(count)s months of members", count=paid.missing)
        yield Task(text, "remuneration.index", here)
    for due in shown.reports:
        text = _(
            "Report “%(name)s”, due on %(day)s",
            name=due.period.name,
            day=day(due.period.due_on),
        )
        yield Task(text, "reports.index", here, due.status is ReportStatus.MISSING)


def _urgent_first(tasks: Iterator[Task] | Sequence[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: not task.is_urgent)
