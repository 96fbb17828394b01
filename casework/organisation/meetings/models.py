"""When bodies and groups are due to meet, whether they did, and the minutes; this names nobody."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled
from casework.organisation.bodies.models import Body, Group

Circle = Group | Body
"""Who meets by a schedule of its own: a specialised group, or a body as a whole."""

ON_TIME_DAYS = 7
LATEST_DAYS = 21


class MeetingStatus(Labelled):
    """How a due meeting went. Until its window has passed it is simply due."""

    DUE = "due", _l("due")
    ON_TIME = "on_time", _l("on schedule")
    LATE = "late", _l("late")
    MISSED = "missed", _l("not held")
    EXCUSED = "excused", _l("postponed with a reason")


class PauseKind(Labelled):
    """Why nobody is expected to meet for a time."""

    TET = "tet", _l("Tết")
    FLOOD = "flood", _l("flood season")
    EPIDEMIC = "epidemic", _l("epidemic")
    OTHER = "other", _l("other reason")


class Schedule(Base):
    """A body or a group meets on the nth weekday (0 Monday … 6 Sunday) of every so manyth month.

    `regulation_id` is the regulation that laid it down, if one did.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("(group_id IS NULL) <> (body_id IS NULL)", name="of_one"),
        Index(None, "body_id"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    group_id: Mapped[UUID | None] = operational(ForeignKey("organisation.groups.id"), index=True)
    body_id: Mapped[UUID | None] = operational(ForeignKey("organisation.bodies.id"))
    regulation_id: Mapped[UUID | None] = operational(ForeignKey("organisation.regulations.id"))
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    interval_months: Mapped[int] = operational(nullable=False, default=1)
    week: Mapped[int] = operational(nullable=False)
    weekday: Mapped[int] = operational(nullable=False)


class Meeting(Versioned, Base):
    """A meeting due on a day (or held without having been due), and when it was held.

    Of a group, or of a body as a whole. `window_days` is the rule it was made due by: a later
    setting rewrites no past. `pause_id` is the pause that excused it, if one did; `recorded_by` is
    who noted that it was held.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        UniqueConstraint("group_id", "due_on"),
        UniqueConstraint("body_id", "due_on"),
        CheckConstraint("(group_id IS NULL) <> (body_id IS NULL)", name="of_one"),
        Index(None, "unit_id", "due_on"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    group_id: Mapped[UUID | None] = operational(ForeignKey("organisation.groups.id"))
    body_id: Mapped[UUID | None] = operational(ForeignKey("organisation.bodies.id"))
    due_on: Mapped[date | None] = operational()
    held_on: Mapped[date | None] = operational()
    excuse: Mapped[str | None] = operational()
    window_days: Mapped[int] = operational(
        nullable=False, default=ON_TIME_DAYS, server_default=str(ON_TIME_DAYS)
    )
    pause_id: Mapped[UUID | None] = operational(ForeignKey("organisation.pauses.id"), index=True)
    recorded_by: Mapped[UUID | None] = operational()

    @property
    def circle_id(self) -> UUID | None:
        """The body or the group that meets."""
        return self.body_id or self.group_id

    def status(self, on: date) -> MeetingStatus:
        """How the meeting stands on a day. On time means within its window, usually ±7 days."""
        if self.held_on is not None:
            late = (
                self.due_on is not None
                and abs((self.held_on - self.due_on).days) > self.window_days
            )
            return MeetingStatus.LATE if late else MeetingStatus.ON_TIME
        if self.excuse:
            return MeetingStatus.EXCUSED
        overdue = self.due_on is not None and (on - self.due_on).days > self.window_days
        return MeetingStatus.MISSED if overdue else MeetingStatus.DUE


class Minutes(Versioned, Base):
    """The minutes of a meeting of a body or of an open group: how many came, what, and what next.

    Self-help and peer groups have none here: their sessions are confidential. `id` is the
    meeting's own, so that its papers and what it said earlier stay with the meeting.
    """

    __tablename__ = "minutes"

    id: Mapped[UUID] = operational(primary_key=True)
    meeting_id: Mapped[UUID] = operational(ForeignKey(Meeting.id), nullable=False, unique=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    present: Mapped[int] = operational(nullable=False)
    content: Mapped[str] = operational(nullable=False)
    resolutions: Mapped[str] = operational(nullable=False, default="")
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    approved_by: Mapped[UUID | None] = operational()
    approved_at: Mapped[datetime | None] = operational()


class Pause(Versioned, Base):
    """Days on which nobody is expected to meet: Tết, the flood season, an epidemic.

    Of a province or of one unit. Meetings due on such days and not held are excused with its
    reason. One declared by mistake is withdrawn and excuses nothing.
    """

    __tablename__ = "pauses"
    __table_args__ = (Index(None, "unit_id", "from_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    kind: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    reason: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    is_withdrawn: Mapped[bool] = operational(nullable=False, default=False, server_default=false())

    @property
    def kind_label(self) -> str:
        """The kind's word on screens."""
        return PauseKind(self.kind).label
