"""Rows in chunks against a simple model of what versioned rows are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from detectk.clock import SystemClock
from detectk.collectors.sql.chunk_versions import ChunkVersions
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import SqliteDialect
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.versions import POINTS, VERDICTS, Kept, Kind, Rows, Versions, Wanted
from detectk.contracts import pack_rows, unpack_rows

EVER = (-(2**62), 2**62)
TINY = {"rows": 4, "hot": 3, "bulk": 3}
CELLS = [None, True, False, 1, -(2**70), 1.5, "Mon", 'a "b"\n', 0.0, -0.0, float("nan")]
NUMBERS = [0.0, -0.0, 1.5, float("nan"), float("inf"), -float("inf"), 5e-324, 1e308]


@dataclass(frozen=True)
class Version:
    cells: tuple[Any, ...]
    text: str
    seen: int


class Model(Versions):
    """What `Versions` says, row by row."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._rows: dict[tuple[int, int], list[Version]] = {}

    def keep(self, batch: Sequence[Kept], *, now: int) -> None:
        for item in batch:
            times = item.rows.time.tolist()
            columns = [item.rows.columns[name].tolist() for name in self._kind.columns]
            cells = zip(*([none(c) for c in column] for column in columns), strict=True)
            texts = pack_rows(item.rows.notes, len(times))
            for time, row, text in zip(times, cells, texts, strict=True):
                versions = self._rows.setdefault((item.owner, time), [])
                compared = (row, text) if self._kind.notes_count else row
                if not versions:
                    versions.append(Version(row, text, time))
                elif compared != self._compared(versions[-1]):
                    versions.append(Version(row, text, item.step))

    def read(self, wanted: Sequence[Wanted], *, every: bool = False) -> Sequence[Rows]:
        return [self._read(item, every=every) for item in wanted]

    def extents(self, owners: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        found = {owner: [t for o, t in self._rows if o == owner] for owner in owners}
        return {owner: (min(times), max(times)) for owner, times in found.items() if times}

    def prune(self, before: Mapping[int, int], *, execute: bool) -> Mapping[int, int]:
        gone = dict.fromkeys(before, 0)
        for owner, time in list(self._rows):
            if owner in before and time < before[owner]:
                gone[owner] += len(self._rows[owner, time])
                if execute:
                    del self._rows[owner, time]
        return gone

    def _compared(self, version: Version) -> object:
        return (version.cells, version.text) if self._kind.notes_count else version.cells

    def _read(self, item: Wanted, *, every: bool) -> Rows:
        rows = [
            (time, version)
            for (owner, time), versions in sorted(self._rows.items())
            if owner == item.owner and item.start <= time < item.end
            for version in (sorted(versions, key=seen_of) if every else versions[-1:])
        ]
        cells = list(zip(*(version.cells for _, version in rows), strict=True))
        cells = cells or [()] * len(self._kind.columns)
        return Rows(
            np.array([time for time, _ in rows], np.int64),
            {
                name: np.array(column, code)
                for (name, code), column in zip(self._kind.columns.items(), cells, strict=True)
            },
            unpack_rows([version.text for _, version in rows]),
            np.array([version.seen for _, version in rows], np.int64),
        )


def none(cell: Any) -> Any:
    return None if cell != cell else cell  # noqa: PLR0124  # NaN


def seen_of(version: Version) -> int:
    return version.seen


def shown(rows: Rows) -> dict[str, Any]:
    """Return rows in a form that may be compared and looked at."""
    seen = rows.seen if len(rows.seen) else rows.time
    columns = {
        name: (c.dtype.str, [none(x) for x in c.tolist()]) for name, c in rows.columns.items()
    }
    notes = {name: (c.dtype.kind, [str(x) for x in c]) for name, c in rows.notes.items()}
    return {"time": rows.time.tolist(), "seen": seen.tolist(), "notes": notes} | columns


@st.composite
def kept(draw: st.DrawFn, kind: Kind) -> Kept:
    step = draw(st.sampled_from([1, 10]))
    times = sorted(draw(st.sets(st.integers(0, 12), min_size=0, max_size=9)))
    if draw(st.booleans()):
        start = draw(st.integers(0, 6))
        times = list(range(start, start + draw(st.integers(1, 9))))
    count = len(times)

    def column(code: str) -> Any:
        cells = NUMBERS if code == "f8" else [0, 1, 3] if code == "u1" else [-1, 0, 1]
        if draw(st.booleans()):
            return np.full(count, draw(st.sampled_from(cells)), code)
        return np.array([draw(st.sampled_from(cells)) for _ in times], code)

    notes = {}
    for name in draw(st.sets(st.sampled_from(["a", 'b "c"']), max_size=2)):
        cells = np.empty(count, object)
        cells[:] = [draw(st.sampled_from(CELLS)) for _ in times]
        notes[name] = cells
        if draw(st.booleans()):
            notes[name] = np.full(count, draw(st.sampled_from([2, 2.5, "x"])))
    names = list(kind.columns)
    busy = draw(st.sampled_from(names))
    columns = {name: column(kind.columns[name]) for name in {names[0], busy}}
    for name in names:
        columns.setdefault(name, np.zeros(count, kind.columns[name]))
    owner = draw(st.sampled_from([1, 2, 127, 128, 300]))
    rows = Rows(np.array(times, np.int64) * step, columns, notes)
    return Kept(owner, rows, draw(st.integers(0, 200)))


class Life(RuleBasedStateMachine):
    build: ClassVar[Callable[[], Database]]
    kind: ClassVar[Kind]

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).build()
        self.chunks = ChunkVersions(self.database, self.kind, **TINY)
        self.model = Model(self.kind)

    @rule(data=st.data())
    def keep(self, data: st.DataObject) -> None:
        items = st.lists(kept(self.kind), max_size=4, unique_by=lambda item: item.owner)
        batch = data.draw(items)
        self.database.transact(lambda: self.chunks.keep(batch, now=7))
        self.model.keep(batch, now=7)

    @rule(
        owners=st.lists(st.sampled_from([1, 2, 127, 128, 300, 999]), max_size=4),
        windows=st.lists(
            st.tuples(st.integers(-2, 60), st.integers(0, 130)), min_size=4, max_size=4
        ),
        every=st.booleans(),
    )
    def read(self, owners: list[int], windows: list[tuple[int, int]], *, every: bool) -> None:
        wanted = [Wanted(o, *sorted(w)) for o, w in zip(owners, windows, strict=False)]
        found = self.database.snapshot(lambda: self.chunks.read(wanted, every=every))
        expected = self.model.read(wanted, every=every)
        assert [shown(rows) for rows in found] == [shown(rows) for rows in expected]

    @rule(
        owners=st.sets(st.sampled_from([1, 2, 127, 128, 999]), max_size=3),
        times=st.lists(st.integers(0, 60), min_size=3, max_size=3),
        execute=st.booleans(),
    )
    def prune(self, owners: set[int], times: list[int], *, execute: bool) -> None:
        before = dict(zip(sorted(owners), times, strict=False))
        gone = self.database.transact(lambda: self.chunks.prune(before, execute=execute))
        assert gone == self.model.prune(before, execute=execute)

    @rule()
    def look(self) -> None:
        owners = [1, 2, 127, 128, 300, 999]
        assert self.chunks.extents(owners) == self.model.extents(owners)
        table, owner = f"dtk_{self.kind.name}_chunks", self.kind.owner
        sql = (
            f"SELECT * FROM {table} c JOIN {table} d USING ({owner}) "  # noqa: S608  # our names
            "WHERE c.id <> d.id AND c.first <= d.last AND d.first <= c.last"
        )
        assert self.database.query(sql) == []

    def teardown(self) -> None:
        for every in (False, True):
            self.read([1, 2, 127, 128], [EVER] * 4, every=every)
        self.look()
        self.database.close()


@pytest.mark.parametrize("kind", [POINTS, VERDICTS], ids=["points", "verdicts"])
def test_any_life_is_the_life_of_the_model(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run_state_machine_as_test(
        type(
            "SomeLife",
            (Life,),
            {"kind": kind, "build": staticmethod(lambda: opened(tmp_path_factory.mktemp("life")))},
        ),
        settings=settings(
            max_examples=60,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def opened(folder: Path) -> Database:
    dialect = SqliteDialect(folder / "x.db")
    database = Database(dialect, dialect.connect)
    prepare(database, SystemClock())
    return database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = opened(tmp_path)
    yield one
    one.close()


def points(times: Sequence[int], values: Sequence[float] = (), **notes: Sequence[Any]) -> Rows:
    columns = {
        "value": np.array(values or [float(t) for t in times]),
        "status": np.zeros(len(times), np.uint8),
    }
    cells = {name: np.array(column) for name, column in notes.items()}
    return Rows(np.array(times, np.int64), columns, cells)


def write(database: Database, versions: Versions, owner: int, rows: Rows, *, step: int = 0) -> None:
    database.transact(lambda: versions.keep([Kept(owner, rows, step)], now=99))


def hot(database: Database) -> int:
    """Return how many rows are hot."""
    return sum(len(slots) for (slots,) in database.query("SELECT slots FROM dtk_points_hot"))


def chunk_sizes(database: Database) -> list[int]:
    sql = "SELECT rows FROM dtk_points_chunks ORDER BY series, first"
    return [rows for (rows,) in database.query(sql)]


def values(versions: Versions, owner: int = 1, window: tuple[int, int] = EVER) -> list[float]:
    [rows] = versions.read([Wanted(owner, *window)])
    found: list[float] = rows.columns["value"].tolist()
    return found


# Where rows go


def test_many_new_rows_become_chunks_at_once(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=3, bulk=5)
    write(database, versions, 1, points(range(10)))
    assert (chunk_sizes(database), hot(database)) == ([4, 4, 2], 0)
    write(database, versions, 1, points(range(10, 16)))
    assert (chunk_sizes(database), hot(database)) == ([4, 4, 4, 4], 0)
    assert values(versions) == [float(n) for n in range(16)]


def test_few_rows_wait_until_there_are_too_many(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=3, bulk=5)
    for time in range(12):
        write(database, versions, 1, points([time]))
        assert hot(database) < 3
    assert chunk_sizes(database) == [4, 4, 4]
    assert values(versions) == [float(n) for n in range(12)]


def test_a_late_row_does_not_leave_thin_chunks_behind(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=40, hot=1, bulk=5)
    write(database, versions, 1, points(range(0, 400, 2)))
    for time in range(101, 121, 2):
        write(database, versions, 1, points([time]))
    assert min(chunk_sizes(database)) >= 10
    assert sum(chunk_sizes(database)) == 210


def test_every_owner_of_a_bucket_is_folded_together(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=100, hot=4, bulk=50)
    for time in range(6):
        batch = [Kept(owner, points([time]), 0) for owner in range(1, 300)]
        database.transact(lambda batch=batch: versions.keep(batch, now=0))  # type: ignore[misc]
    assert chunk_sizes(database) == [4] * 299
    assert hot(database) == 2 * 299


def test_a_silent_owner_does_not_keep_a_busy_one_from_being_folded(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=100, hot=4, bulk=50)
    write(database, versions, 2, points([0]))
    for time in range(100):
        write(database, versions, 1, points([time]))
        assert hot(database) <= 8


def test_equal_rows_write_nothing(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=9, bulk=5)
    rows = points([0, 1, 2, 3, 4, 5, 6], [1.0, 2.0, float("nan"), -0.0, 5.0, 6.0, 7.0])
    write(database, versions, 1, rows)
    write(database, versions, 1, points([7], [8.0], day=["Mon"]))
    before = database.query("SELECT total_changes()")
    write(database, versions, 1, points([2, 3, 4], [float("nan"), 0.0, 5.0]))
    write(database, versions, 1, points([7], [8.0], day=["Mon"]))
    assert database.query("SELECT total_changes()") == before


def test_new_rows_are_told_without_a_look_at_old_ones(database: Database) -> None:
    seen: list[str] = []
    versions = ChunkVersions(database, POINTS, rows=4, hot=3, bulk=5)
    write(database, versions, 1, points(range(10)))
    connection: Any = database._connection
    connection.set_trace_callback(seen.append)
    write(database, versions, 1, points([10]))
    assert not [sql for sql in seen if "FROM dtk_points_chunks" in sql.split("(SELECT count")[0]]


def test_a_changed_row_of_a_chunk_is_in_force_and_the_old_one_is_kept(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=9, bulk=5)
    write(database, versions, 1, points(range(8)))
    write(database, versions, 1, points([2], [99.0]), step=50)
    assert values(versions) == [0.0, 1.0, 99.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    [rows] = versions.read([Wanted(1, 1, 4)], every=True)
    assert rows.columns["value"].tolist() == [1.0, 2.0, 99.0, 3.0]
    assert rows.seen.tolist() == [1, 2, 50, 3]
    assert versions.prune({1: 4}, execute=False) == {1: 5}


def test_many_changed_rows_win_over_hot_and_chunk(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=99, bulk=5)
    write(database, versions, 1, points(range(8)))
    write(database, versions, 1, points([2, 8, 9], [22.0, 8.0, 9.0]), step=50)
    write(database, versions, 1, points(range(10), [-1.0] * 10), step=60)
    assert values(versions) == [-1.0] * 10
    assert hot(database) == 0
    assert versions.prune({1: 100}, execute=True) == {1: 10 + 8 + 3}
    assert (values(versions), dict(versions.extents([1]))) == ([], {})


def test_what_is_read_in_one_window_does_not_reach_into_another(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=9, bulk=5)
    write(database, versions, 1, points(range(0, 100, 10)))
    write(database, versions, 1, points([100, 110]))
    wanted = [
        Wanted(1, 15, 45),
        Wanted(1, 0, 0),
        Wanted(1, 90, 101),
        Wanted(2, 0, 9),
        Wanted(1, 41, 49),
    ]
    found = [rows.time.tolist() for rows in versions.read(wanted)]
    assert found == [[20, 30, 40], [], [90, 100], [], []]


def test_a_grid_that_shifts_is_kept_to_the_microsecond(database: Database) -> None:
    versions = ChunkVersions(database, POINTS, rows=8, hot=9, bulk=5)
    times = [0, 10, 20, 31, 41, 51, 61, 71, 81, 91, 100, 101, 102, 200, 300, 400, 500]
    write(database, versions, 1, points(times))
    [rows] = versions.read([Wanted(1, *EVER)])
    assert rows.time.tolist() == times


def test_other_connections_read_while_one_writes(database: Database, tmp_path: Path) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=3, bulk=5)
    write(database, versions, 1, points(range(10)))
    dialect = SqliteDialect(tmp_path / "x.db")
    other = Database(dialect, dialect.connect)
    reader = ChunkVersions(other, POINTS)

    def step() -> None:
        versions.keep([Kept(1, points(range(10, 30)), 0)], now=0)
        assert len(values(reader)) == 10

    database.transact(step)
    assert len(values(reader)) == 30
    other.close()


def test_very_many_rows_are_written_in_parts(database: Database) -> None:
    versions = ChunkVersions(database, POINTS)
    times = np.arange(450_000) * 10
    columns = {"value": times / 3, "status": np.ones(len(times), np.uint8)}
    batch = [Kept(1, points([5]), 0), Kept(2, Rows(times, columns), 0), Kept(3, points([7]), 0)]
    database.transact(lambda: versions.keep(batch, now=0))
    one, two, three = versions.read([Wanted(owner, *EVER) for owner in (1, 2, 3)])
    assert (one.time.tolist(), three.time.tolist()) == ([5], [7])
    assert np.array_equal(two.time, times)
    assert np.array_equal(two.columns["value"], times / 3)


def test_a_table_of_numbers_is_long_enough_for_any_chunk(database: Database) -> None:
    [(most,)] = database.query("SELECT max(n) + 1 FROM dtk_numbers")
    for kind in (POINTS, VERDICTS):
        versions = ChunkVersions(database, kind)
        columns = {name: np.arange(5000).astype(code) for name, code in kind.columns.items()}
        rows = Rows(np.arange(5000), columns)
        write(database, versions, 1, rows)
        sql = f"SELECT max(rows) FROM dtk_{kind.name}_chunks"  # noqa: S608  # our own names
        assert database.query(sql)[0][0] <= most


def test_a_new_file_has_large_pages(tmp_path: Path, database: Database) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        assert connection.execute("PRAGMA page_size").fetchall() == [(8192,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.prepared
