"""What a statistic may ask of the values of a window."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, hypot, sqrt
from typing import Protocol

from detectk.detectors.engine.moments import Moments
from detectk.detectors.engine.ordered import (
    deviation_quantile,
    median,
    median_deviation,
    quantile,
)

__all__ = ["OrderedSample", "Sample"]

_HALF = 0.5


class Sample(Protocol):
    """Finite values, at least one; weighted or not."""

    def __len__(self) -> int:
        """Return the number of values."""
        ...

    @property
    def median(self) -> float:
        """The median."""
        ...

    @property
    def mean(self) -> float:
        """The mean."""
        ...

    @property
    def deviation(self) -> float:
        """The population standard deviation."""
        ...

    def quantile(self, share: float) -> float:
        """Return the ``share`` quantile."""
        ...

    def distance(self, centre: float, share: float) -> float:
        """Return the ``share`` quantile of ``abs(x - centre)``."""
        ...


class OrderedSample:
    """Values of equal weight.

    Args:
        values: Ascending.
        moments: Their exact sums, where somebody keeps them.
    """

    __slots__ = ("moments", "values")

    def __init__(self, values: Sequence[float], moments: Moments | None = None) -> None:
        self.values = values
        self.moments = moments

    def __len__(self) -> int:
        return len(self.values)

    @property
    def median(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def mean(self) -> float:
        """The mean, correctly rounded."""
        return self.moments.mean if self.moments else fsum(self.values) / len(self.values)

    @property
    def deviation(self) -> float:
        """The population standard deviation."""
        if self.moments:
            return self.moments.deviation
        mean = self.mean
        return hypot(*[value - mean for value in self.values]) / sqrt(len(self.values))

    def quantile(self, share: float) -> float:
        """Return the ``share`` quantile, linear between neighbours."""
        return quantile(self.values, share)

    def distance(self, centre: float, share: float) -> float:
        """Return the ``share`` quantile of the distance from ``centre``."""
        if share == _HALF:
            return median_deviation(self.values, centre)
        return deviation_quantile(self.values, centre, share)
