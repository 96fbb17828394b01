"""Logging and correcting sessions: who came, how many visitors, what was said.

A day has one session at most. A session lists everybody who was a member on its day, as present or
absent, so that a later change of the roster changes no past count. What a correction replaces stays
readable.
"""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm.attributes import flag_modified

from casework.confidential.group_sessions.queries import ListedMember, find_session_on
from casework.confidential.groups.models import (
    Attendance,
    GroupMember,
    GroupSession,
    GroupSessionRevision,
)
from casework.confidential.groups.operations import check_day, check_key
from casework.confidential.rosters.operations import add_members
from casework.confidential.rosters.queries import list_roster
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.organisation.bodies.models import Group
from casework.organisation.meetings.operations import hold_meeting
from casework.organisation.meetings.schedules import make_due_ahead
from casework.vault.sealed import Unreadable


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
    check_key(group)
    check_day(group, on, "on")
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
    check_key(group)
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


def _list_members(
    session: GroupSession, members: Sequence[GroupMember], present: Collection[UUID]
) -> None:
    db.session.flush()
    db.session.add_all(
        Attendance(id=uuid4(), session_id=session.id, member_id=m.id, was_present=m.id in present)
        for m in members
    )
