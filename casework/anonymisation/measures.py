"""What is counted, straight from the records: by unit, and again for the province (never added).

Whose cases: a person is asked whether they may be counted. The *first recorded* answer to "count in
anonymous statistics" decides whether they ever are; without an answer nobody is counted. Who
withdraws it later is counted no more from that day on: there the count ends as if the case had
ended, so that who was counted as new is counted as closed too, and no earlier figure changes.

* opened, closed: stretches of support (episodes) begun and ended up to the end of a month, however
  long ago. A case that is reopened begins a new one; a transfer ends one in the unit it leaves and
  begins one in the unit it comes to.
* supported: persons with at least one contact or item of support in a quarter while an episode of
  theirs was open, in the unit of the last of these.
* attendances: present members and unnamed visitors at sessions of self-help and peer groups in a
  quarter, without members whose case may not be counted.
* contacts: contacts of a month. This is work done by staff, so all of it is counted.
* sessions: of all groups. A meeting belongs to the month it is due in, one that was not due to the
  month it was held in. Postponed with a reason, it is not due.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from casework.anonymisation.models import PublishedCount
from casework.anonymisation.plan import quarter_of, whole
from casework.confidential.cases.models import Episode
from casework.confidential.consent.models import Consent, Purpose
from casework.confidential.contacts.models import Contact
from casework.confidential.groups.models import Attendance, GroupMember, GroupSession
from casework.confidential.services.models import Service
from casework.core.clock import month_end
from casework.inspection.readmodel.models import Measure
from casework.organisation.accounts.models import AccountRole
from casework.organisation.bodies.models import CONFIDENTIAL_KINDS, Group
from casework.organisation.meetings.models import Meeting
from casework.organisation.units.models import Unit

Tally = Mapping[tuple[UUID, str], int]
"""Count by (unit or province, period). What is not there is zero."""

ACTIVITY = (
    Measure.CONTACTS,
    Measure.SESSIONS_DUE,
    Measure.SESSIONS_HELD,
    Measure.SESSIONS_ON_TIME,
)
"""Work done, counted by month."""


@dataclass(frozen=True)
class Counted:
    """Everything counted for some months. `opened` and `closed` run up to each month's end."""

    opened: Tally
    closed: Tally
    supported: Tally
    attendances: Tally
    activity: Mapping[Measure, Tally]


@dataclass(frozen=True, slots=True)
class Part:
    """A unit that takes part, and since which day its records run."""

    id: UUID
    code: str
    valid_from: date
    valid_until: date | None
    since: date


def days_of(period: str) -> tuple[date, date]:
    """First and last day of 2026-10, 2026-Q4 or 2026."""
    year = int(period[:4])
    if len(period) == 4:
        return date(year, 1, 1), date(year, 12, 31)
    last = int(period[-1]) * 3 if "Q" in period else int(period[5:])
    return date(year, last - 2 if "Q" in period else last, 1), month_end(year, last)


@cache
def last_month(period: str) -> str:
    """The month whose edition prints a period."""
    return f"{days_of(period)[1]:%Y-%m}"


def list_parts(connection: Connection, province_id: UUID) -> list[Part]:
    """The units of a province that take part: where anybody works, a group meets, a case stands."""
    begun = union_all(
        select(AccountRole.unit_id.label("unit_id"), AccountRole.from_on.label("since")),
        select(Group.unit_id, Group.active_from),
        select(Episode.unit_id, func.min(Episode.opened_on)).group_by(Episode.unit_id),
        # Who was in an edition stays in the later ones.
        select(PublishedCount.unit_id, literal(date.max)).distinct(),
    ).subquery()
    query = (
        select(Unit.id, Unit.code, Unit.valid_from, Unit.valid_until, func.min(begun.c.since))
        .join(begun, begun.c.unit_id == Unit.id)
        .where(Unit.province_id == province_id, ~Unit.is_province)
        .group_by(Unit.id, Unit.code, Unit.valid_from, Unit.valid_until)
        .order_by(Unit.code, Unit.valid_from)
    )
    return [Part(*row) for row in connection.execute(query)]


def first_record_on(connection: Connection, province_id: UUID) -> date | None:
    """The day of a province's earliest contact or session: figures begin with its month."""
    query = union_all(
        *(
            select(func.min(day)).join(Unit, Unit.id == unit).where(Unit.province_id == province_id)
            for day, unit in ((Contact.on, Contact.unit_id), (Meeting.held_on, Meeting.unit_id))
        )
    )
    return min((day for (day,) in connection.execute(query) if day), default=None)


def count(connection: Connection, province_id: UUID, months: Sequence[str]) -> Counted:
    """Count a province for `months` (in order, the one before the first included if it's needed).

    A handful of statements, however many units and months.
    """
    records = _Records(connection, province_id)
    ends = {month: days_of(month)[1] for month in months}
    quarters = {
        quarter: days_of(quarter)
        for quarter in whole(_whole_quarters(months), "quarter")
        if days_of(quarter)[1] <= ends[months[-1]]
    }
    within = {month: days_of(month) for month in months}
    return Counted(
        opened=records.episodes({month: Episode.opened_on <= end for month, end in ends.items()}),
        closed=records.episodes({month: records.ended(end) for month, end in ends.items()}),
        supported=records.supported(quarters),
        attendances=records.attendances(quarters),
        activity={Measure.CONTACTS: records.contacts(within), **records.sessions(within)},
    )


def count_supported(connection: Connection, province_id: UUID, period: str) -> Tally:
    """Persons supported in one period of any length, as `count` counts them by quarter."""
    return _Records(connection, province_id).supported({period: days_of(period)})


def _whole_quarters(months: Sequence[str]) -> list[str]:
    """All months of the quarters touched: earlier ones may stand in earlier editions."""
    quarters = sorted({quarter_of(month) for month in months})
    return [
        f"{quarter[:4]}-{int(quarter[-1]) * 3 - back:02}"
        for quarter in quarters
        for back in (2, 1, 0)
    ]


def countable_cases(province_id: UUID) -> Subquery:
    """The cases supported in a province whose first recorded answer was yes; `until` is the day on
    which the person withdrew it, if they did.
    """
    answers = (
        select(
            Consent.case_id,
            Consent.is_given,
            Consent.on.label("on"),
            func.row_number()
            .over(
                partition_by=Consent.case_id,
                # Two answers at one moment: the no counts.
                order_by=(Consent.recorded_at, Consent.is_given),
            )
            .label("nth"),
        )
        # A case that has gone on to another province was counted here, and stays counted.
        .where(
            Consent.purpose == Purpose.ANONYMOUS_STATISTICS,
            Consent.case_id.in_(
                select(Episode.case_id)
                .join(Unit, Unit.id == Episode.unit_id)
                .where(Unit.province_id == province_id)
            ),
        )
        .subquery()
    )
    c = answers.c
    agreed_first = func.max(case((and_(c.nth == 1, c.is_given), 1), else_=0)) == 1
    until = func.min(case((c.is_given.is_(False), c.on)), type_=Consent.on.type)
    return (
        select(c.case_id, until.label("until")).group_by(c.case_id).having(agreed_first).subquery()
    )


def counts_from(may: Subquery) -> ColumnElement[bool]:
    """Whether an episode counts at all: it began before its person withdrew."""
    return or_(may.c.until.is_(None), Episode.opened_on < may.c.until)


class _Records:
    def __init__(self, connection: Connection, province_id: UUID) -> None:
        self.connection, self.province_id = connection, province_id
        self.may = countable_cases(province_id)

    def episodes(self, conditions: Mapping[str, ColumnElement[bool]]) -> Tally:
        return self._tally(
            Episode.__table__.join(self.may, self.may.c.case_id == Episode.case_id),
            Episode.unit_id,
            {name: func.count().filter(condition) for name, condition in conditions.items()},
            counts_from(self.may),
        )

    def ended(self, on: date) -> ColumnElement[bool]:
        """Whether an episode, or the counting of it, has ended by a day."""
        return or_(Episode.closed_on <= on, self.may.c.until <= on)

    def supported(self, spans: Mapping[str, tuple[date, date]]) -> Tally:
        if not spans:
            return {}
        helped, (days, name) = Helped(self.connection, self.province_id), _in_one(spans)
        done = (helped.select(record, days, name(record.on)) for record in (Contact, Service))
        return helped.last_units(union_all(*done), {span: span for span in spans})

    def attendances(self, quarters: Mapping[str, tuple[date, date]]) -> Tally:
        sessions = GroupSession.__table__.join(Group, Group.id == GroupSession.group_id)
        found = Counter(
            self._tally(
                sessions,
                GroupSession.unit_id,
                {
                    quarter: func.sum(
                        case((GroupSession.held_on.between(*days), GroupSession.visitors), else_=0)
                    )
                    for quarter, days in quarters.items()
                },
                Group.kind.in_(CONFIDENTIAL_KINDS),
            )
        )
        found.update(
            self._tally(
                sessions.join(Attendance, Attendance.session_id == GroupSession.id).join(
                    GroupMember, GroupMember.id == Attendance.member_id
                ),
                GroupSession.unit_id,
                {
                    quarter: func.count().filter(GroupSession.held_on.between(*days))
                    for quarter, days in quarters.items()
                },
                Group.kind.in_(CONFIDENTIAL_KINDS),
                Attendance.was_present.is_(True),
                or_(
                    GroupMember.case_id.is_(None),
                    self._may_be_counted(GroupMember.case_id, GroupSession.held_on),
                ),
                _between(GroupSession.held_on, quarters.values()),
            )
        )
        return found

    def contacts(self, months: Mapping[str, tuple[date, date]]) -> Tally:
        return self._tally(
            Contact.__table__,
            Contact.unit_id,
            {
                month: func.count().filter(Contact.on.between(*days))
                for month, days in months.items()
            },
            _between(Contact.on, months.values()),
            Contact.taken_back_at.is_(None),
        )

    def sessions(self, months: Mapping[str, tuple[date, date]]) -> dict[Measure, Tally]:
        first, last = next(iter(months.values()))[0], list(months.values())[-1][1]
        query = (
            select(
                Meeting.unit_id,
                Meeting.due_on,
                Meeting.held_on,
                Meeting.excuse,
                Meeting.window_days,
            )
            .join(Unit, Unit.id == Meeting.unit_id)
            .where(Unit.province_id == self.province_id)
            # Clubs meet as well; here the sessions of groups are counted.
            .where(Meeting.group_id.is_not(None))
            .where(func.coalesce(Meeting.due_on, Meeting.held_on).between(first, last))
        )
        due: Counter[tuple[UUID, str]] = Counter()
        held: Counter[tuple[UUID, str]] = Counter()
        on_time: Counter[tuple[UUID, str]] = Counter()
        for unit_id, due_on, held_on, excuse, window in self.connection.execute(query):
            month = f"{due_on or held_on:%Y-%m}"
            for key in ((unit_id, month), (self.province_id, month)):
                was_due = due_on is not None and (held_on is not None or not excuse)
                due[key] += was_due
                held[key] += held_on is not None
                on_time[key] += bool(due_on and held_on and abs((held_on - due_on).days) <= window)
        return {
            Measure.SESSIONS_DUE: due,
            Measure.SESSIONS_HELD: held,
            Measure.SESSIONS_ON_TIME: on_time,
        }

    def _may_be_counted(self, case_id: Any, on: Any) -> ColumnElement[bool]:
        c = self.may.c
        return exists().where(c.case_id == case_id, or_(c.until.is_(None), on <= c.until))

    def _tally(
        self,
        source: FromClause,
        unit: Any,
        columns: Mapping[str, ColumnElement[int]],
        *conditions: ColumnElement[bool],
    ) -> Tally:
        return count_in_province(
            self.connection, self.province_id, source, unit, columns, *conditions
        )


class Helped:
    """What was done for persons while they were counted, each person once."""

    def __init__(self, connection: Connection, province_id: UUID) -> None:
        self.connection, self.province_id = connection, province_id
        self.may = countable_cases(province_id)

    def select(
        self, record: type[Contact] | type[Service], days: tuple[date, date], kind: Any
    ) -> Select[*tuple[Any, ...]]:
        """Records of some days, of a kind each, with the unit of the episode they fell into."""
        return (
            select(
                Episode.case_id.label("case_id"),
                Episode.unit_id.label("unit_id"),
                Episode.opened_on.label("opened_on"),
                Episode.id.label("episode_id"),
                record.on.label("day"),
                kind.label("kind"),
            )
            .join(self.may, self.may.c.case_id == Episode.case_id)
            .join(record, record.case_id == Episode.case_id)
            .where(
                counts_from(self.may),
                record.on >= Episode.opened_on,
                or_(Episode.closed_on.is_(None), record.on <= Episode.closed_on),
                or_(self.may.c.until.is_(None), record.on <= self.may.c.until),
                record.taken_back_at.is_(None),
                record.on.between(*days),
            )
        )

    def last_units(self, records: Any, kinds: Mapping[str, str]) -> Tally:
        """Each person once a kind, in the unit where they were helped last. `kinds`: what each kind
        is counted as.
        """
        c = records.subquery().c
        last = func.row_number().over(
            partition_by=(c.case_id, c.kind),
            order_by=(c.day.desc(), c.opened_on.desc(), c.episode_id),
        )
        found = select(c.unit_id, c.kind, last.label("from_last")).subquery()
        return count_in_province(
            self.connection,
            self.province_id,
            found,
            found.c.unit_id,
            {name: func.count().filter(found.c.kind == kind) for kind, name in kinds.items()},
            found.c.from_last == 1,
        )


def count_in_province(
    connection: Connection,
    province_id: UUID,
    source: FromClause,
    unit: Any,
    columns: Mapping[str, ColumnElement[int]],
    *conditions: ColumnElement[bool],
) -> Tally:
    """Count by unit, and once more over the whole province."""
    if not columns:
        return {}
    by_unit = (
        select(unit, *columns.values())
        .select_from(source.join(Unit, Unit.id == unit))
        .where(Unit.province_id == province_id, *conditions)
        .group_by(unit)
    )
    whole_province = (
        select(literal(province_id), *columns.values())
        .select_from(source.join(Unit, Unit.id == unit))
        .where(Unit.province_id == province_id, *conditions)
    )
    return Counter(
        {
            (place, period): number or 0
            for query in (by_unit, whole_province)
            for place, *numbers in connection.execute(query)
            for period, number in zip(columns, numbers, strict=True)
        }
    )


def _in_one(
    spans: Mapping[str, tuple[date, date]],
) -> tuple[tuple[date, date], Callable[[Any], ColumnElement[str]]]:
    """The days from the first of spans to the last, and the span that a day lies in."""
    firsts, lasts = zip(*spans.values(), strict=True)

    def name(day: Any) -> ColumnElement[str]:
        return case(*((day.between(*days), span) for span, days in spans.items()))

    return (min(firsts), max(lasts)), name


def _between(day: Any, spans: Collection[tuple[date, date]]) -> ColumnElement[bool]:
    """From the first day of the first span to the last of the last: what else need not be read."""
    firsts, lasts = zip(*spans, strict=True) if spans else ((date.max,), (date.min,))
    between: ColumnElement[bool] = day.between(min(firsts), max(lasts))
    return between
