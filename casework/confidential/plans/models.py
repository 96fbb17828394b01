"""Support plans: goals, what is done for them by whom until when, and regular reviews.

A plan is never rewritten: a new version follows, and the earlier ones stay readable.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, coded, operational, sensitive
from casework.core.labels import Labelled
from casework.vault.grants import Compartment
from casework.vault.sealed import Sealed


class Responsible(Labelled):
    """Who does something for a goal."""

    PERSON = "person", _l("the person")
    COUNSELOR = "counselor", _l("the counselor")
    FAMILY = "family", _l("the family")
    PARTNER = "partner", _l("a partner")
    OTHER = "other", _l("somebody else")


class ActionStatus(Labelled):
    """How far an action is."""

    OPEN = "open", _l("to do")
    UNDER_WAY = "under_way", _l("under way")
    DONE = "done", _l("done")
    DROPPED = "dropped", _l("given up")


class ReviewResult(Labelled):
    """What a review came to."""

    CONTINUE = "continue", _l("goes on as planned")
    CHANGE = "change", _l("the plan has to change")
    REACHED = "reached", _l("the goals are reached")


class Plan(Versioned, Base):
    """One version of a case's plan. The newest one counts; `ended_on` is when the next followed.

    `review_on` is when it has to be looked at again. Signing is noted, the paper itself is kept in
    the office or attached.
    """

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index(None, "unit_id", "review_on"))

    id: Mapped[UUID] = operational(primary_key=True)
    case_id: Mapped[UUID] = operational(ForeignKey("confidential.cases.id"), nullable=False)
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    number: Mapped[int] = coded(nullable=False)
    agreed_on: Mapped[date] = coded(nullable=False)
    ended_on: Mapped[date | None] = coded()
    review_on: Mapped[date] = coded(nullable=False)
    person_signed_on: Mapped[date | None] = coded()
    counselor_signed_on: Mapped[date | None] = coded()
    summary_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    summary = Sealed("summary_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


class PlanGoal(Base):
    """Something the person wants to reach, in one area of need."""

    __tablename__ = "plan_goals"
    __table_args__ = (Index(None, "plan_id", "position"),)

    id: Mapped[UUID] = operational(primary_key=True)
    plan_id: Mapped[UUID] = operational(ForeignKey(Plan.id), nullable=False)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    position: Mapped[int] = operational(nullable=False)
    area: Mapped[str] = coded(nullable=False)
    goal_sealed: Mapped[bytes | None] = sensitive()

    goal = Sealed("goal_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


class PlanAction(Versioned, Base):
    """What is done for a goal: by whom, until when, and how far it is. `position` is where it was
    written among the others of its goal.
    """

    __tablename__ = "plan_actions"
    __table_args__ = (Index(None, "plan_id"), Index(None, "goal_id"))

    id: Mapped[UUID] = operational(primary_key=True)
    plan_id: Mapped[UUID] = operational(ForeignKey(Plan.id), nullable=False)
    goal_id: Mapped[UUID] = operational(ForeignKey(PlanGoal.id), nullable=False)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    position: Mapped[int] = operational(nullable=False, server_default="0")
    responsible: Mapped[str] = coded(nullable=False)
    due_on: Mapped[date | None] = coded()
    status: Mapped[str] = coded(nullable=False, default=ActionStatus.OPEN)
    done_on: Mapped[date | None] = coded()
    what_sealed: Mapped[bytes | None] = sensitive()
    progress_sealed: Mapped[bytes | None] = sensitive()

    what = Sealed("what_sealed", Compartment.NOTES)
    progress = Sealed("progress_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id


class PlanReview(Base):
    """Looking at a plan together again: what it came to, and when next."""

    __tablename__ = "plan_reviews"
    __table_args__ = (Index(None, "plan_id", "on_day"),)

    id: Mapped[UUID] = operational(primary_key=True)
    plan_id: Mapped[UUID] = operational(ForeignKey(Plan.id), nullable=False)
    case_id: Mapped[UUID] = operational(
        ForeignKey("confidential.cases.id"), nullable=False, index=True
    )
    unit_id: Mapped[UUID] = coded(ForeignKey("organisation.units.id"), nullable=False)
    on: Mapped[date] = coded("on_day", nullable=False)
    due_on: Mapped[date] = coded(nullable=False)
    result: Mapped[str] = coded(nullable=False)
    next_on: Mapped[date] = coded(nullable=False)
    note_sealed: Mapped[bytes | None] = sensitive()
    recorded_by: Mapped[UUID] = operational(nullable=False)
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    note = Sealed("note_sealed", Compartment.NOTES)

    @property
    def subject_id(self) -> UUID:
        """The case whose keys seal this."""
        return self.case_id
