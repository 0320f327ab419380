"""Chunks: up to some hundred rows of one owner as one row of a table, a blob a column.

A column of a chunk is the little-endian bytes of its items, or of one item when all are alike.
``time`` is NULL when the distance between rows is always the same, ``seen`` when it is the time,
``revised_at`` when no row was revised and the notes when there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.chunk_block import NEVER, Block, Mask, record
from detectk.collectors.sql.chunk_notes import (
    Notes,
    dump_notes,
    joined_notes,
    load_notes,
    taken_notes,
)
from detectk.collectors.sql.versions import Kind, Micros

__all__ = ["ChunkCodec", "Span", "Stored"]

Stored: TypeAlias = tuple[Any, ...]
"""A row of the table in the order of `ChunkCodec.names`."""
Span: TypeAlias = tuple[Stored, int, int]
"""A chunk and which of its rows are wanted: from, to."""

_EIGHT: Final = 8
_NEVER: Final = NEVER.to_bytes(_EIGHT, "little", signed=True)


class ChunkCodec:
    """Chunks of one kind.

    Attributes:
        names: Columns of the table; the first ``read`` are enough to read points in force.
        read: How many.
        columns: Place in `names` and dtype of each column of the kind.
        seen: Place in `names`.
        notes: Place in `names`.
    """

    def __init__(self, kind: Kind) -> None:
        head = (kind.owner, "first", "last", "rows", "time")
        self.names: tuple[str, ...] = (*head, *kind.columns, "seen", kind.notes)
        self.read = len(self.names)
        self.names += ("first_seen", "revised_at")
        self.columns = {
            name: (len(head) + place, np.dtype(f"<{code}"))
            for place, (name, code) in enumerate(kind.columns.items())
        }
        self.seen = self.read - 2
        self.notes = self.read - 1
        self._record = record(kind)

    def encode(self, block: Block, starts: Micros, ends: Micros) -> list[Stored]:
        """Return a chunk for each piece of a block, rows of one owner ordered by time."""
        rows = block.rows
        time = np.ascontiguousarray(rows["time"])
        pieces = list(zip(starts.tolist(), ends.tolist(), strict=True))
        none: list[bytes | None] = [None] * len(pieces)
        irregular = np.flatnonzero(~_alike(np.diff(time), starts, np.maximum(ends - 1, starts)))
        times = none.copy()
        for place in irregular.tolist():
            a, b = pieces[place]
            times[place] = time[a:b].tobytes()
        return list(
            zip(
                rows["owner"][starts].tolist(),
                time[starts].tolist(),
                time[ends - 1].tolist(),
                (ends - starts).tolist(),
                times,
                *(_blobs(rows[name], starts, ends) for name in self.columns),
                none
                if np.array_equal(rows["seen"], time)
                else _unless(_same(rows["seen"], time, starts, ends), rows["seen"], starts, ends),
                [dump_notes(taken_notes(block.notes, slice(a, b))) for a, b in pieces]
                if block.notes
                else none,
                _blobs(rows["first_seen"], starts, ends),
                _unless(
                    _same(rows["revised_at"], np.full(len(rows), NEVER), starts, ends),
                    rows["revised_at"],
                    starts,
                    ends,
                ),
                strict=True,
            )
        )

    def decode(self, spans: Sequence[Span]) -> Block:
        """Return the rows of spans behind each other; their chunks have all of `names`."""
        counts = [b - a for _, a, b in spans]
        rows = np.empty(sum(counts), self._record)
        if not len(rows):
            return Block(rows)
        rows["owner"] = np.repeat([chunk[0] for chunk, _, _ in spans], counts)
        times = [self.times(*span) for span in spans]
        rows["time"] = np.concatenate(times)
        for name, (place, dtype) in self.columns.items():
            rows[name] = _joined(
                [_item_bytes(span, place, dtype.itemsize) for span in spans], dtype
            )
        moment = np.dtype("<i8")
        rows["seen"] = np.concatenate(
            [self._seen(span, time) for span, time in zip(spans, times, strict=True)]
        )
        rows["first_seen"] = _joined(
            [_item_bytes(span, self.read, _EIGHT) for span in spans], moment
        )
        rows["revised_at"] = _joined(
            [
                _NEVER * count
                if span[0][self.read + 1] is None
                else _item_bytes(span, self.read + 1, _EIGHT)
                for span, count in zip(spans, counts, strict=True)
            ],
            moment,
        )
        rows["over"] = 1
        return Block(rows, self.notes_in(spans))

    def notes_in(self, spans: Sequence[Span]) -> Notes:
        """Return the notes of spans behind each other."""
        if all(chunk[self.notes] is None for chunk, _, _ in spans):
            return {}
        return joined_notes(
            (taken_notes(load_notes(chunk[self.notes], chunk[3]), slice(a, b)), b - a)
            for chunk, a, b in spans
        )

    def seen_in(self, chunks: Sequence[Stored]) -> Micros:
        """Return when the rows of whole chunks were seen."""
        spans = [(chunk, 0, chunk[3]) for chunk in chunks]
        return np.concatenate([self._seen(span, self.times(*span)) for span in spans])

    def span(self, chunk: Stored, start: int, end: int) -> Span:
        """Return which rows of a chunk are in ``start <= time < end``."""
        a = self._place(chunk, start) if chunk[1] < start else 0
        b = self._place(chunk, end) if chunk[2] >= end else chunk[3]
        return chunk, a, b

    def times(self, chunk: Stored, a: int, b: int) -> Micros:
        """Return the times of the rows from ``a`` to ``b``."""
        if chunk[4] is not None:
            moments: Micros = np.frombuffer(chunk[4], "<i8")[a:b]
            return moments
        _, first, last, count, *_ = chunk
        step = (last - first) // (count - 1) if count > 1 else 0
        grid: Micros = np.arange(a, b, dtype=np.int64) * step + first
        return grid

    def _seen(self, span: Span, times: Micros) -> Micros:
        if span[0][self.seen] is None:
            return times
        return np.frombuffer(_item_bytes(span, self.seen, _EIGHT), "<i8")

    def _place(self, chunk: Stored, moment: int) -> int:
        """Return how many rows of a chunk lie before a moment."""
        _, first, last, count, time, *_ = chunk
        if time is not None:
            return int(np.searchsorted(np.frombuffer(time, "<i8"), moment))
        if moment <= first:
            return 0
        if moment > last:
            return int(count)
        return int(-((first - moment) * (count - 1) // (last - first)))


def _item_bytes(span: Span, place: int, width: int) -> bytes:
    """Return the items of one column of a span."""
    chunk, a, b = span
    blob: bytes = chunk[place]
    return blob * (b - a) if len(blob) == width else blob[a * width : b * width]


def _joined(parts: Sequence[bytes], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.frombuffer(b"".join(parts), dtype)


def _blobs(column: npt.NDArray[Any], starts: Micros, ends: Micros) -> list[bytes]:
    items = np.ascontiguousarray(column)
    bits = items.view(f"u{items.itemsize}")
    alike = _alike(bits, starts, ends)
    raw, width = items.tobytes(), items.itemsize
    froms = (starts * width).tolist()
    tos = (np.where(alike, starts + 1, ends) * width).tolist()
    return [raw[a:b] for a, b in zip(froms, tos, strict=True)]


def _unless(
    hidden: Mask, column: npt.NDArray[Any], starts: Micros, ends: Micros
) -> list[bytes | None]:
    """Return the blobs of the pieces that are not ``hidden``, None for those that are."""
    if hidden.all():
        return [None] * len(starts)
    blobs = _blobs(column, starts, ends)
    return [None if h else blob for h, blob in zip(hidden.tolist(), blobs, strict=True)]


def _alike(items: npt.NDArray[Any], starts: Micros, ends: Micros) -> Mask:
    """Return which pieces hold one item many times; a piece without items does."""
    changes = np.zeros(len(items) + 1, np.int64)
    if len(items) > 1:
        np.cumsum(items[1:] != items[:-1], out=changes[1:-1])
        changes[-1] = changes[-2]
    alike: Mask = changes[starts] == changes[np.maximum(ends - 1, starts)]
    return alike


def _same(column: npt.NDArray[Any], other: npt.NDArray[Any], starts: Micros, ends: Micros) -> Mask:
    """Return in which pieces two columns are equal."""
    unequal = np.zeros(len(column) + 1, np.int64)
    np.cumsum(column != other, out=unequal[1:])
    same: Mask = unequal[starts] == unequal[ends]
    return same
