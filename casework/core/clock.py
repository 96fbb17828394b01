"""The time, in one place, so that tests can pin it."""

from datetime import UTC, date, datetime, timedelta, timezone

# Vietnam keeps UTC+7 the whole year.
VIETNAM = timezone(timedelta(hours=7))


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day in Vietnam, whatever zone the server is set to."""
    return now().astimezone(VIETNAM).date()


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), month_end(year, month + 1))


def last_year_to(day: date) -> tuple[date, date]:
    """The first and the last day of the twelve months that end on a day, both inclusive.

    The same day a year before is out: nobody who meets once a month was due thirteen times.
    """
    return add_months(day, -12) + timedelta(days=1), day
