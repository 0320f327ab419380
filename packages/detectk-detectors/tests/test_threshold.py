from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.options import ThresholdOptions
from detectk.detectors.threshold import ThresholdDetector
from detectk.values import EXCESS_CAP, Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def judge(values: Any, **options: Any) -> Verdicts:
    times = np.datetime64("2024-01-01", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    task = Task("id", Series.from_arrays(list(times), values), HOUR, np.arange(len(values)))
    return ThresholdDetector(ThresholdOptions(**options), Services()).detect([task])[0].verdicts


@pytest.mark.parametrize(
    ("options", "values", "directions"),
    [
        ({"threshold": 5}, [4, 5, 6], [0, 0, 1]),
        ({"threshold": 5, "operator": "greater_than"}, [4, 5, 6], [0, 0, 1]),
        ({"threshold": 5, "operator": "greater_equal"}, [4, 5, 6], [0, 1, 1]),
        ({"threshold": 5, "operator": "less_than"}, [4, 5, 6], [-1, 0, 0]),
        ({"threshold": 5, "operator": "less_equal"}, [4, 5, 6], [-1, -1, 0]),
        ({"threshold": 5, "operator": "not_equals"}, [4, 5.0005, 6], [-1, 0, 1]),
        (
            {"threshold": 5, "operator": "outside", "upper_threshold": 7},
            [4, 5, 7, 8],
            [-1, 0, 0, 1],
        ),
        ({"value": 5, "operator": "less_than"}, [4, 5], [-1, 0]),
        ({"min_value": 5, "max_value": 7}, [4, 5, 7, 8], [-1, 0, 0, 1]),
        ({"min_value": 5}, [4, 5], [-1, 0]),
        ({"max_value": 5}, [5, 6], [0, 1]),
        ({"operator": "outside", "lower_bound": 5, "upper_bound": 7}, [4, 6, 8], [-1, 0, 1]),
        ({"operator": "outside", "lower_bound": 5}, [4, 6], [-1, 0]),
        ({"threshold": 50, "percent": True, "baseline": 10}, [14, 15, 16], [0, 0, 1]),
        ({"threshold": 50, "percent": True, "baseline": "previous"}, [10, 14, 28], [0, 0, 1]),
        ({"percent_change": -50, "baseline": "previous"}, [10, 6, 2], [0, 0, -1]),
    ],
)
def test_an_operator_says_what_is_wrong(
    options: dict[str, Any], values: list[float], directions: list[int]
) -> None:
    found = judge(values, **options)
    assert found.direction.tolist() == directions
    assert (found.verdict == Verdict.ANOMALY).tolist() == [bool(way) for way in directions]


@pytest.mark.parametrize(
    ("options", "values", "wrong"),
    [
        ({"threshold": 5, "operator": "equals"}, [4, 5, 5.0009, 6], [0, 1, 1, 0]),
        ({"threshold": 5, "operator": "equals", "tolerance": 1}, [3.9, 4, 6], [0, 1, 1]),
        ({"threshold": 5, "operator": "between", "upper_threshold": 7}, [4, 5, 7, 8], [0, 1, 1, 0]),
    ],
)
def test_what_is_inside_has_no_direction(
    options: dict[str, Any], values: list[float], wrong: list[int]
) -> None:
    found = judge(values, **options)
    assert (found.verdict == Verdict.ANOMALY).tolist() == [bool(flag) for flag in wrong]
    assert not found.direction.any()
    assert np.isnan(found.lower).all()


def test_excess_without_a_centre_grows_with_the_share_of_the_bound() -> None:
    found = judge([10, 20, 30, 60, 1e12], threshold=20)
    assert found.excess.tolist() == [0.5, 1.0, 1.5, 3.0, EXCESS_CAP]
    assert found.score.tolist()[:4] == [0.0, 0.0, 10.0, 40.0]
    assert np.isinf(found.lower).all()
    assert (found.upper == 20).all()


def test_a_bound_of_zero_counts_in_units() -> None:
    assert judge([3.0], threshold=0).excess.tolist() == [4.0]


def test_a_percentage_has_its_baseline_for_a_centre() -> None:
    found = judge([150.0, 50.0, 300.0], threshold=50, percent=True, baseline=100)
    assert found.expected.tolist() == [100.0] * 3
    assert found.upper.tolist() == [150.0] * 3
    assert found.excess.tolist() == [1.0, 0.0, 4.0]
    assert found.score.tolist() == [0.0, 0.0, 150.0]


def test_an_average_baseline_ends_before_the_point() -> None:
    found = judge(
        [10.0, 20.0, 60.0], threshold=50, percent=True, baseline="average", baseline_window=2
    )
    assert found.expected.tolist()[1:] == [10.0, 15.0]
    assert found.verdict.tolist() == [Verdict.INSUFFICIENT, Verdict.ANOMALY, Verdict.ANOMALY]


def test_no_percentage_of_zero_is_judged() -> None:
    found = judge([0.0, 5.0, 6.0], threshold=50, percent=True, baseline="previous")
    assert found.verdict.tolist() == [Verdict.INSUFFICIENT, Verdict.UNJUDGED, Verdict.OK]


def test_the_previous_value_is_looked_for_in_its_window() -> None:
    found = judge(
        [4.0, float("nan"), 9.0, float("nan"), float("nan"), 9.0],
        threshold=50,
        percent=True,
        baseline="previous",
        baseline_window=2,
    )
    assert found.explain["baseline"][2] == 4.0
    assert found.verdict[5] == Verdict.INSUFFICIENT
