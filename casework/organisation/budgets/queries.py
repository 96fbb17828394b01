"""Reading budget lines and their movements. The arithmetic is in balance.py."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.text import fold, words_key
from casework.organisation.bodies.models import Body
from casework.organisation.bodies.queries import Scope, find_scope
from casework.organisation.budgets.balance import SUM_OF, Balance, Bar, Entry, Told, tell
from casework.organisation.budgets.models import (
    BudgetLine,
    ClosedYear,
    FundingSource,
    Movement,
    MovementKind,
    Purpose,
)
from casework.organisation.programmes.models import Phase, Programme
from casework.organisation.programmes.queries import bind_phases, list_phases
from casework.organisation.units.models import Succession, Unit
from casework.organisation.units.queries import get_unit, list_ids_with_predecessors, reached

YEARS = range(2001, 2101)
"""The years a page of money can be about."""


def get_scope(access: Access) -> Scope:
    """The unit a page is about. Raises OutOfReach when there is none."""
    scope = find_scope(access)
    if scope is None:
        raise OutOfReach
    return scope


def balances(lines: Sequence[BudgetLine]) -> dict[UUID, Balance]:
    """The balance of each line, in one statement."""
    query = (
        select(
            Movement.line_id,
            Movement.kind,
            _APPROVED.label("approved"),
            func.sum(Movement.amount).label("amount"),
            func.max(Movement.on).label("on"),
        )
        .where(Movement.line_id.in_([line.id for line in lines]), _stands())
        .group_by(Movement.line_id, Movement.kind, _APPROVED)
    )
    entries: dict[UUID, list[Entry]] = {line.id: [] for line in lines}
    for row in db.session.execute(query):
        waits = row.kind == MovementKind.SETTLEMENT and not row.approved
        entries[row.line_id].append(Entry(row.kind, int(row.amount), row.on, waits))
    return {line_id: Balance.of(found) for line_id, found in entries.items()}


def totals_by_source(
    unit_ids: Sequence[UUID], from_on: date, until_on: date
) -> dict[FundingSource, Balance]:
    """What moved in a period, by funding source, largest allotment first.

    By the day of each movement: what took an earlier one back counts against the period in which it
    was taken back, so a sum of one period can be below zero.
    """
    taken_back = aliased(Movement)
    approved = or_(
        Movement.kind != MovementKind.SETTLEMENT,
        and_(Movement.corrects_id.is_(None), _APPROVED),
        taken_back.approved_at.is_not(None),
    )
    query = (
        select(BudgetLine.funding_source, Movement.kind, func.sum(Movement.amount))
        .join(BudgetLine, BudgetLine.id == Movement.line_id)
        .outerjoin(taken_back, taken_back.id == Movement.corrects_id)
        .where(BudgetLine.unit_id.in_(unit_ids), Movement.on.between(from_on, until_on), approved)
        .group_by(BudgetLine.funding_source, Movement.kind)
    )
    found: dict[FundingSource, Balance] = defaultdict(Balance)
    for source, kind, amount in db.session.execute(query):
        moved: dict[str, Any] = {SUM_OF[MovementKind(kind)]: int(amount)}
        found[FundingSource(source)] = replace(found[FundingSource(source)], **moved)
    return dict(sorted(found.items(), key=lambda item: -item[1].allotted))


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as a list shows it."""

    line: BudgetLine
    body: Body
    balance: Balance
    days_late: int

    @property
    def share(self) -> int | None:
        """Allotted as per cent of the estimate (criterion E1)."""
        estimate = self.line.estimate_amount
        return self.balance.allotted * 100 // estimate if estimate else None


@dataclass(frozen=True, slots=True)
class YearOfUnit:
    """A unit's money of a year, late lines first, with its totals."""

    lines: list[Shown]
    estimate: int
    total: Balance
    by_source: dict[str, Balance]

    @property
    def bar(self) -> Bar:
        """The bars of the lines put together."""
        return Bar.total(shown.balance.bar for shown in self.lines)

    @property
    def sources(self) -> int:
        """From how many sources money was allotted (criterion D6)."""
        return sum(balance.allotted > 0 for balance in self.by_source.values())

    @property
    def largest_share(self) -> int | None:
        """Per cent of the allotments that the largest source gave (criterion D6)."""
        largest = max((each.allotted for each in self.by_source.values()), default=0)
        return largest * 100 // self.total.allotted if self.total.allotted else None


def year_of_unit(unit_ids: Sequence[UUID], year: int, on: date) -> YearOfUnit:
    """The lines of a unit in a year with their balances as of a day, in two statements."""
    query = (
        select(BudgetLine, Body)
        .join(Body, Body.id == BudgetLine.body_id)
        .where(BudgetLine.unit_id.in_(unit_ids), BudgetLine.year == year)
    )
    rows = [(line, body) for line, body in db.session.execute(query)]
    found = balances([line for line, _ in rows])
    shown = [
        Shown(line, body, found[line.id], found[line.id].days_late(line.due_on, on))
        for line, body in rows
    ]
    shown.sort(key=_late_first)
    sources: dict[str, list[Balance]] = defaultdict(list)
    for each in shown:
        sources[each.line.funding_source].append(each.balance)
    totals = {source: Balance.total(listed) for source, listed in sources.items()}
    return YearOfUnit(
        shown,
        sum(each.line.estimate_amount for each in shown),
        Balance.total(each.balance for each in shown),
        dict(sorted(totals.items(), key=lambda item: (-item[1].allotted, item[0]))),
    )


def list_years(unit_ids: Sequence[UUID]) -> list[int]:
    """The years in which units have lines, newest first."""
    query = select(BudgetLine.year).where(BudgetLine.unit_id.in_(unit_ids)).distinct()
    return sorted(db.session.scalars(query), reverse=True)


def get_line(access: Access, line_id: UUID) -> BudgetLine:
    """A line within reach. Raises OutOfReach."""
    query = (
        select(BudgetLine)
        .join(Unit, Unit.id == BudgetLine.unit_id)
        .where(BudgetLine.id == line_id, reached(access, Unit.id, Unit.province_id))
    )
    line = db.session.scalar(query)
    if line is None:
        raise OutOfReach
    return line


def get_places(line: BudgetLine) -> tuple[Unit, Body]:
    """The unit and the body of a line."""
    return get_unit(line.unit_id), db.session.get_one(Body, line.body_id)


def get_movement(line: BudgetLine, movement_id: UUID) -> Movement:
    """A movement of a line. Raises OutOfReach."""
    movement = db.session.get(Movement, movement_id)
    if movement is None or movement.line_id != line.id:
        raise OutOfReach
    return movement


LineKey = tuple[UUID, int, str, str, str]


def line_key(body_id: UUID, year: int, source: str, purpose: str, title: str) -> LineKey:
    """What makes two lines the very same: body, year, source, purpose, and the same words."""
    return body_id, year, str(source), str(purpose), fold(title)


def lines_by_key(body_ids: Sequence[UUID]) -> dict[LineKey, UUID]:
    """The lines of bodies by what they are for."""
    query = select(BudgetLine).where(BudgetLine.body_id.in_(body_ids))
    return {
        line_key(line.body_id, line.year, line.funding_source, line.purpose, line.title): line.id
        for line in db.session.scalars(query)
    }


def list_ledger(line: BudgetLine) -> list[Told]:
    """Every movement of a line, also those taken back, by day and then as they were entered."""
    return tell(db.session.scalars(select(Movement).where(Movement.line_id == line.id)))


def list_standing(line: BudgetLine) -> list[Told]:
    """What counts of a line, or waits to count."""
    return [told for told in list_ledger(line) if told.stands]


def list_waiting(unit_ids: Sequence[UUID]) -> Sequence[Row[Movement, BudgetLine]]:
    """The settlements that await approval, oldest first."""
    query = (
        select(Movement, BudgetLine)
        .join(BudgetLine, BudgetLine.id == Movement.line_id)
        .where(BudgetLine.unit_id.in_(unit_ids), _waits(), _stands())
        .order_by(Movement.on, Movement.recorded_at)
    )
    return db.session.execute(query).all()


def voucher_key(voucher: str) -> str:
    """A voucher's number as it is compared: without case and spaces."""
    return "".join(voucher.casefold().split())


@dataclass(frozen=True, slots=True)
class VoucherUse:
    """Where a voucher's number was used: the record, its day, and its place in words."""

    id: UUID
    on: date
    where: Any


VouchersUsed = Callable[[Collection[UUID], int], Iterable[tuple[str, VoucherUse]]]
_other_books: list[VouchersUsed] = []


def bind_vouchers(vouchers_used: VouchersUsed) -> VouchersUsed:
    """Have a feature above this one say which numbers its own book used in units and a year:
    budgets know no payments.
    """
    _other_books.append(vouchers_used)
    return vouchers_used


def find_use_of_voucher(
    voucher: str,
    unit_ids: Collection[UUID],
    year: int,
    *,
    instead_of: UUID | None = None,
    is_remuneration: bool = False,
) -> VoucherUse | None:
    """Where units used a number in a year, in any book. `instead_of`: the movement whose place is
    taken. A payroll is also an expense of its budget line, under one voucher: with
    `is_remuneration` either book looks at itself, and at what is no payroll of the other.
    """
    books = [] if is_remuneration else _other_books
    for used in (_vouchers_of_movements, *books):
        for number, use in used(unit_ids, year):
            if voucher_key(number) == voucher_key(voucher) and use.id != instead_of:
                return use
    return None


def vouchers_beside_payrolls(
    unit_ids: Collection[UUID], year: int
) -> Iterator[tuple[str, VoucherUse]]:
    """The numbers of movements, but for expenses of remuneration: those are payrolls."""
    payroll = (BudgetLine.purpose == Purpose.REMUNERATION) & (Movement.kind == MovementKind.EXPENSE)
    return _vouchers_of_movements(unit_ids, year, ~payroll)


def find_use_beside_support(
    voucher: str, unit_ids: Collection[UUID], year: int
) -> VoucherUse | None:
    """Where units' books used a number for something else than support of persons, whose vouchers
    stand with the persons' records too.
    """
    books = (_vouchers_of_movements(unit_ids, year, BudgetLine.purpose != Purpose.SUPPORT),)
    others = (used(unit_ids, year) for used in _other_books)
    found = (
        use
        for book in (*books, *others)
        for number, use in book
        if voucher_key(number) == voucher_key(voucher)
    )
    return next(found, None)


def list_voucher_units(unit_id: UUID) -> list[UUID]:
    """The units that share a unit's numbers: those it followed, and those that followed it."""
    followers = select(Succession.successor_id).where(Succession.predecessor_id == unit_id)
    return list_ids_with_predecessors([unit_id, *db.session.scalars(followers)])


def _vouchers_of_movements(
    unit_ids: Collection[UUID], year: int, *conditions: ColumnElement[bool]
) -> Iterator[tuple[str, VoucherUse]]:
    """The numbers of movements that stand and are dated in a year."""
    query = (
        select(Movement.voucher, Movement.id, Movement.on, BudgetLine.title)
        .join(BudgetLine, BudgetLine.id == Movement.line_id)
        .where(Movement.unit_id.in_(unit_ids), Movement.voucher != "", _stands(), *conditions)
        .where(Movement.on.between(date(year, 1, 1), date(year, 12, 31)))
    )
    for voucher, movement_id, on, title in db.session.execute(query):
        yield voucher, VoucherUse(movement_id, on, _l("in the line “%(line)s”", line=title))


def list_closings(unit_ids: Sequence[UUID], year: int) -> list[ClosedYear]:
    """The closings of a year that are in force for any of these units."""
    query = select(ClosedYear).where(
        ClosedYear.unit_id.in_(unit_ids),
        ClosedYear.year == year,
        ClosedYear.reopened_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(ClosedYear.closed_at)))


@dataclass(frozen=True, slots=True)
class PhaseSum:
    """What a unit's lines of a phase come to."""

    programme: Programme
    phase: Phase
    lines: int
    balance: Balance


def sums_by_phase(unit_ids: Sequence[UUID], province_id: UUID | None) -> list[PhaseSum]:
    """Every phase a unit may name, with the sums of the lines that name it."""
    query = select(BudgetLine).where(
        BudgetLine.unit_id.in_(unit_ids), BudgetLine.phase_id.is_not(None)
    )
    lines = db.session.scalars(query).all()
    found = balances(lines)
    by_phase: dict[UUID | None, list[Balance]] = defaultdict(list)
    for line in lines:
        by_phase[line.phase_id].append(found[line.id])
    return [
        PhaseSum(programme, phase, len(by_phase[phase.id]), Balance.total(by_phase[phase.id]))
        for programme, phase in list_phases(province_id)
    ]


@bind_phases
def years_naming(phase: Phase) -> Sequence[int]:
    """The years of the lines that name a phase."""
    query = select(BudgetLine.year).where(BudgetLine.phase_id == phase.id).distinct()
    return db.session.scalars(query).all()


_APPROVED = Movement.approved_at.is_not(None)


def _stands() -> ColumnElement[bool]:
    """Neither taken back nor taking something back."""
    later = aliased(Movement)
    taken_back = select(later.id).where(later.corrects_id == Movement.id).exists()
    return Movement.corrects_id.is_(None) & ~taken_back


def _waits() -> ColumnElement[bool]:
    return and_(Movement.kind == MovementKind.SETTLEMENT, Movement.approved_at.is_(None))


def _late_first(shown: Shown) -> tuple[object, ...]:
    return (-shown.days_late, words_key(shown.body.name), words_key(shown.line.title))
