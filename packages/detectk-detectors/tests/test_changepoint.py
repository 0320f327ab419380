from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from math import pi, sqrt
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.changepoint import ChangepointDetector
from detectk.detectors.options_shape import ChangepointOptions
from detectk.errors import DetectError
from detectk.values import Floats, Interval, Series, Verdict, Verdicts, Window

HOUR = Interval.parse("1 hour")
START = np.datetime64("2024-01-01", "us")


def judge(
    values: Sequence[float] | Floats, *, exclude: tuple[Window, ...] = (), **given: Any
) -> Verdicts:
    times = START + np.arange(len(values)) * np.timedelta64(1, "h")
    task = Task(
        "id", Series.from_arrays(times, values), HOUR, np.arange(len(values)), exclude=exclude
    )
    return ChangepointDetector(ChangepointOptions(**given), Services()).detect([task])[0].verdicts


def noise(size: int, *, seed: int = 1) -> Floats:
    drawn: Floats = 100 + np.random.default_rng(seed).normal(0, 5, size)
    return drawn


def anomalies(found: Verdicts) -> list[int]:
    return np.flatnonzero(found.verdict == Verdict.ANOMALY).tolist()


def test_a_new_level_is_flagged_once_more_than_half_of_the_newest_points_have_it() -> None:
    values = noise(400)
    values[300:] += 50
    found = judge(values)
    assert anomalies(found)[0] in (302, 303)
    assert (found.direction[303:330] == 1).all()
    assert found.value[310] == pytest.approx(150, abs=8)
    assert found.expected[310] == pytest.approx(100, abs=3)
    assert found.explain["raw"][310] == values[310]


def test_a_new_level_becomes_the_norm_as_the_window_passes() -> None:
    values = noise(900)
    values[300:] -= 50
    found = judge(values, window_size=200)
    assert (found.direction[304:324] == -1).all()
    assert not (found.verdict[500:] == Verdict.ANOMALY).any()


def test_spikes_shorter_than_half_of_the_points_are_no_new_level() -> None:
    values = noise(400)
    values[300:302] = 5000
    assert anomalies(judge(values)) == []


def test_a_season_is_no_new_level() -> None:
    hours = np.arange(1000)
    values = noise(1000) + 60 * np.sin(hours * 2 * np.pi / 24)
    assert anomalies(judge(values)) == []


def test_one_side_can_be_asked_for() -> None:
    values = noise(400)
    values[300:] += 50
    assert anomalies(judge(values, direction="down")) == []
    found = judge(values, direction="up")
    assert 305 in anomalies(found)
    assert np.isneginf(found.lower[305])


def test_bounds_are_those_of_an_independent_computation() -> None:
    generator = np.random.default_rng(8)
    values = noise(300).round(1)
    values[generator.choice(300, 40, replace=False)] = np.nan
    found = judge(values, window_size=120, points=5, n_sigma=3.0)
    hours = (START.astype("datetime64[h]").astype(int) + np.arange(300)) // 5
    for target in range(130, 300, 7):
        if np.isnan(values[target]):
            continue
        whole = {*hours[target - 120 : target - 4]} - {hours[target - 121], hours[target - 4]}
        blocks = [values[hours == number] for number in sorted(whole)]
        kept = [block[~np.isnan(block)] for block in blocks if (~np.isnan(block)).sum() > 2]
        middles = np.array([np.median(block) for block in kept])
        level = np.median(middles)
        scale = np.quantile(np.abs(middles - level), 0.9) / 1.645
        errors = [
            sqrt(pi / 2 * ((block - middle) ** 2).mean() / len(block))
            for block, middle in zip(kept, middles, strict=True)
        ]
        assert found.expected[target] == pytest.approx(level)
        assert found.upper[target] - level == pytest.approx(3 * max(scale, np.median(errors)))


def test_points_and_window_may_be_lengths_of_time() -> None:
    values = noise(400)
    by_count = judge(values, points=12, window_size=240)
    assert judge(values, points="12 hours", window_size="10 days").same_as(by_count)


def test_a_constant_metric_has_the_floor_for_a_scale() -> None:
    values = np.full(300, 200.0)
    values[280:] = 200.5
    assert anomalies(judge(values)) == []
    assert 290 in anomalies(judge(values, std_floor_relative=0.0001))
    assert anomalies(judge(values, std_floor_relative=0.0001, std_floor=1.0)) == []


def test_busy_hours_are_no_new_level() -> None:
    hours = np.arange(1000)
    values = noise(1000) + 200.0 * (hours % 24 > 18)
    assert [place for place in anomalies(judge(values)) if place > 200] == []


def test_counts_that_mostly_agree_have_a_scale() -> None:
    values = np.random.default_rng(2).poisson(0.5, 1000).astype(float)
    assert anomalies(judge(values)) == []


def test_an_incident_is_no_level() -> None:
    values = noise(900)
    values[300:600] += 50
    begin = datetime(2024, 1, 1, tzinfo=timezone.utc)
    incident = Window(begin + timedelta(hours=300), begin + timedelta(hours=600))
    learned = anomalies(judge(values, window_size=400))
    assert not {*range(360, 600)} & {*learned}
    found = anomalies(judge(values, window_size=400, exclude=(incident,)))
    assert {*range(304, 600)} <= {*found}
    assert not {*range(606, 900)} & {*found}
    unlabelled = judge(values, window_size=400, exclude=(incident,), exclude_incidents=False)
    assert anomalies(unlabelled) == learned


def test_too_few_points_are_insufficient() -> None:
    found = judge(noise(100))
    assert (found.verdict[:66] == Verdict.INSUFFICIENT).all()
    assert (found.verdict[78:] == Verdict.OK).all()
    lonely = noise(200)
    lonely[150:] = np.nan
    lonely[160] = 100.0
    assert judge(lonely).verdict[160] == Verdict.INSUFFICIENT


def test_a_window_too_short_for_its_points_is_an_error() -> None:
    with pytest.raises(DetectError, match="window_size '1 day' holds 24 intervals of 1 hour"):
        judge([1.0], window_size="1 day", points=10)
