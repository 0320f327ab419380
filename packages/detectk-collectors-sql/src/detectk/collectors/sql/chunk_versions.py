"""Versioned rows in chunks, with a hot part that takes small writes and is folded into them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from detectk.collectors.sql.chunk_arrivals import arrived, differing, grouped, paired
from detectk.collectors.sql.chunk_block import Block, owner_starts
from detectk.collectors.sql.chunk_codec import ChunkCodec
from detectk.collectors.sql.chunk_extents import Extents, within
from detectk.collectors.sql.chunk_hot import Hot
from detectk.collectors.sql.chunk_reader import ChunkReader
from detectk.collectors.sql.chunk_revisions import Revisions
from detectk.collectors.sql.chunk_store import ChunkStore
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.versions import Kept, Kind, Micros, Rows, Versions, Wanted

__all__ = ["ChunkVersions"]

_ROWS: Final = {"points": 960, "verdicts": 160}
"""A chunk is rewritten while it grows: it should fit a page or a few."""
_HOT: Final = 48
_AT_ONCE: Final = 1000
"""Owners of one statement: what it returns is in memory twice for a moment."""
_END: Final = 2**63 - 1
_LEAST: Final = 8192
_TIMES: Final = 4
"""A write folds at most so many rows, or so many times its own."""


class ChunkVersions(Versions):
    """One row of the database holds hundreds of points.

    Few new rows go to the hot part, many at once become chunks. Whoever writes folds what the hot
    part has too much of, a bounded number of rows each time. A key may be in a chunk and in the
    hot part: then the hot row is in force, and says so in ``over``.

    Args:
        database: Where.
        kind: What rows hold.
        rows: Most rows of a chunk, None for what measured well.
        hot: Rows an owner has in the hot part on average when they are folded.
        bulk: Rows of one owner that become chunks at once.
    """

    def __init__(
        self,
        database: Database,
        kind: Kind,
        *,
        rows: int | None = None,
        hot: int = _HOT,
        bulk: int = 64,
    ) -> None:
        self._kind = kind
        self._bulk = bulk
        self._codec = ChunkCodec(kind)
        self._chunks = ChunkStore(database, kind, self._codec, size=rows or _ROWS[kind.name])
        self._hot = Hot(database, kind, limit=hot)
        self._revisions = Revisions(database, kind)
        self._extents = Extents(database, kind)

    def keep(self, batch: Sequence[Kept], *, now: int) -> None:
        """Write rows; ``now`` is the wall time in microseconds."""
        for some in grouped(batch):
            self._keep(some, now)

    def read(self, wanted: Sequence[Wanted], *, every: bool = False) -> Sequence[Rows]:
        """Return the rows in force, or ``every`` version, an item for each of ``wanted``."""
        reader = ChunkReader(
            self._kind,
            self._codec,
            chunks=self._chunks,
            hot=self._hot,
            revisions=self._revisions,
        )
        return reader.read(wanted, every=every)

    def extents(self, owners: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """Return owner to the times of its first and newest row, of those that have any."""
        return self._extents.of(owners)

    def prune(self, before: Mapping[int, int], *, execute: bool) -> Mapping[int, int]:
        """Delete what is older, every version; return owner to how many went, or would go."""
        gone = dict.fromkeys(before, 0)
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for owner, time in before.items():
            groups[time].append(owner)
        for time, everybody in groups.items():
            for start in range(0, len(everybody), _AT_ONCE):
                owners = everybody[start : start + _AT_ONCE]
                hot = self._hot.find(owners, -(2**63), time).rows
                gone_hot = Counter(hot["owner"][hot["over"] == 0].tolist())
                for counted in (
                    self._chunks.older(owners, time),
                    gone_hot,
                    self._revisions.older(owners, time),
                ):
                    for owner, number in counted.items():
                        gone[owner] += number
                if execute:
                    self._delete([owner for owner in owners if gone[owner]], time)
        return gone

    def _delete(self, owners: Sequence[int], before: int) -> None:
        if not owners:
            return
        self._chunks.prune(owners, before)
        old = self._hot.find(owners, -(2**63), before)
        if len(old):
            self._hot.remove(old)
        self._revisions.prune(owners, before)
        firsts = self._chunks.firsts(owners)
        hot = self._hot.find(owners, before, _END)
        if len(hot):
            starts, _ = owner_starts(hot)
            times = hot.rows[starts][["owner", "time"]].tolist()
            firsts |= {owner: min(time, firsts.get(owner, time)) for owner, time in times}
        first = np.array([firsts.get(owner, _END) for owner in owners])
        self._extents.replace(np.array(owners), first, gone=first == _END)

    def _keep(self, items: Sequence[Kept], now: int) -> None:
        block, steps = arrived(self._kind, items, now)
        ends = self._extents.load(block.rows["owner"])
        known = within(ends, block)
        if known.any():
            old = self._stored(Block(block.rows[known]))
            block = self._changed(old, block, steps, now)
        if not len(block):
            return
        ends = self._extents.widen(ends, block)
        _, which, counts = np.unique(block.rows["owner"], return_inverse=True, return_counts=True)
        many = (counts >= self._bulk)[which]
        if many.all():
            self._chunks.merge(block, ends)
            return
        if many.any():
            self._chunks.merge(block.take(many), ends)
            block = block.take(~many)
        if len(block):
            self._hot.write(block)
            self._fold(block.rows["owner"])

    def _fold(self, owners: Micros) -> None:
        """Fold the buckets of ``owners`` that have too many hot rows."""
        for bucket in self._hot.full(owners, max(_LEAST, _TIMES * len(owners))):
            rows = self._hot.bucket(bucket)
            self._hot.clear(bucket)
            if len(rows):
                self._chunks.merge(rows, self._extents.load(rows.rows["owner"]))

    def _changed(self, old: Block, new: Block, steps: Micros, now: int) -> Block:
        """Return the rows that are to be written, and keep the versions that they supersede."""
        was, now_is = paired(old, new)
        differ = differing(self._kind, old.take(was), new.take(now_is))
        wanted = np.ones(len(new), np.bool_)
        wanted[now_is[~differ]] = False
        before, places = old.take(was[differ]), now_is[differ]
        if len(before):
            self._revisions.insert(before)
            self._hot.remove(before)
            rows = new.rows.copy()
            rows["seen"][places], rows["revised_at"][places] = steps[places], now
            for name in ("first_seen", "over"):
                rows[name][places] = before.rows[name]
            new = Block(rows, new.notes)
        return new.take(wanted)

    def _stored(self, block: Block) -> Block:
        """Return what is stored between the first and the last of the rows of each owner."""
        starts, ends = owner_starts(block)
        owners = block.rows["owner"][starts].tolist()
        lows, highs = block.rows["time"][starts].tolist(), block.rows["time"][ends - 1].tolist()
        groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for owner, low, high in zip(owners, lows, highs, strict=True):
            groups[low, high + 1].append(owner)
        found: list[Block] = []
        for (low, high), alike in groups.items():
            for start in range(0, len(alike), _AT_ONCE):
                some = alike[start : start + _AT_ONCE]
                chunks = self._chunks.find(some, low, high, whole=True)
                spans = [self._codec.span(c, low, high) for own in chunks.values() for c in own]
                found.append(self._codec.decode(spans))
                found.append(self._hot.find(some, low, high))
        return Block.join(found).in_order()
