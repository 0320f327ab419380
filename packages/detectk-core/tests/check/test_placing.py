from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.check.placing import infer_interval, place
from detectk.check.points import Points, points_of
from detectk.errors import ConfigError
from detectk.values import Interval, Status

MIDNIGHT = np.datetime64("2024-01-01", "us")


def minutes(*offsets: float) -> Any:
    return MIDNIGHT + np.array([round(60e6 * offset) for offset in offsets], "timedelta64[us]")


def some(*offsets: float) -> Points:
    return points_of((minutes(*offsets), np.arange(float(len(offsets)))))


def test_points_on_the_grid_stay_as_they_are() -> None:
    placed = place(some(0, 10, 20))
    assert placed.interval == Interval.parse("10 minutes")
    assert placed.series.values.tolist() == [0.0, 1.0, 2.0]
    assert placed.rows.tolist() == [0, 1, 2]
    assert placed.held.all()


def test_a_gap_becomes_intervals_without_a_value(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "detectk")
    placed = place(some(0, 10, 20, 50))
    assert placed.series.times.tolist() == minutes(0, 10, 20, 30, 40, 50).tolist()
    assert placed.series.status.tolist() == [Status.VALUE] * 3 + [Status.MISSING] * 2 + [0]
    assert placed.rows.tolist() == [0, 1, 2, 5]
    assert "series: the interval is 10 minutes, the commonest distance" in caplog.text
    assert "series: 2 intervals of 6 without a row" in caplog.text


def test_unsorted_points_are_judged_in_order_and_remembered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    placed = place(some(20, 0, 10))
    assert placed.series.values.tolist() == [1.0, 2.0, 0.0]
    assert placed.rows.tolist() == [2, 0, 1]
    assert "series: the rows are not in order of time; they are judged in it" in caplog.text


def test_of_equal_times_the_last_row_counts(caplog: pytest.LogCaptureFixture) -> None:
    placed = place(some(0, 10, 10, 10, 20))
    assert placed.series.values.tolist() == [0.0, 3.0, 4.0]
    assert placed.rows.tolist() == [0, 1, 1, 1, 2]
    assert placed.held.tolist() == [True, False, False, True, True]
    assert "series: 2 rows with the time of a later one: the last row counts" in caplog.text


def test_points_off_the_grid_are_floored_and_what_that_hides_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    placed = place(some(3, 13, 23, 29, 33), interval="10 minutes")
    assert placed.series.times.tolist() == minutes(0, 10, 20, 30).tolist()
    assert placed.series.values.tolist() == [0.0, 1.0, 3.0, 4.0]
    assert placed.held.tolist() == [True, True, False, True, True]
    assert "1 row in the same interval of 10 minutes as a later one" in caplog.text


def test_context_follows_its_point() -> None:
    points = Points(
        "series",
        minutes(30, 0, 10),
        np.arange(3.0),
        np.zeros(3, np.uint8),
        {"trials": np.array([7, 8, 9])},
    )
    assert place(points).series.context["trials"].tolist() == [8, 9, None, 7]


@pytest.mark.parametrize(
    ("times", "found"),
    [
        (minutes(0, 5, 10, 20, 40), "5 minutes"),
        (minutes(0), "1 minute"),
        (minutes(0, 0), "1 minute"),
        (minutes(0, 1.01, 2.0, 3.02, 4.05, 5.0, 6.03), "1 minute"),
        (minutes(0, 7.1, 13.9, 21.2, 28.0, 35.1), "408 seconds"),
        (minutes(0, 1.0001, 2.0002, 3.0001), "1 minute"),
        (np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "M8[us]"), "1 day"),
        (np.array(["2024-01-03", "2024-01-10", "2024-01-17"], "M8[us]"), "1 week"),
        (np.array([f"2024-{m:02}-01" for m in range(1, 13)], "M8[us]"), "1 month"),
        (np.array(["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30"], "M8[us]"), "1 month"),
        (np.array(["2023-01", "2023-04", "2023-07", "2024-01", "2024-04"], "M8[us]"), "3 months"),
        (np.array(["2020", "2021", "2022", "2023"], "M8[us]"), "12 months"),
        (np.array(["2024-01-01", "2024-01-29", "2024-02-26"], "M8[us]"), "28 days"),
    ],
)
def test_the_commonest_distance_is_the_interval(times: Any, found: str) -> None:
    assert str(infer_interval(times)) == found


def test_days_of_a_zone_follow_its_clock() -> None:
    days = ["2024-03-30", "2024-03-31", "2024-04-01", "2024-04-02"]
    placed = place(points_of((days, [1.0] * 4), timezone="Europe/Berlin"), timezone="Europe/Berlin")
    assert str(placed.interval) == "1 day"
    assert len(placed.series) == 4


@pytest.mark.parametrize(
    ("points", "interval", "error"),
    [
        (some(0, 0.001, 0.002), None, "series: most rows are less than a second apart; give"),
        (some(0, 1), "10 mintues", "series: unit 'mintues' of '10 mintues' is unknown; did you"),
        (
            some(0, 1, 2, 5e8),
            None,
            "series: has 4 rows and 500,000,001 intervals of 1 minute; give",
        ),
    ],
)
def test_what_makes_no_grid_is_refused(points: Points, interval: str | None, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        place(points, interval=interval)
    assert str(raised.value).startswith(error)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40))
def test_no_point_is_lost(offsets: list[int]) -> None:
    points = some(*offsets)
    placed = place(points, interval="7 minutes")
    starts = placed.series.times[placed.rows]
    assert (starts <= points.times).all()
    assert (points.times - starts < np.timedelta64(7, "m")).all()
    assert (np.diff(placed.series.times) == np.timedelta64(7, "m")).all()
    held = np.flatnonzero(placed.held)
    assert placed.series.values[placed.rows[held]].tolist() == points.values[held].tolist()
    assert len(held) == len(set(placed.rows.tolist()))
    # Whatever is not held gave way to a point that is as late or later.
    later = {row: points.times[one] for one, row in zip(held, placed.rows[held], strict=True)}
    assert all(points.times[n] <= later[row] for n, row in enumerate(placed.rows))
