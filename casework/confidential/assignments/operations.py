"""Entrusting cases and groups: handing over for good, standing in for a time, keys in custody.

The keys go with the work: whoever takes it over gets them, whoever had it keeps none. A coordinator
passes them on from custody without being able to read what they open. A caseload goes over whole or
not at all.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l

from casework.authz.permissions import Role
from casework.confidential.assignments.queries import (
    list_assignments_of,
    list_covers_by,
    list_leaders,
    names_of_holders,
)
from casework.confidential.cases.models import Assignment, Case
from casework.confidential.cases.operations import assign, tell_of_cases
from casework.confidential.groups.models import Facilitator
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import VIETNAM
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.bodies.models import Group
from casework.vault import grants
from casework.vault.grants import Use

T = TypeVar("T")
LONGEST_COVER = timedelta(days=183)
_NAMED = 12


def hand_over(case: Case, to: UUID, *, by: Actor, on: date) -> None:
    """Entrust the case to another counselor of its unit; to the same one again when their access
    was reset and they lost the keys.
    """
    mine = [held for held in list_assignments_of([case]) if not held.is_cover]
    if any(held.account_id == to for held in mine) and to in grants.holders_of(case.id):
        raise RuleBroken(_l("The case is already with this counselor."), field="counselor")
    hand_cases_over({case: to}, by=by, on=on, field="counselor")


def hand_caseload_over(
    leaver: UUID,
    cases: Mapping[Case, UUID],
    groups: Mapping[Group, UUID],
    *,
    by: Actor,
    on: date,
) -> None:
    """Everything that was entrusted to somebody goes to others, with its keys; the covers they gave
    in these units end. What stays with them gets its keys again.
    """
    check_keys([*cases], [*groups], "receiver")
    hand_cases_over(cases, by=by, on=on, field="receiver")
    _hand_groups_over(leaver, groups, by=by, on=on)
    if leaver not in {*cases.values(), *groups.values()}:
        units = {case.unit_id for case in cases} | {group.unit_id for group in groups}
        _end(list_covers_by(leaver, units), on)


def hand_cases_over(cases: Mapping[Case, UUID], *, by: Actor, on: date, field: str) -> None:
    """Entrust each case to a counselor of its unit. The former holders' keys are deleted, and
    whoever stood in for them does so no more.
    """
    check_keys([*cases], [], field)
    _check_receivers(cases, field)
    for to, theirs in _by_receiver(cases).items():
        _pass_keys_on([case.id for case in theirs], to, by, field)
    held = list_assignments_of(cases)
    with_them = {(each.case_id, each.account_id) for each in held if not each.is_cover}
    moved = {case: to for case, to in cases.items() if (case.id, to) not in with_them}
    stays_with = {case.id: to for case, to in moved.items()}
    _end([each for each in held if each.case_id in stays_with], on, stays_with)
    for case, to in moved.items():
        assign(case, to, by=by, on=on)
    for case in cases.keys() - moved.keys():
        audit.record("case.keys", "case", case.id, by=by, unit_id=case.unit_id)
    for to, theirs in _by_receiver(moved).items():
        tell_of_cases(theirs, to, on)


def cover(cases: Sequence[Case], to: UUID, last_day: date, *, by: Actor, on: date) -> None:
    """Let a colleague of the unit read and write in cases up to a last day. Their own counselor
    keeps everything.
    """
    _check_days(on, last_day)
    if not all(case.is_open for case in cases):
        raise RuleBroken(_l("This case is closed."))
    _check_receivers(dict.fromkeys(cases, to), "colleague")
    for held in list_assignments_of(cases):
        _check_stands_beside(held, to)
    check_keys(cases, [], "colleague")
    ends_on = last_day + timedelta(days=1)
    expires_at = datetime.combine(ends_on, time.min, VIETNAM)
    _pass_keys_on([case.id for case in cases], to, by, "colleague", expires_at)
    for case in cases:
        db.session.add(
            Assignment(
                case_id=case.id,
                account_id=to,
                from_on=on,
                until_on=ends_on,
                assigned_by=by.id,
                is_cover=True,
            )
        )
        audit.record(
            "case.cover",
            "case",
            case.id,
            by=by,
            unit_id=case.unit_id,
            to=str(to),
            until=str(ends_on),
        )


def cover_caseload(cases: Sequence[Case], to: UUID, last_day: date, *, by: Actor, on: date) -> None:
    """Have somebody stand in for a whole caseload, where nobody does yet."""
    covered = {held.case_id for held in list_assignments_of(cases) if held.is_cover}
    alone = [case for case in cases if case.id not in covered]
    if not alone:
        raise RuleBroken(_l("There is no open case here in which nobody stands in yet."))
    cover(alone, to, last_day, by=by, on=on)


def end_cover(case: Case, *, by: Actor, on: date) -> None:
    """Nobody stands in any more, from now on."""
    covers = [held for held in list_assignments_of([case]) if held.is_cover]
    _end(covers, on)
    if covers:
        audit.record("case.cover_end", "case", case.id, by=by, unit_id=case.unit_id)


def end_covers(cases: Sequence[Case], *, on: date) -> None:
    """Where support ended, nobody stands in."""
    _end([held for held in list_assignments_of(cases) if held.is_cover], on)


def end_assignments(cases: Sequence[Case], *, on: date) -> None:
    """Nobody is entrusted with these cases any more: they went elsewhere, with their keys."""
    _end(list_assignments_of(cases), on)


def end_others(cases: Sequence[Case], counselors: Collection[UUID], *, on: date) -> None:
    """Only those of these counselors who are entrusted with the cases stay so."""
    held = list_assignments_of(cases)
    _end([each for each in held if each.account_id not in counselors], on)


def give_custody(
    cases: Sequence[UUID], groups: Sequence[UUID], coordinator: UUID, *, by: Actor
) -> None:
    """Pass the keys of one's cases and groups to a coordinator who came later, in custody.

    A colleague does this knowingly: otherwise whoever may invent accounts could reach the keys.
    """
    grants.hand_all_on([*cases, *groups], coordinator, by=by.id, use=Use.CUSTODY)
    for kind, subjects in (("case", cases), ("group", groups)):
        for subject_id in subjects:
            audit.record(f"{kind}.custody", kind, subject_id, by=by, to=str(coordinator))


def check_keys(cases: Sequence[Case], groups: Sequence[Group], field: str) -> None:
    """Refuse to hand on what one holds no keys of, and say whose help is needed."""
    names = {case.id: case.reference for case in cases} | {each.id: each.name for each in groups}
    missing = grants.without_keys(names)
    if not missing:
        return
    which = ", ".join(sorted(names[each] for each in missing)[:_NAMED])
    which += ", …" if len(missing) > _NAMED else ""
    holders = ", ".join(names_of_holders(missing))
    if holders:
        message = _l(
            "You hold no keys of: %(which)s. One of those who do has to sign in and pass them on "
            "to you, on the page Today: %(who)s.",
            which=which,
            who=holders,
        )
    else:
        message = _l(
            "Nobody who may sign in holds keys of: %(which)s. The administrator can give the last "
            "counselor access again with the organisation's recovery key.",
            which=which,
        )
    raise RuleBroken(message, field=field)


def _hand_groups_over(leaver: UUID, groups: Mapping[Group, UUID], *, by: Actor, on: date) -> None:
    _check_receivers(groups, "receiver")
    for to, theirs in _by_receiver(groups).items():
        _pass_keys_on([group.id for group in theirs], to, by, "receiver")
    leaders, left = list_leaders(groups), [each.id for each, to in groups.items() if to != leaver]
    for leader in leaders:
        if leader.account_id == leaver and leader.group_id in left:
            leader.until_on = on - timedelta(days=1)
    grants.take_each_back(left, leaver)
    for group, to in groups.items():
        if not any(each.group_id == group.id and each.account_id == to for each in leaders):
            db.session.add(Facilitator(group_id=group.id, account_id=to, from_on=on))
        audit.record("group.assign", "group", group.id, by=by, unit_id=group.unit_id, to=str(to))


def _pass_keys_on(
    subject_ids: Sequence[UUID],
    to: UUID,
    by: Actor,
    field: str,
    expires_at: datetime | None = None,
) -> None:
    try:
        grants.hand_all_on(subject_ids, to, by=by.id, expires_at=expires_at)
    except grants.NoKey:
        message = _l("A key you hold is damaged. Tell the administrator; nothing was changed.")
        raise RuleBroken(message, field=field) from None


def _end(held: Sequence[Assignment], on: date, keep: Mapping[UUID, UUID] | None = None) -> None:
    """Assignments end and their keys go, but for those of whom the case stays with (`keep`)."""
    without: dict[UUID, list[UUID]] = {}
    for assignment in held:
        assignment.until_on = on
        if (keep or {}).get(assignment.case_id) != assignment.account_id:
            without.setdefault(assignment.account_id, []).append(assignment.case_id)
    for account_id, case_ids in without.items():
        grants.take_each_back(case_ids, account_id)


def _by_receiver(items: Mapping[T, UUID]) -> dict[UUID, list[T]]:
    found: dict[UUID, list[T]] = {}
    for item, to in items.items():
        found.setdefault(to, []).append(item)
    return found


def _check_receivers(items: Mapping[Case, UUID] | Mapping[Group, UUID], field: str) -> None:
    for unit_id in {item.unit_id for item in items}:
        counselors = {account.id for account in list_role_holders(unit_id, Role.COUNSELOR)}
        for item, to in items.items():
            if item.unit_id == unit_id and to not in counselors:
                raise RuleBroken(_l("Choose a counselor of this unit."), field=field)


def _check_stands_beside(held: Assignment, to: UUID) -> None:
    if held.account_id == to and not held.is_cover:
        raise RuleBroken(_l("The case is with this counselor already."), field="colleague")
    if held.is_cover:
        message = _l("Somebody stands in already. End that first.")
        raise RuleBroken(message, field="colleague")


def _check_days(on: date, last_day: date) -> None:
    if last_day < on:
        raise RuleBroken(_l("This day is over already."), field="last_day")
    if last_day - on > LONGEST_COVER:
        message = _l("Standing in is for half a year at most. Hand the case over instead.")
        raise RuleBroken(message, field="last_day")
