"""The read model: figures as published, in a database of their own. Nothing here can point to a
case.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.database import ReadBase, operational
from casework.core.labels import Labelled


class UnitOfCount(Labelled):
    """Sessions, attendances and persons are never mixed."""

    SESSIONS = "sessions", _l("sessions")
    ATTENDANCES = "attendances", _l("attendances")
    PERSONS = "persons", _l("persons")
    CONTACTS = "contacts", _l("contacts")
    MEMBERS = "members", _l("members")
    BODIES = "bodies", _l("bodies")
    GROUPS = "groups", _l("groups")
    POSTS = "posts", _l("posts")
    CONDITIONS = "conditions", _l("conditions")
    HAMLETS = "hamlets", _l("hamlets")
    REFERRALS = "referrals", _l("referrals")
    ITEMS = "items", _l("items")
    SOURCES = "sources", _l("funding sources")
    LINES = "lines", _l("budget lines")
    MONTHS = "months", _l("months")
    REPORTS = "reports", _l("reports")
    REVIEWS = "reviews", _l("monthly reviews")
    PLANS = "plans", _l("plans")
    PARTNERS = "partners", _l("partners")
    RECOMMENDATIONS = "recommendations", _l("recommendations")
    DAYS = "days", _l("days")
    DONG = "dong", _l("đồng")


class Measure(Labelled):
    """What is counted. Persons, and what singles persons out, are protected; activity is exact."""

    OPEN = "open", _l("Open cases")
    NEW = "new", _l("New cases")
    CLOSED = "closed", _l("Closed cases")
    SUPPORTED = "supported", _l("Persons supported")
    ATTENDANCES = "attendances", _l("Attendances at self-help sessions")
    CONTACTS = "contacts", _l("Counselling contacts")
    BORROWERS = "borrowers", _l("Persons with a loan")
    SERVED = "service", _l("Persons by kind of support")
    NEEDED = "need", _l("Open cases by need")
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
        return self in PERSONAL or self in YEARLY


def measure_of(code: str) -> Measure:
    """The measure of a figure. Those of a year say after a point which kind: service.job; those
    told apart by what, and the value: open.group.A.
    """
    return Measure(code.partition(".")[0])


YEARLY = (Measure.BORROWERS, Measure.SERVED, Measure.NEEDED)
"""Counted of a province and a whole year."""
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
    """One number as it is printed: `low`..`high`, equal where exact; no high means no upper end.

    `unit_id` is what it is of: a unit or, as `level` says, the province or a cluster.
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


class EditionMembership(ReadBase):
    """A unit of a cluster, as the first edition of a quarter took it: for that whole quarter."""

    __tablename__ = "edition_memberships"
    __table_args__ = (UniqueConstraint("edition_id", "cluster_id", "unit_id"),)

    id: Mapped[UUID] = operational(primary_key=True)
    edition_id: Mapped[UUID] = operational(ForeignKey("inspection.editions.id"), nullable=False)
    cluster_id: Mapped[UUID] = operational(nullable=False)
    unit_id: Mapped[UUID] = operational(nullable=False)


_UNITS_OF_COUNT = {
    Measure.OPEN: UnitOfCount.PERSONS,
    Measure.NEW: UnitOfCount.PERSONS,
    Measure.CLOSED: UnitOfCount.PERSONS,
    Measure.SUPPORTED: UnitOfCount.PERSONS,
    Measure.ATTENDANCES: UnitOfCount.ATTENDANCES,
    Measure.BORROWERS: UnitOfCount.PERSONS,
    Measure.SERVED: UnitOfCount.PERSONS,
    Measure.NEEDED: UnitOfCount.PERSONS,
    Measure.CONTACTS: UnitOfCount.CONTACTS,
    Measure.SESSIONS_DUE: UnitOfCount.SESSIONS,
    Measure.SESSIONS_HELD: UnitOfCount.SESSIONS,
    Measure.SESSIONS_ON_TIME: UnitOfCount.SESSIONS,
}


class Span(StrEnum):
    """The days a figure of activity is about, seen from the last day of the edition's month."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    TWELVE_MONTHS = "twelve_months"


class ActivityMeasure(Labelled):
    """What is counted of the work of bodies and staff. It is exact, but for the few that would
    single persons out (`SINGLES_OUT`).
    """

    BODIES = "bodies", _l("Clubs, teams and support points in force")
    REGULATIONS = "regulations", _l("Clubs, teams and support points with a regulation in force")
    GROUPS = "groups", _l("Specialised groups in force")
    MEMBERS = "members", _l("Members")
    VACANCIES = "vacancies", _l("Leading posts nobody holds")
    COUNSELLORS = "counsellors", _l("Members who counsel")
    TRAINED = "trained", _l("Members who counsel and are trained in it")
    MEETINGS_DUE = "meetings_due", _l("Meetings of clubs and teams that were due")
    MEETINGS_HELD = "meetings_held", _l("Meetings of clubs and teams held")
    MEETINGS_ON_TIME = "meetings_on_time", _l("Meetings of clubs and teams on schedule")
    MEETINGS_EXCUSED = "meetings_excused", _l("Meetings of clubs and teams postponed with a reason")
    MEETINGS_GAP = "meetings_gap", _l("Longest gap between meetings of a club or team")
    MINUTES_DUE = "minutes_due", _l("Meetings held that need minutes")
    MINUTES = "minutes", _l("Meetings held that have minutes")
    COMMUNICATION = "communication", _l("Communication sessions")
    COMMUNICATION_ATTENDANCES = (
        "communication_attendances",
        _l("Attendances at communication sessions"),
    )
    HAMLETS_COVERED = "hamlets_covered", _l("Hamlets reached by communication")
    HAMLETS = "hamlets", _l("Hamlets of the unit")
    REFERRALS_SENT = "referrals_sent", _l("Referrals sent")
    REFERRALS_ANSWERED = "referrals_answered", _l("Referrals answered")
    SUPPORT_ITEMS = "support_items", _l("Support given")
    SUPPORT_AMOUNT = "support_amount", _l("What the support was worth")
    ESTIMATED = "estimated", _l("Money estimated")
    ALLOTTED = "allotted", _l("Money allotted")
    ADVANCED = "advanced", _l("Money advanced")
    SPENT = "spent", _l("Money spent")
    SETTLED = "settled", _l("Money settled")
    LINES_DUE = "lines_due", _l("Budget lines that had to be settled")
    LINES_ON_TIME = "lines_on_time", _l("Budget lines settled on time")
    DAYS_LATE = "days_late", _l("Most days a settlement is late")
    MONTHS_DUE = "months_due", _l("Months of remuneration due")
    MONTHS_PAID = "months_paid", _l("Months of remuneration paid in full")
    MONTHS_IN_TIME = "months_in_time", _l("Months of remuneration paid in full and in time")
    REMUNERATION_PAID = "remuneration_paid", _l("Remuneration paid")
    REMUNERATION_OWED = "remuneration_owed", _l("Remuneration owed")
    REPORTS_DUE = "reports_due", _l("Reports due")
    REPORTS_ON_TIME = "reports_on_time", _l("Reports handed in on time")
    PARTNERS = "partners", _l("Partners with activity")

    @property
    def unit_of_count(self) -> UnitOfCount:
        """What one stands for."""
        return _ACTIVITY[self][0]

    @property
    def span(self) -> Span:
        """The days it is about."""
        return _ACTIVITY[self][1]

    @property
    def is_money(self) -> bool:
        """Whether it is for those only who may read budgets."""
        return self in _OF_BOOKS


_ACTIVITY = {
    ActivityMeasure.BODIES: (UnitOfCount.BODIES, Span.DAY),
    ActivityMeasure.REGULATIONS: (UnitOfCount.BODIES, Span.DAY),
    ActivityMeasure.GROUPS: (UnitOfCount.GROUPS, Span.DAY),
    ActivityMeasure.MEMBERS: (UnitOfCount.MEMBERS, Span.DAY),
    ActivityMeasure.VACANCIES: (UnitOfCount.POSTS, Span.DAY),
    ActivityMeasure.COUNSELLORS: (UnitOfCount.MEMBERS, Span.DAY),
    ActivityMeasure.TRAINED: (UnitOfCount.MEMBERS, Span.DAY),
    ActivityMeasure.MEETINGS_DUE: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.MEETINGS_HELD: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.MEETINGS_ON_TIME: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.MEETINGS_EXCUSED: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.MEETINGS_GAP: (UnitOfCount.DAYS, Span.TWELVE_MONTHS),
    ActivityMeasure.MINUTES_DUE: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.MINUTES: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.COMMUNICATION: (UnitOfCount.SESSIONS, Span.MONTH),
    ActivityMeasure.COMMUNICATION_ATTENDANCES: (UnitOfCount.ATTENDANCES, Span.MONTH),
    ActivityMeasure.HAMLETS_COVERED: (UnitOfCount.HAMLETS, Span.TWELVE_MONTHS),
    ActivityMeasure.HAMLETS: (UnitOfCount.HAMLETS, Span.DAY),
    ActivityMeasure.REFERRALS_SENT: (UnitOfCount.REFERRALS, Span.QUARTER),
    ActivityMeasure.REFERRALS_ANSWERED: (UnitOfCount.REFERRALS, Span.QUARTER),
    ActivityMeasure.SUPPORT_ITEMS: (UnitOfCount.ITEMS, Span.QUARTER),
    ActivityMeasure.SUPPORT_AMOUNT: (UnitOfCount.DONG, Span.QUARTER),
    ActivityMeasure.ESTIMATED: (UnitOfCount.DONG, Span.YEAR),
    ActivityMeasure.ALLOTTED: (UnitOfCount.DONG, Span.YEAR),
    ActivityMeasure.ADVANCED: (UnitOfCount.DONG, Span.YEAR),
    ActivityMeasure.SPENT: (UnitOfCount.DONG, Span.YEAR),
    ActivityMeasure.SETTLED: (UnitOfCount.DONG, Span.YEAR),
    ActivityMeasure.LINES_DUE: (UnitOfCount.LINES, Span.TWELVE_MONTHS),
    ActivityMeasure.LINES_ON_TIME: (UnitOfCount.LINES, Span.TWELVE_MONTHS),
    ActivityMeasure.DAYS_LATE: (UnitOfCount.DAYS, Span.TWELVE_MONTHS),
    ActivityMeasure.MONTHS_DUE: (UnitOfCount.MONTHS, Span.TWELVE_MONTHS),
    ActivityMeasure.MONTHS_PAID: (UnitOfCount.MONTHS, Span.TWELVE_MONTHS),
    ActivityMeasure.MONTHS_IN_TIME: (UnitOfCount.MONTHS, Span.TWELVE_MONTHS),
    ActivityMeasure.REMUNERATION_PAID: (UnitOfCount.DONG, Span.TWELVE_MONTHS),
    ActivityMeasure.REMUNERATION_OWED: (UnitOfCount.DONG, Span.TWELVE_MONTHS),
    ActivityMeasure.REPORTS_DUE: (UnitOfCount.REPORTS, Span.TWELVE_MONTHS),
    ActivityMeasure.REPORTS_ON_TIME: (UnitOfCount.REPORTS, Span.TWELVE_MONTHS),
    ActivityMeasure.PARTNERS: (UnitOfCount.PARTNERS, Span.TWELVE_MONTHS),
}
_OF_BOOKS = frozenset(
    list(ActivityMeasure)[
        list(ActivityMeasure).index(ActivityMeasure.ESTIMATED) : list(ActivityMeasure).index(
            ActivityMeasure.REPORTS_DUE
        )
    ]
)
SINGLES_OUT = frozenset(
    {
        ActivityMeasure.REFERRALS_SENT,
        ActivityMeasure.REFERRALS_ANSWERED,
        ActivityMeasure.SUPPORT_ITEMS,
        ActivityMeasure.SUPPORT_AMOUNT,
    }
)


class ActivityColumns:
    """One number of activity of one unit as it is printed, also as the working database keeps it.

    `kind` cuts a measure into parts (a kind of body or group, a post, a funding source); without it
    the figure is the whole. `on` is the first day of the newest regulation in force. Whole đồng
    need more than 32 bits.
    """

    unit_id: Mapped[UUID] = operational(nullable=False)
    level: Mapped[str] = operational(nullable=False)
    measure: Mapped[str] = operational(nullable=False)
    kind: Mapped[str] = operational(nullable=False, default="")
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    shown: Mapped[str] = operational(nullable=False)
    low: Mapped[int | None] = operational(BigInteger)
    high: Mapped[int | None] = operational(BigInteger)
    on: Mapped[date | None] = operational("on_day")


class ActivityFigure(ActivityColumns, ReadBase):
    """A figure of activity as readers have it."""

    __tablename__ = "activity_figures"
    __table_args__ = (
        UniqueConstraint("edition_id", "unit_id", "measure", "kind"),
        Index(None, "unit_id", "until_on"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    edition_id: Mapped[UUID] = operational(ForeignKey("inspection.editions.id"), nullable=False)


class Rating(Labelled):
    """How a criterion was judged."""

    MET = "met", _l("Met")
    PARTLY = "partly", _l("Partly met")
    NOT_MET = "not_met", _l("Not met")
    NA = "na", _l("Does not apply")
    NO_DATA = "no_data", _l("Not enough data")


class CriterionColumns:
    """A criterion of the checklist as it was judged for a unit and the twelve months up to a day,
    also as the working database keeps it.

    `set_id` and `set_number` say by which version; `met` and `partly` are the thresholds it was
    judged by (of A4: least and most members). `numerator` of `denominator`, and `value` in
    `unit_of_value`, are what the judgement was computed from, as far as it may be printed. A share
    of persons is told as a band: `value` and `denominator` are its ends in whole per cent.
    """

    unit_id: Mapped[UUID] = operational(nullable=False)
    code: Mapped[str] = operational(nullable=False)
    position: Mapped[int] = operational(nullable=False)
    text: Mapped[str] = operational(nullable=False)
    set_id: Mapped[UUID] = operational(nullable=False)
    set_number: Mapped[int] = operational(nullable=False)
    met: Mapped[int | None] = operational()
    partly: Mapped[int | None] = operational()
    from_on: Mapped[date] = operational(nullable=False)
    until_on: Mapped[date] = operational(nullable=False)
    numerator: Mapped[int | None] = operational(BigInteger)
    denominator: Mapped[int | None] = operational(BigInteger)
    value: Mapped[int | None] = operational(BigInteger)
    unit_of_value: Mapped[str] = operational(nullable=False)
    rating: Mapped[str] = operational(nullable=False)


class CriterionFigure(CriterionColumns, ReadBase):
    """A judged criterion as readers have it."""

    __tablename__ = "criterion_figures"
    __table_args__ = (
        UniqueConstraint("edition_id", "unit_id", "code"),
        Index(None, "unit_id", "until_on"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    edition_id: Mapped[UUID] = operational(ForeignKey("inspection.editions.id"), nullable=False)
