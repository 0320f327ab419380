"""The chunks of one kind: found by owner and time, merged with new rows, cut off at an age."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

import numpy as np

from detectk.collectors.sql.chunk_block import ENDS, Block, owner_starts
from detectk.collectors.sql.chunk_codec import ChunkCodec, Stored
from detectk.collectors.sql.chunk_extents import Ends, found
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.versions import Kind, Micros

__all__ = ["ChunkStore"]

_THIN: Final = 4
"""A chunk of less than one part in so many is not left behind between others."""


class ChunkStore:
    """The table of chunks; those of one owner never overlap.

    Args:
        database: Where.
        kind: What rows hold.
        codec: How they are written.
        size: Most rows of a chunk.
    """

    def __init__(self, database: Database, kind: Kind, codec: ChunkCodec, *, size: int) -> None:
        self._database = database
        self._table = f"dtk_{kind.name}_chunks"
        self._owner = kind.owner
        self._codec = codec
        self._size = size

    def find(
        self, owners: Sequence[int], start: int, end: int, *, whole: bool
    ) -> dict[int, list[Stored]]:
        """Return owner to its chunks with rows in ``start <= time < end``, ordered by time.

        Args:
            owners: Whose.
            start: In microseconds.
            end: In microseconds.
            whole: Whether columns are needed that reading does not need.
        """
        names = self._codec.names if whole else self._codec.names[: self._codec.read]
        found: defaultdict[int, list[Stored]] = defaultdict(list)
        rows = self._database.query(
            f"SELECT {_listed(names)} FROM json_each(?) w CROSS JOIN {self._table} c "
            f"ON c.{self._owner} = w.value AND c.last >= ? AND c.first < ?",
            (json.dumps(list(owners)), start, end),
        )
        for row in rows:
            found[row[0]].append(row)
        for chunks in found.values():
            chunks.sort(key=itemgetter(1))
        return found

    def merge(self, block: Block, ends: Ends) -> None:
        """Write rows in order; they win over those that are there.

        Args:
            block: Rows by (owner, time).
            ends: Extents of their owners, wherever rows are.
        """
        near = self._near(block)
        if near:
            self._database.run_many(
                f"DELETE FROM {self._table} WHERE id = ?", [(chunk[-1],) for chunk in near]
            )
            old = self._codec.decode([(chunk, 0, chunk[3]) for chunk in near])
            block = Block.join([old, block]).in_order()
        self._insert(block, ends)

    def older(self, owners: Sequence[int], before: int) -> dict[int, int]:
        """Return owner to the number of rows before a moment."""
        sql = (
            f"SELECT c.{self._owner}, sum(c.rows) FROM json_each(?) w CROSS JOIN {self._table} c "
            f"ON c.{self._owner} = w.value AND c.last < ? GROUP BY 1"
        )
        counts: dict[int, int] = dict(self._database.query(sql, (json.dumps(list(owners)), before)))
        for chunk in self._cut(owners, before):
            counts[chunk[0]] = counts.get(chunk[0], 0) + self._codec.span(chunk, before, before)[1]
        return counts

    def prune(self, owners: Sequence[int], before: int) -> None:
        """Delete the rows before a moment."""
        cut = self._cut(owners, before)
        self._database.run_many(
            f"DELETE FROM {self._table} WHERE id = ?", [(chunk[-1],) for chunk in cut]
        )
        self._database.run(
            f"DELETE FROM {self._table} WHERE last < ? "
            f"AND {self._owner} IN (SELECT value FROM json_each(?))",
            (before, json.dumps(list(owners))),
        )
        if cut:
            spans = [self._codec.span(chunk, before, chunk[2] + 1) for chunk in cut]
            self._insert(self._codec.decode(spans), np.empty(0, ENDS))

    def firsts(self, owners: Sequence[int]) -> dict[int, int]:
        """Return owner to its first time in a chunk."""
        sql = (
            f"SELECT c.{self._owner}, min(c.first) FROM json_each(?) w "
            f"CROSS JOIN {self._table} c ON c.{self._owner} = w.value GROUP BY 1"
        )
        return dict(self._database.query(sql, (json.dumps(list(owners)),)))

    def _near(self, block: Block) -> list[Stored]:
        """Return the chunks that overlap the rows, and those with room before them; id last."""
        starts, ends = owner_starts(block)
        rows = block.rows
        asked = np.stack(
            [rows["owner"][starts], rows["time"][starts], rows["time"][ends - 1]], axis=1
        )
        low, high = (f"json_extract(w.value, '$[{place}]')" for place in (1, 2))
        mine = f"{self._owner} = json_extract(w.value, '$[0]')"
        before = f"SELECT max(p.last) FROM {self._table} p WHERE p.{mine} AND p.last < {low}"
        found: list[Stored] = self._database.query(
            f"SELECT {_listed(self._codec.names)}, c.id FROM json_each(?) w "
            f"CROSS JOIN {self._table} c ON c.{mine} AND c.last >= coalesce(({before}), {low}) "
            f"AND c.first <= {high} AND (c.last >= {low} OR c.rows < ?)",
            (json.dumps(asked.tolist()), self._size),
        )
        return found

    def _cut(self, owners: Sequence[int], before: int) -> list[Stored]:
        """Return the chunks with rows on both sides of a moment, id last."""
        found: list[Stored] = self._database.query(
            f"SELECT {_listed(self._codec.names)}, c.id FROM json_each(?) w "
            f"CROSS JOIN {self._table} c ON c.{self._owner} = w.value "
            "AND c.last >= ? AND c.first < ?",
            (json.dumps(list(owners)), before, before),
        )
        return found

    def _insert(self, block: Block, ends: Ends) -> None:
        chunks = self._codec.encode(block, *self._pieces(block, ends))
        columns = zip(*chunks, strict=True)
        self._database.insert(self._table, dict(zip(self._codec.names, columns, strict=True)))

    def _pieces(self, block: Block, extents: Ends) -> tuple[Micros, Micros]:
        """Cut a block into chunks, full ones first; the last of an owner goes on growing."""
        starts, ends = owner_starts(block)
        there, places = found(extents, block.rows["owner"][starts])
        newest = there.copy()
        newest[there] = extents["last"][places[there]] == block.rows["time"][ends[there] - 1]
        cuts: list[int] = []
        for grows, a, b in zip(newest.tolist(), starts.tolist(), ends.tolist(), strict=True):
            some = list(range(a, b, self._size))
            if len(some) > 1 and b - some[-1] < self._size // _THIN and not grows:
                some[-1] = (some[-2] + b) // 2
            cuts += some
        froms = np.array(cuts, np.int64)
        return froms, np.append(froms[1:], len(block))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"c.{name}" for name in names)
