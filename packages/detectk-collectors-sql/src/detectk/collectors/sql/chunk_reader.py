"""Read many owners out of chunks, hot part and revisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from detectk.collectors.sql.chunk_block import Block, owner_starts, record
from detectk.collectors.sql.chunk_codec import ChunkCodec, Stored
from detectk.collectors.sql.chunk_hot import Hot
from detectk.collectors.sql.chunk_notes import to_columns
from detectk.collectors.sql.chunk_revisions import Revisions
from detectk.collectors.sql.chunk_rows import ChunkRows, Found
from detectk.collectors.sql.chunk_store import ChunkStore
from detectk.collectors.sql.versions import Kind, Rows, Wanted

__all__ = ["ChunkReader"]

_HOT: Final = 1000
"""Owners whose hot rows are asked for at once: neighbours lie side by side."""
_CHUNKS: Final = 32
"""Owners whose chunks are asked for at once; the memory of few is used again for the next."""


class ChunkReader:
    """One call of `detectk.collectors.sql.versions.Versions.read`."""

    def __init__(
        self, kind: Kind, codec: ChunkCodec, *, chunks: ChunkStore, hot: Hot, revisions: Revisions
    ) -> None:
        self._record = record(kind)
        self._codec = codec
        self._chunks = chunks
        self._hot = hot
        self._revisions = revisions
        self._rows = ChunkRows(codec)

    def read(self, wanted: Sequence[Wanted], *, every: bool) -> Sequence[Rows]:
        """Return the rows in force, or ``every`` version, an item for each of ``wanted``."""
        answers: dict[int, Rows] = {}
        places = sorted(range(len(wanted)), key=lambda place: wanted[place].owner)
        for start in range(0, len(places), _HOT):
            answers |= self._read(wanted, places[start : start + _HOT], every=every)
        return [answers[place] for place in range(len(wanted))]

    def _read(
        self, wanted: Sequence[Wanted], places: Sequence[int], *, every: bool
    ) -> dict[int, Rows]:
        spans: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for place in places:
            spans[wanted[place].start, wanted[place].end].append(place)
        owners = sorted({wanted[place].owner for place in places})
        start, end = min(start for start, _ in spans), max(end for _, end in spans)
        hot = self._hot_chunks(owners, start, end)
        old = self._revised(owners, start, end) if every else {}
        answers: dict[int, Rows] = {}
        for (start, end), alike in spans.items():
            for first in range(0, len(alike), _CHUNKS):
                some = alike[first : first + _CHUNKS]
                asked = sorted({wanted[place].owner for place in some})
                chunks = self._chunks.find(asked, start, end, whole=False)
                for place in some:
                    owner = wanted[place].owner
                    found = self._rows.read(chunks.get(owner, ()), hot.get(owner), start, end)
                    if owner in old:
                        found = self._every(found, old[owner], start, end)
                    time, columns, notes, seen = found
                    if every and not len(seen):
                        seen = time
                    answers[place] = Rows(time, columns, to_columns(notes), seen)
        return answers

    def _every(self, found: Found, old: Block, start: int, end: int) -> Found:
        """Return every version of one owner's rows by (time, seen, order of writing)."""
        time, columns, notes, seen = found
        now = Block(np.zeros(len(time), self._record), notes)
        now.rows["time"], now.rows["seen"] = time, seen if len(seen) else time
        for name, column in columns.items():
            now.rows[name] = column
        within = (old.rows["time"] >= start) & (old.rows["time"] < end)
        both = Block.join([old.take(within), now])
        both = both.take(np.lexsort((both.rows["seen"], both.rows["time"])))
        time, seen = (np.ascontiguousarray(both.rows[name]) for name in ("time", "seen"))
        columns = {name: np.ascontiguousarray(both.rows[name]) for name in columns}
        return time, columns, both.notes, seen

    def _hot_chunks(self, owners: Sequence[int], start: int, end: int) -> dict[int, Stored]:
        """Return the hot rows of each owner as a chunk."""
        block = self._hot.find(owners, start, end)
        if not len(block):
            return {}
        chunks = self._codec.encode(block, *owner_starts(block))
        return {chunk[0]: chunk for chunk in chunks}

    def _revised(self, owners: Sequence[int], start: int, end: int) -> dict[int, Block]:
        block = self._revisions.find(owners, start, end)
        if not len(block):
            return {}
        parts = zip(*(ends.tolist() for ends in owner_starts(block)), strict=True)
        return {int(block.rows["owner"][a]): block.take(np.arange(a, b)) for a, b in parts}
