"""What PostgreSQL and MySQL have in common: a server, a login, a pool of readers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import ClassVar

from detectk.clock import Clock, SystemClock
from detectk.collectors.sql.address import Address
from detectk.collectors.sql.dialects.cells import Columns
from detectk.collectors.sql.dialects.dialect import Cursor, Dialect, Source
from detectk.collectors.sql.dialects.server_tables import TABLES
from detectk.contracts.pool import Pool, Shared

__all__ = ["ServerDialect"]


class ServerDialect(Dialect):
    """A database on a server.

    Args:
        address: Where, and as whom.
        timeout: Longest wait in seconds, for a query or for a lock.
        connections: Most connections of `source` in one run.
    """

    arguments: ClassVar[int] = 10_000
    locking: ClassVar[str] = "FOR UPDATE"
    port: ClassVar[int]
    """Where such a server listens if nothing else is said."""

    def __init__(self, address: Address, *, timeout: float = 30, connections: int = 15) -> None:
        self.address = address
        self.timeout = timeout
        self._connections = connections

    @property
    def identity(self) -> str:
        """The dialect, the server and the database, and what else tells two storages apart."""
        address = self.address
        where = f"{self.name}:{address.host}:{address.port or self.port}/{address.database}"
        options = dict(address.more).get("options")
        return f"{where}?options={options}" if options else where

    @property
    @abstractmethod
    def version(self) -> str:
        """SQL that gives one line about the server."""

    def pool(self, shared: Shared, clock: Clock) -> Pool[Source]:
        """Return the pool of everybody who asks this server as this user with this patience."""

        def make() -> Pool[Source]:
            return Pool(lambda: Source(self.source(clock)), _close, size=self._connections)

        return shared.pool(("sql", self.name, self.address, self.timeout), make)

    def check(self, *, source: bool) -> str:
        """Return the server's version and where it is."""
        connection = self.source(SystemClock()) if source else self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(self.version, ())
            [[version]] = cursor.fetchall()
        finally:
            connection.close()
        return f"{version}, {self.address.place}"

    def translate(self, sql: str) -> str:
        """Return a statement with the placeholders of its driver."""
        return sql.replace("%", "%%").replace("?", "%s")

    def with_digest(self, table: str, columns: Columns) -> Columns:
        """Return ``columns`` with the digest of the one that is too long for a key."""
        name = TABLES[table].digest
        if not name:
            return columns
        digests = [blake2b(str(t).encode(), digest_size=16).hexdigest() for t in columns[name]]
        return {**columns, f"{name}_digest": digests}

    def key_of(self, table: str, key: Sequence[str]) -> list[str]:
        """Return the columns by which the table tells rows apart."""
        digest = TABLES[table].digest
        return [f"{name}_digest" if name == digest else name for name in key]

    def hidden(self, text: str) -> str:
        """Return the first line of a driver's words, the password blotted out."""
        line = " ".join(text.split("\n", 1)[0].split())
        secret = self.address.password
        return line.replace(secret, "***") if secret else line

    def insert_new(self, cursor: Cursor, table: str, columns: Columns) -> None:
        """Add those rows whose key is not there yet."""
        super().insert_new(cursor, table, self.with_digest(table, columns))

    def replace(self, cursor: Cursor, table: str, key: Sequence[str], columns: Columns) -> None:
        """Add rows in the place of those that have their ``key``, at most one row a key."""
        key = self.key_of(table, key)
        super().replace(cursor, table, key, self.with_digest(table, columns))


def _close(source: Source) -> None:
    with suppress(Exception):
        source.connection.close()
