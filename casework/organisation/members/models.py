"""The people who do the work: board members, volunteers, counselors. Never somebody supported.

Nobody is deleted: a post ends on a day, and a member who left is one whose posts have ended.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.organisation.bodies.models import Body, BodyKind


class MemberRole(Labelled):
    """A post in a body."""

    CHAIR = "chair", _l("Chair")
    VICE_CHAIR = "vice_chair", _l("Vice-chair")
    SECRETARY = "secretary", _l("Secretary")
    TREASURER = "treasurer", _l("Treasurer")
    TEAM_LEADER = "team_leader", _l("Team leader")
    DEPUTY_LEADER = "deputy_leader", _l("Deputy leader")
    VOLUNTEER = "volunteer", _l("Volunteer")
    GROUP_LEADER = "group_leader", _l("Group leader")
    COUNSELOR = "counselor", _l("Counselor")
    MEMBER = "member", _l("Member")


HELD_BY_ONE = frozenset(
    {
        MemberRole.CHAIR,
        MemberRole.SECRETARY,
        MemberRole.TREASURER,
        MemberRole.TEAM_LEADER,
    }
)
"""Posts that only one person holds at a time."""

LEADING = {
    BodyKind.CLUB: (MemberRole.CHAIR, MemberRole.VICE_CHAIR, MemberRole.SECRETARY),
    BodyKind.VOLUNTEER_TEAM: (MemberRole.TEAM_LEADER, MemberRole.DEPUTY_LEADER),
    BodyKind.SUPPORT_POINT: (MemberRole.CHAIR,),
}
"""The posts that a body of a kind must fill."""

_BESIDES = (MemberRole.GROUP_LEADER, MemberRole.COUNSELOR)
_BOARD = (
    MemberRole.CHAIR,
    MemberRole.VICE_CHAIR,
    MemberRole.SECRETARY,
    MemberRole.TREASURER,
    *_BESIDES,
    MemberRole.MEMBER,
)
FITTING = {
    BodyKind.CLUB: _BOARD,
    BodyKind.VOLUNTEER_TEAM: (
        MemberRole.TEAM_LEADER,
        MemberRole.DEPUTY_LEADER,
        MemberRole.VOLUNTEER,
        *_BESIDES,
    ),
    BodyKind.SUPPORT_POINT: _BOARD,
}
"""The posts that there are in a body of a kind."""

IN_GROUPS = frozenset({*_BESIDES, MemberRole.VOLUNTEER, MemberRole.MEMBER})
"""Posts that may be held in one group of a body; the others are of the body as a whole."""


class Skill(Labelled):
    """What a member can do; observed by inspectors under the same names."""

    OUTREACH = "outreach", _l("outreach")
    CASE_MANAGEMENT = "case_management", _l("case management")
    COUNSELLING = "counselling", _l("counselling")
    LINKING = "linking", _l("linking to services")
    GROUP_WORK = "group_work", _l("group work")
    RESOURCE_MOBILISATION = "resource_mobilisation", _l("mobilising resources")
    COMMUNICATION = "communication", _l("communication")
    DATA_PROTECTION = "data_protection", _l("data protection")


class Condition(Labelled):
    """What Circular 24/2012 asks of a member of a volunteer team."""

    AGE = "age", _l("old enough")
    VOLUNTARY = "voluntary", _l("voluntary")
    RESIDENCE = "residence", _l("lives or works here")


class Member(Versioned, Base):
    """Somebody who works in bodies of a unit. `account_id` is theirs, if they have one.

    Circular 24/2012: at least 18, voluntary, living here for six months (`lives_here_since`) or
    working here.
    """

    __tablename__ = "members"

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(
        ForeignKey("organisation.units.id"), nullable=False, index=True
    )
    account_id: Mapped[UUID | None] = operational(
        ForeignKey("organisation.accounts.id"), unique=True
    )
    name: Mapped[str] = operational(nullable=False)
    birth_year: Mapped[int | None] = operational()
    phone: Mapped[str] = operational(nullable=False, default="")
    occupation: Mapped[str] = operational(nullable=False, default="")
    is_voluntary: Mapped[bool] = operational(nullable=False, default=True)
    lives_here_since: Mapped[date | None] = operational()
    works_here: Mapped[bool] = operational(nullable=False, default=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class Post(Versioned, Base):
    """A role of a member in a body (or one of its groups), from a day until a day.

    One entered by mistake ends on the day before it begins: it was never held.
    """

    __tablename__ = "posts"
    __table_args__ = (Index(None, "member_id"), Index(None, "body_id", "role"))

    id: Mapped[UUID] = operational(primary_key=True)
    member_id: Mapped[UUID] = operational(ForeignKey(Member.id), nullable=False)
    body_id: Mapped[UUID] = operational(ForeignKey(Body.id), nullable=False)
    group_id: Mapped[UUID | None] = operational(ForeignKey("organisation.groups.id"), index=True)
    role: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    decision: Mapped[str] = operational(nullable=False, default="")
    end_reason: Mapped[str] = operational(nullable=False, default="")

    @property
    def role_label(self) -> str:
        """The role's word on screens."""
        return MemberRole(self.role).label

    @property
    def never_held(self) -> bool:
        """Whether it was entered by mistake, or never taken up."""
        return self.until_on is not None and self.until_on < self.from_on

    def held_on(self, on: date) -> bool:
        """Whether the post is held on a day; the first and the last day count."""
        return self.from_on <= on and (self.until_on is None or self.until_on >= on)


class MemberSkill(Base):
    """A skill a member brings along. What they were trained in stands with the trainings."""

    __tablename__ = "member_skills"
    __table_args__ = (UniqueConstraint("member_id", "skill"),)

    id: Mapped[UUID] = operational(primary_key=True)
    member_id: Mapped[UUID] = operational(ForeignKey(Member.id), nullable=False)
    skill: Mapped[str] = operational(nullable=False)
    note: Mapped[str] = operational(nullable=False, default="")
