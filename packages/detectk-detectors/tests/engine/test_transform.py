from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.engine.transform import Measured, Transform
from detectk.detectors.engine.windows import Extent
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import MadOptions
from detectk.values import Floats, Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def task(values: Any) -> Task:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    series = Series.from_arrays(times, np.asarray(values, dtype=float))
    return Task("id", series, HOUR, np.arange(len(values)))


def measured(values: Any, **asked: Any) -> Measured:
    plain: dict[str, Any] = {
        "input": "values",
        "smoothing": "none",
        "reach": Extent(points=3),
        "alpha": 0.5,
        "detrend": None,
    }
    return Transform(**{**plain, **asked}).measure(task(values))


def judge(values: Any, **options: Any) -> Verdicts:
    return MadDetector(MadOptions(**options), Services()).detect([task(values)])[0].verdicts


def noise(size: int, *, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0.0, 1.0, size)


def test_a_change_is_measured_from_the_point_just_before() -> None:
    found = measured([1.0, 4.0, np.nan, 6.0, 5.0], input="changes")
    assert np.array_equal(found.values, [np.nan, 3, np.nan, np.nan, -1], equal_nan=True)
    far = measured([1.0, 4.0, np.nan, 6.0, 5.0], input="absolute_changes")
    assert np.array_equal(far.values, [np.nan, 3, np.nan, np.nan, 1], equal_nan=True)


def test_only_positive_values_have_changes_of_logarithms() -> None:
    found = measured([1.0, np.e, 0.0, 5.0, -1.0], input="log_changes")
    assert found.values[1] == pytest.approx(1.0)
    assert np.isnan(found.values[[0, 2, 3, 4]]).all()


def test_a_simple_mean_is_of_the_known_points_in_reach() -> None:
    found = measured([1.0, 2.0, np.nan, 6.0, 4.0], smoothing="sma")
    assert np.array_equal(found.values, [1, 1.5, np.nan, 4, 5], equal_nan=True)
    by_time = measured([1.0, 2.0, np.nan, 6.0, 4.0], smoothing="sma", reach=Extent.of("3 hours"))
    assert np.array_equal(by_time.values, found.values, equal_nan=True)


def test_an_exponential_mean_weighs_by_age_on_the_grid() -> None:
    found = measured([8.0, np.nan, 0.0], smoothing="ema")
    assert found.values[2] == pytest.approx(8 * 0.25 / 1.25)
    assert np.isnan(found.values[1])


def test_a_straight_line_leaves_nothing() -> None:
    values = 5.0 + 2.0 * np.arange(60)
    values[17:20] = np.nan
    found = measured(values, detrend=Extent(points=20))
    assert np.isnan(found.values[:2]).all()
    assert found.values[30:] == pytest.approx(0.0, abs=1e-9)
    by_time = measured(values, detrend=Extent.of("20 hours"))
    assert np.array_equal(by_time.values, found.values, equal_nan=True)


def test_bounds_of_changes_are_told_in_the_metrics_unit() -> None:
    values = np.cumsum(noise(200)) + 1000.0
    found = judge(values, input="changes", window_size=100)
    row = 150
    changes = np.diff(values)[row - 1 - 100 : row - 1]
    centre = np.median(changes)
    scale = 1.4826 * np.median(np.abs(changes - centre))
    floor = 0.001 * values[row - 1]
    assert found.expected[row] == values[row - 1] + centre
    assert found.upper[row] == pytest.approx(values[row - 1] + centre + 3 * max(scale, floor))
    assert found.value[row] == values[row]
    assert found.verdict[0] == Verdict.INSUFFICIENT


def test_a_walk_is_judged_by_its_steps() -> None:
    values = np.cumsum(noise(400)) + 100.0
    values[300:] += 15.0
    steps = judge(values, input="changes", window_size=100, n_sigma=6)
    assert np.flatnonzero(steps.verdict == Verdict.ANOMALY).tolist() == [300]
    assert steps.direction[300] == 1


def test_an_absolute_change_says_where_it_went() -> None:
    values = 100.0 + noise(200)
    values[150:] -= 30.0
    found = judge(values, input="absolute_changes", window_size=100, n_sigma=8)
    assert np.flatnonzero(found.verdict == Verdict.ANOMALY).tolist() == [150]
    assert found.direction[150] == -1
    assert found.expected[150] == values[149]
    assert found.lower[150] == 2 * values[149] - found.upper[150]


def test_changes_of_logarithms_follow_the_scale() -> None:
    values = np.exp(np.cumsum(0.05 * noise(300)))
    values[250:] *= 3.0
    plain = judge(values, input="log_changes", window_size=100, n_sigma=8)
    larger = judge(values * 1024.0, input="log_changes", window_size=100, n_sigma=8)
    assert np.flatnonzero(plain.verdict == Verdict.ANOMALY).tolist() == [250]
    assert larger.upper == pytest.approx(1024.0 * plain.upper, nan_ok=True)


def test_a_smooth_series_is_what_is_judged_and_the_raw_one_is_kept() -> None:
    values = 100.0 + noise(200)
    values[150:155] += 2.5
    raw = judge(values, window_size=100)
    smooth = judge(values, window_size=100, smoothing="sma", smoothing_window=5)
    assert smooth.value[154] == pytest.approx(values[150:155].mean())
    assert smooth.explain["raw"][154] == values[154]
    assert smooth.score[154] > 1.5 * raw.score[150:155].max()


def test_growth_is_no_anomaly_once_it_is_taken_away() -> None:
    values = 100.0 + 0.5 * np.arange(400) + noise(400)
    plain = judge(values, window_size=60)
    straight = judge(values, window_size=60, detrend=True)
    assert plain.expected[300] == pytest.approx(100.0 + 135.0, abs=1.5)
    assert straight.expected[300] == pytest.approx(100.0 + 150.0, abs=2.5)
    assert (straight.verdict[200:] == Verdict.ANOMALY).mean() < 0.02
    values[350] += 10.0
    assert judge(values, window_size=60).verdict[350] == Verdict.OK
    assert judge(values, window_size=60, detrend=True).verdict[350] == Verdict.ANOMALY


def test_only_the_side_that_was_asked_for_is_an_anomaly() -> None:
    values = 100.0 + noise(200)
    values[150], values[160] = 150.0, 50.0
    up = judge(values, window_size=100, direction="up")
    assert (up.direction[150], up.direction[160]) == (1, 0)
    assert up.verdict[160] == Verdict.OK
    assert up.lower[160] == -np.inf
    assert up.excess[160] == 0.0
    down = judge(values, window_size=100, direction="down")
    assert (down.direction[150], down.direction[160]) == (0, -1)
