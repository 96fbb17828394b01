"""Reading communication sessions: sessions, attendances and materials are counted apart, always.

A hamlet is covered in a year when a session of that year reached it. The hamlets that count are
those of the unit, and of the units it followed, on the year's last day (today, while it runs).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, word_key
from casework.organisation.bodies.queries import list_bodies
from casework.organisation.communications.models import (
    CommunicationForm,
    CommunicationSession,
    CoveredHamlet,
)
from casework.organisation.units.models import Hamlet, Unit
from casework.organisation.units.queries import list_ids_with_predecessors, reached


@dataclass(frozen=True, slots=True)
class Totals:
    """Cuộc, lượt người and materials: three units that are never added to one another."""

    sessions: int = 0
    attendances: int = 0
    materials: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.sessions + other.sessions,
            self.attendances + other.attendances,
            self.materials + other.materials,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A hamlet as it is named: one of a unit that was merged says of which."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class HamletLine:
    """How often a hamlet was reached in a year, and when last."""

    hamlet: Place
    sessions: int
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The hamlets of a unit in a year, those never reached first."""

    lines: Sequence[HamletLine]

    @property
    def all(self) -> int:
        """How many hamlets there are."""
        return len(self.lines)

    @property
    def covered(self) -> int:
        """How many were reached at least once."""
        return self.all - len(self.missing)

    @property
    def missing(self) -> list[Place]:
        """The hamlets no session reached."""
        return [line.hamlet for line in self.lines if not line.sessions]


def list_sessions(unit_ids: Sequence[UUID], year: int) -> Sequence[CommunicationSession]:
    """The sessions of a year, newest first."""
    query = (
        select(CommunicationSession)
        .where(_of(unit_ids, date(year, 1, 1), date(year, 12, 31)))
        .order_by(CommunicationSession.held_on.desc(), CommunicationSession.recorded_at.desc())
    )
    return db.session.scalars(query).all()


def list_covered(session_ids: Sequence[UUID]) -> dict[UUID, list[Place]]:
    """The hamlets that sessions reached, by session, in alphabetical order."""
    found: dict[UUID, list[Place]] = {session_id: [] for session_id in session_ids}
    query = (
        select(CommunicationSession.id, CommunicationSession.unit_id, Hamlet, Unit)
        .join(CoveredHamlet, CoveredHamlet.session_id == CommunicationSession.id)
        .join(Hamlet, Hamlet.id == CoveredHamlet.hamlet_id)
        .join(Unit, Unit.id == Hamlet.unit_id)
        .where(CommunicationSession.id.in_(found))
    )
    for session_id, unit_id, hamlet, unit in db.session.execute(query):
        found[session_id].append(_place(hamlet, unit, unit_id))
    return {session_id: _in_order(places) for session_id, places in found.items()}


def list_rows(unit_ids: Sequence[UUID], year: int) -> list[tuple[object, ...]]:
    """The sessions of a year as rows of a workbook: what `forms.LABELS` names, in that order."""
    sessions = list_sessions(unit_ids, year)
    hamlets = list_covered([session.id for session in sessions])
    bodies = {body.id: body.name for body in list_bodies(unit_ids)}
    return [
        (
            each.held_on,
            each.form_label,
            each.topic,
            each.audience,
            each.attendances,
            each.materials,
            ", ".join(hamlet.name for hamlet in hamlets[each.id]),
            bodies.get(each.body_id, "") if each.body_id else "",
            each.note,
        )
        for each in sessions
    ]


def list_hamlets(unit_ids: Sequence[UUID], unit: Unit, on: date) -> list[Place]:
    """The hamlets of a unit on a day; those that came from the units it followed say so."""
    query = (
        select(Hamlet, Unit)
        .join(Unit, Unit.id == Hamlet.unit_id)
        .where(
            Hamlet.unit_id.in_(unit_ids),
            Hamlet.active_from <= on,
            or_(Hamlet.active_until.is_(None), Hamlet.active_until >= on),
        )
    )
    return _in_order(_place(hamlet, home, unit.id) for hamlet, home in db.session.execute(query))


def get_session(access: Access, session_id: UUID) -> CommunicationSession:
    """A session within reach. Raises OutOfReach."""
    session = _find(session_id, reached(access, CommunicationSession.unit_id, Unit.province_id))
    if session is None:
        raise OutOfReach
    return session


def get_session_to_change(access: Access, session_id: UUID) -> CommunicationSession:
    """A session that the account may correct: the unit's for its head, one's own for the others.

    Raises OutOfReach.
    """
    session = find_session_to_change(access, session_id)
    if session is None:
        raise OutOfReach
    return session


def find_session_to_change(access: Access | None, session_id: UUID) -> CommunicationSession | None:
    """A session that the account may correct, or None."""
    if access is None:
        return None
    may_change = reached(access, CommunicationSession.unit_id, Unit.province_id)
    if access.own_units:
        own_units = list_ids_with_predecessors(access.own_units)
        may_change |= and_(
            CommunicationSession.unit_id.in_(own_units),
            CommunicationSession.recorded_by == access.account_id,
        )
    return _find(session_id, may_change)


def has_same(unit_ids: Sequence[UUID], held_on: date, form: CommunicationForm, topic: str) -> bool:
    """Whether a session of this form on this topic (however it is written) is known for the day."""
    query = select(CommunicationSession.topic).where(
        _of(unit_ids, held_on, held_on), CommunicationSession.form == form
    )
    return fold(topic) in {fold(known) for known in db.session.scalars(query)}


def count_by_month(unit_ids: Sequence[UUID], year: int) -> dict[int, int]:
    """Sessions held in each month of a year: {1: 2, … 12: 0}."""
    query = select(CommunicationSession.held_on).where(
        _of(unit_ids, date(year, 1, 1), date(year, 12, 31))
    )
    counted = Counter(day.month for day in db.session.scalars(query))
    return {month: counted[month] for month in range(1, 13)}


def coverage(unit_ids: Sequence[UUID], unit: Unit, year: int) -> Coverage:
    """How often sessions of a year reached each hamlet of a unit."""
    last = min(date(year, 12, 31), max(today(), date(year, 1, 1)))
    query = (
        select(CoveredHamlet.hamlet_id, func.count(), func.max(CommunicationSession.held_on))
        .join(CommunicationSession, CommunicationSession.id == CoveredHamlet.session_id)
        .where(_of(unit_ids, date(year, 1, 1), date(year, 12, 31)))
        .group_by(CoveredHamlet.hamlet_id)
    )
    counted = {hamlet_id: (count, on) for hamlet_id, count, on in db.session.execute(query)}
    lines = [
        HamletLine(hamlet, *counted.get(hamlet.id, (0, None)))
        for hamlet in list_hamlets(unit_ids, unit, last)
    ]
    return Coverage(sorted(lines, key=lambda line: line.sessions))


def totals(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> Totals:
    """Sessions, attendances and materials of a period; both days count."""
    return sum(totals_by_form(unit_ids, from_on, until_on).values(), Totals())


def totals_by_form(
    unit_ids: Sequence[UUID], from_on: date, until_on: date
) -> dict[CommunicationForm, Totals]:
    """The same by form, in the order in which forms are listed; forms not used are left out."""
    query = (
        select(
            CommunicationSession.form,
            func.count(),
            func.sum(CommunicationSession.attendances),
            func.sum(CommunicationSession.materials),
        )
        .where(_of(unit_ids, from_on, until_on))
        .group_by(CommunicationSession.form)
    )
    found = {row[0]: Totals(*map(int, row[1:])) for row in db.session.execute(query)}
    return {form: found[form] for form in CommunicationForm if form in found}


def _of(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> ColumnElement[bool]:
    return and_(
        CommunicationSession.unit_id.in_(unit_ids),
        CommunicationSession.held_on.between(from_on, until_on),
    )


def _find(session_id: UUID, condition: ColumnElement[bool]) -> CommunicationSession | None:
    query = (
        select(CommunicationSession)
        .join(Unit, Unit.id == CommunicationSession.unit_id)
        .where(CommunicationSession.id == session_id, condition)
    )
    return db.session.scalar(query)


def _place(hamlet: Hamlet, home: Unit, unit_id: UUID) -> Place:
    is_own = hamlet.unit_id == unit_id
    return Place(hamlet.id, hamlet.name if is_own else f"{hamlet.name} ({home.label})")


def _in_order(places: Iterable[Place]) -> list[Place]:
    """Khóm 2 before Khóm 10."""

    def key(place: Place) -> tuple[object, ...]:
        words = place.name.split()
        return (
            *((0, int(word)) if word.isdecimal() else (1, word_key(word)) for word in words),
            (2, str(place.id)),
        )

    return sorted(places, key=key)
