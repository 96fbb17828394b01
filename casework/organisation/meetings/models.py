"""When a group's meetings are due, and whether they were held; this names nobody."""

from datetime import date
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled

ON_TIME_DAYS = 7
LATEST_DAYS = 21


class MeetingStatus(Labelled):
    """How a due meeting went. Until its window has passed it is simply due."""

    DUE = "due", _l("due")
    ON_TIME = "on_time", _l("on schedule")
    LATE = "late", _l("late")
    MISSED = "missed", _l("not held")
    EXCUSED = "excused", _l("postponed with a reason")


class Schedule(Base):
    """A group meets on the nth weekday (0 Monday … 6 Sunday) of every so manyth month."""

    __tablename__ = "schedules"

    id: Mapped[UUID] = operational(primary_key=True)
    group_id: Mapped[UUID] = operational(
        ForeignKey("organisation.groups.id"), nullable=False, index=True
    )
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    interval_months: Mapped[int] = operational(nullable=False, default=1)
    week: Mapped[int] = operational(nullable=False)
    weekday: Mapped[int] = operational(nullable=False)


class Meeting(Versioned, Base):
    """A meeting due on a day (or held without having been due), and when it was held."""

    __tablename__ = "meetings"
    __table_args__ = (UniqueConstraint("group_id", "due_on"), Index(None, "unit_id", "due_on"))

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    group_id: Mapped[UUID] = operational(ForeignKey("organisation.groups.id"), nullable=False)
    due_on: Mapped[date | None] = operational()
    held_on: Mapped[date | None] = operational()
    excuse: Mapped[str | None] = operational()

    def status(self, on: date) -> MeetingStatus:
        """How the meeting stands on a day. On time means within ±7 days of the day it was due."""
        if self.held_on is not None:
            late = self.due_on is not None and abs((self.held_on - self.due_on).days) > ON_TIME_DAYS
            return MeetingStatus.LATE if late else MeetingStatus.ON_TIME
        if self.excuse:
            return MeetingStatus.EXCUSED
        overdue = self.due_on is not None and (on - self.due_on).days > ON_TIME_DAYS
        return MeetingStatus.MISSED if overdue else MeetingStatus.DUE
