"""Rows of any number of owners on their way between the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.collectors.sql.chunk_notes import Notes, joined_notes, taken_notes
from detectk.collectors.sql.versions import Kind, Micros

__all__ = [
    "BUCKET",
    "ENDS",
    "NEVER",
    "SLOTS",
    "Block",
    "Mask",
    "Records",
    "buckets_of",
    "owner_starts",
    "record",
]

Records: TypeAlias = npt.NDArray[Any]
Mask: TypeAlias = npt.NDArray[np.bool_]

NEVER: Final = -(2**63)
"""``revised_at`` of a row that was not."""
BUCKET: Final = 7
"""Owners whose numbers differ in so many low bits only share a bucket."""
SLOTS: Final = (1 << BUCKET) - 1
"""The low bits."""
ENDS: Final = np.dtype([("owner", "<i8"), ("first", "<i8"), ("last", "<i8")])
"""First and newest time of an owner."""


def record(kind: Kind) -> np.dtype[Any]:
    """Return one row as packed little-endian bytes; ``over`` is 1 where a chunk has the key too."""
    fields = {"owner": "i8", "time": "i8", **kind.columns}
    fields |= dict.fromkeys(("seen", "first_seen", "revised_at"), "i8") | {"over": "u1"}
    return np.dtype([(name, f"<{code}") for name, code in fields.items()])


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows and their notes.

    Attributes:
        rows: (n,) of `record`.
        notes: Their notes.
    """

    rows: Records
    notes: Notes = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def take(self, index: npt.NDArray[np.intp] | Mask) -> Block:
        """Return the rows at ``index``."""
        if not self.notes:
            return Block(self.rows[index])
        places = np.flatnonzero(index) if index.dtype == np.bool_ else index
        return Block(self.rows[index], taken_notes(self.notes, places.tolist()))

    def in_order(self) -> Block:
        """Return the rows by (owner, time); of equal keys the last one only."""
        owner, time = self.rows["owner"], self.rows["time"]
        order = np.lexsort((time, owner))
        owner, time = owner[order], time[order]
        last = np.ones(len(order), np.bool_)
        last[:-1] = (owner[1:] != owner[:-1]) | (time[1:] != time[:-1])
        return self.take(order[last])

    @staticmethod
    def join(blocks: Sequence[Block]) -> Block:
        """Return the rows of ``blocks``, at least one, behind each other."""
        if len(blocks) == 1:
            return blocks[0]
        notes: Notes = {}
        if any(block.notes for block in blocks):
            notes = joined_notes((block.notes, len(block)) for block in blocks)
        return Block(np.concatenate([block.rows for block in blocks]), notes)


def buckets_of(owners: Micros) -> list[int]:
    """Return the buckets of owners, each once, ordered."""
    return sorted(set((owners >> BUCKET).tolist()))  # np.unique imports all of numpy.ma


def owner_starts(block: Block) -> tuple[Micros, Micros]:
    """Return where each owner of a block, at least one row, starts and ends."""
    owner = block.rows["owner"]
    cuts = np.flatnonzero(owner[1:] != owner[:-1]) + 1
    return np.append(0, cuts), np.append(cuts, len(owner))
