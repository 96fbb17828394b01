"""Changing who belongs to a group, and which members are cases.

A member is linked to a case only by somebody entrusted with both. The name the group uses is the
roster's own: the case's name is never copied unasked.
"""

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from flask_babel import lazy_gettext as _l

from casework.confidential.cases.models import Case
from casework.confidential.groups.models import GroupMember
from casework.confidential.groups.operations import check_day, check_key
from casework.confidential.rosters.queries import attended_days, find_member_of, list_members
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Group


def add_members(
    group: Group, names: Sequence[str], *, by: Actor, on: date, field: str = "names"
) -> list[GroupMember]:
    """New members from a day on.

    A name the group has already is refused: two people under one name can't be told apart.
    """
    check_key(group)
    check_day(group, on, "on" if field == "walk_ins" else "joined_on")
    taken = _names_taken(group, on)
    twice = [name for name in names if same_name(name) in taken]
    if twice:
        raise RuleBroken(
            _l(
                "In the group already: %(names)s. If it is somebody else, "
                "add something that tells them apart.",
                names=", ".join(twice),
            ),
            field=field,
        )
    members = [
        GroupMember(id=uuid4(), group_id=group.id, name=name, joined_on=on) for name in names
    ]
    db.session.add_all(members)
    if members:
        audit.record(
            "group.members.add", "group", group.id, by=by, unit_id=group.unit_id, count=len(members)
        )
    return members


def change_member(
    group: Group,
    member: GroupMember,
    *,
    name: str,
    joined_on: date,
    left_on: date | None,
    by: Actor,
) -> None:
    """Another name, or other days. A member stays one on every day they were present."""
    check_key(group)
    check_day(group, joined_on, "joined_on")
    if left_on is not None and left_on < joined_on:
        raise RuleBroken(_l("The last day is before the first."), field="left_on")
    first, last = attended_days(member)
    if first is not None and joined_on > first:
        raise RuleBroken(_l("Was present at an earlier session."), field="joined_on")
    if left_on is not None and last is not None and left_on < last:
        raise RuleBroken(_l("Was present at a later session."), field="left_on")
    if same_name(name) in _names_taken(group, joined_on, but=member):
        raise RuleBroken(_l("Another member has this name."), field="name")
    member.name, member.joined_on, member.left_on = name, joined_on, left_on
    audit.record("group.member.change", "group", group.id, by=by, unit_id=group.unit_id)


def add_cases(
    group: Group, chosen: Sequence[tuple[Case, str]], *, by: Actor, on: date
) -> list[GroupMember]:
    """New members who are cases, each under the name the group is to use."""
    if not chosen:
        raise RuleBroken(_l("Choose somebody first."))
    names = [name for _case, name in chosen]
    if not all(names):
        raise RuleBroken(_l("Write the name the group is to use for everybody chosen."))
    folded = [same_name(name) for name in names]
    if len(set(folded)) < len(folded):
        raise RuleBroken(_l("Two people under one name can't be told apart."))
    for case, _name in chosen:
        _check_linkable(group, case)
    members = add_members(group, names, by=by, on=on, field="")
    for member, (case, _name) in zip(members, chosen, strict=True):
        _link(group, member, case, by)
    return members


def link_member(group: Group, member: GroupMember, case: Case, *, by: Actor) -> None:
    """This member is the person of this case."""
    check_key(group)
    if member.case_id is not None:
        raise RuleBroken(_l("This member is linked to a case already."))
    _check_linkable(group, case)
    _link(group, member, case, by)


def unlink_member(group: Group, member: GroupMember, case: Case, *, by: Actor) -> None:
    """This member is somebody else, or the link is not wanted. The member stays."""
    check_key(group)
    member.case_id = None
    audit.record(
        "case.group.unlink", "case", case.id, by=by, unit_id=case.unit_id, group=str(group.id)
    )


def names_in(text: str | None) -> list[str]:
    """One name a line, single spaces, empty lines left out."""
    lines = (" ".join(line.split()) for line in (text or "").splitlines())
    return [line for line in lines if line]


def same_name(name: str) -> str:
    """What names are compared by: capitals and spaces do not tell two people apart, marks do."""
    return " ".join(name.split()).casefold()


def _check_linkable(group: Group, case: Case) -> None:
    if not case.is_open:
        raise RuleBroken(_l("This case is closed."))
    if find_member_of(group, case) is not None:
        raise RuleBroken(_l("%(code)s is a member of the group already.", code=case.reference))


def _link(group: Group, member: GroupMember, case: Case, by: Actor) -> None:
    member.case_id = case.id
    audit.record(
        "case.group.link", "case", case.id, by=by, unit_id=case.unit_id, group=str(group.id)
    )


def _names_taken(group: Group, on: date, but: GroupMember | None = None) -> set[str]:
    """The names of everybody who is a member on a day or later."""
    return {
        same_name(member.name)
        for member in list_members(group)
        if member is not but and not member.has_left(on)
    } - {""}
