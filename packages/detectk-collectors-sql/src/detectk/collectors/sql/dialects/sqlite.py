"""SQLite: one file, no server, several processes of one host."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from detectk.clock import Clock, SystemClock
from detectk.collectors.sql.dialects.dialect import Connection, Cursor, Dialect, Trouble
from detectk.collectors.sql.dialects.mounts import network_filesystem
from detectk.collectors.sql.dialects.sqlite_packing import add_packing
from detectk.collectors.sql.dialects.sqlite_tables import MIGRATIONS
from detectk.errors import StorageError

if TYPE_CHECKING:
    from detectk.collectors.sql.database import Database
    from detectk.collectors.sql.versions import Kind, Versions

__all__ = ["SqliteDialect"]

_STEPS: Final = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""
_PAUSE: Final = 0.01
_MAPPED: Final = 128 * 2**20
"""Bytes of the file that are read without a copy: chunks come out in half the time."""
_PAGE: Final = 8192
"""Bytes of a page: a chunk fits one or two. It only counts when the file is made."""

_ELSEWHERE: Final = "make it writable, or set DETECTK_HOME to a local folder that is"
_BUSY: Final = "another process is writing to it; run again, or raise timeout"
_SLOW: Final = "ask for less, add an index, or raise timeout"
_PASSING: Final = (_BUSY, _SLOW)

_TROUBLES: Final = (
    (("locked", "busy"), "{file} is locked ({text})", _BUSY),
    (("interrupted",), "the query took longer than {timeout:g} s", _SLOW),
    (("no such file",), "{file} does not exist", "correct path, relative to the project"),
    (
        ("not a database", "malformed"),
        "{file} is not a SQLite database, or damaged ({text})",
        "restore a copy, or move the file away and start anew",
    ),
    (("is full",), "no room for {file} ({text})", "free some space"),
    (("I/O error",), "cannot read or write {file} ({text})", "free some space; look at the disk"),
)
_STORAGE_TROUBLES: Final = (
    (("readonly", "unable to open"), "cannot write to {file} ({text})", _ELSEWHERE),
    (("no such table: dtk_",), "{file} has no tables yet ({text})", "call prepare() first"),
)
"""Words of SQLite, what they mean, what to do."""


class SqliteDialect(Dialect):
    """A SQLite file.

    Storage runs in WAL mode with ``synchronous=NORMAL``. A killed process loses nothing that was
    committed. After a power failure the newest commits may be missing, but always a suffix of
    all of them: alert state, outbox and points go back together, so that the next run decides
    again and at worst repeats a message under its old dedup key. None is lost, and a commit
    costs no wait for the disk.

    Args:
        file: The database.
        timeout: Longest wait in seconds, for a query or for a lock.
        mounts: Table of mounted filesystems.
    """

    name: ClassVar[str] = "sqlite"
    begin: ClassVar[str] = "BEGIN IMMEDIATE"
    begin_read: ClassVar[str] = "BEGIN"
    now: ClassVar[str] = "(julianday('now') - 2440587.5) * 86400.0"
    migrations: ClassVar[Sequence[Sequence[str]]] = MIGRATIONS
    schema_lock: ClassVar[Sequence[str]] = ("BEGIN IMMEDIATE",)
    schema_unlock: ClassVar[Sequence[str]] = ("COMMIT",)
    embedded: ClassVar[bool] = True

    def __init__(
        self, file: Path, *, timeout: float = 30, mounts: Path = Path("/proc/mounts")
    ) -> None:
        self._file = file
        self._timeout = timeout
        self._mounts = mounts

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises."""
        return (sqlite3.Error, sqlite3.Warning)

    @property
    def identity(self) -> str:
        """``sqlite:`` and the file."""
        return f"sqlite:{self._file.resolve()}"

    def exists(self) -> bool:
        """Return whether the file is there."""
        return self._file.exists()

    def connect(self) -> sqlite3.Connection:
        """Open the file, and make it and its folder first where they are missing.

        Raises:
            StorageError: The place cannot be used.
        """
        if kind := network_filesystem(self._file, self._mounts):
            raise StorageError(
                f"{self._file} is on a network filesystem ({kind}), where SQLite loses data",
                hint="set DETECTK_HOME to a local folder, or use a database server",
            )
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageError(
                f"cannot create {self._file.parent} ({reason})", hint=_ELSEWHERE
            ) from error
        connection = sqlite3.connect(
            self._file, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            self._enter_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA mmap_size = {_MAPPED}").fetchall()
            add_packing(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def source(self, clock: Clock) -> Connection:
        """Open the file so that nothing can write to it."""
        if not self._file.is_file():
            raise sqlite3.OperationalError("no such file")
        connection = sqlite3.connect(
            f"{self._file.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=self._timeout,
            isolation_level=None,
        )
        connection.set_progress_handler(_stop_after(self._timeout, clock), _STEPS)
        return connection

    @contextmanager
    def asked(self, connection: Connection, query: str) -> Iterator[Cursor]:
        """Ask; the connection was opened so that nothing can be written."""
        cursor = connection.cursor()
        cursor.execute(query)
        yield cursor

    def cost(self, connection: Connection, query: str) -> str:
        """Return which tables the query walks, and which it searches with an index."""
        with self.asked(connection, f"EXPLAIN QUERY PLAN {query}") as cursor:
            steps = [str(row[3]) for row in cursor.fetchall()]
        verbs = {"SCAN": "scans", "SEARCH": "searches"}
        told = (step.partition(" ") for step in steps)
        return "; ".join(
            f"{verbs[verb]} {rest.replace('USING', 'using').replace('INDEX', 'index')}"
            for verb, _, rest in told
            if verb in verbs
        )

    def check(self, *, source: bool) -> str:
        """Return the version and the file; a storage that is not there yet is fine."""
        about = f"SQLite {sqlite3.sqlite_version}, {self._file}"
        if not source and not self._file.exists():
            self.connect().close()
        connection = self.source(SystemClock())
        try:
            connection.cursor().execute("SELECT count(*) FROM sqlite_master")
        finally:
            connection.close()
        return about

    def trouble(self, error: Exception, *, source: bool) -> Trouble:
        """Explain an error by its text; 3.10 has no error codes."""
        text = str(error)
        known = _TROUBLES if source else (*_TROUBLES, *_STORAGE_TROUBLES)
        for words, message, hint in known:
            if any(word in text for word in words):
                told = message.format(file=self._file, text=text, timeout=self._timeout)
                return Trouble(told, hint, retryable=hint in _PASSING)
        if source:
            return Trouble(text, "correct the query")
        return Trouble(f"{self._file}: {text}", "look at the disk and at the file")

    def has_table(self, cursor: Cursor, table: str) -> bool:
        """Return whether ``table`` is there."""
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,))
        return bool(cursor.fetchall())

    def versions(self, database: Database, kind: Kind) -> Versions:
        """Return rows in chunks."""
        from detectk.collectors.sql.chunk_versions import ChunkVersions  # it imports this module

        return ChunkVersions(database, kind)

    def _enter_wal(self, connection: sqlite3.Connection) -> None:
        """Turn WAL mode on; SQLite does not wait for others itself when a new file is made."""
        clock = SystemClock()
        late = _stop_after(self._timeout, clock)
        while not _in_wal(connection, last_try=late()):
            clock.sleep(_PAUSE)


def _in_wal(connection: sqlite3.Connection, *, last_try: bool) -> bool:
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    except sqlite3.OperationalError as error:
        if last_try or "locked" not in str(error):
            raise
        return False
    return True


def _stop_after(seconds: float, clock: Clock) -> Callable[[], bool]:
    deadline = clock.monotonic() + seconds
    return lambda: clock.monotonic() > deadline
