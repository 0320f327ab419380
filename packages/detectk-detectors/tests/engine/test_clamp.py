from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectk.contracts import Lookback, Services, Task
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import MadOptions, ZscoreOptions
from detectk.detectors.zscore import ZscoreDetector
from detectk.values import Floats, Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def judge(values: Floats, **options: Any) -> Verdicts:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    task = Task("id", Series.from_arrays(times, values), HOUR, np.arange(len(values)))
    return ZscoreDetector(ZscoreOptions(**options), Services()).detect([task])[0].verdicts


def one_by_one(values: Floats, window: int, sigmas: float) -> list[bool]:
    """Clamp as the definition says, with nothing but means."""
    seen, flagged = values.copy(), []
    for row in range(len(values)):
        before = seen[max(0, row - window) : row]
        if len(before) < 40 or np.isnan(values[row]):
            flagged.append(False)
            continue
        before = before[~np.isnan(before)]
        centre = before.mean()
        reach = sigmas * max(before.std(), 0.001 * abs(centre))
        clipped = np.clip(values[row], centre - reach, centre + reach)
        flagged.append(bool(clipped != values[row]))
        seen[row] = clipped
    return flagged


@pytest.mark.parametrize("seed", range(8))
def test_clamping_is_its_definition_lived_point_by_point(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(50.0, 3.0, 600)
    values[generator.random(600) < 0.03] += 40.0
    values[300:330] += 60.0
    found = judge(values, window_size=80, n_sigma=3.5, min_samples=40, stabilize="clamp")
    assert (found.verdict == Verdict.ANOMALY).tolist() == one_by_one(values, 80, 3.5)


def test_eight_outliers_do_not_become_the_norm() -> None:
    values = np.random.default_rng(3).normal(1000.0, 10.0, 60)
    values[40:] = 5000.0
    plain = judge(values, window_size=20)
    clamped = judge(values, window_size=20, stabilize="clamp")
    assert (plain.verdict[48:] == Verdict.OK).any()
    assert (clamped.verdict[40:48] == Verdict.ANOMALY).all()
    assert clamped.upper[48] < 1200.0


def test_a_new_level_is_learnt_in_time() -> None:
    values = np.random.default_rng(3).normal(1000.0, 10.0, 400)
    values[100:] += 200.0
    clamped = judge(values, window_size=50, stabilize="clamp")
    assert clamped.verdict[100] == Verdict.ANOMALY
    assert (clamped.verdict[-50:] == Verdict.OK).mean() > 0.9


def test_clamping_needs_everything() -> None:
    detector = MadDetector(MadOptions(stabilize="clamp"), Services())
    assert detector.lookback() == Lookback(everything=True)
