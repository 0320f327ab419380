from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timezone
from typing import Any

import numpy as np
import pytest

from detectk.check.points import Points, points_of, points_of_table
from detectk.check.table import Table
from detectk.errors import ConfigError
from detectk.values import Series, Status

DAYS = ["2024-01-01", "2024-01-02"]
INSTANTS = np.array(DAYS, "datetime64[us]").tolist()


def table(columns: Mapping[str, Any]) -> Table:
    return Table("in.csv", columns, lambda row: f"in.csv:{row + 2}")


def points(**columns: Any) -> Points:
    return points_of_table(table(columns))


def test_empty_cells_and_words_for_nothing_are_no_value() -> None:
    words = ["1", "", " ", "nan", "NaN", "null", "None", "NA", "n/a", "#N/A", "-2.5e3"]
    found = points(timestamp=[f"2024-01-{n + 1:02}" for n in range(11)], value=words)
    assert found.values[[0, 10]].tolist() == [1.0, -2500.0]
    assert np.isnan(found.values[1:10]).all()
    assert found.status.tolist() == [Status.VALUE, *[Status.NULL] * 9, Status.VALUE]


def test_infinite_values_are_none_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    found = points(timestamp=DAYS, value=["inf", "1"])
    assert str(found.values.tolist()) == "[nan, 1.0]"
    assert "in.csv: 1 infinite values were taken as no value" in caplog.text


def test_other_columns_are_context_numbers_where_all_of_them_are() -> None:
    found = points(
        timestamp=DAYS, value=["1", "2"], whole=["1", "7"], part=["0.5", ""], text=["a", ""]
    )
    assert found.context["whole"].dtype == np.int64
    assert str(found.context["part"].tolist()) == "[0.5, nan]"
    assert found.context["text"].tolist() == ["a", None]


@pytest.mark.parametrize(
    ("names", "time", "value"),
    [
        (("value", "timestamp"), "timestamp", "value"),
        (("Value", "Time"), "Time", "Value"),
        (("host", "ds", "y"), "ds", "y"),
        (("when", "orders", "x"), "when", "orders"),
        (("orders", "timestamp", "x"), "timestamp", "orders"),
        (("value", "when"), "when", "value"),
    ],
)
def test_columns_are_found_by_usual_names_else_by_place(
    names: tuple[str, ...], time: str, value: str
) -> None:
    columns = {name: DAYS if name == time else ["1", "2"] for name in names}
    found = points_of_table(table(columns))
    assert found.times.tolist() == INSTANTS
    assert found.values.tolist() == [1.0, 2.0]
    assert set(found.context) == set(names) - {time, value}


def test_a_guess_by_place_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "detectk")
    points(timestamp=DAYS, value=["1", "2"])
    assert caplog.text == ""
    points(when=DAYS, orders=["1", "2"])
    assert "in.csv: column 'when' has the times, 'orders' the values" in caplog.text


def test_columns_are_chosen_by_name() -> None:
    both = table({"timestamp": ["x", "y"], "at": DAYS, "value": ["1", "2"], "n": ["3", "4"]})
    found = points_of_table(both, timestamp_column="at", value_column="n")
    assert found.values.tolist() == [3.0, 4.0]
    assert set(found.context) == {"timestamp", "value"}


@pytest.mark.parametrize(
    ("columns", "chosen", "error"),
    [
        (
            {"timestamp": DAYS, "orders": ["1", "2"]},
            {"value_column": "ordres"},
            "in.csv: column 'ordres' is not among 'timestamp', 'orders'; did you mean 'orders'?",
        ),
        (
            {"timestamp": DAYS, "orders": ["1", "2"]},
            {"timestamp_column": "zzz"},
            (
                "in.csv: column 'zzz' is not among 'timestamp', 'orders';"
                " name one of these as --timestamp-column"
            ),
        ),
        (
            {"a": DAYS, "b": ["1", "2"]},
            {"timestamp_column": "a", "value_column": "a"},
            "in.csv: column 'a' is both time and value",
        ),
        (
            {"timestamp": DAYS},
            {},
            (
                "in.csv: has 1 column, not a time and a value;"
                " separate them with commas, semicolons or tabs"
            ),
        ),
        (
            {"timestamp": ["2024-01-01", "yesterday"], "value": ["1", "2"]},
            {},
            (
                "in.csv:3: 'yesterday' is no time; write it like 2024-01-31 10:00:00, or as seconds"
                " since 1970; --timestamp-column names the column"
            ),
        ),
        (
            {"timestamp": ["2024-01-01", "2024-02-31"], "value": ["1", "2"]},
            {},
            "in.csv:3: '2024-02-31' is no time; ",
        ),
        (
            {"timestamp": DAYS, "value": ["", "3,5"]},
            {},
            "in.csv:3: '3,5' in column 'value' is no number; write 1.5 with a point, nothing",
        ),
        (
            {"timestamp": [1, None], "value": [1, 2]},
            {},
            "in.csv:3: None is no time; ",
        ),
        (
            {"timestamp": DAYS, "value": [1, 10**400]},
            {},
            "in.csv:3: 10000",
        ),
        (
            {"timestamp": DAYS, "value": [1, [2]]},
            {},
            "in.csv:3: [2] in column 'value' is no number; ",
        ),
    ],
)
def test_a_wrong_column_or_cell_is_named(
    columns: Mapping[str, Any], chosen: dict[str, str], error: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        points_of_table(table(columns), **chosen)  # type: ignore[arg-type]
    assert str(raised.value).startswith(error)


@pytest.mark.parametrize(
    "given",
    [
        Series.from_arrays(DAYS, [1.0, None]),
        (DAYS, [1.0, None]),
        (np.array(DAYS, "datetime64[us]"), np.array([1.0, np.nan])),
        (list(np.array(DAYS, "datetime64[us]")), (1.0, float("inf"))),
        ([time.replace(tzinfo=timezone.utc) for time in INSTANTS], [1, None]),
        ([1704067200, 1704153600], ["1", ""]),
    ],
)
def test_whatever_is_at_hand_gives_the_same_points(given: Any) -> None:
    found = points_of(given)
    assert found.times.tolist() == INSTANTS
    assert found.times.dtype == "datetime64[us]"
    assert str(found.values.tolist()) == "[1.0, nan]"
    assert found.status.tolist() == [Status.VALUE, Status.NULL]


def test_naive_times_are_in_the_zone_that_is_given() -> None:
    found = points_of((INSTANTS, [1, 2]), timezone="Europe/Berlin")
    assert found.times[0] == np.datetime64("2023-12-31T23", "us")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([1.0, 2.0], "series: list is no series; give a Series, a pair"),
        ((DAYS, [1.0]), "series: has 2 times for 1 values"),
        ((["x"], [1.0]), "series: row 1: 'x' is no time; "),
    ],
)
def test_what_is_no_series_is_refused(given: Any, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        points_of(given)
    assert str(raised.value).startswith(error)
