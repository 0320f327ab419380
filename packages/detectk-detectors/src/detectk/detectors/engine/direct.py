"""The groups of a window straight from its arrays: for the few targets of a tick.

Sorting a window once costs less than keeping it sorted, unless many targets share it.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from detectk.detectors.engine.groups import (
    Centre,
    Groups,
    LazyCell,
    Pool,
    collected,
    pooled,
    residuals,
)
from detectk.detectors.engine.moments import Moments
from detectk.detectors.engine.sample import OrderedSample
from detectk.values.arrays import Floats, Indices

__all__ = ["ArraySample", "DirectGroup", "DirectGroups"]

Flags = npt.NDArray[np.bool_]


class ArraySample:
    """Values of equal weight in an array, in any order: sorted or summed when that is needed.

    Args:
        array: (n,) at least one.
        exact: Whether sums are to be exact.
    """

    def __init__(self, array: Floats, *, exact: bool) -> None:
        self._array = array
        self._exact = exact

    def __len__(self) -> int:
        return len(self._array)

    @property
    def median(self) -> float:
        """The median."""
        return self._ordered.median

    @property
    def mean(self) -> float:
        """The mean, correctly rounded."""
        return self._summed.mean if self._exact else self._ordered.mean

    @property
    def deviation(self) -> float:
        """The population standard deviation."""
        return self._summed.deviation if self._exact else self._ordered.deviation

    def quantile(self, share: float) -> float:
        """Return the ``share`` quantile, linear between neighbours."""
        return self._ordered.quantile(share)

    def distance(self, centre: float, share: float) -> float:
        """Return the ``share`` quantile of the distance from ``centre``."""
        return self._ordered.distance(centre, share)

    @cached_property
    def _ordered(self) -> OrderedSample:
        # Unlike the array, a view of it reads out as Python floats, as a list does.
        return OrderedSample(np.sort(self._array).data)

    @cached_property
    def _summed(self) -> Moments:
        return Moments.of(self._array)


class DirectGroup:
    """The values of one group in the window.

    Args:
        first: Place of the window's first point.
        mine: (n,) which of the window's points are in the group.
        values: Their values, at least one.
        exact: Whether sums are to be exact.
    """

    def __init__(self, first: int, mine: Flags, values: Floats, *, exact: bool) -> None:
        self._first = first
        self._mine = mine
        self.least = float(values.min())
        self.sample = ArraySample(values, exact=exact)

    @property
    def indices(self) -> Indices:
        """Places of the values, ascending."""
        return np.flatnonzero(self._mine) + self._first


class DirectGroups:
    """One grouping of the points of any window; `Groups` without a past.

    Args:
        codes: (n,) group of each point.
        values: (n,) value of each point.
        exact: Whether sums are to be exact.
    """

    def __init__(self, codes: Indices, values: Floats, *, exact: bool) -> None:
        self._codes = codes
        self._values = values
        self._exact = exact
        self._low = self._high = 0

    def move(self, low: int, high: int) -> None:
        """Make ``[low, high)`` the window."""
        self._low, self._high = low, high

    def get(self, code: int) -> DirectGroup | None:
        """Return a group that has values, None for any other."""
        mine = self._codes[self._low : self._high] == code
        values = self._values[self._low : self._high][mine]
        return DirectGroup(self._low, mine, values, exact=self._exact) if len(values) else None

    def pool(self, centre: Centre, level: float) -> Pool:
        """Return what the groups nearest to ``level`` lend; see `pooled`."""
        codes, values = (c[self._low : self._high] for c in (self._codes, self._values))
        if self._exact:  # a mean of each group has no short cut
            groups = Groups(codes.tolist(), values.tolist(), exact=True)
            groups.move(0, len(codes))
            return pooled(groups.cells(centre), level)
        order = np.lexsort((values, codes))
        codes, values = codes[order], values[order]
        edges = np.flatnonzero(np.diff(codes)) + 1
        starts = np.concatenate([[0], edges])
        ends = np.concatenate([edges, [len(codes)]])
        many = ends - starts > 1
        starts, ends = starts[many], ends[many]
        half, odd = np.divmod(ends - starts, 2)
        above, below = values[starts + half], values[starts + half - 1]
        medians = np.where(odd, above, (below + above) / 2)
        nearest = np.argsort(np.abs(medians - level), kind="stable")
        cells = (
            LazyCell(middle, partial(residuals, mine, centre, middle), bisect_right(mine, 0.0))
            for middle, mine in (
                (float(medians[i]), values[starts[i] : ends[i]].tolist()) for i in nearest
            )
        )
        return collected((abs(cell.centre - level), cell) for cell in cells)
