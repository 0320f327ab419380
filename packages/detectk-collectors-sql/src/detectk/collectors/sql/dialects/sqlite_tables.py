"""The tables of a SQLite storage, and the views that people query."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from detectk.collectors.sql.dialects.sqlite_chunks import CHUNKS
from detectk.values.series import Status
from detectk.values.verdicts import Verdict

__all__ = ["MIGRATIONS"]


def _moment(column: str) -> str:
    """Return microseconds since 1970 as ``2024-11-01 10:00:00``, a fraction only where there is."""
    fraction = f"(({column} % 1000000 + 1000000) % 1000000)"
    second = f"({column} - {fraction}) / 1000000"
    return (
        f"strftime('%Y-%m-%d %H:%M:%S', {second}, 'unixepoch') || "
        f"CASE {fraction} WHEN 0 THEN '' ELSE printf('.%06d', {fraction}) END"
    )


def _words(column: str, enum: type[IntEnum]) -> str:
    """Return a number of ``enum`` as its name in lower case."""
    cases = " ".join(f"WHEN {item.value} THEN '{item.name.lower()}'" for item in enum)
    return f"CASE {column} {cases} ELSE {column} END"


_POINT: Final = """
    series INTEGER NOT NULL,
    time INTEGER NOT NULL,
    value REAL,
    status INTEGER NOT NULL,
    context TEXT NOT NULL,
    seen INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    revised_at INTEGER
"""
_VERDICT: Final = """
    judge INTEGER NOT NULL,
    time INTEGER NOT NULL,
    value REAL,
    expected REAL,
    lower REAL,
    upper REAL,
    score REAL,
    excess REAL,
    direction INTEGER NOT NULL,
    verdict INTEGER NOT NULL,
    status INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    seen INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    revised_at INTEGER
"""

_FIRST: Final = (
    """
    CREATE TABLE dtk_metrics (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL DEFAULT ''
    )
    """,
    """
    CREATE TABLE dtk_series (
        id INTEGER PRIMARY KEY,
        metric INTEGER NOT NULL REFERENCES dtk_metrics (id),
        labels TEXT NOT NULL,
        UNIQUE (metric, labels)
    )
    """,
    """
    CREATE TABLE dtk_judges (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL REFERENCES dtk_series (id),
        detector TEXT NOT NULL,
        UNIQUE (series, detector)
    )
    """,
    f"CREATE TABLE dtk_points ({_POINT}, PRIMARY KEY (series, time)) WITHOUT ROWID",
    f"CREATE TABLE dtk_point_revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, {_POINT})",
    "CREATE INDEX dtk_point_revisions_key ON dtk_point_revisions (series, time)",
    f"CREATE TABLE dtk_verdicts ({_VERDICT}, PRIMARY KEY (judge, time)) WITHOUT ROWID",
    f"CREATE TABLE dtk_verdict_revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, {_VERDICT})",
    "CREATE INDEX dtk_verdict_revisions_key ON dtk_verdict_revisions (judge, time)",
    """
    CREATE TABLE dtk_covered (
        metric INTEGER NOT NULL REFERENCES dtk_metrics (id),
        begins INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        PRIMARY KEY (metric, begins)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE dtk_leases (
        metric TEXT PRIMARY KEY,
        token INTEGER NOT NULL,
        holder TEXT NOT NULL,
        expires REAL NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE dtk_documents (
        metric TEXT NOT NULL,
        series TEXT NOT NULL,
        rule_id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (metric, series, rule_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE dtk_outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        metric TEXT NOT NULL,
        channel TEXT NOT NULL,
        thread TEXT NOT NULL,
        dedup_key TEXT NOT NULL,
        message TEXT NOT NULL,
        created INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        error TEXT NOT NULL
    )
    """,
    "CREATE INDEX dtk_outbox_metric ON dtk_outbox (metric, seq)",
    f"""
    CREATE VIEW dtk_datapoints AS
    SELECT
        m.name AS metric_name,
        s.labels AS series,
        {_moment("p.time")} AS collected_at,
        p.value AS value,
        {_words("p.status", Status)} AS status,
        p.context AS context,
        {_moment("p.seen")} AS seen,
        {_moment("p.first_seen")} AS first_seen,
        {_moment("p.revised_at")} AS revised_at
    FROM dtk_points p
    JOIN dtk_series s ON s.id = p.series
    JOIN dtk_metrics m ON m.id = s.metric
    """,
    f"""
    CREATE VIEW dtk_detections AS
    SELECT
        m.name AS metric_name,
        s.labels AS series,
        j.detector AS detector_id,
        {_moment("v.time")} AS collected_at,
        v.value AS value,
        v.expected AS expected,
        v.lower AS lower,
        v.upper AS upper,
        v.score AS score,
        v.excess AS excess,
        v.direction AS direction,
        {_words("v.verdict", Verdict)} AS verdict,
        {_words("v.status", Status)} AS status,
        v.evidence AS explain,
        {_moment("v.seen")} AS seen,
        {_moment("v.first_seen")} AS first_seen,
        {_moment("v.revised_at")} AS revised_at
    FROM dtk_verdicts v
    JOIN dtk_judges j ON j.id = v.judge
    JOIN dtk_series s ON s.id = j.series
    JOIN dtk_metrics m ON m.id = s.metric
    """,
)

_FINGERPRINTS: Final = (
    "ALTER TABLE dtk_covered ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''",
    """
    UPDATE dtk_covered SET fingerprint = (
        SELECT m.fingerprint FROM dtk_metrics m WHERE m.id = dtk_covered.metric
    )
    """,
)
"""What was loaded belongs to a question, no longer to its metric."""

MIGRATIONS: Final[Sequence[Sequence[str]]] = (_FIRST, _FINGERPRINTS, CHUNKS)
"""Statements from version n to n + 1; never change one that was released."""
