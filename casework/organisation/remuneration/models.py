"""Monthly remuneration of volunteer teams: what is due, by posts and rates; and what was paid.

What is due for a month, to a member, in one team:

* On each day the highest coefficient counts of the roles held there on that day; never two.
* `PART_MONTH` of the team's province says how a part of a month is paid. By the day: each day earns
  coefficient times base salary of that day, divided by the days of the month. Whole: one day makes
  a month. Half: fifteen days make a month, fewer make none. Whole and half months are paid at the
  role, coefficient and base salary of the first day served in the month, so that a change within a
  month counts from the next one.
* Rounded once, half a đồng up, to whole đồng. Fractions are exact; there are no floats.
* A day without a rate has no amount: the month says which rate is missing, and is never zero.

Posts in two teams are due in each. Rates are those of the province where the team's unit works
today, also for a team that is still bound to a unit that was merged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from casework.core.clock import month_end, now
from casework.core.database import Base, operational
from casework.organisation.settings.models import PaidRole, PartMonth, tell_coefficient
from casework.organisation.settings.queries import Rates

HALF_MONTH = 15
PAID_ROLES = frozenset(str(role) for role in PaidRole)
ONE_DAY = timedelta(days=1)


class Payment(Base):
    """Remuneration of a member of a body for one month (its first day), in whole đồng.

    Taken back by a payment that corrects it, with the negative amount; both stay readable.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("(amount > 0) = (corrects_id IS NULL)", name="sign"),
        UniqueConstraint("corrects_id"),
        Index(None, "body_id", "month"),
        Index(None, "unit_id", "month"),
        Index(None, "member_id", "month"),
    )

    id: Mapped[UUID] = operational(primary_key=True)
    unit_id: Mapped[UUID] = operational(ForeignKey("organisation.units.id"), nullable=False)
    body_id: Mapped[UUID] = operational(ForeignKey("organisation.bodies.id"), nullable=False)
    member_id: Mapped[UUID] = operational(ForeignKey("organisation.members.id"), nullable=False)
    month: Mapped[date] = operational(nullable=False)
    amount: Mapped[int] = operational(BigInteger, nullable=False)
    paid_on: Mapped[date] = operational(nullable=False)
    voucher: Mapped[str] = operational(nullable=False)
    note: Mapped[str] = operational(nullable=False, default="")
    corrects_id: Mapped[UUID | None] = operational(ForeignKey("organisation.payments.id"))
    recorded_by: Mapped[UUID | None] = operational()
    recorded_at: Mapped[datetime] = operational(nullable=False, default=now)
    approved_by: Mapped[UUID | None] = operational()
    approved_at: Mapped[datetime | None] = operational()


@dataclass(frozen=True, slots=True)
class Held:
    """A role from a day until a day, both counted."""

    role: str
    from_on: date
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Segment:
    """Days of one month on which role and rates stay the same."""

    from_on: date
    until_on: date
    role: str
    thousandths: int | None
    salary: int | None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.until_on - self.from_on).days + 1

    @property
    def a_month(self) -> Fraction | None:
        """What a whole month at these rates is worth; None where one is missing."""
        if self.thousandths is None or self.salary is None:
            return None
        return Fraction(self.thousandths * self.salary, 1000)


@dataclass(frozen=True, slots=True)
class Due:
    """What is due for one month: `amount` is None where a rate is missing for a day that counts."""

    month: date
    days: int
    paid_by: tuple[Segment, ...]
    amount: int | None

    @property
    def role(self) -> str:
        """The role at the end of what is paid."""
        return self.paid_by[-1].role

    @property
    def coefficients(self) -> str:
        """0,4; or 0,4 and 0,5 where it changed: "0,4; 0,5"."""
        told = (tell_coefficient(each.thousandths or 0) for each in self.paid_by)
        return "; ".join(dict.fromkeys(told))

    @property
    def salaries(self) -> tuple[int, ...]:
        """The base salaries it is computed from, in order."""
        return tuple(dict.fromkeys(each.salary or 0 for each in self.paid_by))

    @property
    def lacks_salary(self) -> bool:
        """Whether no base salary was entered for a day that counts."""
        return any(each.salary is None for each in self.paid_by)

    @property
    def lacks_coefficient(self) -> tuple[str, ...]:
        """The roles without a coefficient on a day that counts."""
        return tuple(dict.fromkeys(each.role for each in self.paid_by if each.thousandths is None))


def due_for_month(
    posts: Sequence[Held], month: date, rates: Rates, part_month: PartMonth
) -> Due | None:
    """What is due to one member in one team for the month that begins on `month`; None where no
    paid role is held in it. Fewer than fifteen days under the half-month rule are 0 đồng.
    """
    last = month_end(month.year, month.month)
    segments = list(_segments(posts, month, last, rates))
    if not segments:
        return None
    days = sum(each.days for each in segments)
    if part_month is PartMonth.DAYS:
        counted, whole = tuple(segments), last.day
        parts = [Fraction(each.days, whole) for each in counted]
    else:
        enough = part_month is PartMonth.WHOLE or days >= HALF_MONTH
        counted, parts = (segments[0],), [Fraction(int(enough))]
        if not enough:
            return Due(month, days, counted, 0)
    worth = Fraction(0)
    for each, part in zip(counted, parts, strict=True):
        if each.a_month is None:
            return Due(month, days, counted, None)
        worth += each.a_month * part
    return Due(month, days, counted, half_up(worth))


def half_up(amount: Fraction) -> int:
    """Whole đồng, half a đồng up. Amounts are never below zero."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def _segments(posts: Iterable[Held], first: date, last: date, rates: Rates) -> Iterable[Segment]:
    """The days of a month on which a paid role is held, cut where anything changes."""
    held = [post for post in posts if post.role in PAID_ROLES]
    cuts = {first, *rates.changes}
    cuts |= {post.from_on for post in held}
    cuts |= {post.until_on + ONE_DAY for post in held if post.until_on}
    begins = sorted(day for day in cuts if first <= day <= last)
    for begin, following in zip(begins, [*begins[1:], last + ONE_DAY], strict=True):
        roles = {
            post.role
            for post in held
            if post.from_on <= begin and (post.until_on is None or post.until_on >= begin)
        }
        if roles:
            yield _segment(roles, begin, following - ONE_DAY, rates)


def _segment(roles: set[str], begin: date, end: date, rates: Rates) -> Segment:
    found = {role: rates.coefficient(role, begin) for role in sorted(roles)}
    salary = rates.base_salary(begin)
    amount = salary.amount if salary else None
    for role, coefficient in found.items():
        if coefficient is None:
            return Segment(begin, end, role, None, amount)
    role, best = max(
        ((role, row.thousandths) for role, row in found.items() if row), key=lambda each: each[1]
    )
    return Segment(begin, end, role, best, amount)
