from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detectk.contracts import Task
from detectk.detectors.engine.calendar import Calendar
from detectk.detectors.engine.seasons import fallbacks, feature_codes
from detectk.detectors.options_calendar import HolidayOptions
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


@pytest.mark.parametrize(
    ("features", "path"),
    [
        (["hour_of_week"], ["hour_of_week", "hour_of_day", "window"]),
        (["day_of_week", "region"], ["day_of_week x region", "day_of_week", "window"]),
        (["hour_of_week", "hour_of_day"], ["hour_of_week x hour_of_day", "hour_of_week", ...]),
        (["hour_of_day", "holiday"], ["hour_of_day x holiday", "hour_of_day", "window"]),
        (["month_end", "day_of_month"], ["month_end x day_of_month", "month_end", "window"]),
        (
            ["holiday", "hour_of_week"],
            ["holiday x hour_of_week", "holiday x hour_of_day", "hour_of_week", "hour_of_day", ...],
        ),
        (
            ["hour_of_week", "holiday", "promo", "region"],
            [
                "hour_of_week x holiday x promo x region",
                "hour_of_day x holiday x promo x region",
                "hour_of_week x holiday x region",
                "hour_of_day x holiday x region",
                "hour_of_week x region",
                "hour_of_week",
                "hour_of_day",
                "window",
            ],
        ),
    ],
)
def test_what_is_rare_is_the_first_that_is_no_longer_told_apart(
    features: list[str], path: list[Any]
) -> None:
    calendar = Calendar(events={"promo": "promos.csv"})
    names = [grouping.name for grouping in fallbacks(task(size=1), features, calendar)]
    assert names[-1] == "window"
    if path[-1] is ...:
        path, names = path[:-1], names[: len(path) - 1]
    assert names == path


def test_no_feature_is_the_whole_window() -> None:
    (only,) = fallbacks(task(size=3), [])
    assert (only.name, only.codes.tolist()) == ("window", [0, 0, 0])


def test_a_holiday_that_stands_alone_is_compared_with_sundays() -> None:
    """Thanksgiving is a Thursday; the thin group of a holiday falls back on hours of Sundays."""
    asked = task(size=24 * 60)
    calendar = Calendar(HolidayOptions(country="US"))
    path = fallbacks(asked, ["hour_of_week", "holiday"], calendar)
    assert [grouping.name for grouping in path][2] == "hour_of_week"
    hours = {at.strftime("%Y-%m-%d %H"): row for row, at in enumerate(walls(asked))}
    thanksgiving, sunday, thursday = (hours[f"2024-11-{day} 14"] for day in ("28", "24", "21"))
    alone, _, as_sunday = (grouping.codes for grouping in path[:3])
    assert alone[thanksgiving] not in (alone[sunday], alone[thursday])
    assert as_sunday[thanksgiving] == as_sunday[sunday] != as_sunday[thursday]


def test_an_event_is_a_feature(tmp_path: Path) -> None:
    (tmp_path / "promos.csv").write_text("date,name\n2024-10-26,sale\n2024-10-28,fair\n")
    calendar = Calendar(events={"promo": "promos.csv"}, root=tmp_path)
    asked = task()
    days = {"26": 2, "28": 3}
    expected = [days.get(f"{at:%d}", 0) if at.month == 10 else 0 for at in walls(asked)]
    assert feature_codes(asked, "promo", calendar).tolist() == expected
    column = task({"promo": ["x"] * 3}, size=3)
    assert feature_codes(column, "promo", calendar).tolist() == [0, 0, 0]


def test_an_unknown_feature_names_the_events_too() -> None:
    calendar = Calendar(events={"promo": "promos.csv"}, where="orders")
    with pytest.raises(DetectError, match=r"^orders: .*'pormo' is neither.*, holiday, promo;"):
        feature_codes(task({"segment": [1]}, size=1), "pormo", calendar)


@pytest.mark.parametrize(
    "column",
    [
        np.array([3, 1, 3, 2]),
        np.array([0.5, np.nan, 0.5, -0.0]),
        np.array([True, False, True, True]),
        np.array([None, "a", None, "b"], dtype=object),
        np.array([True, 1, True, None], dtype=object),
        np.array([float("nan"), 1.0, float("nan"), "1"], dtype=object),
    ],
    ids=str,
)
def test_a_column_has_one_group_for_each_text(column: Any) -> None:
    codes = feature_codes(task({"kind": column}, size=4), "kind").tolist()
    texts = [str(entry).removesuffix(".0").replace("-0", "0") for entry in column.tolist()]
    assert [a == b for a in codes for b in codes] == [a == b for a in texts for b in texts]
    assert min(codes) >= 0
