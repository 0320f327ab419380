"""One connection to one database, shared by the threads of a process one at a time."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

from detectk.collectors.sql.dialects import Connection, Cursor, Dialect
from detectk.errors import StorageError

__all__ = ["Database"]

_MANY = 500
"""Arguments of one IN list; the oldest databases take 999."""


class Database:
    """Runs statements, opened at the first one; foreign errors end here.

    Attributes:
        prepared: Whether the tables were found right since the connection was opened.

    Args:
        dialect: What kind of database, and where.
        connect: Opens it, so that whoever owns the database may watch its statements.
    """

    def __init__(self, dialect: Dialect, connect: Callable[[], Connection]) -> None:
        self.dialect = dialect
        self._connect = connect
        self._connection: Connection | None = None
        self.prepared = False
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything inside, or nothing; other threads and writers wait."""
        with self._lock:
            self.run(self.dialect.begin)
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                with suppress(StorageError):
                    self.run("ROLLBACK")
                raise

    def query(self, sql: str, args: Sequence[object] = ()) -> list[Any]:
        """Return the rows of a SELECT."""
        with self._cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.fetchall()

    def query_in(self, sql: str, values: Sequence[object]) -> list[Any]:
        """Return the rows of a SELECT whose ``IN ({})`` takes any number of ``values``."""
        found: list[Any] = []
        for start in range(0, len(values), _MANY):
            some = values[start : start + _MANY]
            found += self.query(sql.format(", ".join("?" * len(some))), some)
        return found

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        with self._cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once a row."""
        with self._cursor() as cursor:
            cursor.executemany(sql, rows)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows; the one place for a database's own way of adding many."""
        marks = ", ".join("?" * len(columns))
        self.run_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    def has_table(self, table: str) -> bool:
        """Return whether ``table`` is there."""
        with self._cursor() as cursor:
            return self.dialect.has_table(cursor, table)

    def close(self) -> None:
        """Close the connection; the next statement opens it again."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None
            self.prepared = False

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection.cursor()
            except self.dialect.errors as error:
                trouble = self.dialect.trouble(error, source=False)
                raise StorageError(
                    trouble.message, hint=trouble.hint, retryable=trouble.retryable
                ) from error
