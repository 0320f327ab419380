"""First and newest time of each owner: what lies outside is new, without a look at any row."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.chunk_block import BUCKET, ENDS, Block, Mask, buckets_of, owner_starts
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.versions import Kind, Micros

__all__ = ["Ends", "Extents", "found", "within"]

Ends: TypeAlias = npt.NDArray[Any]
"""(n,) of `ENDS` ordered by owner: everybody of some buckets."""


class Extents:
    """The extents of one kind, those of a bucket of owners in one row."""

    def __init__(self, database: Database, kind: Kind) -> None:
        self._database = database
        self._table = f"dtk_{kind.name}_extents"

    def of(self, owners: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Return owner to first and newest time, of those that have rows."""
        wanted = np.array(owners, np.int64)
        ends = self.load(wanted)
        ends = ends[np.isin(ends["owner"], wanted)]
        cells = zip(ends["first"].tolist(), ends["last"].tolist(), strict=True)
        return dict(zip(ends["owner"].tolist(), cells, strict=True))

    def load(self, owners: Micros) -> Ends:
        """Return the extents of everybody in the buckets of ``owners``."""
        sql = f"SELECT data FROM {self._table} WHERE bucket IN (SELECT value FROM json_each(?))"
        buckets = json.dumps(buckets_of(owners))
        rows = self._database.query(f"{sql} ORDER BY bucket", (buckets,))
        return np.frombuffer(b"".join([data for (data,) in rows]), ENDS)

    def widen(self, ends: Ends, block: Block) -> Ends:
        """Note the times of rows, at least one, ordered by (owner, time).

        Args:
            ends: What `load` returned for their owners.
            block: The rows.
        """
        starts, stops = owner_starts(block)
        new = np.empty(len(starts), ENDS)
        new["owner"] = block.rows["owner"][starts]
        new["first"] = block.rows["time"][starts]
        new["last"] = block.rows["time"][stops - 1]
        there, places = found(ends, new["owner"])
        old = ends[places[there]]
        new["first"][there] = np.minimum(new["first"][there], old["first"])
        new["last"][there] = np.maximum(new["last"][there], old["last"])
        wider = ends.copy()
        wider[places[there]] = new[there]
        wider = np.concatenate([wider, new[~there]])
        wider = wider[np.argsort(wider["owner"], kind="stable")]
        self._write(wider, buckets_of(new["owner"]))
        return wider

    def replace(self, owners: Micros, first: Micros, *, gone: Mask) -> None:
        """Note other first times; ``gone`` are the owners without rows."""
        ends = self.load(owners).copy()
        there, places = found(ends, owners)
        ends["first"][places[there]] = first[there]
        kept = ~np.isin(ends["owner"], owners[gone])
        buckets = buckets_of(owners)
        sql = f"DELETE FROM {self._table} WHERE bucket IN (SELECT value FROM json_each(?))"
        self._database.run(sql, (json.dumps(buckets),))
        self._write(ends[kept], buckets)

    def _write(self, ends: Ends, buckets: Sequence[int]) -> None:
        owners = ends["owner"] >> BUCKET
        starts = np.searchsorted(owners, buckets).tolist()
        stops = np.searchsorted(owners, buckets, side="right").tolist()
        rows = [
            (bucket, ends[a:b].tobytes())
            for bucket, a, b in zip(buckets, starts, stops, strict=True)
            if a < b
        ]
        self._database.run_many(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)", rows)


def found(ends: Ends, owners: Micros) -> tuple[Mask, npt.NDArray[np.intp]]:
    """Return which owners are in ``ends``, and where each would be."""
    places = np.searchsorted(ends["owner"], owners)
    there = np.zeros(len(owners), np.bool_)
    inside = places < len(ends)
    there[inside] = ends["owner"][places[inside]] == owners[inside]
    return there, places


def within(ends: Ends, block: Block) -> Mask:
    """Return which rows lie between the first and the newest row of their owner."""
    there, places = found(ends, block.rows["owner"])
    time = block.rows["time"][there]
    own = ends[places[there]]
    there[there] = (time >= own["first"]) & (time <= own["last"])
    return there
