"""Cells of every kind a source may give."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.contracts.cells import Column, context, instants, labels, numbers
from detectk.values import Window

UTC = timezone.utc
DAY = Window(datetime(2024, 7, 1, tzinfo=UTC), datetime(2024, 7, 2, tzinfo=UTC))
# 2024-07-01 12:00:00 UTC is 19905.5 days after 1970-01-01.
NOON = 1_719_835_200


def read(cells: Column, zone: str = "UTC") -> list[str]:
    times = instants(cells, zone=zone, window=DAY)
    assert times.dtype == np.dtype("datetime64[us]")
    return [str(time.astype("datetime64[ms]")) for time in times]


@pytest.mark.parametrize(
    "cell",
    [
        datetime(2024, 7, 1, 12),  # noqa: DTZ001 - a naive time is one of the cases
        datetime(2024, 7, 1, 12, tzinfo=UTC),
        datetime(2024, 7, 1, 14, tzinfo=ZoneInfo("Europe/Paris")),
        "2024-07-01 12:00:00",
        "2024-07-01T12:00:00",
        "2024-07-01T12:00",
        "2024-07-01T12:00:00Z",
        "2024-07-01 12:00:00 UTC",
        "2024-07-01T14:00:00+02:00",
        "2024-07-01T14:00:00+0200",
        "2024-07-01 14:00:00+02",
        "2024-07-01T07:30:00-04:30",
        "2024-07-01T12:00:00.0",
        " 2024-07-01T12:00:00.000000000Z ",
        b"2024-07-01 12:00:00",
        NOON,
        float(NOON),
        Decimal(NOON),
        NOON * 1000,
        NOON * 1_000_000,
        NOON * 1_000_000_000,
        float(NOON * 1000),
        str(NOON),
        f"{NOON}000",
        np.datetime64("2024-07-01T12:00:00", "s"),
        np.datetime64("2024-07-01T12:00:00", "ns"),
        np.int64(NOON),
    ],
)
def test_a_time_may_be_written_in_many_ways(cell: object) -> None:
    assert read([cell]) == ["2024-07-01T12:00:00.000"]
    assert read([cell, "2024-07-01"]) == ["2024-07-01T12:00:00.000", "2024-07-01T00:00:00.000"]


def test_a_date_is_its_midnight() -> None:
    assert read([date(2024, 7, 1)]) == ["2024-07-01T00:00:00.000"]
    assert read([date(2024, 7, 1)], "America/New_York") == ["2024-07-01T04:00:00.000"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-07-01T12:00:00.5Z", "2024-07-01T12:00:00.500"),
        ("2024-07-01T12:00:00,123456789", "2024-07-01T12:00:00.123"),
        ("1719835200.25", "2024-07-01T12:00:00.250"),
    ],
)
def test_a_fraction_of_a_second_is_kept(text: str, expected: str) -> None:
    assert read([text]) == [expected]


def test_numbers_below_the_limit_are_seconds_and_above_milliseconds() -> None:
    # 1e11 seconds are 3168 years and 9 months; one more millisecond count is 1973.
    assert read([10**11, 10**11 + 1]) == ["5138-11-16T09:46:40.000", "1973-03-03T09:46:40.001"]


def test_numbers_before_1970_are_seconds_too() -> None:
    assert read([-1, -1.5]) == ["1969-12-31T23:59:59.000", "1969-12-31T23:59:58.500"]


@pytest.mark.parametrize(
    "cells",
    [
        [datetime(2024, 7, 1, 8)],  # noqa: DTZ001
        ["2024-07-01 08:00:00"],
        np.array(["2024-07-01T08:00:00"], "datetime64[ns]"),
        np.array(["2024-07-01 08:00:00"]),
    ],
)
def test_a_time_without_a_zone_is_in_the_zone_of_the_source(cells: Column) -> None:
    assert read(cells, "America/New_York") == ["2024-07-01T12:00:00.000"]


def test_a_time_with_a_zone_keeps_it_beside_times_without() -> None:
    cells = ["2024-07-01 08:00:00", "2024-07-01 12:00:00Z", NOON]
    assert read(cells, "America/New_York") == ["2024-07-01T12:00:00.000"] * 3


def test_a_time_far_from_the_window_stays_outside_it() -> None:
    times = instants(["0001-01-01", "9999-12-31"], zone="America/New_York", window=DAY)
    assert [str(time)[:4] for time in times] == ["0001", "9999"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (None, "None"),
        ("", "''"),
        ("yesterday", "'yesterday'"),
        ("20240701", "'20240701'"),
        ("2024-07-32", "'2024-07-32'"),
        ("2024-07-01T25:00:00", "'2024-07-01T25:00:00'"),
        (True, "True"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (10**30, "1000000000000000000000000000000"),
        ([1], r"\[1\]"),
        (np.datetime64("NaT", "us"), "NaT"),
    ],
)
def test_what_is_no_time_is_named_with_its_row(cell: object, shown: str) -> None:
    with pytest.raises(ValueError, match=f"{shown}.* in row 2 is no time"):
        instants(["2024-07-01", cell], zone="UTC", window=DAY)


@pytest.mark.parametrize(
    "cells",
    [
        np.array(["2024-07-01", "NaT"], "datetime64[us]"),
        np.array([NOON, math.nan]),
        [float(NOON), math.nan],
    ],
)
def test_a_gap_in_a_fast_column_is_named_with_its_row(cells: Column) -> None:
    with pytest.raises(ValueError, match="in row 2 is no time"):
        instants(cells, zone="UTC", window=DAY)


@given(
    st.lists(
        st.datetimes(
            datetime(2024, 6, 30),  # noqa: DTZ001 - the zone is another argument
            datetime(2024, 7, 3),  # noqa: DTZ001
            timezones=st.one_of(st.none(), st.timezones()),
        ),
        max_size=10,
    ),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
)
def test_every_form_of_a_time_is_the_same_instant(moments: list[datetime], zone: str) -> None:
    moments = [moment.replace(fold=0) for moment in moments]
    aware = [
        moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)) for moment in moments
    ]
    expected = [moment.astimezone(UTC).replace(tzinfo=None) for moment in aware]
    for cells in (
        moments,
        [moment.isoformat() for moment in moments],
        [np.datetime64(moment) for moment in expected] if zone == "UTC" else moments,
    ):
        assert instants(cells, zone=zone, window=DAY).tolist() == expected


@pytest.mark.parametrize(
    "cell", [2, 2.0, Decimal(2), "2", " 2.0 ", b"2", np.float32(2), np.int64(2)]
)
def test_a_number_may_be_written_in_many_ways(cell: object) -> None:
    assert numbers([cell]).tolist() == [2.0]
    assert numbers([cell, None])[0] == 2.0


def test_true_is_one() -> None:
    assert numbers([True, False]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("cell", [None, math.nan, "", "  ", Decimal("NaN"), "nan"])
def test_no_value_is_nan(cell: object) -> None:
    assert np.isnan(numbers([cell, "1"])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("many", "'many'"),
        ("1,5", "'1,5'"),
        ([1], r"\[1\]"),
        (timedelta(1), "datetime.timedelta"),
        (datetime(2024, 7, 1, tzinfo=UTC), r"datetime\.date"),
        (10**400, "1000"),
        ("x" * 900, r"'xxxxxxxxxxxx\.\.\.xxxxxxxxxxxxx'"),
    ],
)
def test_what_is_no_number_is_named_with_its_row(cell: object, shown: str) -> None:
    with pytest.raises(ValueError, match=f"^{shown}.* in row 2 is no number"):
        numbers([1, cell])


def test_rows_that_are_all_lists_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="in row 1 is no number"):
        numbers([[1, 2], [3, 4]])


def test_a_label_is_a_text() -> None:
    assert labels(["a", 1, 1.5, True, None, b"b", date(2024, 7, 1)]) == [
        "a",
        "1",
        "1.5",
        "True",
        "",
        "b",
        "2024-07-01",
    ]


def test_numeric_context_keeps_its_kind() -> None:
    assert context([1, 2]).dtype == np.dtype(np.int64)
    assert context([True, False]).dtype == np.dtype(bool)
    assert context([1, 2.5]).tolist() == [1.0, 2.5]
    assert np.isnan(context([1, None])).tolist() == [False, True]
    assert context([Decimal("1.5")]).tolist() == [1.5]


def test_other_context_is_what_json_can_hold() -> None:
    cells = ["a", None, 1, True, datetime(2024, 7, 1, 12, tzinfo=UTC), [1, 2]]
    assert context(cells).tolist() == ["a", None, 1, True, "2024-07-01T12:00:00+00:00", "[1, 2]"]
    assert context([None, None]).tolist() == [None, None]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize(
    "odd",
    [
        None,
        "2024-03-31T02:30:00",
        "2024-03-31",
        "2024-03-31 02:30",
        "2024-03-31 02:30:00Z",
        "2024-03-31 02:30:00.25",
        "1711852200",
        " 2024-03-31 02:30:0",
        "2024-03-31 02:30:0\u0660",
    ],
)
def test_a_column_of_texts_is_read_as_its_cells_are(zone: str, odd: str | None) -> None:
    window = Window(
        datetime(2024, 1, 1, tzinfo=timezone.utc), datetime(2025, 1, 1, tzinfo=timezone.utc)
    )
    texts = [
        f"2024-03-{day:02}{between}{hour:02}:59:01"
        for day, hour, between in zip(
            range(1, 32), [*range(24), *range(7)], "T " * 20, strict=False
        )
    ]
    texts += [] if odd is None else [odd]

    def read(cells: list[str]) -> Any:
        try:
            return instants(cells, zone=zone, window=window).tolist()
        except ValueError as error:
            return re.sub(r"row \d+", "row", str(error))

    each = [read([text]) for text in texts]
    wrong = [answer for answer in each if isinstance(answer, str)]
    assert read(texts) == (wrong[0] if wrong else [moment for (moment,) in each])


@pytest.mark.parametrize(
    "text",
    [
        "2024-13-01 00:00:00",
        "2024-02-30 00:00:00",
        "0000-01-01 00:00:00",
        "2024-01-01 24:00:00",
        "2024-01-01 00:60:00",
    ],
)
def test_a_text_that_looks_like_a_time_may_be_none(text: str) -> None:
    window = Window(
        datetime(2024, 1, 1, tzinfo=timezone.utc), datetime(2025, 1, 1, tzinfo=timezone.utc)
    )
    with pytest.raises(ValueError, match="row 2 is no time"):
        instants(["2024-01-01 00:00:00", text], zone="UTC", window=window)
