"""The days on which meetings are due, and the days between meetings: arithmetic without a database.

A due day is the nth weekday of a month, every n months. When it is a public or lunar holiday of
Vietnam the meeting is due on the same weekday of the next week, and so on until a day that is none;
where four weeks on end are holidays that month has no meeting. Months are counted from that of the
first such weekday on or after the day the schedule begins.
"""

from calendar import Calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from holidays import country_holidays

from casework.core.clock import add_months, month_end
from casework.organisation.meetings.models import Pause, Schedule

LAST_WEEK = 5
WEEK = timedelta(days=7)
MOST_WEEKS_MOVED = 4


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """A day by the schedule, the day it makes a meeting due (None where holidays leave none), and
    the pause that excuses it, if one does.
    """

    regular: date
    due_on: date | None
    pause: Pause | None = None

    @property
    def is_moved(self) -> bool:
        """Whether holidays move the meeting to a later week."""
        return self.due_on is not None and self.due_on != self.regular


def due_days(schedule: Schedule, until: date) -> list[date]:
    """The days the schedule makes meetings due, up to a day, inclusive."""
    return [planned.due_on for planned in plan_days(schedule, until) if planned.due_on]


def plan_days(schedule: Schedule, until: date, pauses: Iterable[Pause] = ()) -> list[PlannedDay]:
    """The series of a schedule up to a day, inclusive, with what moves or excuses its meetings."""
    last, known = min(until, schedule.until_on or until), list(pauses)
    found = []
    for regular in _regular_days(schedule, last):
        day = after_holidays(regular)
        if day is None:
            found.append(PlannedDay(regular, None))
        elif day <= last:
            found.append(PlannedDay(regular, day, covering(known, day)))
    return found


def nth_weekday(month: date, week: int, weekday: int) -> date:
    """The nth weekday (0 Monday … 6 Sunday) of the month a day lies in; week 5 is the last one."""
    if week == LAST_WEEK:
        end = month_end(month.year, month.month)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = month.replace(day=1)
    return first + timedelta(days=(weekday - first.weekday()) % 7) + (week - 1) * WEEK


def after_holidays(day: date) -> date | None:
    """The day itself, or the same weekday of the first week in which it is no holiday; None when
    it is one for four weeks more.
    """
    weeks = (day + moved * WEEK for moved in range(MOST_WEEKS_MOVED + 1))
    return next((each for each in weeks if not is_holiday(each)), None)


def is_holiday(day: date) -> bool:
    """Whether a day is a public or lunar holiday of Vietnam."""
    return day in _holidays(day.year)


def covering(pauses: Iterable[Pause], day: date) -> Pause | None:
    """The first of some pauses that a day lies in."""
    return next((pause for pause in pauses if pause.from_on <= day <= pause.until_on), None)


def longest_gap(
    held_days: Iterable[date], from_on: date, until_on: date, excused_days: Iterable[date] = ()
) -> int:
    """Most days without a meeting between two days: from one held to the next, and from the last
    one held to the end. Where one was postponed with a reason, counting begins anew.

    Days before the first meeting count from the beginning, so that who never met has a gap of the
    whole stretch. 0 for a stretch that has not begun.
    """
    days = sorted(day for day in (*held_days, *excused_days) if from_on <= day <= until_on)
    marks = [from_on, *days, max(from_on, until_on)]
    return max((later - earlier).days for earlier, later in pairwise(marks))


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month a day lies in."""
    return day.replace(day=1), month_end(day.year, day.month)


def weeks_of(month: date) -> list[list[date]]:
    """The sheet of a calendar: the weeks, from Monday, that the days of a month lie in."""
    return Calendar().monthdatescalendar(month.year, month.month)


def _regular_days(schedule: Schedule, last: date) -> Iterator[date]:
    month = schedule.from_on.replace(day=1)
    if nth_weekday(month, schedule.week, schedule.weekday) < schedule.from_on:
        month = add_months(month, 1)
    while month <= last:
        yield nth_weekday(month, schedule.week, schedule.weekday)
        month = add_months(month, schedule.interval_months)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("VN", years=year))
