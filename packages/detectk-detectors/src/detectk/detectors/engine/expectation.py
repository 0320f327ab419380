"""What is known of a value before it is seen, and the words that ways to group are told in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectk.detectors.engine.flags import Flags, none_within
from detectk.detectors.engine.measures import COLUMNS, Measure
from detectk.detectors.engine.statistics import Statistics
from detectk.detectors.engine.weighting import Weighting
from detectk.values.arrays import Floats, Indices

__all__ = ["Expected", "Grouped", "Points", "Terms", "none_up_to_zero", "rare"]

_RARE = 20
_KNOWN = 20


class Grouped(Protocol):
    """One way to group the points of a series; see `detectk.detectors.engine.seasons`."""

    @property
    def name(self) -> str:
        """What points of a group agree in, in words."""
        ...

    @property
    def features(self) -> Sequence[str]:
        """What points of a group agree in; nothing makes all points one group."""
        ...

    @property
    def codes(self) -> Indices:
        """(n,) equal numbers for points of the same group."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What the detector and its options settle once.

    Attributes:
        measure: What the detector measures.
        weighting: Weights by age; None for none. Borrowed residuals are never weighted.
        least: Values without which a group carries no centre.
    """

    measure: Measure
    weighting: Weighting | None
    least: int


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The values that may enter a baseline.

    Attributes:
        places: (m,) ascending positions in the series.
        values: (m,) as `statistics` takes them.
        times: (m,) microseconds.
    """

    places: Indices
    values: Floats
    times: Indices

    def between(self, low: int, high: int) -> Points:
        """Return a part of them."""
        part = slice(low, high)
        return Points(self.places[part], self.values[part], self.times[part])


@dataclass(slots=True, eq=False)
class Expected:
    """What is known of targets before they are seen, one row each.

    Attributes:
        names: Groupings by level.
        centre: Where each should be.
        about: What ``spread`` is measured around: the centre for values, 0 for residuals.
        spread: See `detectk.detectors.engine.statistics.Statistics`.
        level: Place in ``names`` of the grouping that was used.
        size: Values in the target's group.
        pool: Borrowed and own residuals; 0 when the group is enough by itself.
        established: Whether zero would be new: the series is never negative, the group has
            never been zero, and among the values behind the scale zero is rarer than 1 in 20.
    """

    names: Sequence[str]
    centre: Floats
    about: Floats
    spread: dict[str, Floats]
    level: Indices
    size: Indices
    pool: Indices
    established: Flags

    @classmethod
    def of(cls, names: Sequence[str], size: int, measure: Measure) -> Expected:
        """Return rows to be filled in."""
        level, sizes, pool = np.zeros((3, size), dtype=np.int64)
        return cls(
            names=names,
            centre=np.empty(size),
            about=np.zeros(size),
            spread={name: np.full(size, np.nan) for name in COLUMNS[measure]},
            level=level,
            size=sizes,
            pool=pool,
            established=np.zeros(size, dtype=np.bool_),
        )

    def part(self, part: slice) -> Expected:
        """Return some rows."""
        return Expected(
            names=self.names,
            centre=self.centre[part],
            about=self.about[part],
            spread={name: column[part] for name, column in self.spread.items()},
            level=self.level[part],
            size=self.size[part],
            pool=self.pool[part],
            established=self.established[part],
        )

    def put(self, rows: Indices, found: Statistics) -> None:
        """Take the statistics of some rows."""
        self.centre[rows] = found.centre
        for name, column in found.spread.items():
            self.spread[name][rows] = column


def rare(zeros: Indices, pool: Indices) -> Flags:
    """Return whether ``zeros`` of ``pool`` values are few, and the values enough to know."""
    few: Flags = (zeros * _RARE < pool) & (pool >= _KNOWN)
    return few


def none_up_to_zero(values: Floats, low: Indices, high: Indices) -> Flags:
    """Return (k,) whether every value of a window is above 0."""
    if values.min() > 0.0:
        return np.ones(len(low), dtype=np.bool_)
    return none_within(values <= 0.0, low, high)
