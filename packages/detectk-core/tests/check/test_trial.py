from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from detectk import check
from detectk.check import detect, detect_file
from detectk.check.detector_choice import Choice, choose
from detectk.check.points import points_of
from detectk.check.trial import judge
from detectk.contracts import Detector, Lookback, Options, Outcome, Services, Task
from detectk.errors import ConfigError, DetectError
from detectk.values import Interval, Series, Verdict

HOURS = np.datetime64("2024-01-01", "us") + np.arange(6) * np.timedelta64(1, "h")
LEVELS = [3.0, 3.0, np.nan, 50.0, 3.0, 3.0]
ABOVE = {"threshold": 20}


class Broken(Detector[Options]):
    seen: ClassVar[list[Task]] = []

    def lookback(self) -> Lookback:
        return Lookback()

    def detect(self, batch: Sequence[Task]) -> Sequence[Outcome]:
        self.seen[:] = batch
        raise self.options.error  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Error:
    error: Exception


def broken(error: Exception) -> Choice:
    return Choice("broken", Options(), Broken(Error(error), Services()))  # type: ignore[arg-type]


def test_detect_is_a_function_of_the_package() -> None:
    assert check.detect is detect


def test_every_point_gets_a_verdict_in_order_of_time() -> None:
    verdicts = detect((HOURS[::-1], LEVELS[::-1]), type="threshold", params=ABOVE)
    ok, anomaly, unjudged = Verdict.OK, Verdict.ANOMALY, Verdict.UNJUDGED
    assert verdicts.verdict.tolist() == [ok, ok, unjudged, anomaly, ok, ok]
    assert verdicts.times.tolist() == HOURS.tolist()
    assert verdicts.direction[3] == 1


def test_gaps_are_judged_and_returned_where_they_are_asked_for() -> None:
    sparse = (HOURS[[0, 1, 4, 5]], [1.0] * 4)
    assert len(detect(sparse, type="missing_data")) == 4
    every = detect(sparse, type="missing_data", gaps=True)
    assert np.flatnonzero(every.verdict == Verdict.ANOMALY).tolist() == [2, 3]


def test_the_interval_may_be_given_as_text_seconds_or_value() -> None:
    pair = (HOURS, LEVELS)
    found = {
        detect(pair, type="threshold", params=ABOVE, interval=interval).detector
        for interval in (None, "1 hour", 3600, Interval.parse("1h"))
    }
    assert len(found) == 1
    other = detect(pair, type="threshold", params=ABOVE, interval="2 hours")
    assert other.detector not in found
    assert len(other) == 3


def test_context_reaches_the_detector() -> None:
    days = np.array([f"day {n % 2}" for n in range(6)])
    series = Series.from_arrays(HOURS, [1.0] * 6, context={"parity": days})
    with pytest.raises(DetectError, match=r"Broken failed: KeyError: 1"):
        judge(points_of(series), broken(KeyError(1)))
    (task,) = Broken.seen
    assert task.series.context["parity"].tolist() == days.tolist()
    assert task.targets.tolist() == list(range(6))


def test_a_file_gives_what_its_points_give(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    rows = [f"{at},{'' if np.isnan(x) else x}\n" for at, x in zip(HOURS, LEVELS, strict=True)]
    path.write_text("at,level\n" + "".join(rows))
    for given in (path, str(path)):
        found = detect_file(given, type="threshold", params=ABOVE, value_column="level")
        assert found.same_as(detect((HOURS, LEVELS), type="threshold", params=ABOVE))


def test_no_points_give_no_verdicts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "detectk")
    assert len(detect(([], []), type="threshold", params=ABOVE)) == 0
    assert "series: there are no rows" in caplog.text


def test_one_point_is_judged() -> None:
    found = detect((HOURS[3:4], LEVELS[3:4]), type="threshold", params=ABOVE)
    assert found.verdict.tolist() == [Verdict.ANOMALY]


def test_a_detector_that_fails_is_named() -> None:
    points = points_of((HOURS, LEVELS))
    with pytest.raises(DetectError, match=r"^series: Broken failed: KeyError: 'x'$") as raised:
        judge(points, broken(KeyError("x")))
    assert raised.value.exit_code == 4
    for where, said in (("", "series"), ("mad", "series: mad"), ("series 1", "series 1")):
        with pytest.raises(DetectError) as raised:
            judge(points, broken(DetectError("needs more", where=where)))
        assert str(raised.value) == f"{said}: needs more"


def test_an_unknown_zone_gets_the_near_name() -> None:
    with pytest.raises(ConfigError, match="timezone: time zone 'Europe/Berln' is unknown; did you"):
        detect((HOURS, LEVELS), type="threshold", params=ABOVE, timezone="Europe/Berln")


def test_what_is_counted_are_the_points_and_not_the_holes() -> None:
    points = points_of((HOURS[[0, 1, 4, 5]], [1.0, 50.0, np.nan, 1.0]))
    judged = judge(points, choose("threshold", ABOVE))
    assert judged.count(Verdict.ANOMALY) == 1
    assert judged.count(Verdict.UNJUDGED) == 1
    assert np.flatnonzero(judged.holes).tolist() == [2, 3]
    assert judged.given.tolist() == [0, 1, 4, 5]
