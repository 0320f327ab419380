"""Runs of equal values, and the longest one in any window."""

from __future__ import annotations

import numpy as np

from detectk.values.arrays import Floats, Indices

__all__ = ["Runs"]

# Windows up to which a table of maxima is dearer than looking through each.
_FEW = 16


class Runs:
    """A sequence of values as runs: neighbours that differ by no more than a tolerance.

    Args:
        values: (m,) finite.
        tolerance: Difference that is none.
    """

    def __init__(self, values: Floats, *, tolerance: float) -> None:
        change = np.ones(len(values), dtype=np.bool_)
        if len(values):
            change[1:] = np.abs(values[1:] - values[:-1]) > tolerance
        self.starts: Indices = np.flatnonzero(change)
        """(r,) place of the first value of each run."""
        self.number: Indices = np.cumsum(change) - 1
        """(m,) which run each value is in."""
        self._ends = np.append(self.starts[1:], len(values))
        self._highest = [self._ends - self.starts]

    def changes(self, low: Indices, high: Indices) -> Indices:
        """Return (k,) how often the value changes within each window ``[low, high)``."""
        if not len(self.number):
            return np.zeros(len(low), dtype=np.intp)
        last = len(self.number) - 1
        first = np.minimum(low, last)
        changes: Indices = self.number[np.maximum(np.minimum(high - 1, last), first)]
        return changes - self.number[first]

    def longest(self, low: Indices, high: Indices) -> Indices:
        """Return (k,) the length of the longest run in each window, as far as it is in it.

        Args:
            low: (k,) first place of each window.
            high: (k,) place after the last one; 0 comes of an empty window.
        """
        longest = np.zeros(len(low), dtype=np.intp)
        rows = np.flatnonzero(high > low)
        first, last = self.number[low[rows]], self.number[high[rows] - 1]
        at_first = np.minimum(self._ends[first], high[rows]) - low[rows]
        at_last = high[rows] - np.maximum(self.starts[last], low[rows])
        longest[rows] = np.maximum(at_first, at_last)
        whole = last - first > 1
        inner = self._highest_of(first[whole] + 1, last[whole])
        longest[rows[whole]] = np.maximum(longest[rows[whole]], inner)
        return longest

    def _highest_of(self, low: Indices, high: Indices) -> Indices:
        """Return (k,) the longest of runs ``[low, high)``, none empty.

        Two overlapping stretches of a power of two cover any other; their maxima are tabled.
        """
        if len(low) <= _FEW:
            lengths, bounds = self._highest[0], zip(low.tolist(), high.tolist(), strict=True)
            return np.array([lengths[start:stop].max() for start, stop in bounds], dtype=np.intp)
        highest = np.zeros(len(low), dtype=np.intp)
        power = np.frexp((high - low).astype(np.float64))[1] - 1
        while len(self._highest) <= power.max():
            below, half = self._highest[-1], 1 << (len(self._highest) - 1)
            self._highest.append(np.maximum(below[:-half], below[half:]))
        for level in np.unique(power):
            rows = power == level
            table = self._highest[level]
            highest[rows] = np.maximum(table[low[rows]], table[high[rows] - (1 << int(level))])
        return highest
