"""What a SQL database must say of itself, so that everything else is written once."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from detectk.clock import Clock
from detectk.collectors.sql.dialects.cells import Columns, row_tuples
from detectk.contracts.pool import Pool, Shared

if TYPE_CHECKING:
    from detectk.collectors.sql.database import Database
    from detectk.collectors.sql.versions import Kind, Versions

__all__ = ["Connection", "Cursor", "Dialect", "Source", "Trouble"]


class Cursor(Protocol):
    """The part of a PEP 249 cursor that is used."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """One item a column, its name first; None when the statement gave no rows."""
        ...

    @property
    def rowcount(self) -> int:
        """Rows that the last statement changed."""
        ...

    def execute(self, sql: str, args: Sequence[Any] = ..., /) -> object:
        """Run one statement."""
        ...

    def executemany(self, sql: str, args: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each of many rows."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def fetchmany(self, size: int = ..., /) -> list[Any]:
        """Return at most ``size`` of the rows that are left."""
        ...


class Connection(Protocol):
    """The part of a PEP 249 connection that is used; every statement commits unless in BEGIN."""

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a driver's error means.

    Attributes:
        message: What is wrong, without secrets.
        hint: What to do.
        retryable: Whether the same call may succeed later without anybody's help.
        undone: Whether the transaction gave way to another one and may run again at once.
        lost: Whether the connection is gone.
    """

    message: str
    hint: str
    retryable: bool = False
    undone: bool = False
    lost: bool = False


@dataclass(slots=True)
class Source:
    """A pooled connection; one that was used before may have died since."""

    connection: Connection
    used: bool = False


class Dialect(ABC):
    """One kind of database, at one address.

    The statements elsewhere are plain SQL with ``?`` for an argument, and identifiers that no
    database reserves.
    """

    name: ClassVar[str]
    begin: ClassVar[str]
    """Starts a transaction that writes."""
    begin_read: ClassVar[str]
    """Starts a transaction that sees the database at one moment."""
    locking: ClassVar[str] = ""
    """Ends a SELECT that makes other writers of its rows wait; empty if beginning does it."""
    now: ClassVar[str]
    """SQL expression: seconds since 1970 by the database's own clock, a fraction included."""
    migrations: ClassVar[Sequence[Sequence[str]]]
    """Statements that lead from version n to version n + 1; never change one that was released."""
    schema_lock: ClassVar[Sequence[str]]
    """Keeps everybody else from migrating at the same time; begins a transaction if it can."""
    schema_unlock: ClassVar[Sequence[str]]
    """Ends what ``schema_lock`` began."""
    schema_undo: ClassVar[Sequence[str]] = ("ROLLBACK",)
    """Ends it after a failure."""
    embedded: ClassVar[bool] = False
    """Whether everybody who uses the database runs on this host."""
    arguments: ClassVar[int] = 500
    """Most arguments of one IN list."""
    arrays: ClassVar[bool] = False
    """Whether one argument may be a list, which reads faster than so many arguments."""
    infinities: ClassVar[bool] = True
    """Whether a number may be infinite."""

    @property
    @abstractmethod
    def errors(self) -> tuple[type[Exception], ...]:
        """What its driver raises."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """What tells this database from another, without secrets."""

    def exists(self) -> bool:
        """Return whether there is a database to connect to; asking creates none."""
        return True

    @abstractmethod
    def connect(self) -> Connection:
        """Return a connection that may write, usable from any thread by one at a time."""

    @abstractmethod
    def source(self, clock: Clock) -> Connection:
        """Return a connection that cannot write and that stops a query at the time limit."""

    @abstractmethod
    def asked(self, connection: Connection, query: str) -> AbstractContextManager[Cursor]:
        """Ask a user's query on a connection of `source`; its rows come as they are fetched."""

    @abstractmethod
    def cost(self, connection: Connection, query: str) -> str:
        """Return a line about how the database would answer a user's query."""

    def pool(self, shared: Shared, clock: Clock) -> Pool[Source] | None:  # noqa: ARG002  # a server needs them
        """Return the pool of `source` connections; None where opening one costs nothing."""
        return None

    @abstractmethod
    def check(self, *, source: bool) -> str:
        """Return one line about the server, or raise what `trouble` explains."""

    @abstractmethod
    def trouble(self, error: Exception, *, source: bool) -> Trouble:
        """Explain an error of the driver, as a ``source`` of metrics or as storage."""

    @abstractmethod
    def has_table(self, cursor: Cursor, table: str) -> bool:
        """Return whether ``table`` is there."""

    def versions(self, database: Database, kind: Kind) -> Versions:
        """Return the layout in which rows of ``kind`` are kept."""
        from detectk.collectors.sql.row_versions import RowVersions  # it imports this module

        return RowVersions(database, kind)

    def translate(self, sql: str) -> str:
        """Return a statement as its driver wants it."""
        return sql

    def insert(self, cursor: Cursor, table: str, columns: Columns) -> None:
        """Add rows that are not there, at least one."""
        self._insert_rows(cursor, table, columns, "")

    def insert_new(self, cursor: Cursor, table: str, columns: Columns) -> None:
        """Add those rows whose key is not there yet."""
        self._insert_rows(cursor, table, columns, "ON CONFLICT DO NOTHING")

    def replace(self, cursor: Cursor, table: str, key: Sequence[str], columns: Columns) -> None:
        """Add rows in the place of those that have their ``key``, at most one row a key."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
        suffix = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
        self._insert_rows(cursor, table, columns, suffix)

    def _insert_rows(self, cursor: Cursor, table: str, columns: Columns, suffix: str) -> None:
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) {suffix}"
        cursor.executemany(self.translate(sql.rstrip()), row_tuples(columns))
