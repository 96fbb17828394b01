"""Reading budget lines, and the arithmetic of a line: what it has is summed from its movements.

The arithmetic (`Entry`, `Balance`, `RULES`, `Bar`) is pure: whole đồng in, whole đồng out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
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
from casework.organisation.budgets.models import (
    BudgetLine,
    ClosedYear,
    FundingSource,
    Movement,
    MovementKind,
    Phase,
    Programme,
)
from casework.organisation.units.models import Unit
from casework.organisation.units.queries import reached


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement that stands (not taken back), or several of a kind summed, the last of them `on`.

    `waits`: a settlement that nobody approved yet.
    """

    kind: str
    amount: int
    on: date
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What became of a line's money, in whole đồng.

    * A movement that was taken back counts nowhere, and neither does what took it back.
    * A settlement counts when it is approved; until then it stands in `waiting` alone.
    * advanced ≤ allotted; spent ≤ allotted; settled + refunded ≤ advanced; settled ≤ spent.
    * in hand = advanced - spent - refunded. Below zero people paid out of their own pocket: that
      much is `paid_ahead`.
    * outstanding = advanced - settled - refunded: what must still be settled or paid back.
    * So nothing is made or lost: advanced = settled + refunded + outstanding, and
      advanced + paid ahead = spent + refunded + what is in hand above zero.
    * Settled completely when something was advanced and nothing is outstanding: on the day of the
      last settlement or refund.
    * Late by the days from the due day until then; until today while something is outstanding.
    """

    allotted: int = 0
    advanced: int = 0
    spent: int = 0
    settled: int = 0
    refunded: int = 0
    waiting: int = 0
    allotted_on: date | None = None
    cleared_on: date | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Balance":
        """The balance of the movements that stand."""
        sums: dict[str, int] = defaultdict(int)
        allotted_on = cleared_on = None
        for entry in entries:
            sums["waiting" if entry.waits else _SUM_OF[MovementKind(entry.kind)]] += entry.amount
            if entry.kind == MovementKind.ALLOTMENT:
                allotted_on = max(allotted_on or entry.on, entry.on)
            elif entry.kind in _CLEARING and not entry.waits:
                cleared_on = max(cleared_on or entry.on, entry.on)
        return cls(**sums, allotted_on=allotted_on, cleared_on=cleared_on)

    @classmethod
    def total(cls, balances: Iterable["Balance"]) -> "Balance":
        """The sums of several lines; days have no sum."""
        listed = list(balances)
        return cls(**{name: sum(getattr(each, name) for each in listed) for name in _SUMS})

    @property
    def in_hand(self) -> int:
        """What should lie in the till of this line; below zero when people paid ahead."""
        return self.advanced - self.spent - self.refunded

    @property
    def paid_ahead(self) -> int:
        """What people laid out beyond the advances."""
        return max(0, -self.in_hand)

    @property
    def outstanding(self) -> int:
        """What was advanced and is neither settled nor paid back."""
        return self.advanced - self.settled - self.refunded

    @property
    def settled_on(self) -> date | None:
        """The day on which the line was settled completely."""
        return self.cleared_on if self.advanced > 0 and self.outstanding == 0 else None

    def days_late(self, due_on: date, on: date) -> int:
        """Days after the due day on which it was settled, or that have passed until `on`."""
        until = on if self.outstanding > 0 else self.settled_on
        return max(0, (until - due_on).days) if until else 0

    @property
    def bar(self) -> "Bar":
        """The allotment cut into parts."""
        untouched = self.allotted - self.spent - max(0, self.in_hand)
        not_advanced = min(untouched, max(0, self.allotted - self.advanced - self.paid_ahead))
        return Bar(
            settled=self.settled,
            spent=self.spent - self.settled,
            in_hand=max(0, self.in_hand),
            refunded=untouched - not_advanced,
            not_advanced=not_advanced,
            paid_ahead=self.paid_ahead,
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """The allotment cut into parts, none below zero, together exactly the allotment, whatever
    overlaps: settled, spent and not settled yet, in hand, paid back, not advanced yet. What people
    paid ahead is spent money that was not advanced; it is said beside the bar.
    """

    settled: int
    spent: int
    in_hand: int
    refunded: int
    not_advanced: int
    paid_ahead: int

    @classmethod
    def total(cls, bars: Iterable["Bar"]) -> "Bar":
        """Part by part: money in hand on one line hides nothing that was paid ahead on another."""
        parts = zip(*map(astuple, [Balance().bar, *bars]), strict=True)
        return cls(*map(sum, parts))

    @property
    def parts(self) -> list[tuple[str, Any, int]]:
        """Code, word and amount of each part, in the order of the bar."""
        return [(code, word, getattr(self, code)) for code, word in _PARTS]

    @property
    def whole(self) -> int:
        """The allotment."""
        return sum(amount for _, _, amount in self.parts)


_PARTS = (
    ("settled", _l("settled")),
    ("spent", _l("spent, not settled yet")),
    ("in_hand", _l("in hand")),
    ("refunded", _l("paid back")),
    ("not_advanced", _l("not advanced yet")),
)
_SUM_OF = {
    MovementKind.ALLOTMENT: "allotted",
    MovementKind.ADVANCE: "advanced",
    MovementKind.EXPENSE: "spent",
    MovementKind.SETTLEMENT: "settled",
    MovementKind.REFUND: "refunded",
}
_SUMS = (*_SUM_OF.values(), "waiting")
_APPROVED = Movement.approved_at.is_not(None)
_CLEARING = (MovementKind.SETTLEMENT, MovementKind.REFUND)


@dataclass(frozen=True, slots=True)
class Rule:
    """One sum may not pass another. `message` is said with both."""

    part: tuple[str, ...]
    whole: str
    message: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a balance breaks, with the two sums."""

    rule: Rule
    part: int
    whole: int


RULES = (
    Rule(
        ("advanced",),
        "allotted",
        _l("Advances of %(part)s would be more than the %(whole)s allotted."),
    ),
    Rule(
        ("spent",),
        "allotted",
        _l("Vouchers of %(part)s would be more than the %(whole)s allotted."),
    ),
    Rule(
        ("settled", "refunded"),
        "advanced",
        _l("Settled and paid back %(part)s together would be more than the %(whole)s advanced."),
    ),
    Rule(
        ("settled",),
        "spent",
        _l("Settlements of %(part)s would be more than the vouchers of %(whole)s."),
    ),
)


def find_broken_rule(balance: Balance) -> Broken | None:
    """The first rule that a balance breaks."""
    for rule in RULES:
        part = sum(getattr(balance, name) for name in rule.part)
        whole = getattr(balance, rule.whole)
        if part > whole:
            return Broken(rule, part, whole)
    return None


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


def list_lines(unit_ids: Sequence[UUID], year: int) -> list[BudgetLine]:
    """The lines of units in a year, in the order of their titles."""
    query = select(BudgetLine).where(BudgetLine.unit_id.in_(unit_ids), BudgetLine.year == year)
    return sorted(db.session.scalars(query), key=lambda line: (words_key(line.title), line.id))


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
        Movement.approved_at.is_not(None),
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
        moved: dict[str, Any] = {_SUM_OF[MovementKind(kind)]: int(amount)}
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


SUM_COLUMNS = (
    "advanced",
    "spent",
    "settled",
    "refunded",
    "outstanding",
    "settled_on",
    "days_late",
)
"""What an export says of a line beyond the columns of the import."""


def cells_of(shown: Shown) -> list[Any]:
    """A line as an export writes it: the cells of the import, then SUM_COLUMNS."""
    line, balance = shown.line, shown.balance
    return [
        shown.body.name,
        line.year,
        line.funding_source,
        line.purpose,
        line.title,
        line.estimate_amount,
        line.due_on,
        balance.allotted or None,
        balance.allotted_on,
        balance.advanced,
        balance.spent,
        balance.settled,
        balance.refunded,
        balance.outstanding,
        balance.settled_on,
        shown.days_late,
    ]


def list_outstanding(unit_ids: Sequence[UUID]) -> list[tuple[BudgetLine, int]]:
    """The lines of every year with something outstanding, and how much."""
    lines = list(db.session.scalars(select(BudgetLine).where(BudgetLine.unit_id.in_(unit_ids))))
    found = balances(lines)
    rows = [(line, found[line.id].outstanding) for line in lines if found[line.id].outstanding]
    return sorted(rows, key=lambda row: (row[0].year, row[0].due_on, words_key(row[0].title)))


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


def get_unit_within(access: Access, unit_id: UUID) -> Unit:
    """A unit within reach of a permission. Raises OutOfReach."""
    query = select(Unit).where(Unit.id == unit_id, reached(access, Unit.id, Unit.province_id))
    unit = db.session.scalar(query)
    if unit is None:
        raise OutOfReach
    return unit


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


@dataclass(frozen=True, slots=True)
class Told:
    """A movement in the ledger: what took it back, if something did, and the line's money in hand
    after it. What was taken back never moved any.
    """

    movement: Movement
    taken_back_by: Movement | None
    in_hand: int

    @property
    def stands(self) -> bool:
        """Whether it counts (or, waiting, may come to count)."""
        return self.taken_back_by is None and self.movement.corrects_id is None

    @property
    def waits(self) -> bool:
        """A settlement that nobody approved yet."""
        return self.stands and is_waiting(self.movement)

    @property
    def entry(self) -> Entry:
        """The movement as it counts, when it stands."""
        return Entry(self.movement.kind, self.movement.amount, self.movement.on, self.waits)


def list_ledger(line: BudgetLine) -> list[Told]:
    """Every movement of a line, also those taken back, by day and then as they were entered."""
    query = select(Movement).where(Movement.line_id == line.id)
    movements = sorted(
        db.session.scalars(query), key=lambda each: (each.on, each.recorded_at, each.amount < 0)
    )
    taken_back = {each.corrects_id: each for each in movements if each.corrects_id}
    told, in_hand = [], 0
    for movement in movements:
        this = Told(movement, taken_back.get(movement.id), in_hand)
        if this.stands:
            in_hand += _TO_HAND.get(MovementKind(movement.kind), 0) * movement.amount
        told.append(replace(this, in_hand=in_hand))
    return told


_TO_HAND = {MovementKind.ADVANCE: 1, MovementKind.EXPENSE: -1, MovementKind.REFUND: -1}


def list_standing(line: BudgetLine) -> list[Told]:
    """What counts of a line, or waits to count."""
    return [told for told in list_ledger(line) if told.stands]


def is_waiting(movement: Movement) -> bool:
    """A settlement that nobody approved yet (whether it was taken back is another question)."""
    return movement.kind == MovementKind.SETTLEMENT and movement.approved_at is None


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


def vouchers_used(unit_id: UUID, year: int) -> dict[str, tuple[UUID, date, str]]:
    """The voucher numbers of a unit's movements that stand and are dated in a year: the movement,
    its day, and the title of its line.
    """
    query = (
        select(Movement.voucher, Movement.id, Movement.on, BudgetLine.title)
        .join(BudgetLine, BudgetLine.id == Movement.line_id)
        .where(Movement.unit_id == unit_id, Movement.voucher != "", _stands())
        .where(Movement.on.between(date(year, 1, 1), date(year, 12, 31)))
    )
    return {
        voucher_key(row.voucher): (row.id, row.on, row.title) for row in db.session.execute(query)
    }


def list_closings(unit_ids: Sequence[UUID], year: int) -> list[ClosedYear]:
    """The closings of a year that are in force for any of these units."""
    query = select(ClosedYear).where(
        ClosedYear.unit_id.in_(unit_ids),
        ClosedYear.year == year,
        ClosedYear.reopened_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(ClosedYear.closed_at)))


def list_closed_years(unit_ids: Sequence[UUID]) -> list[ClosedYear]:
    """Every closing and reopening, newest first."""
    query = select(ClosedYear).where(ClosedYear.unit_id.in_(unit_ids))
    return list(db.session.scalars(query.order_by(ClosedYear.closed_at.desc())))


def list_years_in_force(unit_id: UUID) -> list[int]:
    """The years that are closed today, newest first."""
    query = select(ClosedYear.year).where(
        ClosedYear.unit_id == unit_id, ClosedYear.reopened_at.is_(None)
    )
    return sorted(db.session.scalars(query), reverse=True)


def list_phases(province_id: UUID | None) -> list[tuple[Programme, Phase]]:
    """The phases of the country's programmes and of a province's own, in order of their days."""
    query = (
        select(Programme, Phase)
        .join(Phase, Phase.programme_id == Programme.id)
        .where(or_(Programme.province_id.is_(None), Programme.province_id == province_id))
    )
    rows = [(programme, phase) for programme, phase in db.session.execute(query)]
    return sorted(rows, key=lambda row: (words_key(row[0].name), row[1].from_on))


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


def list_programmes(access: Access) -> list[tuple[Programme, list[Phase]]]:
    """The programmes that an access may change, with their phases."""
    query = select(Programme).where(_programmes_within(access))
    programmes = sorted(db.session.scalars(query), key=lambda each: words_key(each.name))
    phases: dict[UUID, list[Phase]] = {programme.id: [] for programme in programmes}
    for phase in db.session.scalars(
        select(Phase).where(Phase.programme_id.in_(list(phases))).order_by(Phase.from_on)
    ):
        phases[phase.programme_id].append(phase)
    return [(programme, phases[programme.id]) for programme in programmes]


def list_phases_of(programme: Programme) -> list[Phase]:
    """The phases of a programme, in the order of their days."""
    query = select(Phase).where(Phase.programme_id == programme.id)
    return list(db.session.scalars(query.order_by(Phase.from_on)))


def get_programme(access: Access, programme_id: UUID) -> Programme:
    """A programme that an access may change. Raises OutOfReach."""
    query = select(Programme).where(Programme.id == programme_id, _programmes_within(access))
    programme = db.session.scalar(query)
    if programme is None:
        raise OutOfReach
    return programme


def get_phase(programme: Programme, phase_id: UUID) -> Phase:
    """A phase of a programme. Raises OutOfReach."""
    phase = db.session.get(Phase, phase_id)
    if phase is None or phase.programme_id != programme.id:
        raise OutOfReach
    return phase


def list_provinces_within(access: Access) -> list[Unit]:
    """The provinces for which an access may keep programmes."""
    query = select(Unit).where(Unit.is_province, access.within(Unit.id, Unit.province_id))
    query = query.where(Unit.valid_until.is_(None))
    return sorted(db.session.scalars(query), key=lambda unit: words_key(unit.name))


def _programmes_within(access: Access) -> ColumnElement[bool]:
    provinces = select(Unit.id).where(Unit.is_province, access.within(Unit.id, Unit.province_id))
    own = Programme.province_id.in_(provinces)
    return or_(own, Programme.province_id.is_(None)) if access.everywhere else own


def _stands() -> ColumnElement[bool]:
    """Neither taken back nor taking something back."""
    later = aliased(Movement)
    taken_back = select(later.id).where(later.corrects_id == Movement.id).exists()
    return Movement.corrects_id.is_(None) & ~taken_back


def _waits() -> ColumnElement[bool]:
    return and_(Movement.kind == MovementKind.SETTLEMENT, Movement.approved_at.is_(None))


def _late_first(shown: Shown) -> tuple[object, ...]:
    return (-shown.days_late, words_key(shown.body.name), words_key(shown.line.title))
