"""The rows of one owner out of its chunks, with as few copies as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.chunk_codec import ChunkCodec, Stored
from detectk.collectors.sql.chunk_notes import Notes, joined_notes, taken_notes
from detectk.collectors.sql.versions import Micros

__all__ = ["ChunkRows", "Found"]

Array: TypeAlias = npt.NDArray[Any]
Found: TypeAlias = tuple[Micros, Mapping[str, Array], Notes, Micros]
"""Time, columns, notes and seen; seen is empty where it is the time."""


class ChunkRows:
    """Reads for many owners that often share a grid: equal times and columns are made once.

    The arrays cannot be written to.
    """

    def __init__(self, codec: ChunkCodec) -> None:
        self._codec = codec
        self._grids: dict[tuple[int, int, int], Micros] = {}
        self._alike: dict[tuple[bytes, int, str], Array] = {}

    def read(self, chunks: Sequence[Stored], hot: Stored | None, start: int, end: int) -> Found:
        """Return the rows of ``start <= time < end``.

        Args:
            chunks: With rows there, ordered by time; none overlaps another.
            hot: Rows that win over those of the chunks.
            start: In microseconds.
            end: In microseconds.
        """
        if hot is None or hot[1] >= end or hot[2] < start:
            return self._joined(chunks, start, end)
        if not chunks or hot[1] > chunks[-1][2]:
            return self._joined((*chunks, hot), start, end)
        return _merged(self._joined(chunks, start, end), self._joined((hot,), start, end))

    def _joined(self, chunks: Sequence[Stored], start: int, end: int) -> Found:
        """Return rows of chunks behind each other; only the outer ones reach out of the window."""
        cells = tuple(zip(*chunks, strict=False)) or ((),) * self._codec.read
        counts: Sequence[int] = cells[3]
        rows = slice(0, sum(counts))
        if chunks:
            skipped = self._codec.span(chunks[0], start, end)[1]
            cut = counts[-1] - self._codec.span(chunks[-1], start, end)[2]
            rows = slice(skipped, rows.stop - cut)
        columns = {
            name: self._column(cells[place], counts, dtype, rows)
            for name, (place, dtype) in self._codec.columns.items()
        }
        time = self._times(chunks, cells, rows)
        seen, notes = cells[self._codec.seen], cells[self._codec.notes]
        late = np.empty(0, np.int64)
        told: Notes = {}
        if seen.count(None) < len(seen):
            late = self._codec.seen_in(chunks)[rows]
        if notes.count(None) < len(notes):
            told = taken_notes(self._codec.notes_in([(c, 0, c[3]) for c in chunks]), rows)
        return time, columns, told, late

    def _times(self, chunks: Sequence[Stored], cells: Sequence[Any], rows: slice) -> Micros:
        _, firsts, lasts, counts, times, *_ = cells
        step = _step(firsts, lasts, counts) if times.count(None) == len(times) else None
        if step is None:
            return np.concatenate([self._codec.times(c, 0, c[3]) for c in chunks])[rows]
        key = (firsts[0] + rows.start * step if firsts else 0, step, rows.stop - rows.start)
        grid = self._grids.get(key)
        if grid is None:
            grid = np.arange(key[2], dtype=np.int64) * step + key[0]
            grid.flags.writeable = False
            self._grids[key] = grid
        return grid

    def _column(
        self, blobs: Sequence[bytes], counts: Sequence[int], dtype: np.dtype[Any], rows: slice
    ) -> Array:
        width = dtype.itemsize
        if len(blobs) and blobs.count(blobs[0]) == len(blobs) and len(blobs[0]) == width:
            key = (blobs[0], rows.stop - rows.start, dtype.str)
            if key not in self._alike:
                self._alike[key] = np.frombuffer(key[0] * key[1], dtype)
            return self._alike[key]
        raw = b"".join(blobs)
        if len(raw) != sum(counts) * width:
            sizes = zip(blobs, counts, strict=True)
            raw = b"".join([b * count if len(b) == width else b for b, count in sizes])
        return np.frombuffer(raw, dtype)[rows]


def _step(firsts: Sequence[int], lasts: Sequence[int], counts: Sequence[int]) -> int | None:
    """Return the distance between all rows of regular chunks, None if it changes."""
    rows = sum(counts) - 1
    if rows < 1:
        return 0
    step, rest = divmod(lasts[-1] - firsts[0], rows)
    follows = firsts[0]
    for first, last, count in zip(firsts, lasts, counts, strict=True):
        if first != follows or last - first != step * (count - 1):
            return None
        follows = last + step
    return None if rest else step


def _merged(chunks: Found, hot: Found) -> Found:
    """Return rows by time; of equal times the hot one."""
    time = np.append(chunks[0], hot[0])
    order = np.argsort(time, kind="stable")
    ordered = time[order]
    index = order[np.append(ordered[1:] != ordered[:-1], np.ones(len(time[-1:]), np.bool_))]
    columns = {name: np.append(column, hot[1][name])[index] for name, column in chunks[1].items()}
    sizes = (len(chunks[0]), len(hot[0]))
    notes = joined_notes(zip((chunks[2], hot[2]), sizes, strict=True))
    seen = np.empty(0, np.int64)
    if len(chunks[3]) or len(hot[3]):
        parts = [f[3] if len(f[3]) else f[0] for f in (chunks, hot)]
        seen = np.concatenate(parts)[index]
    return time[index], columns, taken_notes(notes, index.tolist()), seen
