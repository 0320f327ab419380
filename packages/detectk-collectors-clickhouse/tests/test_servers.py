"""Hosts that fail, and connections that break."""

# ruff: noqa: S106  # made-up passwords, and queries of our own

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from detectk.clock import SystemClock
from detectk.collectors.clickhouse.collector import ClickHouseCollector
from detectk.collectors.clickhouse.options import ClickHouseStorageOptions
from detectk.collectors.clickhouse.servers import Hosts
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import HistoryRequest, Points, Request, Services
from detectk.errors import CollectError, ConfigError, StorageError
from detectk.testing.history_samples import ALWAYS, points, series
from detectk.testing.servers import Server, started_clickhouse
from detectk.values.interval import Interval
from detectk.values.window import Window

pytestmark = pytest.mark.server

DAY = datetime(2024, 7, 1, tzinfo=timezone.utc)
REQUEST = Request("orders", Window(DAY, DAY + timedelta(hours=1)), Interval.parse("1 hour"), DAY)
QUERY = "SELECT toDateTime('2024-07-01 00:00:00') AS period_time, 5 AS value"
Make = Callable[..., ClickHouseCollector]


def login(server: Server, **options: Any) -> dict[str, Any]:
    return {"user": server.user, "password": server.password, "query": QUERY, **options}


def test_the_next_host_answers_when_the_first_is_not_there(
    server: Server, collector_of: Make
) -> None:
    collector = collector_of(**login(server, host=f"127.0.0.1:1,127.0.0.1:{server.port}"))
    assert len(collector.collect(REQUEST)) == 1
    assert str(server.port) in collector.check().detail


def test_another_version_may_step_in(
    clickhouse_server: Server, old_clickhouse_server: Server, run_services: Services
) -> None:
    places = f"127.0.0.1:{clickhouse_server.port},127.0.0.1:{old_clickhouse_server.port}"
    options = ClickHouseStorageOptions(host=places)
    hosts = Hosts(options.target, run_services.clock)
    session = hosts.open()
    assert session.address.port == clickhouse_server.port
    session.close()


def test_a_host_that_was_dead_rests_while_another_answers(
    clickhouse_server: Server, run_services: Services
) -> None:
    options = ClickHouseStorageOptions(host=f"127.0.0.1:1,127.0.0.1:{clickhouse_server.port}")
    hosts = Hosts(options.target, run_services.clock)
    hosts.open().close()
    assert hosts.good.port == clickhouse_server.port
    assert [one.port for one in hosts._candidates()] == [clickhouse_server.port, 1]


def test_no_host_at_all_is_retryable_and_names_each(collector_of: Make) -> None:
    collector = collector_of(
        host="127.0.0.1:1,[::1]:2", user="u", password="geheim", query=QUERY, connect_timeout=2
    )
    with pytest.raises(CollectError) as failure:
        collector.collect(REQUEST)
    text = str(failure.value)
    assert failure.value.retryable
    assert "127.0.0.1:1 (connection refused)" in text
    assert "[::1]:2 (" in text
    assert "geheim" not in text


def test_the_port_of_http_is_recognised(clickhouse_server: Server, collector_of: Make) -> None:
    with pytest.raises(CollectError, match="speak HTTP"):
        collector_of(host=f"127.0.0.1:{clickhouse_server.http_port}", query=QUERY).collect(REQUEST)


def test_a_connection_that_broke_is_replaced(
    clickhouse_server: Server, collector_of: Make, wire: Any
) -> None:
    collector = collector_of(**login(clickhouse_server, host=f"127.0.0.1:{wire.port}"))
    for _ in range(3):
        assert len(collector.collect(REQUEST)) == 1
        wire.cut_now()


def test_a_server_may_restart_between_two_questions(
    collector_of: Make, storage_of: Callable[..., ClickHouseStorage]
) -> None:
    with started_clickhouse() as first, started_clickhouse() as second:
        alone = collector_of(**login(first, host=f"127.0.0.1:{first.port}"))
        both = collector_of(
            user="default",
            host=f"127.0.0.1:{first.port},127.0.0.1:{second.port}",
            query=QUERY,
        )
        storage = storage_of(first.url)
        storage.history().prepare()
        storage.history().write_points([points(series([0], [1.0]))])
        assert len(alone.collect(REQUEST)) == len(both.collect(REQUEST)) == 1
        first.kill()
        with pytest.raises(CollectError, match="no ClickHouse answers") as failure:
            alone.collect(REQUEST)
        assert failure.value.retryable
        assert len(both.collect(REQUEST)) == 1
        assert str(second.port) in both.check().detail
        with pytest.raises(StorageError) as lost:
            storage.history().write_points([points(series([1], [2.0]))])
        assert lost.value.retryable
        first.restart()
        assert len(alone.collect(REQUEST)) == 1
        storage.history().write_points([points(series([1], [2.0]))])
        [[read]] = storage.history().read_points([HistoryRequest("orders", ALWAYS)])
        assert read.values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("size", [300, 2_000, 30_000, 60_000, 90_000])
def test_a_cut_in_the_middle_of_a_write_leaves_no_trace(
    clickhouse_server: Server,
    clickhouse_url: str,
    storage_of: Callable[..., ClickHouseStorage],
    wire: Any,
    size: int,
) -> None:
    """Each half of the write is done again by itself; what was cut off is done once more."""
    url = clickhouse_url.replace(f":{clickhouse_server.port}/", f":{wire.port}/")
    storage = storage_of(url)
    history = storage.history()
    history.prepare()
    hours = [DAY + timedelta(hours=number) for number in range(2_000)]
    many = series([], [])
    many = type(many).from_arrays(hours, [float(number) for number in range(2_000)])
    window = Window(hours[0], hours[-1] + timedelta(hours=1))
    wire.cut_after(size)
    item = Points("orders", [many], hours[-1], window, "f")
    history.write_points([item])
    assert wire.cuts == 1
    history.write_points([item])
    [[read]] = history.read_points([HistoryRequest("orders", ALWAYS)])
    assert read.same_as(many)
    assert history.coverage(["orders"])["orders"].ranges == (window,)


def test_an_overdue_question_does_not_poison_the_pool(
    clickhouse_server: Server, collector_of: Make
) -> None:
    slow = collector_of(**login(clickhouse_server, host=f"127.0.0.1:{clickhouse_server.port}"))
    slow.options = slow.options.model_copy(update={"query": "SELECT sleep(3)", "timeout": 0.2})
    clock = SystemClock()
    start = clock.monotonic()
    with pytest.raises(CollectError, match="took longer"):
        slow.collect(REQUEST)
    slow.options = slow.options.model_copy(update={"query": QUERY, "timeout": 30})
    assert len(slow.collect(REQUEST)) == 1
    assert clock.monotonic() - start < 3


def test_a_pool_has_room_for_its_size_only(
    clickhouse_server: Server, run_services: Services
) -> None:
    options = ClickHouseStorageOptions(connection_string=clickhouse_server.url, pool_size=1)
    storage = ClickHouseStorage(options, run_services)
    other = ClickHouseStorage(options, run_services)
    assert storage._database.servers._pool is other._database.servers._pool


def test_missing_compression_names_the_line_that_installs_it(
    clickhouse_server: Server, collector_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lz4", None)
    monkeypatch.delitem(
        __import__("sys").modules, "clickhouse_driver.compression.lz4", raising=False
    )
    options = login(clickhouse_server, host=f"127.0.0.1:{clickhouse_server.port}")
    collector = collector_of(**options, compression="lz4")
    with pytest.raises(ConfigError, match=r"pip install 'detectk-collectors-clickhouse"):
        collector.collect(REQUEST)
    assert "pip install" in collector.check().detail
