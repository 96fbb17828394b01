"""What a unit intends for a year, month by month, to be laid beside what was done."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class Activity(Labelled):
    """What can be planned and counted without a person in it."""

    BODY_MEETING = "body_meeting", _l("Meetings of clubs and teams")
    GROUP_SESSION = "group_session", _l("Group sessions")
    COMMUNICATION = "communication", _l("Communication sessions")
    TRAINING = "training", _l("Trainings")
    COORDINATION = "coordination", _l("Activities with partners")


class YearlyPlan(Versioned, Base):
    """The plan of a unit for a year, with the number and day it was signed under."""

    __tablename__ = "yearly_plans"
    __table_args__ = (UniqueConstraint("unit_id", "year"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    year: Mapped[int] = operational(nullable=False)
    number: Mapped[str] = operational(nullable=False, default="")
    signed_on: Mapped[date | None] = operational()
    aims: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class PlannedActivity(Base):
    """So many of an activity in a month (1–12)."""

    __tablename__ = "planned_activities"
    __table_args__ = (UniqueConstraint("plan_id", "activity", "month"),)

    id: Mapped[UUID] = operational(primary_key=True)
    plan_id: Mapped[UUID] = operational(ForeignKey(YearlyPlan.id), nullable=False)
    activity: Mapped[str] = operational(nullable=False)
    month: Mapped[int] = operational(nullable=False)
    count: Mapped[int] = operational(nullable=False)
