"""The read model: figures as published, in a database of their own. Nothing here can point to a
case.
"""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.database import ReadBase, operational
from casework.core.labels import Labelled


class UnitOfCount(Labelled):
    """Sessions, attendances and persons are never mixed."""

    SESSIONS = "sessions", _l("sessions")
    ATTENDANCES = "attendances", _l("attendances")
    PERSONS = "persons", _l("persons")
    CONTACTS = "contacts", _l("contacts")


class Measure(Labelled):
    """What is counted. Persons, and what singles persons out, are protected; activity is exact."""

    OPEN = "open", _l("Open cases")
    NEW = "new", _l("New cases")
    CLOSED = "closed", _l("Closed cases")
    SUPPORTED = "supported", _l("Persons supported")
    ATTENDANCES = "attendances", _l("Attendances at self-help sessions")
    CONTACTS = "contacts", _l("Counselling contacts")
    SESSIONS_DUE = "sessions_due", _l("Group sessions due")
    SESSIONS_HELD = "sessions_held", _l("Group sessions held")
    SESSIONS_ON_TIME = "sessions_on_time", _l("Group sessions held on schedule")

    @property
    def unit_of_count(self) -> UnitOfCount:
        """What one stands for."""
        return _UNITS_OF_COUNT[self]

    @property
    def is_personal(self) -> bool:
        """Whether the figure is protected."""
        return self in PERSONAL


PERSONAL = (Measure.OPEN, Measure.NEW, Measure.CLOSED, Measure.SUPPORTED, Measure.ATTENDANCES)


class Edition(ReadBase):
    """One publication of a province's figures for a month. Frozen once published."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("province_id", "period"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(nullable=False)
    period: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    published_at: Mapped[datetime] = operational(nullable=False)
    published_by: Mapped[str] = operational(nullable=False)


class Figure(ReadBase):
    """One number of one unit as it is printed: `low`..`high`, equal where exact; no high means no
    upper end.

    `unit_of_count` keeps sessions (cuộc), attendances (lượt người) and persons (người) apart.
    """

    __tablename__ = "figures"
    __table_args__ = (
        Index(None, "unit_id", "measure", "until_on"),
        UniqueConstraint("edition_id", "unit_id", "measure", "from_on", "until_on"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    edition_id: Mapped[UUID] = operational(ForeignKey("inspection.editions.id"), nullable=False)
    unit_id: Mapped[UUID] = operational(nullable=False)
    level: Mapped[str] = operational(nullable=False)
    measure: Mapped[str] = operational(nullable=False)
    unit_of_count: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    is_personal: Mapped[bool] = operational(nullable=False)
    shown: Mapped[str] = operational(nullable=False)
    low: Mapped[int | None] = operational()
    high: Mapped[int | None] = operational()


_UNITS_OF_COUNT = {
    Measure.OPEN: UnitOfCount.PERSONS,
    Measure.NEW: UnitOfCount.PERSONS,
    Measure.CLOSED: UnitOfCount.PERSONS,
    Measure.SUPPORTED: UnitOfCount.PERSONS,
    Measure.ATTENDANCES: UnitOfCount.ATTENDANCES,
    Measure.CONTACTS: UnitOfCount.CONTACTS,
    Measure.SESSIONS_DUE: UnitOfCount.SESSIONS,
    Measure.SESSIONS_HELD: UnitOfCount.SESSIONS,
    Measure.SESSIONS_ON_TIME: UnitOfCount.SESSIONS,
}
