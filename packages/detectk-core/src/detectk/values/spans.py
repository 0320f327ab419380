"""Stretches of time laid over a grid: which intervals they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectk.values.arrays import Context, Indices, Times, to_datetime, to_instant
from detectk.values.interval import Interval

__all__ = ["Spans"]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Rows of a table of events, in any order; they may overlap.

    Attributes:
        starts: (n,) datetime64[us], UTC.
        ends: (n,) the same; not part of it.
        names: (n,) what kind each is of; empty for none.
    """

    starts: Times
    ends: Times
    names: tuple[str, ...] = ()

    def met(self, times: Times, interval: Interval) -> Indices:
        """Return (n,) the last row that each interval meets, if only in part; -1 for none.

        Args:
            times: (n,) ascending starts of intervals.
            interval: The grid they are on.
        """
        met = np.full(len(times), -1, np.intp)
        if not len(times) or not len(self.starts):
            return met
        first, end = to_datetime(times[0]), interval.next(to_datetime(times[-1]))
        grid = np.append(interval.steps(first, end), to_instant(end))
        ends = grid[np.searchsorted(grid, times, side="right")]
        lows = np.searchsorted(ends, self.starts, side="right")
        highs = np.searchsorted(times, self.ends, side="left")
        for row in np.flatnonzero(lows < highs).tolist():
            met[lows[row] : highs[row]] = row
        return met

    def column(self, times: Times, interval: Interval) -> Context:
        """Return (n,) the name of what each interval meets, 1 where it has none; 0 outside."""
        met = self.met(times, interval)
        if not any(self.names):
            return (met >= 0).astype(np.int64)
        kinds = np.array([*(name or 1 for name in self.names), 0], dtype=object)
        column: Context = kinds[met]
        return column
