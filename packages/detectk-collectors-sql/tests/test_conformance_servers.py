"""PostgreSQL and MariaDB, real ones, against the suites that every plugin passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest

from detectk.collectors.sql.collector import SqlCollector
from detectk.collectors.sql.dialects import dialect_of
from detectk.collectors.sql.dialects.server_tables import TABLES
from detectk.collectors.sql.options import SqlCollectorOptions, SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import Collector, Services, Storage
from detectk.testing.collector import CollectorSuite, SourceRow
from detectk.testing.history import HistorySuite
from detectk.testing.servers import Server, database_for, tell
from detectk.testing.state import StateSuite

pytestmark = pytest.mark.server

QUERY = """
SELECT period_time, value, country FROM orders
WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'
"""


FREE: dict[str, list[str]] = {}
"""Server to databases that a test has left empty: making tables costs more than most tests."""


class OnServer:
    """A server of the session, and whatever was opened on it."""

    fixture: ClassVar[str]
    server: Server
    places: dict[Path, str]
    opened: list[Services]

    @pytest.fixture(autouse=True)
    def _on_a_server(self, request: pytest.FixtureRequest) -> Iterator[None]:
        self.server = request.getfixturevalue(self.fixture)
        self.places, self.opened = {}, []
        yield
        for services in self.opened:
            services.shared.close()
        for url in self.places.values():
            empty(url)
            FREE[self.server.url].append(url)

    def url(self, folder: Path) -> str:
        """Return where data of ``folder`` goes."""
        if folder not in self.places:
            free = FREE.setdefault(self.server.url, [])
            self.places[folder] = free.pop() if free else self._made(folder)
        return self.places[folder]

    def services(self, folder: Path) -> Services:
        services = Services(root=folder)
        self.opened.append(services)
        return services

    def storage(self, folder: Path) -> Storage[Any]:
        options = SqlStorageOptions.model_validate({"connection_string": self.url(folder)})
        return SqlStorage(options, self.services(folder))

    def _made(self, folder: Path) -> str:
        """Make a place; a schema costs PostgreSQL less than a database."""
        if self.server.kind == "mysql":
            return database_for(self.server, folder)
        schema = f"s{sha256(str(folder).encode()).hexdigest()[:16]}"
        home = self.server.database
        tell(self.server, f"CREATE SCHEMA IF NOT EXISTS {schema}", database=home)
        return f"{self.server.url_of(home)}?options=-csearch_path%3D{schema}"


def empty(url: str) -> None:
    options = SqlStorageOptions.model_validate({"connection_string": url})
    dialect = dialect_of(options, Path())
    with closing(dialect.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS orders")
        if dialect.has_table(cursor, "dtk_schema"):
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608  # our own


class SourceOnServer(OnServer):
    insert: ClassVar[str] = "INSERT INTO orders VALUES (%s, %s, %s)"
    table: ClassVar[str]

    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> Collector[Any]:
        part = self.storage(folder)
        assert isinstance(part, SqlStorage)
        connection = part.connect()
        cursor = connection.cursor()
        cursor.execute(self.table)
        naive = [(row.time.replace(tzinfo=None), row.value, row.country) for row in rows]
        if naive:
            cursor.executemany(self.insert, naive)
        connection.close()
        return self._part(folder, self.url(folder), dimensions)

    def unreachable(self, folder: Path) -> Collector[Any]:
        return self._part(folder, self.server.url_of("nowhere", password="s3cret"), ())  # noqa: S106

    def _part(self, folder: Path, url: str, dimensions: tuple[str, ...]) -> SqlCollector:
        values = {"connection_string": url, "query": QUERY, "dimensions": dimensions}
        options = SqlCollectorOptions.model_validate(values)
        return SqlCollector(options, self.services(folder))


class TestPostgresqlHistory(OnServer, HistorySuite):
    fixture = "postgresql_server"
    examples = 6


class TestPostgresqlState(OnServer, StateSuite):
    fixture = "postgresql_server"
    examples = 6
    rounds = 15


class TestPostgresqlCollector(SourceOnServer, CollectorSuite):
    fixture = "postgresql_server"
    secret = "s3cret"  # noqa: S105
    table = "CREATE TABLE orders (period_time timestamp, value float8, country text)"


class TestMariadbHistory(OnServer, HistorySuite):
    fixture = "mariadb_server"
    examples = 6


class TestMariadbState(OnServer, StateSuite):
    fixture = "mariadb_server"
    examples = 6
    rounds = 15


class TestMariadbCollector(SourceOnServer, CollectorSuite):
    fixture = "mariadb_server"
    secret = "s3cret"  # noqa: S105
    table = (
        "CREATE TABLE orders (period_time datetime(6), value double, country varchar(50)) "
        "CHARACTER SET utf8mb4"
    )
