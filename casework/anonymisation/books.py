"""The money of a place as of a day: budget lines, and what volunteers were due and were paid."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from casework.anonymisation.records import Circle, Records
from casework.core.clock import add_months, last_year_to, month_end
from casework.organisation.bodies.models import BodyKind
from casework.organisation.budgets.balance import Balance, Entry
from casework.organisation.budgets.models import MovementKind
from casework.organisation.remuneration.models import PAID_ROLES, Held
from casework.organisation.settings.models import Setting


@dataclass(frozen=True, slots=True)
class Line:
    """A budget line with its balance as of the day."""

    row: Any
    balance: Balance
    allotted_by_day: Sequence[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class Remuneration:
    """Months that had to be paid within twelve months, by member and team; amounts in đồng."""

    due: int = 0
    paid: int = 0
    in_time: int = 0
    paid_amount: int = 0
    owed_amount: int = 0


class Books:
    """The books of units and their bodies. Movements and payments after the day are not known."""

    def __init__(
        self, records: Records, unit_ids: Collection[UUID], bodies: Sequence[Circle], on: date
    ) -> None:
        self.records, self.unit_ids, self.bodies, self.on = records, unit_ids, bodies, on
        self.twelve_months = last_year_to(on)

    @cached_property
    def lines(self) -> list[Line]:
        """Budget lines with what moved until the day."""
        return [self._line(row) for row in self.records.of(self.records.lines, self.unit_ids)]

    def _line(self, row: Any) -> Line:
        moved = [m for m in self.records.movements.get(row.id, ()) if m.on <= self.on]
        entries = [Entry(m.kind, m.amount, m.on, bool(m.waits)) for m in moved]
        allotted = [(m.on, m.amount) for m in moved if m.kind == MovementKind.ALLOTMENT]
        return Line(row, Balance.of(entries), allotted)

    @cached_property
    def lines_of_year(self) -> list[Line]:
        """The lines of the year."""
        return [line for line in self.lines if line.row.year == self.on.year]

    @cached_property
    def lines_due(self) -> list[Line]:
        """The lines with an advance that had to be settled on a day of the twelve months."""
        first, last = self.twelve_months
        return [
            line
            for line in self.lines
            if first <= line.row.due_on <= last and line.balance.advanced > 0
        ]

    @cached_property
    def lines_on_time(self) -> list[Line]:
        """Those of them settled by their day."""
        return [
            line
            for line in self.lines_due
            if line.balance.settled_on and line.balance.settled_on <= line.row.due_on
        ]

    @property
    def days_late(self) -> int:
        """The most days that one of them was, or is, late."""
        late = (line.balance.days_late(line.row.due_on, self.on) for line in self.lines_due)
        return max(late, default=0)

    @cached_property
    def sources(self) -> dict[str, int]:
        """What each source allotted in the twelve months, in đồng."""
        first, last = self.twelve_months
        found: dict[str, int] = {}
        for line in self.lines:
            amount = sum(given for day, given in line.allotted_by_day if first <= day <= last)
            if amount:
                source = line.row.funding_source
                found[source] = found.get(source, 0) + amount
        return found

    @cached_property
    def remuneration(self) -> Remuneration:
        """How volunteers' months were paid whose last day of paying lies in the twelve months."""
        told = [each for body in self.bodies for each in self._months_of(body)]
        return Remuneration(
            due=len(told),
            paid=sum(paid == amount for amount, paid, _ in told),
            in_time=sum(paid == amount and not late for amount, paid, late in told),
            paid_amount=sum(paid for _, paid, _ in told),
            owed_amount=sum(max(0, amount - paid) for amount, paid, _ in told),
        )

    def _months_of(self, body: Circle) -> Iterator[tuple[int, int, bool]]:
        """What was due and paid in each member's months, and whether a payment came late."""
        if body.kind != BodyKind.VOLUNTEER_TEAM:
            return
        held: dict[UUID, list[Held]] = {}
        for row in self.records.posts.get(body.id, ()):
            if row.role in PAID_ROLES:
                ends = [day for day in (row.until_on, body.active_until) if day]
                first = max(row.from_on, body.active_from)
                held.setdefault(row.member_id, []).append(
                    Held(row.role, first, min(ends, default=None))
                )
        for month, payable in self._months():
            for member_id, roles in held.items():
                due = self.records.due(tuple(roles), month)
                if due is not None and due.amount:
                    yield due.amount, *self._paid(body.id, member_id, month, payable)

    def _months(self) -> list[tuple[date, date]]:
        """The months to be paid within the twelve, with the last day of paying."""
        first, last = self.twelve_months
        begin = add_months(first.replace(day=1), -4)
        found = []
        for back in range(18):
            month = add_months(begin, back)
            payable = month_end(month.year, month.month) + timedelta(
                days=self.records.number(Setting.PAID_DAYS, month)
            )
            if first <= payable <= last:
                found.append((month, payable))
        return found

    def _paid(self, body_id: UUID, member_id: UUID, month: date, payable: date) -> tuple[int, bool]:
        rows = [
            row
            for row in self.records.payments.get((body_id, member_id), ())
            if row.month == month and row.paid_on <= self.on
        ]
        undone = {row.corrects_id for row in rows}
        late = any(
            row.amount > 0 and row.id not in undone and row.paid_on > payable for row in rows
        )
        return sum(row.amount for row in rows), late
