"""The views that people query: chunks and hot rows as plain rows, in plain SQL.

They decode blobs with nothing but `substr`, `instr` and arithmetic, so that any SQLite client can
read them. A double is 52 bits and a hidden one times the factor of its sign and exponent, exact
because the factors are powers of two. ``LIMIT 1 OFFSET 0`` keeps SQLite from copying an expression
to every place where its result is used.

A view is one SELECT, not a UNION: SQLite computes every column of a UNION, even to count its rows.
``a.n`` is 0 where a row comes from a chunk and 1 where it is hot, ``n.n`` its place there.
"""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from detectk.collectors.sql.chunk_block import BUCKET, NEVER, SLOTS, record
from detectk.collectors.sql.versions import POINTS, VERDICTS, Kind
from detectk.values.series import Status
from detectk.values.verdicts import Verdict

__all__ = ["VIEWS"]

_ENUMS: Final[Mapping[str, type[IntEnum]]] = {"status": Status, "verdict": Verdict}
_GRID: Final = "c.first + n.n * ((c.last - c.first) / max(c.rows - 1, 1))"


def _view(kind: Kind, head: Mapping[str, str], tables: str, owner: str, notes: str) -> str:
    """Return the SELECT of a view: ``head`` comes first, from ``tables`` that know the owner."""
    columns = {
        **head,
        "collected_at": _moment(_time()),
        **{name: _cell(kind, name) for name in kind.columns},
        notes: _notes(f"CASE a.n WHEN 0 THEN c.{kind.notes} ELSE h.notes END"),
        "seen": _moment(_seen(kind)),
        "first_seen": _moment(_integer(_item(kind, "first_seen"))),
        "revised_at": _moment(f"nullif({_integer(_item(kind, 'revised_at'))}, {NEVER + 1} - 1)"),
    }
    listed = ",\n        ".join(f"{cell} AS {name}" for name, cell in columns.items())
    hot, bucket = f"dtk_{kind.name}_hot", f"{owner} >> {BUCKET}"
    slot = f"substr(b.every, ({owner} & {SLOTS}) + 1, 1)"
    place = f"instr(h.slots, {slot})"
    over = f"SELECT o.bucket FROM {hot} o WHERE o.over = 1"
    mine = f"o.bucket = {bucket} AND o.time = {_time()} AND instr(o.slots, {slot}) > 0"
    return f"""
    SELECT
        {listed}
    FROM dtk_bytes b
    {tables}
    CROSS JOIN dtk_numbers a ON a.n < 2
    LEFT JOIN dtk_{kind.name}_chunks c ON a.n = 0 AND c.{kind.owner} = {owner}
    LEFT JOIN {hot} h ON a.n = 1 AND h.bucket = {bucket}
    LEFT JOIN dtk_numbers n
        ON n.n >= CASE a.n WHEN 0 THEN 0 ELSE {place} - 1 END
        AND n.n < CASE a.n WHEN 0 THEN c.rows ELSE {place} END
    WHERE n.n IS NOT NULL AND (
        a.n = 1 OR ({bucket}) NOT IN ({over}) OR NOT EXISTS ({over} AND {mine})
    )
    """


def _cell(kind: Kind, name: str) -> str:
    """Return a column of the kind."""
    code = kind.columns[name]
    if code == "f8":
        return _double(_item(kind, name))
    byte = _byte(_item(kind, name), 0)
    if name in _ENUMS:
        return _words(byte, _ENUMS[name])
    return f"({byte} + 128) % 256 - 128" if code == "i1" else byte


def _item(kind: Kind, name: str) -> str:
    """Return the bytes of one cell; NULL where the column of a chunk is NULL."""
    layout = record(kind)
    width, at = layout[name].itemsize, layout.fields[name][1] + 1  # type: ignore[index]
    chunk = f"substr(c.{name}, 1 + {width} * n.n * (length(c.{name}) > {width}), {width})"
    hot = f"substr(h.data, {at} + {layout.itemsize} * n.n, {width})"
    return f"CASE a.n WHEN 0 THEN {chunk} ELSE {hot} END"


def _time() -> str:
    return (
        f"CASE WHEN a.n = 1 THEN h.time WHEN c.time IS NULL THEN {_GRID} "
        f"ELSE {_integer('substr(c.time, 1 + 8 * n.n, 8)')} END"
    )


def _seen(kind: Kind) -> str:
    told = _integer(_item(kind, "seen"))
    return f"CASE WHEN a.n = 0 AND c.seen IS NULL THEN {_time()} ELSE {told} END"


def _notes(column: str) -> str:
    """Return the JSON of one row out of the notes beside it.

    A cell is copied as it is written: two paths give ``[cell,null]``.
    """
    place = "'$[' || (n.n * (json_array_length(k.value) > 1)) || ']'"
    cell = f"json_extract(k.value, {place}, '$.none')"
    return f"""CASE WHEN {column} IS NULL THEN '{{}}' ELSE (
            SELECT '{{' || coalesce(group_concat(
                json_quote(t.key) || ':' || substr(t.cell, 2, length(t.cell) - 7)
            ), '') || '}}'
            FROM (SELECT k.key, {cell} AS cell FROM json_each({column}) k) t
            WHERE t.cell <> '[[],null]'
        ) END"""


def _byte(item: str, at: int) -> str:
    return f"instr(b.every, substr({item}, {at + 1}, 1))"


def _integer(item: str) -> str:
    """Return 8 bytes as a number; of NULL, NULL."""
    number = " | ".join(f"({_byte('i.x', n)} << {8 * n})" for n in range(8))
    return f"(SELECT {number} FROM (SELECT {item} AS x LIMIT 1 OFFSET 0) i)"


def _double(item: str) -> str:
    """Return 8 bytes as a double, NaN as NULL."""
    low = " | ".join(f"({_byte('i.x', n)} << {8 * n})" for n in range(6))
    mantissa = f"({low} | (({_byte('i.x', 6)} & 15) << 48))"
    head = f"({_byte('i.x', 7)} << 4) | ({_byte('i.x', 6)} >> 4)"
    hidden = f"(p.head & 2047 > 0) * {2**52}"
    return (
        f"(SELECT coalesce(({mantissa} + {hidden}) * p.factor, "
        f"CASE {mantissa} WHEN 0 THEN (2048 - p.head) * 9e999 END) "
        f"FROM (SELECT {item} AS x LIMIT 1 OFFSET 0) i CROSS JOIN dtk_powers p "
        f"WHERE p.head = ({head}))"
    )


def _moment(micros: str) -> str:
    """Return microseconds since 1970 as ``2024-11-01 10:00:00``, a fraction only where there is."""
    fraction = "((t.t % 1000000 + 1000000) % 1000000)"
    return (
        f"(SELECT strftime('%Y-%m-%d %H:%M:%S', (t.t - {fraction}) / 1000000, 'unixepoch') || "
        f"CASE {fraction} WHEN 0 THEN '' ELSE printf('.%06d', {fraction}) END "
        f"FROM (SELECT {micros} AS t LIMIT 1 OFFSET 0) t)"
    )


def _words(column: str, enum: type[IntEnum]) -> str:
    """Return a number of ``enum`` as its name in lower case."""
    cases = " ".join(f"WHEN {item.value} THEN '{item.name.lower()}'" for item in enum)
    return f"CASE {column} {cases} ELSE {column} END"


_METRIC: Final = "CROSS JOIN dtk_metrics m CROSS JOIN dtk_series s ON s.metric = m.id"
_NAMES: Final = {"metric_name": "m.name", "series": "s.labels"}

VIEWS: Final = (
    f"CREATE VIEW dtk_datapoints AS {_view(POINTS, _NAMES, _METRIC, 's.id', 'context')}",
    "CREATE VIEW dtk_detections AS "
    + _view(
        VERDICTS,
        _NAMES | {"detector_id": "j.detector"},
        f"{_METRIC} CROSS JOIN dtk_judges j ON j.series = s.id",
        "j.id",
        "explain",
    ),
)
