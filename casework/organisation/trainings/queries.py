"""Reading trainings: what was held, who was trained in what, and who counsels without it.

A member is trained in counselling on a day when a course with that skill, which they took part in,
ended within so many months before it; exactly so many months ago is still within. A course counts
in the month and the year in which it ended, whichever unit recorded it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from casework.authz.enforce import Access
from casework.core.clock import add_months
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.organisation.members.models import Member, Skill
from casework.organisation.members.queries import (
    by_name,
    counselling_members,
    list_members,
    list_posts,
)
from casework.organisation.trainings.models import Training, TrainingPlace, TrainingSkill
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import list_ids_with_predecessors, reached


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """A course in the list of a year: what it trained, and how many of the unit took part."""

    training: Training
    skills: Sequence[Skill]
    places: int


@dataclass(frozen=True, slots=True)
class TrainedMember:
    """A member with the last course in each skill. `is_due` only for those who counsel."""

    member: Member
    last: dict[Skill, date]
    counsels: bool
    is_due: bool

    @property
    def counselling_on(self) -> date | None:
        """When the last course in counselling ended."""
        return self.last.get(Skill.COUNSELLING)


def list_trainings(unit_ids: Sequence[UUID], year: int) -> list[TrainingLine]:
    """The courses that ended in a year, newest first."""
    places = select(func.count()).where(TrainingPlace.training_id == Training.id).scalar_subquery()
    query = (
        select(Training, places)
        .where(_of(unit_ids, year))
        .order_by(Training.until_on.desc(), Training.recorded_at.desc())
    )
    rows = db.session.execute(query).all()
    skills = list_skills([training.id for training, _ in rows])
    return [TrainingLine(training, skills[training.id], count) for training, count in rows]


def list_skills(training_ids: Sequence[UUID]) -> dict[UUID, list[Skill]]:
    """What courses trained, by course, in the order in which skills are listed."""
    found: dict[UUID, set[str]] = {training_id: set() for training_id in training_ids}
    query = select(TrainingSkill.training_id, TrainingSkill.skill).where(
        TrainingSkill.training_id.in_(found)
    )
    for training_id, skill in db.session.execute(query):
        found[training_id].add(skill)
    return {
        training_id: [skill for skill in Skill if skill in codes]
        for training_id, codes in found.items()
    }


def list_participants(training: Training) -> list[Member]:
    """Who took part, by name."""
    query = (
        select(Member)
        .join(TrainingPlace, TrainingPlace.member_id == Member.id)
        .where(TrainingPlace.training_id == training.id)
    )
    return sorted(db.session.scalars(query), key=by_name)


def list_members_between(unit_ids: Sequence[UUID], from_on: date, until_on: date) -> list[Member]:
    """Who held a post on any day of a period, by name."""
    found = {
        held.member.id: held.member
        for held in list_posts(unit_ids)
        if held.post.from_on <= until_on and (held.until_on is None or held.until_on >= from_on)
    }
    return sorted(found.values(), key=by_name)


def get_training(access: Access, training_id: UUID) -> Training:
    """A course within reach. Raises OutOfReach."""
    training = _find(training_id, reached(access, Training.unit_id, Unit.province_id))
    if training is None:
        raise OutOfReach
    return training


def get_training_to_change(access: Access, training_id: UUID) -> Training:
    """A course that the account may correct: the unit's for its head, one's own for the others.

    Raises OutOfReach.
    """
    training = find_training_to_change(access, training_id)
    if training is None:
        raise OutOfReach
    return training


def find_training_to_change(access: Access | None, training_id: UUID) -> Training | None:
    """A course that the account may correct, or None."""
    if access is None:
        return None
    may_change = reached(access, Training.unit_id, Unit.province_id)
    if access.own_units:
        own_units = list_ids_with_predecessors(access.own_units)
        may_change |= and_(
            Training.unit_id.in_(own_units), Training.recorded_by == access.account_id
        )
    return _find(training_id, may_change)


def list_trained_members(unit_ids: Sequence[UUID], on: date, months: int) -> list[TrainedMember]:
    """Who holds a post or counsels on a day, with what they were trained in last; first those who
    counsel without training, then the others who counsel, then by name.
    """
    counselling = {member.id: member for member in counselling_members(unit_ids, on)}
    members = {member.id: member for member in list_members(unit_ids, on)} | counselling
    lines = _trained(members.values(), on, months, counselling.keys())
    return sorted(lines, key=lambda line: (not line.is_due, not line.counsels))


def list_counsellors(unit_ids: Sequence[UUID], on: date, months: int) -> list[TrainedMember]:
    """Who counsels on a day, by name; `is_due` are those not trained within so many months."""
    members = counselling_members(unit_ids, on)
    return _trained(members, on, months, {member.id for member in members})


def trained_counsellors(unit_ids: Sequence[UUID], on: date, months: int) -> tuple[int, int]:
    """How many of those who counsel on a day are trained, and how many counsel."""
    lines = list_counsellors(unit_ids, on, months)
    return sum(not line.is_due for line in lines), len(lines)


def count_by_month(unit_ids: Sequence[UUID], year: int) -> dict[int, int]:
    """Courses that ended in each month of a year: {1: 0, … 12: 1}."""
    query = select(Training.until_on).where(_of(unit_ids, year))
    counted = Counter(day.month for day in db.session.scalars(query))
    return {month: counted[month] for month in range(1, 13)}


def _trained(
    members: Iterable[Member], on: date, months: int, counselling: Iterable[UUID]
) -> list[TrainedMember]:
    members, counselling = list(members), set(counselling)
    last: dict[UUID, dict[Skill, date]] = {member.id: {} for member in members}
    query = (
        select(TrainingPlace.member_id, TrainingSkill.skill, func.max(Training.until_on))
        .join(Training, Training.id == TrainingPlace.training_id)
        .join(TrainingSkill, TrainingSkill.training_id == Training.id)
        .where(TrainingPlace.member_id.in_(last), Training.until_on <= on)
        .group_by(TrainingPlace.member_id, TrainingSkill.skill)
    )
    for member_id, skill, until_on in db.session.execute(query):
        last[member_id][Skill(skill)] = until_on
    since = add_months(on, -months)
    return [
        TrainedMember(
            member,
            {skill: last[member.id][skill] for skill in Skill if skill in last[member.id]},
            member.id in counselling,
            member.id in counselling and last[member.id].get(Skill.COUNSELLING, date.min) < since,
        )
        for member in sorted(members, key=by_name)
    ]


def _of(unit_ids: Sequence[UUID], year: int) -> ColumnElement[bool]:
    return and_(
        Training.unit_id.in_(unit_ids),
        Training.until_on.between(date(year, 1, 1), date(year, 12, 31)),
    )


def _find(training_id: UUID, condition: ColumnElement[bool]) -> Training | None:
    query = select(Training).join(Unit, Unit.id == Training.unit_id)
    return db.session.scalar(query.where(Training.id == training_id, condition))
