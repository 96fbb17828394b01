"""A round of inspections: the plan with its legal basis, the team, and one inspection a unit.

A round looks at 8 to 18 units in three to four weeks. A unit keeps the inspection it had under the
name it had then; whoever followed it goes on with the recommendations.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class PlanStatus(Labelled):
    """How far a plan is. Units hear of it once it is approved."""

    DRAFT = "draft", _l("draft")
    SUBMITTED = "submitted", _l("waiting for approval")
    RETURNED = "returned", _l("returned to be changed")
    APPROVED = "approved", _l("approved")


class Scope(Labelled):
    """How the units of a round were chosen."""

    ALL = "all", _l("All units")
    CLUSTER = "cluster", _l("The units of a cluster")
    NOT_MET = "not_met", _l("Units with criteria that are not met")
    RANDOM = "random", _l("Drawn at random")
    CHOSEN = "chosen", _l("Chosen one by one")


class TeamRole(Labelled):
    """What somebody is in an inspection team."""

    HEAD = "head", _l("Head of the team")
    DEPUTY = "deputy", _l("Deputy head of the team")
    SECRETARY = "secretary", _l("Secretary of the team")
    MEMBER = "member", _l("Member of the team")


class InspectionStatus(Labelled):
    """How far the inspection of a unit is, in the order of the work."""

    PLANNED = "planned", _l("planned")
    SELF_REPORT = "self_report", _l("the unit has reported")
    VISITED = "visited", _l("visited")
    MINUTES_DRAFTED = "minutes_drafted", _l("minutes drafted")
    SIGNED = "signed", _l("signed by both sides")
    NOTIFIED = "notified", _l("results told to the unit")
    FOLLOWING = "following", _l("recommendations being followed")
    CLOSED = "closed", _l("followed to the end")


class InspectionPlan(Versioned, Base):
    """What is inspected, on which legal basis, over which days (`from_on` to `until_on`), and when
    the visits are. `outline` is what units are asked to report on, by `report_due_on`.
    `scope_note` says more of how units were chosen: the cluster, the edition, how many were drawn
    of how many. `is_adjusted`: some were put in or taken out by hand after that.
    """

    __tablename__ = "inspection_plans"
    __table_args__ = (Index(None, "province_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    number: Mapped[str] = operational(nullable=False, default="")
    title: Mapped[str] = operational(nullable=False)
    legal_basis: Mapped[str] = operational(nullable=False)
    purpose: Mapped[str] = operational(nullable=False, default="")
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    visits_from_on: Mapped[date] = operational(nullable=False)
    visits_until_on: Mapped[date] = operational(nullable=False)
    outline: Mapped[str] = operational(nullable=False, default="")
    report_due_on: Mapped[date | None] = operational()
    scope: Mapped[str] = operational(nullable=False)
    scope_note: Mapped[str] = operational(nullable=False, default="")
    is_adjusted: Mapped[bool] = operational(nullable=False, default=False)
    status: Mapped[str] = operational(nullable=False, default=PlanStatus.DRAFT)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    submitted_by: Mapped[UUID | None] = operational()
    submitted_at: Mapped[datetime | None] = operational()
    decided_by: Mapped[UUID | None] = operational()
    decided_at: Mapped[datetime | None] = operational()
    decision_note: Mapped[str] = operational(nullable=False, default="")

    @property
    def status_label(self) -> str:
        """The status's words on screens."""
        return PlanStatus(self.status).label

    @property
    def scope_label(self) -> str:
        """The scope's words on screens."""
        return Scope(self.scope).label

    @property
    def is_open(self) -> bool:
        """Whether it may still be written."""
        return self.status in (PlanStatus.DRAFT, PlanStatus.RETURNED)


class TeamMember(Base):
    """Somebody of the team of a round. Who has no account (a guest of another agency) has a name
    and an office all the same.
    """

    __tablename__ = "inspection_team_members"
    __table_args__ = (UniqueConstraint("plan_id", "account_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    plan_id: Mapped[UUID] = operational(ForeignKey(InspectionPlan.id), nullable=False, index=True)
    account_id: Mapped[UUID | None] = operational(ForeignKey("organisation.accounts.id"))
    name: Mapped[str] = operational(nullable=False)
    office: Mapped[str] = operational(nullable=False, default="")
    role: Mapped[str] = operational(nullable=False)

    @property
    def role_label(self) -> str:
        """The role's words on screens."""
        return TeamRole(self.role).label


class Inspection(Versioned, Base):
    """The inspection of one unit in a round. `starts_at` is a time of day, written 08:00."""

    __tablename__ = "inspections"
    __table_args__ = (UniqueConstraint("plan_id", "unit_id"), Index(None, "unit_id"))

    id: Mapped[UUID] = operational(primary_key=True)
    plan_id: Mapped[UUID] = operational(ForeignKey(InspectionPlan.id), nullable=False)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    visit_on: Mapped[date | None] = operational()
    starts_at: Mapped[str] = operational(nullable=False, default="")
    place: Mapped[str] = operational(nullable=False, default="")
    status: Mapped[str] = operational(nullable=False, default=InspectionStatus.PLANNED)
    notified_by: Mapped[UUID | None] = operational()
    notified_at: Mapped[datetime | None] = operational()

    @property
    def is_signed(self) -> bool:
        """Whether both sides have signed the minutes."""
        order = list(InspectionStatus)
        return order.index(InspectionStatus(self.status)) >= order.index(InspectionStatus.SIGNED)

    @property
    def status_label(self) -> str:
        """The status's words on screens."""
        return InspectionStatus(self.status).label


class Visitor(Base):
    """Who of the team goes to which unit."""

    __tablename__ = "inspection_visitors"
    __table_args__ = (UniqueConstraint("inspection_id", "member_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    inspection_id: Mapped[UUID] = operational(ForeignKey(Inspection.id), nullable=False)
    member_id: Mapped[UUID] = operational(ForeignKey(TeamMember.id), nullable=False, index=True)
