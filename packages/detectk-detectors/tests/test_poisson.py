from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.options_counts import PoissonOptions
from detectk.detectors.poisson import PoissonDetector
from detectk.errors import DetectError
from detectk.values import Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")
SOME = ("spike", "wave", "outage", "long outage")


def judge(values: Any, *, last: int | None = None, **options: Any) -> Verdicts:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    targets = np.arange(len(values))[-last if last else 0 :]
    task = Task("id", Series.from_arrays(list(times), values), HOUR, targets)
    return PoissonDetector(PoissonOptions(**options), Services()).detect([task])[0].verdicts


def poisson(mean: float, size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, size).astype(np.float64)


def bunched(mean: float, shape: float, size: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.poisson(generator.gamma(shape, mean / shape, size)).astype(np.float64)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (poisson(0.02, 6000), {}),
        (poisson(5, 6000), {}),
        (poisson(1000, 6000), {"window_size": 100}),
        (bunched(0.5, 1, 6000), {}),
        (bunched(50, 1, 6000), {"window_size": 200}),
        (bunched(50, 10, 6000), {"seasonal_features": ["hour_of_week"]}),
        (bunched(1000, 3, 6000), {"seasonal_features": ["hour_of_day"]}),
    ],
)
def test_chance_is_flagged_no_more_often_than_the_normal_distribution_says(
    values: Any, options: dict[str, Any]
) -> None:
    found = judge(values, n_sigma=3.0, **options)
    judged = found.verdict != Verdict.INSUFFICIENT
    judged[:500] = False
    score = found.score[judged]
    assert (score > 3.0).mean() <= 0.0027 * 1.5
    assert (score > 4.0).sum() <= 3  # 0.35 are to be expected
    assert (score > 5.0).sum() == 0


@pytest.mark.parametrize(
    ("rate", "value", "anomaly"),
    [
        (50, 0, 1),
        (20, 0, 1),
        (2, 0, 0),
        (50, 110, 1),
        (1000, 500, 1),
        (1000, 2000, 1),
        (5, 9, 0),
        (5, 30, 1),
        (0.02, 1, 0),
        (0.02, 6, 1),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_improbable_alarms_and_nothing_else(
    rate: float, value: float, anomaly: int, seed: int
) -> None:
    found = judge([*poisson(rate, 720, seed), value], last=1)
    assert found.verdict[0] == anomaly


def test_a_first_event_is_judged_by_how_long_there_was_none() -> None:
    (short,) = judge([*np.zeros(40), 1.0], last=1).score
    (longer,) = judge([*np.zeros(700), 1.0], last=1).score
    assert short < longer < 4.0
    assert judge([*np.zeros(700), 4.0], last=1).verdict[0] == Verdict.ANOMALY


def test_zero_where_it_has_never_been_is_an_anomaly_whatever_the_scatter() -> None:
    values = np.maximum(bunched(50, 2, 720), 1.0)
    found = judge([*values, 0.0], last=1)
    assert found.verdict[0] == Verdict.ANOMALY
    assert found.lower[0] == 1.0
    values[300:310] = 0.0
    assert judge([*values, 0.0], last=1).verdict[0] == Verdict.OK


@pytest.mark.parametrize("direction", ["both", "up", "down"])
@pytest.mark.parametrize("rate", [0.05, 3.0, 80.0])
def test_what_is_outside_of_the_bounds_and_nothing_else_is_an_anomaly(
    rate: float, direction: str
) -> None:
    values = bunched(rate, 0.3, 2000)
    found = judge(values, n_sigma=2.0, direction=direction)
    known = found.verdict != Verdict.INSUFFICIENT
    outside = (values < found.lower) | (values > found.upper)
    assert ((found.verdict == Verdict.ANOMALY) == outside)[known].all()
    assert outside.any() or direction == "down"
    if direction == "both":
        assert ((found.score > 2.0) == outside)[known].all()
    if direction == "up":
        assert np.isneginf(found.lower[known]).all()


@pytest.mark.parametrize("features", [[], ["hour_of_day"], ["hour_of_week"]])
@pytest.mark.parametrize(
    ("hours", "value"), [(1, 1e12), (24, 1000.0), (24, 0.0), (72, 0.0)], ids=SOME
)
def test_an_incident_does_not_become_normal(features: Any, hours: int, value: float) -> None:
    values = poisson(50, 1500)
    values[1000 : 1000 + hours] = value
    found = judge(values, seasonal_features=features)
    assert (found.verdict[1000 : 1000 + hours] == Verdict.ANOMALY).all()
    after = slice(1000 + hours, None)
    assert not (found.verdict[after] == Verdict.ANOMALY).any()
    assert (found.upper[after] < 250).all()
    assert found.explain["dispersion"][after].max() < 0.3


def test_what_keeps_coming_back_is_normal() -> None:
    """Lesson: a median and its deviation flag every value of a mostly-zero count."""
    values = np.where(np.random.default_rng(2).random(3000) < 0.05, 100.0, 0.0)
    found = judge(values)
    assert not (found.verdict[720:] == Verdict.ANOMALY).any()


def test_a_thin_group_falls_back_and_says_so() -> None:
    values = poisson(20, 24 * 12)
    found = judge(values, seasonal_features=["hour_of_week"])
    assert found.explain["group"][24 * 6] == "hour_of_day"
    assert found.explain["samples"][24 * 6] == 6
    assert (
        judge(values, seasonal_features=["hour_of_week"], window_size="60 days").explain["group"][
            -1
        ]
        == "hour_of_day"
    )
    month = judge(poisson(20, 24 * 40), seasonal_features=["hour_of_week"])
    assert month.explain["group"][-1] == "hour_of_week"
    assert month.explain["samples"][-1] == 4
    assert month.explain["pool"][-1] == 200


def test_expected_is_the_rate_of_the_hour() -> None:
    rate = np.tile(np.arange(24) * 10.0 + 5.0, 40)
    values = np.random.default_rng(1).poisson(rate).astype(np.float64)
    found = judge(values, last=24, seasonal_features=["hour_of_day"])
    assert found.expected == pytest.approx(rate[:24], rel=0.25)
    by_hour = values.reshape(40, 24)[9:39].mean(axis=0)
    assert found.expected == pytest.approx(by_hour + 0.5 / 30, rel=0.03)


def test_what_is_no_count_is_not_judged(caplog: pytest.LogCaptureFixture) -> None:
    values = poisson(10, 200)
    values[150] = -3.0
    with caplog.at_level(logging.WARNING):
        found = judge(values)
    assert found.verdict[150] == Verdict.UNJUDGED
    assert found.explain["problem"][150] == "a count cannot be negative"
    assert "1 values are not judged: a count cannot be negative" in caplog.text
    clean = judge(np.where(values < 0, np.nan, values))
    assert found.upper[151:].tolist() == clean.upper[151:].tolist()


def test_a_value_between_two_counts_is_the_one_farther_out() -> None:
    values = poisson(10, 300)
    upper = judge([*values, 10.0], last=1).upper[0]
    for value, verdict in ((upper - 0.5, 0), (upper, 0), (upper + 0.5, 1), (upper + 1.0, 1)):
        assert judge([*values, value], last=1).verdict[0] == verdict


def test_a_window_too_short_for_min_samples_is_an_error() -> None:
    with pytest.raises(DetectError, match="min_samples 50 is more than the 24 intervals"):
        judge(np.ones(30), window_size="1 day", min_samples=50)
