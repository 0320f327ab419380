"""The hot part: the new rows of up to 128 owners at one time as one row of a table.

A tick of all owners writes a row for each bucket of them, not for each owner. ``slots`` names
the owners, a byte each, in the order of their records in ``data``.
"""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from detectk.collectors.sql.chunk_block import BUCKET, SLOTS, Block, buckets_of, record
from detectk.collectors.sql.chunk_notes import (
    Notes,
    dump_notes,
    joined_notes,
    load_notes,
    taken_notes,
)
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.versions import Kind, Micros

__all__ = ["Hot"]


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
        self._record = record(kind)
        self._limit = limit

    def write(self, block: Block) -> None:
        """Write rows, at least one, over those that have their keys."""
        old = self._beside(block)
        self._store(Block.join([old, block]).in_order() if len(old) else block)
        buckets, counts = np.unique(block.rows["owner"] >> BUCKET, return_counts=True)
        self._database.run_many(
            f"INSERT INTO {self._buckets} VALUES (?, ?, 0) "
            "ON CONFLICT (bucket) DO UPDATE SET rows = rows + excluded.rows",
            list(zip(buckets.tolist(), counts.tolist(), strict=True)),
        )

    def remove(self, block: Block) -> None:
        """Delete the rows with the keys of ``block``, those that are here."""
        self._drop(self._beside(block), block)

    def find(self, owners: Sequence[int], start: int, end: int) -> Block:
        """Return rows of ``start <= time < end`` by (owner, time)."""
        wanted = np.array(owners, np.int64)
        block = self._between(buckets_of(wanted), start, end)
        return block.take(np.isin(block.rows["owner"], wanted)).in_order()

    def bucket(self, bucket: int) -> Block:
        """Return the rows of a bucket by (owner, time)."""
        sql = f"SELECT time, data, notes FROM {self._table} WHERE bucket = ?"
        return self._block(self._database.query(sql, (bucket,))).in_order()

    def full(self, owners: Micros, budget: int) -> list[int]:
        """Return buckets of ``owners`` to fold now, the fullest first.

        The limit is looked at when a bucket has reached the last one: to know how many owners
        have rows means to look at them.
        """
        found = self._database.query(
            f"SELECT bucket, rows FROM {self._buckets} WHERE rows >= max(fold_at, ?) "
            "AND bucket IN (SELECT value FROM json_each(?)) ORDER BY rows DESC",
            (self._limit, json.dumps(buckets_of(owners))),
        )
        full = []
        for bucket, rows in found:
            if budget <= 0:
                break
            sql = f"SELECT slots FROM {self._table} WHERE bucket = ?"
            slots = {slot for (some,) in self._database.query(sql, (bucket,)) for slot in some}
            fold_at = self._limit * len(slots)
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

    def _drop(self, rows: Block, unwanted: Block) -> None:
        """Write ``rows``, all there are at their times, again but for the unwanted keys."""
        keys = set(zip(*_keys(rows), strict=True))
        self._database.run_many(
            f"DELETE FROM {self._table} WHERE bucket = ? AND time = ?", sorted(keys)
        )
        key = [("owner", "<i8"), ("time", "<i8")]
        some, other = (
            np.rec.fromarrays([b.rows["owner"], b.rows["time"]], dtype=key)
            for b in (rows, unwanted)
        )
        left = rows.take(~np.isin(some, other))
        if len(left):
            self._store(left)

    def _store(self, block: Block) -> None:
        rows = block.rows
        order = np.lexsort((rows["owner"], rows["time"], rows["owner"] >> BUCKET))
        rows = rows[order]
        bucket, time = rows["owner"] >> BUCKET, rows["time"]
        cuts = np.flatnonzero((bucket[1:] != bucket[:-1]) | (time[1:] != time[:-1])) + 1
        starts = np.append(0, cuts)
        pieces = list(zip(starts.tolist(), [*cuts.tolist(), len(rows)], strict=True))
        raw, width = rows.tobytes(), rows.itemsize
        slots = ((rows["owner"] & SLOTS) + 1).astype(np.uint8).tobytes()
        notes: list[str | None] = [None] * len(pieces)
        if block.notes:
            told = taken_notes(block.notes, order.tolist())
            notes = [dump_notes(taken_notes(told, slice(a, b))) for a, b in pieces]
        columns = {
            "bucket": bucket[starts],
            "time": time[starts],
            "over": np.maximum.reduceat(rows["over"], starts),
            "slots": [slots[a:b] for a, b in pieces],
            "data": [raw[a * width : b * width] for a, b in pieces],
            "notes": notes,
        }
        self._database.replace(self._table, ("bucket", "time"), columns)

    def _beside(self, block: Block) -> Block:
        """Return all rows of the buckets and times of ``block``."""
        rows = block.rows
        start, end = int(rows["time"].min()), int(rows["time"].max()) + 1
        buckets, times = _keys(block)
        return self._between(
            buckets_of(rows["owner"]), start, end, set(zip(buckets, times, strict=True))
        )

    def _between(
        self, buckets: list[int], start: int, end: int, keys: set[tuple[int, int]] | None = None
    ) -> Block:
        found = self._database.query(
            f"SELECT h.bucket, h.time, h.data, h.notes FROM json_each(?) b "
            f"CROSS JOIN {self._table} h ON h.bucket = b.value AND h.time >= ? AND h.time < ?",
            (json.dumps(buckets), start, end),
        )
        return self._block([row[1:] for row in found if keys is None or row[:2] in keys])

    def _block(self, rows: Sequence[tuple[int, bytes, str | None]]) -> Block:
        records = np.frombuffer(b"".join([data for _, data, _ in rows]), self._record)
        notes: Notes = {}
        if any(text for _, _, text in rows):
            width = self._record.itemsize
            counts = [len(data) // width for _, data, _ in rows]
            notes = joined_notes(
                (load_notes(text, count), count)
                for (_, _, text), count in zip(rows, counts, strict=True)
            )
        return Block(records, notes)


def _keys(block: Block) -> tuple[list[Any], list[Any]]:
    """Return bucket and time of each row."""
    return (block.rows["owner"] >> BUCKET).tolist(), block.rows["time"].tolist()
