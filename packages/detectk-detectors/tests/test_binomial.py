from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from detectk.contracts import Services, Task
from detectk.detectors.binomial import BinomialDetector
from detectk.detectors.options_counts import BinomialOptions
from detectk.errors import DetectError
from detectk.values import Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def judge(values: Any, trials: Any, *, last: int | None = None, **options: Any) -> Verdicts:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    targets = np.arange(len(values))[-last if last else 0 :]
    series = Series.from_arrays(list(times), values, context={"orders": trials})
    task = Task("id", series, HOUR, targets)
    detector = BinomialDetector(BinomialOptions(trials="orders", **options), Services())
    return detector.detect([task])[0].verdicts


def shares(
    share: float, trials: float, size: int, *, correlation: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    among = generator.poisson(trials, size) + 1
    chance = np.full(size, share)
    if correlation:
        whole = 1.0 / correlation - 1.0
        chance = generator.beta(share * whole, (1.0 - share) * whole, size)
    return generator.binomial(among, chance) / among, among.astype(np.float64)


@pytest.mark.parametrize(
    ("share", "trials", "correlation"),
    [(0.001, 100, 0), (0.05, 3, 0), (0.05, 1000, 0.01), (0.5, 100, 0.1), (0.99, 5000, 0)],
)
def test_chance_is_flagged_no_more_often_than_the_normal_distribution_says(
    share: float, trials: float, correlation: float
) -> None:
    values, among = shares(share, trials, 6000, correlation=correlation)
    found = judge(values, among, n_sigma=3.0)
    score = found.score[500:]
    assert (score > 3.0).mean() <= 0.0027 * 1.5
    assert (score > 4.0).sum() <= 3  # 0.35 are to be expected
    assert (score > 5.0).sum() == 0


@pytest.mark.parametrize(
    ("failed", "of", "anomaly"),
    [(2, 3, 0), (200, 300, 1), (1, 1, 0), (0, 50, 0), (0, 1000, 1)],
)
def test_a_share_is_judged_by_what_it_is_a_share_of(failed: int, of: int, anomaly: int) -> None:
    values, among = shares(0.05, 100, 720)
    found = judge([*values, failed / of], [*among, float(of)], last=1)
    assert found.verdict[0] == anomaly


def test_bounds_are_whole_counts_of_the_interval_in_the_unit_of_the_value() -> None:
    values, among = shares(0.3, 40, 800)
    found = judge(values, among)
    known = found.verdict != Verdict.INSUFFICIENT
    for bound in (found.lower, found.upper):
        counts = (bound * among)[known]
        assert counts == pytest.approx(np.rint(counts), abs=1e-9)
    percent = judge(values * 100.0, among, percent=True)
    counted = judge(np.rint(values * among), among, value_is="successes")
    assert percent.score.tolist() == found.score.tolist() == counted.score.tolist()
    assert percent.upper[known] == pytest.approx(100.0 * found.upper[known], rel=1e-12)
    assert counted.upper[known] == pytest.approx((found.upper * among)[known], rel=1e-12)


def test_a_share_and_its_complement_have_the_same_verdict() -> None:
    values, among = shares(0.02, 60, 900, correlation=0.02)
    values[700:720] = 0.41
    found, mirrored = judge(values, among), judge(1.0 - values, among)
    assert found.verdict.tolist() == mirrored.verdict.tolist()
    assert found.score == pytest.approx(mirrored.score, abs=1e-5)
    assert found.direction.tolist() == (-mirrored.direction).tolist()


def test_small_intervals_weigh_little() -> None:
    among = np.tile([1000.0, 1.0], 200)
    values = np.tile([0.1, 1.0], 200)
    found = judge([*values, 0.1], [*among, 1000.0], last=1)
    assert found.expected[0] == pytest.approx((100 + 1) / 1001, rel=0.01)


@pytest.mark.parametrize("features", [[], ["hour_of_day"], ["hour_of_week"]])
def test_an_incident_does_not_become_normal(features: Any) -> None:
    values, among = shares(0.99, 1000, 1500)
    values[1000:1024] = 0.2
    found = judge(values, among, seasonal_features=features)
    assert (found.verdict[1000:1024] == Verdict.ANOMALY).all()
    assert not (found.verdict[1024:] == Verdict.ANOMALY).any()
    assert (found.lower[1024:] > 0.9).all()


@pytest.mark.parametrize(
    ("value", "of", "problem"),
    [
        (0.0, 0.0, "there were no trials"),
        (1.5, 100.0, "the share is not between 0 and 1"),
        (-0.1, 100.0, "the share is not between 0 and 1"),
        (0.5, np.nan, "the number of trials is unknown"),
        (0.5, -2.0, "the number of trials is unknown"),
    ],
)
def test_what_is_no_share_is_not_judged(value: float, of: float, problem: str) -> None:
    values, among = shares(0.3, 100, 300)
    found = judge([*values, value, 0.3], [*among, of, 100.0])
    assert found.verdict[-2] == Verdict.UNJUDGED
    assert found.explain["problem"][-2] == problem
    clean = judge([*values, np.nan, 0.3], [*among, 100.0, 100.0])
    assert found.upper[-1] == clean.upper[-1]


def test_trials_may_come_as_text() -> None:
    values, among = shares(0.3, 100, 300)
    text = [str(int(number)) for number in among]
    assert judge(values, text).same_as(judge(values, among))


def test_a_missing_column_is_an_error_that_names_those_there_are() -> None:
    times = np.datetime64("2024-01-01", "us") + np.arange(3) * np.timedelta64(1, "h")
    series = Series.from_arrays(list(times), [0.5] * 3, context={"visits": [1, 2, 3]})
    task = Task("id", series, HOUR, np.arange(3))
    detector = BinomialDetector(BinomialOptions(trials="orders"), Services())
    with pytest.raises(DetectError, match=r"'orders' is not a context column \(there: visits\)"):
        detector.detect([task])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "trials"),
        ({"trials": ""}, "at least 1"),
        ({"trials": "n", "value_is": "successes", "percent": True}, "only for shares"),
        ({"trials": "n", "min_samples": 3, "min_window_size": 3}, "stands for 'min_samples'"),
        ({"trials": "n", "direction": "left"}, "direction"),
        ({"trials": "n", "window_size": "0 days"}, "no time at all"),
    ],
)
def test_mistakes_are_errors_that_say_what_is_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BinomialOptions.model_validate(options)
