"""The tables of the chunk layout, and how older rows are carried over."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from detectk.collectors.sql.chunk_block import BUCKET, NEVER
from detectk.collectors.sql.dialects.sqlite_views import VIEWS
from detectk.collectors.sql.versions import POINTS, VERDICTS, Kind

__all__ = ["CHUNKS"]

_ROWS: Final = {"points": 960, "verdicts": 160}
"""Rows of the chunks that older rows become."""

_DECODING: Final = (
    "CREATE TABLE dtk_bytes (every BLOB NOT NULL)",
    f"INSERT INTO dtk_bytes VALUES (X'{bytes(range(1, 256)).hex()}')",
    "CREATE TABLE dtk_numbers (n INTEGER PRIMARY KEY)",
    """
    INSERT INTO dtk_numbers
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1023)
    SELECT n FROM numbers
    """,
    "CREATE TABLE dtk_powers (head INTEGER PRIMARY KEY, factor REAL)",
    """
    INSERT INTO dtk_powers
    WITH RECURSIVE
        large (head, factor) AS (
            SELECT 1075, 1.0 UNION ALL SELECT head + 1, factor * 2.0 FROM large WHERE head < 2046
        ),
        small (head, factor) AS (
            SELECT 1074, 0.5 UNION ALL SELECT head - 1, factor / 2.0 FROM small WHERE head > 1
        ),
        heads (head, factor) AS (
            SELECT head, factor FROM large UNION ALL
            SELECT head, factor FROM small UNION ALL
            SELECT 0, factor FROM small WHERE head = 1 UNION ALL
            SELECT 2047, NULL
        )
    SELECT head, factor FROM heads UNION ALL SELECT head + 2048, -factor FROM heads
    """,
)
"""A double is a sign and an exponent, together its head, and 52 bits."""


def _tables(kind: Kind) -> tuple[str, ...]:
    hot, chunks = f"dtk_{kind.name}_hot", f"dtk_{kind.name}_chunks"
    columns = ",\n        ".join(f"{name} BLOB NOT NULL" for name in kind.columns)
    return (
        f"""
    CREATE TABLE {hot} (
        bucket INTEGER NOT NULL,
        time INTEGER NOT NULL,
        over INTEGER NOT NULL,
        slots BLOB NOT NULL,
        data BLOB NOT NULL,
        notes TEXT,
        PRIMARY KEY (bucket, time)
    ) WITHOUT ROWID
    """,
        f"CREATE INDEX {hot}_over ON {hot} (bucket, time) WHERE over = 1",
        f"""
    CREATE TABLE {chunks} (
        id INTEGER PRIMARY KEY,
        {kind.owner} INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        time BLOB,
        {columns},
        seen BLOB,
        {kind.notes} TEXT,
        first_seen BLOB NOT NULL,
        revised_at BLOB
    )
    """,
        f"CREATE INDEX {chunks}_key ON {chunks} ({kind.owner}, last, first)",
        f"""
    CREATE TABLE dtk_{kind.name}_extents (
        bucket INTEGER PRIMARY KEY,
        data BLOB NOT NULL
    )
    """,
        f"""
    CREATE TABLE dtk_{kind.name}_buckets (
        bucket INTEGER PRIMARY KEY,
        rows INTEGER NOT NULL,
        fold_at INTEGER NOT NULL
    )
    """,
    )


def _carried(kind: Kind) -> tuple[str, ...]:
    """Return how the rows of the layout before become chunks; `dtk_pack` is an aggregate."""
    owner, table, chunks = kind.owner, f"dtk_{kind.name}", f"dtk_{kind.name}_chunks"
    columns = ", ".join(f"dtk_pack('{code}', time, {name})" for name, code in kind.columns.items())
    return (
        f"""
    INSERT INTO {chunks} (
        {owner}, first, last, rows, time, {", ".join(kind.columns)},
        seen, {kind.notes}, first_seen, revised_at
    )
    SELECT
        {owner}, min(time), max(time), count(*), dtk_pack_times(time), {columns},
        dtk_pack('i8', time, seen, time),
        dtk_pack_notes(time, {kind.notes}),
        dtk_pack('i8', time, first_seen),
        dtk_pack('i8', time, coalesce(revised_at, {NEVER}), {NEVER})
    FROM (
        SELECT *, row_number() OVER (PARTITION BY {owner} ORDER BY time) - 1 AS place FROM {table}
    )
    GROUP BY {owner}, place / {_ROWS[kind.name]}
    """,
        f"""
    INSERT INTO dtk_{kind.name}_extents
    SELECT {owner} >> {BUCKET}, dtk_pack_ends({owner}, first, last) FROM {chunks} GROUP BY 1
    """,
        f"DROP TABLE {table}",
    )


CHUNKS: Final[Sequence[str]] = (
    "DROP VIEW dtk_datapoints",
    "DROP VIEW dtk_detections",
    *_DECODING,
    *_tables(POINTS),
    *_tables(VERDICTS),
    *_carried(POINTS),
    *_carried(VERDICTS),
    *VIEWS,
)
