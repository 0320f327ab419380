"""The samples of a sliding window, one a group, and what thin groups borrow from each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Protocol

import numpy as np

from detectk.detectors.engine.moments import Moments
from detectk.detectors.engine.sample import OrderedSample, Sample
from detectk.values.arrays import Indices

__all__ = [
    "POOL",
    "Centre",
    "Group",
    "Groups",
    "LazyCell",
    "Lender",
    "Pool",
    "collected",
    "pooled",
    "residuals",
]

POOL = 40
"""Residuals that make a scale: the relative error of a MAD of 40 normal values is about 18 %."""

Centre = Callable[[Sample], float]


class Lender(Protocol):
    """A group as its neighbours see it."""

    @property
    def centre(self) -> float:
        """Where it lies."""
        ...

    @property
    def residuals(self) -> list[float]:
        """How far from their expectation its values lay."""
        ...

    @property
    def zeros(self) -> int:
        """How many of its values were not above zero."""
        ...


@dataclass(slots=True)
class LazyCell:
    """A `Lender` whose residuals are worked out once, and only when somebody borrows them."""

    centre: float
    measure: Callable[[], list[float]]
    zeros: int
    _residuals: list[float] | None = None

    @property
    def residuals(self) -> list[float]:
        """How far from their expectation its values lay."""
        if self._residuals is None:
            self._residuals = self.measure()
        return self._residuals


@dataclass(frozen=True, slots=True)
class Pool:
    """Residuals of groups of about the same level.

    Attributes:
        residuals: Ascending.
        zeros: How many of the values behind them were not above zero.
    """

    residuals: list[float]
    zeros: int


def pooled(cells: Iterable[Lender], centre: float) -> Pool:
    """Collect residuals from the cells nearest to ``centre``, until there are `POOL` of them.

    Noise usually goes with the level: busy hours learn from busy hours, quiet ones from quiet
    ones. Cells at equal distance enter together, so the result does not depend on their order.
    """
    near = sorted(((abs(cell.centre - centre), cell) for cell in cells), key=itemgetter(0))
    return collected(near)


def collected(near: Iterable[tuple[float, Lender]]) -> Pool:
    """Collect from lenders in order of their distance."""
    borrowed: list[float] = []
    zeros = 0
    for _, ring in groupby(near, key=itemgetter(0)):
        if len(borrowed) >= POOL:
            break
        for _, cell in ring:
            borrowed += cell.residuals
            zeros += cell.zeros
    borrowed.sort()
    return Pool(borrowed, zeros)


class Group:
    """The values of one group in the window.

    Args:
        exact: Keep exact sums beside the ordered values.
    """

    __slots__ = ("cell", "moments", "places", "values")

    def __init__(self, *, exact: bool) -> None:
        self.values: list[float] = []
        self.places: deque[int] = deque()
        self.moments = Moments() if exact else None
        self.cell: LazyCell | None = None

    def fill(self, places: list[int], values: list[float]) -> None:
        """Take ``values`` as the first ones, in order of time."""
        self.places.extend(places)
        self.values = sorted(values)
        if self.moments:
            self.moments = Moments.of(np.array(values))

    def add(self, place: int, value: float) -> None:
        """Let the next value enter."""
        self.places.append(place)
        insort(self.values, value)
        if self.moments:
            self.moments.add(value)
        self.cell = None

    def remove(self, value: float) -> None:
        """Let the oldest value, which is ``value``, leave."""
        self.places.popleft()
        del self.values[bisect_left(self.values, value)]
        if self.moments:
            self.moments.remove(value)
        self.cell = None

    @property
    def indices(self) -> Indices:
        """(n,) places of the values, ascending."""
        return np.fromiter(self.places, dtype=np.intp, count=len(self.places))

    @property
    def least(self) -> float:
        """The smallest value."""
        return self.values[0]

    @property
    def sample(self) -> OrderedSample:
        """The values, unweighted."""
        return OrderedSample(self.values, self.moments)

    def as_cell(self, centre: Centre) -> LazyCell:
        """Return what neighbours may borrow, computed once after each change."""
        if self.cell is None:
            middle = centre(self.sample)
            zeros = bisect_right(self.values, 0.0)
            sums = _twin(self.moments) if self.moments else None
            self.cell = LazyCell(
                middle, partial(residuals, self.values.copy(), centre, middle, sums), zeros
            )
        return self.cell


def residuals(
    values: list[float], centre: Centre, middle: float, moments: Moments | None = None
) -> list[float]:
    """Measure each of ascending values from the centre of the *others*, as a new one would be.

    Args:
        values: Ascending.
        centre: The detector's idea of a centre.
        middle: That of ``values``.
        moments: Their exact sums, where somebody keeps them; so a mean of others is exact too.
    """
    if len(values) >= POOL:
        return [value - middle for value in values]
    measured = []
    for place, value in enumerate(values):
        others = values[:place] + values[place + 1 :]
        if moments:
            moments.remove(value)
        measured.append(value - centre(OrderedSample(others, moments)))
        if moments:
            moments.add(value)
    return measured


def _twin(moments: Moments) -> Moments:
    twin = Moments()
    twin.count, twin.total, twin.squares = moments.count, moments.total, moments.squares
    return twin


class Groups:
    """One grouping of the points of a sliding window.

    Args:
        codes: Group of each point.
        values: Value of each point.
        exact: Keep exact sums beside the ordered values.
    """

    def __init__(self, codes: list[int], values: list[float], *, exact: bool) -> None:
        self._codes = codes
        self._values = values
        self._exact = exact
        self._groups: dict[int, Group] = {}
        self._low = self._high = 0

    def move(self, low: int, high: int) -> None:
        """Make ``[low, high)`` the window; neither bound ever goes back."""
        if low >= self._high:
            self._build(low, high)
        else:
            for place in range(self._high, high):
                self._group(place).add(place, self._values[place])
            for place in range(self._low, low):
                self._leave(place)
        self._low, self._high = low, high

    def get(self, code: int) -> Group | None:
        """Return a group that has values, None for any other."""
        return self._groups.get(code)

    def pool(self, centre: Centre, level: float) -> Pool:
        """Return what the groups nearest to ``level`` lend; see `pooled`."""
        return pooled(self.cells(centre), level)

    def cells(self, centre: Centre) -> Iterator[LazyCell]:
        """Return what the groups of two or more values lend to each other."""
        return (g.as_cell(centre) for g in self._groups.values() if len(g.values) > 1)

    def _build(self, low: int, high: int) -> None:
        """Sort every group once, instead of inserting its values one by one."""
        places: dict[int, list[int]] = {}
        for place in range(low, high):
            places.setdefault(self._codes[place], []).append(place)
        self._groups = {}
        for code, mine in places.items():
            group = self._groups[code] = Group(exact=self._exact)
            group.fill(mine, [self._values[place] for place in mine])

    def _group(self, place: int) -> Group:
        code = self._codes[place]
        if code not in self._groups:
            self._groups[code] = Group(exact=self._exact)
        return self._groups[code]

    def _leave(self, place: int) -> None:
        group = self._group(place)
        group.remove(self._values[place])
        if not group.values:
            del self._groups[self._codes[place]]
