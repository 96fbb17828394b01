"""Report periods with explicit days, and the reports that units hand in for them."""

from datetime import date, datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import VIETNAM, now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class ReportStatus(Labelled):
    """How a report stands on a day."""

    COMING = "coming", _l("the period is still running")
    DUE = "due", _l("to be handed in")
    MISSING = "missing", _l("not handed in")
    ON_TIME = "on_time", _l("handed in on time")
    LATE = "late", _l("handed in late")


class Measure(Labelled):
    """What a figure counts. Sessions, attendances and persons are never mixed."""

    PIECES = "pieces", ""
    SESSIONS = "sessions", _l("sessions")
    ATTENDANCES = "attendances", _l("attendances")
    PERSONS = "persons", _l("persons")
    DAYS = "days", _l("days")
    DONG = "dong", _l("đồng")


class Figure(Labelled):
    """What a report counts: activities, staff and money, never persons supported."""

    BODIES = "bodies", _l("Clubs, teams and support points in force")
    GROUPS = "groups", _l("Specialised groups in force")
    REGULATIONS = "regulations", _l("Clubs, teams and support points with a regulation in force")
    MEMBERS = "members", _l("Members")
    VACANCIES = "vacancies", _l("Leading posts nobody holds")
    MEETINGS_DUE = "meetings_due", _l("Meetings of clubs and teams that were due")
    MEETINGS_HELD = "meetings_held", _l("Meetings of clubs and teams held")
    MEETINGS_ON_TIME = "meetings_on_time", _l("Meetings of clubs and teams on schedule")
    MEETINGS_EXCUSED = "meetings_excused", _l("Meetings of clubs and teams postponed with a reason")
    MEETINGS_GAP = "meetings_gap", _l("Longest gap between meetings of a club or team")
    SESSIONS_DUE = "sessions_due", _l("Group sessions that were due")
    SESSIONS_HELD = "sessions_held", _l("Group sessions held")
    SESSIONS_ON_TIME = "sessions_on_time", _l("Group sessions on schedule")
    SESSIONS_EXCUSED = "sessions_excused", _l("Group sessions postponed with a reason")
    SESSIONS_GAP = "sessions_gap", _l("Longest gap between sessions of a group")
    MISSING_MINUTES = "missing_minutes", _l("Meetings held without minutes")
    COMMUNICATION = "communication", _l("Communication sessions")
    ATTENDANCES = "attendances", _l("Attendances at communication sessions")
    MATERIALS = "materials", _l("Materials handed out at communication sessions")
    HAMLETS_COVERED = "hamlets_covered", _l("Hamlets reached by communication")
    HAMLETS = "hamlets", _l("Hamlets of the unit")
    TRAININGS = "trainings", _l("Trainings")
    JOINT_ACTIVITIES = "joint_activities", _l("Activities with partners")
    PARTNERS = "partners", _l("Partners with activity")
    PLANNED = "planned", _l("Planned for the months of the period")
    DONE = "done", _l("Done of everything that can be planned")
    ALLOTTED = "allotted", _l("Money allotted")
    ADVANCED = "advanced", _l("Money advanced")
    SPENT = "spent", _l("Money spent")
    SETTLED = "settled", _l("Money settled")
    SOURCES = "sources", _l("Funding sources that gave money")
    MONTHS_DUE = "months_due", _l("Months of remuneration due")
    MONTHS_PAID = "months_paid", _l("Months of remuneration paid")

    @property
    def measure(self) -> Measure:
        """What it counts."""
        return _MEASURES.get(self, Measure.PIECES)

    @property
    def is_money(self) -> bool:
        """Whether it is for those only who may read budgets."""
        return self in _MONEY


_MONEY = frozenset(list(Figure)[list(Figure).index(Figure.ALLOTTED) :])
_MEASURES = {
    Figure.MEMBERS: Measure.PERSONS,
    Figure.ATTENDANCES: Measure.ATTENDANCES,
    Figure.MEETINGS_GAP: Measure.DAYS,
    Figure.SESSIONS_GAP: Measure.DAYS,
    **dict.fromkeys(
        (
            Figure.MEETINGS_DUE,
            Figure.MEETINGS_HELD,
            Figure.MEETINGS_ON_TIME,
            Figure.MEETINGS_EXCUSED,
            Figure.SESSIONS_DUE,
            Figure.SESSIONS_HELD,
            Figure.SESSIONS_ON_TIME,
            Figure.SESSIONS_EXCUSED,
            Figure.MISSING_MINUTES,
            Figure.COMMUNICATION,
        ),
        Measure.SESSIONS,
    ),
    **dict.fromkeys((Figure.ALLOTTED, Figure.ADVANCED, Figure.SPENT, Figure.SETTLED), Measure.DONG),
}


class ReportPeriod(Versioned, Base):
    """What a province wants reported: from and until which day (half-years have run 15/12–14/6),
    and by when.
    """

    __tablename__ = "report_periods"
    __table_args__ = (UniqueConstraint("province_id", "name"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    name: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    due_on: Mapped[date] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False, default="")


class UnitReport(Versioned, Base):
    """A unit's report on itself. `figures` are the counts of the day it was submitted, as JSON.

    A submitted report is frozen; what has to be added is a supplement with its own day.
    """

    __tablename__ = "unit_reports"
    __table_args__ = (UniqueConstraint("unit_id", "period_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    period_id: Mapped[UUID] = operational(ForeignKey(ReportPeriod.id), nullable=False, index=True)
    achieved: Mapped[str] = operational(nullable=False, default="")
    difficulties: Mapped[str] = operational(nullable=False, default="")
    proposals: Mapped[str] = operational(nullable=False, default="")
    figures: Mapped[str] = operational(nullable=False, default="")
    supplement: Mapped[str] = operational(nullable=False, default="")
    supplemented_at: Mapped[datetime | None] = operational()
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    submitted_by: Mapped[UUID | None] = operational()
    submitted_at: Mapped[datetime | None] = operational()

    @property
    def submitted_on(self) -> date | None:
        """The day in Vietnam on which it was handed in."""
        return self.submitted_at.astimezone(VIETNAM).date() if self.submitted_at else None
