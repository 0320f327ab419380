"""Cut a series into blocks of the grid, the same ones wherever the series begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.windows import microseconds
from detectk.values.arrays import Indices

__all__ = ["Blocks"]

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Neighbouring points that share what is computed once for all of them.

    Times are counted in intervals since 1970, so a block does not depend on the points that were
    handed in. Where a calendar stretches an interval, a block has a point more or less. The first
    block may have lost points to the edge of the series; no other one has.

    Attributes:
        starts: (b,) position of the first point of each block; 0 is the first of them.
        stops: (b,) position after the last one.
    """

    starts: Indices
    stops: Indices

    @classmethod
    def of(cls, task: Task, size: int) -> Blocks:
        """Cut the series of ``task`` into blocks of ``size`` points."""
        step = task.interval.nominal // _MICROSECOND
        blocks = microseconds(task.series.times) // (step * size)
        edges = np.flatnonzero(blocks[1:] != blocks[:-1]) + 1
        size = len(blocks)
        bounds = np.concatenate([[0], edges, [size]]) if size else np.zeros(1, dtype=np.intp)
        return cls(bounds[:-1], bounds[1:])

    def at(self, positions: Indices) -> Indices:
        """Return (k,) the block of each of ``positions``."""
        return np.searchsorted(self.starts, positions, side="right") - 1
