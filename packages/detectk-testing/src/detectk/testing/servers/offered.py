"""Which server the tests get: the one whose URL is in the environment, else one of our own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Final, Literal

from detectk.testing.servers.clickhouse import started_clickhouse
from detectk.testing.servers.clients import ask
from detectk.testing.servers.databases import drop_databases
from detectk.testing.servers.mariadb import started_mariadb
from detectk.testing.servers.old_clickhouse import started_old_clickhouse
from detectk.testing.servers.postgresql import started_postgresql
from detectk.testing.servers.server import Kind, Server

__all__ = ["NAMES", "Name", "offered"]

Name = Literal["postgresql", "mariadb", "clickhouse", "old_clickhouse"]


@dataclass(frozen=True, slots=True)
class _Offer:
    kind: Kind
    variable: str
    start: Callable[[], AbstractContextManager[Server]]


_OFFERS: Final[dict[Name, _Offer]] = {
    "postgresql": _Offer(
        "postgresql", "DETECTK_TEST_POSTGRES_URL", lambda: started_postgresql(tls=True)
    ),
    "mariadb": _Offer("mysql", "DETECTK_TEST_MYSQL_URL", lambda: started_mariadb(tls=True)),
    "clickhouse": _Offer("clickhouse", "DETECTK_TEST_CLICKHOUSE_URL", started_clickhouse),
    "old_clickhouse": _Offer(
        "clickhouse", "DETECTK_TEST_OLD_CLICKHOUSE_URL", lambda: started_old_clickhouse(tls=True)
    ),
}

NAMES: Final[tuple[Name, ...]] = tuple(_OFFERS)


@contextmanager
def offered(name: Name) -> Iterator[Server]:
    """Have the server ``name`` for tests while inside ``with``, TLS included where it can.

    Raises:
        MissingServerError: No URL is in the environment and nothing is installed.
        ServerError: It does not start.
    """
    offer = _OFFERS[name]
    if url := os.environ.get(offer.variable):
        server = Server.given(offer.kind, url)
        server = replace(server, version=str(ask(server, "SELECT version()")[0][0]))
        try:
            yield server
        finally:
            drop_databases(server)
        return
    with offer.start() as server:
        yield server
