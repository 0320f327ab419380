from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.options import ZscoreOptions
from detectk.detectors.zscore import ZscoreDetector
from detectk.values import Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def judge(values: Any, **options: Any) -> Verdicts:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    task = Task("id", Series.from_arrays(list(times), values), HOUR, np.arange(len(values)))
    return ZscoreDetector(ZscoreOptions(**options), Services()).detect([task])[0].verdicts


def test_the_band_is_the_mean_and_the_population_deviation() -> None:
    values = np.random.default_rng(0).normal(50, 3, 300)
    found = judge(values, window_size=60)
    for row in range(60, 300):
        window = values[row - 60 : row]
        assert found.expected[row] == pytest.approx(window.mean(), rel=1e-14)
        assert found.upper[row] == pytest.approx(window.mean() + 3 * window.std(), rel=1e-13)
        assert found.score[row] == pytest.approx(
            abs(values[row] - window.mean()) / window.std(), rel=1e-9
        )


def test_a_departed_spike_leaves_an_error_of_at_most_1e_12() -> None:
    """Subtracting large running sums left a deviation that was 100 % wrong in other libraries."""
    values = np.random.default_rng(1).normal(0, 1, 300)
    values[100] = 1e12
    found = judge(values, window_size=50, std_floor_relative=0.0)
    for row in range(151, 300):
        exact = values[row - 50 : row].std()
        assert found.explain["scale"][row] == pytest.approx(exact, rel=1e-12)


def test_one_infinity_blinds_nothing() -> None:
    """B8: the band was NaN for a whole window, and a later spike was missed."""
    values = np.random.default_rng(2).normal(0, 1, 200)
    values[100], values[120] = np.inf, 50.0
    found = judge(values, window_size=100)
    assert found.verdict[120] == Verdict.ANOMALY
    assert np.isfinite(found.upper[101:]).all()


def test_thin_groups_share_their_deviation() -> None:
    values = np.random.default_rng(3).normal(0, 1, 24 * 40) + 10 * (np.arange(960) % 24 > 8)
    found = judge(values, seasonal_features=["hour_of_week"])
    late = slice(24 * 30, None)
    assert np.median(found.explain["scale"][late]) == pytest.approx((1 + 1 / 3) ** 0.5, rel=0.1)
    assert (found.verdict[late] == Verdict.ANOMALY).mean() < 0.02
