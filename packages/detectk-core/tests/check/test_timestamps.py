from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.check.timestamps import is_time, read_times, spelling_of

NOON = np.datetime64("2024-03-01T12:00:00", "us")


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 12:00:00",
        "2024-03-01T12:00:00",
        "2024-03-01T12:00",
        "2024-03-01T12:00:00.000",
        "2024-03-01T12:00:00.000000",
        "2024-03-01T12:00:00.000000000",
        "2024-03-01T12:00:00Z",
        "2024-03-01 12:00:00 UTC",
        "2024-03-01 13:00:00+01:00",
        "2024-03-01 13:00:00+0100",
        "2024-03-01 13:00:00+01",
        "2024-03-01 06:30:00-05:30",
        "1709294400",
        "1709294400.0",
        "1709294400000",
        "1709294400000000",
        "1709294400000000000",
    ],
)
def test_a_spelling_of_noon_is_noon_alone_and_among_its_like(text: str) -> None:
    assert read_times([text], "UTC").tolist() == [NOON.item()]
    assert read_times([text] * 3, "UTC").tolist() == [NOON.item()] * 3
    assert read_times(np.array([text] * 3), "UTC").tolist() == [NOON.item()] * 3


def test_a_clock_without_an_offset_is_that_of_the_zone() -> None:
    walls = ["2024-03-31 01:30:00", "2024-03-31 03:30:00"]  # the clock leaps from 2 to 3
    found = read_times(walls, "Europe/Berlin")
    assert np.diff(found).tolist() == [timedelta(hours=1)]
    assert read_times(["2024-07-01"], "Europe/Berlin")[0] == np.datetime64("2024-06-30T22", "us")


def test_an_offset_wins_over_the_zone() -> None:
    for text in ("2024-03-01T12:00:00Z", "2024-03-01 13:00:00+01:00", "1709294400"):
        assert read_times([text, text], "Asia/Tokyo")[0] == NOON


def test_offsets_may_differ_from_row_to_row() -> None:
    mixed = ["2024-03-01 13:00:00+01:00", "2024-03-01 07:00:00-05:00", "2024-03-01 12:00:00+00:00"]
    assert set(read_times(mixed, "UTC").tolist()) == {NOON.item()}
    odd = [*mixed, "2024-03-01T12:00Z", "2024-03-01"]
    assert read_times(odd, "UTC")[4] == np.datetime64("2024-03-01", "us")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaT",
        "now",
        "2024",
        "20240301",
        "2024-13-01",
        "2024-02-30 10:00:00",
        "noon",
        "12.5",
        "0000-01-01",
        "0001-01-01",
    ],
)
def test_what_is_no_time_is_refused_alone_and_among_times(text: str) -> None:
    assert not is_time(text)
    with pytest.raises(ValueError, match="no time"):
        read_times(["2024-03-01 12:00:00", text], "UTC")
    with pytest.raises(ValueError, match="no time"):
        read_times([text, text], "UTC")


def test_a_sign_that_differs_is_not_taken_for_the_first_ones() -> None:
    with pytest.raises(ValueError, match="no time"):
        read_times(["2024-03-01 12:00:00", "2024-03-01 12-00:00"], "UTC")


MOMENTS = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy gives the zone
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(timezone.utc),
)


@given(st.lists(MOMENTS, min_size=1, max_size=20), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_many_are_read_as_python_reads_one(moments: list[datetime], zone: str) -> None:
    micros = [(moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) for moment in moments]
    wanted = [delta // timedelta(microseconds=1) for delta in micros]
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    texts: Any = [moment.isoformat(timespec="microseconds") for moment in local]
    assert read_times(texts, "UTC").astype(np.int64).tolist() == wanted
    mixed = [moment.isoformat() for moment in local]
    assert read_times(mixed, "UTC").astype(np.int64).tolist() == wanted


@pytest.mark.parametrize(
    ("cell", "zone", "written"),
    [
        ("2024-03-01 00:00:00", "UTC", "2024-03-01 12:00:00"),
        ("2024-03-01T00:00:00", "Europe/Berlin", "2024-03-01T13:00:00"),
        ("2024-03-01", "UTC", "2024-03-01 12:00:00"),
        ("2024-03-01T00:00Z", "Europe/Berlin", "2024-03-01T12:00:00Z"),
        ("2024-03-01 00:00:00+01:00", "Europe/Berlin", "2024-03-01 12:00:00+00:00"),
        ("1700000000", "Europe/Berlin", "1709294400"),
        ("1700000000000", "UTC", "1709294400000"),
        ("1700000000.5", "UTC", "1709294400"),
        (1700000000, "UTC", "2024-03-01T12:00:00+00:00"),
    ],
)
def test_another_time_is_written_as_the_first_one(cell: object, zone: str, written: str) -> None:
    found = spelling_of(cell).write(np.array([NOON]), zone)
    assert found == [written]
    assert read_times(found, zone).tolist() == [NOON.item()]
