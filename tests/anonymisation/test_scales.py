"""A range agrees with every value that is printed of others, and so does the choice of ranges."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.anonymisation.scales import NO_SCALE, Scale, scale_of_all, scale_of_some

FAR = 200
RANGES = st.one_of(
    st.integers(0, 6).map(lambda n: (5 * n, 5 * n + 4)),
    st.integers(0, 3).map(lambda n: (10 * n, 10 * n + 9)),
    st.sampled_from([(0, None), (5, None), (0, 0), (7, 7)]),
)
QUARTERS = st.lists(RANGES, min_size=4, max_size=4)


def values_of(ends):
    low, high = ends
    return range(low, low + 12 if high is None else high + 1)


def ranges_of(scale: Scale):
    return list(dict.fromkeys(scale.range_of(count) for count in range(FAR)))


@given(QUARTERS, st.sampled_from([scale_of_some, scale_of_all]))
def test_a_scale_is_a_row_of_ranges_five_wide_or_more_without_gaps(parts, make):
    ranges = ranges_of(make(parts))
    if ranges == [None]:
        return
    assert ranges[0][0] == 0 and ranges[-1][1] is None and len(ranges) > 1
    for (low, high), (following, _) in pairwise(ranges):
        assert high - low >= 4 and following == high + 1
    for count in range(FAR):
        low, high = make(parts).range_of(count)
        assert low <= count and (high is None or count <= high)


@given(QUARTERS)
def test_borrowers_agree_with_every_value_of_the_quarters(parts):
    """Whatever they are, at most their sum lies in each range that might have been told."""
    least = sum(min(values_of(ends)) for ends in parts)
    for ends in ranges_of(scale_of_some(parts)):
        assert ends is None or ends[0] <= least


@given(QUARTERS)
def test_a_year_agrees_with_every_value_of_its_quarters(parts):
    """However large the largest is, the year may be that many in each range that might be told."""
    if ranges_of(scale_of_all(parts)) == [None]:
        return
    largest = max(max(values_of(ends)) for ends in parts)
    for _low, high in ranges_of(scale_of_all(parts)):
        assert high is None or high >= largest


@pytest.mark.parametrize(
    "parts",
    [
        [(0, 4)] * 4,
        [(5, 9), (0, 4), (0, 4), (5, 9)],
        [(10, 14), (5, 9), (0, 0), (0, 4)],
        [(0, 9), (0, 4), (5, 9), (0, 0)],
    ],
)
def test_who_believes_that_nothing_came_late_learns_no_quarter(parts):
    """Brute force over all quarters: with the year between their largest and their sum, each keeps
    every value it is printed with, in each range that might have been told.
    """
    tables = list(product(*map(values_of, parts)))
    for ends in ranges_of(scale_of_all(parts)):
        low, high = ends or (0, None)
        agree = [
            table for table in tables if sum(table) >= low and (high is None or max(table) <= high)
        ]
        for place, printed in enumerate(parts):
            assert {table[place] for table in agree} == set(values_of(printed))


def test_scales_in_numbers():
    assert ranges_of(scale_of_some([(0, 4)] * 4)) == [None]
    assert ranges_of(scale_of_some([(5, 9), (0, 4), (0, 4), (0, 4)])) == [(0, 4), (5, None)]
    assert ranges_of(scale_of_some([(5, 9), (5, 9), (0, None), (0, 0)])) == [
        (0, 4),
        (5, 9),
        (10, None),
    ]
    assert ranges_of(scale_of_all([(0, 4)] * 4)) == [(0, 9), (10, None)]
    assert ranges_of(scale_of_all([(5, 9), (10, 14), (5, 9), (0, 0)])) == [
        (0, 14),
        (15, 19),
        (20, 24),
        (25, None),
    ]
    assert scale_of_all([(0, 4), (0, 4), (0, 4), (5, None)]) == NO_SCALE
    assert ranges_of(scale_of_all([])) == [None]
    # A unit that was there in one quarter alone.
    assert ranges_of(scale_of_all([(0, 0), (0, 0), (0, 0), (10, 14)])) == [None]
