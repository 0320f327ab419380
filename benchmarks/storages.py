"""How fast does each storage take points and verdicts in bulk, and give the points back?

The servers are started for this, without TLS and without waiting for the disk where they have such
a switch. Rows a second are by the wall, since most of the work is the server's, and the best of
some. The ratios are to the plain way of the same driver with the same rows in the same run:
`executemany` to write, with the database's own upsert where rows are written again, `fetchall` to
read.

    python benchmarks/storages.py [sqlite postgresql mariadb clickhouse] [--points 200000]
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import numpy as np

from detectk.contracts import HistoryRequest, Judgements, Points, Services, Storage
from detectk.plugin import Catalogue
from detectk.testing.servers import (
    Server,
    fresh_database,
    started_clickhouse,
    started_mariadb,
    started_postgresql,
)
from detectk.values import NO_LABELS, Interval, Series, Verdicts, Window

BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)
LATER = BEGIN + timedelta(days=3650)
MINUTE = Interval(1, "minute")
METRICS = 20
TIMES = 3
STARTED: Mapping[str, Callable[[], AbstractContextManager[Server]]] = {
    "postgresql": started_postgresql,
    "mariadb": started_mariadb,
    "clickhouse": started_clickhouse,
}
STORAGES = ("sqlite", *STARTED)
CONNECTION_KEYS = ("host", "port", "user", "password", "database")

WRITTEN = "points written"
READ = "points read"
EQUAL = "written again, all equal"
CHANGED = "written again, all changed"
VERDICTS = "verdicts written"

Row = tuple[Any, ...]
Rates = Mapping[str, float]
T = TypeVar("T")


@dataclass(frozen=True)
class Plain:
    """The driver's own way.

    Attributes:
        connection: As the driver makes it.
        mark: Of an argument in a statement; empty where rows are given apart.
        types: Of a text, a whole number and a number with a fraction.
        key: What comes after the columns of a table whose key is (metric, time).
        upsert: What comes after an INSERT whose rows may be there; empty where none is needed.
    """

    connection: Any
    mark: str = "%s"
    types: tuple[str, str, str] = ("VARCHAR(60)", "BIGINT", "DOUBLE PRECISION")
    key: str = ", PRIMARY KEY (metric, time))"
    upsert: str = (
        " ON CONFLICT (metric, time) DO UPDATE SET value = excluded.value, status = excluded.status"
    )

    def create(self, table: str, width: int) -> None:
        """Create a table for points, or for verdicts with a number for each further column."""
        text, whole, fraction = self.types
        columns = [f"metric {text}", f"time {whole}", f"value {fraction}", f"status {whole}"]
        columns += [f"c{number} {fraction}" for number in range(len(columns), width)]
        self.connection.cursor().execute(f"CREATE TABLE {table} ({', '.join(columns)}{self.key}")

    def write(self, table: str, rows: Sequence[Row], end: str = "") -> None:
        """Write rows that are all new."""
        marks = f"({', '.join([self.mark] * len(rows[0]))})" if self.mark else ""
        insert = f"INSERT INTO {table} VALUES {marks}{end}"  # noqa: S608  # our own names
        self.connection.cursor().executemany(insert, rows)
        self.connection.commit()

    def write_again(self, table: str, rows: Sequence[Row]) -> None:
        """Write rows that are all there."""
        self.write(table, rows, self.upsert)

    def read(self, table: str) -> None:
        """Read every point, column by column."""
        cursor = self.connection.cursor()
        cursor.execute(f"SELECT time, value, status FROM {table}")  # noqa: S608  # our own name
        list(zip(*cursor.fetchall(), strict=True))


def opened(name: str, url: str, folder: Path) -> Storage[Any]:
    """Return our storage."""
    catalogue = Catalogue.default()
    found = catalogue.find("storage", name)
    options = catalogue.options(found.component).model_validate(
        {**found.preset, "connection_string": url}
    )
    storage: Storage[Any] = catalogue.load(found.component)(options, Services(root=folder))
    return storage


@contextmanager
def plain(name: str, url: str, folder: Path) -> Iterator[Plain]:
    """Have the driver's own connection."""
    parts = urlsplit(url)
    login = (parts.hostname, parts.port, parts.username, unquote(parts.password or ""))
    keys = dict(zip(CONNECTION_KEYS, (*login, parts.path.lstrip("/")), strict=True))
    if name == "sqlite":
        with closing(sqlite3.connect(folder / "plain.db")) as connection:
            yield Plain(connection, mark="?")
    elif name == "postgresql":
        import psycopg

        keys["dbname"] = keys.pop("database")
        with psycopg.connect(**keys) as session:
            yield Plain(session)
    elif name == "mariadb":
        import pymysql

        again = " ON DUPLICATE KEY UPDATE value = VALUES(value), status = VALUES(status)"
        with closing(pymysql.connect(**keys)) as session:
            yield Plain(session, upsert=again)
    else:
        from clickhouse_driver import dbapi

        types = ("String", "Int64", "Float64")
        key = ") ENGINE = ReplacingMergeTree ORDER BY (metric, time)"
        with closing(dbapi.connect(**keys)) as session:
            yield Plain(session, mark="", types=types, key=key, upsert="")


def points_of(points: int) -> Iterator[list[Points]]:
    """Give the same points under other metrics each time, so that every write is of new rows."""
    each = points // METRICS
    window = Window(BEGIN, BEGIN + timedelta(minutes=each))
    times = MINUTE.steps(window.start, window.end)
    values = np.random.default_rng(1).normal(size=each)
    series = Series(NO_LABELS, times, values, np.zeros(each, np.uint8))
    for number in range(TIMES):
        names = [f"metric_{number}_{one}" for one in range(METRICS)]
        yield [Points(name, [series], window.end, window, "f") for name in names]


def changed(batch: Sequence[Points]) -> list[Points]:
    """Return the points with other values."""
    return [
        replace(one, series=[replace(some, values=some.values + 1) for some in one.series])
        for one in batch
    ]


def judged(batch: Sequence[Points]) -> list[Judgements]:
    """Return a verdict for every point."""
    return [
        Judgements(one.metric, [verdicts_of(some) for some in one.series], one.step)
        for one in batch
    ]


def verdicts_of(series: Series) -> Verdicts:
    """Return verdicts with nothing in them that packs well by chance."""
    many = len(series.times)
    columns = np.abs(np.random.default_rng(2).normal(size=(5, many)))
    return Verdicts(
        "mad",
        series.labels,
        series.times,
        series.values,
        *columns,
        direction=np.sign(series.values).astype(np.int8),
        verdict=(series.values > 3).astype(np.uint8),  # noqa: PLR2004  # sigmas
        status=series.status,
        explain={"samples": np.arange(many)},
    )


def rows_of(batch: Sequence[Points]) -> list[Row]:
    """Return points as rows of the driver."""
    return [
        (one.metric, time, value, status)
        for one in batch
        for series in one.series
        for time, value, status in zip(
            series.times.astype(int).tolist(),
            series.values.tolist(),
            series.status.tolist(),
            strict=True,
        )
    ]


def wide_rows_of(batch: Sequence[Points]) -> list[Row]:
    """Return verdicts as rows of the driver: eight more numbers."""
    return [
        (*row, *rest)
        for row, rest in zip(
            rows_of(batch),
            np.random.default_rng(2).normal(size=(sum(map(size, batch)), 8)).tolist(),
            strict=True,
        )
    ]


def size(one: Points) -> int:
    """Return how many points there are."""
    return sum(len(series.times) for series in one.series)


class Stopwatch:
    """Times one kind of work after another, several times each."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def time(self, label: str, work: Callable[..., T], *given: Any) -> T:
        """Return what ``work`` does with what it is given."""
        began = perf_counter()
        answer = work(*given)
        self.taken.setdefault(label, []).append(perf_counter() - began)
        return answer

    def rates(self, rows: int) -> Rates:
        """Return the rows a second of each kind, the best of the times."""
        return {label: rows / min(seconds) for label, seconds in self.taken.items()}


def ours(storage: Storage[Any], points: int) -> Rates:
    """Return the rows a second of our storage."""
    history, watch = storage.history(), Stopwatch()
    history.prepare()
    for batch in points_of(points):
        asked = [HistoryRequest(one.metric, Window(BEGIN, LATER)) for one in batch]
        watch.time(WRITTEN, history.write_points, batch)
        found = watch.time(READ, history.read_points, asked)
        if sum(len(series.times) for some in found for series in some) != sum(map(size, batch)):
            raise SystemExit("what was read is not what was written")
        watch.time(EQUAL, history.write_points, batch)
        watch.time(CHANGED, history.write_points, changed(batch))
        watch.time(VERDICTS, history.write_verdicts, judged(batch))
    return watch.rates(points)


def theirs(driver: Plain, points: int) -> Rates:
    """Return the rows a second of the driver's plain way."""
    watch = Stopwatch()
    for number, batch in enumerate(points_of(points)):
        table, wide = f"points_{number}", f"verdicts_{number}"
        rows, verdicts = rows_of(batch), wide_rows_of(batch)
        driver.create(table, len(rows[0]))
        driver.create(wide, len(verdicts[0]))
        watch.time(WRITTEN, driver.write, table, rows)
        watch.time(READ, driver.read, table)
        watch.time(EQUAL, driver.write_again, table, rows)
        watch.time(CHANGED, driver.write_again, table, rows_of(changed(batch)))
        watch.time(VERDICTS, driver.write, wide, verdicts)
    return watch.rates(points)


def measure(name: str, points: int) -> tuple[Rates, Rates]:
    """Return what one storage does, and what its driver does, in rows a second."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = "sqlite:///bench.db"
        if name != "sqlite":
            server = stack.enter_context(STARTED[name]())
            url = stack.enter_context(fresh_database(server))
        storage = opened(name, url, folder)
        rates = ours(storage, points)
        storage.close()
        return rates, theirs(stack.enter_context(plain(name, url, folder)), points)


def main() -> None:
    """Print a line for each storage and each thing to do."""
    reading = argparse.ArgumentParser()
    reading.add_argument("names", nargs="*", choices=[[], *STORAGES], default=[])
    reading.add_argument("--points", type=int, default=200_000)
    asked = reading.parse_args()
    for name in asked.names or STORAGES:
        print(f"{name}, {asked.points:,} points of {METRICS} metrics")
        rates, driver = measure(name, asked.points)
        for label, rate in rates.items():
            print(f"  {label:27} {rate:10,.0f} rows/s {rate / driver[label]:6.1f} x the driver's")


if __name__ == "__main__":
    main()
