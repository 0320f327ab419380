"""What happens to a SQLite storage when the world is not as it should be."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectk.clock import SystemClock, VirtualClock
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import Connection, SqliteDialect
from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import HistoryRequest, OutboxRow, Points, Services, StateChange, StateKey
from detectk.errors import StorageError
from detectk.testing.history_samples import ALWAYS, at, judgements, points, series, verdicts, window
from detectk.values import Series

NOW = datetime(2024, 7, 2, 8, 30, tzinfo=timezone.utc)
CLOCK = VirtualClock(NOW)
ALL = HistoryRequest("orders", ALWAYS)
KNOWN = len(SqliteDialect.migrations)
KEY = StateKey("orders", "{}", "default")
ROW = OutboxRow("1", "orders", "slack", "t", "k", "m", NOW)


OPENED: list[SqlStorage | Database] = []


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def storage(
    folder: Path,
    kind: type[SqlStorage] = SqlStorage,
    *,
    clock: VirtualClock = CLOCK,
    **options: Any,
) -> SqlStorage:
    services = Services(clock=clock, root=folder)
    part = kind(SqlStorageOptions(path=Path("metrics.db"), **options), services)
    OPENED.append(part)
    return part


def prepared(
    folder: Path,
    kind: type[SqlStorage] = SqlStorage,
    *,
    clock: VirtualClock = CLOCK,
    **options: Any,
) -> SqlStorage:
    part = storage(folder, kind, clock=clock, **options)
    part.history().prepare()
    return part


def look(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Query as a person would, with any SQLite client."""
    with closing(sqlite3.connect(folder / "metrics.db")) as connection:
        return connection.execute(sql).fetchall()


def failure(step: Callable[[], object]) -> StorageError:
    with pytest.raises(StorageError) as caught:
        step()
    return caught.value


# What people see


def test_points_are_readable_by_plain_sql(tmp_path: Path) -> None:
    clock = VirtualClock(NOW)
    history = prepared(tmp_path, clock=clock).history()
    history.write_points([points(series([0, 1], [1.5, None], context={"day": ["Mon", "Mon"]}))])
    clock.sleep(3600)
    history.write_points([points(series([1], [2.5], context={"day": ["Mon"]}), step=5)])
    sql = """
    SELECT metric_name, series, collected_at, value, status, context, seen, first_seen, revised_at
    FROM dtk_datapoints ORDER BY collected_at
    """
    seen, revised = "2024-07-02 08:30:00", "2024-07-02 09:30:00"
    first, second = "2024-07-01 00:00:00", "2024-07-01 01:00:00"
    step = "2024-07-01 05:00:00"
    assert look(tmp_path, sql) == [
        ("orders", "{}", first, 1.5, "value", '{"day":"Mon"}', first, seen, None),
        ("orders", "{}", second, 2.5, "value", '{"day":"Mon"}', step, seen, revised),
    ]


def test_verdicts_are_readable_by_plain_sql(tmp_path: Path) -> None:
    history = prepared(tmp_path).history()
    history.write_verdicts([judgements(verdicts([0, 1], explain={"samples": [3, 4]}))])
    sql = """
    SELECT metric_name, series, detector_id, collected_at, value, expected, lower, upper, score,
        excess, direction, verdict, status, explain, seen, first_seen, revised_at
    FROM dtk_detections WHERE verdict = 'anomaly'
    """
    hour = "2024-07-01 01:00:00"
    written = (hour, "2024-07-02 08:30:00", None)
    numbers = (1.0, 2.5, float("-inf"), None, 0.5, 0.75, -1)
    words = ("anomaly", "null", '{"samples":4}')
    assert look(tmp_path, sql) == [("orders", "{}", "5f2a09c1", hour, *numbers, *words, *written)]


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2024-07-01T00:00:00.000001", "2024-07-01 00:00:00.000001"),
        ("1969-12-31T23:59:59", "1969-12-31 23:59:59"),
        ("1969-12-31T23:59:59.5", "1969-12-31 23:59:59.500000"),
        ("1900-02-28T12:00:00", "1900-02-28 12:00:00"),
    ],
)
def test_times_are_readable_to_the_microsecond(tmp_path: Path, time: str, text: str) -> None:
    history = prepared(tmp_path).history()
    history.write_points([points(Series.from_arrays([time], [1.0]))])
    assert look(tmp_path, "SELECT collected_at FROM dtk_datapoints") == [(text,)]


def test_superseded_rows_are_kept_with_what_they_were(tmp_path: Path) -> None:
    history = prepared(tmp_path).history()
    for step, value in enumerate([1.0, 2.0, 3.0]):
        history.write_points([points(series([0], [value]), step=step + 4)])
    revisions = look(tmp_path, "SELECT value, seen FROM dtk_point_revisions ORDER BY id")
    micros = [int(at(hour).timestamp()) * 1_000_000 for hour in (0, 5)]
    assert revisions == [(1.0, micros[0]), (2.0, micros[1])]


# Files and folders


def test_the_folder_is_made_when_the_storage_is_prepared(tmp_path: Path) -> None:
    part = storage(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    part.history().prepare()
    part.close()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["metrics.db"]


def test_a_place_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = failure(storage(tmp_path / "file").history().prepare)
    assert f"cannot create {tmp_path / 'file'}" in str(error)
    assert "DETECTK_HOME" in str(error)
    assert not error.retryable


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "metrics.db").mkdir()
    error = failure(storage(tmp_path).history().prepare)
    assert f"cannot write to {tmp_path / 'metrics.db'}" in str(error)
    assert "DETECTK_HOME" in str(error)


def test_a_network_filesystem_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export {tmp_path.resolve()} nfs4 rw 0 0\n")
    dialect = SqliteDialect(tmp_path / "data" / "metrics.db", mounts=mounts)
    error = failure(dialect.connect)
    assert "is on a network filesystem (nfs4), where SQLite loses data" in str(error)
    assert "DETECTK_HOME" in str(error)
    assert not (tmp_path / "data").exists()


def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "metrics.db").write_text("nonsense " * 1000)
    error = failure(storage(tmp_path).history().prepare)
    assert f"{tmp_path / 'metrics.db'} is not a SQLite database, or damaged" in str(error)
    assert "move the file away" in str(error)
    assert (tmp_path / "metrics.db").read_text() == "nonsense " * 1000
    assert not storage(tmp_path).check().ok


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    class ReadOnly(SqlStorage):
        def connect(self) -> Connection:
            connection = super().connect()
            connection.cursor().execute("PRAGMA query_only = ON")
            return connection

    prepared(tmp_path).close()
    part = storage(tmp_path, ReadOnly)
    error = failure(lambda: part.history().write_points([points(series([0], [1.0]))]))
    assert f"cannot write to {tmp_path / 'metrics.db'}" in str(error)
    assert "DETECTK_HOME" in str(error)
    assert not error.retryable


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    class Small(SqlStorage):
        def connect(self) -> Connection:
            connection = super().connect()
            connection.cursor().execute("PRAGMA max_page_count = 60")
            return connection

    part = prepared(tmp_path, Small)
    history = part.history()
    history.write_points([points(series([0], [1.0]))])
    noise = np.random.default_rng(1).normal(size=100_000).tolist()
    many = points(series(range(100_000), noise), covered=window(0, 9), fingerprint="f")
    error = failure(lambda: history.write_points([many]))
    assert f"no room for {tmp_path / 'metrics.db'}" in str(error)
    assert "free some space" in str(error)
    assert len(history.read_points([ALL])[0][0]) == 1
    assert history.coverage(["orders"])["orders"].ranges == ()
    history.write_points([points(series([1], [1.0]))])
    assert len(history.read_points([ALL])[0][0]) == 2


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    state = prepared(tmp_path).state()
    lease = state.lease(["orders"], holder="me", ttl=timedelta(hours=1)).held["orders"]
    error = failure(lambda: state.commit([StateChange(lease, {KEY: "bad byte \udc80"})]))
    assert "a text with '\\udc80' is no valid Unicode" in str(error)
    assert state.commit([StateChange(lease, {KEY: "fine"})]) == []


def test_without_tables_the_way_out_is_named(tmp_path: Path) -> None:
    error = failure(lambda: storage(tmp_path).history().coverage(["orders"]))
    assert "has no tables yet" in str(error)
    assert "call prepare() first" in str(error)


def test_a_check_makes_sure_that_there_is_a_database(tmp_path: Path) -> None:
    health = storage(tmp_path).check()
    assert health.ok
    assert str(tmp_path / "metrics.db") in health.detail
    (tmp_path / "file").write_text("")
    health = storage(tmp_path / "file").check()
    assert not health.ok
    assert "DETECTK_HOME" in health.detail


def test_the_file_is_the_identity(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert storage(tmp_path).identity() == f"sqlite:{tmp_path.resolve() / 'metrics.db'}"
    assert storage(tmp_path / "link").identity() == storage(tmp_path).identity()


def test_a_closed_storage_opens_again(tmp_path: Path) -> None:
    part = prepared(tmp_path)
    part.history().write_points([points(series([0], [1.0]))])
    part.close()
    part.close()
    assert len(part.history().read_points([ALL])[0][0]) == 1


# Others


def test_a_locked_database_may_be_tried_again(tmp_path: Path) -> None:
    part = prepared(tmp_path, timeout=0.01)
    with closing(sqlite3.connect(tmp_path / "metrics.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = failure(lambda: part.history().write_points([points(series([0], [1.0]))]))
        assert part.history().read_points([ALL]) == [[]]
    assert f"{tmp_path / 'metrics.db'} is locked" in str(error)
    assert error.retryable
    part.history().write_points([points(series([0], [1.0]))])
    assert len(part.history().read_points([ALL])[0]) == 1


class Busy:
    """A connection that is locked for so many statements."""

    def __init__(self, times: int) -> None:
        self.left = times

    def execute(self, sql: str) -> Busy:
        assert sql == "PRAGMA journal_mode = WAL"
        self.left -= 1
        if self.left >= 0:
            raise sqlite3.OperationalError("database is locked")
        return self

    def fetchall(self) -> None:
        """Have nothing to say."""


def test_a_new_file_that_others_are_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself does not: seen about once in 200 files that six processes made at once."""
    patient, hasty = (SqliteDialect(tmp_path / "x.db", timeout=t) for t in (30, 1e-9))
    busy: Any = Busy(2)
    patient._enter_wal(busy)
    assert busy.left == -1
    endless: Any = Busy(10**9)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        hasty._enter_wal(endless)


def test_many_may_prepare_a_new_file_at_once(tmp_path: Path) -> None:
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        parts = [storage(folder) for _ in range(8)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda part: part.history().prepare(), parts))
        for part in parts:
            part.close()
        assert look(folder, "SELECT version FROM dtk_schema") == [(KNOWN,)]


def test_the_lease_of_a_dead_process_is_free(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead = f"{socket.gethostname()}:{process.pid}:1a2b"
    state = prepared(tmp_path).state()
    first = state.lease(["orders"], holder=dead, ttl=timedelta(hours=1)).held["orders"]
    second = state.lease(["orders"], holder="me", ttl=timedelta(hours=1)).held["orders"]
    assert second.token > first.token
    assert state.lease(["orders"], holder="you", ttl=timedelta(1)).refused == {"orders": "me"}


def test_a_lease_expires_by_the_clock_of_the_database(tmp_path: Path) -> None:
    """The virtual clock of the run stands still, and the lease ends all the same."""
    state = prepared(tmp_path).state()
    state.lease(["orders"], holder="a", ttl=timedelta(milliseconds=20))
    deadline = SystemClock().monotonic() + 30
    while not state.lease(["orders"], holder="b", ttl=timedelta(hours=1)).held:
        assert SystemClock().monotonic() < deadline
    assert CLOCK.now() == NOW


# Versions


class OneMore(SqliteDialect):
    """The version after this one."""

    migrations = (*SqliteDialect.migrations, ("ALTER TABLE dtk_metrics ADD COLUMN owner TEXT",))


class Broken(SqliteDialect):
    """A version whose second statement fails."""

    migrations = (
        *SqliteDialect.migrations,
        ("ALTER TABLE dtk_metrics ADD COLUMN owner TEXT", "ALTER TABLE nothing RENAME TO x"),
    )


def database(dialect: SqliteDialect) -> Database:
    opened = Database(dialect, dialect.connect)
    OPENED.append(opened)
    return opened


def test_an_older_database_is_brought_forward(tmp_path: Path) -> None:
    part = prepared(tmp_path)
    part.history().write_points([points(series([0], [1.0]))])
    newer = database(OneMore(tmp_path / "metrics.db"))
    prepare(newer, CLOCK)
    prepare(newer, CLOCK)
    assert newer.query("SELECT name, owner FROM dtk_metrics") == [("orders", None)]
    stamp = [(KNOWN + 1, "2024-07-02T08:30:00+00:00")]
    assert newer.query("SELECT version, migrated_at FROM dtk_schema") == stamp


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    prepare(database(OneMore(tmp_path / "metrics.db")), CLOCK)
    error = failure(storage(tmp_path).history().prepare)
    assert f"version {KNOWN + 1}, this detectk-collectors-sql knows {KNOWN};" in str(error)
    assert "pip install -U detectk-collectors-sql" in str(error)


def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    prepared(tmp_path).close()
    failing = database(Broken(tmp_path / "metrics.db"))
    failure(lambda: prepare(failing, CLOCK))
    assert failing.query("SELECT version FROM dtk_schema") == [(KNOWN,)]
    assert [row[1] for row in failing.query("PRAGMA table_info(dtk_metrics)")] == [
        "id",
        "name",
        "fingerprint",
    ]


# Statements


class Failing:
    """A connection, and its own cursor, that fails at one of its statements."""

    def __init__(self, connection: sqlite3.Connection, fail_at: int) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self.left = fail_at
        self.description = None
        self.rowcount = 0

    def cursor(self) -> Failing:
        return self

    def execute(self, sql: str, args: Sequence[Any] = ()) -> None:
        self._count(sql)
        self._cursor.execute(sql, args)
        self.rowcount = self._cursor.rowcount

    def executemany(self, sql: str, args: Any) -> None:
        self._count(sql)
        self._cursor.executemany(sql, args)

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    def fetchmany(self, size: int = 1) -> list[Any]:
        return self._cursor.fetchmany(size)

    def close(self) -> None:
        self._connection.close()

    def _count(self, sql: str) -> None:
        if sql != "ROLLBACK":
            self.left -= 1
            if not self.left:
                raise sqlite3.OperationalError("disk I/O error")


def fails(part: SqlStorage, batch: list[Points], change: StateChange) -> bool:
    try:
        part.history().write_points(batch)
        part.state().commit([change])
    except StorageError:
        return True
    return False


def test_a_failure_at_any_statement_changes_all_or_nothing(tmp_path: Path) -> None:
    first = [points(series([0, 1], [1.0, 2.0]), covered=window(0, 2), fingerprint="a")]
    second = [points(series([1, 2], [9.0, 3.0]), step=3, covered=window(2, 3), fingerprint="b")]
    lives = 0
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        part = prepared(folder)
        part.history().write_points(first)
        lease = part.state().lease(["orders"], holder="a", ttl=timedelta(1)).held["orders"]
        part.state().commit([StateChange(lease, {KEY: "old"})])
        part.close()

        class Watched(SqlStorage):
            def connect(self) -> Connection:
                connection = super().connect()
                assert isinstance(connection, sqlite3.Connection)
                return Failing(connection, fail_at)  # noqa: B023  # used within this round

        failing = storage(folder, Watched)
        failed = fails(failing, second, StateChange(lease, {KEY: "new"}, [ROW]))
        failing.close()

        history, state = part.history(), part.state()
        values = history.read_points([ALL])[0][0].values.tolist()
        held = history.coverage(["orders"])["orders"]
        found = (values, held.loaded)
        before = ([1.0, 2.0], {"a": (window(0, 2),)})
        after = ([1.0, 9.0, 3.0], {"a": (window(0, 2),), "b": (window(2, 3),)})
        assert found in (before, after)
        decided = (state.load(["orders"])[KEY], len(state.outbox(["orders"])))
        assert decided in (("old", 0), ("new", 1))
        assert decided == ("old", 0) or found == after
        part.close()
        lives += 1
        if not failed:
            assert (found, decided) == (after, ("new", 1))
            break
    assert 15 < lives < 99


def test_every_statement_can_be_watched(tmp_path: Path) -> None:
    seen: list[str] = []

    class Watched(SqlStorage):
        def connect(self) -> Connection:
            connection = super().connect()
            assert isinstance(connection, sqlite3.Connection)
            connection.set_trace_callback(seen.append)
            return connection

    part = prepared(tmp_path, Watched)
    seen.clear()
    part.history().write_points([points(series([0], [1.0]))])
    verbs = [statement.split()[0] for statement in seen]
    assert (verbs[0], verbs[-1]) == ("BEGIN", "COMMIT")
    assert any("INSERT INTO dtk_points" in statement for statement in seen)
    part.close()
