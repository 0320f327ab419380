from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.contracts import QueryOptions, Request, spans_from_columns
from detectk.errors import CollectError
from detectk.values import Interval, Spans, Window

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)
BERLIN = Interval.parse("1 hour", "Europe/Berlin")
REQUEST = Request("orders", Window(START, START + timedelta(days=2)), BERLIN, START)


def read(columns: Mapping[str, Any], zone: str = "UTC") -> Spans:
    options = QueryOptions(query="SELECT 1", timezone=zone)
    return spans_from_columns(columns, options, REQUEST, event="promo")


def bounds(spans: Spans) -> list[tuple[str, str]]:
    texts = (times.astype(str).tolist() for times in (spans.starts, spans.ends))
    return [(a[:-7], b[:-7]) for a, b in zip(*texts, strict=True)]


@pytest.mark.parametrize("cell", [date(2024, 7, 1), "2024-07-01"])
def test_a_date_is_a_whole_day_of_the_metrics_zone(cell: object) -> None:
    whole = [("2024-06-30T22:00:00", "2024-07-01T22:00:00")]
    assert bounds(read({"start_time": [cell]}, zone="Asia/Tokyo")) == whole
    assert bounds(read({"start_time": [cell], "end_time": [cell]})) == whole


def test_a_moment_is_in_the_zone_of_the_source_unless_it_has_its_own() -> None:
    naive = datetime(2024, 7, 1, 9)  # noqa: DTZ001  # what sources give
    starts = [naive, naive.replace(tzinfo=UTC), "2024-07-01 09:00", "2024-07-01T09:00:00Z"]
    found = [start for start, _ in bounds(read({"start_time": starts}, zone="Asia/Tokyo"))]
    assert found == [f"2024-07-01T{hour}:00:00" for hour in ("00", "09", "00", "09")]


def test_a_moment_alone_is_the_interval_that_holds_it() -> None:
    found = read({"start_time": np.array(["2024-07-01T09:20"], "M8[us]")})
    times = BERLIN.steps(START, START + timedelta(days=1))
    assert np.flatnonzero(found.met(times, BERLIN) == 0).tolist() == [9]


def test_dates_and_moments_may_be_mixed_and_never_end() -> None:
    found = read(
        {
            "start_time": ["2024-07-01", "2024-07-01 12:00"],
            "end_time": [date(9999, 12, 31), datetime(2024, 7, 1, 13)],  # noqa: DTZ001
            "name": ["sale", None],
        }
    )
    assert found.names == ("sale", "")
    times = BERLIN.steps(START, START + timedelta(days=1))
    assert found.met(times, BERLIN).tolist() == [0] * 12 + [1] + [0] * 11


def test_no_rows_are_no_events() -> None:
    for columns in ({}, {"start_time": (), "end_time": ()}):
        assert bounds(read(columns)) == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"start": ["2024-07-01"]}, "column 'start_time' is not among 'start'; select start_time"),
        ({"start_time": ["soon"]}, "'soon' in row 1 is no time; give a date or a time"),
        ({"start_time": [None]}, "None in row 1 is no time; .*NULL is neither"),
        ({"start_time": ["2024-07-01"], "end_time": [None]}, "None in row 1 is no time"),
        (
            {"start_time": ["2024-07-02 01:00"], "end_time": ["2024-07-01 01:00"]},
            "row 1 ends 2024-07-01 01:00 before it starts 2024-07-02 01:00; swap them",
        ),
    ],
)
def test_an_error_names_the_metric_and_the_event(columns: Mapping[str, Any], said: str) -> None:
    with pytest.raises(CollectError, match=f"^orders: event 'promo': {said}"):
        read(columns)


def test_an_event_is_no_column_of_the_query() -> None:
    with pytest.raises(ValueError, match="event 'promo' is a column of the query too; rename it"):
        QueryOptions(query="SELECT 1", context_columns=("promo",), events={"promo": "SELECT 1"})
