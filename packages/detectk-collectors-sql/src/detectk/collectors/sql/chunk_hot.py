"""The hot part: one row of a table a row, ordered so that a tick of many owners is cheap."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from detectk.collectors.sql.chunk_block import Block, record
from detectk.collectors.sql.chunk_notes import row_texts, text_notes
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.versions import Kind, Micros

__all__ = ["BUCKET", "Hot"]

BUCKET: Final = 7
"""Owners whose numbers differ in this many low bits only lie side by side.

The key is (bucket, time, owner): a tick of all owners touches few pages, and reading one owner
looks through few others.
"""


class Hot:
    """The hot rows of one kind.

    Args:
        database: Where.
        kind: What rows hold.
        limit: Rows an owner has here on average before they are folded into chunks.
    """

    def __init__(self, database: Database, kind: Kind, *, limit: int) -> None:
        self._database = database
        self._table = f"dtk_{kind.name}_hot"
        self._buckets = f"dtk_{kind.name}_buckets"
        self._owner = kind.owner
        self._record = record(kind)
        self._limit = limit

    def insert(self, block: Block) -> None:
        """Add rows whose keys are not here."""
        order = np.lexsort((block.rows["owner"], block.rows["time"], _buckets(block)))
        rows = block.rows[order]
        raw, width = rows.tobytes(), rows.itemsize
        notes = row_texts(block.notes, len(block))
        cells = zip(
            (rows["owner"] >> BUCKET).tolist(),
            rows["time"].tolist(),
            rows["owner"].tolist(),
            rows["over"].tolist(),
            [raw[place : place + width] for place in range(0, len(raw), width)],
            [notes[row] for row in order.tolist()] if block.notes else notes,
            strict=True,
        )
        columns = ("bucket", "time", self._owner, "over", "data", "notes")
        self._database.insert(self._table, columns, cells)
        buckets, counts = np.unique(rows["owner"] >> BUCKET, return_counts=True)
        self._database.run_many(
            f"INSERT INTO {self._buckets} VALUES (?, ?, 0) "
            "ON CONFLICT (bucket) DO UPDATE SET rows = rows + excluded.rows",
            zip(buckets.tolist(), counts.tolist(), strict=True),
        )

    def remove(self, block: Block) -> None:
        """Delete the rows with the keys of ``block``, those that are here."""
        rows = block.rows
        keys = ((rows["owner"] >> BUCKET).tolist(), rows["time"].tolist(), rows["owner"].tolist())
        self._database.run_many(
            f"DELETE FROM {self._table} WHERE bucket = ? AND time = ? AND {self._owner} = ?",
            zip(*keys, strict=True),
        )

    def find(self, owners: Sequence[int], start: int, end: int) -> Block:
        """Return rows of ``start <= time < end`` by (owner, time)."""
        rows = self._database.query(
            f"SELECT h.data, h.notes FROM json_each(?) b CROSS JOIN {self._table} h "
            "ON h.bucket = b.value AND h.time >= ? AND h.time < ? "
            f"WHERE h.{self._owner} IN (SELECT value FROM json_each(?))",
            (_json(owner >> BUCKET for owner in owners), start, end, _json(owners)),
        )
        return self._block(rows).in_order()

    def bucket(self, bucket: int) -> Block:
        """Return the rows of a bucket by (owner, time)."""
        sql = f"SELECT data, notes FROM {self._table} WHERE bucket = ?"
        return self._block(self._database.query(sql, (bucket,))).in_order()

    def full(self, owners: Micros, budget: int) -> list[int]:
        """Return buckets of ``owners`` to fold now, the fullest first.

        The limit is looked at when a bucket has doubled or so: to know how many owners have rows
        means to look at them.
        """
        found = self._database.query(
            f"SELECT bucket, rows FROM {self._buckets} WHERE rows >= max(fold_at, ?) "
            "AND bucket IN (SELECT value FROM json_each(?)) ORDER BY rows DESC",
            (self._limit, _json(np.unique(owners >> BUCKET).tolist())),
        )
        full = []
        for bucket, rows in found:
            if budget <= 0:
                break
            sql = f"SELECT count(DISTINCT {self._owner}) FROM {self._table} WHERE bucket = ?"
            fold_at = self._limit * self._database.query(sql, (bucket,))[0][0]
            if rows >= fold_at:
                full.append(bucket)
                budget -= rows
            sql = f"UPDATE {self._buckets} SET fold_at = ? WHERE bucket = ?"
            self._database.run(sql, (fold_at, bucket))
        return full

    def clear(self, bucket: int) -> None:
        """Delete the rows of a bucket."""
        self._database.run(f"DELETE FROM {self._table} WHERE bucket = ?", (bucket,))
        self._database.run(f"UPDATE {self._buckets} SET rows = 0 WHERE bucket = ?", (bucket,))

    def older(self, owners: Sequence[int], before: int) -> list[tuple[int, int]]:
        """Return owner and number of rows before a moment that no chunk holds too."""
        found: list[tuple[int, int]] = self._database.query(
            f"SELECT h.{self._owner}, count(*) FROM json_each(?) b CROSS JOIN {self._table} h "
            "ON h.bucket = b.value AND h.time < ? WHERE h.over = 0 "
            f"AND h.{self._owner} IN (SELECT value FROM json_each(?)) GROUP BY 1",
            (_json(owner >> BUCKET for owner in owners), before, _json(owners)),
        )
        return found

    def prune(self, owners: Sequence[int], before: int) -> None:
        """Delete the rows before a moment."""
        self._database.run(
            f"DELETE FROM {self._table} WHERE bucket IN (SELECT value FROM json_each(?)) "
            f"AND time < ? AND {self._owner} IN (SELECT value FROM json_each(?))",
            (_json(owner >> BUCKET for owner in owners), before, _json(owners)),
        )

    def _block(self, rows: Sequence[tuple[bytes, str | None]]) -> Block:
        if not rows:
            return Block(np.empty(0, self._record))
        data, notes = zip(*rows, strict=True)
        return Block(np.frombuffer(b"".join(data), self._record), text_notes(notes))


def _json(numbers: Iterable[int]) -> str:
    return json.dumps(sorted(set(numbers)))


def _buckets(block: Block) -> Micros:
    buckets: Micros = block.rows["owner"] >> BUCKET
    return buckets
