from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectk.contracts import Task
from detectk.detectors.engine.seasons import fallbacks, feature_codes
from detectk.errors import DetectError
from detectk.values import Interval, Series

HOUR = Interval.parse("1 hour", "America/New_York")


def task(context: dict[str, Any] | None = None, *, size: int = 24 * 20) -> Task:
    start = datetime(2024, 10, 25, tzinfo=timezone.utc)  # summer time ends on 3 November
    times = HOUR.steps(start, datetime(2024, 12, 25, tzinfo=timezone.utc))[:size]
    series = Series.from_arrays(list(times), [1.0] * size, context=context)
    return Task("id", series, HOUR, np.arange(size))


def walls(asked: Task) -> list[datetime]:
    zone = ZoneInfo("America/New_York")
    return [
        time.replace(tzinfo=timezone.utc).astimezone(zone) for time in asked.series.times.tolist()
    ]


def test_the_calendar_is_the_zones_across_the_end_of_summer_time() -> None:
    """B18: hours of the day in UTC moved by one, twice a year."""
    asked = task()
    local = walls(asked)
    assert feature_codes(asked, "hour_of_day").tolist() == [at.hour for at in local]
    assert feature_codes(asked, "day_of_week").tolist() == [at.weekday() for at in local]
    assert feature_codes(asked, "hour_of_week").tolist() == [
        at.weekday() * 24 + at.hour for at in local
    ]


def test_a_context_column_of_the_same_name_wins() -> None:
    asked = task({"hour_of_day": ["a", "b", "a"]}, size=3)
    assert feature_codes(asked, "hour_of_day").tolist() == [0, 1, 0]


def test_whole_numbers_are_the_same_group_as_floats() -> None:
    asked = task({"shift": np.array([1, 1.0, "1", 2], dtype=object)}, size=4)
    assert feature_codes(asked, "shift").tolist() == [0, 0, 0, 1]


def test_a_misspelt_feature_is_an_error() -> None:
    """B5: it left the band unconditioned, with exit code 0."""
    with pytest.raises(DetectError, match="seasonal feature 'hour_of_dya' is neither"):
        feature_codes(task({"segment": [1]}, size=1), "hour_of_dya")


def test_a_thin_group_falls_back_step_by_step() -> None:
    asked = task({"region": ["x"] * 5}, size=5)
    names = [grouping.name for grouping in fallbacks(asked, ["region", "hour_of_week"])]
    assert names == ["region x hour_of_week", "region x hour_of_day", "region", "window"]


def test_a_combined_group_agrees_in_every_feature() -> None:
    asked = task({"a": ["p", "p", "q", "q"], "b": [1, 2, 1, 2]}, size=4)
    assert len(set(fallbacks(asked, ["a", "b"])[0].codes.tolist())) == 4
