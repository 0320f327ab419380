"""ClickHouse of today and of 2018 against the suites that every plugin passes."""

# ruff: noqa: S106  # made-up passwords, and queries of our own

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

import pytest

from detectk.collectors.clickhouse.collector import ClickHouseCollector
from detectk.collectors.clickhouse.options import (
    ClickHouseCollectorOptions,
    ClickHouseStorageOptions,
)
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import Collector, Services, Shared, Storage
from detectk.testing.collector import CollectorSuite, SourceRow
from detectk.testing.history import HistorySuite
from detectk.testing.plugin import PluginSuite
from detectk.testing.servers import Server, database_for, tell
from detectk.testing.state import StateSuite

pytestmark = pytest.mark.server

QUERY = """
SELECT period_time, value, country FROM orders
WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'
"""


class OnServer:
    """Lends every part one pool of connections; that and the databases end with the test."""

    server: Server

    @pytest.fixture(autouse=True)
    def _shared(self) -> Iterator[None]:
        self.shared = Shared()
        self.made: set[str] = set()
        yield
        self.shared.close()
        # A server that holds hundreds of databases takes its time to end.
        tell(self.server, *(f"DROP DATABASE {name}" for name in self.made))

    def url(self, folder: Path) -> str:
        found = database_for(self.server, folder)
        self.made.add(found.rpartition("/")[2])
        return found

    def storage(self, folder: Path) -> Storage[Any]:
        options = ClickHouseStorageOptions(connection_string=self.url(folder))
        return ClickHouseStorage(options, Services(root=folder, shared=self.shared))


class OnNew(OnServer):
    @pytest.fixture(autouse=True)
    def _server(self, clickhouse_server: Server) -> None:
        self.server = clickhouse_server


class OnOld(OnServer):
    @pytest.fixture(autouse=True)
    def _server(self, old_clickhouse_server: Server) -> None:
        self.server = old_clickhouse_server


class TestClickHouseHistory(OnNew, HistorySuite):
    examples = 15


class TestOldClickHouseHistory(OnOld, HistorySuite):
    examples = 15


class TestClickHouseState(OnNew, StateSuite):
    rounds = 6  # a lease is two questions and an insert; test_claims.py lets more contend
    examples = 15


class Source(OnServer, CollectorSuite):
    secret = "geheim-geheim"  # noqa: S105  # nobody's

    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> Collector[Any]:
        url = self.url(folder)
        name = url.rpartition("/")[2]
        table = "period_time DateTime, value Nullable(Float64), country String"
        tell(self.server, f"CREATE TABLE orders ({table}) ENGINE = Memory", database=name)
        options = ClickHouseCollectorOptions(
            connection_string=url, query=QUERY, dimensions=dimensions
        )
        made = ClickHouseCollector(options, Services(root=folder))
        if rows:
            times, values, countries = zip(
                *((r.time, r.value, r.country) for r in rows), strict=True
            )
            seconds = [
                int((time - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())
                for time in times
            ]
            cells = {"period_time": seconds, "value": list(values), "country": list(countries)}
            made._servers.run(lambda session: session.insert("orders", cells, timeout=9))
        return made

    def unreachable(self, folder: Path) -> Collector[Any]:
        options = ClickHouseCollectorOptions(
            host="127.0.0.1", port=1, user="u", password="geheim-geheim", query=QUERY
        )
        return ClickHouseCollector(options, Services(root=folder))


class TestClickHouseCollector(OnNew, Source):
    pass


class TestOldClickHouseCollector(OnOld, Source):
    pass


class TestClickHousePlugin(PluginSuite):
    module = "detectk.collectors.clickhouse.plugin"
    examples: ClassVar[dict[str, Any]] = {"collector/clickhouse": {"query": "SELECT 1"}}
    drivers = ("clickhouse_driver", "pandas")
