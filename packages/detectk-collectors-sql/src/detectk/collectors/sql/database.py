"""One connection to one database, shared by the threads of a process one at a time."""

# every name in a statement is our own

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from detectk.errors import StorageError

if TYPE_CHECKING:  # a dialect chooses a layout, and layouts use this module
    from detectk.collectors.sql.dialects import Columns, Connection, Cursor, Dialect, Trouble

__all__ = ["Database"]

T = TypeVar("T")

_ATTEMPTS: Final = 5
"""How often a transaction is run that the database undid for another one's sake."""


class _DatabaseError(StorageError):
    """An error of the driver, explained; ``trouble`` tells what may be tried again."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message, hint=trouble.hint, retryable=trouble.retryable)
        self.trouble = trouble


class Database:
    """Runs statements, opened at the first one; foreign errors end here.

    Attributes:
        prepared: Whether the tables were found right since the connection was opened.
        opened: How often a connection was opened: what was learnt before may be wrong after.

    Args:
        dialect: What kind of database, and where.
        connect: Opens it, so that whoever owns the database may watch its statements.
    """

    def __init__(self, dialect: Dialect, connect: Callable[[], Connection]) -> None:
        self.dialect = dialect
        self.prepared = False
        self.opened = 0
        self._connect = connect
        self._connection: Connection | None = None
        self._lock = RLock()

    def transact(self, step: Callable[[], T]) -> T:
        """Run ``step`` and keep everything it wrote, or nothing; other threads and writers wait.

        A step that the database undid for another transaction's sake runs again, so it must
        begin anew each time it is called.
        """
        return self._within(self.dialect.begin, step, again=lambda trouble: trouble.undone)

    def snapshot(self, step: Callable[[], T]) -> T:
        """Run ``step``, which only reads and sees the database at one moment."""
        undone: Callable[[Trouble], bool] = lambda trouble: trouble.undone or trouble.lost  # noqa: E731  # one of two
        return self._within(self.dialect.begin_read, step, again=undone)

    def query(self, sql: str, args: Sequence[object] = ()) -> list[Any]:
        """Return the rows of a SELECT."""
        with self._cursor() as cursor:
            cursor.execute(self.dialect.translate(sql), args)
            return cursor.fetchall()

    def query_in(self, sql: str, values: Sequence[object], *more: object) -> list[Any]:
        """Return the rows of a SELECT whose ``IN ({})`` takes any number of ``values``.

        Args:
            sql: The statement.
            values: What the list holds.
            more: Arguments after the list.
        """
        found: list[Any] = []
        for some in self._lists(values):
            text, args = self.listed(sql, some)
            found += self.query(text, [*args, *more])
        return found

    def listed(self, sql: str, values: Sequence[object]) -> tuple[str, list[object]]:
        """Return a statement with ``values`` in the place of its ``IN ({})``, and its arguments."""
        if self.dialect.arrays:
            return sql.replace("IN ({})", "= ANY (?)"), [list(values)]
        return sql.format(", ".join("?" * len(values))), list(values)

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        with self._cursor() as cursor:
            cursor.execute(self.dialect.translate(sql), args)
            return cursor.rowcount

    def run_in(self, sql: str, values: Sequence[object], *more: object) -> int:
        """Run a statement whose ``IN ({})`` takes any number of ``values``; return its count."""
        changed = 0
        for some in self._lists(values):
            text, args = self.listed(sql, some)
            changed += self.run(text, [*args, *more])
        return changed

    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once a row."""
        if rows:
            with self._cursor() as cursor:
                cursor.executemany(self.dialect.translate(sql), rows)

    def insert(self, table: str, columns: Columns) -> None:
        """Add rows that are not there, the database's fastest way."""
        if len(next(iter(columns.values()))):
            with self._cursor() as cursor:
                self.dialect.insert(cursor, table, columns)

    def insert_new(self, table: str, columns: Columns) -> None:
        """Add those rows whose key is not there yet."""
        if len(next(iter(columns.values()))):
            with self._cursor() as cursor:
                self.dialect.insert_new(cursor, table, columns)

    def replace(self, table: str, key: Sequence[str], columns: Columns) -> None:
        """Add rows in the place of those that have their ``key``, at most one row a key."""
        if len(next(iter(columns.values()))):
            with self._cursor() as cursor:
                self.dialect.replace(cursor, table, key, columns)

    def has_table(self, table: str) -> bool:
        """Return whether ``table`` is there."""
        with self._cursor() as cursor:
            return self.dialect.has_table(cursor, table)

    def alone(self, step: Callable[[], None]) -> None:
        """Run ``step``, which makes tables, while nobody else does."""
        with self._lock:
            for statement in self.dialect.schema_lock:
                self.run(statement)
            try:
                step()
            except BaseException:
                for statement in self.dialect.schema_undo:
                    with suppress(StorageError):
                        self.run(statement)
                raise
            for statement in self.dialect.schema_unlock:
                self.run(statement)

    def close(self) -> None:
        """Close the connection; the next statement opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            self.prepared = False
            if connection:
                with suppress(*self.dialect.errors):
                    connection.close()

    def _within(self, begin: str, step: Callable[[], T], *, again: Callable[[Trouble], bool]) -> T:
        with self._lock:
            for left in reversed(range(_ATTEMPTS)):
                self._begin(begin)
                try:
                    result = step()
                    self.run("COMMIT")
                except BaseException as error:
                    with suppress(StorageError):
                        if self._connection:
                            self.run("ROLLBACK")
                    if left and isinstance(error, _DatabaseError) and again(error.trouble):
                        continue
                    raise
                return result
            raise AssertionError  # the last attempt returns or raises

    def _begin(self, begin: str) -> None:
        """Begin a transaction, on a new connection where the old one was found dead."""
        old = self._connection is not None
        try:
            self.run(begin)
        except _DatabaseError as error:
            if not (old and error.trouble.lost):
                raise
            self.run(begin)

    def _lists(self, values: Sequence[object]) -> Iterator[Sequence[object]]:
        size = self.dialect.arguments
        return (values[start : start + size] for start in range(0, len(values), size))

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        with self._lock:
            try:
                connection = self._connection or self._open()
                yield connection.cursor()
            except UnicodeEncodeError as error:
                text = ascii(error.object[error.start : error.end])
                raise StorageError(
                    f"a text with {text} is no valid Unicode and cannot be kept",
                    hint="look where its bytes were decoded",
                ) from error
            except self.dialect.errors as error:
                trouble = self.dialect.trouble(error, source=False)
                if trouble.lost:
                    # Who never had a connection has lost none: trying at once is no use.
                    trouble = replace(trouble, lost=self._connection is not None)
                    self.close()
                raise _DatabaseError(trouble) from error

    def _open(self) -> Connection:
        self._connection = self._connect()
        self.opened += 1
        return self._connection
