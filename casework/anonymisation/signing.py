"""The unit head signs the unit's activity figures of a month, as they will be printed.

Work done, no count of persons: few contacts are "under 5" here as in print, and nothing else of a
case is counted. A signature holds while the numbers are those that were signed; one that changes
afterwards asks for another signature.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, literal, select, union_all

from casework.anonymisation.models import Signature
from casework.anonymisation.periods import Month, require_open
from casework.anonymisation.sequence import FEW_CONTACTS
from casework.confidential.contacts.models import Contact
from casework.core import audit
from casework.core.audit import Actor
from casework.core.database import db
from casework.core.forms import RuleBroken
from casework.core.labels import Labelled
from casework.inspection.readmodel.models import UnitOfCount
from casework.organisation.communications.models import CommunicationSession
from casework.organisation.meetings.models import Meeting
from casework.organisation.units.models import Succession, Unit


class Work(Labelled):
    """What is signed. Sessions, attendances and contacts are never added up."""

    SESSIONS_DUE = "sessions_due", _l("Group sessions due")
    SESSIONS_HELD = "sessions_held", _l("Group sessions held")
    SESSIONS_ON_TIME = "sessions_on_time", _l("Group sessions held on schedule")
    MEETINGS_DUE = "meetings_due", _l("Meetings of clubs and teams that were due")
    MEETINGS_HELD = "meetings_held", _l("Meetings of clubs and teams held")
    MEETINGS_ON_TIME = "meetings_on_time", _l("Meetings of clubs and teams on schedule")
    COMMUNICATION = "communication", _l("Communication sessions")
    COMMUNICATION_ATTENDANCES = (
        "communication_attendances",
        _l("Attendances at communication sessions"),
    )
    CONTACTS = "contacts", _l("Counselling contacts")

    @property
    def unit_of_count(self) -> UnitOfCount:
        """What one stands for."""
        return _UNITS_OF_COUNT.get(self, UnitOfCount.SESSIONS)


_UNITS_OF_COUNT = {
    Work.COMMUNICATION_ATTENDANCES: UnitOfCount.ATTENDANCES,
    Work.CONTACTS: UnitOfCount.CONTACTS,
}
Range = tuple[int, int]
Figures = Mapping[Work, Range]
"""What is printed of each: from, to; the same where it is exact."""
Heirs = Mapping[UUID, Sequence[UUID]]
"""The units that count the records of a unit: itself, and those that followed it."""


class SignatureState(Labelled):
    """How a unit's month stands."""

    NONE = "none", _l("not signed")
    SIGNED = "signed", _l("signed, unchanged since")
    CHANGED = "changed", _l("changed since it was signed")


@dataclass(frozen=True, slots=True)
class Changed:
    """A figure that is no longer what was signed."""

    work: Work
    signed: Range | None
    now: Range


def figures_of(unit_ids: Collection[UUID], month: Month) -> dict[UUID, Figures]:
    """What will be printed of each unit's work in a month, in three statements.

    As in print, meetings of bodies and communication are a unit's own and those of the units it
    followed by the month's last day; sessions of groups and contacts stand where they were
    recorded.
    """
    counts: Counter[tuple[UUID, Work]] = Counter()
    heirs = _heirs(unit_ids, month.last_day)
    _count_meetings(counts, heirs, month)
    _count_sessions_and_contacts(counts, unit_ids, heirs, month)
    return {
        unit_id: {work: _printed(work, counts[unit_id, work]) for work in Work}
        for unit_id in unit_ids
    }


def digest_of(unit_id: UUID, period: str, figures: Figures) -> str:
    """What binds a signature to a unit, a month and its numbers."""
    told = [unit_id.hex, period, _written(figures)]
    return sha256(json.dumps(told).encode()).hexdigest()


def sign(unit: Unit, month: Month, figures: Figures, seen: str, *, by: Actor) -> Signature:
    """Sign the figures that were shown: `seen` is their digest. Raises RuleBroken."""
    require_open(month)
    digest = digest_of(unit.id, month.period, figures)
    if seen != digest:
        raise RuleBroken(_l("The figures changed while you looked at them. Look at them again."))
    latest = find_signature(unit, month)
    if latest is not None and latest.digest == digest:
        raise RuleBroken(_l("These very figures are signed already."))
    signature = Signature(
        unit_id=unit.id,
        period=month.period,
        signed_by=by.id,
        figures=json.dumps(_written(figures)),
        digest=digest,
    )
    db.session.add(signature)
    audit.record(
        "figures.sign",
        "unit",
        unit.id,
        by=by,
        unit_id=unit.id,
        period=month.period,
        digest=digest,
    )
    return signature


def find_signature(unit: Unit, month: Month) -> Signature | None:
    """The newest signature of a unit's month."""
    query = (
        select(Signature)
        .where(Signature.unit_id == unit.id, Signature.period == month.period)
        .order_by(Signature.signed_at.desc(), Signature.id)
    )
    return db.session.scalar(query.limit(1))


def state_of(signature: Signature | None, unit_id: UUID, figures: Figures) -> SignatureState:
    """Whether a signature holds for the figures as they are now."""
    if signature is None:
        return SignatureState.NONE
    holds = signature.digest == digest_of(unit_id, signature.period, figures)
    return SignatureState.SIGNED if holds else SignatureState.CHANGED


def list_changes(signature: Signature, figures: Figures) -> list[Changed]:
    """What is no longer as it was signed."""
    signed = json.loads(signature.figures)
    found = []
    for work, now in figures.items():
        before = tuple(signed[work]) if work in signed else None
        if before != now:
            found.append(Changed(work, before, now))
    return found


def _written(figures: Figures) -> dict[str, Sequence[int]]:
    return {str(work): list(figures[work]) for work in sorted(figures)}


def _printed(work: Work, count: int) -> Range:
    """Few contacts are with few persons."""
    if work is Work.CONTACTS and count < FEW_CONTACTS:
        return 0, FEW_CONTACTS - 1
    return count, count


def _heirs(unit_ids: Collection[UUID], on: date) -> Heirs:
    query = select(Succession.predecessor_id, Succession.successor_id).where(Succession.on <= on)
    earlier: dict[UUID, set[UUID]] = {}
    for predecessor_id, successor_id in db.session.execute(query):
        earlier.setdefault(successor_id, set()).add(predecessor_id)
    heirs: dict[UUID, list[UUID]] = {}
    for unit_id in unit_ids:
        line, ahead = {unit_id}, [unit_id]
        while ahead:
            found = earlier.get(ahead.pop(), set()) - line
            line |= found
            ahead += found
        for each in line:
            heirs.setdefault(each, []).append(unit_id)
    return heirs


def _count_meetings(counts: Counter[tuple[UUID, Work]], heirs: Heirs, month: Month) -> None:
    """A meeting belongs to the month it was due in, else to that in which it was held."""
    query = select(
        Meeting.unit_id,
        Meeting.body_id,
        Meeting.due_on,
        Meeting.held_on,
        Meeting.excuse,
        Meeting.window_days,
    ).where(
        Meeting.unit_id.in_(heirs),
        func.coalesce(Meeting.due_on, Meeting.held_on).between(month.first_day, month.last_day),
    )
    for unit_id, body_id, due_on, held_on, excuse, window in db.session.execute(query):
        due, held, on_time = _OF_BODIES if body_id else _OF_GROUPS
        for place in heirs[unit_id] if body_id else [unit_id]:
            counts[place, due] += due_on is not None and (held_on is not None or not excuse)
            counts[place, held] += held_on is not None
            counts[place, on_time] += _is_on_time(due_on, held_on, window)


def _is_on_time(due_on: date | None, held_on: date | None, window: int) -> bool:
    return bool(due_on and held_on and abs((held_on - due_on).days) <= window)


def _count_sessions_and_contacts(
    counts: Counter[tuple[UUID, Work]], unit_ids: Collection[UUID], heirs: Heirs, month: Month
) -> None:
    days = month.first_day, month.last_day
    communication = (
        select(
            CommunicationSession.unit_id,
            literal(str(Work.COMMUNICATION)),
            func.count(),
            func.sum(CommunicationSession.attendances),
        )
        .where(CommunicationSession.unit_id.in_(heirs), CommunicationSession.held_on.between(*days))
        .group_by(CommunicationSession.unit_id)
    )
    contacts = (
        select(Contact.unit_id, literal(str(Work.CONTACTS)), func.count(), literal(0))
        .where(
            Contact.unit_id.in_(unit_ids),
            Contact.on.between(*days),
            Contact.taken_back_at.is_(None),
        )
        .group_by(Contact.unit_id)
    )
    for unit_id, work, count, attendances in db.session.execute(union_all(communication, contacts)):
        if work == Work.CONTACTS:
            counts[unit_id, Work.CONTACTS] = count
            continue
        for place in heirs[unit_id]:
            counts[place, Work.COMMUNICATION] += count
            counts[place, Work.COMMUNICATION_ATTENDANCES] += attendances or 0


_OF_GROUPS = Work.SESSIONS_DUE, Work.SESSIONS_HELD, Work.SESSIONS_ON_TIME
_OF_BODIES = Work.MEETINGS_DUE, Work.MEETINGS_HELD, Work.MEETINGS_ON_TIME
