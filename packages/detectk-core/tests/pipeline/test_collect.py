"""Every complete interval gets a row."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np

from detectk.pipeline.collect import Filling, dense
from detectk.values import NO_LABELS, Interval, Labels, Schedule, Series, Status, Window, to_instant

HOUR = timedelta(hours=1)
START = datetime(2024, 3, 10, tzinfo=timezone.utc)
GRID = Schedule(Interval(1, "hour"))
WINDOW = Window(START, START + 5 * HOUR)


def series(rows: dict[int, float | None], labels: Labels = NO_LABELS) -> Series:
    times = [START + hour * HOUR for hour in rows]
    return Series.from_arrays(times, list(rows.values()), labels=labels)


def states(one: Series) -> list[str]:
    return [Status(int(code)).name for code in one.status]


def test_holes_are_missing_and_rows_stay_what_they_are() -> None:
    (one,) = dense([series({0: 1.0, 2: None, 4: 0.0})], Filling(GRID, WINDOW), {})
    assert states(one) == ["VALUE", "MISSING", "NULL", "MISSING", "VALUE"]
    assert np.array_equal(one.values, [1.0, np.nan, np.nan, np.nan, 0.0], equal_nan=True)


def test_holes_that_may_still_get_a_row_are_late() -> None:
    schedule = Schedule(Interval(1, "hour"), mutable=2 * HOUR)
    filling = Filling(schedule, WINDOW, newest=START + 4 * HOUR)
    (one,) = dense([series({0: 1.0})], filling, {})
    assert states(one) == ["VALUE", "MISSING", "MISSING", "LATE", "LATE"]


def test_zero_and_previous_fill_holes_with_values() -> None:
    rows = [series({1: 3.0, 3: 5.0})]
    (zero,) = dense(rows, Filling(GRID, WINDOW, "zero"), {NO_LABELS: START})
    assert zero.values.tolist() == [0.0, 3.0, 0.0, 5.0, 0.0]
    (previous,) = dense(
        rows, Filling(GRID, WINDOW, "previous"), {NO_LABELS: START}, before={NO_LABELS: 2.0}
    )
    assert previous.values.tolist() == [2.0, 3.0, 3.0, 5.0, 5.0]
    assert set(states(previous)) == {"VALUE"}


def test_previous_without_any_value_before_stays_missing() -> None:
    (one,) = dense([series({2: 5.0})], Filling(GRID, WINDOW, "previous"), {NO_LABELS: START})
    assert states(one) == ["MISSING", "MISSING", "VALUE", "VALUE", "VALUE"]


def test_a_new_series_begins_with_its_first_row() -> None:
    (one,) = dense([series({3: 1.0})], Filling(GRID, WINDOW, "zero"), {})
    assert one.times[0] == to_instant(START + 3 * HOUR)
    assert len(one) == 2


def test_a_series_that_disappears_is_all_holes() -> None:
    gone = Labels.of({"country": "DE"})
    one, other = dense([series({0: 1.0})], Filling(GRID, WINDOW), {gone: START - HOUR})
    assert (one.labels, other.labels) == (NO_LABELS, gone)
    assert states(other) == ["MISSING"] * 5


def test_a_metric_without_any_row_ever_has_no_series() -> None:
    assert dense([], Filling(GRID, WINDOW, "zero"), {}) == []


def test_skipped_intervals_keep_their_values() -> None:
    filling = Filling(GRID, WINDOW, skip=Window(START, START + 2 * HOUR))
    (one,) = dense([series({0: 7.0, 3: 1.0})], filling, {})
    assert states(one) == ["SKIPPED", "SKIPPED", "MISSING", "VALUE", "MISSING"]
    assert one.values[0] == 7.0


def test_context_is_none_where_there_is_no_row() -> None:
    times = [START + HOUR]
    rows = Series.from_arrays(times, [1.0], context={"kind": ["weekday"]})
    (one,) = dense([rows], Filling(GRID, WINDOW), {NO_LABELS: START})
    assert one.context["kind"].tolist() == [None, "weekday", None, None, None]
