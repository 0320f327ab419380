"""Real files of every format, read through the window of a request."""

from __future__ import annotations

import gzip
import logging
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from detectk.clock import VirtualClock
from detectk.collectors.files.collector import FilesCollector
from detectk.collectors.files.options import FilesOptions
from detectk.contracts import Request, Services
from detectk.errors import CollectError
from detectk.values import Interval, Series, Window

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)
REQUEST = Request("orders", Window(START, START + timedelta(hours=6)), Interval(1, "hour"), START)
CSV = "period_time,value\n2024-07-01 00:00:00,5\n2024-07-01 01:00:00,\n2024-07-01 02:00:00,7.5\n"


def collector(root: Path, path: str, **options: Any) -> FilesCollector:
    services = Services(clock=VirtualClock(START), root=root, where="metrics/orders.yaml")
    return FilesCollector(FilesOptions(path=path, **options), services)


def collect(root: Path, path: str, **options: Any) -> dict[str, list[tuple[int, float | None]]]:
    """Return the points of each series as (hour of the day, value)."""
    return {
        str(series.labels): points(series)
        for series in collector(root, path, **options).collect(REQUEST)
    }


def points(series: Series) -> list[tuple[int, float | None]]:
    hours = (series.times - np.datetime64("2024-07-01", "us")) // np.timedelta64(1, "h")
    values = [None if np.isnan(value) else float(value) for value in series.values]
    return list(zip(hours.tolist(), values, strict=True))


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


EXPECTED = {"": [(0, 5.0), (1, None), (2, 7.5)]}


def test_a_csv_is_read(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(CSV)
    assert collect(tmp_path, "orders.csv") == EXPECTED


def test_a_packed_csv_is_read(tmp_path: Path) -> None:
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    assert collect(tmp_path, "orders.csv.gz") == EXPECTED


def test_a_csv_may_be_parted_by_anything(tmp_path: Path) -> None:
    (tmp_path / "orders.tsv").write_text(CSV.replace(",", "\t"))
    (tmp_path / "orders.csv").write_text(CSV.replace(",", ";"))
    assert collect(tmp_path, "orders.tsv") == EXPECTED
    assert collect(tmp_path, "orders.csv", separator=";") == EXPECTED


@pytest.mark.parametrize("name", ["orders.ndjson", "orders.jsonl", "orders.ndjson.gz"])
def test_an_ndjson_is_read(tmp_path: Path, name: str) -> None:
    text = (
        '{"period_time": "2024-07-01T00:00:00Z", "value": 5}\n'
        '{"period_time": "2024-07-01T03:00:00+02:00", "value": null}\n'
        '{"period_time": "2024-07-01T02:00:00Z", "value": 7.5, "extra": "x"}\n'
    )
    packed = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    (tmp_path / name).write_bytes(packed)
    assert collect(tmp_path, name) == EXPECTED


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([hour(0), hour(1), hour(2)], dtype=pl.Datetime("us", "UTC")),
        pl.Series([hour(0), hour(1), hour(2)]).dt.convert_time_zone("America/New_York"),
        pl.Series([hour(0), hour(1), hour(2)]).dt.replace_time_zone(None).cast(pl.Datetime("ns")),
        pl.Series([hour(0), hour(1), hour(2)]).dt.replace_time_zone(None).cast(pl.Datetime("ms")),
        pl.Series([hour(0), hour(1), hour(2)]).dt.epoch("s"),
        pl.Series([hour(0), hour(1), hour(2)]).dt.epoch("ms").cast(pl.Float64),
        pl.Series([hour(0).isoformat(), "2024-07-01 01:00:00", "2024-07-01T02:00:00Z"]),
    ],
)
@pytest.mark.parametrize("dtype", [pl.Float64, pl.Float32, pl.Decimal(10, 2), pl.String])
def test_a_parquet_of_any_types_is_read(
    tmp_path: Path, times: pl.Series, dtype: pl.DataType
) -> None:
    values = pl.Series([5.0, None, 7.5]).cast(dtype)
    pl.DataFrame({"period_time": times, "value": values}).write_parquet(tmp_path / "a.parquet")
    assert collect(tmp_path, "a.parquet") == EXPECTED


def test_a_parquet_of_dates_is_read_in_the_zone_of_its_times(tmp_path: Path) -> None:
    frame = pl.DataFrame({"day": [date(2024, 6, 30), date(2024, 7, 1)], "value": [1, 2]})
    frame.write_parquet(tmp_path / "a.parquet")
    options = {"timestamp_column": "day", "timezone": "America/New_York"}
    assert collect(tmp_path, "a.parquet", **options) == {"": [(4, 2.0)]}


def test_times_without_a_zone_are_in_the_zone_of_the_source(tmp_path: Path) -> None:
    # New York is four hours behind in July: 20:00 of the day before is 00:00 UTC.
    (tmp_path / "orders.csv").write_text("period_time,value\n2024-06-30 20:00:00,5\n")
    assert collect(tmp_path, "orders.csv", timezone="America/New_York") == {"": [(0, 5.0)]}


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-07-01 01:00:00", "2024-07-01 02:00:00"],
        ["2024-07-01T01:00:00", "2024-07-01T02:00:00"],
        ["2024-07-01 01:00:00.250", "2024-07-01 02:00:00"],
        ["2024-07-01T01:00:00Z", "2024-07-01 02:00"],
        ["1719795600", "1719799200"],
        ["1719795600000", "1719799200000"],
        ["1719795600.5", "2024-07-01T04:00:00+02:00"],
    ],
)
def test_times_of_a_csv_may_have_any_shape(tmp_path: Path, cells: list[str]) -> None:
    rows = "".join(f"{cell},{value}\n" for value, cell in enumerate(cells))
    (tmp_path / "orders.csv").write_text(f"period_time,value\n{rows}")
    assert collect(tmp_path, "orders.csv") == {"": [(1, 0.0), (2, 1.0)]}


def test_a_date_without_dashes_is_not_taken_for_an_epoch(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("period_time,value\n20240701,1\n")
    with pytest.raises(CollectError, match="'20240701' in row 1 is no time"):
        collect(tmp_path, "orders.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_rows_outside_the_window_are_left_out_in_silence(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    times = [hour(number).replace(tzinfo=None) for number in range(-100, 100)]
    frame = pl.DataFrame({"period_time": times, "value": range(200)})
    frame.write_csv(tmp_path / name) if name == "a.csv" else frame.write_parquet(tmp_path / name)
    assert collect(tmp_path, name) == {"": [(number, number + 100.0) for number in range(6)]}
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_bad_value_outside_the_window_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(CSV + "2023-01-01 00:00:00,n/a\n")
    assert collect(tmp_path, "orders.csv") == EXPECTED


@pytest.mark.parametrize("text", ["period_time,value\n", "", "period_time,value\n2020-01-01,1\n"])
def test_no_rows_in_the_window_are_no_series(tmp_path: Path, text: str) -> None:
    (tmp_path / "orders.csv").write_text(text)
    assert collect(tmp_path, "orders.csv") == {}


def test_dimensions_stay_text_and_context_becomes_numbers(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "period_time,value,shop,staff,mood\n"
        "2024-07-01 00:00:00,5,007,3,good\n"
        "2024-07-01 00:00:00,6,8,,\n"
        "2024-07-01 01:00:00,7,007,4,bad\n"
    )
    options = {"dimensions": ("shop",), "context_columns": ("staff", "mood")}
    first, second = collector(tmp_path, "orders.csv", **options).collect(REQUEST)
    assert (str(first.labels), points(first)) == ("shop=007", [(0, 5.0), (1, 7.0)])
    assert first.context["staff"].tolist() == [3, 4]
    assert first.context["mood"].tolist() == ["good", "bad"]
    assert str(second.labels) == "shop=8"
    assert second.context["mood"].tolist() == [None]


def test_text_of_a_parquet_stays_text(tmp_path: Path) -> None:
    frame = pl.DataFrame({"period_time": [hour(0)], "value": [1], "code": ["007"]})
    frame.write_parquet(tmp_path / "a.parquet")
    (series,) = collector(tmp_path, "a.parquet", context_columns=("code",)).collect(REQUEST)
    assert series.context["code"].tolist() == ["007"]


def test_a_glob_reads_every_file_and_the_later_name_wins(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "b.csv").write_text("period_time,value\n2024-07-01 01:00:00,20\n")
    (tmp_path / "data" / "a.csv").write_text(
        "period_time,value\n2024-07-01 01:00:00,10\n2024-07-01 02:00:00,11\n"
    )
    (tmp_path / "data" / "c.csv").touch()
    (tmp_path / "data" / "d.csv").mkdir()
    assert collect(tmp_path, "data/*.csv") == {"": [(1, 20.0), (2, 11.0)]}
    assert collect(tmp_path, "**/a.csv") == {"": [(1, 10.0), (2, 11.0)]}
    assert collect(Path("/nowhere"), f"{tmp_path}/data/a*.csv") == {"": [(1, 10.0), (2, 11.0)]}


@pytest.mark.parametrize("name", ["orders[1].csv", "orders[1].parquet", "orders[1].ndjson"])
def test_a_file_named_like_a_pattern_is_a_file(tmp_path: Path, name: str) -> None:
    frame = pl.DataFrame({"period_time": ["2024-07-01 01:00:00"], "value": [5]})
    (tmp_path / "orders[1].csv").write_text(frame.write_csv())
    (tmp_path / "orders[1].ndjson").write_text(frame.write_ndjson())
    frame.write_parquet(tmp_path / "orders[1].parquet")
    assert collect(tmp_path, name) == {"": [(1, 5.0)]}


def told(root: Path, path: str, **options: Any) -> str:
    with pytest.raises(CollectError) as caught:
        collect(root, path, **options)
    return str(caught.value)


@pytest.mark.parametrize("path", ["nothing.csv", "*.csv", "../*/nothing.csv"])
def test_a_missing_file_is_named_with_the_folder(tmp_path: Path, path: str) -> None:
    assert told(tmp_path, path) == (
        f"orders: no file at {path!r} in {tmp_path}; "
        "check collector.params.path: a file or a glob, from the project's root"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "no file at" in told(tmp_path, "..", format="csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"period_time,value\n"),
        ("a.parquet", b""),
        ("a.ndjson", b"period_time,value\n"),
        ("a.csv.gz", b"period_time,value\n"),
        ("a.csv.gz", gzip.compress(CSV.encode())[:-12]),
        ("a.csv", b"period_time,value\n2024-07-01 00:00:00,1,2,3\n"),
        ("a.csv", b"period_time,value\n2024-07-01 00:00:00,\xff\n"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    sentence = told(tmp_path, name)
    assert sentence.startswith(f"orders: {name}: cannot be read: ")
    assert sentence.endswith("; check the file, and collector.params.format")
    assert "\n" not in sentence


def test_a_missing_column_is_told_with_the_file_and_a_near_name(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(CSV.replace("value", "Value"))
    assert told(tmp_path, "orders.csv") == (
        "orders: orders.csv: column 'value' is not among 'period_time', 'Value'; "
        "did you mean 'Value'?"
    )


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_bad_value_is_told_with_its_row_in_the_file(tmp_path: Path, name: str) -> None:
    frame = pl.DataFrame(
        {
            "period_time": [hour(number).replace(tzinfo=None) for number in (-999, 0, 1)],
            "value": ["1", "2", "lots"],
        }
    )
    frame.write_csv(tmp_path / name) if name == "a.csv" else frame.write_parquet(tmp_path / name)
    assert told(tmp_path, name) == (
        f"orders: {name}: column 'value': 'lots' in row 3 is no number; "
        "mend it, or name another column or path in the config"
    )


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_row_without_a_time_is_told_with_its_row_in_the_file(tmp_path: Path, name: str) -> None:
    times = [hour(-999).replace(tzinfo=None), hour(0).replace(tzinfo=None), None]
    frame = pl.DataFrame({"period_time": times, "value": [1, 2, 3]})
    frame.write_csv(tmp_path / name) if name == "a.csv" else frame.write_parquet(tmp_path / name)
    assert "column 'period_time': None in row 3 is no time" in told(tmp_path, name)


def test_check_tells_what_is_there(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(CSV)
    health = collector(tmp_path, "*.csv").check()
    assert (health.ok, health.detail) == (True, "2 files (csv) at *.csv")


@pytest.mark.parametrize("content", [b"", b"period_time\n"])
def test_check_tells_what_is_wrong_and_does_not_raise(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    assert not collector(tmp_path, "a.parquet").check().ok
    missing = collector(tmp_path, "b.parquet").check()
    assert not missing.ok
    assert missing.detail.startswith("metrics/orders.yaml: no file at 'b.parquet'")


def test_building_a_collector_touches_no_file() -> None:
    collector(Path("/nowhere"), "a.csv").close()


def test_describe_tells_the_files_and_the_window(tmp_path: Path) -> None:
    assert collector(tmp_path, "*.csv").describe(REQUEST) == (
        "rows of *.csv (csv) with "
        "2024-07-01T00:00:00+00:00 <= period_time < 2024-07-01T06:00:00+00:00"
    )


def test_the_fingerprint_changes_with_the_question_only(tmp_path: Path) -> None:
    plain = collector(tmp_path, "a.csv").fingerprint()
    assert collector(Path("/nowhere"), "a.csv", max_series=5).fingerprint() == plain
    assert collector(tmp_path, "b.csv").fingerprint() != plain
    assert collector(tmp_path, "a.csv", timezone="Europe/Paris").fingerprint() != plain
