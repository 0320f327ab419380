"""The tables of a storage on a server and the views that people query, said once for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal, TypeAlias

from detectk.values.series import Status
from detectk.values.verdicts import Verdict, Verdicts

__all__ = ["TABLES", "Column", "Table", "Words", "migration"]

Column: TypeAlias = Literal[
    "identity", "number", "number?", "small", "float", "float?", "name", "text", "digest"
]
"""``?`` may be NULL; a name is short and may be compared, a text may be long and is not."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        columns: Name to what it holds.
        key: Primary key.
        unique: Another key.
        index: Columns that are searched, without being a key.
        digest: Column too long for a key; ``<name>_digest`` stands for it there.
    """

    columns: Mapping[str, Column]
    key: Sequence[str]
    unique: Sequence[str] = ()
    index: Sequence[str] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What a database calls things.

    Attributes:
        types: Kind of a column to its type.
        moment: Makes an expression of microseconds since 1970 a time.
        quote: Put around the name of a column that is a word of SQL.
        tail: Ends a CREATE TABLE.
        infinities: Whether a number may be infinite; without it verdicts get another column.
        inside: Whether an index is a part of CREATE TABLE.
    """

    types: Mapping[Column, str]
    moment: Callable[[str], str]
    quote: str
    tail: str = ""
    infinities: bool = True
    inside: bool = field(default=False)


_WRITTEN: Final[dict[str, Column]] = {
    "seen": "number",
    "first_seen": "number",
    "revised_at": "number?",
}
_POINT: Final[dict[str, Column]] = {
    "series": "number",
    "time": "number",
    "value": "float?",
    "status": "small",
    "context": "text",
    **_WRITTEN,
}
_VERDICT: Final[dict[str, Column]] = {
    "judge": "number",
    "time": "number",
    **dict.fromkeys(Verdicts.COLUMNS[:6], "float?"),
    "direction": "small",
    "verdict": "small",
    "status": "small",
    "infinite": "small",
    "evidence": "text",
    **_WRITTEN,
}
TABLES: Final[Mapping[str, Table]] = {
    "dtk_metrics": Table({"id": "identity", "name": "name"}, ["id"], unique=["name"]),
    "dtk_series": Table(
        {"id": "identity", "metric": "number", "labels": "text", "labels_digest": "digest"},
        ["id"],
        unique=["metric", "labels_digest"],
        digest="labels",
    ),
    "dtk_judges": Table(
        {"id": "identity", "series": "number", "detector": "name"},
        ["id"],
        unique=["series", "detector"],
    ),
    "dtk_points": Table(_POINT, ["series", "time"]),
    "dtk_point_revisions": Table({"id": "identity", **_POINT}, ["id"], index=["series", "time"]),
    "dtk_verdicts": Table(_VERDICT, ["judge", "time"]),
    "dtk_verdict_revisions": Table({"id": "identity", **_VERDICT}, ["id"], index=["judge", "time"]),
    "dtk_covered": Table(
        {"metric": "number", "begins": "number", "ends": "number", "fingerprint": "name"},
        ["metric", "begins"],
    ),
    "dtk_leases": Table(
        {"metric": "name", "token": "number", "holder": "text", "expires": "float"}, ["metric"]
    ),
    "dtk_documents": Table(
        {
            "metric": "name",
            "series": "text",
            "series_digest": "digest",
            "rule_id": "name",
            "body": "text",
        },
        ["metric", "series_digest", "rule_id"],
        digest="series",
    ),
    "dtk_outbox": Table(
        {
            "seq": "identity",
            "id": "name",
            "metric": "name",
            "channel": "text",
            "thread": "text",
            "dedup_key": "text",
            "message": "text",
            "created": "number",
            "attempts": "number",
            "error": "text",
        },
        ["seq"],
        unique=["id"],
        index=["metric", "seq"],
    ),
}


def migration(words: Words) -> Sequence[str]:
    """Return the statements of the first version; each may run again without harm."""
    tables = [part for name, table in TABLES.items() for part in _table(name, table, words)]
    return (*tables, _datapoints(words), _detections(words))


def _table(name: str, table: Table, words: Words) -> list[str]:
    parts = [
        f"{column} {words.types[kind]}"
        for column, kind in table.columns.items()
        if column != "infinite" or not words.infinities
    ]
    parts.append(f"PRIMARY KEY ({', '.join(table.key)})")
    if table.unique:
        parts.append(f"UNIQUE ({', '.join(table.unique)})")
    columns = f"({', '.join(table.index)})"
    if table.index and words.inside:
        parts.append(f"INDEX {name}_key {columns}")
    made = [f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(parts)}) {words.tail}".rstrip()]
    if table.index and not words.inside:
        made.append(f"CREATE INDEX IF NOT EXISTS {name}_key ON {name} {columns}")
    return made


def _datapoints(words: Words) -> str:
    columns = {
        "metric_name": "m.name",
        "series": "s.labels",
        "collected_at": words.moment("p.time"),
        "value": "p.value",
        "status": _named("p.status", Status),
        "context": "p.context",
        **{name: words.moment(f"p.{name}") for name in _WRITTEN},
    }
    return _view(
        "dtk_datapoints",
        columns,
        "dtk_points p JOIN dtk_series s ON s.id = p.series",
        words,
    )


def _detections(words: Words) -> str:
    columns = {
        "metric_name": "m.name",
        "series": "s.labels",
        "detector_id": "j.detector",
        "collected_at": words.moment("v.time"),
        **{name: f"v.{name}" for name in Verdicts.COLUMNS[:7]},
        "verdict": _named("v.verdict", Verdict),
        "status": _named("v.status", Status),
        "explain": "v.evidence",
        **{name: words.moment(f"v.{name}") for name in _WRITTEN},
    }
    joins = (
        "dtk_verdicts v JOIN dtk_judges j ON j.id = v.judge JOIN dtk_series s ON s.id = j.series"
    )
    return _view("dtk_detections", columns, joins, words)


def _view(name: str, columns: Mapping[str, str], joins: str, words: Words) -> str:
    shown = ", ".join(f"{cell} AS {words.quote}{n}{words.quote}" for n, cell in columns.items())
    rows = f"{joins} JOIN dtk_metrics m ON m.id = s.metric"
    return f"CREATE OR REPLACE VIEW {name} AS SELECT {shown} FROM {rows}"  # noqa: S608  # ours


def _named(column: str, enum: type[IntEnum]) -> str:
    """Return a number of ``enum`` as its name in lower case."""
    cases = " ".join(f"WHEN {item.value} THEN '{item.name.lower()}'" for item in enum)
    return f"CASE {column} {cases} END"
