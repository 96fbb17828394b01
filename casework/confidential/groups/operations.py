"""Changing groups: who leads one, who belongs to it, who came.

A day has one session at most. A session lists everybody who was a member on its day, as present or
absent, so that a later change of the roster changes no past count. What a correction replaces stays
readable.
"""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm.attributes import flag_modified

from casework.authz.permissions import Role
from casework.confidential.groups.models import (
    Attendance,
    Facilitator,
    GroupMember,
    GroupSession,
    GroupSessionRevision,
)
from casework.confidential.groups.queries import (
    ListedMember,
    attended_days,
    find_session_on,
    list_members,
    list_roster,
)
from casework.core import audit
from casework.core.audit import Actor
from casework.core.clock import today
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.accounts.queries import list_role_holders
from casework.organisation.bodies.models import Group, GroupKind
from casework.organisation.bodies.operations import open_group
from casework.organisation.meetings.operations import hold_meeting
from casework.organisation.meetings.schedules import make_due_ahead, set_schedule
from casework.vault.grants import Compartment, NoKey, current_keyring, make_keys
from casework.vault.sealed import Unreadable


def open_confidential_group(
    unit_id: UUID,
    kind: GroupKind,
    name: str,
    *,
    week: int,
    weekday: int,
    interval_months: int,
    led_by: UUID,
    by: Actor,
    on: date,
) -> Group:
    """A group with its key, its schedule and the meetings due for the coming year.

    The unit's coordinators keep the key in custody to hand the group over; they read nothing.
    """
    group = open_group(unit_id, kind, name, by=by, on=on)
    db.session.flush()
    coordinators = [account.id for account in list_role_holders(unit_id, Role.COORDINATOR)]
    make_keys(group.id, [Compartment.ROSTER], readers=[led_by], custodians=coordinators, by=by.id)
    db.session.add(
        Facilitator(id=uuid4(), group_id=group.id, account_id=led_by, from_on=min(on, today()))
    )
    set_schedule(group, week=week, weekday=weekday, interval_months=interval_months, by=by, on=on)
    make_due_ahead([group], on)
    return group


def add_members(
    group: Group, names: Sequence[str], *, by: Actor, on: date, field: str = "names"
) -> list[GroupMember]:
    """New members from a day on.

    A name the group has already is refused: two people under one name can't be told apart.
    """
    _check_key(group)
    _check_day(group, on, "joined_on" if field == "names" else "on")
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
    _check_key(group)
    _check_day(group, joined_on, "joined_on")
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


def log_session(
    group: Group,
    *,
    present: Collection[UUID],
    walk_ins: Sequence[str],
    visitors: int,
    note: str,
    by: Actor,
    on: date,
) -> GroupSession:
    """A session with its whole list; people who are new become members from that day.

    Raises RuleBroken when the day has a session.
    """
    # Two forms of the same day wait for each other here; SQLite has one writer anyway.
    db.session.refresh(group, with_for_update={"key_share": True})
    _check_key(group)
    _check_day(group, on, "on")
    if find_session_on(group, on) is not None:
        text = _l("A session of this day is already logged. Open it to correct it.")
        raise RuleBroken(text, field="on")
    roster = list_roster(group, on)
    newcomers = add_members(group, walk_ins, by=by, on=on, field="walk_ins")
    make_due_ahead([group])
    meeting = hold_meeting(group, on, by=by)
    db.session.flush()
    session = GroupSession(
        id=uuid4(),
        group_id=group.id,
        unit_id=group.unit_id,
        meeting_id=meeting.id,
        held_on=on,
        visitors=visitors,
        note=note,
        recorded_by=by.id,
    )
    db.session.add(session)
    db.session.flush()
    came = {*present, *(member.id for member in newcomers)}
    _list_members(session, [*roster, *newcomers], came)
    audit.record("group.session.log", "group", group.id, by=by, unit_id=group.unit_id)
    return session


def correct_session(
    group: Group,
    session: GroupSession,
    listed: Sequence[ListedMember],
    *,
    present: Collection[UUID],
    visitors: int,
    note: str,
    by: Actor,
) -> None:
    """Other ticks, visitors or notes. What the session said before is kept.

    A note that can't be opened is left as it is.
    """
    _check_key(group)
    known = [line.attendance for line in listed if line.attendance is not None]
    revision = GroupSessionRevision(
        id=uuid4(),
        session_id=session.id,
        group_id=group.id,
        visitors=session.visitors,
        absent="\n".join(str(a.member_id) for a in known if not a.was_present),
        replaced_by=by.id,
    )
    db.session.add(revision)
    if not isinstance(session.note, Unreadable):
        revision.note = session.note
        session.note = note
    session.visitors = visitors
    # Ticks stand in rows of their own; the session's version counts them all the same.
    flag_modified(session, "visitors")
    for attendance in known:
        attendance.was_present = attendance.member_id in present
    _list_members(session, [line.member for line in listed if not line.attendance], present)
    audit.record("group.session.correct", "group", group.id, by=by, unit_id=group.unit_id)


def names_in(text: str | None) -> list[str]:
    """One name a line, single spaces, empty lines left out."""
    lines = (" ".join(line.split()) for line in (text or "").splitlines())
    return [line for line in lines if line]


def same_name(name: str) -> str:
    """What names are compared by: capitals and spaces do not tell two people apart, marks do."""
    return " ".join(name.split()).casefold()


def _list_members(
    session: GroupSession, members: Sequence[GroupMember], present: Collection[UUID]
) -> None:
    db.session.flush()
    db.session.add_all(
        Attendance(id=uuid4(), session_id=session.id, member_id=m.id, was_present=m.id in present)
        for m in members
    )


def _names_taken(group: Group, on: date, but: GroupMember | None = None) -> set[str]:
    """The names of everybody who is a member on a day or later."""
    return {
        same_name(member.name)
        for member in list_members(group)
        if member is not but and not member.has_left(on)
    } - {""}


def _check_key(group: Group) -> None:
    try:
        current_keyring().sealing_key(group.id, Compartment.ROSTER)
    except NoKey:
        raise RuleBroken(
            _l("You do not hold the key of this group now, so nothing can be written into it.")
        ) from None


def _check_day(group: Group, on: date, field: str) -> None:
    if on < group.active_from:
        text = _l("The group exists from %(day)s on.", day=group.active_from.strftime("%d/%m/%Y"))
        raise RuleBroken(text, field=field)
    if group.active_until is not None and on > group.active_until:
        text = _l("The group ended on %(day)s.", day=group.active_until.strftime("%d/%m/%Y"))
        raise RuleBroken(text, field=field)
    if on > today():
        raise RuleBroken(_l("This day has not come yet."), field=field)
