"""Superseded versions: few, so they stay plain rows."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from detectk.collectors.sql.chunk_block import NEVER, Block, record
from detectk.collectors.sql.chunk_notes import row_texts, text_notes
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import Columns
from detectk.collectors.sql.versions import Kind

__all__ = ["Revisions"]


class Revisions:
    """The revisions of one kind."""

    def __init__(self, database: Database, kind: Kind) -> None:
        self._database = database
        self._table = f"dtk_{kind.name[:-1]}_revisions"
        self._kind = kind
        self._record = record(kind)

    def insert(self, block: Block) -> None:
        """Add rows."""
        rows = block.rows
        texts = row_texts(block.notes, len(block))
        revised = rows["revised_at"].tolist()
        columns: Columns = {
            self._kind.owner: rows["owner"],
            "time": rows["time"],
            **{name: rows[name] for name in self._kind.columns},
            self._kind.notes: [text or "{}" for text in texts],
            "seen": rows["seen"],
            "first_seen": rows["first_seen"],
            "revised_at": [None if moment == NEVER else moment for moment in revised],
        }
        self._database.insert(self._table, columns)

    def find(self, owners: Sequence[int], start: int, end: int) -> Block:
        """Return rows of ``start <= time < end`` by (owner, time, order of writing)."""
        owner = self._kind.owner
        names = (owner, "time", *self._kind.columns, "seen")
        rows = self._database.query(
            f"SELECT {', '.join(f'r.{name}' for name in names)}, "
            f"nullif(r.{self._kind.notes}, '{{}}') FROM json_each(?) w "
            f"CROSS JOIN {self._table} r ON r.{owner} = w.value AND r.time >= ? AND r.time < ? "
            f"ORDER BY r.{owner}, r.time, r.id",
            (json.dumps(list(owners)), start, end),
        )
        found = np.zeros(len(rows), self._record)
        if not rows:
            return Block(found)
        *columns, notes = zip(*rows, strict=True)
        for name, cells in zip(("owner", *names[1:]), columns, strict=True):
            found[name] = np.array(cells, found.dtype[name])
        return Block(found, text_notes(notes))

    def older(self, owners: Sequence[int], before: int) -> dict[int, int]:
        """Return owner to the number of rows before a moment."""
        sql = (
            f"SELECT r.{self._kind.owner}, count(*) FROM json_each(?) w CROSS JOIN {self._table} r "
            f"ON r.{self._kind.owner} = w.value AND r.time < ? GROUP BY 1"
        )
        return dict(self._database.query(sql, (json.dumps(list(owners)), before)))

    def prune(self, owners: Sequence[int], before: int) -> None:
        """Delete the rows before a moment."""
        self._database.run(
            f"DELETE FROM {self._table} WHERE time < ? "
            f"AND {self._kind.owner} IN (SELECT value FROM json_each(?))",
            (before, json.dumps(list(owners))),
        )
