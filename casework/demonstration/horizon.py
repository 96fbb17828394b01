"""The time that is told: whole months up to a closed one, and the running month until yesterday.

What happened before July 2025 stands under today's units, as if they had taken it over when they
were formed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

from holidays import country_holidays

from casework.core.clock import VIETNAM, add_months, month_end

SUNDAY = 6
_MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Horizon:
    """From the first day of the first month until `today`, the day on which the story stops."""

    begins_on: date
    closes_on: date
    today: date

    @property
    def last_day(self) -> date:
        """The last day with contacts and sessions: today is left to whoever tries the program."""
        return self.today - timedelta(days=1)

    @property
    def months(self) -> int:
        """How many closed months are told."""
        begin, end = self.begins_on, self.closes_on
        return (end.year - begin.year) * 12 + end.month - begin.month + 1

    @property
    def periods(self) -> list[str]:
        """The closed months as YYYY-MM."""
        first = self.begins_on
        return [f"{add_months(first, month):%Y-%m}" for month in range(self.months)]


def last_closed_month(today: date) -> str:
    """The month before today's, as YYYY-MM."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def horizon(months: int, until: str | None, today: date) -> Horizon:
    """So many months up to `until`; unless that is the last closed month, the story ends with it.

    Raises ValueError for a month that is not YYYY-MM or not closed yet.
    """
    newest = last_closed_month(today)
    wanted = until or newest
    if not _MONTH.fullmatch(wanted) or wanted > newest:
        raise ValueError(f"{wanted} is no closed month; the last one is {newest}.")
    month = date.fromisoformat(f"{wanted}-01")
    closes_on = month_end(month.year, month.month)
    begins_on = add_months(closes_on.replace(day=1), 1 - months)
    return Horizon(begins_on, closes_on, today if wanted == newest else closes_on)


def is_tet(day: date) -> bool:
    """The days around the lunar new year on which nobody can be asked to a meeting."""
    return any(day + timedelta(days=shift) in _tet_days(day.year) for shift in range(-4, 8))


@cache
def working_day(day: date) -> date:
    """That day, or the next one that is neither a Sunday nor a public holiday."""
    while day.weekday() == SUNDAY or day in _holidays(day.year):
        day += timedelta(days=1)
    return day


def moment(rng: Random, day: date) -> datetime:
    """A time of a working day, in UTC."""
    at = time(rng.randint(8, 17), rng.randint(0, 59), tzinfo=VIETNAM)
    return datetime.combine(day, at).astimezone(UTC)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("VN", years=year))


@cache
def _tet_days(year: int) -> frozenset[date]:
    named = country_holidays("VN", years=year).items()
    return frozenset(day for day, name in named if "Lunar" in name or "Tết" in name)
