"""Figures of work done: exact, counted from the records by unit and once more for the province.

What stands (bodies, groups, posts) is that of the last day of the month. A unit counts its own
records and those of the units it followed: two clubs of a merged ward are two. Nothing is recounted
later: a published month stays as it was printed.

Few referrals, and few items of support, tell whom they were for. So they are counted by quarter and
printed with care:

* fewer than five of a unit are "under 5", zero among them; the province's number is the range that
  its units leave;
* of referrals sent, those answered are printed only from ten on, and so that as many as were not
  answered are never told exactly when they are fewer than five;
* an amount is printed only where five items or more went to five persons or more; the province's
  is "at least" what was printed. Loans are not among them: they follow the figure of borrowers.

These count where they were recorded, not over merged units: who subtracts one unit from another
must find nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from casework.anonymisation.measures import days_of
from casework.anonymisation.places import Place, Places, within
from casework.anonymisation.plan import quarter_of
from casework.anonymisation.protection import Shown
from casework.anonymisation.records import Records
from casework.core.clock import add_months
from casework.inspection.readmodel.models import ActivityMeasure, Span
from casework.organisation.budgets.balance import Balance
from casework.organisation.budgets.models import FundingSource

FEW = 5
FEW_RATIO = 10
"""Of fewer things no share is told."""

M = ActivityMeasure
Range = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure of a place as it is printed; without a low nothing is, without a high there is no
    upper end.
    """

    unit_id: UUID
    is_province: bool
    measure: ActivityMeasure
    kind: str
    from_on: date
    until_on: date
    low: int | None
    high: int | None
    on: date | None = None

    @property
    def shown(self) -> Shown:
        """Exactly, as a range, or not at all."""
        if self.low is None:
            return Shown.NONE
        return Shown.EXACT if self.low == self.high else Shown.BAND


@dataclass
class Told:
    """What quarters have told of referrals and support, by unit, measure, kind and quarter: the
    only thing that criteria on them may be judged by.
    """

    ranges: dict[tuple[UUID, str, str, str], Range] = field(default_factory=dict)

    def add(self, unit_id: UUID, measure: str, kind: str, from_on: date, ends: Range) -> None:
        """Take a print of a quarter into account."""
        self.ranges[unit_id, measure, kind, quarter_of(f"{from_on:%Y-%m}")] = ends

    def of(self, unit_id: UUID, measure: str, kind: str, on: date) -> list[Range]:
        """The prints of the last four whole quarters."""
        ends = [add_months(on.replace(day=1), -back) for back in range(12)]
        quarters = [quarter_of(f"{day:%Y-%m}") for day in ends if day.month % 3 == 0]
        keys = [(unit_id, measure, kind, quarter) for quarter in quarters]
        return [self.ranges[key] for key in keys if key in self.ranges]


def print_activity(records: Records, places: Places, told: Told) -> list[Printed]:
    """The figures of a month, by unit and for the province. What a quarter tells is taken into
    `told`.
    """
    found = [one for place in (*places.units.values(), places.province) for one in _exact(place)]
    if days_of(quarter_of(places.period))[1] == places.province.on:
        few = list(_of_persons(records, places))
        for one in few:
            if one.low is not None:
                told.add(one.unit_id, one.measure, one.kind, one.from_on, (one.low, one.high))
        found += few
    return found


def _exact(place: Place) -> Iterator[Printed]:
    for measure, kind, number in _numbers(place):
        yield Printed(
            place.unit_id,
            place.is_province,
            measure,
            kind,
            *_days(place, measure.span),
            number,
            number,
            max(place.regulations.values(), default=None) if measure is M.REGULATIONS else None,
        )


def _days(place: Place, span: Span) -> tuple[date, date]:
    firsts = {
        Span.DAY: place.on,
        Span.MONTH: place.month[0],
        Span.QUARTER: days_of(quarter_of(f"{place.on:%Y-%m}"))[0],
        Span.YEAR: date(place.on.year, 1, 1),
        Span.TWELVE_MONTHS: place.twelve_months[0],
    }
    return firsts[span], place.on


def _numbers(place: Place) -> Iterator[tuple[ActivityMeasure, str, int]]:
    yield from _with_kinds(M.BODIES, Counter(body.kind for body in place.bodies))
    yield from _with_kinds(M.GROUPS, Counter(group.kind for group in place.groups))
    yield M.REGULATIONS, "", len(place.regulations)
    yield M.MEMBERS, "", len(place.members())
    for role in sorted({row.role for row in place.posts}):
        yield M.MEMBERS, role, len(place.members(role=role))
    yield M.VACANCIES, "", len(place.vacancies)
    yield M.COUNSELLORS, "", len(place.counsellors)
    yield M.TRAINED, "", len(place.trained)
    yield from _meetings(place)
    sessions = within(place.communications, place.month)
    yield M.COMMUNICATION, "", len(sessions)
    yield M.COMMUNICATION_ATTENDANCES, "", sum(row.attendances for row in sessions)
    yield M.HAMLETS_COVERED, "", len(place.covered)
    yield M.HAMLETS, "", len(place.hamlets)
    yield from _money(place)
    on_time, due = place.reports
    yield M.REPORTS_DUE, "", due
    yield M.REPORTS_ON_TIME, "", on_time
    yield M.PARTNERS, "", len(place.partners)


def _with_kinds(
    measure: ActivityMeasure, counts: Mapping[str, int]
) -> Iterator[tuple[ActivityMeasure, str, int]]:
    """The whole, and the parts that are not zero."""
    yield measure, "", sum(counts.values())
    for kind in sorted(counts):
        yield measure, kind, counts[kind]


def _meetings(place: Place) -> Iterator[tuple[ActivityMeasure, str, int]]:
    """Meetings of bodies in the month they were due in, as sessions of groups are counted; one that
    was not due in the month it was held in. Minutes of what was held in the month.
    """
    first, last = place.month
    own = [row for row in place.meetings if row.body_id]
    month = [row for row in own if first <= (row.due_on or row.held_on) <= last]
    due = [row for row in month if row.due_on]
    excused = [row for row in due if row.held_on is None and row.excuse]
    on_time = [
        row
        for row in due
        if row.held_on and abs((row.held_on - row.due_on).days) <= row.window_days
    ]
    yield M.MEETINGS_DUE, "", len(due) - len(excused)
    yield M.MEETINGS_HELD, "", sum(row.held_on is not None for row in month)
    yield M.MEETINGS_ON_TIME, "", len(on_time)
    yield M.MEETINGS_EXCUSED, "", len(excused)
    gaps = [kept.gap for kept in place.kept if kept.circle.is_body and kept.meets]
    yield M.MEETINGS_GAP, "", max(gaps, default=0)
    with_minutes = place.circles_with_minutes
    held = [
        row
        for row in place.meetings
        if row.held_on
        and first <= row.held_on <= last
        and (row.body_id or row.group_id) in with_minutes
    ]
    yield M.MINUTES_DUE, "", len(held)
    yield M.MINUTES, "", sum(row.minutes_id is not None for row in held)


def _money(place: Place) -> Iterator[tuple[ActivityMeasure, str, int]]:
    total = Balance.total(line.balance for line in place.books.lines_of_year)
    yield M.ESTIMATED, "", sum(line.row.estimate_amount for line in place.books.lines_of_year)
    yield M.ALLOTTED, "", total.allotted
    yield M.ADVANCED, "", total.advanced
    yield M.SPENT, "", total.spent
    yield M.SETTLED, "", total.settled
    yield M.LINES_DUE, "", len(place.books.lines_due)
    yield M.LINES_ON_TIME, "", len(place.books.lines_on_time)
    yield M.DAYS_LATE, "", place.books.days_late
    paid = place.books.remuneration
    yield M.MONTHS_DUE, "", paid.due
    yield M.MONTHS_PAID, "", paid.paid
    yield M.MONTHS_IN_TIME, "", paid.in_time
    yield M.REMUNERATION_PAID, "", paid.paid_amount
    yield M.REMUNERATION_OWED, "", paid.owed_amount


def _of_persons(records: Records, places: Places) -> Iterator[Printed]:
    """Referrals and support of the quarter. A unit that is not in the edition, as it ended within
    the quarter, is part of the province's range all the same.
    """
    province = places.province
    days = _days(province, Span.QUARTER)
    ranges: dict[tuple[ActivityMeasure, str], list[Range | None]] = {}
    for unit_id, unit in records.units.items():
        sent = [row for row in records.referrals.get(unit_id, ()) if _lies(row.sent_on, days)]
        given = [row for row in records.support.get(unit_id, ()) if _lies(row.on, days)]
        has_left = _lies(unit.valid_until or date.max, days) and unit_id in records.first_roles
        if not (unit_id in places.here or has_left or sent or given):
            continue
        for measure, kind, ends in _few(sent, given):
            ranges.setdefault((measure, kind), []).append(ends)
            if unit_id in places.here:
                low, high = ends or (None, None)
                yield Printed(unit_id, False, measure, kind, *days, low, high)
    for (measure, kind), parts in ranges.items():
        low, high = _together(measure, parts)
        yield Printed(province.unit_id, True, measure, kind, *days, low, high)


def _few(
    sent: Sequence[Any], given: Sequence[Any]
) -> Iterator[tuple[ActivityMeasure, str, Range | None]]:
    answered = sum(row.answered_on is not None for row in sent)
    yield M.REFERRALS_SENT, "", count_of_few(len(sent))
    yield M.REFERRALS_ANSWERED, "", answered_of(len(sent), answered)
    for source in FundingSource:
        items = [row for row in given if row.funding_source == source]
        yield M.SUPPORT_ITEMS, source, count_of_few(len(items))
        yield M.SUPPORT_AMOUNT, source, _amount(items)


def count_of_few(count: int) -> Range:
    """A count that may single persons out: fewer than five are "under 5"."""
    return (0, FEW - 1) if count < FEW else (count, count)


def answered_of(sent: int, answered: int) -> Range:
    """How many of those sent were answered, so that neither they nor the others are told when they
    are few: no more is known than five whole numbers would allow.
    """
    if sent < FEW_RATIO:
        return 0, max(sent, FEW - 1)
    if answered < FEW:
        return 0, FEW - 1
    if sent - answered < FEW:
        return sent - FEW + 1, sent
    return answered, answered


def _amount(items: Sequence[Any]) -> Range | None:
    if len(items) < FEW or len({row.case_id for row in items}) < FEW:
        return None
    amount = sum(row.amount or 0 for row in items)
    return amount, amount


def _together(
    measure: ActivityMeasure, parts: Sequence[Range | None]
) -> tuple[int | None, int | None]:
    """What the units leave of the province's number."""
    told = [ends for ends in parts if ends is not None]
    low = sum(low for low, _ in told)
    if measure is M.SUPPORT_AMOUNT:
        return (low, low if len(told) == len(parts) else None) if told else (None, None)
    return low, sum(high or 0 for _, high in told)


def _lies(day: date, days: tuple[date, date]) -> bool:
    return days[0] <= day <= days[1]
