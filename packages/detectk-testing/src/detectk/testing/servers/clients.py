"""One statement to a server through its real driver, imported when it is needed."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from detectk.testing.servers.server import Kind, MissingServerError, Server

__all__ = ["ask", "need_driver", "tell"]

Rows = Sequence[Sequence[Any]]

_TIMEOUT = 10
_DRIVERS: dict[Kind, tuple[str, str]] = {
    "postgresql": ("psycopg", "pip install 'psycopg[binary]'"),
    "mysql": ("pymysql", "pip install pymysql"),
    "clickhouse": ("clickhouse_driver", "pip install 'clickhouse-driver[lz4,zstd]'"),
}


def ask(server: Server, question: str, *, database: str = "") -> Rows:
    """Return the rows that ``question`` gives."""
    return _CLIENTS[server.kind](server, question, database or server.database)


def tell(server: Server, *statements: str, database: str = "") -> None:
    """Run each of ``statements`` in a connection of its own, as some take no company."""
    for statement in statements:
        _CLIENTS[server.kind](server, statement, database or server.database)


def need_driver(kind: Kind) -> None:
    """Raise MissingServerError if the driver of ``kind`` is not installed."""
    name, line = _DRIVERS[kind]
    try:
        __import__(name)
    except ImportError as error:
        raise MissingServerError(f"the driver {name} is not installed", hint=line) from error


def _postgresql(server: Server, statement: str, database: str) -> Rows:
    import psycopg

    url = server.url_of(database)
    with psycopg.connect(url, autocommit=True, connect_timeout=_TIMEOUT) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def _mysql(server: Server, statement: str, database: str) -> Rows:
    import pymysql

    # Any word about TLS in the URL means that it is wanted; who vouches is not our question here.
    wanted = any(name.startswith("ssl") for name, _ in parse_qsl(server.query))
    connection = pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        database=database,
        autocommit=True,
        connect_timeout=_TIMEOUT,
        ssl=_trusting() if wanted else None,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _clickhouse(server: Server, statement: str, database: str) -> Rows:
    from clickhouse_driver import Client

    # The driver tells the log every failed attempt with a traceback, and we make many.
    logging.getLogger("clickhouse_driver.connection").setLevel(logging.CRITICAL)
    secure = dict(parse_qsl(server.query)).get("secure", "").lower() in {"1", "true", "yes"}
    client = Client(
        server.host,
        server.port,
        database=database,
        user=server.user,
        password=server.password,
        connect_timeout=_TIMEOUT,
        send_receive_timeout=_TIMEOUT,
        secure=secure,
        verify=False,
    )
    try:
        return list(client.execute(statement))
    finally:
        client.disconnect()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_CLIENTS: dict[Kind, Callable[[Server, str, str], Rows]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "clickhouse": _clickhouse,
}
