"""How fast does each storage take points in bulk and give them back?

The servers are started privately, without fsync where they have such a switch. Rows a second are
by the wall, since most of the work is the server's; the ratios are to the plain way of the same
driver over the same rows in the same run: `executemany` to write, `fetchall` to read.

    python benchmarks/storages.py [sqlite postgresql mariadb clickhouse] [--points 500000]
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from detectk.contracts import HistoryRequest, Points, Services, Storage
from detectk.testing.servers import (
    Server,
    fresh_database,
    started_clickhouse,
    started_mariadb,
    started_postgresql,
)
from detectk.values import NO_LABELS, Interval, Series, Window

BEGIN = datetime(2020, 1, 1, tzinfo=timezone.utc)
MINUTE = Interval(1, "minute")
METRICS = 20
TIMES = 3
STARTED: dict[str, Callable[[], Any]] = {
    "postgresql": started_postgresql,
    "mariadb": started_mariadb,
    "clickhouse": started_clickhouse,
}


def opened(name: str, url: str, folder: Path) -> Storage[Any]:
    """Return our storage."""
    if name == "clickhouse":
        from detectk.collectors.clickhouse.options import ClickHouseStorageOptions
        from detectk.collectors.clickhouse.storage import ClickHouseStorage

        options = ClickHouseStorageOptions.model_validate({"connection_string": url})
        return ClickHouseStorage(options, Services(root=folder))
    from detectk.collectors.sql.options import SqlStorageOptions
    from detectk.collectors.sql.storage import SqlStorage

    dialect = {"mariadb": "mysql"}.get(name, name)
    options = SqlStorageOptions.model_validate({"dialect": dialect, "connection_string": url})
    return SqlStorage(options, Services(root=folder))


@contextmanager
def plain(name: str, url: str, folder: Path) -> Iterator[tuple[Any, str]]:
    """Have the driver's own connection, and its mark of an argument."""
    parts = urlsplit(url)
    if name == "sqlite":
        with closing(sqlite3.connect(folder / "plain.db")) as connection:
            yield connection, "?"
        return
    keys: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
    }
    if name == "postgresql":
        import psycopg

        keys["dbname"] = keys.pop("database")
        with psycopg.connect(**keys) as connection:
            yield connection, "%s"
    elif name == "mariadb":
        import pymysql

        with closing(pymysql.connect(**keys)) as connection:
            yield connection, "%s"
    else:
        from clickhouse_driver import dbapi

        with closing(dbapi.connect(**keys)) as connection:
            yield connection, ""


def seconds(work: Callable[[], object]) -> float:
    """Return what ``work`` takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def batches(points: int) -> Iterator[list[Points]]:
    """Give the same points under other metrics each time, so that every write is of new rows."""
    each = points // METRICS
    times = MINUTE.steps(BEGIN, BEGIN + timedelta(minutes=each))
    values = np.random.default_rng(1).normal(size=each)
    series = Series(NO_LABELS, times, values, np.zeros(each, np.uint8))
    window = Window(BEGIN, BEGIN + timedelta(minutes=each))
    for number in range(TIMES):
        names = [f"metric_{number}_{one}" for one in range(METRICS)]
        yield [Points(name, [series], window.end, window, "f") for name in names]


def ours(storage: Storage[Any], points: int) -> tuple[float, float]:
    """Return the rows a second that our storage writes and reads, the best of some."""
    history = storage.history()
    history.prepare()
    written, read = [], []
    for batch in batches(points):
        written.append(seconds(lambda batch=batch: history.write_points(batch)))
        whole = Window(BEGIN, BEGIN + timedelta(days=3650))
        asked = [HistoryRequest(one.metric, whole) for one in batch]
        read.append(seconds(lambda asked=asked: history.read_points(asked)))
        found = history.read_points(asked)
        assert sum(len(one) for some in found for one in some) == points // METRICS * METRICS
    return points / min(written), points / min(read)


def theirs(connection: Any, mark: str, points: int) -> tuple[float, float]:
    """Return the rows a second of the driver's plain way."""
    engine = "" if mark else " ENGINE = MergeTree ORDER BY (metric, time)"
    key = ", PRIMARY KEY (metric, time)" if mark else ""
    cursor = connection.cursor()
    columns = "metric VARCHAR(60), time BIGINT, value DOUBLE PRECISION, status SMALLINT"
    if not mark:
        columns = "metric String, time Int64, value Float64, status UInt8"
    cursor.execute(f"CREATE TABLE plain ({columns}{key}){engine}")
    marks = f"({', '.join([mark] * 4)})" if mark else ""
    sql = f"INSERT INTO plain (metric, time, value, status) VALUES {marks}"
    written = []
    for batch in batches(points):
        rows = [
            (one.metric, time, value, 0)
            for one in batch
            for series in one.series
            for time, value in zip(
                series.times.astype(int).tolist(), series.values.tolist(), strict=True
            )
        ]

        def write(rows: Sequence[Any] = rows) -> None:
            cursor.executemany(sql, rows)
            connection.commit()

        written.append(seconds(write))

    def read() -> None:
        cursor.execute(f"SELECT time, value, status FROM plain WHERE metric LIKE 'metric_{0}%'")
        rows = cursor.fetchall()
        list(zip(*rows, strict=True))

    return points / min(written), points / min(seconds(read) for _ in range(TIMES))


def measure(name: str, points: int) -> None:
    """Print what one storage does."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = "sqlite:///bench.db"
        if name in STARTED:
            server: Server = stack.enter_context(STARTED[name]())
            url = stack.enter_context(fresh_database(server))
        storage = opened(name, url, folder)
        wrote, read = ours(storage, points)
        storage.close()
        connection, mark = stack.enter_context(plain(name, url, folder))
        plain_wrote, plain_read = theirs(connection, mark, points)
    print(
        f"{name}: writes {wrote:,.0f} rows/s, {wrote / plain_wrote:.1f} x executemany; "
        f"reads {read:,.0f} rows/s, {read / plain_read:.1f} x fetchall"
    )


def main() -> None:
    """Print a line a storage."""
    reading = argparse.ArgumentParser()
    reading.add_argument("names", nargs="*", default=["sqlite", *STARTED])
    reading.add_argument("--points", type=int, default=500_000)
    asked = reading.parse_args()
    for name in asked.names:
        measure(name, asked.points)


if __name__ == "__main__":
    main()
