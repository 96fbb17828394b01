"""When cases open and close, and when contacts take place.

A unit's caseload is taken to be steady: part of its cases were open before the first month told
(their contacts before it stayed on paper), the others open evenly, and each lasts fourteen months
on average.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from random import Random

from casework.demonstration.horizon import Horizon, working_day

MEAN_MONTHS = 14
DAYS_A_MONTH = 30.4
SHORTEST, LONGEST = timedelta(days=30), 1200
# Per commune: 14 persons in group A, 2 in B, 0.8 in C, few others.
MEAN_OPEN = 17.2
WEEKLY_CONTACTS = 4


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when somebody is supported. No end: still open."""

    opened_on: date
    closed_on: date | None


def usual_cases(units: int, horizon: Horizon) -> int:
    """How many cases, open and closed, so many units have over the months told."""
    return round(units * MEAN_OPEN * (1 + horizon.months / MEAN_MONTHS))


def share_out(cases: int, units: int, rng: Random) -> list[int]:
    """Cases of each unit: few in most, many in some, all adding up."""
    weights = [min(max(rng.lognormvariate(0, 0.45), 0.35), 2.0) for _ in range(units)]
    if units > 2:
        weights[0] *= 0.5  # the first unit gets the counselor's chosen cases on top
    marks = [0, *(round(cases * part / sum(weights)) for part in accumulate(weights))]
    marks[-1] = cases
    return [upper - lower for lower, upper in pairwise(marks)]


def draw_life(rng: Random, horizon: Horizon) -> Life:
    """A case of a steady caseload. How long it goes on does not depend on how long it has been."""
    told = (horizon.today - horizon.begins_on).days
    mean = MEAN_MONTHS * DAYS_A_MONTH
    length = timedelta(days=round(rng.expovariate(1 / mean)))
    if rng.random() < mean / (mean + told):
        before = timedelta(days=1 + round(rng.expovariate(1 / mean)) % LONGEST)
        opened_on, ends_on = horizon.begins_on - before, horizon.begins_on + length
    else:
        opened_on = horizon.begins_on + timedelta(days=rng.randrange(told))
        ends_on = opened_on + max(length, SHORTEST)
    opened_on, ends_on = working_day(opened_on), working_day(ends_on)
    return Life(min(opened_on, horizon.last_day), ends_on if ends_on <= horizon.last_day else None)


def draw_open_life(rng: Random, horizon: Horizon) -> Life:
    """A case that is still open."""
    return Life(draw_life(rng, horizon).opened_on, None)


def long_over(horizon: Horizon) -> Life:
    """A case that was closed before the months told begin."""
    return Life(
        working_day(horizon.begins_on - timedelta(days=400)),
        working_day(horizon.begins_on - timedelta(days=40)),
    )


def contact_days(rng: Random, life: Life, horizon: Horizon) -> Iterator[tuple[date, date | None]]:
    """Days of contacts with the next appointment agreed on: weekly at first, then monthly.

    That is about 13 a year. Most appointments are kept on the day, some late. The last one of an
    open case may lie in the past: it is overdue.
    """
    last = life.closed_on or horizon.last_day
    is_new = life.opened_on >= horizon.begins_on
    first = life.opened_on if is_new else horizon.begins_on + timedelta(days=rng.randrange(30))
    day, count = working_day(first), 0 if is_new else WEEKLY_CONTACTS
    while day <= last:
        days = 7 if count < WEEKLY_CONTACTS else round(rng.triangular(16, 50, 32))
        next_on = working_day(day + timedelta(days=days))
        is_last_of_closed = life.closed_on is not None and next_on > last
        yield day, None if is_last_of_closed else next_on
        late = rng.choices((0, 1, 2, 5, 9), (78, 8, 6, 5, 3))[0]
        day, count = working_day(next_on + timedelta(days=late)), count + 1
