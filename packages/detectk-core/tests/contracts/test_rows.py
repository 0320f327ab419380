"""Rows become series, whatever order and shape they come in."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from detectk.contracts import Request, RowOptions, series_from_columns
from detectk.errors import CollectError
from detectk.values import Interval, Labels, Series, Status, Window

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)
Columns: TypeAlias = Mapping[str, Sequence[object]]

HOURS = Request("orders", Window(START, START + timedelta(hours=6)), Interval(1, "hour"), START)
PLAIN = RowOptions()


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def points(series: Series) -> list[tuple[int, float]]:
    hours = (series.times - np.datetime64("2024-07-01", "us")) // np.timedelta64(1, "h")
    return list(zip(hours.tolist(), series.values.tolist(), strict=True))


def test_rows_become_one_series() -> None:
    (series,) = series_from_columns({"period_time": [at(0), at(1)], "value": [5, 7]}, PLAIN, HOURS)
    assert series.labels == Labels()
    assert points(series) == [(0, 5.0), (1, 7.0)]
    assert series.status.tolist() == [Status.VALUE, Status.VALUE]


@pytest.mark.parametrize("columns", [{}, {"period_time": [], "value": []}])
def test_no_rows_are_no_series(columns: Columns) -> None:
    assert series_from_columns(columns, PLAIN, HOURS) == []


def test_times_are_floored_to_the_grid() -> None:
    columns: Columns = {"period_time": [at(1.999)], "value": [5]}
    assert points(series_from_columns(columns, PLAIN, HOURS)[0]) == [(1, 5.0)]


def test_the_grid_is_that_of_the_request() -> None:
    day = Interval(1, "day", "America/New_York")
    window = Window(day.floor(START), day.next(START))
    columns: Columns = {"period_time": ["2024-07-01 03:00:00"], "value": [5]}
    (series,) = series_from_columns(columns, PLAIN, Request("orders", window, day, START))
    assert series.times.tolist() == [datetime(2024, 6, 30, 4)]  # noqa: DTZ001 - as numpy gives it


def test_unsorted_rows_are_sorted() -> None:
    columns: Columns = {"period_time": [at(3), at(1), at(2)], "value": [3, 1, 2]}
    (series,) = series_from_columns(columns, PLAIN, HOURS)
    assert points(series) == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_rows_outside_the_window_are_dropped_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    columns: Columns = {
        "period_time": [at(-0.01), at(0), at(5.99), at(6), at(900)],
        "value": range(5),
    }
    (series,) = series_from_columns(columns, PLAIN, HOURS)
    assert points(series) == [(0, 1.0), (5, 2.0)]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "3 rows outside the window were dropped"


def test_a_row_whose_interval_began_before_the_window_is_dropped() -> None:
    window = Window(at(0.5), at(6))
    request = Request("orders", window, Interval(1, "hour"), START)
    columns: Columns = {"period_time": [at(0.75), at(1)], "value": [5, 7]}
    assert points(series_from_columns(columns, PLAIN, request)[0]) == [(1, 7.0)]


def test_of_rows_in_one_interval_the_latest_wins(caplog: pytest.LogCaptureFixture) -> None:
    columns: Columns = {
        "period_time": [at(1.5), at(1.2), at(1), at(2), at(2)],
        "value": [1, 2, 3, 4, 5],
    }
    (series,) = series_from_columns(columns, PLAIN, HOURS)
    assert points(series) == [(1, 1.0), (2, 5.0)]
    (record,) = caplog.records
    assert record.getMessage() == "3 rows share an interval with a later one and were dropped"


def test_no_value_is_a_null_and_not_an_absence() -> None:
    columns: Columns = {"period_time": [at(0), at(1), at(2)], "value": [None, math.nan, 0]}
    (series,) = series_from_columns(columns, PLAIN, HOURS)
    assert np.isnan(series.values).tolist() == [True, True, False]
    assert series.status.tolist() == [Status.NULL, Status.NULL, Status.VALUE]


def test_an_infinite_value_is_a_null_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    columns: Columns = {"period_time": [at(0), at(1)], "value": [math.inf, "-inf"]}
    (series,) = series_from_columns(columns, PLAIN, HOURS)
    assert np.isnan(series.values).all()
    assert series.status.tolist() == [Status.NULL, Status.NULL]
    assert [r.getMessage() for r in caplog.records] == ["2 infinite values were taken as no value"]


def test_warnings_name_the_metric(caplog: pytest.LogCaptureFixture) -> None:
    series_from_columns({"period_time": [at(9)], "value": [1]}, PLAIN, HOURS)
    assert [vars(record)["metric"] for record in caplog.records] == ["orders"]


def test_a_plain_answer_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    series_from_columns({"period_time": [at(1)], "value": [1]}, PLAIN, HOURS)
    assert caplog.records == []


def test_each_combination_of_dimensions_is_a_series() -> None:
    options = RowOptions(dimensions=("country", "device"))
    columns: Columns = {
        "period_time": [at(0), at(0), at(0), at(1)],
        "value": [1, 2, 3, 4],
        "country": ["DE", "AT", None, "DE"],
        "device": ["tv", 1, "tv", "tv"],
    }
    found = series_from_columns(columns, options, HOURS)
    assert [(dict(series.labels), points(series)) for series in found] == [
        ({"country": "", "device": "tv"}, [(0, 3.0)]),
        ({"country": "AT", "device": "1"}, [(0, 2.0)]),
        ({"country": "DE", "device": "tv"}, [(0, 1.0), (1, 4.0)]),
    ]


def test_labels_that_look_the_same_are_the_same_series() -> None:
    composed, decomposed = "K\u00f6ln", "Ko\u0308ln"
    columns: Columns = {
        "period_time": [at(0), at(1)],
        "value": [1, 2],
        "city": [composed, decomposed],
    }
    (series,) = series_from_columns(columns, RowOptions(dimensions=("city",)), HOURS)
    assert points(series) == [(0, 1.0), (1, 2.0)]


def test_too_many_series_are_refused_with_the_number_and_the_cap() -> None:
    columns: Columns = {"period_time": [at(0)] * 3, "value": [1, 2, 3], "city": ["a", "b", "c"]}
    with pytest.raises(CollectError) as caught:
        series_from_columns(columns, RowOptions(dimensions=("city",), max_series=2), HOURS)
    assert str(caught.value) == (
        "orders: 3 series, more than max_series 2; "
        "group by fewer dimensions, filter the query, or raise max_series"
    )


def test_as_many_series_as_allowed_are_allowed() -> None:
    columns: Columns = {"period_time": [at(0)] * 3, "value": [1, 2, 3], "city": ["a", "b", "a"]}
    options = RowOptions(dimensions=("city",), max_series=2)
    assert len(series_from_columns(columns, options, HOURS)) == 2


def test_context_goes_with_its_row() -> None:
    options = RowOptions(context_columns=("orders", "kind"))
    columns: Columns = {
        "period_time": [at(2), at(1), at(1)],
        "value": [3, 2, 1],
        "orders": [30, 20, 10],
        "kind": ["c", "b", None],
    }
    (series,) = series_from_columns(columns, options, HOURS)
    assert series.context["orders"].tolist() == [10, 30]
    assert series.context["kind"].tolist() == [None, "c"]


def test_a_missing_column_is_named_with_those_present_and_a_near_one() -> None:
    with pytest.raises(CollectError) as caught:
        series_from_columns({"Period_Time": [at(0)], "value": [1]}, PLAIN, HOURS)
    assert str(caught.value) == (
        "orders: column 'period_time' is not among 'Period_Time', 'value'; "
        "did you mean 'Period_Time'?"
    )


def test_a_missing_column_without_a_near_one_gets_advice() -> None:
    options = RowOptions(dimensions=("country",))
    with pytest.raises(CollectError, match="name one of these in the config"):
        series_from_columns({"period_time": [], "value": []}, options, HOURS)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"period_time": [at(0), None], "value": [1, 2]},
            (
                "orders: column 'period_time': None in row 2 is no time; "
                "give a datetime, an ISO text or seconds since 1970"
            ),
        ),
        (
            {"period_time": [at(0), at(1)], "value": [1, "lots"]},
            "orders: column 'value': 'lots' in row 2 is no number; give a number or null",
        ),
        (
            {"period_time": [at(0), at(1)], "value": [1]},
            "orders: columns differ in length: period_time 2, value 1",
        ),
    ],
)
def test_a_bad_cell_is_told_with_its_place(columns: Columns, message: str) -> None:
    with pytest.raises(CollectError) as caught:
        series_from_columns(columns, PLAIN, HOURS)
    assert str(caught.value) == message


def test_an_unknown_zone_of_the_source_is_told() -> None:
    with pytest.raises(ValidationError, match="did you mean 'Europe/Berlin'"):
        RowOptions(timezone="Europe/Berlim")


@given(
    st.lists(
        st.tuples(
            st.integers(-3600, 7 * 3600),
            st.none() | st.floats(allow_infinity=True, width=32),
            st.sampled_from(["a", "b"]),
        ),
        max_size=30,
    )
)
def test_series_hold_the_latest_row_of_each_interval(
    rows: list[tuple[int, float | None, str]],
) -> None:
    columns: Columns = {
        "period_time": [START + timedelta(seconds=second) for second, _, _ in rows],
        "value": [value for _, value, _ in rows],
        "name": [name for _, _, name in rows],
    }
    expected: dict[tuple[str, int], float | None] = {}
    for second, value, name in sorted(rows, key=lambda row: row[0]):
        if 0 <= second < 6 * 3600:
            expected[name, second // 3600] = value
    found = series_from_columns(columns, RowOptions(dimensions=("name",)), HOURS)
    held = {
        (dict(series.labels)["name"], hour): value
        for series in found
        for hour, value in points(series)
    }
    assert held.keys() == expected.keys()
    for key, value in expected.items():
        if value is None or not math.isfinite(value):
            assert math.isnan(held[key])
        else:
            assert held[key] == value
