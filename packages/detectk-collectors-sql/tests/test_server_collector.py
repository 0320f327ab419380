"""Real servers, asked for more than they can give, and for what they must not."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from detectk.clock import VirtualClock
from detectk.collectors.sql.collector import SqlCollector
from detectk.collectors.sql.dialects import dialect_of
from detectk.collectors.sql.options import SqlCollectorOptions
from detectk.contracts import Request, Services
from detectk.errors import CollectError
from detectk.testing.servers import Server, ask, fresh_database, tell
from detectk.values import Interval, Window

pytestmark = pytest.mark.server

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)
REQUEST = Request("orders", Window(START, START + timedelta(hours=6)), Interval(1, "hour"), START)
WITHIN = "WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'"
QUERY = f"SELECT period_time, value FROM orders {WITHIN}"  # noqa: S608  # a constant
SERVICES: list[Services] = []

ROWS = {
    "postgresql": "SELECT '2024-07-01'::timestamp AS period_time, i AS value "
    "FROM generate_series(1, {}) i",
    "mysql": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
    "SELECT '2024-07-01' AS period_time, a.i AS value FROM n a, n b, n c LIMIT {}",
}


@pytest.fixture(scope="module", params=["postgresql_server", "mariadb_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[str]:
    with fresh_database(server) as made:
        moment = "timestamp" if server.kind == "postgresql" else "datetime(6)"
        rows = ", ".join(f"('2024-07-01 {hour:02}:00:00', {hour})" for hour in range(24))
        tell(
            server,
            f"CREATE TABLE orders (period_time {moment} PRIMARY KEY, value double precision)",
            f"INSERT INTO orders VALUES {rows}",  # noqa: S608  # constants
            database=name_of(made),
        )
        yield made


@pytest.fixture
def url(database: str) -> Iterator[str]:
    yield database
    while SERVICES:
        SERVICES.pop().shared.close()


@pytest.fixture
def crowded(server: Server, database: str) -> Iterator[str]:
    """The same, for tests that add rows of other days."""
    yield database
    tell(
        server,
        "DELETE FROM orders WHERE date(period_time) <> '2024-07-01'",
        database=name_of(database),
    )
    while SERVICES:
        SERVICES.pop().shared.close()


def name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def collector(
    url: str, query: str = QUERY, services: Services | None = None, **options: Any
) -> SqlCollector:
    services = services or Services(root=Path("nowhere"))
    SERVICES.append(services)
    values = {"connection_string": url, "query": query, **options}
    return SqlCollector(SqlCollectorOptions.model_validate(values), services)


def failure(part: SqlCollector) -> CollectError:
    with pytest.raises(CollectError) as caught:
        part.collect(REQUEST)
    assert str(caught.value).startswith("orders: ")
    return caught.value


def values(part: SqlCollector) -> list[float]:
    [series] = part.collect(REQUEST)
    return series.values.tolist()


def count(server: Server, url: str) -> int:
    return int(ask(server, "SELECT count(*) FROM orders", database=name_of(url))[0][0])


# What rows mean


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.5", 1.5),
        ("CAST(0.1 AS decimal(20, 10))", 0.1),
        ("CAST(12345678901234567890 AS decimal(30, 2))", 12345678901234567890.0),
        ("1 = 1", 1.0),
        ("NULL", None),
        ("'2.25'", 2.25),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_a_value_may_be_any_number(url: str, cell: str, value: float | None) -> None:
    [series] = collector(url, f"SELECT '2024-07-01' AS period_time, {cell} AS value").collect(
        REQUEST
    )
    assert series.values.tolist() == [value] if value is not None else np.isnan(series.values[0])


@pytest.mark.parametrize("cell", ["'NaN'::float8", "'Infinity'::float8", "'NaN'::numeric"])
def test_what_is_no_number_is_no_value(server: Server, url: str, cell: str) -> None:
    if server.kind == "mysql":
        return
    query = f"SELECT timestamp '2024-07-01' AS period_time, {cell} AS value"
    [series] = collector(url, query).collect(REQUEST)
    assert np.isnan(series.values[0])


@pytest.mark.parametrize(
    ("cell", "zone", "hour"),
    [
        ("TIMESTAMP '2024-07-01 02:30:00.123456'", "UTC", 2),
        ("TIMESTAMP '2024-07-01 02:30:00'", "Europe/Berlin", 0),
        ("DATE '2024-07-01'", "UTC", 0),
        ("'2024-07-01 03:00:00'", "UTC", 3),
        ("1719799200", "UTC", 2),
    ],
)
def test_a_time_may_be_said_in_many_ways(url: str, cell: str, zone: str, hour: int) -> None:
    query = f"SELECT {cell} AS period_time, 1 AS value"
    [series] = collector(url, query, timezone=zone).collect(REQUEST)
    assert series.times.tolist() == [datetime(2024, 7, 1, hour)]  # noqa: DTZ001  # numpy's


def test_a_time_with_a_zone_is_that_moment(server: Server, url: str) -> None:
    if server.kind == "mysql":
        return
    query = (
        "SELECT timestamptz '2024-07-01 05:00:00+03' AS period_time, 1 AS value"
        " FROM set_config('TimeZone', 'Asia/Tokyo', false)"
    )
    [series] = collector(url, query).collect(REQUEST)
    assert series.times.tolist() == [datetime(2024, 7, 1, 2)]  # noqa: DTZ001  # numpy's


@pytest.mark.parametrize(
    ("day", "first", "hours"),
    [("2024-03-31", "2024-03-30T23:00", 23), ("2024-10-27", "2024-10-26T22:00", 25)],
)
def test_a_day_on_which_the_clocks_change_is_whole(
    server: Server, crowded: str, day: str, first: str, hours: int
) -> None:
    """Naive local times of a day in Berlin; in autumn the hour from two to three comes twice."""
    at = datetime.fromisoformat(first).replace(tzinfo=UTC)
    request = Request("o", Window(at, at + timedelta(hours=hours)), Interval(1, "hour"), at)
    steps = ", ".join(
        f"('{day} {hour:02}:30:00', 1)" for hour in range(24) if hours > 23 or hour != 2
    )
    tell(
        server,
        f"INSERT INTO orders VALUES {steps}",  # noqa: S608  # constants
        database=name_of(crowded),
    )
    [series] = collector(crowded, timezone="Europe/Berlin").collect(request)
    assert len(series) == min(hours, 24)
    assert series.times[0].item() == at.replace(tzinfo=None)
    assert series.times[-1].item() == (at + timedelta(hours=hours - 1)).replace(tzinfo=None)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT '2024-07-01' AS period_time, 5 % 3 AS value",
        "SELECT '2024-07-01' AS period_time, 2 AS value WHERE 'a%s%%(x)s?:b' LIKE 'a\\%s%%?:b'",
        "SELECT '2024-07-01' AS period_time, 2 AS value -- it's %s ? :x 100%",
        "SELECT '2024-07-01' AS period_time, 2 AS value;",
        "/* 'a' */ SELECT '2024-07-01' AS period_time, 2 AS value /* % */ ;  ",
    ],
)
def test_any_sign_may_stand_in_a_query(url: str, query: str) -> None:
    assert values(collector(url, query)) == [2.0]


# What must not be


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO orders VALUES ('2024-07-02', 1)",
        "DELETE FROM orders",
        "DELETE FROM orders RETURNING period_time, value",
        "UPDATE orders SET value = 0",
        "TRUNCATE TABLE orders",
        "DROP TABLE orders",
        "ALTER TABLE orders ADD COLUMN x int",
        "CREATE TABLE other (x int)",
        "SELECT 1; DELETE FROM orders",
        "SET TRANSACTION READ WRITE; DELETE FROM orders",
        "COMMIT; DELETE FROM orders",
        "ROLLBACK; DELETE FROM orders; SELECT 1",
        "SET TRANSACTION READ WRITE",
        "SET SESSION TRANSACTION READ WRITE",
        "COMMIT",
        "WITH gone AS (DELETE FROM orders RETURNING period_time, value) SELECT * FROM gone",
        "LOCK TABLES orders WRITE",
    ],
)
def test_nothing_can_be_written(server: Server, url: str, query: str) -> None:
    services = Services()
    part = collector(url, query, services, pool_size=1, max_overflow=0)
    failure(part)
    failure(part)
    again = collector(url, "DELETE FROM orders", services, pool_size=1, max_overflow=0)
    failure(again)
    assert count(server, url) == 24
    assert part.cost(REQUEST) == "" or count(server, url) == 24
    assert count(server, url) == 24


def test_a_setting_does_not_outlive_its_query(server: Server, url: str) -> None:
    if server.kind == "mysql":
        return
    services = Services()
    sneaky = (
        "SELECT timestamp '2024-07-01' AS period_time, 1 AS value"
        " FROM set_config('default_transaction_read_only', 'off', false) a,"
        " set_config('statement_timeout', '0', false) b"
    )
    assert values(collector(url, sneaky, services, pool_size=1, max_overflow=0)) == [1.0]
    told = "SELECT '2024-07-01' AS period_time, (current_setting('{}') = '{}')::int AS value"
    for name, setting in (("transaction_read_only", "on"), ("statement_timeout", "30s")):
        query = told.format(name, setting)
        assert values(collector(url, query, services, pool_size=1, max_overflow=0)) == [1.0]


def test_a_user_without_rights_is_told_the_grant(server: Server, url: str) -> None:
    name = name_of(url)
    if server.kind == "postgresql":
        tell(server, "DROP ROLE IF EXISTS dtk_guest", "CREATE ROLE dtk_guest LOGIN PASSWORD 'pw'")
        grant = "GRANT SELECT ON orders TO dtk_guest"
    else:
        tell(server, "CREATE OR REPLACE USER dtk_guest IDENTIFIED BY 'pw'")
        tell(server, f"GRANT CREATE TEMPORARY TABLES ON {name}.* TO dtk_guest")
        grant = f"GRANT SELECT ON {name}.orders TO dtk_guest"
    part = collector(server.url_of(name, user="dtk_guest", password="pw"))  # noqa: S106
    assert str(failure(part)).endswith(f"; {grant}")
    tell(server, grant, database=name)
    assert len(values(part)) == 6


@pytest.mark.parametrize("limit", [20_000_000, 101])
def test_an_answer_that_is_too_long_is_refused_before_it_fills_the_memory(
    server: Server, url: str, limit: int
) -> None:
    part = collector(url, ROWS[server.kind].format(limit), max_rows=100)
    assert "the query gives more than 100 rows; aggregate in the query" in str(failure(part))
    assert len(values(collector(url))) == 6


def test_a_query_that_takes_too_long_is_stopped_by_the_server(server: Server, url: str) -> None:
    slow = {
        "postgresql": "SELECT timestamp '2024-07-01' AS period_time, 1 AS value FROM pg_sleep(20)",
        "mysql": f"{ROWS['mysql'].format(1)[:-8]} ORDER BY rand() LIMIT 1",
    }[server.kind]
    error = failure(collector(url, slow, timeout=0.3))
    assert "the query took longer than 0.3 s; ask for less" in str(error)
    assert error.retryable


class HastyClock(VirtualClock):
    """A clock by which a minute passes whenever somebody looks."""

    passed = 0.0

    def monotonic(self) -> float:
        type(self).passed += 60
        return self.passed


def test_an_answer_that_takes_too_long_to_read_is_given_up(server: Server, url: str) -> None:
    services = Services(clock=HastyClock(START))
    error = failure(collector(url, ROWS[server.kind].format(30_000), services, timeout=45))
    assert "the query took longer than 45 s; ask for less" in str(error)
    assert error.retryable


# Mistakes


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM order_s", "order_s"),
        ("SELECT valeu FROM orders", "valeu"),
        ("-- nothing", ""),
        ("", ""),
        ("SELECT 1 AS a, 2 AS a", "the query gives column 'a' twice; rename one with AS"),
        ("SELECT 1 AS period_time", "column 'value' is not among 'period_time'"),
    ],
)
def test_a_mistake_in_the_query_is_a_collect_error(url: str, query: str, complaint: str) -> None:
    error = failure(collector(url, query or "{{ '' }}"))
    assert complaint in str(error)
    assert "\n" not in str(error)
    assert not error.retryable


def test_who_cannot_log_in_is_told_why_without_the_secret(server: Server, url: str) -> None:
    wrong = server.url_of(name_of(url), password="s3cret")  # noqa: S106
    error = failure(collector(wrong))
    assert "refuses the login of 'detectk'; correct user and password" in str(error)
    assert not error.retryable
    nowhere = failure(collector(server.url_of("nowhere")))
    assert "nowhere" in str(nowhere)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    silent = failure(collector(f"{server.kind}://u:s3cret@127.0.0.1:{port}/x"))
    assert f"cannot reach 127.0.0.1:{port}/x" in str(silent)
    assert silent.retryable
    lost = failure(collector(f"{server.kind}://u:s3cret@no.such.host.invalid/x", connect_timeout=2))
    assert "cannot reach no.such.host.invalid/x" in str(lost)
    health = collector(wrong).check()
    assert not health.ok
    assert not any("s3cret" in text for text in (str(error), str(silent), health.detail))


def test_a_driver_that_is_missing_is_named_with_the_way_to_get_it(
    server: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, extra = {
        "postgresql": ("psycopg", "postgresql"),
        "mysql": ("pymysql", "mysql"),
    }[server.kind]
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    error = failure(collector(url))
    line = f"pip install 'detectk-collectors-sql[{extra}]'"
    assert str(error).endswith(f"; {line}")
    assert line in collector(url).check().detail


# Connections


def connected(server: Server, url: str) -> int:
    question = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'",
        "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = '{}'",
    }[server.kind]
    return int(ask(server, question.format(name_of(url)))[0][0])


def test_everybody_who_asks_one_server_shares_a_few_connections(server: Server, url: str) -> None:
    services = Services()
    parts = [collector(url, services=services, pool_size=1, max_overflow=1) for _ in range(12)]
    with ThreadPoolExecutor(8) as threads:
        assert set(map(len, threads.map(values, parts))) == {6}
    for part in parts:
        part.close()
    assert 1 <= connected(server, url) <= 2
    services.shared.close()


def test_a_pooled_connection_that_has_died_is_replaced(server: Server, url: str) -> None:
    services = Services()
    parts = [collector(url, services=services) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(values, parts))
    kill = {
        "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
        "mysql": "SELECT id FROM information_schema.processlist WHERE db = '{}'",
    }[server.kind].format(name_of(url))
    for (found,) in ask(server, kill):
        if server.kind == "mysql":
            tell(server, f"KILL {found}")
    assert len(values(parts[0])) == 6


def test_a_restarted_server_is_asked_again(server: Server, url: str) -> None:
    part = collector(url)
    assert len(values(part)) == 6
    server.kill()
    assert failure(part).retryable
    server.restart()
    assert len(values(part)) == 6


# What it says


def test_a_cost_names_what_is_walked_and_what_is_searched(server: Server, crowded: str) -> None:
    url = crowded
    assert "scans orders" in collector(url, "SELECT sum(value) FROM orders").cost(REQUEST)
    one = "SELECT * FROM orders WHERE period_time = '2024-07-01'"
    tell(server, *_many(server), database=name_of(url))
    assert "searches orders using" in collector(url, one).cost(REQUEST)
    for wrong in ("SELEC 1", "{{ nope }}", "SELECT 1; SELECT 2"):
        assert collector(url, wrong).cost(REQUEST) == ""
    assert collector(f"{server.kind}://u:p@127.0.0.1:1/x").cost(REQUEST) == ""


def _many(server: Server) -> list[str]:
    """Return what makes the table so large that an index is worth its while."""
    first = datetime(2023, 1, 1, tzinfo=UTC)
    times = (first + timedelta(minutes=20 * n) for n in range(2000))
    rows = ", ".join(f"('{time:%Y-%m-%d %H:%M}:00', 1)" for time in times)
    analyze = "ANALYZE orders" if server.kind == "postgresql" else "ANALYZE TABLE orders"
    return [f"INSERT INTO orders VALUES {rows}", analyze]  # noqa: S608  # constants


def test_a_check_names_the_version_and_the_place(server: Server, url: str) -> None:
    health = collector(url).check()
    assert health.ok
    assert health.detail.startswith({"postgresql": "PostgreSQL 1", "mysql": "1"}[server.kind])
    assert health.detail.endswith(f", 127.0.0.1:{server.port}/{name_of(url)}")


def test_a_place_is_told_from_another_without_a_secret(server: Server, url: str) -> None:
    options = SqlCollectorOptions.model_validate({"connection_string": url, "query": "x"})
    identity = dialect_of(options, Path()).identity
    assert identity == f"{server.kind}:127.0.0.1:{server.port}/{name_of(url)}"
    assert server.password not in repr(options)
    assert server.password not in repr(options.address(Path()))
