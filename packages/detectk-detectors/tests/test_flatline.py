from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.flatline import FlatlineDetector
from detectk.detectors.options_shape import FlatlineOptions
from detectk.errors import DetectError
from detectk.values import Interval, Series, Verdicts, Window

HOUR = Interval.parse("1 hour")
START = np.datetime64("2024-01-01", "us")
NAN = float("nan")


def task(values: Sequence[float], *, exclude: tuple[Window, ...] = ()) -> Task:
    times = START + np.arange(len(values)) * np.timedelta64(1, "h")
    series = Series.from_arrays(times, values)
    return Task("id", series, HOUR, np.arange(len(values)), exclude=exclude)


def judge(values: Sequence[float], *, exclude: tuple[Window, ...] = (), **given: Any) -> Verdicts:
    detector = FlatlineDetector(FlatlineOptions(**given), Services())
    return detector.detect([task(values, exclude=exclude)])[0].verdicts


def marks(found: Verdicts) -> str:
    return "".join("oA?-"[verdict] for verdict in found.verdict.tolist())


def moving(size: int) -> list[float]:
    return [float(place * 37 % 101) for place in range(size)]


def test_a_moving_metric_that_stops_is_stuck_from_the_tenth_equal_value_on() -> None:
    found = judge(moving(50) + [500.0] * 15)
    assert marks(found)[50:] == "ooooooooo" + "AAAAAA"
    assert found.score[50:].tolist() == list(range(1, 16))
    assert found.excess[59] == 1.0
    assert not found.direction.any()


def test_a_metric_that_is_constant_by_nature_never_is_stuck() -> None:
    assert "A" not in marks(judge([7.0] * 400))
    assert "A" not in marks(judge([3.0] * 60 + [5.0] * 400))


def test_the_longest_run_of_the_window_sets_the_limit() -> None:
    day = [float(hour) for hour in range(1, 17)] + [0.0] * 8  # nightly zeros: eight in a row
    found = judge(day * 10 + day[:16] + [0.0] * 30)
    assert marks(found)[-30:] == "o" * 24 + "A" * 6
    assert found.explain["limit"][-1] == 25


def test_factor_and_min_points_are_the_limit() -> None:
    walk = [float(place // 2) for place in range(100)]  # every value comes twice
    found = judge(walk + [900.0] * 12, factor=2.0, min_points=3)
    assert marks(found)[-12:] == "oooo" + "A" * 8


def test_what_is_stuck_for_a_whole_window_is_the_norm() -> None:
    verdicts = marks(judge(moving(60) + [500.0] * 100, window_size=48))[60:]
    assert verdicts[9:30] == "A" * 21
    assert set(verdicts[48:]) == {"o"}


def test_small_integers_that_repeat_are_not_stuck() -> None:
    values = np.random.default_rng(3).poisson(1.0, 3000).astype(float)
    assert marks(judge(values.tolist())).count("A") <= 1


def test_too_little_history_is_insufficient() -> None:
    assert marks(judge([1.0, 2.0, 3.0, 4.0], min_samples=3)) == "???o"
    with pytest.raises(DetectError, match="min_samples 100 is more than the 48 intervals"):
        judge([1.0], window_size=48, min_samples=100)


def test_an_incident_teaches_no_patience() -> None:
    values = moving(60) + [500.0] * 30 + moving(60) + [700.0] * 12
    begin = datetime(2024, 1, 1, tzinfo=timezone.utc)
    incident = Window(begin + timedelta(hours=60), begin + timedelta(hours=90))
    assert "A" not in marks(judge(values))[-12:]
    assert marks(judge(values, exclude=(incident,)))[-12:] == "o" * 9 + "AAA"
    assert marks(judge(values, exclude=(incident,)))[69:90] == "A" * 21
    assert "A" not in marks(judge(values, exclude=(incident,), exclude_incidents=False))[-12:]


def test_points_are_a_limit_without_history() -> None:
    assert marks(judge([5.0, 5.0, 5.0, 6.0, 5.0], points=3)) == "ooAoo"


def test_missing_points_neither_extend_a_run_nor_end_it() -> None:
    assert marks(judge([5.0, NAN, 5.0, NAN, NAN, 5.0, 6.0], points=3)) == "o-o--Ao"


def test_tolerance_is_measured_from_the_value_before() -> None:
    values = [1.0, 1.5, 1.0, 1.51, 1.5]
    assert marks(judge(values, points=3, tolerance=0.5)) == "ooAoo"
    assert marks(judge(values, points=3)) == "ooooo"


def test_a_value_is_as_old_as_its_first_arrival() -> None:
    found = judge([1.0, 5.0, NAN, 5.0, 5.0, 6.0], duration="2 hours")
    assert marks(found) == "oo-AAo"
    assert found.explain["unchanged_minutes"].tolist()[3:] == [120, 180, 0]
    assert found.excess.tolist()[3:] == [1.0, 1.5, 0.0]


def test_either_limit_will_do() -> None:
    values = [1.0, 5.0, NAN, 5.0, 7.0, 7.0, 7.0]
    assert marks(judge(values, duration="2 hours", points=2)) == "oo-AoAA"


def test_counts_stop_where_the_history_does() -> None:
    found = judge([5.0] * 300, points=4)
    assert found.score.max() == 101
    assert found.excess.max() == 101 / 4


def test_what_is_judged_is_the_stuck_value() -> None:
    found = judge([5.0, 5.0], points=2)
    assert found.value.tolist() == [5.0, 5.0]
    assert np.isnan(found.expected).all()
    assert np.isnan(found.lower).all()
