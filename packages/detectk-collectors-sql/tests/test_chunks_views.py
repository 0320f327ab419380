"""What any SQLite client sees of rows in chunks."""

from __future__ import annotations

import json
import math
import sqlite3
import struct
from collections.abc import Iterator
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
from detectk.collectors.sql.versions import POINTS, VERDICTS, Kept, Kind, Rows
from detectk.contracts import pack_rows
from detectk.values import Status, Verdict

START = 1_730_455_200_000_000  # 2024-11-01 10:00:00
MINUTE = 60_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    dialect = SqliteDialect(tmp_path / "x.db")
    one = Database(dialect, dialect.connect)
    prepare(one, SystemClock())
    for number, name in enumerate(("orders", "visits"), start=1):
        one.run("INSERT INTO dtk_metrics (id, name) VALUES (?, ?)", (number, name))
        one.run("INSERT INTO dtk_series (id, metric, labels) VALUES (?, ?, '{}')", (number, number))
        one.run(
            "INSERT INTO dtk_judges (id, series, detector) VALUES (?, ?, 'mad')",
            (number, number),
        )
    yield one
    one.close()


@pytest.fixture
def client(tmp_path: Path, database: Database) -> Iterator[sqlite3.Connection]:
    """Return a plain connection without functions of ours."""
    assert database.prepared
    connection = sqlite3.connect(tmp_path / "x.db")
    yield connection
    connection.close()


def rows_of(kind: Kind, times: list[int], notes: Any = None, **columns: Any) -> Rows:
    arrays = {name: np.zeros(len(times), code) for name, code in kind.columns.items()}
    for name, cells in columns.items():
        arrays[name] = np.array(cells, kind.columns[name])
    return Rows(np.array(times, np.int64), arrays, notes or {})


def write(database: Database, versions: ChunkVersions, rows: Rows, **more: int) -> None:
    item = Kept(more.get("owner", 1), rows, more.get("step", 0))
    database.transact(lambda: versions.keep([item], now=more.get("now", START)))


def doubles(amount: int) -> list[float]:
    """Return doubles of any bits, and the edges of what doubles are."""
    random = Random(5)
    patterns = [random.getrandbits(64) for _ in range(amount)]
    patterns += [head << 52 | tail for head in range(4096) for tail in (0, 2**52 - 1)]
    patterns += [random.getrandbits(52) | sign << 63 for sign in (0, 1) for _ in range(200)]
    patterns += [1, 2, 2**52 - 1, 1 << 63, 1 << 63 | 1]
    floats = [struct.unpack("<d", struct.pack("<Q", bits))[0] for bits in patterns]
    return [*floats, 0.1, 1 / 3, math.pi, -1e22, 123456.789]


@pytest.mark.parametrize("bulk", [1, 10**9], ids=["chunks", "hot"])
def test_every_double_is_exact(database: Database, client: sqlite3.Connection, bulk: int) -> None:
    versions = ChunkVersions(database, POINTS, hot=10**9, bulk=bulk)
    numbers = doubles(3000)
    times = [START + n * MINUTE for n in range(len(numbers))]
    write(database, versions, rows_of(POINTS, times, value=numbers))
    sql = "SELECT value FROM dtk_datapoints WHERE metric_name = 'orders' ORDER BY collected_at"
    found = [value for (value,) in client.execute(sql)]
    assert found == [None if math.isnan(number) else number for number in numbers]


def test_every_column_is_what_was_written(database: Database, client: sqlite3.Connection) -> None:
    random = Random(3)
    for bulk in (1, 10**9):
        versions = ChunkVersions(database, VERDICTS, rows=5, hot=10**9, bulk=bulk)
        owner = 1 + (bulk == 1)
        floats = [name for name, code in VERDICTS.columns.items() if code == "f8"]
        columns: dict[str, list[Any]] = {
            name: [random.random() for _ in range(17)] for name in floats
        }
        columns["lower"] = [-math.inf] * 17
        columns["direction"] = [random.choice([-1, 0, 1]) for _ in range(17)]
        columns["verdict"] = [random.randrange(4) for _ in range(17)]
        columns["status"] = [random.randrange(6) for _ in range(17)]
        times = sorted(START + random.randrange(10**9) for _ in range(17))
        write(database, versions, rows_of(VERDICTS, times, **columns), owner=owner)
        names = ("orders", "visits")
        listed = ", ".join(columns)
        sql = (
            f"SELECT {listed} FROM dtk_detections WHERE metric_name = ? "  # noqa: S608  # our own names
            "AND detector_id = 'mad' AND series = '{}' ORDER BY collected_at"
        )
        found = client.execute(sql, (names[owner - 1],)).fetchall()
        columns["verdict"] = [Verdict(cell).name.lower() for cell in columns["verdict"]]
        columns["status"] = [Status(cell).name.lower() for cell in columns["status"]]
        assert found == list(zip(*columns.values(), strict=True))


def test_times_are_text_with_a_fraction_only_where_there_is_one(
    database: Database, client: sqlite3.Connection
) -> None:
    versions = ChunkVersions(database, POINTS, hot=10**9, bulk=3)
    times = [-MINUTE, -1, START, START + 1, START + MINUTE]
    write(database, versions, rows_of(POINTS, times), now=START + 500_000)
    write(
        database, versions, rows_of(POINTS, [START + 1], value=[7]), step=START + 9, now=START + 2
    )
    write(database, versions, rows_of(POINTS, [START + 2 * MINUTE]), now=START + 3)
    sql = """
    SELECT collected_at, seen, first_seen, revised_at FROM dtk_datapoints ORDER BY collected_at
    """
    first = "2024-11-01 10:00:00.500000"
    revised = "2024-11-01 10:00:00.000001"
    expected = [
        (time, time, first, None)
        for time in (
            "1969-12-31 23:59:00",
            "1969-12-31 23:59:59.999999",
            "2024-11-01 10:00:00",
            "2024-11-01 10:01:00",
        )
    ]
    expected.append((revised, "2024-11-01 10:00:00.000009", first, "2024-11-01 10:00:00.000002"))
    last = "2024-11-01 10:02:00"
    expected.append((last, last, "2024-11-01 10:00:00.000003", None))
    assert client.execute(sql).fetchall() == sorted(expected)
    write(database, ChunkVersions(database, POINTS, hot=1), rows_of(POINTS, [START + 3 * MINUTE]))
    assert client.execute("SELECT count(*) FROM dtk_points_hot").fetchall() == [(0,)]
    assert client.execute(sql).fetchall()[:-1] == sorted(expected)


@pytest.mark.parametrize("bulk", [1, 10**9], ids=["chunks", "hot"])
def test_notes_are_the_json_of_the_row(
    database: Database, client: sqlite3.Connection, bulk: int
) -> None:
    cells = [
        None,
        True,
        False,
        1,
        -(2**70),
        0.1,
        1e300,
        -0.0,
        "Mon",
        'a "b" \\ \n',
        "ж/\u2028",
        "[]",
    ]
    mixed = np.empty(len(cells), object)
    mixed[:] = cells
    notes = {"x y": mixed, 'q"': np.full(len(cells), 3), "z": np.arange(len(cells)) / 3}
    versions = ChunkVersions(database, POINTS, hot=10**9, bulk=bulk)
    times = [START + n * MINUTE for n in range(len(cells))]
    write(database, versions, rows_of(POINTS, times, notes))
    sql = "SELECT context FROM dtk_datapoints ORDER BY collected_at"
    found = [text for (text,) in client.execute(sql)]
    assert found == pack_rows(notes, len(cells))
    sql = "SELECT json_extract(context, '$.z') FROM dtk_datapoints ORDER BY collected_at"
    assert [cell for (cell,) in client.execute(sql)] == (np.arange(len(cells)) / 3).tolist()


def test_rows_with_and_without_notes_share_a_chunk(
    database: Database, client: sqlite3.Connection
) -> None:
    versions = ChunkVersions(database, POINTS, rows=9, hot=1, bulk=99)
    for minute, notes in enumerate(({}, {"a": 1}, {"b": None}, {"a": 1, "b": "x"})):
        columns = {name: np.array([cell]) for name, cell in notes.items()}
        write(database, versions, rows_of(POINTS, [START + minute * MINUTE], columns))
    assert client.execute("SELECT rows FROM dtk_points_chunks").fetchall() == [(4,)]
    found = client.execute("SELECT context FROM dtk_datapoints ORDER BY collected_at").fetchall()
    assert [json.loads(text) for (text,) in found] == [
        {},
        {"a": 1},
        {"b": None},
        {"a": 1, "b": "x"},
    ]


def test_a_hot_row_hides_the_one_in_the_chunk(
    database: Database, client: sqlite3.Connection
) -> None:
    versions = ChunkVersions(database, POINTS, rows=4, hot=10**9, bulk=5)
    times = [START + n * MINUTE for n in range(10)]
    write(database, versions, rows_of(POINTS, times, value=range(10)))
    write(database, versions, rows_of(POINTS, times[3:5], value=[33, 44]))
    sql = "SELECT value FROM dtk_datapoints ORDER BY collected_at"
    assert [v for (v,) in client.execute(sql)] == [0, 1, 2, 33, 44, 5, 6, 7, 8, 9]
    assert client.execute("SELECT count(*) FROM dtk_datapoints").fetchall() == [(10,)]


@pytest.mark.parametrize(
    ("view", "kind"), [("dtk_datapoints", POINTS), ("dtk_detections", VERDICTS)]
)
def test_a_metric_is_found_by_its_name(client: sqlite3.Connection, view: str, kind: Kind) -> None:
    """No table of rows is looked through."""
    sql = (
        f"EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE metric_name = 'orders' "  # noqa: S608  # our own names
        "ORDER BY collected_at DESC LIMIT 10"
    )
    plan = [detail for *_, detail in client.execute(sql)]
    chunks = f"c USING INDEX dtk_{kind.name}_chunks_key"
    for table in ("m USING COVERING INDEX", chunks, "h USING PRIMARY KEY (bucket=?)"):
        assert [step for step in plan if step.startswith(f"SEARCH {table}")], plan
    scanned = [step for step in plan if step.startswith("SCAN ")]
    assert not [s for s in scanned if s.split()[1] in ("m", "s", "j", "c", "h")], plan
    assert not [s for s in scanned if s.split()[1] == "o" and "_hot_over" not in s], plan
