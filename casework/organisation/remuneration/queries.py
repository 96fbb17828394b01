"""Reading what is due, paid and owed, month by month; and the public figures of units."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from casework.authz.enforce import Access
from casework.core.clock import add_months, month_end, today
from casework.core.database import db
from casework.core.errors import OutOfReach
from casework.core.labels import Labelled
from casework.core.text import name_key
from casework.organisation.accounts.models import Account
from casework.organisation.bodies.models import Body, BodyKind
from casework.organisation.budgets.queries import (
    VoucherUse,
    bind_vouchers,
    voucher_key,
    vouchers_beside_payrolls,
)
from casework.organisation.members.models import Member, Post
from casework.organisation.remuneration.models import PAID_ROLES, Due, Held, Payment, due_for_month
from casework.organisation.settings.models import PaidRole, PartMonth, Setting
from casework.organisation.settings.queries import read_rates_of, read_settings_of
from casework.organisation.units.models import Succession, Unit
from casework.organisation.units.queries import reached


class State(Labelled):
    """How a month stands."""

    MISSING = "missing", _l("a rate is missing")
    COMING = "coming", _l("not over yet")
    NOTHING = "nothing", _l("nothing due")
    OWED = "owed", _l("owed")
    LATE = "late", _l("paid late")
    WRONG = "wrong", _l("another amount")
    PAID = "paid", _l("paid")


@dataclass(frozen=True, slots=True)
class Line:
    """A member's month in one team: what is due, and every payment and correction for it."""

    member_id: UUID
    name: str
    body_id: UUID
    body: str
    unit_id: UUID
    month: date
    due: Due | None
    payments: tuple[Payment, ...]
    payable_until: date

    @property
    def key(self) -> str:
        """Names the line in a form."""
        return f"{self.body_id}.{self.member_id}"

    @property
    def role_label(self) -> str:
        """The role's word on screens; empty where no paid role is held."""
        return PaidRole(self.due.role).label if self.due else ""

    @property
    def amount(self) -> int | None:
        """What is due, in đồng; None where a rate is missing."""
        return self.due.amount if self.due else 0

    @property
    def paid(self) -> int:
        """What was paid, less what was taken back."""
        return sum(payment.amount for payment in self.payments)

    @property
    def owed(self) -> int:
        """What is still to be paid; 0 where a rate is missing."""
        return max(0, (self.amount or 0) - self.paid)

    @property
    def is_over(self) -> bool:
        """Whether the month has ended, so that what is due is final."""
        return month_end(self.month.year, self.month.month) < today()

    @property
    def was_late(self) -> bool:
        """Whether a payment that stands came after the day by which it had to be paid."""
        undone = {payment.corrects_id for payment in self.payments}
        return any(
            payment.amount > 0 and payment.id not in undone and payment.paid_on > self.payable_until
            for payment in self.payments
        )

    @property
    def state(self) -> State:
        """How the month stands."""
        if self.amount is None:
            return State.MISSING
        if self.paid == self.amount:
            return (State.LATE if self.was_late else State.PAID) if self.amount else State.NOTHING
        if self.paid:
            return State.WRONG
        return State.OWED if self.is_over else State.COMING

    @property
    def missing(self) -> list[str]:
        """What must be entered before the amount is known, in words."""
        if self.amount is not None or self.due is None:
            return []
        month = f"{self.month:%m/%Y}"
        said = [
            _("No coefficient for %(role)s in %(month)s", role=PaidRole(role).label, month=month)
            for role in self.due.lacks_coefficient
        ]
        if self.due.lacks_salary:
            said.insert(0, _("No base salary entered for %(month)s", month=month))
        return said


@dataclass(frozen=True, slots=True)
class PaidShare:
    """Months that are over, by member and team. `due` counts months with an amount above zero;
    `paid` those paid in full, `in_time` those of them paid by their day, `wrong` those paid another
    amount; `missing` months whose rate is missing are in none of them.
    """

    due: int
    paid: int
    in_time: int
    wrong: int
    missing: int
    due_amount: int
    paid_amount: int
    owed_amount: int


def months_due(
    unit_ids: Collection[UUID], from_on: date, until_on: date, member_id: UUID | None = None
) -> list[Line]:
    """Every member's months in the volunteer teams of units, from the month of one day to that of
    another, in the order of names; months that are only paid, or whose rate is missing, too.

    Five statements, however many units. `unit_ids` should hold predecessors (bodies.queries).
    With `member_id` it is that member's months, in whichever unit.
    """
    first = from_on.replace(day=1)
    last = month_end(until_on.year, until_on.month)
    posts = _posts(unit_ids, member_id, first, last)
    provinces = {province_id for *_row, province_id in posts}
    rates, settings = read_rates_of(provinces), read_settings_of(provinces)
    held: dict[tuple[UUID, UUID], list[Held]] = {}
    about: dict[tuple[UUID, UUID], tuple[Member, Body]] = {}
    province_of: dict[UUID, UUID | None] = {}
    for post, member, body, province_id in posts:
        held.setdefault((body.id, member.id), []).append(_within(post, body))
        about[body.id, member.id] = member, body
        province_of[body.id] = province_id
    paid: dict[tuple[UUID, UUID, date], list[Payment]] = {}
    for payment in _payments(unit_ids, member_id, first, last):
        paid.setdefault((payment.body_id, payment.member_id, payment.month), []).append(payment)
    about |= _without_post({key[:2] for key in paid} - about.keys())
    months = list(months_between(first, last))
    rules = {
        (each, month): (
            PartMonth(held_here[Setting.PART_MONTH].on(month)),
            timedelta(days=int(held_here[Setting.PAID_DAYS].on(month))),
        )
        for each, held_here in settings.items()
        for month in months
    }
    lines = []
    for (body_id, own_id), (member, body) in sorted(about.items(), key=_by_name):
        roles = held.get((body_id, own_id), [])
        for month in months:
            due, payable = None, month_end(month.year, month.month)
            if body_id in province_of:
                province_id = province_of[body_id]
                part_month, patience = rules[province_id, month]
                due = due_for_month(roles, month, rates[province_id], part_month)
                payable += patience
            entered = tuple(paid.get((body_id, own_id, month), ()))
            if due is not None or entered:
                lines.append(
                    Line(
                        own_id,
                        member.name,
                        body_id,
                        body.name,
                        body.unit_id,
                        month,
                        due,
                        entered,
                        payable,
                    )
                )
    return lines


def paid_share(unit_ids: Collection[UUID], year: int) -> PaidShare:
    """How remuneration of a year stands, over the months that have ended."""
    until = min(date(year, 12, 31), today().replace(day=1) - timedelta(days=1))
    lines = months_due(unit_ids, date(year, 1, 1), until) if until.year >= year else []
    return count_paid(lines)


def count_paid(lines: Iterable[Line]) -> PaidShare:
    """The figures of lines whose months have ended."""
    over = [line for line in lines if line.is_over]
    due = [line for line in over if line.amount]
    right = [line for line in due if line.paid == line.amount]
    return PaidShare(
        due=len(due),
        paid=len(right),
        in_time=sum(not line.was_late for line in right),
        wrong=sum(line.state is State.WRONG for line in over),
        missing=sum(line.amount is None for line in over),
        due_amount=sum(line.amount or 0 for line in due),
        paid_amount=sum(line.paid for line in over),
        owed_amount=sum(line.owed for line in due),
    )


def months_between(first: date, last: date) -> Iterator[date]:
    """The first days of the months from one to another."""
    while first <= last:
        yield first
        first = add_months(first, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A member's lines of a year in one team."""

    name: str
    body: str
    lines: Sequence[Line]
    share: PaidShare

    @property
    def to_look_at(self) -> list[Line]:
        """The months that are over and were not simply paid as they were due."""
        simple = (State.PAID, State.NOTHING, State.COMING)
        return [line for line in self.lines if line.state not in simple]


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """All members' lines of one month together, also of one that is not over yet."""

    month: date
    due_amount: int
    paid_amount: int
    owed_amount: int
    is_over: bool
    share: PaidShare


def by_month(lines: Iterable[Line]) -> list[MonthTotal]:
    """Lines added up month by month, the earliest first."""
    found: dict[date, list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.month):
        found.setdefault(line.month, []).append(line)
    return [
        MonthTotal(
            month,
            sum(line.amount or 0 for line in of),
            sum(line.paid for line in of),
            sum(line.owed for line in of),
            of[0].is_over,
            count_paid(of),
        )
        for month, of in found.items()
    ]


def by_member(lines: Iterable[Line]) -> list[Row]:
    """Lines of one year by member and team, in their order."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.key, []).append(line)
    return [Row(of[0].name, of[0].body, of, count_paid(of)) for of in found.values()]


@dataclass(frozen=True, slots=True)
class Voucher:
    """Payments and corrections entered under one number on one day."""

    number: str
    payments: Sequence[Payment]
    entered_by: str
    approved_by: str

    @property
    def amount(self) -> int:
        """What it comes to."""
        return sum(payment.amount for payment in self.payments)


def list_vouchers(lines: Iterable[Line]) -> list[Voucher]:
    """The vouchers of a month's lines, in the order of days, with who entered and approved them."""
    payments = [payment for line in lines for payment in line.payments]
    by_voucher: dict[tuple[UUID, date, str], list[Payment]] = {}
    for payment in payments:
        key = (payment.unit_id, payment.paid_on, payment.voucher)
        by_voucher.setdefault(key, []).append(payment)
    names = names_of({p.recorded_by for p in payments} | {p.approved_by for p in payments})
    return [
        Voucher(number, found, names.get(found[0].recorded_by, ""),
                names.get(found[0].approved_by, ""))
        for (_unit, _day, number), found in sorted(by_voucher.items(), key=lambda each: each[0][1:])
    ]  # fmt: skip


def names_of(account_ids: Collection[UUID | None]) -> dict[UUID | None, str]:
    """The names of accounts."""
    known = [account_id for account_id in account_ids if account_id]
    if not known:
        return {}
    query = select(Account.id, Account.display_name).where(Account.id.in_(known))
    return {row.id: row.display_name for row in db.session.execute(query)}


def get_payment(access: Access, payment_id: UUID) -> Payment:
    """A payment within reach. Raises OutOfReach."""
    query = (
        select(Payment)
        .join(Unit, Unit.id == Payment.unit_id)
        .where(Payment.id == payment_id, reached(access, Payment.unit_id, Unit.province_id))
    )
    payment = db.session.scalar(query)
    if payment is None:
        raise OutOfReach
    return payment


def get_member(payment: Payment) -> Member:
    """Who was paid."""
    return db.session.get_one(Member, payment.member_id)


def find_correction(payment: Payment) -> Payment | None:
    """The payment that took this one back."""
    return db.session.scalar(select(Payment).where(Payment.corrects_id == payment.id))


def list_of_voucher(payment: Payment) -> list[Payment]:
    """All payments of a payment's voucher."""
    query = select(Payment).where(
        Payment.unit_id == payment.unit_id,
        Payment.voucher == payment.voucher,
        Payment.paid_on == payment.paid_on,
    )
    return list(db.session.scalars(query))


def list_taken_back(payments: Collection[Payment]) -> set[UUID]:
    """Which of these payments a correction took back."""
    ids = [payment.id for payment in payments]
    query = select(Payment.corrects_id).where(Payment.corrects_id.in_(ids))
    return {payment_id for payment_id in db.session.scalars(query) if payment_id}


def find_payroll_voucher(voucher: str, unit_ids: Collection[UUID], year: int) -> VoucherUse | None:
    """Where units used a number in a year, among payments or among movements of the budget that
    are no payroll.
    """
    for used in (vouchers_of_payments, vouchers_beside_payrolls):
        for number, use in used(unit_ids, year):
            if voucher_key(number) == voucher_key(voucher):
                return use
    return None


@bind_vouchers
def vouchers_of_payments(unit_ids: Collection[UUID], year: int) -> Iterator[tuple[str, VoucherUse]]:
    """The numbers of payments and corrections of a year. One that was taken back keeps its number:
    what took it back has a voucher of its own.
    """
    query = select(Payment.voucher, Payment.id, Payment.paid_on).where(
        Payment.unit_id.in_(unit_ids),
        Payment.paid_on.between(date(year, 1, 1), date(year, 12, 31)),
    )
    for voucher, payment_id, on in db.session.execute(query):
        yield voucher, VoucherUse(payment_id, on, _l("for remuneration"))


def find_own_member(account_id: UUID) -> Member | None:
    """The member whose account it is."""
    return db.session.scalar(select(Member).where(Member.account_id == account_id))


def _posts(
    unit_ids: Collection[UUID], member_id: UUID | None, first: date, last: date
) -> list[tuple[Post, Member, Body, UUID | None]]:
    """Paid posts with the province in which the team's unit works today."""
    follower = aliased(Unit)
    query = (
        select(Post, Member, Body, Unit.province_id, follower.province_id)
        .join(Member, Member.id == Post.member_id)
        .join(Body, Body.id == Post.body_id)
        .join(Unit, Unit.id == Body.unit_id)
        .outerjoin(Succession, (Succession.predecessor_id == Unit.id) & (Succession.on <= today()))
        .outerjoin(follower, follower.id == Succession.successor_id)
        .where(
            Member.id == member_id if member_id else Body.unit_id.in_(unit_ids),
            Body.kind == BodyKind.VOLUNTEER_TEAM,
            Post.role.in_(PAID_ROLES),
            Post.from_on <= last,
            or_(Post.until_on.is_(None), Post.until_on >= first),
        )
        .order_by(Post.from_on)
    )
    # A unit that was split has several followers; a post counts once.
    found: dict[UUID, tuple[Post, Member, Body, UUID | None]] = {}
    for post, member, body, province_id, later_id in db.session.execute(query):
        found.setdefault(post.id, (post, member, body, later_id or province_id))
    return list(found.values())


def _within(post: Post, body: Body) -> Held:
    """A post as far as its team exists."""
    ends = [day for day in (post.until_on, body.active_until) if day]
    return Held(post.role, max(post.from_on, body.active_from), min(ends, default=None))


def _payments(
    unit_ids: Collection[UUID], member_id: UUID | None, first: date, last: date
) -> Sequence[Payment]:
    of_units = Payment.body_id.in_(select(Body.id).where(Body.unit_id.in_(unit_ids)))
    query = (
        select(Payment)
        .where(
            Payment.member_id == member_id if member_id else of_units,
            Payment.month.between(first, last),
        )
        .order_by(Payment.paid_on, Payment.recorded_at)
    )
    return db.session.scalars(query).all()


def _without_post(
    keys: Collection[tuple[UUID, UUID]],
) -> dict[tuple[UUID, UUID], tuple[Member, Body]]:
    """Members and teams of payments for which no post is recorded, in one statement if any."""
    if not keys:
        return {}
    query = (
        select(Payment.body_id, Payment.member_id, Member, Body)
        .join(Member, Member.id == Payment.member_id)
        .join(Body, Body.id == Payment.body_id)
        .where(
            Payment.body_id.in_({body_id for body_id, _ in keys}),
            Payment.member_id.in_({member_id for _, member_id in keys}),
        )
        .distinct()
    )
    rows = db.session.execute(query).all()
    found = {(body_id, member_id): (member, body) for body_id, member_id, member, body in rows}
    return {key: found[key] for key in keys}


def _by_name(about: tuple[tuple[UUID, UUID], tuple[Member, Body]]) -> tuple[object, ...]:
    """Members by name, then the order in which forms name their lines (Line.key)."""
    (body_id, member_id), (member, _body) = about
    return (name_key(member.name), f"{body_id}.{member_id}")
