"""Reading a visit: its checklist, the skills observed, the ticks of its sample. The unit itself
reads none of it before the minutes are frozen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from casework.authz.enforce import Access
from casework.core.clock import today
from casework.core.database import db
from casework.inspection.inspections.models import Inspection
from casework.inspection.inspections.queries import Visited, get_inspection
from casework.inspection.readmodel.models import CriterionFigure, Edition
from casework.inspection.visits.models import Check, ObservedSkill, SampleTick, Visit
from casework.inspection.visits.rules import is_frozen
from casework.organisation.members.models import Member
from casework.organisation.members.queries import by_name, counselling_members
from casework.organisation.samples.models import PaperSample
from casework.organisation.samples.queries import find_sample
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors, with_predecessors


@dataclass(frozen=True, slots=True)
class Room:
    """An inspection with its visit, if one was opened, and what this access may see of it."""

    found: Visited
    visit: Visit | None
    is_department: bool

    @property
    def inspection(self) -> Inspection:
        """The inspection."""
        return self.found.inspection

    @property
    def unit(self) -> Unit:
        """The unit, as it was then."""
        return self.found.unit

    @property
    def goes_on(self) -> bool:
        """Whether something may still be written: the visit was opened, and neither closed nor
        written into minutes yet.
        """
        return bool(self.visit and self.visit.is_open) and not is_frozen(self.inspection)

    @property
    def is_shown(self) -> bool:
        """Whether ratings and findings may be read: by the department always, by the unit once the
        minutes are frozen.
        """
        return self.is_department or is_frozen(self.inspection)


@dataclass(frozen=True, slots=True)
class Observed:
    """A member with the skills seen at work."""

    member: Member
    skills: Sequence[ObservedSkill]


def get_room(access: Access, inspection_id: UUID) -> Room:
    """An inspection within reach with its visit. Raises OutOfReach."""
    found = get_inspection(access, inspection_id)
    return Room(found, find_visit(inspection_id), _is_department(access, found.unit))


def find_visit(inspection_id: UUID) -> Visit | None:
    """The visit of an inspection, once it was opened."""
    return db.session.scalar(select(Visit).where(Visit.inspection_id == inspection_id))


def list_checks(inspection_id: UUID) -> Sequence[Check]:
    """The checklist of a visit, in its order."""
    query = select(Check).where(Check.inspection_id == inspection_id)
    return db.session.scalars(query.order_by(Check.position, Check.code)).all()


def list_judged(unit: Unit) -> tuple[str, Sequence[CriterionFigure]]:
    """The criteria of a unit in the newest edition that judged it, with its month; nothing where
    nothing was published.
    """
    query = (
        select(Edition.id, Edition.period)
        .join(CriterionFigure, CriterionFigure.edition_id == Edition.id)
        .where(CriterionFigure.unit_id == unit.id)
        .order_by(Edition.period.desc())
        .limit(1)
    )
    newest = db.session.execute(query).first()
    if newest is None:
        return "", []
    figures = select(CriterionFigure).where(
        CriterionFigure.edition_id == newest.id, CriterionFigure.unit_id == unit.id
    )
    return newest.period, db.session.scalars(figures.order_by(CriterionFigure.position)).all()


def list_observed(inspection_id: UUID) -> list[ObservedSkill]:
    """The skills observed, in no order."""
    query = select(ObservedSkill).where(ObservedSkill.inspection_id == inspection_id)
    return list(db.session.scalars(query))


def list_observed_by_member(inspection_id: UUID) -> list[Observed]:
    """The skills observed, by member."""
    query = (
        select(Member, ObservedSkill)
        .join(ObservedSkill, ObservedSkill.member_id == Member.id)
        .where(ObservedSkill.inspection_id == inspection_id)
        .order_by(ObservedSkill.skill)
    )
    found: dict[Member, list[ObservedSkill]] = {}
    for member, skill in db.session.execute(query):
        found.setdefault(member, []).append(skill)
    return [Observed(member, found[member]) for member in sorted(found, key=by_name)]


def list_counselling(room: Room) -> list[Member]:
    """Who counsels in the unit on the day of the visit."""
    on = day_of_visit(room.inspection)
    return counselling_members(list_ids_with_predecessors([room.unit.id]), on)


def find_sample_of(visit: Visit | None) -> PaperSample | None:
    """The request for paper files of a visit."""
    return find_sample(visit.sample_id) if visit else None


def list_ticks(sample: PaperSample | None) -> Sequence[SampleTick]:
    """The ticks of a sample, by number."""
    if sample is None:
        return []
    query = select(SampleTick).where(SampleTick.sample_id == sample.id)
    return db.session.scalars(query.order_by(SampleTick.position)).all()


def day_of_visit(inspection: Inspection) -> date:
    """The day whose checklist holds: of the visit, or today where it is opened earlier."""
    return min(inspection.visit_on or today(), today())


def _is_department(access: Access, unit: Unit) -> bool:
    if access.everywhere:
        return True
    if not access.provinces:
        return False
    query = select(Unit.id).where(
        Unit.id == unit.id, Unit.province_id.in_(with_predecessors(access.provinces))
    )
    return db.session.scalar(query) is not None
