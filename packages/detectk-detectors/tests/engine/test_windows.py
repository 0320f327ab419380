from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from detectk.contracts import Task
from detectk.detectors.engine.windows import Baseline, Extent, finite
from detectk.values import Interval, Series, Window

HOUR = Interval.parse("1 hour")


def task(values: list[float], *, exclude: tuple[Window, ...] = ()) -> Task:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    series = Series.from_arrays(list(times), values)
    return Task("id", series, HOUR, np.arange(len(values)), exclude=exclude)


def members(baseline: Baseline, row: int) -> list[int]:
    return [int(place) for place in baseline.points[baseline.low[row] : baseline.high[row]]]


def test_a_window_by_time_holds_its_start_and_not_its_target() -> None:
    baseline = Baseline.of(task([1.0] * 10), Extent.of("3 hours"))
    assert members(baseline, 5) == [2, 3, 4]


def test_a_window_by_count_counts_points_without_a_value() -> None:
    baseline = Baseline.of(task([1.0, np.nan, 1.0, np.nan, 1.0, 1.0]), Extent.of(3))
    assert members(baseline, 5) == [2, 4]


def test_the_first_window_is_empty() -> None:
    assert members(Baseline.of(task([1.0, 2.0]), Extent.of(3)), 0) == []


def test_excluded_time_never_enters_a_baseline() -> None:
    start = datetime(2024, 1, 1, 1, tzinfo=timezone.utc)
    excluded = (Window(start, start + timedelta(hours=2)),)
    baseline = Baseline.of(task([1.0] * 6, exclude=excluded), Extent.of("1 day"))
    assert members(baseline, 5) == [0, 3, 4]


def test_a_window_longer_than_the_series_holds_all_before() -> None:
    assert members(Baseline.of(task([1.0] * 4), Extent.of("30 days")), 3) == [0, 1, 2]


@pytest.mark.parametrize(("size", "steps"), [("30 days", 720), (100, 100), ("90 minutes", 1)])
def test_steps_are_counted_on_the_grid(size: str | int, steps: int) -> None:
    assert Extent.of(size).steps(HOUR) == steps


def test_there_is_one_zero() -> None:
    assert str(finite(np.array([-0.0]))) == "[0.0]"
