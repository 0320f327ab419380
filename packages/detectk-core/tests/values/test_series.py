"""A series holds its invariants."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest

from detectk.values import Series, Status, Window, to_datetime, to_instant
from detectk.values.zones import zone_info

START = datetime(2024, 3, 10, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def a_series(values: list[float | None]) -> Series:
    times = [START + index * HOUR for index in range(len(values))]
    return Series.from_arrays(times, values, context={"n": list(range(len(values)))})


def test_none_nan_and_infinity_are_nulls() -> None:
    series = a_series([1.0, None, float("nan"), float("inf"), -float("inf"), 0.0])
    assert series.status.tolist() == [0, 1, 1, 1, 1, 0]
    assert np.isnan(series.values[1:5]).all()


def test_a_first_version_is_seen_at_its_own_time() -> None:
    series = a_series([1.0, 2.0])
    assert np.array_equal(series.seen, series.times)


def test_times_must_increase() -> None:
    with pytest.raises(ValueError, match="strictly increasing"):
        Series.from_arrays([START, START], [1.0, 2.0])


def test_columns_must_be_of_one_length() -> None:
    with pytest.raises(ValueError, match="'n' has 1 entries for 2 times"):
        Series.from_arrays([START, START + HOUR], [1.0, 2.0], context={"n": [1]})


def test_zones_are_kept_and_naive_times_are_utc() -> None:
    berlin = datetime(2024, 3, 10, 1, tzinfo=timezone(HOUR))
    for given in (berlin, START.replace(tzinfo=None), "2024-03-10", np.datetime64("2024-03-10")):
        assert to_datetime(Series.from_arrays([given], [1.0]).times[0]) == START


def test_a_window_takes_its_start_and_leaves_its_end() -> None:
    part = a_series([1.0, 2.0, 3.0, 4.0]).within(Window(START + HOUR, START + 3 * HOUR))
    assert part.values.tolist() == [2.0, 3.0]
    assert part.context["n"].tolist() == [1, 2]


def test_polars_and_back_is_the_same_series() -> None:
    series = a_series([1.5, None, 3.0])
    frame = series.to_polars()
    assert frame.schema["time"] == pl.Datetime("us", "UTC")
    again = Series.from_polars(frame.sample(fraction=1, shuffle=True, seed=1), context=["n"])
    assert again.same_as(series)


def test_same_as_sees_every_column() -> None:
    series = a_series([1.0, None])
    assert series.same_as(a_series([1.0, None]))
    assert not series.same_as(a_series([1.0, 2.0]))
    assert not series.same_as(a_series([1.0]))
    assert not series.same_as(Series.from_arrays(series.times, series.values))


def test_an_empty_series_is_a_series() -> None:
    assert len(Series.empty()) == 0
    assert len(Series.empty().within(Window(START, START + HOUR))) == 0


def test_instants_and_datetimes_are_each_other() -> None:
    moment = datetime(2024, 3, 10, 1, 2, 3, 456789, tzinfo=timezone.utc)
    assert to_datetime(to_instant(moment)) == moment


def test_the_two_moments_of_a_repeated_hour_are_an_hour_apart() -> None:
    once = datetime(2024, 10, 27, 2, 30, tzinfo=zone_info("Europe/Berlin"))
    assert to_instant(once.replace(fold=1)) - to_instant(once) == np.timedelta64(1, "h")


def test_statuses_have_the_codes_that_are_stored() -> None:
    names = ["VALUE", "NULL", "MISSING", "LATE", "FAILED", "SKIPPED"]
    assert [status.name for status in Status] == names
    assert [int(status) for status in Status] == list(range(6))
