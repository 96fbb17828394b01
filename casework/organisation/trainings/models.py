"""Courses that members took part in, and the skills they trained."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational


class Training(Versioned, Base):
    """A course of so many days. `unit_id` is the unit that keeps the record of its own people."""

    __tablename__ = "trainings"
    __table_args__ = (Index(None, "unit_id", "until_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    title: Mapped[str] = operational(nullable=False)
    organiser: Mapped[str] = operational(nullable=False, default="")
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    days: Mapped[int] = operational(nullable=False)
    note: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class TrainingSkill(Base):
    """A skill that a course trained."""

    __tablename__ = "training_skills"
    __table_args__ = (UniqueConstraint("training_id", "skill"),)

    id: Mapped[UUID] = operational(primary_key=True)
    training_id: Mapped[UUID] = operational(ForeignKey(Training.id), nullable=False)
    skill: Mapped[str] = operational(nullable=False)


class TrainingPlace(Base):
    """A member who took part in a course."""

    __tablename__ = "training_places"
    __table_args__ = (UniqueConstraint("training_id", "member_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    training_id: Mapped[UUID] = operational(ForeignKey(Training.id), nullable=False)
    member_id: Mapped[UUID] = operational(
        ForeignKey("organisation.members.id"), nullable=False, index=True
    )
