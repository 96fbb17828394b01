"""Everything that changes with time and law: dated rows with a source note, never a constant.

A row holds from its day until the next row of the same thing begins. Nothing here is legal advice.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import now
from casework.core.database import Base, Versioned, operational
from casework.core.labels import Labelled


class PartMonth(Labelled):
    """How a month is paid in which a post begins or ends."""

    WHOLE = "whole", _l("any day makes a whole month")
    HALF = "half", _l("fifteen days or more make a whole month, fewer none")
    DAYS = "days", _l("by the day")


class Setting(Labelled):
    """What a province may set. Its usual value stands in `USUAL`."""

    ON_TIME_DAYS = "on_time_days", _l("Days early or late that are still on schedule")
    LATEST_DAYS = "latest_days", _l("Days after which a late meeting counts as not held")
    VACANT_DAYS = "vacant_days", _l("Days that a leading post may be vacant")
    LEAST_MEMBERS = "least_members", _l("Least members of a body")
    MOST_MEMBERS = "most_members", _l("Most members of a body")
    RESIDENT_MONTHS = "resident_months", _l("Months a volunteer must have lived here")
    LEAST_AGE = "least_age", _l("Least age of a volunteer")
    TRAINING_MONTHS = "training_months", _l("Months after which counselling training is due again")
    PART_MONTH = "part_month", _l("Months in which a post begins or ends")
    ON_TIME_SHARE = "on_time_share", _l("Least share of meetings on schedule, per cent")
    LONGEST_GAP = "longest_gap", _l("Longest gap between meetings, per cent of the interval")
    PAID_DAYS = "paid_days", _l("Days after a month within which it must be paid")
    CONTACT_DAYS = "contact_days", _l("Days within which a person is contacted again")
    ASSESSMENT_MONTHS = "assessment_months", _l("Months for which a needs assessment holds")
    REVIEW_MONTHS = "review_months", _l("Months after which a support plan is reviewed")
    FEEDBACK_DAYS = "feedback_days", _l("Days within which a partner answers a referral")
    REQUEST_DAYS = "request_days", _l("Days within which a person's own request is answered")
    RETENTION_MONTHS = "retention_months", _l("Months a closed case is kept")
    BACKUP_DAYS = "backup_days", _l("Days a backup is kept")
    CLOSING_DAYS = "closing_days", _l("Days after a month's end until its figures close")
    PR_VOLUNTARY_MONTHS = (
        "pr_voluntary_months",
        _l("Months of management after voluntary rehabilitation"),
    )
    PR_COMPULSORY_MONTHS = (
        "pr_compulsory_months",
        _l("Months of management after compulsory rehabilitation"),
    )
    PR_SUBSTITUTION_MONTHS = (
        "pr_substitution_months",
        _l("Months of management after substitution treatment"),
    )
    PR_MINOR_MONTHS = "pr_minor_months", _l("Months of management of persons under 18")


_OWN = _l("the program's own")


def _checklist(code: str) -> Any:
    return _l("checklist version 1, %(code)s", code=code)


USUAL: dict[Setting, tuple[str, Any]] = {
    Setting.ON_TIME_DAYS: ("7", _OWN),
    Setting.LATEST_DAYS: ("21", _OWN),
    Setting.VACANT_DAYS: ("60", _checklist("A5")),
    Setting.LEAST_MEMBERS: ("5", _checklist("A4")),
    Setting.MOST_MEMBERS: ("10", _checklist("A4")),
    Setting.RESIDENT_MONTHS: ("6", "24/2012/TTLT-BLĐTBXH-BNV-BTC"),
    Setting.LEAST_AGE: ("18", "24/2012/TTLT-BLĐTBXH-BNV-BTC"),
    Setting.TRAINING_MONTHS: ("24", _checklist("F1")),
    Setting.PART_MONTH: (PartMonth.HALF, _OWN),
    Setting.ON_TIME_SHARE: ("90", _checklist("B1")),
    Setting.LONGEST_GAP: ("150", _checklist("B3")),
    Setting.PAID_DAYS: ("15", _OWN),
    Setting.CONTACT_DAYS: ("30", _checklist("D3")),
    Setting.ASSESSMENT_MONTHS: ("6", _OWN),
    Setting.REVIEW_MONTHS: ("3", _OWN),
    Setting.FEEDBACK_DAYS: ("15", _OWN),
    Setting.REQUEST_DAYS: ("15", _OWN),
    Setting.RETENTION_MONTHS: ("24", _OWN),
    Setting.BACKUP_DAYS: ("90", _OWN),
    Setting.CLOSING_DAYS: ("10", _OWN),
    Setting.PR_VOLUNTARY_MONTHS: ("12", _OWN),
    Setting.PR_COMPULSORY_MONTHS: ("24", _OWN),
    Setting.PR_SUBSTITUTION_MONTHS: ("12", _OWN),
    Setting.PR_MINOR_MONTHS: ("12", _OWN),
}
"""What holds where nobody set anything, and where it comes from."""

BOUNDS: dict[Setting, tuple[int, int]] = {
    Setting.ON_TIME_DAYS: (0, 31),
    Setting.LATEST_DAYS: (1, 92),
    Setting.VACANT_DAYS: (1, 366),
    Setting.LEAST_MEMBERS: (1, 50),
    Setting.MOST_MEMBERS: (1, 200),
    Setting.RESIDENT_MONTHS: (0, 60),
    Setting.LEAST_AGE: (16, 60),
    Setting.TRAINING_MONTHS: (1, 120),
    Setting.ON_TIME_SHARE: (1, 100),
    Setting.LONGEST_GAP: (100, 500),
    Setting.PAID_DAYS: (0, 92),
    Setting.CONTACT_DAYS: (1, 366),
    Setting.ASSESSMENT_MONTHS: (1, 60),
    Setting.REVIEW_MONTHS: (1, 24),
    Setting.FEEDBACK_DAYS: (1, 180),
    Setting.REQUEST_DAYS: (1, 92),
    Setting.RETENTION_MONTHS: (1, 240),
    Setting.BACKUP_DAYS: (1, 3660),
    Setting.CLOSING_DAYS: (1, 60),
    Setting.PR_VOLUNTARY_MONTHS: (1, 60),
    Setting.PR_COMPULSORY_MONTHS: (1, 60),
    Setting.PR_SUBSTITUTION_MONTHS: (1, 60),
    Setting.PR_MINOR_MONTHS: (1, 60),
}
"""The least and the most that a number may be set to. Other settings are choices."""

NOT_ABOVE = (
    (Setting.ON_TIME_DAYS, Setting.LATEST_DAYS),
    (Setting.LEAST_MEMBERS, Setting.MOST_MEMBERS),
)
"""Pairs of which the first may not be more than the second."""


class PaidRole(Labelled):
    """Posts of a volunteer team that are paid by coefficient (codes as in members)."""

    TEAM_LEADER = "team_leader", _l("Team leader")
    DEPUTY_LEADER = "deputy_leader", _l("Deputy leader")
    VOLUNTEER = "volunteer", _l("Volunteer")


class Sector(Labelled):
    """Whose work an agency does."""

    LABOUR = "labour", _l("labour and social affairs")
    HEALTH = "health", _l("health")
    POLICE = "police", _l("police")
    HOME_AFFAIRS = "home_affairs", _l("home affairs")
    JUSTICE = "justice", _l("justice")
    FINANCE = "finance", _l("finance")
    MASS_ORGANISATION = "mass_organisation", _l("mass organisation")
    OTHER = "other", _l("other")


class Method(Labelled):
    """How a criterion is judged."""

    COMPUTED = "computed", _l("computed from records")
    ANSWERED = "answered", _l("answered at the visit")
    BOTH = "both", _l("computed, and answered at the visit")


class Measure(Labelled):
    """What the thresholds of a criterion count in."""

    PER_CENT = "per_cent", _l("per cent, at least")
    GROUP_KINDS = "group_kinds", _l("kinds of groups, at least")
    SOURCES = "sources", _l("funding sources, at least")
    DAYS = "days", _l("days, at most")
    INTERVAL = "interval", _l("per cent of the interval, at most")
    MONTHS = "months", _l("months, at most")
    SCORE = "score", _l("points from 1 to 5, at least")
    NUMBER = "number", _l("number, at least")

    @property
    def is_limit(self) -> bool:
        """Whether less is better: the threshold is the most that is met."""
        return self in (Measure.DAYS, Measure.INTERVAL, Measure.MONTHS)


MEASURES: dict[str, Measure] = {
    "A3": Measure.GROUP_KINDS,
    "A5": Measure.DAYS,
    "B1": Measure.PER_CENT,
    "B2": Measure.PER_CENT,
    "B3": Measure.INTERVAL,
    "B4": Measure.PER_CENT,
    "C1": Measure.NUMBER,
    "D1": Measure.PER_CENT,
    "D2": Measure.PER_CENT,
    "D3": Measure.DAYS,
    "D4": Measure.PER_CENT,
    "D5": Measure.PER_CENT,
    "D6": Measure.SOURCES,
    "E1": Measure.PER_CENT,
    "E2": Measure.PER_CENT,
    "E3": Measure.PER_CENT,
    "F1": Measure.PER_CENT,
    "F2": Measure.SCORE,
    "G1": Measure.PER_CENT,
    "H1": Measure.NUMBER,
    "H2": Measure.PER_CENT,
}
"""What `met` and `partly` of a criterion count in, for every version: the one place that says it.
A criterion that is not here has no threshold; A4 takes the settings of least and most members."""


class SettingValue(Base):
    """A threshold or a rule from a day on, for a province or (without one) for the whole country.

    `key` is a `Setting`; `value` is what its kind writes: a number, or the code of a choice.
    """

    __tablename__ = "setting_values"
    __table_args__ = (UniqueConstraint("key", "province_id", "from_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    key: Mapped[str] = operational(nullable=False)
    province_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    from_on: Mapped[date] = operational(nullable=False)
    value: Mapped[str] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class BaseSalary(Base):
    """The state's base salary in đồng a month, from a day on."""

    __tablename__ = "base_salaries"

    id: Mapped[UUID] = operational(primary_key=True)
    from_on: Mapped[date] = operational(nullable=False, unique=True)
    amount: Mapped[int] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class Coefficient(Base):
    """What a role earns as a part of the base salary in a province, from a day on.

    `thousandths`: 600 is the coefficient 0.6. Without a province it holds where no province has its
    own.
    """

    __tablename__ = "coefficients"
    __table_args__ = (UniqueConstraint("role", "province_id", "from_on"),)

    id: Mapped[UUID] = operational(primary_key=True)
    role: Mapped[str] = operational(nullable=False)
    province_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    from_on: Mapped[date] = operational(nullable=False)
    thousandths: Mapped[int] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)

    @property
    def told(self) -> str:
        """The coefficient as people write it: 0,6."""
        return tell_coefficient(self.thousandths)

    @property
    def role_label(self) -> str:
        """The role's word on screens."""
        return PaidRole(self.role).label


class Agency(Versioned, Base):
    """An authority of a sector from a day until a day, and the one whose work it took over."""

    __tablename__ = "agencies"

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    name: Mapped[str] = operational(nullable=False)
    sector: Mapped[str] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date | None] = operational()
    predecessor_id: Mapped[UUID | None] = operational(ForeignKey("organisation.agencies.id"))
    source: Mapped[str] = operational(nullable=False)

    @property
    def sector_label(self) -> str:
        """The sector's word on screens."""
        return Sector(self.sector).label


class CriteriaSet(Base):
    """A version of the inspection checklist, from a day on. Figures keep the version they were
    judged by, so a set is never changed: a new one follows.
    """

    __tablename__ = "criteria_sets"
    __table_args__ = (UniqueConstraint("province_id", "number"),)

    id: Mapped[UUID] = operational(primary_key=True)
    province_id: Mapped[UUID | None] = operational(ForeignKey("organisation.units.id"))
    number: Mapped[int] = operational(nullable=False)
    from_on: Mapped[date] = operational(nullable=False)
    source: Mapped[str] = operational(nullable=False)
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)


class Criterion(Base):
    """One line of a checklist. `met` and `partly` are the least, or where `MEASURES` says so the
    most, that is met or partly met; without `partly` nothing is partly met.
    """

    __tablename__ = "criteria"
    __table_args__ = (UniqueConstraint("set_id", "code"),)

    id: Mapped[UUID] = operational(primary_key=True)
    set_id: Mapped[UUID] = operational(ForeignKey(CriteriaSet.id), nullable=False)
    code: Mapped[str] = operational(nullable=False)
    position: Mapped[int] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    method: Mapped[str] = operational(nullable=False)
    met: Mapped[int | None] = operational()
    partly: Mapped[int | None] = operational()

    @property
    def method_label(self) -> str:
        """The method's words on screens."""
        return Method(self.method).label

    @property
    def measure(self) -> Measure | None:
        """What the thresholds count in; None where there are none."""
        return MEASURES.get(self.code)


def tell_coefficient(thousandths: int) -> str:
    """0,6 for 600: with a comma, whatever the language of the screen."""
    whole, part = divmod(thousandths, 1000)
    return f"{whole},{part:03}".rstrip("0").rstrip(",")
