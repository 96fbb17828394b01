"""How long a status given by law lasts: so many whole months from its first day on."""

from datetime import date, timedelta

from casework.core.clock import add_months


def last_day(from_on: date, months: int) -> date:
    """The last day of a status: twelve months from 05/02/2026 end with 04/02/2027. Where the month
    it ends in has no such day, the status ends with that month's last but one.
    """
    return add_months(from_on, months) - timedelta(days=1)


def months_between(from_on: date, until_on: date) -> int:
    """After how many months a status of these days was made to end."""
    after = until_on + timedelta(days=1)
    return (after.year - from_on.year) * 12 + after.month - from_on.month
