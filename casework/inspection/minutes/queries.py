"""Reading minutes: what they say, who signed, what was added."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.inspection.inspections.models import Inspection, InspectionPlan, TeamMember, TeamRole
from casework.inspection.inspections.queries import Visited, get_inspection, readable
from casework.inspection.minutes.models import (
    Minutes,
    MinutesReopening,
    MinutesSignature,
    MinutesSupplement,
    Side,
)
from casework.organisation.units.models import Unit


@dataclass(frozen=True, slots=True)
class Papers:
    """An inspection with its minutes, once they were begun, and what belongs to them."""

    found: Visited
    minutes: Minutes | None
    signatures: Sequence[MinutesSignature]
    supplements: Sequence[MinutesSupplement]

    @property
    def inspection(self) -> Inspection:
        """The inspection."""
        return self.found.inspection

    @property
    def is_frozen(self) -> bool:
        """Whether what they say is fixed."""
        return self.minutes is not None and self.minutes.is_frozen

    @property
    def is_signed(self) -> bool:
        """Whether both sides have signed."""
        return len(self.signatures) == len(Side)

    def signature(self, side: Side) -> MinutesSignature | None:
        """A side's signature."""
        return next((each for each in self.signatures if each.side == side), None)

    @property
    def last_digest(self) -> str:
        """The digest that the next supplement covers."""
        newest = self.supplements[-1] if self.supplements else self.minutes
        return newest.digest if newest else ""


def get_papers(access: Access, inspection_id: UUID) -> Papers:
    """An inspection within reach with its minutes. Raises OutOfReach."""
    found = get_inspection(access, inspection_id)
    minutes = find_minutes(inspection_id)
    if minutes is None or not minutes.is_frozen:
        return Papers(found, minutes, [], [])
    return Papers(found, minutes, list_signatures(minutes), list_supplements([minutes])[minutes.id])


def get_frozen(access: Access, inspection_id: UUID) -> tuple[Papers, Minutes]:
    """Minutes that were frozen. Raises OutOfReach."""
    papers = get_papers(access, inspection_id)
    if papers.minutes is None or not papers.minutes.is_frozen:
        raise OutOfReach
    return papers, papers.minutes


def find_minutes(inspection_id: UUID) -> Minutes | None:
    """The minutes of an inspection, once they were begun."""
    return db.session.scalar(select(Minutes).where(Minutes.inspection_id == inspection_id))


def list_signatures(minutes: Minutes) -> Sequence[MinutesSignature]:
    """Who signed, in the order in which they did."""
    query = select(MinutesSignature).where(MinutesSignature.minutes_id == minutes.id)
    return db.session.scalars(query.order_by(MinutesSignature.at)).all()


def list_reopenings(minutes: Minutes) -> Sequence[MinutesReopening]:
    """When and why they were opened again, newest first."""
    query = select(MinutesReopening).where(MinutesReopening.minutes_id == minutes.id)
    return db.session.scalars(query.order_by(MinutesReopening.at.desc())).all()


def get_supplement(papers: Papers, number: int) -> MinutesSupplement:
    """A supplement of minutes. Raises OutOfReach."""
    found = next((each for each in papers.supplements if each.number == number), None)
    if found is None:
        raise OutOfReach
    return found


def find_by_digest(access: Access, digest: str) -> list[tuple[Minutes, Unit]]:
    """The frozen minutes within reach whose digest, or that of a supplement, begins like this."""
    supplemented = select(MinutesSupplement.minutes_id).where(
        MinutesSupplement.digest.startswith(digest)
    )
    query = (
        select(Minutes, Unit)
        .join(Inspection, Inspection.id == Minutes.inspection_id)
        .join(InspectionPlan, InspectionPlan.id == Inspection.plan_id)
        .join(Unit, Unit.id == Inspection.unit_id)
        .where(
            or_(Minutes.digest.startswith(digest), Minutes.id.in_(supplemented)),
            Minutes.frozen_at.is_not(None),
            readable(access),
        )
        .order_by(Minutes.year.desc(), Minutes.number.desc())
    )
    return [(minutes, unit) for minutes, unit in db.session.execute(query.limit(10))]


def list_own_roles(plan_id: UUID, account_id: UUID) -> set[TeamRole]:
    """What an account is in the team of a round."""
    query = select(TeamMember.role).where(
        TeamMember.plan_id == plan_id, TeamMember.account_id == account_id
    )
    return {TeamRole(role) for role in db.session.scalars(query)}


def list_supplements(minutes: Sequence[Minutes]) -> dict[UUID, list[MinutesSupplement]]:
    """What was added to each of some minutes, in order."""
    found: dict[UUID, list[MinutesSupplement]] = {each.id: [] for each in minutes}
    query = select(MinutesSupplement).where(MinutesSupplement.minutes_id.in_(found))
    for supplement in db.session.scalars(query.order_by(MinutesSupplement.number)):
        found[supplement.minutes_id].append(supplement)
    return found
