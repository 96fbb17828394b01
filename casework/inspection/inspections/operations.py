"""Changing rounds: plans are written, submitted, approved by somebody else; what any feature of a
round does to the inspection it belongs to.

A plan is open while it is a draft or was returned. Once approved it stays as it is, except that the
day of a visit may change, and the team, each with a reason that the units read. Who was on a visit
stays in the team, for the minutes name who came.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.orm.attributes import flag_modified

from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import now, today
from casework.core.database import db
from casework.core.forms import RuleBroken, Stale
from casework.inspection.inspections.models import (
    Inspection,
    InspectionPlan,
    InspectionStatus,
    PlanStatus,
    Scope,
    TeamMember,
    TeamRole,
    Visitor,
)
from casework.inspection.inspections.queries import (
    BEFORE_THE_VISIT,
    Visited,
    find_same_number,
    is_on_team,
    list_goers,
    list_not_met,
    list_visited,
    newest_edition,
)
from casework.inspection.inspections.rules import draw_units, suggest_days
from casework.organisation.accounts.models import Account
from casework.organisation.history.operations import keep_revision
from casework.organisation.units.models import Cluster, Unit

MORNING, AFTERNOON = "08:00", "13:30"
DAY_CHANGED = "inspection_day"
"""The kind of revision that keeps the day a visit had, with the reason."""
TEAM_CHANGED = "inspection_team"
"""The kind of revision that keeps the team a plan had, with the reason."""
_ORDER = list(InspectionStatus)
_HELD_BY_ONE = (TeamRole.HEAD, TeamRole.SECRETARY)
_TEXTS = (
    "title",
    "legal_basis",
    "purpose",
    "from_on",
    "until_on",
    "visits_from_on",
    "visits_until_on",
    "outline",
    "report_due_on",
)


def write_plan(province: Unit, answer: dict[str, Any], *, by: Actor) -> InspectionPlan:
    """Begin a plan, without units or a team."""
    plan = InspectionPlan(
        id=uuid4(), province_id=province.id, scope=Scope.CHOSEN, recorded_by=by.id
    )
    _fill(plan, answer)
    db.session.add(plan)
    audit.record("plan.write", "inspection_plan", plan.id, by=by, unit_id=province.id)
    return plan


def change_plan(plan: InspectionPlan, answer: dict[str, Any], *, by: Actor) -> None:
    """Change what an open plan says."""
    _require_open(plan)
    _fill(plan, answer)
    audit.record("plan.change", "inspection_plan", plan.id, by=by, unit_id=plan.province_id)


def find_reason_to_keep(plan: InspectionPlan, *, by: Actor) -> Any:
    """What stands against deleting a plan: only who began it deletes it, and only a draft."""
    if plan.status != PlanStatus.DRAFT:
        return _l("Only a draft can be deleted: this plan was submitted already.")
    return None if plan.recorded_by == by.id else _l("Who began a plan may delete it, nobody else.")


def delete_plan(plan: InspectionPlan, *, by: Actor) -> None:
    """Delete a draft with its units and its team, of which nobody was told. Raises RuleBroken."""
    _lock(plan)
    if message := find_reason_to_keep(plan, by=by):
        raise RuleBroken(message)
    units = list(db.session.scalars(select(Inspection.id).where(Inspection.plan_id == plan.id)))
    _delete(units)
    db.session.execute(delete(TeamMember).where(TeamMember.plan_id == plan.id))
    db.session.delete(plan)
    audit.record(
        "plan.delete", "inspection_plan", plan.id, by=by, unit_id=plan.province_id,
        units=len(units),
    )  # fmt: skip


def choose_units(
    plan: InspectionPlan,
    scope: Scope,
    candidates: Sequence[Unit],
    visited: Sequence[Visited],
    *,
    cluster: tuple[Cluster, Iterable[UUID]] | None = None,
    count: int | None = None,
    by: Actor,
) -> int:
    """Have the plan look at the units of a scope and no others; those that stay keep their day.
    Answers how many there are. A draw is told by the log: how many of how many, and which.
    """
    _require_open(plan)
    chosen, note = list(candidates), ""
    if scope is Scope.CLUSTER:
        if cluster is None:
            raise RuleBroken(_l("Choose the cluster."), field="cluster")
        inside = set(cluster[1])
        chosen, note = [unit for unit in chosen if unit.id in inside], cluster[0].name
    elif scope is Scope.NOT_MET:
        chosen, note = _not_met(plan, chosen)
    elif scope is Scope.RANDOM:
        chosen, note = _drawn(plan, chosen, count, by=by)
    if not chosen:
        raise RuleBroken(_l("There is no such unit."), field="scope")
    _set_units(plan, chosen, visited)
    plan.scope, plan.scope_note, plan.is_adjusted = scope, note, False
    audit.record(
        "plan.choose_units",
        "inspection_plan",
        plan.id,
        by=by,
        unit_id=plan.province_id,
        scope=str(scope),
        units=len(chosen),
    )
    return len(chosen)


def adjust_units(
    plan: InspectionPlan, units: Sequence[Unit], visited: Sequence[Visited], *, by: Actor
) -> None:
    """Have the plan look at these units, chosen one by one."""
    _require_open(plan)
    if not units:
        raise RuleBroken(_l("A round needs at least one unit."), field="units")
    if {unit.id for unit in units} == {each.unit.id for each in visited}:
        return
    _set_units(plan, units, visited)
    plan.is_adjusted = plan.scope != Scope.CHOSEN
    audit.record(
        "plan.adjust_units",
        "inspection_plan",
        plan.id,
        by=by,
        unit_id=plan.province_id,
        units=len(units),
    )


def take_out(plan: InspectionPlan, each: Visited, *, by: Actor) -> None:
    """Take a unit out of an open plan."""
    _require_open(plan)
    _delete([each.inspection.id])
    plan.is_adjusted = plan.scope != Scope.CHOSEN
    audit.record("plan.take_out", "inspection_plan", plan.id, by=by, unit_id=each.unit.id)


def put_in_team(
    plan: InspectionPlan,
    account: Account | None,
    answer: dict[str, Any],
    team: Sequence[TeamMember],
    *,
    decides: bool = False,
    by: Actor,
) -> TeamMember:
    """Put somebody into the team: an inspector of the province by account, or a guest by name and
    office. The head signs the minutes here, and so has an account.

    Once the plan is approved that is up to the head, or to who `decides` about plans; a new head or
    secretary takes the role over, whoever is in the team already too.
    """
    _require_team_open(plan, team, answer["reason"], decides=decides, by=by)
    _check_member(account, answer)
    is_approved, role = plan.status == PlanStatus.APPROVED, answer["role"]
    there = next((each for each in team if account and each.account_id == account.id), None)
    if there and (not is_approved or there.role in (role, *_HELD_BY_ONE)):
        raise RuleBroken(_l("This inspector is in the team already."), field="account")
    if is_approved:
        _keep_team(plan, team, answer["reason"], by=by)
        _free_role(role, team)
    member = there or TeamMember(
        id=uuid4(),
        plan_id=plan.id,
        account_id=account.id if account else None,
        name=account.display_name if account else answer["name"],
        office=answer["office"] or "",
    )
    member.role = role
    db.session.add(member)
    audit.record(
        "plan.put_in_team", "inspection_plan", plan.id, by=by, unit_id=plan.province_id,
        role=str(member.role),
    )  # fmt: skip
    return member


def take_out_of_team(
    plan: InspectionPlan,
    member: TeamMember,
    team: Sequence[TeamMember],
    reason: str,
    *,
    decides: bool = False,
    by: Actor,
) -> None:
    """Take somebody out of the team, and off the visits. Once the plan is approved that is up to
    the head, or to who `decides` about plans, and the team keeps a head and a secretary.
    """
    _require_team_open(plan, team, reason, decides=decides, by=by)
    if plan.status == PlanStatus.APPROVED:
        if member.role in _HELD_BY_ONE:
            raise RuleBroken(_l("Put in who takes the role over first."))
        if member.id in _list_who_went(plan, team):
            message = _l(
                "This member was on a visit, and its minutes name who came. Say at the visits to"
                " come who goes instead."
            )
            raise RuleBroken(message)
        _keep_team(plan, team, reason, by=by)
    db.session.execute(delete(Visitor).where(Visitor.member_id == member.id))
    db.session.delete(member)
    audit.record(
        "plan.take_out_of_team", "inspection_plan", plan.id, by=by, unit_id=plan.province_id
    )


def may_change_team(
    plan: InspectionPlan, team: Sequence[TeamMember], *, decides: bool, by: Actor
) -> bool:
    """Whether the team of an approved plan is up to somebody."""
    leads = any(each.account_id == by.id and each.role == TeamRole.HEAD for each in team)
    return plan.status == PlanStatus.APPROVED and (decides or leads)


def suggest(
    plan: InspectionPlan, visited: Sequence[Visited], busy: Iterable[date], *, by: Actor
) -> int:
    """Give the units that have no day yet one of the working days of the visits, the morning first.
    Answers how many got one.
    """
    _require_open(plan)
    waiting = [each for each in visited if each.inspection.visit_on is None]
    set_days = [each.inspection.visit_on for each in visited if each.inspection.visit_on]
    days = suggest_days(len(waiting), plan.visits_from_on, plan.visits_until_on, {*set_days, *busy})
    if waiting and not days:
        raise RuleBroken(_l("There is no working day between the first and the last visit."))
    for each, on in zip(waiting, days, strict=True):
        inspection = each.inspection
        inspection.visit_on = on
        inspection.starts_at = AFTERNOON if on in set_days else MORNING
        inspection.place = inspection.place or f"UBND {each.unit.label_inside}"
        set_days.append(on)
    audit.record(
        "plan.suggest_days",
        "inspection_plan",
        plan.id,
        by=by,
        unit_id=plan.province_id,
        units=len(waiting),
    )
    return len(waiting)


def set_day(each: Visited, answer: dict[str, Any], *, by: Actor) -> None:
    """Set when and where a unit is visited, and by whom of the team.

    Once the plan is approved that is up to the team, needs a reason which the unit reads, and ends
    with the visit; what was told before stays readable.
    """
    plan, inspection = each.plan, each.inspection
    if plan.status == PlanStatus.APPROVED:
        _require_change(each, answer, by=by)
        keep_revision(inspection, DAY_CHANGED, by=by, reason=answer["reason"])
    else:
        _require_open(plan)
    inspection.visit_on, inspection.starts_at = answer["visit_on"], answer["starts_at"] or ""
    inspection.place = answer["place"] or ""
    db.session.execute(delete(Visitor).where(Visitor.inspection_id == inspection.id))
    db.session.add_all(
        Visitor(id=uuid4(), inspection_id=inspection.id, member_id=member_id)
        for member_id in answer["goers"] or ()
    )
    audit.record("inspection.day", "inspection", inspection.id, by=by, unit_id=inspection.unit_id)


def list_missing(
    plan: InspectionPlan, visited: Sequence[Visited], team: Sequence[TeamMember]
) -> list[Any]:
    """What an open plan lacks before it can be submitted."""
    roles = [TeamRole(member.role) for member in team]
    faults = [
        (not visited, _l("Choose the units.")),
        (any(each.inspection.visit_on is None for each in visited), _l("Give every unit a day.")),
        (roles.count(TeamRole.HEAD) != 1, _l("The team needs exactly one head.")),
        (roles.count(TeamRole.SECRETARY) != 1, _l("The team needs exactly one secretary.")),
        (plan.visits_from_on < today(), _l("The first day of the visits has passed.")),
        (not plan.outline, _l("Write the outline on which units report.")),
        (plan.report_due_on is None, _l("Say until when units report.")),
    ]
    return [message for is_missing, message in faults if is_missing]


def submit(
    plan: InspectionPlan,
    visited: Sequence[Visited],
    team: Sequence[TeamMember],
    *,
    by: Actor,
) -> None:
    """Ask the department manager to approve a plan that is whole."""
    _require_open(plan)
    for message in list_missing(plan, visited, team):
        raise RuleBroken(message)
    plan.status, plan.submitted_by, plan.submitted_at = PlanStatus.SUBMITTED, by.id, now()
    audit.record("plan.submit", "inspection_plan", plan.id, by=by, unit_id=plan.province_id)


def approve(plan: InspectionPlan, number: str, note: str, *, by: Actor) -> None:
    """Approve a plan under its number. Units hear of it from now on."""
    _require_decision(plan, by=by)
    if not number:
        raise RuleBroken(_l("A plan is approved under its number."), field="number")
    if find_same_number(plan, number, plan.visits_from_on.year):
        message = _l("Another plan of this year has this number.")
        raise RuleBroken(message, field="number")
    plan.number = number
    _decide(plan, PlanStatus.APPROVED, note, by=by)
    audit.record("plan.approve", "inspection_plan", plan.id, by=by, unit_id=plan.province_id)


def send_back(plan: InspectionPlan, note: str, *, by: Actor) -> None:
    """Return a plan with a word on what to change."""
    _require_decision(plan, by=by)
    if not note:
        raise RuleBroken(_l("Say what is to be changed."), field="note")
    _decide(plan, PlanStatus.RETURNED, note, by=by)
    audit.record("plan.return", "inspection_plan", plan.id, by=by, unit_id=plan.province_id)


def require_team(inspection: Inspection, *, by: Actor) -> None:
    """Only the team of a round writes in its inspections. Raises RuleBroken."""
    if by.id is None or not is_on_team(inspection.plan_id, by.id):
        raise RuleBroken(_l("Only the team of this inspection may write here."))


def advance(inspection: Inspection, status: InspectionStatus, *, by: Actor) -> None:
    """Bring an inspection as far as `status`, never back."""
    if _ORDER.index(status) <= _ORDER.index(InspectionStatus(inspection.status)):
        return
    inspection.status = status
    audit.record(
        f"inspection.{status}", "inspection", inspection.id, by=by, unit_id=inspection.unit_id
    )


def _fill(plan: InspectionPlan, answer: dict[str, Any]) -> None:
    _check_days(answer)
    number = answer["number"] or ""
    if number and find_same_number(plan, number, answer["visits_from_on"].year):
        message = _l("Another plan of this year has this number.")
        raise RuleBroken(message, field="number")
    plan.number = number
    for name in _TEXTS:
        value = answer[name]
        setattr(plan, name, "" if value is None and not name.endswith("_on") else value)


def _check_days(answer: dict[str, Any]) -> None:
    first, last = answer["visits_from_on"], answer["visits_until_on"]
    due = answer["report_due_on"]
    for is_broken, message, field in (
        (
            answer["until_on"] < answer["from_on"],
            _l("The last day lies before the first."),
            "until_on",
        ),
        (last < first, _l("The last day lies before the first."), "visits_until_on"),
        (
            first < today(),
            _l("The visits lie in the past: a plan is written before them."),
            "visits_from_on",
        ),
        (
            first <= answer["from_on"],
            _l("The visits would be before the days they are about."),
            "visits_from_on",
        ),
        (
            due is not None and due > first,
            _l("Units report before the visits begin."),
            "report_due_on",
        ),
    ):
        if is_broken:
            raise RuleBroken(message, field=field)


def _not_met(plan: InspectionPlan, candidates: Sequence[Unit]) -> tuple[list[Unit], str]:
    edition = newest_edition(plan.province_id)
    if edition is None:
        message = _l("No figures of this province are published yet.")
        raise RuleBroken(message, field="scope")
    found = list_not_met(edition)
    return [unit for unit in candidates if unit.id in found], edition.period


def _drawn(
    plan: InspectionPlan, candidates: Sequence[Unit], count: int | None, *, by: Actor
) -> tuple[list[Unit], str]:
    if not count:
        raise RuleBroken(_l("Say how many units are to be drawn."), field="count")
    if count > len(candidates):
        message = _l("There are %(count)s units only.", count=len(candidates))
        raise RuleBroken(message, field="count")
    ids = draw_units(plan.id, [unit.id for unit in candidates], count)
    drawn = [unit for unit in candidates if unit.id in ids]
    codes = " ".join(unit.code for unit in drawn)
    audit.record(
        "plan.draw", "inspection_plan", plan.id, by=by, unit_id=plan.province_id,
        drawn=count, of=len(candidates), codes=codes,
    )  # fmt: skip
    return drawn, f"{count}/{len(candidates)}"


def _set_units(plan: InspectionPlan, units: Sequence[Unit], visited: Sequence[Visited]) -> None:
    wanted = {unit.id for unit in units}
    there = {each.unit.id for each in visited}
    _delete([each.inspection.id for each in visited if each.unit.id not in wanted])
    db.session.add_all(
        Inspection(id=uuid4(), plan_id=plan.id, unit_id=unit.id)
        for unit in units
        if unit.id not in there
    )


def _delete(inspection_ids: Sequence[UUID]) -> None:
    db.session.execute(delete(Visitor).where(Visitor.inspection_id.in_(inspection_ids)))
    db.session.execute(delete(Inspection).where(Inspection.id.in_(inspection_ids)))


def _lock(plan: InspectionPlan) -> None:
    """Nobody submits or decides while a part of the plan is being written, nor the other way."""
    seen = plan.version
    db.session.refresh(plan, with_for_update=True)
    if plan.version != seen:
        raise Stale(_l("Somebody else changed this plan at the same moment. Look at it again."))


def _require_open(plan: InspectionPlan) -> None:
    _lock(plan)
    if not plan.is_open:
        raise RuleBroken(_l("This plan is submitted or approved: it can't be changed any more."))


def _check_member(account: Account | None, answer: dict[str, Any]) -> None:
    if account is None and not answer["name"]:
        raise RuleBroken(_l("Choose an inspector, or write a guest's name."), field="name")
    if account and answer["name"]:
        raise RuleBroken(_l("An inspector or a guest: not both at once."), field="name")
    if account is None and not answer["office"]:
        raise RuleBroken(_l("Say which office the guest comes from."), field="office")
    if account is None and answer["role"] is TeamRole.HEAD:
        message = _l("The head signs the minutes here: it is an inspector of the province.")
        raise RuleBroken(message, field="role")


def _free_role(role: TeamRole, team: Sequence[TeamMember]) -> None:
    """Who is head or secretary becomes a member where somebody else is to be it."""
    for member in team:
        if member.role == role and role in _HELD_BY_ONE:
            member.role = TeamRole.MEMBER


def _require_team_open(
    plan: InspectionPlan,
    team: Sequence[TeamMember],
    reason: str | None,
    *,
    decides: bool,
    by: Actor,
) -> None:
    if plan.status != PlanStatus.APPROVED:
        _require_open(plan)
        return
    _lock(plan)
    if not may_change_team(plan, team, decides=decides, by=by):
        raise RuleBroken(_l("The head of the team changes it, or a department manager."))
    if all(each.inspection.status not in BEFORE_THE_VISIT for each in list_visited(plan)):
        raise RuleBroken(_l("All units were visited: the team can't change any more."))
    if not reason:
        raise RuleBroken(_l("Say why: the units read it."), field="reason")


def _keep_team(plan: InspectionPlan, team: Sequence[TeamMember], reason: str, *, by: Actor) -> None:
    """Keep who the team was, and who was on the visits that are over: no name is no longer
    everybody.
    """
    keep_revision(
        plan,
        TEAM_CHANGED,
        by=by,
        reason=reason,
        team=[[member.name, member.role] for member in team],
        accounts=[str(member.account_id) for member in team if member.account_id],
    )
    flag_modified(plan, "status")  # its version tells the second of two that the team changed
    over = _list_over(plan)
    named = list_goers(over)
    db.session.add_all(
        Visitor(id=uuid4(), inspection_id=inspection_id, member_id=member.id)
        for inspection_id in over
        if inspection_id not in named
        for member in team
    )


def _list_who_went(plan: InspectionPlan, team: Sequence[TeamMember]) -> set[UUID]:
    """The members who were on a visit that is over; nobody named was everybody."""
    over = _list_over(plan)
    named, everybody = list_goers(over), [member.id for member in team]
    return {member_id for visit in over for member_id in named.get(visit, everybody)}


def _list_over(plan: InspectionPlan) -> list[UUID]:
    return [
        each.inspection.id
        for each in list_visited(plan)
        if each.inspection.status not in BEFORE_THE_VISIT
    ]


def _require_decision(plan: InspectionPlan, *, by: Actor) -> None:
    _lock(plan)
    if plan.status != PlanStatus.SUBMITTED:
        raise RuleBroken(_l("This plan does not wait for a decision."))
    if by.id in (plan.recorded_by, plan.submitted_by):
        raise RuleBroken(_l("Who prepared a plan can't approve it: somebody else decides."))


def _require_change(each: Visited, answer: dict[str, Any], *, by: Actor) -> None:
    require_team(each.inspection, by=by)
    if each.inspection.status not in BEFORE_THE_VISIT:
        raise RuleBroken(_l("This unit was visited: its day can't change any more."))
    if answer["visit_on"] is None:
        raise RuleBroken(_l("Say on which day the unit is visited."), field="visit_on")
    if not answer["reason"]:
        raise RuleBroken(_l("Say why: the unit reads it."), field="reason")


def _decide(plan: InspectionPlan, status: PlanStatus, note: str, *, by: Actor) -> None:
    plan.status, plan.decision_note = status, note
    plan.decided_by, plan.decided_at = by.id, now()
