"""Sets of windows: joined, cut, and what is missing of one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detectk.values import Window, joined, missing, without

START = datetime(2024, 3, 10, tzinfo=timezone.utc)


def window(start: int, end: int) -> Window:
    return Window(START + timedelta(hours=start), START + timedelta(hours=end))


def hours(windows: tuple[Window, ...]) -> set[int]:
    return {hour for hour in range(24) for one in windows if START + timedelta(hours=hour) in one}


WINDOWS = st.lists(
    st.tuples(st.integers(0, 23), st.integers(0, 23)).map(lambda pair: window(*sorted(pair)))
)


def test_touching_windows_are_one() -> None:
    assert joined([window(4, 6), window(0, 2), window(2, 3)]) == (window(0, 3), window(4, 6))


def test_a_hole_in_the_middle_leaves_two() -> None:
    assert without([window(0, 9)], window(3, 4)) == (window(0, 3), window(4, 9))


def test_what_is_missing_of_nothing_is_nothing() -> None:
    assert missing([window(0, 4)], window(2, 2)) == ()


@given(WINDOWS)
def test_joined_holds_the_same_hours_in_few_ordered_windows(windows: list[Window]) -> None:
    result = joined(windows)
    assert hours(result) == hours(tuple(windows))
    assert all(left.end < right.start for left, right in pairwise(result))
    assert not any(one.empty for one in result)


@given(WINDOWS, WINDOWS.filter(bool).map(lambda some: some[0]))
def test_without_and_missing_are_differences_of_sets(windows: list[Window], other: Window) -> None:
    kept = joined(windows)
    assert hours(without(kept, other)) == hours(kept) - hours((other,))
    assert hours(missing(windows, other)) == hours((other,)) - hours(kept)
