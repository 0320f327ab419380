"""Databases on a shared server: one for a test, or one for a folder."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from detectk.testing.servers.clients import ask, tell
from detectk.testing.servers.server import Server

__all__ = ["database_for", "drop_databases", "fresh_database"]

_MADE: set[tuple[str, str]] = set()
"""What this process made for folders: URL of the server, name of the database."""


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Have the URL of a new, empty database while inside ``with``; it is dropped afterwards.

    A server of ours that a test left dead is started again.
    """
    name = f"dtk_t_{secrets.token_hex(6)}"
    _revive(server)
    _create(server, name)
    try:
        yield server.url_of(name)
    finally:
        _revive(server)
        _drop(server, name)


def database_for(server: Server, folder: Path) -> str:
    """Return the URL of the one database that belongs to ``folder``, made if it is missing.

    It goes with the server, or, on a server that was given, with the session that made it.
    """
    name = f"dtk_f_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
    if not _exists(server, name):
        try:
            _create(server, name)
        except Exception:
            if not _exists(server, name):  # otherwise another process was faster
                raise
        else:
            _MADE.add((server.url, name))
    return server.url_of(name)


def drop_databases(server: Server) -> None:
    """Drop what this process made for folders on ``server``."""
    mine = {made for made in _MADE if made[0] == server.url}
    _MADE.difference_update(mine)
    for _, name in sorted(mine):
        _drop(server, name)


def _revive(server: Server) -> None:
    if server.controllable and not server.running:
        server.restart()


def _exists(server: Server, name: str) -> bool:
    question = {
        "postgresql": f"SELECT 1 FROM pg_database WHERE datname = '{name}'",  # noqa: S608  # ours
        "mysql": f"SHOW DATABASES LIKE '{name}'",
        "clickhouse": f"SELECT 1 FROM system.databases WHERE name = '{name}'",  # noqa: S608  # ours
    }[server.kind]
    return bool(ask(server, question))


def _create(server: Server, name: str) -> None:
    how = {
        "postgresql": " TEMPLATE template0",  # nobody is ever connected to that one
        "mysql": " CHARACTER SET utf8mb4",
        "clickhouse": "",
    }[server.kind]
    tell(server, f"CREATE DATABASE {name}{how}")


def _drop(server: Server, name: str) -> None:
    """Drop a database, whoever may still be connected to it."""
    force = " WITH (FORCE)" if server.kind == "postgresql" else ""
    if server.kind == "mysql":
        # A transaction that a test left open would hold the drop up for a day.
        listed = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"  # noqa: S608
        for (connection,) in ask(server, listed):
            with suppress(Exception):  # gone by itself in the meantime
                tell(server, f"KILL {connection}")
    tell(server, f"DROP DATABASE IF EXISTS {name}{force}")
