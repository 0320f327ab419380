"""Real SQLite files, asked for more than they can give."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from detectk.clock import VirtualClock
from detectk.collectors.sql.collector import SqlCollector
from detectk.collectors.sql.options import SqlCollectorOptions
from detectk.contracts import Request, Services
from detectk.errors import CollectError, ConfigError
from detectk.values import Interval, Window

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)
REQUEST = Request("orders", Window(START, START + timedelta(hours=6)), Interval(1, "hour"), START)
WITHIN = "WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'"
QUERY = f"SELECT period_time, value FROM orders {WITHIN}"  # noqa: S608  # a constant
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) SELECT {} FROM n"


class HastyClock(VirtualClock):
    """A clock by which a minute passes whenever somebody looks."""

    passed = 0.0

    def monotonic(self) -> float:
        type(self).passed += 60
        return self.passed


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE orders (period_time TEXT, value REAL)")
        rows = [(f"2024-07-01 {hour:02}:00:00", float(hour)) for hour in range(24)]
        connection.executemany("INSERT INTO orders VALUES (?, ?)", rows)
    return file


def collector(file: Path, query: str = QUERY, **options: Any) -> SqlCollector:
    services = Services(clock=VirtualClock(START), root=file.parent, where="metrics/orders.yaml")
    return SqlCollector(SqlCollectorOptions(path=Path(file.name), query=query, **options), services)


def count(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM orders").fetchone()[0])


def failure(part: SqlCollector) -> CollectError:
    with pytest.raises(CollectError) as caught:
        part.collect(REQUEST)
    assert str(caught.value).startswith("orders: ")
    return caught.value


def test_bare_comparisons_of_texts_find_their_rows(shop: Path) -> None:
    """Lessons A.2: on SQLite every such query silently returned nothing."""
    [series] = collector(shop).collect(REQUEST)
    assert series.values.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_connection_string_names_the_same_file(shop: Path) -> None:
    options = SqlCollectorOptions.model_validate(
        {"connection_string": f"sqlite:///{shop}", "query": QUERY}
    )
    [series] = SqlCollector(options, Services(root=Path("/nowhere"))).collect(REQUEST)
    assert len(series) == 6


def test_the_zone_of_the_source_is_used_both_ways(shop: Path) -> None:
    """02:00 to 08:00 on the source's clock are midnight to six o'clock in UTC."""
    [series] = collector(shop, timezone="Europe/Berlin").collect(REQUEST)
    assert series.values.tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert series.times[0].item() == datetime(2024, 7, 1)  # noqa: DTZ001  # numpy's are naive


def test_a_description_is_the_query_as_it_will_be_asked(shop: Path) -> None:
    part = collector(shop, "{{ shop }} {{ period_start }}", query_variables={"shop": "a"})
    assert part.describe(REQUEST) == "a 2024-07-01 00:00:00"


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO orders VALUES ('x', 1)",
        "DELETE FROM orders RETURNING period_time, value",
        "DROP TABLE orders",
        "CREATE TABLE other (x)",
        "PRAGMA journal_mode = WAL",
        "VACUUM",
    ],
)
def test_nothing_can_be_written(shop: Path, query: str) -> None:
    before = shop.read_bytes()
    with pytest.raises(CollectError):
        collector(shop, query).collect(REQUEST)
    assert (count(shop), shop.read_bytes()) == (24, before)
    assert [path.name for path in shop.parent.iterdir()] == ["shop.db"]


def test_a_missing_file_is_named_and_not_created(tmp_path: Path) -> None:
    error = failure(collector(tmp_path / "shop.db"))
    assert f"{tmp_path / 'shop.db'} does not exist; correct path" in str(error)
    assert not error.retryable
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("period_time,value\n" * 100)
    part = collector(tmp_path / "shop.db")
    assert "is not a SQLite database, or damaged" in str(failure(part))
    assert "is not a SQLite database, or damaged" in part.check().detail


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("SELEC 1", 'near "SELEC": syntax error; correct the query'),
        ("SELECT * FROM order_s", "no such table: order_s; correct the query"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("-- nothing", "the query gives no columns; write a SELECT"),
        ("SELECT 1 AS a, 2 AS a", "the query gives column 'a' twice; rename one with AS"),
        ("SELECT 1 AS period_time", "column 'value' is not among 'period_time'"),
        ("SELECT CAST(x'ff' AS TEXT) AS period_time, 1 AS value", "Could not decode to UTF-8"),
        (COUNT.format(12, "i"), "the query gives more than 10 rows; aggregate in the query"),
    ],
)
def test_a_mistake_in_the_query_is_a_collect_error(shop: Path, query: str, complaint: str) -> None:
    error = failure(collector(shop, query, max_rows=10))
    assert complaint in str(error)
    assert not error.retryable


def test_as_many_rows_as_allowed_are_an_answer(shop: Path) -> None:
    [series] = collector(shop, max_rows=6).collect(REQUEST)
    assert len(series) == 6


def test_no_rows_are_no_series(shop: Path) -> None:
    assert list(collector(shop, f"{QUERY} AND value < 0").collect(REQUEST)) == []


def test_a_query_that_takes_too_long_is_stopped(shop: Path) -> None:
    endless = COUNT.format(-1, "max(i)")
    services = Services(clock=HastyClock(START), root=shop.parent)
    options = SqlCollectorOptions(path=Path(shop.name), query=endless, timeout=45)
    error = failure(SqlCollector(options, services))
    assert "the query took longer than 45 s; ask for less" in str(error)
    assert error.retryable


def test_a_locked_database_may_be_tried_again(shop: Path) -> None:
    with closing(sqlite3.connect(shop, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = failure(collector(shop, timeout=0.01))
        health = collector(shop, timeout=0.01).check()
    assert "is locked" in str(error)
    assert error.retryable
    assert not health.ok
    assert len(collector(shop).collect(REQUEST)[0]) == 6


def test_a_mistake_in_the_template_is_a_config_error(shop: Path) -> None:
    with pytest.raises(ConfigError, match=r"metrics/orders\.yaml: query, line 1: 'perod_start'"):
        collector(shop, "{{ perod_start }}").collect(REQUEST)


def test_a_check_names_the_version_and_the_file(shop: Path) -> None:
    health = collector(shop).check()
    assert (health.ok, health.detail) == (True, f"SQLite {sqlite3.sqlite_version}, {shop}")


def test_a_cost_names_what_is_walked_and_what_is_searched(shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("CREATE TABLE days (day TEXT PRIMARY KEY)")
    join = "SELECT * FROM orders o JOIN days d ON d.day = o.period_time"
    found = collector(shop, join).cost(REQUEST)
    assert found == "scans o; searches d using COVERING index sqlite_autoindex_days_1 (day=?)"
    for query in ("SELEC 1", "{{ perod_start }}", "SELECT 1; SELECT 2"):
        assert collector(shop, query).cost(REQUEST) == ""
    assert collector(shop.parent / "nowhere.db").cost(REQUEST) == ""


def test_the_fingerprint_is_of_the_query_and_its_meaning(tmp_path: Path) -> None:
    file, other = tmp_path / "a.db", tmp_path / "b.db"
    base = collector(file).fingerprint()
    same = [
        collector(file, QUERY.replace(" ", "\n")),
        collector(other),
        collector(file, timeout=5, max_rows=7, max_series=9),
    ]
    changed = [
        collector(file, f"{QUERY} AND 1"),
        collector(file, value_column="revenue"),
        collector(file, timezone="Europe/Berlin"),
        collector(file, dimensions=("country",)),
        collector(file, query_variables={"shop": 1}),
        collector(file, query_variables={"shop": 2}),
    ]
    assert [part.fingerprint() == base for part in same] == [True] * 3
    prints = [base, *(part.fingerprint() for part in changed)]
    assert len(set(prints)) == 7


PROMOS = "SELECT start_time, end_time, name FROM promos WHERE end_time > '{{ period_start }}'"


def test_events_are_asked_of_the_same_source(shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("CREATE TABLE promos (start_time TEXT, end_time TEXT, name TEXT)")
        connection.execute("INSERT INTO promos VALUES ('2024-06-01', '2024-06-02', 'old')")
        connection.execute(
            "INSERT INTO promos VALUES ('2024-07-01 02:30:00', '2024-07-01 04:00:00', 'sale')"
        )
    part = collector(shop, events={"promo": PROMOS, "none": "SELECT 1 AS start_time LIMIT 0"})
    found = part.events(REQUEST)
    times = REQUEST.interval.steps(REQUEST.window.start, REQUEST.window.end)
    assert found["promo"].names == ("sale",)
    column = found["promo"].column(times, REQUEST.interval)
    assert column.tolist() == [0, 0, "sale", "sale", 0, 0]
    assert found["none"].column(times, REQUEST.interval).tolist() == [0] * 6


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT x FROM nowhere", "no such table: nowhere"),
        ("SELECT 1 AS began", "column 'start_time' is not among 'began'"),
        ("SELECT '{{ perod_start }}'", "query, line 1: .*did you mean 'period_start'"),
        ("DELETE FROM orders", "."),
    ],
)
def test_an_error_of_an_events_query_names_the_event(shop: Path, query: str, said: str) -> None:
    with pytest.raises((CollectError, ConfigError), match=f"^orders: event 'promo': .*{said}"):
        collector(shop, events={"promo": query}).events(REQUEST)
    assert count(shop) == 24


def test_the_fingerprint_knows_the_events(shop: Path) -> None:
    some: list[dict[str, str]] = [
        {},
        {"promo": "SELECT start_time FROM a"},
        {"promo": "SELECT start_time FROM b"},
        {"other": "SELECT start_time FROM b"},
    ]
    assert len({collector(shop, events=events).fingerprint() for events in some}) == 4
