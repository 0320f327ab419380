"""A process that is killed leaves what it has said was written, and a sound file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from detectk.clock import SystemClock
from detectk.collectors.sql.chunk_versions import ChunkVersions
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import SqliteDialect
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.versions import POINTS, Wanted

WRITER = """
import sys
from pathlib import Path
import numpy as np
from detectk.clock import SystemClock
from detectk.collectors.sql.chunk_versions import ChunkVersions
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import SqliteDialect
from detectk.collectors.sql.schema import prepare
from detectk.collectors.sql.versions import POINTS, Kept, Rows

dialect = SqliteDialect(Path(sys.argv[1]))
database = Database(dialect, dialect.connect)
prepare(database, SystemClock())
versions = ChunkVersions(database, POINTS, rows=50, hot=4, bulk=20)
time = int(sys.argv[2])
while True:
    for size in (1, 1, 1, 3, 120):
        times = np.arange(time, time + size)
        rows = Rows(times, {"value": times * 0.5, "status": np.zeros(size, np.uint8)})
        late = Rows(times[:1] // 2, {"value": np.array([-1.0]), "status": np.zeros(1, np.uint8)})
        batch = [Kept(owner, rows, time) for owner in range(1, 40)] + [Kept(40, late, time)]
        database.transact(lambda: versions.keep(batch, now=time))
        time += size
        print(time, flush=True)
"""
"""Ticks and loads of 39 owners, and one owner whose rows come late and change."""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_it_has_acknowledged(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    done = 0
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path / "x.db"), str(done)]
        with subprocess.Popen(  # noqa: S603  # our own program
            command, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(random.randrange(1, 25)):
                writer.stdout.readline()
            writer.kill()
            told = [
                int(line) for line in writer.stdout.read().splitlines(keepends=True) if "\n" in line
            ]
        dialect = SqliteDialect(tmp_path / "x.db")
        database = Database(dialect, dialect.connect)
        prepare(database, SystemClock())
        versions = ChunkVersions(database, POINTS)
        ends = versions.extents(list(range(1, 40)))
        assert len(ends) == 39
        assert len(set(ends.values())) == 1
        done = ends[1][1] + 1
        assert not told or done >= told[-1]
        for rows in versions.read([Wanted(owner, 0, 10**9) for owner in range(1, 40)]):
            assert np.array_equal(rows.time, np.arange(done))
            assert np.array_equal(rows.columns["value"], np.arange(done) * 0.5)
        assert database.query("PRAGMA integrity_check") == [("ok",)]
        database.close()
