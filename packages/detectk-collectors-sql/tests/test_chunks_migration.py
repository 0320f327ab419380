"""A database of plain rows becomes one of chunks, and nothing is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from detectk.clock import SystemClock
from detectk.collectors.sql.chunk_versions import ChunkVersions
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import SqliteDialect
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.versions import POINTS, VERDICTS, Kept, Kind, Rows, Wanted

EVER = (-(2**62), 2**62)
START = 1_730_455_200_000_000  # 2024-11-01 10:00:00
VIEWS = (
    "SELECT * FROM dtk_datapoints ORDER BY metric_name, series, collected_at",
    "SELECT * FROM dtk_detections ORDER BY metric_name, series, detector_id, collected_at",
)


class Before(SqliteDialect):
    """The last version with a row a point."""

    migrations = SqliteDialect.migrations[:2]


class Failing(SqliteDialect):
    """A version whose last statement fails."""

    migrations = (*SqliteDialect.migrations[:2], (*SqliteDialect.migrations[2], "SELECT nothing"))


def opened(dialect: SqliteDialect) -> Database:
    database = Database(dialect, dialect.connect)
    try:
        prepare(database, SystemClock())
    except BaseException:
        database.close()
        raise
    return database


def cells(kind: Kind, random: Random, time: int) -> tuple[Any, ...]:
    """Return a row of the old layout after its owner."""
    numbers: list[Any] = [None, 0.0, 1.5, float("inf"), -float("inf"), 1e-320, random.random()]
    columns = [
        random.choice(numbers if code == "f8" else [0, 1] if code == "u1" else [-1, 0, 1])
        for code in kind.columns.values()
    ]
    notes = random.choice(["{}", "{}", '{"a":1,"b":"ж"}', '{"b":null}', '{"a":2.5}'])
    seen = time + random.choice([0, 0, 60])
    revised = random.choice([None, None, START + 5])
    return (time, *columns, notes, seen, START + random.choice([1, 1, 2]), revised)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a database of the old layout as a release before wrote it."""
    random = Random(8)
    place = tmp_path / "x.db"
    database = opened(Before(place))
    database.run("INSERT INTO dtk_metrics (id, name) VALUES (1, 'orders'), (2, 'visits')")
    database.run(
        "INSERT INTO dtk_series VALUES (1, 1, '{}'), (2, 2, '{\"c\":\"DE\"}'), (300, 2, '{}')"
    )
    database.run("INSERT INTO dtk_judges VALUES (1, 1, 'mad'), (2, 1, 'iqr'), (9, 300, 'mad')")
    sizes = {1: 1500, 2: 3, 300: 720, 9: 500}
    for kind, owners in ((POINTS, (1, 2, 300)), (VERDICTS, (1, 2, 9))):
        names = (*kind.columns, kind.notes, "seen", "first_seen", "revised_at")
        marks = ", ".join("?" * (len(names) + 2))
        listed = f"{kind.owner}, time, {', '.join(names)}"
        for owner in owners:
            step = 60_000_000 if owner != 300 else 7_000_001
            times = [START + n * step + (n > 900) * (n % 3) for n in range(sizes[owner])]
            rows = [(owner, *cells(kind, random, time)) for time in times]
            if owner == 2:
                rows = [(*row[:-3], row[1], START, None) for row in rows]
            for table, some in ((kind.name, rows), (f"{kind.name[:-1]}_revisions", rows[:2])):
                database.run_many(
                    f"INSERT INTO dtk_{table} ({listed}) VALUES ({marks})",  # noqa: S608  # our own names
                    some,
                )
    database.close()
    return place


def look(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def test_the_views_show_what_they_showed_before(file: Path) -> None:
    before = [look(file, sql) for sql in VIEWS]
    assert [len(rows) for rows in before] == [1500 + 3 + 720, 1500 + 3 + 500]
    opened(SqliteDialect(file)).close()
    assert [look(file, sql) for sql in VIEWS] == before
    assert look(file, "PRAGMA integrity_check") == [("ok",)]


def test_old_and_new_rows_live_together(file: Path) -> None:
    database = opened(SqliteDialect(file))
    versions = ChunkVersions(database, POINTS)
    [old] = versions.read([Wanted(1, *EVER)])
    assert dict(versions.extents([1, 2, 3])) == {
        1: (int(old.time[0]), int(old.time[-1])),
        2: (START, START + 2 * 60_000_000),
    }
    columns = {"value": np.array([-7.0, 8.0]), "status": np.zeros(2, np.uint8)}
    new = Rows(np.array([START, int(old.time[-1]) + 60_000_000]), columns)
    database.transact(lambda: versions.keep([Kept(1, new, START + 99)], now=START))
    [every] = versions.read([Wanted(1, START, START + 1)], every=True)
    assert every.columns["value"].tolist()[-1] == -7.0
    assert len(every.time) == 3
    assert versions.prune({1: 2**62}, execute=False) == {1: 1500 + 2 + 1 + 1}
    database.close()


def test_an_unchanged_row_is_still_unchanged(file: Path) -> None:
    database = opened(SqliteDialect(file))
    versions = ChunkVersions(database, VERDICTS)
    for owner in (1, 2, 9):
        [rows] = versions.read([Wanted(owner, *EVER)])
        item = Kept(owner, rows, 5)
        before = database.query("SELECT total_changes()")
        database.transact(lambda item=item: versions.keep([item], now=5))  # type: ignore[misc]
        assert database.query("SELECT total_changes()") == before
    database.close()


def test_a_migration_that_fails_keeps_the_old_layout(file: Path) -> None:
    before = [look(file, sql) for sql in VIEWS]
    with pytest.raises(Exception, match="nothing"):
        opened(Failing(file))
    assert [look(file, sql) for sql in VIEWS] == before
    assert look(file, "SELECT version FROM dtk_schema") == [(2,)]


def test_an_empty_database_is_brought_forward(tmp_path: Path) -> None:
    opened(Before(tmp_path / "x.db")).close()
    opened(SqliteDialect(tmp_path / "x.db")).close()
    assert [look(tmp_path / "x.db", sql) for sql in VIEWS] == [[], []]
