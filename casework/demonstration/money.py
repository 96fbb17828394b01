"""The money of a unit: budget lines with all their movements, and remuneration month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from uuid import UUID

from casework.core.clock import add_months, month_end
from casework.demonstration.bodies import Bodies
from casework.demonstration.horizon import Horizon, moment, working_day
from casework.demonstration.rows import Batch, Row
from casework.organisation.budgets.models import (
    BudgetLine,
    FundingSource,
    Movement,
    MovementKind,
    Purpose,
)
from casework.organisation.remuneration.models import Payment
from casework.organisation.settings.queries import Rates
from casework.organisation.units.models import Unit

CLUB_LINES = (
    (FundingSource.PROGRAMME, Purpose.ACTIVITY, "Kinh phí mô hình", 15_000_000),
    (FundingSource.LOCAL_BUDGET, Purpose.COMMUNICATION, "Truyền thông", 6_000_000),
)
MOBILISED = (FundingSource.SOCIAL_MOBILISATION, Purpose.SUPPORT, "Xã hội hóa", 4_000_000)
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class MoneyMaker:
    """Makes the money of a unit. `diligence` is the share of lines it settles in time."""

    batch: Batch
    rng: Random
    horizon: Horizon
    unit: Unit
    bodies: Bodies
    rates: Rates
    accountant: UUID | None
    head: UUID | None
    diligence: float

    def make_all(self) -> None:
        """Lines of every year told, and remuneration of the team."""
        for year in range(self.horizon.begins_on.year, self.horizon.today.year + 1):
            vouchers = (f"PC{number:03}/{year % 100}" for number in count(1))
            for source, purpose, title, amount in self._lines():
                self._line(year, source, purpose, title, amount, vouchers)
        if self.bodies.team is not None:
            self._remuneration()

    def _lines(self) -> list[tuple[FundingSource, Purpose, str, int]]:
        mobilised = self.head is not None or self.rng.random() < 0.6
        return [*CLUB_LINES, *([MOBILISED] if mobilised else [])]

    def _line(
        self,
        year: int,
        source: FundingSource,
        purpose: Purpose,
        title: str,
        amount: int,
        vouchers: Iterator[str],
    ) -> None:
        rng, begun = self.rng, date(year, 1, 20)
        if begun > self.horizon.last_day:
            return
        due_on = date(year, 12, 20)
        line = self.batch.add(
            BudgetLine, unit_id=self.unit.id, body_id=self.bodies.club["id"], year=year,
            funding_source=source, purpose=purpose, phase_id=None, title=f"{title} {year}",
            estimate_amount=amount, due_on=due_on, recorded_by=self.accountant,
            recorded_at=moment(rng, begun), version=1,
        )  # fmt: skip
        allotted = amount if rng.random() < 0.8 else amount * 4 // 5
        self._move(line, MovementKind.ALLOTMENT, begun + timedelta(days=20), allotted)
        advanced = spent = 0
        for month in (3, 7):
            part = allotted // 2
            if self._move(line, MovementKind.ADVANCE, date(year, month, 10), part, vouchers):
                advanced += part
        for month in range(3, 12):
            part = rng.randrange(6, 12) * allotted // 100 // THOUSAND * THOUSAND
            if spent + part <= advanced:
                on = working_day(date(year, month, rng.randrange(11, 25)))
                if self._move(line, MovementKind.EXPENSE, on, part, vouchers):
                    spent += part
        self._settle(line, due_on, advanced, spent, vouchers)

    def _settle(
        self, line: Row, due_on: date, advanced: int, spent: int, vouchers: Iterator[str]
    ) -> None:
        rng = self.rng
        in_time = rng.random() < self.diligence
        days = -rng.randrange(0, 12) if in_time else rng.randrange(5, 60)
        on = working_day(due_on + timedelta(days=days))
        if spent:
            self._move(line, MovementKind.SETTLEMENT, on, spent, vouchers)
        if advanced > spent:
            self._move(line, MovementKind.REFUND, on, advanced - spent, vouchers)

    def _move(
        self,
        line: Row,
        kind: MovementKind,
        on: date,
        amount: int,
        vouchers: Iterator[str] | None = None,
    ) -> bool:
        """A movement, unless its day has not come."""
        if on > self.horizon.last_day:
            return False
        settled = kind is MovementKind.SETTLEMENT
        at = moment(self.rng, on)
        self.batch.add(
            Movement, line_id=line["id"], unit_id=self.unit.id, kind=kind, on_day=on, amount=amount,
            voucher=next(vouchers) if vouchers else "", note="", corrects_id=None,
            recorded_by=self.accountant, recorded_at=at,
            approved_by=self.head if settled else None,
            approved_at=at if settled else None,
        )  # fmt: skip
        return True

    def _remuneration(self) -> None:
        """Every month of every post with a coefficient, but the last ones of some units."""
        rng, horizon, team = self.rng, self.horizon, self.bodies.team
        behind = rng.choice((0, 0, 1, 2, 4))
        for index in range(horizon.months - behind):
            month = add_months(horizon.begins_on, index)
            paid_on = working_day(month_end(month.year, month.month) + timedelta(days=8))
            if paid_on > horizon.last_day:
                break
            for post in self.bodies.team_posts:
                salary = self.rates.base_salary(month)
                coefficient = self.rates.coefficient(post["role"], month)
                if not salary or not coefficient or post["from_on"] > month or post["until_on"]:
                    continue
                self.batch.add(
                    Payment, unit_id=self.unit.id, body_id=team["id"] if team else None,
                    member_id=post["member_id"], month=month,
                    amount=(salary.amount * coefficient.thousandths + THOUSAND // 2) // THOUSAND,
                    paid_on=paid_on, voucher=f"TL{month:%m/%y}", note="", corrects_id=None,
                    recorded_by=self.accountant, recorded_at=moment(rng, paid_on),
                    approved_by=self.head, approved_at=moment(rng, paid_on),
                )  # fmt: skip
