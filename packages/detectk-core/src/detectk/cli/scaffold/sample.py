"""Make a little SQLite database, so that a new metric runs before it knows a real one."""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from detectk.errors import ConfigError

__all__ = ["SAMPLE", "make_sample"]

SAMPLE: Final = "sample.db"
_OURS: Final = 0x64746B31  # SQLite's application_id, "dtk1": tells our file from another
_BEFORE, _AFTER = timedelta(days=35), timedelta(days=14)
_HOUR = timedelta(hours=1)


def make_sample(path: Path, now: datetime) -> None:
    """Write the sample: one row a session, from five weeks before ``now`` to two weeks after.

    An hour has the same sessions whenever it is written. A sample that is there is renewed.

    Raises:
        ConfigError: The file is not a sample of ours, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as database, database:
            if not _is_ours(database):
                raise ConfigError(
                    "is there already and is not the sample",
                    where=str(path),
                    hint="rename it, or give your own database with --profile",
                )
            database.execute(f"PRAGMA application_id = {_OURS}")
            database.execute("DROP TABLE IF EXISTS sessions")
            database.execute("CREATE TABLE sessions (started_at TEXT, visitor INTEGER)")
            database.executemany("INSERT INTO sessions VALUES (?, ?)", _sessions(now))
            database.execute("CREATE INDEX sessions_started_at ON sessions (started_at)")
    except (OSError, sqlite3.Error) as error:
        hint = "choose a folder that you may write to"
        raise ConfigError(f"cannot be written: {error}", where=str(path), hint=hint) from error


def _is_ours(database: sqlite3.Connection) -> bool:
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables or database.execute("PRAGMA application_id").fetchone()[0] == _OURS


def _sessions(now: datetime) -> Iterator[tuple[str, int]]:
    """Give a day's rhythm with a little noise, in UTC."""
    hour = (now - _BEFORE).replace(minute=0, second=0, microsecond=0)
    while hour < now + _AFTER:
        chance = random.Random(int(hour.timestamp()))  # noqa: S311 - not for secrets
        usual = 20 - 10 * math.cos(2 * math.pi * (hour.hour - 3) / 24)
        for _ in range(round(usual * chance.uniform(0.85, 1.15))):
            moment = hour + timedelta(seconds=chance.randrange(3600))
            yield f"{moment:%Y-%m-%d %H:%M:%S}", chance.randrange(100_000)
        hour += _HOUR
