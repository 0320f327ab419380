"""The SQLite storage and collector against the suites that every plugin passes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

from detectk.collectors.sql.collector import SqlCollector
from detectk.collectors.sql.options import SqlCollectorOptions, SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import Collector, Services, Storage
from detectk.testing.collector import CollectorSuite, SourceRow
from detectk.testing.history import HistorySuite
from detectk.testing.plugin import PluginSuite
from detectk.testing.state import StateSuite

QUERY = """
SELECT period_time, value, country FROM orders
WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'
"""


def storage(folder: Path) -> Storage[Any]:
    return SqlStorage(SqlStorageOptions(path=Path("metrics.db")), Services(root=folder))


class TestSqliteHistory(HistorySuite):
    def storage(self, folder: Path) -> Storage[Any]:
        return storage(folder)


class TestSqliteState(StateSuite):
    def storage(self, folder: Path) -> Storage[Any]:
        return storage(folder)


class TestSqliteCollector(CollectorSuite):
    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> Collector[Any]:
        with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
            connection.execute("CREATE TABLE orders (period_time TEXT, value REAL, country TEXT)")
            connection.executemany(
                "INSERT INTO orders VALUES (?, ?, ?)",
                [(f"{row.time:%Y-%m-%d %H:%M:%S}", row.value, row.country) for row in rows],
            )
        options = SqlCollectorOptions(path=Path("shop.db"), query=QUERY, dimensions=dimensions)
        return SqlCollector(options, Services(root=folder))

    def unreachable(self, folder: Path) -> Collector[Any]:
        options = SqlCollectorOptions(path=Path("nowhere.db"), query=QUERY)
        return SqlCollector(options, Services(root=folder))


class TestSqlPlugin(PluginSuite):
    module = "detectk.collectors.sql.plugin"
    examples: ClassVar[dict[str, Any]] = {"collector/sql": {"path": "shop.db", "query": "SELECT 1"}}
    drivers = ("sqlite3", "psycopg", "pymysql")
