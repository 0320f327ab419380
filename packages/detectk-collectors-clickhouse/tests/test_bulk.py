"""Ten million rows, written and read; how fast is a benchmark's business."""

# ruff: noqa: S608  # made-up passwords, and queries of our own

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from detectk.collectors.clickhouse.collector import ClickHouseCollector
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import HistoryRequest, Points, Request, Retention
from detectk.testing.history_samples import ALWAYS
from detectk.testing.servers import Server
from detectk.values.interval import Interval
from detectk.values.labels import NO_LABELS
from detectk.values.series import Series
from detectk.values.window import Window

pytestmark = pytest.mark.server

ROWS = 10_000_000
START = np.datetime64("2020-01-01T00:00:00", "us")


@pytest.mark.slow
def test_ten_million_points_are_kept_and_read_back(
    clickhouse_url: str, storage_of: Callable[..., ClickHouseStorage]
) -> None:
    history = storage_of(clickhouse_url, timeout=120).history()
    history.prepare()
    times = START + np.arange(ROWS) * np.timedelta64(15, "s")
    values = np.random.default_rng(1).normal(size=ROWS)
    values[::1000] = np.nan
    many = Series(NO_LABELS, times, values, np.isnan(values).astype(np.uint8))
    step = datetime(2030, 1, 1, tzinfo=timezone.utc)
    for number in range(10):
        piece = many.take(slice(number * ROWS // 10, (number + 1) * ROWS // 10))
        history.write_points([Points("orders", [piece], step)])
    [[read]] = history.read_points([HistoryRequest("orders", ALWAYS)])
    assert read.same_as(many)
    end = datetime(2040, 1, 1, tzinfo=timezone.utc)
    assert history.prune([Retention("orders", end, end)], execute=True)["orders"].points == ROWS
    assert history.read_points([HistoryRequest("orders", ALWAYS)]) == [[]]


@pytest.mark.slow
def test_ten_million_rows_of_a_source_become_a_series(
    server: Server, collector_of: Callable[..., ClickHouseCollector]
) -> None:
    query = (
        "SELECT toDateTime('2024-07-01 00:00:00') + number AS period_time,"
        f" toFloat64(number) AS value FROM numbers({ROWS})"
    )
    start = datetime(2024, 7, 1, tzinfo=timezone.utc)
    window = Window(start, start + timedelta(seconds=ROWS))
    request = Request("orders", window, Interval.parse("1 second"), window.end)
    collector = collector_of(server.url, query=query, max_rows=ROWS, timeout=120)
    [found] = collector.collect(request)
    assert len(found) == ROWS
    assert found.values[-1] == ROWS - 1
