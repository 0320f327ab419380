from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.iqr import IqrDetector
from detectk.detectors.options import IqrOptions
from detectk.values import Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def judge(values: Any, **options: Any) -> Verdicts:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    task = Task("id", Series.from_arrays(list(times), values), HOUR, np.arange(len(values)))
    return IqrDetector(IqrOptions(**options), Services()).detect([task])[0].verdicts


def test_the_band_is_tukeys_fences() -> None:
    values = np.random.default_rng(0).gamma(2, 10, 300) - 30
    found = judge(values, window_size=60)
    for row in range(60, 300):
        low, middle, high = np.quantile(values[row - 60 : row], [0.25, 0.5, 0.75])
        assert found.expected[row] == pytest.approx(middle)
        assert found.lower[row] == pytest.approx(low - 1.5 * (high - low))
        assert found.upper[row] == pytest.approx(high + 1.5 * (high - low))
        assert found.score[row] == pytest.approx(abs(values[row] - middle) / (high - low))


def test_a_skewed_metric_has_more_room_on_its_long_side() -> None:
    values = np.random.default_rng(1).gamma(2, 10, 300) - 30
    found = judge(values)
    assert found.upper[-1] - found.expected[-1] > found.expected[-1] - found.lower[-1]


def test_rare_counts_are_not_all_anomalies() -> None:
    """B12: 220 of 2,000 points of a mostly-zero count were flagged."""
    generator = np.random.default_rng(2)
    values = np.where(generator.random(2000) < 0.11, generator.poisson(3, 2000) + 1.0, 0.0)
    assert (judge(values).verdict == Verdict.ANOMALY).sum() < 100


def test_a_constant_series_does_not_scream_at_the_first_wiggle() -> None:
    assert judge([100.0] * 60 + [100.15]).verdict[-1] == Verdict.OK
    assert judge([100.0] * 60 + [110.0]).verdict[-1] == Verdict.ANOMALY
    assert judge([100.0] * 60 + [0.0], std_floor=90.0).verdict[-1] == Verdict.ANOMALY
