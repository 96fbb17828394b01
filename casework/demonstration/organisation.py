"""What a unit's organisation is made of, put together: bodies, activities, money, reports."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from casework.authz.permissions import Role
from casework.core.clock import add_months
from casework.core.database import db
from casework.demonstration.activities import ActivityMaker
from casework.demonstration.bodies import Bodies, BodyMaker
from casework.demonstration.horizon import Horizon
from casework.demonstration.money import MoneyMaker
from casework.demonstration.rows import Batch, Row
from casework.demonstration.staff import Team
from casework.organisation.accounts.models import AccountRole
from casework.organisation.reports.models import ReportPeriod
from casework.organisation.settings.queries import Rates, rates_of
from casework.organisation.units.models import Succession, Unit

# Half-years as provinces have run them: 15/12 to 14/6, 15/6 to 14/12.
HALF_YEARS = ((-1, 12, "6 tháng đầu năm"), (0, 6, "6 tháng cuối năm"))
REPORT_DAYS = 10


@dataclass(frozen=True, slots=True)
class Country:
    """What the units of a load have in common."""

    horizon: Horizon
    rates: Mapping[UUID | None, Rates]
    periods: Mapping[UUID | None, Sequence[Row]]
    predecessors: Mapping[UUID, Sequence[Unit]]
    accounts: Mapping[UUID | None, Mapping[Role, UUID]]

    def make(
        self, batch: Batch, rng: Random, unit: Unit, code: str, team: Team, punctuality: float
    ) -> Bodies:
        """Everything of one unit that names no person supported."""
        accounts = self.accounts.get(unit.id, {})
        recorder = accounts.get(Role.UNIT_HEAD, team.coordinators[0].id)
        earlier = self.predecessors.get(unit.id, ())
        bodies = BodyMaker(
            batch, rng, self.horizon, unit, earlier, code, accounts, recorder
        ).make_all()
        officer = self.accounts.get(None, {}).get(Role.DPO)
        activities = ActivityMaker(
            batch, rng, self.horizon, unit, bodies, recorder, officer, punctuality
        )
        activities.make_all(self.periods[unit.province_id])
        MoneyMaker(
            batch,
            rng,
            self.horizon,
            unit,
            bodies,
            self.rates[unit.province_id],
            accounts.get(Role.ACCOUNTANT, team.counselors[0].id),
            recorder,
            rng.triangular(0.4, 1, 0.85),
        ).make_all()
        return bodies


def prepare(batch: Batch, horizon: Horizon, units: Sequence[Unit]) -> Country:
    """Look up what all units need; report periods of their provinces are added to the batch."""
    provinces = {unit.province_id for unit in units}
    return Country(
        horizon,
        {province_id: rates_of(province_id) for province_id in provinces},
        {province_id: _periods(batch, horizon, province_id) for province_id in provinces},
        _predecessors(units),
        _accounts(),
    )


def _periods(batch: Batch, horizon: Horizon, province_id: UUID | None) -> list[Row]:
    periods = []
    for year in range(horizon.begins_on.year, horizon.today.year + 1):
        for years_back, month, name in HALF_YEARS:
            from_on = date(year + years_back, month, 15)
            until_on = add_months(from_on, 6) - timedelta(days=1)
            if until_on >= horizon.begins_on and from_on <= horizon.today:
                periods.append(
                    batch.add(
                        ReportPeriod,
                        province_id=province_id,
                        name=f"{name} {year}",
                        from_on=from_on,
                        until_on=until_on,
                        due_on=until_on + timedelta(days=REPORT_DAYS),
                        source="Công văn hướng dẫn báo cáo của Sở",
                        version=1,
                    )
                )
    return periods


def _predecessors(units: Sequence[Unit]) -> dict[UUID, list[Unit]]:
    query = (
        select(Succession.successor_id, Unit)
        .join(Unit, Unit.id == Succession.predecessor_id)
        .where(~Unit.is_province, Succession.successor_id.in_([unit.id for unit in units]))
        .order_by(Unit.code)
    )
    found: dict[UUID, list[Unit]] = defaultdict(list)
    for successor_id, unit in db.session.execute(query):
        found[successor_id].append(unit)
    return found


def _accounts() -> dict[UUID | None, dict[Role, UUID]]:
    """Who signs in, by unit (None: the whole country) and role."""
    found: dict[UUID | None, dict[Role, UUID]] = defaultdict(dict)
    for held in db.session.scalars(select(AccountRole)):
        found[held.unit_id].setdefault(Role(held.role), held.account_id)
    return found
