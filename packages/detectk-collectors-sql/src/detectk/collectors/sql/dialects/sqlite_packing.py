"""Aggregates that make chunks of plain rows, for the migration that brings chunks."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.chunk_block import ENDS
from detectk.collectors.sql.chunk_notes import dump_notes, text_notes

__all__ = ["add_packing"]


def add_packing(connection: sqlite3.Connection) -> None:
    """Add the aggregates; rows may come in any order, each brings its time."""
    aggregates: tuple[tuple[str, int, Any], ...] = (
        ("dtk_pack", -1, _Packed),
        ("dtk_pack_times", 1, _Times),
        ("dtk_pack_notes", 2, _Notes),
        ("dtk_pack_ends", 3, _Ends),
    )
    for name, arguments, kind in aggregates:
        connection.create_aggregate(name, arguments, kind)


class _Packed:
    """``dtk_pack(dtype, time, cell[, usual])``: a blob, NULL if every cell is the usual one."""

    def __init__(self) -> None:
        self._code = ""
        self._times: list[int] = []
        self._cells: list[Any] = []
        self._unusual = False

    def step(self, code: str, time: int, cell: Any, *usual: Any) -> None:
        self._code = code
        self._times.append(time)
        self._cells.append(cell)
        self._unusual = self._unusual or usual != (cell,)

    def finalize(self) -> bytes | None:
        if not self._unusual:
            return None
        cells = np.array(self._cells, np.dtype(f"<{self._code}"))[_order(self._times)]
        bits = cells.view(f"u{cells.itemsize}")
        return cells[:1].tobytes() if (bits == bits[0]).all() else cells.tobytes()


class _Times:
    """``dtk_pack_times(time)``: a blob, NULL if the distance is always the same."""

    def __init__(self) -> None:
        self._times: list[int] = []

    def step(self, time: int) -> None:
        self._times.append(time)

    def finalize(self) -> bytes | None:
        times = np.sort(np.array(self._times, "<i8"))
        steps = np.diff(times)
        return times.tobytes() if (steps != steps[:1]).any() else None


class _Notes:
    """``dtk_pack_notes(time, text)``: the notes of a chunk."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._texts: list[str | None] = []

    def step(self, time: int, text: str) -> None:
        self._times.append(time)
        self._texts.append(None if text == "{}" else text)

    def finalize(self) -> str | None:
        return dump_notes(text_notes([self._texts[row] for row in _order(self._times)]))


class _Ends:
    """``dtk_pack_ends(owner, first, last)``: the extents of a bucket."""

    def __init__(self) -> None:
        self._ends: dict[int, tuple[int, int]] = {}

    def step(self, owner: int, first: int, last: int) -> None:
        low, high = self._ends.get(owner, (first, last))
        self._ends[owner] = (min(first, low), max(last, high))

    def finalize(self) -> bytes:
        return np.array(
            [(owner, *ends) for owner, ends in sorted(self._ends.items())], ENDS
        ).tobytes()


def _order(times: list[int]) -> npt.NDArray[np.intp]:
    return np.argsort(np.array(times, np.int64))
