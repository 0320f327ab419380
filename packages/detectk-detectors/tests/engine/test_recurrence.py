from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Task
from detectk.detectors.engine.recurrence import never_filled
from detectk.detectors.engine.seasons import Grouping
from detectk.values import Interval, Series

DAY = timedelta(days=1)


def say(features: list[str], days: float, every: str = "1 hour", least: int = 3) -> str:
    return never_filled(features, days * DAY, interval=Interval.parse(every), least=least)


def test_a_window_too_short_for_its_groups_is_told_how_long_to_be() -> None:
    assert say(["hour_of_week"], 7) == (
        "a window of 7 days holds 1 value of each hour_of_week, min_group_samples is 3: "
        "make the window 21 days or longer"
    )
    assert say(["hour_of_day"], 1.5) == (
        "a window of 36 hours holds 1 value of each hour_of_day, min_group_samples is 3: "
        "make the window 3 days or longer"
    )
    assert say(["day_of_week"], 2, "1 day").startswith(
        "a window of 2 days holds no values of each day_of_week, "
    )
    assert say(["day_of_month", "hour_of_day"], 30).endswith(
        "1 value of each day_of_month x hour_of_day, min_group_samples is 3: "
        "make the window 93 days or longer"
    )


@pytest.mark.parametrize(
    ("features", "days", "every"),
    [
        (["hour_of_week"], 21, "1 hour"),
        (["hour_of_week"], 7, "10 minutes"),
        (["day_of_week"], 7, "1 hour"),
        (["business_day"], 14, "1 day"),
        (["day_of_month"], 30, "1 hour"),
        (["month_end"], 90, "1 day"),
        (["hour_of_day"], 3, "1 day"),
        (["day_of_month"], 90, "1 month"),
        (["holiday", "segment"], 1, "1 hour"),
        ([], 1, "1 hour"),
    ],
)
def test_a_window_that_can_fill_its_groups_is_not_spoken_of(
    features: list[str], days: float, every: str
) -> None:
    assert say(features, days, every) == ""


@pytest.mark.parametrize(
    "features",
    [
        ["hour_of_day"],
        ["day_of_week"],
        ["hour_of_week"],
        ["business_day"],
        ["day_of_week", "hour_of_day"],
    ],
    ids=" x ".join,
)
@pytest.mark.parametrize("every", ["30 minutes", "1 hour", "5 hours", "6 hours", "1 day", "3 days"])
def test_what_is_said_is_what_a_window_holds(features: list[str], every: str) -> None:
    """Counted on the grid: a group that never fills, and in the window it names each one does."""
    interval = Interval.parse(every)
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    times = interval.steps(start, start + 500 * DAY)
    series = Series.from_arrays(list(times), [1.0] * len(times))
    codes = Grouping(Task("id", series, interval, np.arange(0)), features).codes
    for days in (1, 2, 6, 7, 13, 14, 21, 30, 60):
        text = say(features, days, every)
        fullest = min(max(group) for group in held(times, codes, days))
        assert bool(text) == (fullest < 3), (days, text)
        if text:
            named = re.search(r"make the window (\d+) days", text)
            assert named
            assert min(map(min, held(times, codes, int(named[1])))) >= 3, text


def held(times: Any, codes: Any, days: int) -> list[list[int]]:
    """Return, a group, how many of it stand in the full window before each of its points."""
    window = np.timedelta64(days, "D")
    found = []
    for code in np.unique(codes):
        mine = times[codes == code]
        before = np.arange(len(mine)) - np.searchsorted(mine, mine - window)
        found.append(before[mine >= times[0] + window].tolist())
    return found
