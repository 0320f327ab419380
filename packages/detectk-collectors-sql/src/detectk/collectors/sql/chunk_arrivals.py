"""What is to be written, and how it differs from what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Final

import numpy as np

from detectk.collectors.sql.chunk_block import NEVER, Block, Mask, record
from detectk.collectors.sql.chunk_notes import Notes, joined_notes, notes_of, row_texts
from detectk.collectors.sql.versions import Kept, Kind, Micros, Rows

__all__ = ["arrived", "differing", "grouped", "paired"]

_AT_ONCE: Final = 200_000


def grouped(batch: Sequence[Kept]) -> Iterator[list[Kept]]:
    """Yield the items with rows by owner, so many that they fit in memory; a long one in parts."""
    items = sorted((item for item in batch if len(item.rows.time)), key=attrgetter("owner"))
    if any(len(item.rows.time) > _AT_ONCE for item in items):
        items = [part for item in items for part in _parts(item)]
    sizes = [len(item.rows.time) for item in items]
    first = rows = 0
    for place, size in enumerate(sizes):
        if rows and rows + size > _AT_ONCE:  # parts of one item are never yielded together
            yield items[first:place]
            first, rows = place, 0
        rows += size
    if items:
        yield items[first:]


def _parts(item: Kept) -> Iterator[Kept]:
    rows = item.rows
    for start in range(0, len(rows.time), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        columns = {name: column[some] for name, column in rows.columns.items()}
        notes = {name: cells[some] for name, cells in rows.notes.items()}
        yield Kept(item.owner, Rows(rows.time[some], columns, notes), item.step)


def arrived(kind: Kind, items: Sequence[Kept], now: int) -> tuple[Block, Micros]:
    """Return the rows of all items as first versions, and the step of each row."""
    rows = list(map(attrgetter("rows"), items))
    times = list(map(attrgetter("time"), rows))
    columns = list(map(attrgetter("columns"), rows))
    sizes = list(map(len, times))
    block = np.empty(sum(sizes), record(kind))
    block["owner"] = np.repeat(list(map(attrgetter("owner"), items)), sizes)
    block["time"] = block["seen"] = np.concatenate(times)
    for name in kind.columns:
        block[name] = np.concatenate(list(map(itemgetter(name), columns)))
    block["first_seen"], block["revised_at"], block["over"] = now, NEVER, 0
    notes: Notes = {}
    if any(map(attrgetter("notes"), rows)):
        notes = joined_notes((notes_of(r.notes), n) for r, n in zip(rows, sizes, strict=True))
    return Block(block, notes), np.repeat(list(map(attrgetter("step"), items)), sizes)


def paired(old: Block, new: Block) -> tuple[Micros, Micros]:
    """Return the places of rows of both that have equal keys; none has a key twice."""
    owner = np.append(old.rows["owner"], new.rows["owner"])
    time = np.append(old.rows["time"], new.rows["time"])
    order = np.lexsort((time, owner))
    owner, time = owner[order], time[order]
    pairs = np.flatnonzero((owner[1:] == owner[:-1]) & (time[1:] == time[:-1]))
    return order[pairs], order[pairs + 1] - len(old)


def differing(kind: Kind, old: Block, new: Block) -> Mask:
    """Return which rows differ from the old ones at the same places."""
    differ = np.zeros(len(old), np.bool_)
    for name, code in kind.columns.items():
        before, after = old.rows[name], new.rows[name]
        unequal = before != after
        if code == "f8":
            unequal &= ~(np.isnan(before) & np.isnan(after))
        differ |= unequal
    if kind.notes_count and (old.notes or new.notes):
        texts = (row_texts(block.notes, len(block)) for block in (old, new))
        differ |= np.array([a != b for a, b in zip(*texts, strict=True)], np.bool_)
    return differ
