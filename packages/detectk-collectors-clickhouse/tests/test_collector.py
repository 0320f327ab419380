"""What a query may give, on a server of today and on one of 2018."""

# ruff: noqa: S106, S608  # made-up passwords, and queries of our own

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from detectk.clock import SystemClock
from detectk.collectors.clickhouse.collector import ClickHouseCollector
from detectk.contracts import Request
from detectk.errors import CollectError
from detectk.testing.servers import Server, ask, database_for, tell
from detectk.values.interval import Interval
from detectk.values.labels import Labels
from detectk.values.series import Series
from detectk.values.window import Window

pytestmark = pytest.mark.server

Make = Callable[..., ClickHouseCollector]
DAY = datetime(2024, 7, 1, tzinfo=timezone.utc)
TIME = "toDateTime('2024-07-01 03:00:00') AS period_time"


def request(
    interval: str = "1 hour", start: datetime = DAY, length: timedelta = timedelta(days=1)
) -> Request:
    window = Window(start, start + length)
    return Request("orders", window, Interval.parse(interval), start + length)


def hours(series: Series) -> list[str]:
    return [str(moment)[11:16] for moment in series.times]


@pytest.mark.parametrize("compression", ["off", "lz4", "zstd"])
def test_numbers_of_every_kind_are_values(
    server: Server, collector_of: Make, compression: str
) -> None:
    kinds = {
        "toUInt8(7)": 7.0,
        "toInt64(-7)": -7.0,
        "toUInt64(18446744073709551615)": 1.8446744073709552e19,
        "toFloat32(0.5)": 0.5,
        "toDecimal64(1.25, 2)": 1.25,
        "toNullable(toInt32(3))": 3.0,
        "'2.5'": 2.5,
        "CAST(NULL AS Nullable(Float64))": None,
        "CAST(NULL AS Nullable(UInt64))": None,
        "nan": None,
        "inf": None,
    }
    for text, expected in kinds.items():
        collector = collector_of(
            server.url, compression=compression, query=f"SELECT {TIME}, {text} AS value"
        )
        [found] = collector.collect(request())
        value = found.values.tolist()[0]
        assert (None if np.isnan(value) else value) == expected, text


def test_an_integer_in_a_context_is_exact(server: Server, collector_of: Make) -> None:
    query = f"SELECT {TIME}, 1 AS value, toUInt64(9007199254740993) AS big, 'é' AS word"
    collector = collector_of(server.url, query=query, context_columns=("big", "word"))
    [found] = collector.collect(request())
    assert found.context["big"].tolist() == [2**53 + 1]
    assert found.context["word"].tolist() == ["é"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("toDateTime('2024-07-01 03:00:00')", "01:00"),
        ("toDateTime('2024-07-01 03:00:00', 'Etc/GMT')", "03:00"),
        ("toDateTime('2024-07-01 03:00:00', 'Asia/Tokyo')", "18:00"),
        ("toDate('2024-07-01')", "22:00"),
        ("'2024-07-01 03:00:00'", "01:00"),
        ("toUInt32(1719802800)", "03:00"),
        ("toDateTime('2024-07-01 02:00:00') + INTERVAL 1 HOUR", "01:00"),
    ],
)
def test_a_time_without_a_zone_is_in_the_chosen_one(
    server: Server, collector_of: Make, text: str, expected: str
) -> None:
    query = f"SELECT {text} AS period_time, 1 AS value"
    collector = collector_of(server.url, query=query, timezone="Europe/Berlin")
    start = DAY - timedelta(days=1)
    [found] = collector.collect(request(start=start, length=timedelta(days=2)))
    assert hours(found) == [expected]


def test_microseconds_decide_the_interval(clickhouse_server: Server, collector_of: Make) -> None:
    for digits in (3, 6, 9):
        text = "2024-07-01 02:59:59.999999999"
        query = (
            f"SELECT toDateTime64('{text}', {digits}, 'UTC') + number AS period_time, "
            "number AS value FROM numbers(2)"
        )
        [found] = collector_of(clickhouse_server.url, query=query).collect(request())
        assert (hours(found), found.values.tolist()) == (["02:00", "03:00"], [0.0, 1.0])


def test_both_hours_of_the_autumn_night_are_collected(
    server: Server, collector_of: Make, tmp_path: Path
) -> None:
    """The zone of the column tells them apart, which its text could not."""
    query = (
        "SELECT toDateTime(toUInt32(1729980000 + number * 3600), 'Europe/Berlin') AS period_time,"
        " number AS value FROM numbers(6)"
    )
    start = datetime(2024, 10, 26, 22, tzinfo=timezone.utc)
    collector = collector_of(server.url, query=query, timezone="Europe/Berlin")
    [found] = collector.collect(request(start=start))
    assert found.values.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_labels_may_be_of_any_type_and_tongue(server: Server, collector_of: Make) -> None:
    query = (
        f"SELECT {TIME}, number AS value, concat('Zürich ', toString(number)) AS город,"
        " CAST(number % 2 AS Enum8('a' = 0, 'b' = 1)) AS kind, toNullable(number) AS n"
        " FROM numbers(2)"
    )
    collector = collector_of(
        server.url, query=query.replace("город", "`город`"), dimensions=("город", "kind", "n")
    )
    found = collector.collect(request())
    assert [series.labels for series in found] == [
        Labels.of({"город": "Zürich 0", "kind": "a", "n": "0"}),
        Labels.of({"город": "Zürich 1", "kind": "b", "n": "1"}),
    ]


def test_the_grid_may_be_written_into_an_interval(server: Server, collector_of: Make) -> None:
    moment = "toDateTime('{{ period_start }}') + INTERVAL {{ interval }}"
    query = f"SELECT {moment} AS period_time, 1 AS value"
    collector = collector_of(server.url, query=query)
    assert "INTERVAL 10 minute AS" in collector.describe(request("10 minutes"))
    assert hours(collector.collect(request("10 minutes"))[0]) == ["00:10"]


def test_a_query_that_takes_too_long_is_cut_off(server: Server, collector_of: Make) -> None:
    """Also one that sends progress all the time, which no time-out of the socket ever ends."""
    clock = SystemClock()
    for query in (
        f"SELECT sleep(3) AS value, {TIME}",
        f"SELECT sum(number) AS value, {TIME} FROM numbers(900000000000)",
    ):
        start = clock.monotonic()
        with pytest.raises(CollectError, match=r"took longer than 0\.5 seconds") as failure:
            collector_of(server.url, query=query, timeout=0.5).collect(request())
        assert clock.monotonic() - start < 2.5
        assert failure.value.retryable
    text = (
        "SELECT count() FROM system.processes"
        " WHERE query LIKE '%900000000000%' AND query NOT LIKE '%processes%'"
    )
    deadline = clock.monotonic() + 10
    while ask(server, text)[0][0] and clock.monotonic() < deadline:
        clock.sleep(0.05)
    assert ask(server, text)[0][0] == 0


@pytest.mark.parametrize("user", ["", "reader"])
def test_more_rows_than_allowed_are_an_error(server: Server, collector_of: Make, user: str) -> None:
    """A user who may change no setting cannot send the cap; we count."""
    query = f"SELECT number AS value, {TIME} FROM system.numbers LIMIT 300000"
    url = server.url_of("default", user=user)
    with pytest.raises(CollectError, match="more than 1000 rows"):
        collector_of(url, query=query, max_rows=1000).collect(request())
    query = f"SELECT number AS value, {TIME} FROM system.numbers LIMIT 1000"
    assert len(collector_of(url, query=query, max_rows=1000).collect(request())[0]) == 1


def test_nothing_can_be_changed(server: Server, collector_of: Make, tmp_path: Path) -> None:
    url = database_for(server, tmp_path)
    name = url.rpartition("/")[2]
    tell(server, "CREATE TABLE t (a UInt8) ENGINE = Memory", database=name)
    for query in (
        "DROP TABLE t",
        "INSERT INTO t SELECT 1",
        "CREATE TABLE u (a UInt8) ENGINE = Memory",
    ):
        with pytest.raises(CollectError, match=r"read-?only|readonly") as failure:
            collector_of(url, query=query).collect(request())
        assert "write a SELECT" in failure.value.hint
    assert ask(server, "SELECT count() FROM t", database=name)[0][0] == 0


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT nothing FROM t", "column"),
        ("SELECT 1 FROM nowhere", "table"),
        ("SELECT 1 FROM nowhere.t", "database"),
        ("SELEC 1", "query"),
        ("SELECT nonesuch(1)", "function"),
        ("SELECT 1 AS value", "name one of these"),
        ("SELECT 1 AS value, 2 AS value", "AS"),
    ],
)
def test_an_error_says_what_to_correct(
    server: Server, collector_of: Make, tmp_path: Path, query: str, hint: str
) -> None:
    url = database_for(server, tmp_path)
    name = url.rpartition("/")[2]
    tell(server, "CREATE TABLE t (a UInt8) ENGINE = Memory", database=name)
    with pytest.raises(CollectError) as failure:
        collector_of(url, query=query).collect(request())
    text = str(failure.value)
    assert text.startswith("orders: ")
    assert hint in failure.value.hint
    assert "Stack trace" not in text
    assert "\n" not in text


def test_who_is_not_let_in_reads_why_without_the_password(
    server: Server, collector_of: Make, caplog: pytest.LogCaptureFixture
) -> None:
    for url, word in (
        (server.url_of("default", password="geheim"), "password"),
        (server.url_of("default", user="nobody", password="geheim"), "user"),
        (server.url_of("nowhere"), "database"),
    ):
        collector = collector_of(url, query=f"SELECT {TIME}, 1 AS value")
        with pytest.raises(CollectError) as failure:
            collector.collect(request())
        health = collector.check()
        assert not failure.value.retryable
        assert word in failure.value.hint
        assert not health.ok
        for text in (str(failure.value), health.detail, caplog.text):
            assert "geheim" not in text
            assert server.password not in text
            assert "Traceback" not in text


def test_the_cost_is_what_the_server_would_read(
    clickhouse_server: Server, old_clickhouse_server: Server, collector_of: Make, tmp_path: Path
) -> None:
    url = database_for(clickhouse_server, tmp_path)
    name = url.rpartition("/")[2]
    tell(
        clickhouse_server,
        "CREATE TABLE t (period_time DateTime, value Float64)"
        " ENGINE = MergeTree ORDER BY period_time",
        "INSERT INTO t SELECT toDateTime('2024-07-01 00:00:00') + number, number"
        " FROM numbers(100000)",
        database=name,
    )
    query = (
        "SELECT period_time, value FROM t "
        "WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'"
    )
    said = collector_of(url, query=query).cost(request(length=timedelta(hours=1)))
    assert f"rows of {name}.t" in said
    assert collector_of(url, query="SELECT 1 FROM nowhere").cost(request()) == ""
    assert collector_of(old_clickhouse_server.url, query="SELECT 1").cost(request()) == ""


def test_the_fingerprint_is_of_the_words(collector_of: Make) -> None:
    first = collector_of("clickhouse://h", query="SELECT a FROM t -- note")
    assert (
        first.fingerprint()
        == collector_of("clickhouse://g", query="select  a\nfrom t").fingerprint()
    )
    assert (
        first.fingerprint() != collector_of("clickhouse://h", query="SELECT b FROM t").fingerprint()
    )


def test_a_tls_server_is_verified(old_clickhouse_server: Server, collector_of: Make) -> None:
    server = old_clickhouse_server
    if not server.secure_port:
        return
    options = {
        "host": f"localhost:{server.secure_port}",
        "secure": True,
        "user": server.user,
        "password": server.password,
        "query": f"SELECT {TIME}, 1 AS value",
    }
    assert len(collector_of(**options, verify=server.authority).collect(request())) == 1
    assert len(collector_of(**options, verify=False).collect(request())) == 1
    with pytest.raises(CollectError, match="certificate"):
        collector_of(**options).collect(request())


@pytest.mark.parametrize(
    ("start", "end", "column"),
    [
        ("toDateTime('2024-07-01 04:00:00')", "toDateTime('2024-07-01 05:00:00')", [2]),
        ("toDateTime('2024-07-01 02:00:00', 'Etc/GMT')", "'2024-07-01 05:00:00'", [2]),
        ("toDateTime('2024-07-01 04:30:00')", None, [2]),
        ("toNullable(toDate('2024-07-01'))", "toDate('2024-07-01')", list(range(22))),
        ("toDate('2024-07-02')", None, [22, 23]),
    ],
)
def test_events_are_read_as_times_and_days_of_points_are(
    server: Server, collector_of: Make, start: str, end: str | None, column: list[int]
) -> None:
    query = f"SELECT {start} AS start_time" + (f", {end} AS end_time" if end else "")
    collector = collector_of(
        server.url, query="SELECT 1", timezone="Europe/Berlin", events={"promo": query}
    )
    asked = replace(request(), interval=Interval.parse("1 hour", "Europe/Berlin"))
    times = asked.interval.steps(asked.window.start, asked.window.end)
    found = collector.events(asked)["promo"].column(times, asked.interval)
    assert np.flatnonzero(found).tolist() == column


def test_no_events_are_no_error(server: Server, collector_of: Make) -> None:
    query = "SELECT toDateTime('2024-07-01 04:00:00') AS start_time WHERE 1 = 0"
    collector = collector_of(server.url, query="SELECT 1", events={"promo": query})
    assert len(collector.events(request())["promo"].starts) == 0
