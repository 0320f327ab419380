"""Fixtures for authors; pytest loads this module, so it imports nothing slow by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from detectk.clock import VirtualClock
    from detectk.contracts.services import Services
    from detectk.testing.servers.offered import Name
    from detectk.testing.servers.server import Server

__all__ = [
    "clickhouse_server",
    "clickhouse_url",
    "mariadb_server",
    "mysql_url",
    "old_clickhouse_server",
    "postgresql_server",
    "postgresql_url",
    "services",
    "virtual_clock",
]


pytest.register_assert_rewrite(
    "detectk.testing.alerter",
    "detectk.testing.collector",
    "detectk.testing.detector",
    "detectk.testing.history",
    "detectk.testing.plugin",
    "detectk.testing.state",
)


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """Return a clock that stands at noon of Monday, 1 July 2024, UTC, until it is moved."""
    from detectk.clock import VirtualClock

    return VirtualClock(datetime(2024, 7, 1, 12, tzinfo=timezone.utc))


@pytest.fixture
def services(virtual_clock: VirtualClock, tmp_path: Path) -> Services:
    """Return what the core lends to a part: the virtual clock and a folder of its own."""
    from detectk.contracts.services import Services

    return Services(clock=virtual_clock, root=tmp_path, where="metrics/example.yaml")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """Have the PostgreSQL of this session, or skip where there is none."""
    yield from _offer("postgresql")


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """Have the MariaDB of this session, or skip where there is none."""
    yield from _offer("mariadb")


@pytest.fixture(scope="session")
def clickhouse_server() -> Iterator[Server]:
    """Have the ClickHouse of this session, or skip where there is none."""
    yield from _offer("clickhouse")


@pytest.fixture(scope="session")
def old_clickhouse_server() -> Iterator[Server]:
    """Have the ClickHouse of 2018 of this session, or skip where there is none."""
    yield from _offer("old_clickhouse")


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """Have the URL of a new, empty database on the PostgreSQL of this session."""
    yield from _fresh(postgresql_server)


@pytest.fixture
def mysql_url(mariadb_server: Server) -> Iterator[str]:
    """Have the URL of a new, empty database on the MariaDB of this session."""
    yield from _fresh(mariadb_server)


@pytest.fixture
def clickhouse_url(clickhouse_server: Server) -> Iterator[str]:
    """Have the URL of a new, empty database on the ClickHouse of this session."""
    yield from _fresh(clickhouse_server)


def _offer(name: Name) -> Iterator[Server]:
    pytest.importorskip("pwd", reason="servers are started on POSIX systems only")
    from detectk.testing.servers.offered import offered
    from detectk.testing.servers.server import MissingServerError

    try:
        with offered(name) as server:
            yield server
    except MissingServerError as error:
        pytest.skip(str(error))


def _fresh(server: Server) -> Iterator[str]:
    from detectk.testing.servers.databases import fresh_database

    with fresh_database(server) as url:
        yield url
