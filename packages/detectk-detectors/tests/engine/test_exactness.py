"""Every statistic against numpy on the window itself: kinds of data, rates of holes, windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.engine.moments import Moments
from detectk.detectors.iqr import IqrDetector
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import IqrOptions, MadOptions, ZscoreOptions
from detectk.detectors.zscore import ZscoreDetector
from detectk.values import Floats, Interval, Series, Verdict

POINTS = 1100
POOLED = 40
HOUR = Interval.parse("1 hour")

KINDS: dict[str, Callable[[np.random.Generator], Floats]] = {
    "noise": lambda random: random.normal(0.0, 1.0, POINTS),
    "walk": lambda random: np.cumsum(random.normal(0.0, 1.0, POINTS)) + 1e6,
    "counts": lambda random: random.poisson(0.4, POINTS).astype(float),
    "ties": lambda random: random.integers(0, 5, POINTS).astype(float),
    "constant": lambda random: np.full(POINTS, random.normal()),
    "clusters": lambda random: np.where(np.arange(POINTS) % 2, 1e9, -3.0) + random.random(POINTS),
    "magnitudes": lambda random: (
        random.normal(0, 1, POINTS) * 10.0 ** random.integers(-9, 9, POINTS)
    ),
    "subnormal": lambda random: random.integers(-9, 9, POINTS) * 5e-324,
}
HOLES = (0.0, 0.1, 0.6)
WINDOWS = (41, 64, 168, 1000, 5000)


@pytest.mark.slow
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("holes", HOLES)
@pytest.mark.parametrize("kind", KINDS)
def test_statistics_are_those_of_the_window_itself(kind: str, holes: float, window: int) -> None:
    random = np.random.default_rng([*kind.encode(), int(10 * holes), window])
    values = KINDS[kind](random)
    values[random.random(POINTS) < holes] = np.nan
    times = np.datetime64("2024-01-01", "us") + np.arange(POINTS) * np.timedelta64(1, "h")
    task = Task("id", Series.from_arrays(times, values), HOUR, np.arange(POINTS))
    params: dict[str, Any] = {"window_size": window, "std_floor_relative": 0.0}
    mad, zscore, iqr = (
        detector(options(**params), Services()).detect([task])[0].verdicts
        for detector, options in (
            (MadDetector, MadOptions),
            (ZscoreDetector, ZscoreOptions),
            (IqrDetector, IqrOptions),
        )
    )
    compared = 0
    for row in range(POINTS):
        before = values[max(0, row - window) : row]
        before = before[~np.isnan(before)]
        if mad.verdict[row] > Verdict.ANOMALY or len(before) < POOLED:
            continue
        middle = np.median(before)
        deviation = np.median(np.abs(before - middle))
        first, third = np.quantile(before, [0.25, 0.75])
        moments = Moments.of(before)
        assert mad.expected[row] == middle
        if deviation > 0:
            assert mad.explain["scale"][row] == 1.4826 * deviation
        assert zscore.expected[row] == moments.mean
        assert zscore.explain["scale"][row] == moments.deviation
        if third > first:
            assert iqr.explain["scale"][row] == pytest.approx(third - first, rel=1e-12)
        compared += 1
    assert compared > 200 or window * (1 - holes) < 1.5 * POOLED
